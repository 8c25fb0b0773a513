"""Numbers that say how good a model is, against published and known values."""

import itertools
import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples_of_runs import make_run

from catdog import evaluation
from catdog.scores import Result, Score

scores = st.lists(
    st.builds(Score, st.text(min_size=1), st.integers(0, 1), st.floats(0, 1)),
    min_size=1,
    max_size=50,
)


def test_wilson_agrees_with_published_values():
    # Newcombe (1998), "Two-sided confidence intervals for the single proportion", table
    # I: 81 of 263, and 15 of 148.
    assert evaluation.wilson(81, 263) == pytest.approx(
        (0.2553, 0.3662), abs=5e-5
    )
    assert evaluation.wilson(15, 148) == pytest.approx(
        (0.0624, 0.1605), abs=5e-5
    )


@given(
    st.integers(1, 2000).flatmap(
        lambda n: st.tuples(st.integers(0, n), st.just(n))
    )
)
def test_wilson_holds_the_accuracy_and_stays_in_range(counts):
    correct, n = counts
    low, high = evaluation.wilson(correct, n)
    assert 0 <= low <= correct / n + 1e-9 and correct / n - 1e-9 <= high <= 1


@given(
    st.integers(1, 400).flatmap(
        lambda n: st.tuples(st.integers(0, n), st.just(n))
    )
)
def test_more_images_make_a_narrower_interval(counts):
    correct, n = counts
    low, high = evaluation.wilson(correct, n)
    narrower_low, narrower_high = evaluation.wilson(5 * correct, 5 * n)
    assert narrower_high - narrower_low < high - low


@pytest.mark.parametrize(("correct", "n"), [(3, 2), (-1, 2), (0, 0)])
def test_wilson_refuses_what_is_no_share(correct, n):
    with pytest.raises(ValueError, match=f"{correct} of {n} is no share"):
        evaluation.wilson(correct, n)


@given(scores)
def test_confusion_counts_every_image_once(scores):
    table = evaluation.confusion(scores)
    assert sum(map(sum, table)) == len(scores)
    assert sum(table[1]) == sum(score.label for score in scores)


def test_confusion_has_a_row_for_each_label_and_a_column_for_each_answer():
    answers_for_cats = [Score("a", 0, 0.1), Score("b", 0, 0.9)]
    answers_for_dogs = [Score(name, 1, 0.9) for name in "cde"]
    table = evaluation.confusion(answers_for_cats + answers_for_dogs)
    assert table == [[1, 1], [0, 3]]


def test_confusion_answers_label_1_from_the_threshold_on():
    scores = [Score("a", 0, 0.3), Score("b", 1, 0.8), Score("c", 1, 0.9)]
    tables = [evaluation.confusion(scores, at) for at in (0.3, 0.8, 0.81)]
    assert tables == [[[0, 1], [0, 2]], [[1, 0], [0, 2]], [[1, 0], [1, 1]]]


@given(scores)
def test_mistakes_are_the_off_diagonal_and_the_most_confident_come_first(
    scores,
):
    table = evaluation.confusion(scores)
    wrong = evaluation.worst_mistakes(scores, most=len(scores))
    assert len(wrong) == table[0][1] + table[1][0]
    confidences = [abs(score.probability - 0.5) for score in wrong]
    assert confidences == sorted(confidences, reverse=True)
    assert evaluation.worst_mistakes(scores, most=2) == wrong[:2]


def test_baseline_is_the_share_of_the_more_frequent_class():
    names = ["train/cats/cat.1.jpg"] * 3 + ["train/dogs/dog.1.jpg"]
    assert evaluation.label_counts(names) == {"cats": 3, "dogs": 1}
    assert evaluation.baseline((3, 1)) == evaluation.baseline((1, 3)) == 0.75


