from types import SimpleNamespace

from catdog.report import tables


def a_run(fold, *outcomes):
    """A run that was right for some of three dogs."""
    scores = [
        [f"validation/dogs/dog.{fold}{number}.jpg", 1, 0.9 if right else 0.1]
        for number, right in enumerate(outcomes)
    ]
    return SimpleNamespace(fold=fold, scores=scores)


def cells(table):
    return [
        [cell.strip() for cell in row.strip("|").split("|")]
        for row in table.splitlines()
    ]


def test_differences_say_which_model_alone_was_right():
    runs = {
        "model1": [a_run(0, True, False, False), a_run(1, False, True, True)],
        # Only fold 0 was tested by both.
        "model2": [a_run(0, False, True, True)],
    }
    header, _, row = cells(tables.differences(runs))
    named = dict(zip(header, row, strict=True))
    assert named["models"] == "model2 against model1"
    assert named["pictures"] == "3"
    assert named["only the later one right"] == "2"
    assert named["only the earlier one right"] == "1"


def test_a_table_has_a_cell_for_each_column():
    table = cells(tables.table(["name", "number"], [["a", 1], ["b", 2]]))
    assert {len(row) for row in table} == {2} and len(table) == 4
