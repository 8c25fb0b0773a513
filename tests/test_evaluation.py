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