def test_balanced_accuracy_is_a_mean_over_both_classes():
    scores = [Score("a", 0, 0.1)] * 9 + [Score("b", 0, 0.9)]
    scores += [Score("c", 1, 0.9), Score("d", 1, 0.2)]
    assert evaluation.balanced_accuracy(scores) == pytest.approx(0.7)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [((3, 2), False), ((2, 3), False), ((31, 20), True), ((0, 9), False)],
)
def test_classes_are_unequal_from_three_to_two_on(counts, expected):
    assert evaluation.unequal(counts) is expected


def test_entropy_is_the_loss_of_guessing():
    assert evaluation.entropy((7, 7)) == pytest.approx(math.log(2))
    by_hand = -(0.9 * math.log(0.9) + 0.1 * math.log(0.1))
    assert evaluation.entropy((90, 10)) == pytest.approx(by_hand)
    assert evaluation.entropy((5, 0)) == 0


def test_classes_are_counted_by_their_folders():
    names = ["train/Cats/1.jpg", "validation/cats/2.jpg", "train/d\ng/1.jpg"]
    assert evaluation.label_counts(names) == {"cats": 2, "d\\x0ag": 1}


def by_seed(model, *accuracies):
    """A run of each seed, by its validation accuracy; none for None."""
    return [
        make_run(model, seed, validation=[0, accuracy])
        for seed, accuracy in enumerate(accuracies)
        if accuracy is not None
    ]


def test_each_fold_chooses_by_its_own_validation_images():
    runs = {
        "model1": by_seed("model1", 0.9, 0.7, 0.8, None),
        "model2": by_seed("model2", 0.8, 0.8, 0.8, 0.6),
    }
    chosen = evaluation.choose_in_each_fold(runs)
    assert [(run.fold, run.model) for run in chosen] == [
        (0, "model1"),
        (1, "model2"),
        (2, "model1"),  # of equally good ones, the earlier
        (3, "model2"),  # the only one
    ]
    assert evaluation.best_model(runs) == "model1"
    runs["model2"] += by_seed("model2", *[None] * 4, 0.9)
    assert evaluation.best_model(runs) == "model2"


def test_test_images_have_no_say_in_the_choice():
    runs = {
        "a": [make_run("a", validation=[0, 0.9], outcomes=[False] * 10)],
        "b": [make_run("b", validation=[0, 0.8], outcomes=[True] * 10)],
    }
    (chosen,) = evaluation.choose_in_each_fold(runs)
    assert chosen.model == evaluation.best_model(runs) == "a"


def test_differences_are_paired_by_seed():
    first, second = by_seed("a", 0.5, 0.6, 0.7), by_seed("b", 0.6, 0.5, None, 1)
    differences = evaluation.paired_differences(first, second[::-1])
    assert differences == [pytest.approx(0.1), pytest.approx(-0.1)]


def test_holm_agrees_with_a_correction_by_hand():
    # Sorted: 0.01 * 4, 0.02 * 3, 0.03 * 2 but not below, 0.5 * 1.
    assert evaluation.holm([0.03, 0.5, 0.01, 0.02]) == [
        pytest.approx(p) for p in (0.06, 0.5, 0.04, 0.06)
    ]
    assert evaluation.holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=8))
def test_corrected_p_is_never_smaller_and_keeps_the_order(p_values):
    corrected = evaluation.holm(p_values)
    assert all(p <= q <= 1 for p, q in zip(p_values, corrected, strict=True))
    pairs = sorted(zip(p_values, corrected, strict=True))
    assert [q for _, q in pairs] == sorted(corrected)


def test_mean_lowest_and_highest_are_those_of_the_last_epoch():
    runs = [
        make_run(validation=values)
        for values in ([0.9, 0.6], [0.1, 0.9], [0.5, 0.75])
    ]
    assert evaluation.mean_min_max(runs) == (pytest.approx(0.75), 0.6, 0.9)
    assert evaluation.mean(iter([1, 2, 6])) == 3


