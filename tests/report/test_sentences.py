"""Sentences whose numbers and verdicts come from runs, word for word."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from samples_of_runs import (
    TUTORIAL_IMAGES,
    make_run,
    of_drawings,
    of_own_images,
)

from catdog.data.split import ImageSet
from catdog.report import sentences
from catdog.scores import Result, Score, summarize


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
        (
            TUTORIAL_IMAGES,
            "This page was made with 3,000 photographs.",
        ),
        (
            replace(TUTORIAL_IMAGES, source="drawings"),
            "You are looking at drawings: we could not download the "
            "photographs for this build, so you see 3,000 drawings with the same "
            "file names. The recorded results come from the photographs, unless "
            "a page says otherwise.",
        ),
        (
            ImageSet(Path("x"), "photographs", OWN, OWN, ("a_b", "<c>")),
            "This page was made with 4 images of two "
            r"classes, a\_b and \<c\>.",
        ),
        (
            ImageSet(
                Path("x"),
                "photographs",
                OWN,
                OWN,
                faults=(("1", "is empty"),) * 7,
            ),
            "This page was made with 4 images of two "
            "classes, cat and dog. 7 files could not be read.",
        ),
    ],
    ids=["photographs", "drawings", "own", "faults"],
)
def test_page_says_which_images_it_was_made_with(images, text):
    assert sentences.images_notice(images) == text


FIVE_RUNS = [make_run(seed=seed) for seed in range(5)]
STUCK = Result(2000, 1000, 0.6931)  # guesses, with the loss of guessing
RECORDED = (
    "*Recorded: 5 runs of `model1`, 2 epochs on 2,000 photographs, seeds 0 to 4 "
    "([when and where](making-of.qmd#sec-records)).*"
)
RECORDED_ONCE = (
    "*Recorded: 1 run of `model2`, 1 epoch on 2,000 drawings, seed 3 "
    "([when and where](making-of.qmd#sec-records)).*"
)
RECORDED_STUCK = (
    "*Recorded: 2 runs of `relu`, 6 epochs on 2,000 photographs, seeds 3 to 4 "
    "([when and where](making-of.qmd#sec-records)). With seed 4 it learned "
    "nothing: its loss stayed where guessing has it.*"
)
ONE_RUN = make_run("model2", 3, [0.5], [0.5], images=of_drawings(make_run()))
RELU_RUNS = [
    make_run("relu", 3, [0.5] * 6, [0.5] * 6, train=0.9),
    make_run("relu", 4, [0.5] * 6, [0.5] * 6, train=STUCK),
]


@pytest.mark.parametrize(
    ("groups", "text"),
    [
        ([FIVE_RUNS], RECORDED),
        ([[ONE_RUN]], RECORDED_ONCE),
        ([RELU_RUNS], RECORDED_STUCK),
        ([FIVE_RUNS, [ONE_RUN]], f"{RECORDED}\n\n{RECORDED_ONCE}"),
    ],
    ids=["several", "one", "collapsed", "two models"],
)
def test_page_says_which_runs_were_recorded(groups, text):
    assert sentences.recorded(*groups) == text


@pytest.mark.parametrize(
    ("seeds", "text"),
    [
        ([7], "seed 7 ("),
        ([0, 1], "seeds 0 to 1 ("),
        ([0, 3], "seeds 0, 3 ("),
        ([2, 0, 1], "seeds 0 to 2 ("),
        ([5, 6, 8], "seeds 5, 6, 8 ("),
    ],
)
def test_seeds_are_a_range_only_if_none_is_missing(seeds, text):
    runs = [make_run(seed=seed) for seed in seeds]
    assert f"photographs, {text}" in sentences.recorded(runs)


HISTORY = {"accuracy": [0.5, 0.7123], "val_accuracy": [0.5, 0.6049]}
FIT = (
    "This `fit` ran for 2 epochs on 2,000 photographs. It ended with 71.2% "
    "accuracy on the training images and 60.5% on the validation images. "
)


def test_fit_on_the_images_of_the_runs_is_in_the_figure():
    assert sentences.fit_result(HISTORY, TUTORIAL_IMAGES, FIVE_RUNS) == (
        f"{FIT}The diamonds in the next figure show it."
    )


@pytest.mark.parametrize(
    ("images_of", "source"),
    [(of_drawings, "drawings"), (of_own_images, "photographs")],
)
def test_fit_on_other_images_is_told_apart_from_the_runs(images_of, source):
    run = make_run(images=images_of(make_run()))
    assert not run.is_of(TUTORIAL_IMAGES)
    assert sentences.fit_result(HISTORY, TUTORIAL_IMAGES, [run]) == (
        f"{FIT}The recorded runs, which come next, were trained on {source} and "
        "for 2 epochs."
    )


def test_fit_of_one_epoch_names_what_it_ran_on():
    drawings = replace(TUTORIAL_IMAGES, source="drawings")
    history = {name: values[-1:] for name, values in HISTORY.items()}
    text = sentences.fit_result(history, drawings, FIVE_RUNS)
    assert text.startswith("This `fit` ran for 1 epoch on 2,000 drawings. It")
    assert text.endswith("were trained on photographs and for 2 epochs.")


def test_one_file_and_one_minute_are_no_plurals():
    one_fault = ImageSet(Path("x"), "photographs", OWN, OWN, faults=OWN[:1])
    assert sentences.images_notice(one_fault).endswith(
        " 1 file could not be read."
    )
    assert "took 1 minute in" in sentences.training_time({"a": [make_run()]})
    quick = {"a": [make_run(seconds=12.0)]}
    assert "took 12 seconds in" in sentences.training_time(quick)


SIX_EPOCHS = [
    make_run(seed=seed, training=[0] * 6, validation=values, val_loss=[0.6] * 6)
    for seed, values in enumerate(
        ([0.1, 0.6, 0.62, 0.7, 0.65, 0.66], [0.9, 0.61, 0.7, 0.7, 0.75, 0.72])
    )
]
THREE_EPOCHS = make_run(training=[0] * 3, validation=[0.6, 0.7, 0.65])
LEVEL = make_run(training=[0] * 2, validation=[0.65, 0.65])


@pytest.mark.parametrize(
    ("runs", "text"),
    [
        (
            SIX_EPOCHS,
            "**The validation accuracy of `model1` settled between 60.0% and "
            "75.0%** over the last five epochs. After the last epoch it was "
            "69.0%, averaged over 2 runs.",
        ),
        (
            [THREE_EPOCHS],
            "**The validation accuracy of `model1` settled between 60.0% and "
            "70.0%** over the last three epochs. After the last epoch it was "
            "65.0%.",
        ),
        (
            [LEVEL],
            "**The validation accuracy of `model1` settled at 65.0%** over the "
            "last two epochs. After the last epoch it was 65.0%.",
        ),
        (
            [make_run(training=[0.5], validation=[0.6])],
            "**The validation accuracy of `model1` after its only epoch** was "
            "60.0%.",
        ),
    ],
    ids=["several runs", "few epochs", "level", "one epoch"],
)
def test_validation_accuracy_settled_over_the_epochs_that_there_are(runs, text):
    assert sentences.settled(runs) == text


@pytest.mark.parametrize(
    ("seeds", "text"),
    [
        (
            range(5),
            "So we trained `model1` five times for 2 epochs, each time with "
            "another seed and with another fold for validation and test.",
        ),
        (
            (0, 5),  # which test the same fold
            "So we trained `model1` twice for 2 epochs, each time with another "
            "seed.",
        ),
        (
            range(7),
            "So we trained `model1` 7 times for 2 epochs, each time with another "
            "seed.",
        ),
        (
            [3],
            "We trained `model1` once, with seed 3, for 2 epochs. Only more seeds "
            "would show how much of the result is luck.",
        ),
    ],
    ids=["a fold each", "the same fold", "seven", "once"],
)
def test_page_says_how_often_a_model_was_trained(seeds, text):
    runs = [make_run(seed=seed) for seed in seeds]
    assert sentences.how_often(runs) == text


def test_mistakes_are_compared_only_if_they_become_fewer():
    earlier, later, perfect = (
        [make_run(model, validation=[0.5, accuracy])]
        for model, accuracy in (
            ("model3", 0.8),
            ("model4", 0.95),
            ("model5", 1),
        )
    )
    assert sentences.fewer_mistakes(earlier, later) == (
        "Of 100 validation images, `model3` gets 20.0 wrong on average, and "
        "`model4` 5.0. That is 4.0 times fewer."
    )
    assert sentences.fewer_mistakes(later, earlier).endswith("`model3` 20.0.")
    assert sentences.fewer_mistakes(later, perfect).endswith("`model5` 0.0.")


def test_score_and_interval_of_several_choices_are_pooled():
    chosen = [make_run(seed=0), make_run(seed=1, outcomes=[True] * 4)]
    assert sentences.result_on_test(chosen) == (
        "**The models that we chose are right for 7 of 8 test images: 87.5%.** "
        "No image counts twice, and none had a part in choosing the model that "
        "it tests. With fold 0 alone, `model1` is right for 3 of 4 test images."
    )
    interval = sentences.interval_on_test(chosen)
    assert interval.startswith("For our choices, the interval goes from 52.9%")
    assert "1.5 times as wide" in interval


def test_score_and_interval_of_one_choice_stand_alone():
    chosen = [make_run()]
    assert sentences.result_on_test(chosen) == (
        "**The model that we chose is right for 3 of 4 test images: 75.0%.** "
        "None of these images had a part in choosing it."
    )
    assert sentences.interval_on_test(chosen) == (
        "For our choice, the interval goes from 30.1% to 95.4%. A bare "
        '"75.0%" without an interval claims more than such a test can show.'
    )


def test_score_of_unequal_classes_is_balanced_as_well():
    scores = [Score(f"a{n}", 0, 0.1) for n in range(9)]
    scores += [Score("b", 1, 0.9), Score("c", 1, 0.1)]
    images = msgspec.structs.replace(make_run().images, test=(9, 2))
    run = make_run(test=summarize(scores), scores=scores, images=images)
    text = sentences.result_on_test([run])
    assert "10 of 11 test images: 90.9%" in text
    assert "**balanced accuracy** of 75.0%" in text


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
        "Training each of the 2 models once took 4 minutes in total on "
        f"{machine}."
    )


@pytest.mark.parametrize(
    ("difference", "text"),
    [
        (0.042, "4.2 percentage points"),
        (-0.042, "4.2 percentage points"),
        (0.0101, "1.0 percentage point"),
        (-0.0099, "1.0 percentage point"),
        (0.011, "1.1 percentage points"),
        (0.0, "0.0 percentage points"),
    ],
)
def test_points_have_no_sign_and_a_plural(difference, text):
    assert sentences.points(difference) == text


@pytest.mark.parametrize(
    ("difference", "text"),
    [
        (0.042, "the new one beats it by **4.2 percentage points**"),
        (-0.042, "the new one falls short of it by **4.2 percentage points**"),
        (0.0006, "the new one beats it by **0.1 percentage points**"),
        (-0.0006, "the new one falls short of it by **0.1 percentage points**"),
        (0.0004, "the new one is **level** with it"),
        (-0.0004, "the new one is **level** with it"),
        (0.0, "the new one is **level** with it"),
    ],
)
def test_one_beats_another_falls_short_or_is_level(difference, text):
    assert sentences.compared(difference, "the new one", "it") == text


@pytest.mark.parametrize(
    ("train", "answer", "distance"),
    [
        (0.85, "Yes, clearly", "10.0 percentage points above"),
        (0.849, "A little", "9.9 percentage points above"),
        (0.78, "A little", "3.0 percentage points above"),
        (0.779, "No", "2.9 percentage points above"),
        (0.76, "No", "1.0 percentage point above"),
        (0.75, "No", "0.0 percentage points above"),
        (0.55, "No", "20.0 percentage points below"),
    ],
)
def test_overfitting_is_judged_in_inference_mode(train, answer, distance):
    # The history, taken in training mode, says something else.
    run = make_run(training=[0.1, 0.1], validation=[0.1, 0.75], train=train)
    assert sentences.overfitting([run]) == (
        f"**{answer}.** In inference mode it gets {train:.1%} of the training "
        f"images right, {distance} its validation accuracy."
    )


def test_overfitting_is_that_of_the_mean_of_all_runs():
    runs = [make_run(validation=[0, 0.7], train=x) for x in (0.9, 0.7, 0.7)]
    assert sentences.overfitting(runs) == (
        "**A little.** In inference mode it gets 76.7% of the training images "
        "right, 6.7 percentage points above its validation accuracy, averaged "
        "over 3 runs."
    )


def test_cut_offs_are_those_that_overfitting_is_judged_by():
    assert sentences.cut_offs() == (
        "We call a gap of 3 percentage points or more a little overfitting, and "
        "a gap of 10 or more clear overfitting."
    )


def of_losses(*losses):
    """A run of each list of validation losses."""
    return [
        make_run(
            seed=seed,
            training=[0.5] * len(values),
            validation=[0.5] * len(values),
            val_loss=values,
        )
        for seed, values in enumerate(losses)
    ]


@pytest.mark.parametrize(
    ("losses", "text"),
    [
        (
            # Their means are 0.7, 0.5, 0.6 and 0.9; none is lowest there.
            [(0.8, 0.5, 0.4, 1.0), (0.6, 0.5, 0.8, 0.8)],
            "The mean validation loss is lowest after epoch 2, at 0.50. By the "
            "last epoch it has risen to 0.90.",
        ),
        (
            [(0.8, 0.5, 0.4), (0.6, 0.5, 0.4)],
            "The mean validation loss ends at its lowest value, 0.40.",
        ),
        (
            [(0.6, 0.512, 0.516)],  # no risen loss that reads the same
            "The validation loss ends at its lowest value, 0.52.",
        ),
        (
            [(0.5, 0.6, 0.7)],
            "The validation loss is lowest after epoch 1, at 0.50. By the last "
            "epoch it has risen to 0.70.",
        ),
    ],
    ids=["rising", "ends lowest", "ends almost lowest", "one run"],
)
def test_lowest_loss_is_that_of_the_mean_of_all_runs(losses, text):
    assert sentences.lowest_loss(of_losses(*losses)) == text


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
            "Compared seed by seed, `model2` beats `model1` by 2.0 percentage "
            "points on average. It is better in 2 of 3 runs, and the differences "
            "range from −1.0 to +5.0 points.",
        ),
        (
            (0.7, 0.6),
            "Compared seed by seed, `model2` falls short of `model1` by 5.0 "
            "percentage points on average. It is better in 0 of 2 runs, and the "
            "differences range from −10.0 to 0.0 points.",
        ),
        (
            (0.65,),
            "With the same seed and split, `model2` falls short of `model1` by "
            "5.0 percentage points.",
        ),
        (
            (0.7,),
            "With the same seed and split, `model2` is level with `model1`.",
        ),
    ],
    ids=["several", "worse", "one", "level"],
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
    [
        (0.012, "+1.2"),
        (-0.004, "−0.4"),
        (0.0996, "+10.0"),
        (0.0, "0.0"),
        (-0.0, "0.0"),
        (0.0004, "0.0"),
        (-0.0004, "0.0"),
    ],
)
def test_differences_have_a_sign_unless_they_are_zero(difference, text):
    assert sentences.signed_points(difference) == text


def pair(differences, only_later, only_earlier=0):
    """Runs of two models with the same seeds.

    Args:
        differences: of their validation accuracies, in points, by seed.
        only_later: of 20 test images of the first fold, how many only the later
            model gets right. In the other folds both are always right.
        only_earlier: the same for the earlier model.
    """
    both = 20 - only_later - only_earlier
    earlier_right = [False] * only_later + [True] * (only_earlier + both)
    later_right = [True] * only_later + [False] * only_earlier + [True] * both
    return [
        [
            make_run(
                model,
                seed,
                validation=[0, 0.6 + (points / 100 if later else 0)],
                outcomes=[True] * 20 if seed else right,
            )
            for seed, points in enumerate(differences)
        ]
        for later, (model, right) in enumerate(
            [("model1", earlier_right), ("model2", later_right)]
        )
    ]


@pytest.mark.parametrize(
    ("runs", "text"),
    [
        # p of McNemar's test, by hand: 2 tosses in 2 ** 6, or ** 5, or ** 11.
        (
            pair([1, 2], only_later=6),
            "Yes. It helped with every seed, and on the 40 test images the "
            "difference is larger than luck explains (p = 0.031).",
        ),
        (
            pair([1], only_later=11),
            "Yes. It helped with the only seed that was tried, and on the 20 test "
            "images the difference is larger than luck explains (p < 0.001).",
        ),
        (
            pair([-1], only_later=11),
            "No, not with the only seed that was tried.",
        ),
        (
            pair([1, 2], only_later=11),
            "Yes. It helped with every seed, and on the 40 test images the "
            "difference is larger than luck explains (p < 0.001).",
        ),
        (
            pair([1, 2], only_later=5),
            "Probably, but these images cannot prove it. It helped with every "
            "seed. On the 40 test images, luck alone could explain the "
            "difference (p = 0.062).",
        ),
        (
            pair([3, -1], only_later=6),
            "Probably, but these images cannot prove it. It helped on average, "
            "not with every seed. On the 40 test images, the difference is "
            "larger than luck explains (p = 0.031).",
        ),
        (
            pair([3, 0], only_later=1, only_earlier=1),
            "Probably, but these images cannot prove it. It helped on average, "
            "not with every seed. On the 40 test images, luck alone could "
            "explain the difference (p = 1.000).",
        ),
        (
            pair([1, 2], only_later=0, only_earlier=6),
            "Doubtful. It helped with every seed on the validation images, but "
            "on the 40 test images it did worse, and by more than luck explains "
            "(p = 0.031).",
        ),
        (
            pair([3, -4], only_later=6),
            "No: averaged over the seeds, it did not help.",
        ),
        (
            pair([5, -5], only_later=6),  # their sum, in floats, is above 0
            "No: averaged over the seeds, it did not help.",
        ),
    ],
    ids=[
        "yes",
        "yes, one seed",
        "no, one seed",
        "yes, small p",
        "every seed, large p",
        "not every seed, small p",
        "not every seed, large p",
        "worse on test images",
        "no",
        "level",
    ],
)
def test_evidence_takes_every_seed_and_the_test_images(runs, text):
    assert sentences.evidence(*runs) == text


def test_evidence_without_a_common_seed_says_nothing():
    # Seeds 0 and 5 test the same images all the same.
    runs = [make_run(seed=0)], [make_run("model2", seed=5)]
    text = "No two runs have the same seed, so nothing can be said."
    assert sentences.evidence(*runs) == text
    runs = [make_run(seed=0)], [make_run("model2", seed=1)]
    assert sentences.evidence(*runs) == text


def test_evidence_is_of_images_that_both_models_were_tested_on():
    earlier, later = pair([1, 2, 3], only_later=6)
    assert "on the 40 test images" in sentences.evidence(earlier[:2], later)
    assert "on the 20 test images" in sentences.evidence(earlier, later[:1])


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
        f"the assignment asks for at least {required:.0%} every time. Our run "
        f"ended at {reached:.1%}: {verdict}."
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
        "the assignment asks for at least 70% every time. The lowest of our 3 "
        "runs ended at 65.0%: missed."
    )


def with_classes(run, cats, dogs):
    """The run, but validated on so many images of each class."""
    labels = msgspec.structs.replace(run.images, validation=(cats, dogs))
    return msgspec.structs.replace(run, images=labels)


def test_what_is_required_is_not_met_by_the_more_frequent_answer():
    run = with_classes(make_run(validation=[0.5, 0.94]), 940, 60)
    assert sentences.required_accuracy([run]).endswith(
        "Our run ended at 94.0%: missed. The baseline, which always gives the "
        "more frequent answer, gets 94.0%."
    )
    better = with_classes(make_run(validation=[0.5, 0.95]), 940, 60)
    assert sentences.required_accuracy([better]).endswith("95.0%: met.")


def one_answer(cats, dogs):
    """A run that takes all test images for cats."""
    scores = [
        Score(f"{n}.jpg", int(n >= cats), 0.3) for n in range(cats + dogs)
    ]
    images = msgspec.structs.replace(make_run().images, test=(cats, dogs))
    return make_run(scores=scores, test=summarize(scores), images=images)


@pytest.mark.parametrize(
    ("cats", "dogs", "more"),
    [(30, 19, ", balanced 50.0%"), (30, 20, ""), (9, 0, ""), (0, 9, "")],
)
def test_balanced_accuracy_is_told_of_unequal_classes(cats, dogs, more):
    text = sentences.pooled_accuracy([one_answer(cats, dogs)])
    assert text.split(")")[1] == more


def test_run_that_always_gives_the_same_answer_is_named():
    assert "With seed 0 it gave the same answer for every test image." in (
        sentences.recorded([one_answer(300, 20)])
    )
    assert "same answer" not in sentences.recorded([one_answer(300, 0)])
    assert "same answer" not in sentences.recorded([make_run()])


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


def test_verdicts():
    assert [sentences.verdict(holds) for holds in (True, False)] == [
        "met",
        "missed",
    ]
