"""Tables computed from runs, cell for cell."""

# Expected tables stand here as they are printed.
# ruff: noqa: E501

from inspect import cleandoc
from pathlib import Path

import pytest
from samples_of_runs import make_run, of_drawings

from catdog.data.split import ImageSet
from catdog.report import tables
from catdog.runs.schema import Parameters
from catdog.scores import Score

# Five models that meet what the assignment requires of them.
REACHED = {
    "model1": 0.6,
    "model2": 0.6,
    "model3": 0.75,
    "model4": 0.97,
    "model5": 0.99,
}


def make_groups(**reached):
    """A run of each model, by the validation accuracy that it reached."""
    return {
        name: [make_run(name, validation=[0.1, accuracy])]
        for name, accuracy in {**REACHED, **reached}.items()
    }


def test_validation_gives_mean_and_range_of_the_last_epoch():
    runs = {
        "model1": [
            make_run(validation=[0.9, 0.6]),
            make_run(seed=1, validation=[0.1, 0.72]),
        ],
        "model2": [make_run("model2", validation=[0.1, 0.655])],
    }
    assert tables.validation(runs) == cleandoc("""
        | model | runs | mean | lowest | highest |
        | :-- | --: | --: | --: | --: |
        | model1 | 2 | 66.0% | 60.0% | 72.0% |
        | model2 | 1 | 65.5% | 65.5% | 65.5% |
    """)


def test_accuracy_by_run_has_a_row_for_each_fold():
    runs = [
        make_run(outcomes=[True, True, False]),
        make_run(seed=3, outcomes=[True, True, True]),
    ]
    assert tables.accuracy_by_run(runs) == cleandoc("""
        | seed | tested on fold | images | right | accuracy |
        | :-- | --: | --: | --: | --: |
        | 0 | 0 | 3 | 2 | 66.7% |
        | 3 | 3 | 3 | 3 | 100.0% |
    """)


def with_accuracies(model, *histories):
    """A run of each list of validation accuracies."""
    return [
        make_run(model, seed, [0] * len(values), values)
        for seed, values in enumerate(histories)
    ]


def test_epochs_to_reach_a_goal_are_those_of_each_run():
    groups = [
        with_accuracies("model1", [0.5, 0.7, 0.9], [0.55, 0.5, 0.6]),
        with_accuracies("model2", [0.8, 0.5, 0.5]),
        with_accuracies("model3", [0.1, 0.2, 0.3], [0.1, 0.6, 0.3]),
        with_accuracies("model4", [0.1, 0.2, 0.3], [0.2, 0.1, 0.599]),
    ]
    assert tables.epochs_to_reach(groups, goal=0.6) == cleandoc("""
        | model | runs that reach 60% | in epoch | after the first epoch | after the last epoch |
        | :-- | --: | --: | --: | --: |
        | model1 | 2 of 2 | 2 to 3 | 50.0% to 55.0% | 60.0% to 90.0% |
        | model2 | 1 of 1 | 1 | 80.0% | 50.0% |
        | model3 | 1 of 2 | 2 | 10.0% | 30.0% |
        | model4 | 0 of 2 | – | 10.0% to 20.0% | 30.0% to 59.9% |
    """)


def test_without_runs_nothing_reaches_a_goal():
    assert tables.epochs_to_reach([], goal=0.55).split("\n") == [
        "| model | runs that reach 55% | in epoch | after the first epoch | after the last epoch |",
        "| :-- | --: | --: | --: | --: |",
    ]


def test_early_stopping_says_what_it_would_have_kept_of_each_run():
    runs = [
        make_run(
            seed=seed,
            training=[0.5] * 5,
            validation=[0.5, 0.61, 0.62, 0.63, 0.64],
            val_loss=val_loss,
        )
        for seed, val_loss in [
            (0, (0.7, 0.6, 0.65, 0.66, 0.99)),
            (3, (0.7, 0.6, 0.5, 0.4, 0.3)),
        ]
    ]
    assert tables.early_stopping(runs, patience=2) == cleandoc("""
        | seed | stops after epoch | keeps epoch | loss kept | loss after the last | accuracy kept | accuracy after the last |
        | :-- | --: | --: | --: | --: | --: | --: |
        | 0 | 4 | 2 | 0.60 | 0.99 | 61.0% | 64.0% |
        | 3 | 5 | 5 | 0.30 | 0.30 | 64.0% | 64.0% |
    """)
    # A third epoch of patience ends the first run with its last epoch.
    assert "| 0 | 5 | 2 |" in tables.early_stopping(runs, patience=3)