def test_pooled_test_adds_up_and_counts_no_image_twice():
    runs = [
        make_run(seed=0, outcomes=[True] * 190 + [False] * 10),
        make_run(seed=1, outcomes=[True] * 195 + [False] * 5),
    ]
    assert evaluation.pooled_test(runs) == (385, 400)
    assert evaluation.scores_on_test(runs) == runs[0].scores + runs[1].scores
    again = [*runs, make_run(seed=6, outcomes=[False] * 200)]  # fold 1
    assert evaluation.one_per_fold(again) == runs
    assert evaluation.pooled_test(again) == (385, 400)
    assert len(evaluation.scores_on_test(again)) == 400


def test_range_looks_at_the_last_epochs():
    run = make_run(training=[0.5, 0.9, 0.9], validation=[0.5, 0.7, 0.8])
    assert evaluation.last_epochs_range(run, last=2) == (0.7, 0.8)
    long = make_run(training=[1, *[0.5] * 5], validation=[0, *[0.5] * 5])
    assert evaluation.last_epochs_range(long) == (0.5, 0.5)


def test_gap_is_that_of_inference_mode():
    run = make_run(training=[0.5, 0.6], validation=[0.5, 0.7], train=0.85)
    assert evaluation.generalization_gap(run) == pytest.approx(0.15)


def answers(outcomes, names=None):
    """Scores of dogs, of which some are taken for cats."""
    names = names or [
        f"validation/dogs/dog.{n}.jpg" for n in range(len(outcomes))
    ]
    return [
        Score(name, 1, 0.9 if right else 0.1)
        for name, right in zip(names, outcomes, strict=True)
    ]


def test_mcnemar_agrees_with_the_sign_test_by_hand():
    # 1 against 7: the two-sided probability of 8 tosses is 2 * (1 + 8) / 2**8.
    first = answers([True] * 10 + [True] + [False] * 7)
    second = answers([True] * 10 + [False] + [True] * 7)
    only_first, only_second, p = evaluation.mcnemar(first, second)
    assert (only_first, only_second) == (1, 7) and p == pytest.approx(18 / 256)


@given(
    st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60)
)
def test_mcnemar_does_not_depend_on_the_order(pairs):
    first, second = (answers(outcomes) for outcomes in zip(*pairs, strict=True))
    a, b, p = evaluation.mcnemar(first, second)
    assert evaluation.mcnemar(second, first[::-1]) == (b, a, pytest.approx(p))
    assert 0 <= p <= 1 and evaluation.mcnemar(first, first)[2] == 1


def test_mcnemar_refuses_other_images():
    with pytest.raises(ValueError, match="different images"):
        evaluation.mcnemar(answers([True], ["a"]), answers([True], ["b"]))


def test_calibration_error_of_a_model_that_promises_too_much():
    # Nine tenths sure each time, right in one of two.
    scores = answers([True, False] * 10)
    assert evaluation.calibration(scores) == [(pytest.approx(0.9), 1, 2)] * 10
    assert evaluation.calibration_error(scores) == pytest.approx(0.4)


def test_calibration_error_weighs_each_bin_by_its_answers():
    # One bin of two answers, 0.6 sure and right; one of three, 0.8 and wrong.
    scores = [Score("a", 1, 0.6)] * 2 + [Score("b", 1, 0.2)] * 3
    assert [n for _, _, n in evaluation.calibration(scores, bins=2)] == [2, 3]
    error = evaluation.calibration_error(scores, bins=2)
    assert error == pytest.approx((2 * 0.4 + 3 * 0.8) / 5)


@given(scores)
def test_calibration_counts_every_answer_once_and_confidence_rises(scores):
    bins = evaluation.calibration(scores)
    confidences, right, counts = zip(*bins, strict=True)
    assert sum(counts) == len(scores)
    assert sum(right) == sum(score.correct for score in scores)
    assert all(0 <= k <= n for k, n in zip(right, counts, strict=True))
    assert all(a <= b + 1e-9 for a, b in itertools.pairwise(confidences))
    assert 0 <= evaluation.calibration_error(scores) <= 1


