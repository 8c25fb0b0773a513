"""What `catdog runs` prints: runs that belong together, and nothing mixed."""

# Expected tables stand here as they are printed.
# ruff: noqa: E501

import json
from inspect import cleandoc

import msgspec
import pytest
from samples_of_runs import make_run, of_drawings, of_own_images

from catdog.report import overview, tables
from catdog.scores import Score, summarize

RUN = make_run()
RUNS = [
    make_run("relu", validation=[0.1, 0.6]),
    make_run("model2", 1, validation=[0.1, 0.549], seconds=70.0),
    make_run("model2", 0, validation=[0.1, 0.6], outcomes=[True] * 20),
    make_run("model2", 1, validation=[0.1, 0.9]),  # the first one counts
    make_run("model1", images=of_drawings(RUN)),
    make_run("model1", training=[0.5], validation=[0.6]),
    make_run("model1", images=of_own_images(RUN)),
    make_run(
        "model1", training=[0.5], validation=[0.5], images=of_own_images(RUN)
    ),
]


def test_only_runs_of_the_same_images_and_length_are_put_together():
    groups = overview.group_runs(RUNS)
    assert {
        title: {
            name: [run.seed for run in runs] for name, runs in models.items()
        }
        for title, models in groups.items()
    } == {
        "2 epochs on 2,000 photographs": {"model2": [0, 1], "relu": [0]},
        "2 epochs on 2,000 drawings": {"model1": [0]},
        "1 epoch on 2,000 photographs": {"model1": [0]},
        "2 epochs on 2,000 photographs (0011223344556677)": {"model1": [0]},
        "1 epoch on 2,000 photographs (0011223344556677)": {"model1": [0]},
    }
    # Models come before ablations, whichever was read first.
    assert list(groups["2 epochs on 2,000 photographs"]) == ["model2", "relu"]


def test_of_two_runs_with_the_same_seed_the_first_counts():
    groups = overview.group_runs(RUNS)
    runs = groups["2 epochs on 2,000 photographs"]["model2"]
    assert [run.validation.accuracy for run in runs] == [0.6, 0.549]


GROUPS = overview.group_runs([*RUNS[:3], RUNS[4]])


def test_text_is_aligned_for_a_terminal():
    assert overview.as_text(GROUPS) == cleandoc("""
        2 epochs on 2,000 photographs

        model   trained parameters  runs  seconds a run  validation: mean (range)   test: pooled (95% interval)  required  verdict
        model2               1,234     2             65    57.5% (54.9% to 60.0%)  95.8% of 24 (79.8% to 99.3%)       55%   missed
        relu                 1,234     1             60                     60.0%   75.0% of 4 (30.1% to 95.4%)      none        –

        2 epochs on 2,000 drawings

        model   trained parameters  runs  seconds a run  validation: mean (range)  test: pooled (95% interval)  required  verdict
        model1               1,234     1             60                     75.0%  75.0% of 4 (30.1% to 95.4%)       52%      met
    """)


def test_columns_of_a_text_end_below_one_another():
    header, *rows = overview.as_text(GROUPS).split("\n\n")[1].split("\n")
    ends = {
        word: header.index(word) + len(word)
        for word in ("parameters", "runs", "required")
    }
    for row in rows:
        for end in ends.values():
            assert row[end - 1] != " " and row[end : end + 2] == "  "


def test_markdown_is_that_of_the_pages():
    photographs, drawings = GROUPS.values()
    assert overview.as_markdown(GROUPS) == (
        f"2 epochs on 2,000 photographs\n\n{tables.runs(photographs)}\n\n"
        f"2 epochs on 2,000 drawings\n\n{tables.runs(drawings)}"
    )


def test_json_has_an_object_for_each_model_of_each_group():
    model2, relu, drawings = json.loads(overview.as_json(GROUPS))
    assert model2 == {
        "trained": "2 epochs on 2,000 photographs",
        "model": "model2",
        "trained_parameters": 1234,
        "seeds": [0, 1],
        "seconds": 65.0,
        "validation": {"mean": 0.5745, "lowest": 0.549, "highest": 0.6},
        "test": {
            "correct": 23,
            "n": 24,
            "low": pytest.approx(0.79758, abs=1e-5),
            "high": pytest.approx(0.99261, abs=1e-5),
            "balanced": None,
        },
        "required": 0.55,
    }
    assert (relu["model"], relu["required"]) == ("relu", None)
    assert drawings["trained"] == "2 epochs on 2,000 drawings"


@pytest.mark.parametrize(
    ("cats", "dogs", "balanced"),
    [(30, 19, 0.5), (30, 20, None), (9, 0, None)],
)
def test_json_has_balanced_accuracy_of_unequal_classes(cats, dogs, balanced):
    scores = [
        Score(f"{number}.jpg", int(number >= cats), 0.1)
        for number in range(cats + dogs)
    ]
    images = msgspec.structs.replace(RUN.images, test=(cats, dogs))
    run = make_run(scores=scores, test=summarize(scores), images=images)
    (model1,) = json.loads(overview.as_json(overview.group_runs([run])))
    assert model1["test"]["balanced"] == balanced
    assert model1["test"]["correct"] == cats


def test_no_runs_are_an_empty_list():
    assert json.loads(overview.as_json({})) == []
    assert overview.as_text({}) == overview.as_markdown({}) == ""