def test_mistakes_name_image_label_answer_and_confidence(images):
    scores = [
        Score("train/cats/cat.1.jpg", 0, 0.987),
        Score("train/dogs/dog.22.jpg", 1, 0.25),
    ]
    assert tables.mistakes(scores, images) == cleandoc(r"""
        | image | label | answer | how sure |
        | :-- | :-- | :-- | --: |
        | train\/cats\/cat\.1\.jpg | cat | dog | 98.7% |
        | train\/dogs\/dog\.22\.jpg | dog | cat | 75.0% |
    """)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("a|b.jpg", r"a\|b\.jpg"),
        ("a`b`.jpg", r"a\`b\`\.jpg"),
        ("<i>.jpg", r"\<i\>\.jpg"),
        ("a\nb.jpg", r"a\\x0ab\.jpg"),
    ],
)
def test_no_name_of_a_file_or_class_breaks_the_table_of_mistakes(name, written):
    classes = (name.removesuffix(".jpg"), "dogs")
    images = ImageSet(Path("x"), "photographs", (), (), classes)
    row = tables.mistakes([Score(name, 0, 0.9)], images).split("\n", 2)[2]
    label = written.removesuffix(r"\.jpg")
    assert row == f"| {written} | {label} | dog | 90.0% |"


def test_records_are_grouped_by_what_was_the_same():
    large = {"tensorflow": "2.21.0", "cores": 8}
    older = {"tensorflow": "2.16.1", "cores": 2}
    first = make_run()
    runs = [
        first,
        make_run(seed=1, environment=large),
        make_run(seed=2, environment=older, seconds=31.0),
        make_run(seed=3, recorded="2026-03-04"),
        make_run(seed=4, images=of_drawings(first)),
        make_run(seed=5, seconds=90.0),
    ]
    one = make_run("relu", 7, environment={"tensorflow": "2.21.0", "cores": 1})
    assert tables.records({"model1": runs, "relu": [one]}) == cleandoc("""
        | model | seeds | trained on | machine | TensorFlow | recorded | seconds a run |
        | :-- | :-- | :-- | :-- | --: | --: | --: |
        | model1 | 0, 5 | 2,000 photographs | 2 CPU cores | 2.21.0 | 2026-01-02 | 75 |
        | model1 | 1 | 2,000 photographs | 8 CPU cores | 2.21.0 | 2026-01-02 | 60 |
        | model1 | 2 | 2,000 photographs | 2 CPU cores | 2.16.1 | 2026-01-02 | 31 |
        | model1 | 3 | 2,000 photographs | 2 CPU cores | 2.21.0 | 2026-03-04 | 60 |
        | model1 | 4 | 2,000 drawings | 2 CPU cores | 2.21.0 | 2026-01-02 | 60 |
        | relu | 7 | 2,000 photographs | 1 CPU core | 2.21.0 | 2026-01-02 | 60 |
    """)


def test_models_without_a_run_have_no_row_among_the_records():
    assert tables.records({"model1": []}).count("\n") == 1


RUNS = {
    "model1": [
        make_run(
            validation=[0.1, 0.52],
            outcomes=[True] * 190 + [False] * 10,
            seconds=50.0,
        ),
        make_run(
            seed=1,
            validation=[0.1, 0.6],
            outcomes=[True] * 198 + [False] * 2,
            seconds=61.0,
        ),
    ],
    "model3": [
        make_run(
            "model3", validation=[0.1, 0.699], parameters=Parameters(56789, 0)
        )
    ],
    "model5": [make_run("model5", validation=[0.1, 0.99])],
}


def test_runs_say_what_each_model_took_and_reached_and_whether_it_is_enough():
    assert tables.runs(RUNS) == cleandoc("""
        | model | trained parameters | runs | seconds a run | validation: mean (range) | test: pooled (95% interval) | required | verdict |
        | :-- | --: | --: | --: | --: | --: | --: | --: |
        | model1 | 1,234 | 2 | 56 | 56.0% (52.0% to 60.0%) | 97.0% of 400 (94.8% to 98.3%) | 52% | met |
        | model3 | 56,789 | 1 | 60 | 69.9% | 75.0% of 4 (30.1% to 95.4%) | 70% | missed |
        | model5 | 1,234 | 1 | 60 | 99.0% | 75.0% of 4 (30.1% to 95.4%) | none | – |
    """)


def runs_of(model, **accuracies):
    """Runs by seed, such as `seed_3=0.7`."""
    return [
        make_run(model, int(name[-1]), validation=[0.1, accuracy])
        for name, accuracy in accuracies.items()
    ]


def test_ablations_are_compared_with_the_same_seeds_of_the_model():
    runs = runs_of("model1", seed_0=0.7, seed_1=0.8, seed_2=0.9)
    changed = {
        "No dropout": runs_of("no_dropout", seed_0=0.64),
        "A tenth": runs_of("small_steps", seed_0=0.76, seed_1=0.75),
        "Never run": [],
        "Other seeds": runs_of("relu", seed_4=0.1),
    }
    assert tables.ablations(runs, changed) == cleandoc("""
        | change | seeds | with the change | without it | difference in points (range) |
        | :-- | --: | --: | --: | --: |
        | No dropout | 1 | 64.0% | 70.0% | −6.0 |
        | A tenth | 2 | 75.5% | 75.0% | +0.5 (−5.0 to +6.0) |
    """)


