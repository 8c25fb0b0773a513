"""Sentences for pages, whose numbers come from runs and measurements."""

from collections.abc import Mapping, Sequence
from typing import Any

from catdog.data.split import DRAWINGS, ImageSet
from catdog.evaluation import (
    CLEAR_GAP,
    REQUIRED_ACCURACY,
    SLIGHT_GAP,
    balanced_if_unequal,
    baseline,
    collapsed,
    generalization_gap,
    last_epochs_range,
    mcnemar,
    mean,
    mean_min_max,
    only_answer,
    paired_differences,
    pooled_test,
    reaches,
    scores_on_test,
    wilson,
)
from catdog.report.markdown import Markdown, escape
from catdog.runs.schema import Run


def count_noun(number: int, noun: str) -> str:
    """Return a number of things, such as `1 run` or `5 runs`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def cpu_cores(environment: Mapping[str, Any]) -> str:
    """Return how many cores an environment had, such as `2 CPU cores`."""
    return count_noun(environment["cores"], "CPU core")


def images_notice(images: ImageSet) -> Markdown:
    """Return which images a page was made with."""
    number = f"{len(images.train) + len(images.held_out):,}"
    if images.source == DRAWINGS:
        return Markdown(
            "You are looking at drawings: we could not download the "
            f"photographs for this build, so you see {number} drawings with the "
            "same file names. The recorded results come from the photographs, "
            "unless a page says otherwise."
        )
    if not images.own:
        return Markdown(f"This page was made with {number} photographs.")
    first, second = map(escape, images.classes)
    left_out = len(images.faults)
    faults = (
        f" {count_noun(left_out, 'file')} could not be read."
        if left_out
        else ""
    )
    return Markdown(
        f"This page was made with {number} images of two classes, {first} "
        f"and {second}.{faults}"
    )


def recorded(*groups: Sequence[Run]) -> Markdown:
    """Return which recorded runs a page shows, in a line for each model."""
    return Markdown("\n\n".join(map(_recorded_of_model, groups)))


def _recorded_of_model(runs: Sequence[Run]) -> str:
    first = runs[0]
    sentences = [
        f"Recorded: {count_noun(len(runs), 'run')} of `{first.model}`, "
        f"{count_noun(first.epochs, 'epoch')} on {sum(first.images.train):,} "
        f"{first.images.source}, {_seeds(runs)} "
        "([when and where](making-of.qmd#sec-records))."
    ]
    sentences += [
        f"With seed {run.seed} it learned nothing: its loss stayed where "
        "guessing has it."
        for run in runs
        if collapsed(run)
    ]
    sentences += [
        f"With seed {run.seed} it gave the same answer for every test image."
        for run in runs
        if only_answer(run) is not None and not collapsed(run)
    ]
    return f"*{' '.join(sentences)}*"


def _seeds(runs: Sequence[Run]) -> str:
    """Return the seeds of some runs, such as `seeds 0 to 4`."""
    seeds = sorted(run.seed for run in runs)
    first, last = seeds[0], seeds[-1]
    if first == last:
        return f"seed {first}"
    if last - first == len(seeds) - 1:
        return f"seeds {first} to {last}"
    return f"seeds {', '.join(map(str, seeds))}"


def fit_result(
    history: Mapping[str, Sequence[float]],
    images: ImageSet,
    runs: Sequence[Run],
) -> Markdown:
    """Return what the `fit` of a page ran on, and where it ended.

    Args:
        history: `history` of what `fit` returned.
        images: those that it ran on.
        runs: the recorded runs of the same model.
    """
    epochs = len(history["accuracy"])
    train, validated = history["accuracy"][-1], history["val_accuracy"][-1]
    text = (
        f"This `fit` ran for {count_noun(epochs, 'epoch')} on "
        f"{len(images.train):,} {images.source}. It ended with {train:.1%} "
        f"accuracy on the training images and {validated:.1%} on the validation "
        "images. "
    )
    if runs[0].is_of(images):
        return Markdown(f"{text}The diamonds in the next figure show it.")
    return Markdown(
        f"{text}The recorded runs, which come next, were trained on "
        f"{runs[0].images.source} and for {count_noun(runs[0].epochs, 'epoch')}."
    )


def how_often(runs: Sequence[Run]) -> str:
    """Return how often a model was trained, and what differed, in a sentence."""
    model, epochs = f"`{runs[0].model}`", count_noun(runs[0].epochs, "epoch")
    if len(runs) == 1:
        return (
            f"We trained {model} once, with seed {runs[0].seed}, for {epochs}. "
            "Only more seeds would show how much of the result is luck."
        )
    folds = {run.fold for run in runs}
    fold = " and with another fold for validation and test"
    return (
        f"So we trained {model} {_times_in_words(len(runs))} for {epochs}, each "
        f"time with another seed{fold if len(folds) == len(runs) else ''}."
    )


def _times_in_words(number: int) -> str:
    words = {2: "twice", 3: "three times", 4: "four times", 5: "five times"}
    return words.get(number, f"{number} times")


def settled(runs: Sequence[Run], last: int = 5) -> str:
    """Return where the validation accuracy of a model ended, in sentences.

    That is its range over the last epochs of all runs, and the mean after the
    last one.

    Args:
        runs: of one model.
        last: over how many epochs, if there are as many.
    """
    ranges = [last_epochs_range(run, last) for run in runs]
    low = f"{min(low for low, _ in ranges):.1%}"
    high = f"{max(high for _, high in ranges):.1%}"
    accuracy = f"**The validation accuracy of `{runs[0].model}`"
    where = f"at {low}" if low == high else f"between {low} and {high}"
    end = f"{mean_validation_accuracy(runs):.1%}{_averaged(runs)}."
    epochs = min(last, runs[0].epochs)
    if epochs == 1:
        return f"{accuracy} after its only epoch** was {end}"
    number = {2: "two", 3: "three", 4: "four", 5: "five"}.get(epochs, epochs)
    return (
        f"{accuracy} settled {where}** over the last {number} epochs. After the "
        f"last epoch it was {end}"
    )


def mean_validation_accuracy(runs: Sequence[Run]) -> float:
    """Return the mean validation accuracy after the last epoch, in [0, 1]."""
    return mean_min_max(runs)[0]


def training_time(runs: Mapping[str, Sequence[Run]]) -> str:
    """Return how long one run of each model took, in a sentence."""
    environment = next(iter(runs.values()))[0].environment
    seconds = sum(mean(run.seconds for run in group) for group in runs.values())
    time = (
        count_noun(round(seconds / 60), "minute")
        if seconds >= 55
        else count_noun(max(1, round(seconds)), "second")
    )
    return (
        f"Training each of the {len(runs)} models once took {time} in total on "
        f"{cpu_cores(environment)}."
    )


def points(difference: float) -> str:
    """Return the size of a difference of accuracies: `4.2 percentage points`."""
    size = f"{abs(difference) * 100:.1f}"
    return f"{size} percentage point{'' if size == '1.0' else 's'}"


def compared(
    difference: float, later: str, earlier: str, mark: str = "**"
) -> str:
    """Return how one thing does against another, with the points in bold.

    Such as `model2 beats model1 by **4.2 percentage points**`.

    Args:
        difference: of accuracies, later minus earlier.
        later: a name.
        earlier: another name.
        mark: around the points; empty for plain text.
    """
    if abs(difference) < 0.0005:
        return f"{later} is {mark}level{mark} with {earlier}"
    verb = "beats" if difference > 0 else "falls short of"
    return f"{later} {verb} {earlier} by {mark}{points(difference)}{mark}"


def overfitting(runs: Sequence[Run]) -> str:
    """Return whether a model does better on training than on validation images.

    Both are taken in inference mode. `evaluation` has the cut-offs.
    """
    # To a tenth of a point, as the sentence says it.
    gap = round(mean(generalization_gap(run) for run in runs), 3)
    train = mean(run.train.accuracy for run in runs)
    answer = (
        "Yes, clearly"
        if gap >= CLEAR_GAP
        else "A little"
        if gap >= SLIGHT_GAP
        else "No"
    )
    side = "above" if gap >= 0 else "below"
    return (
        f"**{answer}.** In inference mode it gets {train:.1%} of the training "
        f"images right, {points(gap)} {side} its validation accuracy"
        f"{_averaged(runs)}."
    )


def cut_offs() -> str:
    """Return what we call overfitting, in a sentence."""
    return (
        f"We call a gap of {SLIGHT_GAP * 100:.0f} percentage points or more a "
        f"little overfitting, and a gap of {CLEAR_GAP * 100:.0f} or more clear "
        "overfitting."
    )


def lowest_loss(runs: Sequence[Run]) -> str:
    """Return where the validation loss is lowest, averaged over the runs."""
    losses = zip(*(run.history.val_loss for run in runs), strict=True)
    means = [mean(values) for values in losses]
    lowest = min(means)
    epoch = means.index(lowest) + 1
    subject = (
        "The mean validation loss" if len(runs) > 1 else "The validation loss"
    )
    if means[-1] - lowest < 0.005:
        return f"{subject} ends at its lowest value, {means[-1]:.2f}."
    return (
        f"{subject} is lowest after epoch {epoch}, at {lowest:.2f}. By the last "
        f"epoch it has risen to {means[-1]:.2f}."
    )


def _averaged(runs: Sequence[Run]) -> str:
    return f", averaged over {len(runs)} runs" if len(runs) > 1 else ""


def signed_points(difference: float) -> str:
    """Return a difference of accuracies in percentage points: `+1.2`."""
    rounded = round(100 * difference, 1)
    return f"{rounded:+.1f}".replace("-", "−") if rounded else "0.0"


def paired_comparison(earlier: Sequence[Run], later: Sequence[Run]) -> str:
    """Return how far a model is above another, seed by seed, in a sentence."""
    differences = paired_differences(earlier, later)
    if not differences:
        return ""
    difference = compared(
        mean(differences),
        f"`{later[0].model}`",
        f"`{earlier[0].model}`",
        mark="",
    )
    if len(differences) == 1:
        return f"With the same seed and split, {difference}."
    better = sum(value > 0 for value in differences)
    low, high = map(signed_points, (min(differences), max(differences)))
    return (
        f"Compared seed by seed, {difference} on average. It is better in "
        f"{better} of {len(differences)} runs, and the differences range from "
        f"{low} to {high} points."
    )


def evidence(earlier: Sequence[Run], later: Sequence[Run]) -> str:
    """Return whether a change helped, as far as runs and test images can tell.

    It did if it helped with every seed, and if the test images agree: a
    two-sided p of McNemar's test below 0.05.
    """
    differences = paired_differences(earlier, later)
    folds = {run.fold for run in earlier} & {run.fold for run in later}
    answers = [
        scores_on_test([run for run in group if run.fold in folds])
        for group in (earlier, later)
    ]
    if not differences:
        return "No two runs have the same seed, so nothing can be said."
    only_earlier, only_later, p = mcnemar(*answers)
    p_value = "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
    every_seed = min(differences) > 0
    one_seed = len(differences) == 1
    if round(mean(differences), 9) <= 0:  # 0.8 - 0.7 is not 0.7 - 0.6
        if one_seed:
            return "No, not with the only seed that was tried."
        return "No: averaged over the seeds, it did not help."
    seeds = (
        "with the only seed that was tried"
        if one_seed
        else "with every seed"
        if every_seed
        else "on average, not with every seed"
    )
    if p < 0.05 and only_earlier > only_later:
        return (
            f"Doubtful. It helped {seeds} on the validation images, but on the "
            f"{len(answers[0]):,} test images it did worse, and by more than luck "
            f"explains ({p_value})."
        )
    if every_seed and p < 0.05:
        return (
            f"Yes. It helped {seeds}, and on the {len(answers[0]):,} test images "
            f"the difference is larger than luck explains ({p_value})."
        )
    return (
        f"Probably, but these images cannot prove it. It helped {seeds}. On the "
        f"{len(answers[0]):,} test images, "
        + (
            f"the difference is larger than luck explains ({p_value})."
            if p < 0.05
            else f"luck alone could explain the difference ({p_value})."
        )
    )


def fewer_mistakes(earlier: Sequence[Run], later: Sequence[Run]) -> str:
    """Return how many validation images each of two models gets wrong."""
    before, after = (
        1 - mean_validation_accuracy(runs) for runs in (earlier, later)
    )
    ratio = before / after if after else 0
    factor = f" That is {ratio:.1f} times fewer." if ratio > 1.05 else ""
    return (
        f"Of 100 validation images, `{earlier[0].model}` gets "
        f"{100 * before:.1f} wrong on average, and `{later[0].model}` "
        f"{100 * after:.1f}.{factor}"
    )


def result_on_test(chosen: Sequence[Run]) -> str:
    """Return how the chosen runs do on their test images, in sentences.

    Args:
        chosen: one run of each fold, from `choose_in_each_fold`.
    """
    correct, n = pooled_test(chosen)
    one = chosen[0]
    what = (
        "models that we chose are"
        if len(chosen) > 1
        else "model that we chose is"
    )
    text = (
        f"**The {what} right for {correct:,} of {n:,} test images: "
        f"{correct / n:.1%}.**"
    )
    balanced = balanced_if_unequal(scores_on_test(chosen))
    if balanced is not None:
        text += (
            " One class has far more of these images, so look at each by itself: "
            "averaged over the two classes, that is a **balanced accuracy** of "
            f"{balanced:.1%}."
        )
    if len(chosen) == 1:
        return f"{text} None of these images had a part in choosing it."
    return (
        f"{text} No image counts twice, and none had a part in choosing the "
        f"model that it tests. With fold {one.fold} alone, `{one.model}` is right "
        f"for {one.test.correct:,} of {one.test.n:,} test images."
    )


def interval_on_test(chosen: Sequence[Run]) -> str:
    """Return how sure the accuracy of the chosen runs is, in sentences.

    Args:
        chosen: one run of each fold, from `choose_in_each_fold`.
    """
    low, high = wilson(*pooled_test(chosen))
    one = chosen[0].test
    one_low, one_high = wilson(one.correct, one.n)
    bare = (
        f'A bare "{one.accuracy:.1%}" without an interval claims more than such '
        "a test can show."
    )
    if len(chosen) == 1:
        return f"For our choice, the interval goes from {low:.1%} to {high:.1%}. {bare}"
    return (
        f"For our choices, the interval goes from {low:.1%} to {high:.1%}. From "
        f"a single run with {one.n:,} test images it would go from {one_low:.1%} "
        f"to {one_high:.1%}, which is {(one_high - one_low) / (high - low):.1f} "
        f"times as wide. {bare}"
    )


def required_accuracy(runs: Sequence[Run]) -> str:
    """Return whether every run ended at what the assignment requires."""
    required = REQUIRED_ACCURACY[runs[0].model]
    _, lowest, _ = mean_min_max(runs)
    which = (
        f"The lowest of our {len(runs)} runs" if len(runs) > 1 else "Our run"
    )
    met = reaches(runs, required)
    highest = max(baseline(run.images.validation) for run in runs)
    baseline_is = (
        f" The baseline, which always gives the more frequent answer, gets "
        f"{highest:.1%}."
        if lowest >= required and not met
        else ""
    )
    return (
        f"the assignment asks for at least {required:.0%} every time. {which} "
        f"ended at {lowest:.1%}: {verdict(met)}.{baseline_is}"
    )


def pooled_accuracy(runs: Sequence[Run]) -> str:
    """Return the pooled test accuracy: `97.0% of 400 (94.8% to 98.3%)`.

    If one class has much fewer images, `, balanced 81.0%` follows.
    """
    correct, n = pooled_test(runs)
    low, high = wilson(correct, n)
    accuracy = f"{correct / n:.1%} of {n:,} ({low:.1%} to {high:.1%})"
    balanced = balanced_if_unequal(scores_on_test(runs))
    return (
        accuracy if balanced is None else f"{accuracy}, balanced {balanced:.1%}"
    )


def verdict(holds: bool) -> str:
    """Return `met` or `missed`."""
    return "met" if holds else "missed"
