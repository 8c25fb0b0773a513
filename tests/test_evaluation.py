import pytest
from hypothesis import given
from hypothesis import strategies as st

from catdog import evaluation

scores = st.lists(
    st.tuples(st.text(min_size=1), st.integers(0, 1), st.floats(0, 1)).map(
        list
    ),
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
def test_more_pictures_make_a_narrower_interval(counts):
    correct, n = counts
    low, high = evaluation.wilson(correct, n)
    narrower_low, narrower_high = evaluation.wilson(5 * correct, 5 * n)
    assert narrower_high - narrower_low < high - low


def test_wilson_refuses_more_right_than_there_are():
    with pytest.raises(ValueError):
        evaluation.wilson(3, 2)


@given(scores)
def test_confusion_counts_every_picture_once(scores):
    table = evaluation.confusion(scores)
    assert sum(map(sum, table)) == len(scores)
    assert sum(table[1]) == sum(kind for _, kind, _ in scores)


@given(scores)
def test_mistakes_are_the_off_diagonal_and_the_most_confident_come_first(
    scores,
):
    table = evaluation.confusion(scores)
    wrong = evaluation.worst_mistakes(scores, most=len(scores))
    assert len(wrong) == table[0][1] + table[1][0]
    sure = [abs(dog - 0.5) for _, _, dog in wrong]
    assert sure == sorted(sure, reverse=True)
    assert evaluation.worst_mistakes(scores, most=2) == wrong[:2]


def test_baseline_is_the_share_of_the_more_frequent_class():
    names = ["train/cats/cat.1.jpg"] * 3 + ["train/dogs/dog.1.jpg"]
    assert evaluation.label_counts(names) == {"cats": 3, "dogs": 1}
    assert evaluation.baseline(names) == 0.75


class Finished:
    def __init__(self, validation, test, right, fold=0):
        self.fold = fold
        self.validation, self.test = (
            {"accuracy": validation},
            {"correct": right, "n": test},
        )
        self.history = {
            "accuracy": [0.5, 0.9, 0.9],
            "val_accuracy": [0.5, 0.7, 0.8],
        }


def test_best_model_is_chosen_by_validation_not_by_test():
    runs = {
        "a": [Finished(0.9, 10, 1), Finished(0.8, 10, 1)],
        "b": [Finished(0.7, 10, 10)],
    }
    assert evaluation.best_model(runs) == "a"


def test_pooled_test_adds_up_and_counts_no_picture_twice():
    runs = [Finished(0.9, 200, 190, fold=0), Finished(0.9, 200, 195, fold=1)]
    assert evaluation.pooled_test(runs) == (385, 400)
    assert evaluation.pooled_test([*runs, Finished(0.9, 200, 0, fold=1)]) == (
        385,
        400,
    )


def test_gap_and_settled_look_at_the_last_epochs():
    run = Finished(0.8, 1, 1)
    assert evaluation.gap(run, last=2) == pytest.approx(0.15)
    assert evaluation.settled(run, last=2) == (0.7, 0.8)


def answers(outcomes, names=None):
    """Scores of dogs, of which some are taken for cats."""
    names = names or [
        f"validation/dogs/dog.{n}.jpg" for n in range(len(outcomes))
    ]
    return [
        [name, 1, 0.9 if right else 0.1]
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


def test_mcnemar_refuses_other_pictures():
    with pytest.raises(ValueError, match="different pictures"):
        evaluation.mcnemar(answers([True], ["a"]), answers([True], ["b"]))


def test_calibration_error_of_a_model_that_promises_too_much():
    # Nine tenths sure each time, right in one of two.
    scores = answers([True, False] * 10)
    assert evaluation.calibration(scores) == [(pytest.approx(0.9), 0.5, 20)]
    assert evaluation.calibration_error(scores) == pytest.approx(0.4)


@given(scores)
def test_calibration_counts_every_answer_once(scores):
    steps = evaluation.calibration(scores)
    assert sum(n for _, _, n in steps) == len(scores)
    assert 0 <= evaluation.calibration_error(scores) <= 1
    assert [sure for sure, _, _ in steps] == sorted(
        sure for sure, _, _ in steps
    )
