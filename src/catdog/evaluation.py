"""How good is a model? Pure functions of scores and runs, with the doubt left in.

Nothing here reads a file or needs TensorFlow.
"""

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from catdog._io import printable
from catdog.data.class_folders import class_depth, folder_key
from catdog.runs.schema import Run
from catdog.scores import Score

# Validation accuracy that the assignment asks of each of its models.
REQUIRED_ACCURACY = {
    "model1": 0.52,
    "model2": 0.55,
    "model3": 0.70,
    "model4": 0.95,
}
# Percentage points of training above validation accuracy, both in inference
# mode, from which on we speak of a little and of clear overfitting.
SLIGHT_GAP, CLEAR_GAP = 0.03, 0.10
# Of the frequencies of the classes, 3 : 2.
MAX_RATIO = 1.5
# Fewer epochs cannot tell a collapse from a slow start.
MIN_EPOCHS_TO_JUDGE = 5


def label_counts(names: Sequence[str]) -> dict[str, int]:
    """Return how many file names there are in each class folder.

    Such as `{"cats": 1000, "dogs": 1000}`.
    """
    parts = [PurePosixPath(name).parts for name in names]
    depth = class_depth(names)
    folders = [folder_key(folders[depth]) for folders in parts]
    return dict(Counter(map(printable, folders)))


def baseline(counts: Sequence[int]) -> float:
    """Return the accuracy of always choosing the most frequent class.

    Args:
        counts: how many images each class has.

    Returns:
        In [0, 1].

    Shown in chapter 1.
    """
    return max(counts) / sum(counts)


def entropy(counts: Sequence[int]) -> float:
    """Return the loss of guessing with the frequencies of the classes, in nats.

    It is ln 2 if two classes are equally frequent.
    """
    shares = [count / sum(counts) for count in counts if count]
    return -sum(share * math.log(share) for share in shares)


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
    """Return the first run of each fold. No two of them test the same image.

    Shown in chapter 6.
    """
    first: dict[int, Run] = {}
    for run in runs:
        first.setdefault(run.fold, run)
    return list(first.values())


def pooled_test(runs: Iterable[Run]) -> tuple[int, int]:
    """Return right answers and images of all test sets of `one_per_fold`."""
    tests = [run.test for run in one_per_fold(runs)]
    return sum(test.correct for test in tests), sum(test.n for test in tests)


def scores_on_test(runs: Iterable[Run]) -> list[Score]:
    """Return the test scores of `one_per_fold`, put together.

    Shown in chapter 6.
    """
    return [score for run in one_per_fold(runs) for score in run.scores]


def choose_in_each_fold(runs: Mapping[str, Sequence[Run]]) -> list[Run]:
    """Return the best run of each fold, by its validation accuracy alone.

    No image that a run is tested on had a part in choosing it. Of equally good
    runs, that of the earlier model is chosen.

    Args:
        runs: of each model, by its name.

    Shown in chapter 6.
    """
    best: dict[int, Run] = {}
    for group in runs.values():
        for run in group:
            rival = best.setdefault(run.fold, run)
            if run.validation.accuracy > rival.validation.accuracy:
                best[run.fold] = run
    return [best[fold] for fold in sorted(best)]


def best_model(runs: Mapping[str, Sequence[Run]]) -> str:
    """Return the name of the model that is chosen in most folds."""
    names = [run.model for run in choose_in_each_fold(runs)]
    return Counter(names).most_common(1)[0][0]


def balanced_accuracy(scores: Sequence[Score]) -> float:
    """Return the accuracy within each class, averaged over both.

    It is 0.5 for a model that always gives the same answer.

    Args:
        scores: of images of both classes.

    Returns:
        In [0, 1].
    """
    (right, wrong), (other_wrong, other_right) = confusion(scores)
    return mean(
        (
            right / (right + wrong),
            other_right / (other_right + other_wrong),
        )
    )


def unequal(counts: Sequence[int]) -> bool:
    """Return whether one class has more than one and a half times the other.

    Accuracy alone says little then. If a class has no image at all, there is
    nothing to compare.
    """
    return 0 < min(counts) < max(counts) / MAX_RATIO


def balanced_if_unequal(scores: Sequence[Score]) -> float | None:
    """Return the balanced accuracy where the accuracy alone says little.

    Returns:
        None if there are about as many images of one class as of the other.
    """
    counts = [sum(row) for row in confusion(scores)]
    return balanced_accuracy(scores) if unequal(counts) else None


def reaches(runs: Sequence[Run], required: float) -> bool:
    """Return whether every run's validation accuracy is as high as required.

    It must also be above the baseline, which may be higher.
    """
    return all(
        run.validation.accuracy >= required
        and run.validation.accuracy > baseline(run.images.validation)
        for run in runs
    )


def only_answer(run: Run) -> int | None:
    """Return the label that a run gives to test images of both classes.

    Returns:
        None if it gives both, or if all test images are of one class.
    """
    answers = {score.answer for score in run.scores}
    labels = {score.label for score in run.scores}
    return answers.pop() if len(answers) < len(labels) else None