@given(scores, st.integers(1, 12))
def test_bins_of_calibration_hold_equal_counts(scores, bins):
    counts = [n for _, _, n in evaluation.calibration(scores, bins)]
    assert len(counts) == min(bins, len(scores))
    assert max(counts) - min(counts) <= 1 <= min(counts)


def test_calibration_gives_confidence_and_right_answers_of_each_bin():
    # Three answers at 0.7 are right; one at 0.8, for the other class, is not.
    scores = [Score(str(n), 1, 0.7 if n else 0.2) for n in range(4)]
    assert evaluation.calibration(scores, bins=2) == [
        (pytest.approx(0.7), 2, 2),
        (pytest.approx(0.75), 1, 2),
    ]
    assert evaluation.calibration(scores, bins=1) == [
        (pytest.approx(0.725), 3, 4)
    ]


def test_fewer_answers_than_bins_have_a_bin_each():
    scores = [Score("a", 0, 0.9), Score("b", 0, 0.4), Score("c", 1, 0.7)]
    assert evaluation.calibration(scores) == [
        (pytest.approx(0.6), 1, 1),
        (pytest.approx(0.7), 1, 1),
        (pytest.approx(0.9), 0, 1),
    ]


@pytest.mark.parametrize(
    ("val_loss", "patience", "stopped", "kept"),
    [
        ([0.9, 0.8, 0.85, 0.8, 0.9, 0.1], 3, 5, 2),  # level is no improvement
        ([0.9, 0.8, 0.85, 0.9, 0.7, 0.6], 3, 6, 6),
        ([0.9, 0.8, 0.85], 3, 3, 2),  # ends before it can stop
        ([0.5, 0.6, 0.7], 1, 2, 1),
        ([0.5, 0.4, 0.4, 0.1], 0, 3, 2),
    ],
)
def test_early_stopping_waits_for_a_lower_loss(
    val_loss, patience, stopped, kept
):
    assert evaluation.stopping_epochs(val_loss, patience) == (stopped, kept)


@given(
    # So few values that losses often come again.
    st.lists(st.sampled_from([0.0, 0.3, 0.31, 0.5, 0.7, 2.5]), min_size=1),
    st.integers(0, 6),
)
def test_early_stopping_is_that_of_keras(val_loss, patience):
    from catdog.backend import keras

    stopping = keras.callbacks.EarlyStopping("val_loss", patience=patience)
    model = keras.Sequential()
    model.stop_training = False
    stopping.set_model(model)
    stopping.on_train_begin()
    epochs = 0
    while epochs < len(val_loss) and not model.stop_training:
        stopping.on_epoch_end(epochs, {"val_loss": val_loss[epochs]})
        epochs += 1
    expected = epochs, stopping.best_epoch + 1
    assert evaluation.stopping_epochs(val_loss, patience) == expected


def trained(n_first, n_second, correct, loss, epochs=5):
    """A run that ended like this on so many training images of each class."""
    run = make_run(training=[0.5] * epochs, validation=[0.5] * epochs)
    images = msgspec.structs.replace(run.images, train=(n_first, n_second))
    result = Result(n_first + n_second, correct, loss)
    return msgspec.structs.replace(run, images=images, train=result)


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (trained(1000, 1000, 1000, 0.6931), True),
        (trained(1000, 1000, 1030, 0.6929), True),
        (trained(1000, 1000, 1100, 0.6929), False),  # it has found something
        (trained(1000, 1000, 1030, 0.685), False),  # a slow start
        (trained(1000, 1000, 1000, 0.9), True),  # worse than guessing
        (trained(900, 100, 900, 0.3251), True),  # always the frequent class
        (trained(900, 100, 900, 0.3), False),
        (trained(900, 100, 950, 0.3251), False),
        (trained(100, 900, 900, 0.3251), True),
        (trained(1000, 1000, 1000, 0.6931, epochs=4), False),  # too early
    ],
)
def test_a_model_that_learned_no_more_than_frequencies_has_collapsed(
    run, expected
):
    assert evaluation.collapsed(run) is expected
