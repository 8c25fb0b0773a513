"""Sentences whose numbers and verdicts come from runs, word for word."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from samples_of_runs import RECORD, TUTORIAL_IMAGES, make_run, of_drawings

from catdog.data.split import ImageSet
from catdog.report import measurements, sentences
from catdog.scores import Result


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 runs"), (1, "1 run"), (2, "2 runs"), (1234, "1,234 runs")],
)
def test_a_number_of_things_has_its_plural(number, text):
    assert sentences.count_noun(number, "run") == text


@pytest.mark.parametrize(
    ("cores", "text"), [(1, "1 CPU core"), (8, "8 CPU cores")]
)
def test_cores_are_counted(cores, text):
    assert sentences.cpu_cores({"cores": cores}) == text


OWN = ("pets/a_b/1.jpg", "pets/<c>/1.jpg")


@pytest.mark.parametrize(
    ("images", "text"),
    [
        (TUTORIAL_IMAGES, "*Made with 3,000 photographs.*"),
        (
            replace(TUTORIAL_IMAGES, source="drawings"),
            "> **Drawn pictures.** The photographs were out of reach when this "
            "page was made. The pictures that you see are 3,000 drawings of the "
            "same names. Each replayed run says what it was trained on.",
        ),
        (
            ImageSet(Path("x"), "photographs", OWN, OWN, ("a_b", "<c>")),
            "> **Your own pictures.** This page was made with 4 pictures of two "
            r"classes, a\_b and \<c\>. Where the text says cat, read a\_b. Where "
            r"it says dog, read \<c\>.",
        ),
        (
            ImageSet(
                Path("x"),
                "photographs",
                OWN,
                OWN,
                faults=(("1", "is empty"),) * 7,
            ),
            "> **Your own pictures.** This page was made with 4 pictures of two "
            "classes, cat and dog. Where the text says cat, read cat. Where it "
            "says dog, read dog. 7 files could not be read.",
        ),
    ],
    ids=["photographs", "drawings", "own", "faults"],
)
def test_page_says_which_images_it_was_made_with(images, text):
    assert sentences.images_notice(images) == text


REPLAYED = (
    "*Replayed, not trained anew: 2 epochs of `model1` on 2,000 photographs, "
    "seeds 0, 3. A run took 90 s on 2 CPU cores with TensorFlow 2.21.0, "
    "2026-01-02. Set `CATDOG_TRAIN=1` to train here.*"
)
TRAINED = (
    "*Trained just now: 2 epochs of `model2` on 2,000 photographs, seed 1. A "
    "run took 60 s on 1 CPU core with TensorFlow 2.21.0, 2026-01-02.*"
)
STUCK = (
    "*Trained just now: 6 epochs of `relu` on 2,000 photographs, seed 4. A run "
    "took 60 s on 2 CPU cores with TensorFlow 2.21.0, 2026-01-02. With seed 4 "
    "it learned nothing: its loss stayed where guessing has it.*"
)
TWO_RUNS = [
    make_run(path=RECORD, seconds=60.0),
    make_run(seed=3, path=RECORD, seconds=120.0),
]
RUN_NOW = make_run(
    "model2", 1, environment={"tensorflow": "2.21.0", "cores": 1}
)
STUCK_RUN = make_run(
    "relu", 4, [0.5] * 6, [0.5] * 6, train=Result(2000, 1000, 0.6931)
)


@pytest.mark.parametrize(
    ("groups", "text"),
    [
        ([TWO_RUNS], REPLAYED),
        ([[RUN_NOW]], TRAINED),
        ([[STUCK_RUN]], STUCK),
        ([TWO_RUNS, [RUN_NOW]], f"{REPLAYED}\n\n{TRAINED}"),
    ],
    ids=["replayed", "trained", "stuck", "two models"],
)
def test_provenance_says_where_runs_come_from(groups, text):
    assert sentences.provenance(*groups) == text


def test_one_epoch_one_file_and_one_minute_are_no_plurals():
    run = make_run(training=[0.5], validation=[0.5])
    assert "just now: 1 epoch of `model1`" in sentences.provenance([run])
    one_fault = ImageSet(Path("x"), "photographs", OWN, OWN, faults=OWN[:1])
    assert sentences.images_notice(one_fault).endswith(
        " 1 file could not be read."
    )
    assert "took 1 minute together" in sentences.training_time({"a": [run]})


def test_provenance_tells_runs_of_other_machines_and_days_apart():
    other = {"tensorflow": "2.16.1", "cores": 8}
    runs = [
        make_run(path=RECORD),
        make_run(seed=1, path=RECORD, seconds=20.0, environment=other),
        make_run(seed=2, path=RECORD, recorded="2026-03-04"),
        make_run(seed=3, path=RECORD),
    ]
    assert sentences.provenance(runs) == (
        "*Replayed, not trained anew: 2 epochs of `model1` on 2,000 "
        "photographs, seeds 0, 1, 2, 3. A run with seeds 0, 3 took 60 s on 2 "
        "CPU cores with TensorFlow 2.21.0, 2026-01-02. A run with seed 1 took "
        "20 s on 8 CPU cores with TensorFlow 2.16.1, 2026-01-02. A run with "
        "seed 2 took 60 s on 2 CPU cores with TensorFlow 2.21.0, 2026-03-04. "
        "Set `CATDOG_TRAIN=1` to train here.*"
    )


def test_provenance_names_drawings():
    run = make_run(images=of_drawings(make_run()))
    assert "on 2,000 drawings, seed 0." in sentences.provenance([run])


def test_validation_range_is_that_of_the_last_five_epochs_of_all_runs():
    runs = [
        make_run(
            training=[0] * 6, validation=[0.1, 0.6, 0.62, 0.7, 0.65, 0.66]
        ),
        make_run(
            training=[0] * 6, validation=[0.9, 0.61, 0.7, 0.7, 0.75, 0.72]
        ),
    ]
    assert sentences.validation_range(runs) == "between 60.0% and 75.0%"
    assert sentences.mean_validation_accuracy(runs) == pytest.approx(0.69)


@pytest.mark.parametrize(
    ("cores", "machine"), [(1, "1 CPU core"), (2, "2 CPU cores")]
)
def test_training_time_adds_up_the_means_of_the_models(cores, machine):
    environment = {"cores": cores}
    runs = {
        "model1": [
            make_run(seconds=200.0, environment=environment),
            make_run(seed=1, seconds=100.0),
        ],
        "model2": [make_run("model2", seconds=90.0)],
    }
    assert sentences.training_time(runs) == (
        f"One run of each of the 2 models took 4 minutes together, on {machine}."
    )


@pytest.mark.parametrize(
    ("difference", "text"),
    [
        (0.042, "4.2 percentage points above"),
        (-0.042, "4.2 percentage points below"),
        (0.0006, "0.1 percentage points above"),
        (-0.0006, "0.1 percentage points below"),
        (0.0004, "level with"),
        (-0.0004, "level with"),
        (0.0, "level with"),
    ],
)
def test_percentage_points_lie_above_or_below(difference, text):
    assert sentences.percentage_points(difference) == text


CUT_OFFS = (
    "(We call a gap of 3 points or more a little overfitting, and one of 10 or "
    "more clear overfitting.)"
)


@pytest.mark.parametrize(
    ("train", "answer", "distance"),
    [
        (0.85, "Yes, clearly", "10.0 percentage points above"),
        (0.849, "A little", "9.9 percentage points above"),
        (0.78, "A little", "3.0 percentage points above"),
        (0.779, "No", "2.9 percentage points above"),
        (0.75, "No", "level with"),
        (0.55, "No", "20.0 percentage points below"),
    ],
)
def test_overfitting_is_judged_in_inference_mode(train, answer, distance):
    # The history, taken in training mode, says something else.
    run = make_run(training=[0.1, 0.1], validation=[0.1, 0.75], train=train)
    assert sentences.overfitting([run]) == (
        f"**{answer}.** Without augmentation and dropout, it gets {train:.1%} of "
        f"the training images right, which is {distance} its validation "
        f"accuracy. {CUT_OFFS}"
    )


def test_overfitting_is_that_of_the_mean_of_all_runs():
    runs = [make_run(validation=[0, 0.7], train=x) for x in (0.9, 0.7, 0.7)]
    assert sentences.overfitting(runs) == (
        "**A little.** Without augmentation and dropout, it gets 76.7% of the "
        "training images right, which is 6.7 percentage points above its "
        f"validation accuracy, averaged over 3 runs. {CUT_OFFS}"
    )


def runs_of(model, *accuracies):
    return [
        make_run(model, seed, validation=[0, accuracy])
        for seed, accuracy in enumerate(accuracies)
    ]


@pytest.mark.parametrize(
    ("later", "text"),
    [
        (
            (0.75, 0.69, 0.72),
            "With the same seed and split, `model2` is 2.0 percentage points "
            "above `model1` on average, and better in 2 of 3 runs: the "
            "differences range from −1.0 to +5.0 points.",
        ),
        (
            (0.65,),
            "With the same seed and split, `model2` is 5.0 percentage points "
            "below `model1`.",
        ),
        (
            (0.7,),
            "With the same seed and split, `model2` is level with `model1`.",
        ),
    ],
    ids=["several", "one", "level"],
)
def test_models_are_compared_seed_by_seed(later, text):
    earlier = runs_of("model1", 0.7, 0.7, 0.7)
    assert (
        sentences.paired_comparison(earlier, runs_of("model2", *later)) == text
    )


def test_models_without_a_common_seed_are_not_compared():
    other = [make_run("model2", seed=4)]
    assert sentences.paired_comparison(runs_of("model1", 0.7), other) == ""


@pytest.mark.parametrize(
    ("difference", "text"),
    [(0.012, "+1.2"), (-0.004, "−0.4"), (0.0, "+0.0"), (0.0996, "+10.0")],
)
def test_differences_have_a_sign(difference, text):
    assert sentences.signed_points(difference) == text


@pytest.mark.parametrize(
    ("model", "required"),
    [("model1", 0.52), ("model2", 0.55), ("model3", 0.7), ("model4", 0.95)],
)
@pytest.mark.parametrize(
    ("distance", "verdict"), [(0.0, "met"), (0.01, "met"), (-0.001, "missed")]
)
def test_required_accuracy_is_met_or_missed(model, required, distance, verdict):
    reached = round(required + distance, 3)
    text = (
        f"the course asks for at least {required:.0%} every time; the lowest of "
        f"1 run ended at {reached:.1%}: {verdict}"
    )
    run = make_run(model, validation=[0.1, reached])
    assert sentences.required_accuracy([run]) == text


def test_the_lowest_run_decides_whether_the_required_accuracy_is_met():
    runs = [
        make_run("model3", 0, validation=[0.1, 0.9]),
        make_run("model3", 1, validation=[0.9, 0.65]),
        make_run("model3", 2, validation=[0.1, 0.9]),
    ]
    assert sentences.required_accuracy(runs) == (
        "the course asks for at least 70% every time; the lowest of 3 runs "
        "ended at 65.0%: missed"
    )


def test_pooled_accuracy_counts_each_fold_once():
    runs = [
        make_run(outcomes=[True] * 190 + [False] * 10),
        make_run(seed=1, outcomes=[True] * 198 + [False] * 2),
        make_run(seed=6, outcomes=[False] * 200),  # tests the images of seed 1
    ]
    # The interval by hand, after Wilson, with z = 1.96.
    assert sentences.pooled_accuracy(runs) == "97.0% of 400 (94.8% to 98.3%)"
    many = [make_run(outcomes=[True] * 1000)]
    assert sentences.pooled_accuracy(many).startswith("100.0% of 1,000 (99.6%")


BENCH = {
    "environment": {"cores": 2},
    "rounds": 3,
    "epoch": {
        "model1, usual pipeline": [8.8, 10.7, 20.5],
        "model1, our pipeline": [8.0, 10.4, 8.9],
    },
    "transfer": {
        "usual, an epoch": [10.0, 20.0, 5.0],
        "ours, all epochs": [50.0, 40.0, 60.0],
    },
}


@pytest.fixture
def bench(tmp_path, monkeypatch):
    path = tmp_path / "bench.json"
    monkeypatch.setattr(measurements, "bench_path", lambda: path)
    path.write_text(json.dumps(BENCH))
    return path


@pytest.mark.parametrize(
    ("comparison", "text"),
    [
        (
            "epoch",
            "Measured with `catdog bench` on 2 CPU cores, in 3 rounds: an epoch "
            "of `model1` takes 9 s this way, and 11 s where every image is "
            "decoded in every epoch (medians). Within a round, that is 0.91 "
            "times as long (from 0.43 to 0.97).",
        ),
        (
            "transfer",
            "Measured with `catdog bench` on 2 CPU cores, in 3 rounds: 20 epochs "
            "of `model4` take 50 s this way, and 200 s where every image is sent "
            "through all layers in every epoch (medians). Within a round, that "
            "is 0.25 times as long (from 0.10 to 0.60).",
        ),
    ],
)
def test_speed_is_compared_within_each_round(comparison, text, bench):
    assert sentences.measured_speed(comparison) == text


def test_costs_of_the_pipelines_stand_beside_one_another(bench):
    measured = {
        f"{way}, {what}": [value * factor, 1, 10**6]
        for way, factor in (("usual", 1), ("usual cached", 2), ("our", 3))
        for what, value in (
            ("first epoch", 1000),
            ("later epochs", 2000),
            ("MiB", 50),
        )
    }
    bench.write_text(json.dumps({"pipeline": measured}))
    assert sentences.pipeline_costs() == (
        "Without a model behind it, our pipeline manages 3,000 images a second "
        "in the first epoch, 6,000 in later ones, and 150 MiB of memory; the "
        "usual one 1,000 images a second in the first epoch, 2,000 in later "
        "ones, and 50 MiB of memory; the usual one with a `cache()` 2,000 "
        "images a second in the first epoch, 4,000 in later ones, and 100 MiB "
        "of memory."
    )


def test_without_a_measurement_nothing_is_claimed(bench):
    bench.unlink()
    assert sentences.pipeline_costs() == ""
    assert sentences.measured_speed("epoch") == ""


@pytest.fixture
def exports(tmp_path, monkeypatch):
    plain = {
        "bytes": 8_860_000,
        "correct": 194,
        "same_answers": 200,
        "largest_difference": 0.0,
        "milliseconds": [4.0, 8.0, 5.0],
    }
    int8 = {
        "bytes": 2_700_000,
        "correct": 195,
        "same_answers": 197,
        "largest_difference": 0.2914,
        "milliseconds": [2.0, 2.0, 5.0],
    }
    measured = {
        "rounds": 3,
        "threads": 1,
        "environment": {"cores": 2},
        "networks": [
            {
                "model": "model4",
                "images": 200,
                "correct": 193,
                "files": {"none": plain, "int8": int8},
            }
        ],
    }
    path = tmp_path / "exports.json"
    path.write_text(json.dumps(measured))
    monkeypatch.setattr(measurements, "exports_path", lambda: path)
    return path


def test_cost_of_quantization_is_told(exports):
    assert sentences.quantization_cost("int8") == (
        "As int8, the file of `model4` has 2.7 MB instead of 8.9. Of 200 test "
        "images it gets 195 right, where the network has 193; it gives another "
        "answer to 3, and moves no probability by more than 29.1 points. An "
        "image takes 0.50 times as long as in float32 (0.25 to 1.00 within a "
        "round, 3 rounds with 1 thread on 2 CPU cores)."
    )


def test_cost_that_was_not_measured_is_not_told(exports):
    assert sentences.quantization_cost("int8", "model1") == ""
    exports.unlink()
    assert sentences.quantization_cost("int8") == ""


def test_verdicts():
    assert [sentences.verdict(holds) for holds in (True, False)] == [
        "met",
        "missed",
    ]