def mean(values: Iterable[float]) -> float:
    """Return the arithmetic mean."""
    values = list(values)
    return sum(values) / len(values)


def mean_min_max(runs: Sequence[Run]) -> tuple[float, float, float]:
    """Return mean, lowest and highest validation accuracy after the last epoch.

    Returns:
        Three numbers in [0, 1].

    Shown in chapter 6.
    """
    values = [run.validation.accuracy for run in runs]
    return mean(values), min(values), max(values)


def paired_differences(
    first: Sequence[Run], second: Sequence[Run]
) -> list[float]:
    """Return how far the second is above the first, for each seed of both.

    Runs with the same seed have the same split, so that only the model differs.

    Returns:
        Differences of validation accuracy, in [-1, 1], by seed.
    """
    before = {run.seed: run.validation.accuracy for run in first}
    return [
        run.validation.accuracy - before[run.seed]
        for run in sorted(second, key=lambda run: run.seed)
        if run.seed in before
    ]


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


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values that are corrected for the number of comparisons.

    After S. Holm (1979), "A simple sequentially rejective multiple test
    procedure": the smallest p-value is multiplied by their number n, the next
    one by n - 1, and so on; none becomes smaller than the one before it.
    """
    corrected = [0.0] * len(p_values)
    largest = 0.0
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    for rank, position in enumerate(order):
        p = p_values[position] * (len(p_values) - rank)
        largest = min(1.0, max(largest, p))
        corrected[position] = largest
    return corrected


def calibration(
    scores: Iterable[Score], bins: int = 10
) -> list[tuple[float, int, int]]:
    """Compare how sure a model is with how often it is right.

    Its confidence is the probability of its answer, in [0.5, 1]. Answers are
    sorted by confidence, and cut into bins of equal counts.

    Args:
        scores: of at least one image.
        bins: how many; fewer if there are fewer answers.

    Returns:
        `(mean confidence, right answers, all answers)` of each bin.
    """
    ordered = sorted(scores, key=lambda score: score.confidence)
    bins = min(bins, len(ordered))
    edges = [round(part * len(ordered) / bins) for part in range(bins + 1)]
    return [
        (
            mean(score.confidence for score in ordered[start:end]),
            sum(score.correct for score in ordered[start:end]),
            end - start,
        )
        for start, end in itertools.pairwise(edges)
    ]


def calibration_error(scores: Sequence[Score], bins: int = 10) -> float:
    """Return the expected calibration error, in [0, 1].

    It is the distance between confidence and accuracy, averaged over all
    answers. After M. P. Naeini, G. F. Cooper and M. Hauskrecht (2015),
    "Obtaining well calibrated probabilities using Bayesian binning".
    """
    distances = [
        abs(confidence * n - correct)
        for confidence, correct, n in calibration(scores, bins)
    ]
    return sum(distances) / len(scores)


def confusion(
    scores: Iterable[Score], threshold: float = 0.5
) -> list[list[int]]:
    """Return 2x2 counts: a row for each label, a column for each answer.

    Args:
        scores: answers for some images.
        threshold: the probability from which on the answer is label 1.
    """
    table = [[0, 0], [0, 0]]
    for score in scores:
        table[score.label][score.probability >= threshold] += 1
    return table


def worst_mistakes(scores: Iterable[Score], most: int = 8) -> list[Score]:
    """Return at most `most` wrong answers, the most confident first."""
    wrong = [score for score in scores if not score.correct]
    return sorted(wrong, key=lambda score: -score.confidence)[:most]


def last_epochs_range(run: Run, last: int = 5) -> tuple[float, float]:
    """Return lowest and highest validation accuracy over the last epochs."""
    values = run.history.val_accuracy[-last:]
    return min(values), max(values)


def stopping_epochs(
    val_loss: Sequence[float], patience: int
) -> tuple[int, int]:
    """Return after which epoch early stopping ends, and which one it keeps.

    It ends when the validation loss has not been lower than before for
    `patience` epochs, as `keras.callbacks.EarlyStopping` does.

    Returns:
        Two numbers of epochs, from 1.
    """
    best = 0
    for epoch, loss in enumerate(val_loss[1:], start=1):
        if loss < val_loss[best]:
            best = epoch
        elif epoch - best >= patience:
            return epoch + 1, best + 1
    return len(val_loss), best + 1


def generalization_gap(run: Run) -> float:
    """Return training minus validation accuracy, both in inference mode.

    Well above 0 means overfitting.
    """
    return run.train.accuracy - run.validation.accuracy


def collapsed(run: Run) -> bool:
    """Return whether a model has learned no more than how frequent classes are.

    In the end its loss on the training images is that of guessing or higher,
    and it is right hardly more often than the baseline. Runs of fewer than five
    epochs are not judged.
    """
    counts = run.images.train
    return (
        run.epochs >= MIN_EPOCHS_TO_JUDGE
        and run.train.loss > entropy(counts) - 0.002
        and run.train.accuracy < baseline(counts) + 0.02
    )