def test_differences_say_which_model_alone_was_right():
    runs = {
        "model1": [
            make_run(outcomes=[True, False, False]),
            make_run(seed=1, outcomes=[False, True, True]),
        ],
        # Only fold 0 was tested by both.
        "model2": [make_run("model2", outcomes=[False, True, True])],
        "model3": [make_run("model3", outcomes=[False, True, True])],
    }
    assert tables.differences(runs) == cleandoc("""
        | models | images | only the later one right | only the earlier one right | p | p, corrected |
        | :-- | --: | --: | --: | --: | --: |
        | model2 against model1 | 3 | 2 | 1 | 1.000 | 1.000 |
        | model3 against model2 | 3 | 0 | 0 | 1.000 | 1.000 |
    """)


def test_p_is_corrected_for_the_number_of_comparisons():
    runs = {
        "model1": [make_run(outcomes=[False] * 6)],
        "model2": [make_run("model2", outcomes=[True] * 6)],
        "model3": [make_run("model3", outcomes=[True] * 6)],
    }
    # 2 tosses in 2 ** 6, twice that of two comparisons.
    assert "| 6 | 6 | 0 | 0.031 | 0.062 |" in tables.differences(runs)


@pytest.mark.parametrize(
    ("right", "p"), [(4, "0.125"), (10, "0.002"), (11, "< 0.001")]
)
def test_small_p_is_a_bound(right, p):
    # The better one alone is right each time: 2 tosses in 2 ** n.
    runs = {
        "model1": [make_run(outcomes=[False] * right)],
        "model2": [make_run("model2", outcomes=[True] * right)],
    }
    table = tables.differences(runs)
    assert table.endswith(f"| {right} | {right} | 0 | {p} | {p} |")


SPECIFICATION = """
    | the assignment asks | evidence | verdict |
    | :-- | :-- | :-- |
    | A function shows labeled images, a row for each class | [chapter 1](01-data.qmd#sec-look) | met |
    | RandomFlip and RandomRotation are shown on an image | [chapter 3](03-augmentation.qmd#sec-flip) | met |
    {}
    | Code repeats little, and is explained | each function is written once, in `catdog`; chapters show it | judge for yourself |
    | A tutorial in clear English | this one | judge for yourself |
"""


def specification(*rows):
    return cleandoc(SPECIFICATION).format("\n".join(rows))


def test_specification_is_met_where_the_runs_meet_it():
    groups = make_groups()
    groups["model1"].append(make_run(seed=1, validation=[0.1, 0.55]))
    groups["model5"] = [
        make_run("model5", validation=[0.1, 0.99], outcomes=[True] * 20)
    ]
    assert tables.specification(groups) == specification(
        "| model1 reaches 52% in validation | lowest of 2 runs: 55.0% | met |",
        "| model2 reaches 55% in validation | lowest of 1 run: 60.0% | met |",
        "| model3 reaches 70% in validation | lowest of 1 run: 75.0% | met |",
        "| model4 reaches 95% in validation | lowest of 1 run: 97.0% | met |",
        "| Histories show training and validation | 6 recorded runs, in chapters 2 to 6 | met |",
        "| The best model, model5, is scored on test data | 95.8% of 24 (79.8% to 99.3%) | met |",
    )


def test_specification_is_missed_where_the_lowest_run_misses_it():
    groups = make_groups(model2=0.549)
    groups["model1"].append(make_run(seed=1, validation=[0.1, 0.519]))
    del groups["model4"]
    groups["model3"][0].history.val_accuracy.pop()
    table = tables.specification(groups)
    assert table == specification(
        "| model1 reaches 52% in validation | lowest of 2 runs: 51.9% | missed |",
        "| model2 reaches 55% in validation | lowest of 1 run: 54.9% | missed |",
        "| model3 reaches 70% in validation | lowest of 1 run: 75.0% | met |",
        "| Histories show training and validation | 5 recorded runs, in chapters 2 to 6 | missed |",
        "| The best model, model5, is scored on test data | 75.0% of 8 (40.9% to 92.9%) | met |",
    )


def test_specification_says_that_there_are_no_runs():
    assert tables.specification({}) == specification(
        "| Histories show training and validation | 0 recorded runs, in chapters 2 to 6 | missed |",
        "| The best model is scored on test data | no run is recorded | missed |",
    )


@pytest.mark.parametrize("missing", ["model4", None])
def test_histories_are_complete_if_each_required_model_has_one(missing):
    groups = make_groups()
    groups.pop(missing, None)
    verdict = "missed" if missing else "met"
    assert f"chapters 2 to 6 | {verdict} |" in tables.specification(groups)


def test_histories_of_the_required_models_alone_are_complete():
    groups = make_groups()
    del groups["model5"]
    assert "chapters 2 to 6 | met |" in tables.specification(groups)


def test_a_history_that_is_cut_short_is_not_complete():
    groups = make_groups()
    groups["model1"][0].history.accuracy.pop()
    assert "chapters 2 to 6 | missed |" in tables.specification(groups)
