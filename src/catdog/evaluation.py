"""How good is a model? Pure functions of scores and runs, with the doubt left in.

Nothing here reads a file or needs TensorFlow.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from catdog._io import printable
from catdog.runs.schema import Run
from catdog.scores import Score

# Validation accuracy that the assignment asks of each of its models.
REQUIRED_ACCURACY = {
    "model1": 0.52,
    "model2": 0.55,
    "model3": 0.70,
    "model4": 0.95,
}
CHANCE_LOSS = math.log(2)  # of giving both classes half the probability


def label_counts(names: Iterable[str]) -> dict[str, int]:
    """Return how many file names there are in each class folder.

    Such as `{"cats": 1000, "dogs": 1000}`.
    """
    folders = [PurePosixPath(name).parent.name.lower() for name in names]
    return dict(Counter(map(printable, folders)))


def baseline(names: Iterable[str]) -> float:
    """Return the accuracy of always choosing the most frequent class.

    Returns:
        In [0, 1].
    """
    counts = label_counts(names)
    return max(counts.values()) / sum(counts.values())


def wilson(correct: int, n: int) -> tuple[float, float]:
    """Return the 95 % confidence interval of an accuracy, low and high.

    After E. B. Wilson (1927), "Probable inference, the law of succession, and
    statistical inference".

    Args:
        correct: right answers.
        n: all answers.

    Returns:
        Two numbers in [0, 1].

    Raises:
        ValueError: unless 0 <= correct <= n and n >= 1.

    Shown in chapter 6.
    """
    from scipy.stats import binomtest  # slow to import

    if not 0 <= correct <= n or n < 1:
        raise ValueError(f"{correct} of {n} is no share.")
    interval = binomtest(correct, n).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)


def one_per_fold(runs: Iterable[Run]) -> list[Run]:
    """Return the first run of each fold. No two of them test the same image."""
    first: dict[int, Run] = {}
    for run in runs:
        first.setdefault(run.fold, run)
    return list(first.values())


def pooled_test(runs: Iterable[Run]) -> tuple[int, int]:
    """Return right answers and images of all test sets of `one_per_fold`."""
    tests = [run.test for run in one_per_fold(runs)]
    correct = sum(test["correct"] for test in tests)
    return correct, sum(test["n"] for test in tests)


def scores_on_test(runs: Iterable[Run]) -> list[Score]:
    """Return the test scores of `one_per_fold`, put together."""
    return [score for run in one_per_fold(runs) for score in run.scores]


def best_model(runs: Mapping[str, list[Run]]) -> str:
    """Return the name of the model with the highest mean validation accuracy.

    The test set has no say.

    Shown in chapter 6.
    """
    return max(runs, key=lambda name: mean_min_max(runs[name])[0])


def mean(values: Iterable[float]) -> float:
    """Return the arithmetic mean."""
    values = list(values)
    return sum(values) / len(values)


def mean_min_max(runs: Sequence[Run]) -> tuple[float, float, float]:
    """Return mean, lowest and highest validation accuracy after the last epoch.

    Returns:
        Three numbers in [0, 1].
    """
    values = [run.validation["accuracy"] for run in runs]
    return mean(values), min(values), max(values)


def mcnemar(
    first: Iterable[Score], second: Iterable[Score]
) -> tuple[int, int, float]:
    """Test whether two models differ on the same test images.

    After Q. McNemar (1947), "Note on the sampling error of the difference
    between correlated proportions or percentages", in its exact form: if both
    were equally good, each image that only one of them gets right would be the
    toss of a coin.

    Args:
        first: scores of one model.
        second: scores of another model, on the same images.

    Returns:
        How many images only the first gets right, how many only the second,
        and the two-sided p-value in [0, 1].

    Raises:
        ValueError: if the scores are not of the same images.

    Shown in chapter 6.
    """
    from scipy.stats import binomtest  # slow to import

    first_right = {score.name: score.correct for score in first}
    second_right = {score.name: score.correct for score in second}
    if first_right.keys() != second_right.keys():
        raise ValueError("The two models were tested on different images.")
    names = first_right.keys()
    only_first = sum(first_right[n] and not second_right[n] for n in names)
    only_second = sum(second_right[n] and not first_right[n] for n in names)
    differ = only_first + only_second
    p = binomtest(only_first, differ).pvalue if differ else 1.0
    return only_first, only_second, float(p)


def calibration(
    scores: Iterable[Score], bins: int = 10
) -> list[tuple[float, float, int]]:
    """Compare how sure a model is with how often it is right.

    Its confidence is the probability of its answer, in [0.5, 1]. Answers with
    similar confidence share one of `bins` equal parts of that range.

    Returns:
        `(mean confidence, accuracy, number of answers)` of each part that has
        any.
    """
    groups: dict[int, list[Score]] = {}
    for score in scores:
        part = min(int((score.confidence - 0.5) * 2 * bins), bins - 1)
        groups.setdefault(part, []).append(score)
    return [
        (
            mean(score.confidence for score in group),
            mean(score.correct for score in group),
            len(group),
        )
        for _, group in sorted(groups.items())
    ]


def calibration_error(scores: Sequence[Score], bins: int = 10) -> float:
    """Return the expected calibration error, in [0, 1].

    It is the distance between confidence and accuracy, averaged over all
    answers. After M. P. Naeini, G. F. Cooper and M. Hauskrecht (2015),
    "Obtaining well calibrated probabilities using Bayesian binning".
    """
    distances = [
        abs(confidence - accuracy) * n
        for confidence, accuracy, n in calibration(scores, bins)
    ]
    return sum(distances) / len(scores)


def confusion(scores: Iterable[Score]) -> list[list[int]]:
    """Return 2x2 counts: a row for each label, a column for each answer."""
    table = [[0, 0], [0, 0]]
    for score in scores:
        table[score.label][score.answer] += 1
    return table


def worst_mistakes(scores: Iterable[Score], most: int = 8) -> list[Score]:
    """Return at most `most` wrong answers, the most confident first."""
    wrong = [score for score in scores if not score.correct]
    return sorted(wrong, key=lambda score: -score.confidence)[:most]


def last_epochs_range(run: Run, last: int = 5) -> tuple[float, float]:
    """Return lowest and highest validation accuracy over the last epochs."""
    values = run.history["val_accuracy"][-last:]
    return min(values), max(values)


def generalization_gap(run: Run, last: int = 5) -> float:
    """Return training minus validation accuracy, averaged over the last epochs.

    Well above 0 means overfitting.
    """
    return mean(run.history["accuracy"][-last:]) - mean(
        run.history["val_accuracy"][-last:]
    )


def collapsed(
    history: Mapping[str, Sequence[float]], chance_loss: float = CHANCE_LOSS
) -> bool:
    """Return whether a model gave up learning.

    That is so if over the last half of its epochs, and at least three, its
    loss stayed within 0.01 of what guessing gives.

    Args:
        history: of the training, with `loss`.
        chance_loss: loss of guessing: the entropy of the labels, which is ln 2
            if both classes are equally frequent.
    """
    last = history["loss"][len(history["loss"]) // 2 :]
    return len(last) >= 3 and all(
        abs(loss - chance_loss) < 0.01 for loss in last
    )
