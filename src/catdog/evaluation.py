"""How good is it? Scores on held-out pictures, with the doubt that belongs to
them.
"""

from collections import Counter
from pathlib import PurePosixPath

from scipy.stats import binomtest

from catdog.data.image_files import shown
from catdog.data.sources import Pictures
from catdog.errors import RecordError
from catdog.runs.store import Run, epochs_wanted, recorded_runs

# Validation accuracy that the course asks of each of its models.
BARS = {"model1": 0.52, "model2": 0.55, "model3": 0.70, "model4": 0.95}


def label_counts(names) -> dict[str, int]:
    """How many of these file names are in each class folder, such as `{"cats":
    …, "dogs": …}`.
    """
    folders = [PurePosixPath(name).parent.name.lower() for name in names]
    return dict(Counter(map(shown, folders)))


def baseline(names) -> float:
    """Accuracy in [0, 1] of always giving the most frequent answer."""
    counts = label_counts(names)
    return max(counts.values()) / sum(counts.values())


def wilson(correct: int, n: int) -> tuple[float, float]:
    """95 % confidence interval of an accuracy, low and high, in [0, 1].

    After E. B. Wilson (1927), "Probable inference, the law of succession, and
    statistical inference".

    Raises:
        ValueError: unless 0 <= correct <= n and n >= 1.
    """
    if not 0 <= correct <= n or n < 1:
        raise ValueError(f"{correct} of {n} is no share.")
    interval = binomtest(correct, n).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)


def one_per_fold(runs: list[Run]) -> list[Run]:
    """The first run of each fold. Together they test no picture twice."""
    first = {}
    for run in runs:
        first.setdefault(run.fold, run)
    return list(first.values())


def pooled_test(runs: list[Run]) -> tuple[int, int]:
    """Correct answers and pictures of the test sets of `one_per_fold` together."""
    tests = [run.test for run in one_per_fold(runs)]
    return sum(test["correct"] for test in tests), sum(
        test["n"] for test in tests
    )


def best_model(runs: dict[str, list[Run]]) -> str:
    """Name of the model with the highest mean validation accuracy: the test set
    has no say.
    """
    return max(
        runs,
        key=lambda name: mean(
            [run.validation["accuracy"] for run in runs[name]]
        ),
    )


def mean(values) -> float:
    """Arithmetic mean."""
    values = list(values)
    return sum(values) / len(values)


def mcnemar(first: list, second: list) -> tuple[int, int, float]:
    """Do two models differ on the same test pictures?

    After Q. McNemar (1947), "Note on the sampling error of the difference
    between correlated proportions or percentages", in its exact form: were both
    equally good, each picture that only one of them gets right would be the
    toss of a coin.

    Args:
        first, second: `scores` of two runs, or of several put together.

    Returns:
        How many pictures only the first gets right, how many only the second,
        and the two-sided p-value in [0, 1].

    Raises:
        ValueError: when the scores are not of the same pictures.
    """
    right = [dict(map(_outcome, scores)) for scores in (first, second)]
    if right[0].keys() != right[1].keys():
        raise ValueError("The two models were tested on different pictures.")
    only_first = sum(
        won and not right[1][name] for name, won in right[0].items()
    )
    only_second = sum(
        won and not right[0][name] for name, won in right[1].items()
    )
    differ = only_first + only_second
    p = binomtest(only_first, differ).pvalue if differ else 1.0
    return only_first, only_second, float(p)


def test_scores(runs: list[Run]) -> list:
    """The test scores of `one_per_fold` together."""
    return sum((run.scores for run in one_per_fold(runs)), [])


def calibration(scores: list, bins: int = 10) -> list[tuple[float, float, int]]:
    """Is the model right as often as it is sure?

    Its confidence is the probability of its answer, in [0.5, 1]. Answers with
    similar confidence share one of `bins` equal parts of that range.

    Returns:
        `(mean confidence, accuracy, answers)` of each part that has any.
    """
    groups = {}
    for score in scores:
        confidence = max(score[2], 1 - score[2])
        part = min(int((confidence - 0.5) * 2 * bins), bins - 1)
        groups.setdefault(part, []).append((confidence, _outcome(score)[1]))
    return [
        (
            mean(sure for sure, _ in group),
            mean(won for _, won in group),
            len(group),
        )
        for _, group in sorted(groups.items())
    ]


def calibration_error(scores: list, bins: int = 10) -> float:
    """Expected calibration error, in [0, 1]: how far confidence and accuracy
    lie apart, on the mean of all answers.

    After M. P. Naeini, G. F. Cooper and M. Hauskrecht (2015), "Obtaining well
    calibrated probabilities using Bayesian binning".
    """
    return sum(
        abs(sure - won) * n for sure, won, n in calibration(scores, bins)
    ) / len(scores)


def _outcome(score: list) -> tuple[str, bool]:
    name, kind, dog = score
    return name, (dog >= 0.5) == bool(kind)


def confusion(scores: list) -> list[list[int]]:
    """2x2 counts: row = what the picture shows, column = the answer, both in
    the order cat, dog.
    """
    table = [[0, 0], [0, 0]]
    for _, kind, dog in scores:
        table[kind][int(dog >= 0.5)] += 1
    return table


def worst_mistakes(scores: list, most: int = 8) -> list:
    """At most `most` entries of `scores`: wrong answers, the most confident
    first.
    """
    wrong = [score for score in scores if not _outcome(score)[1]]
    return sorted(wrong, key=lambda score: -abs(score[2] - 0.5))[:most]


def settled(run: Run, last: int = 5) -> tuple[float, float]:
    """Lowest and highest validation accuracy over the last epochs."""
    values = run.history["val_accuracy"][-last:]
    return min(values), max(values)


def gap(run: Run, last: int = 5) -> float:
    """Training accuracy minus validation accuracy, mean over the last epochs.
    Well above 0 means overfitting.
    """
    return mean(run.history["accuracy"][-last:]) - mean(
        run.history["val_accuracy"][-last:]
    )


def all_runs(
    builders: dict, pictures: Pictures, needed: bool = True
) -> dict[str, list[Run]]:
    """The recorded runs of each model that has any, by the model's name.

    Raises:
        RecordError: when they are `needed`, and pictures of your own lack those
            of a model.
    """
    epochs = epochs_wanted()
    found = {
        name: recorded_runs(builder, pictures, epochs)
        for name, builder in builders.items()
    }
    missing = [name for name, runs in found.items() if not runs]
    if missing and pictures.own and needed:
        raise RecordError(
            f"No run of {', '.join(missing)} on these pictures is recorded: "
            f"run `catdog train all --epochs {epochs}` first."
        )
    return {name: runs for name, runs in found.items() if runs}
