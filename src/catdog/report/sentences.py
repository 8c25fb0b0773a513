"""Sentences for pages, whose numbers come from runs and measurements."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from catdog.data.split import DRAWINGS, ImageSet
from catdog.evaluation import (
    CLEAR_GAP,
    REQUIRED_ACCURACY,
    SLIGHT_GAP,
    collapsed,
    generalization_gap,
    last_epochs_range,
    mean,
    mean_min_max,
    paired_differences,
    pooled_test,
    wilson,
)
from catdog.report.markdown import Markdown, escape
from catdog.report.measurements import ratios, read_bench
from catdog.runs.schema import Run
from catdog.settings import EPOCHS


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
            "> **Drawn pictures.** The photographs were out of reach when this page "
            f"was made. The pictures that you see are {number} drawings of the same "
            "names. Each replayed run says what it was trained on."
        )
    if not images.own:
        return Markdown(f"*Made with {number} photographs.*")
    first, second = map(escape, images.classes)
    left_out = len(images.faults)
    return Markdown(
        f"> **Your own pictures.** This page was made with {number} pictures of "
        f"two classes, {first} and {second}. Where the text says cat, read "
        f"{first}. Where it says dog, read {second}."
        + (
            f" {count_noun(left_out, 'file')} could not be read."
            if left_out
            else ""
        )
    )


def provenance(*groups: Sequence[Run]) -> Markdown:
    """Return where runs come from: a paragraph for the runs of each model."""
    return Markdown("\n\n".join(map(_provenance_of_model, groups)))


def _provenance_of_model(runs: Sequence[Run]) -> str:
    first = runs[0]
    replayed = first.path is not None
    sentences = [
        f"{'Replayed, not trained anew' if replayed else 'Trained just now'}: "
        f"{count_noun(first.epochs, 'epoch')} of `{first.model}` "
        f"on {sum(first.images.train):,} {first.images.source}, "
        f"{_seeds(runs)}."
    ]
    groups: dict[tuple, list[Run]] = {}
    for run in runs:
        tensorflow = run.environment["tensorflow"]
        where = cpu_cores(run.environment), tensorflow, run.recorded
        groups.setdefault(where, []).append(run)
    for (cores, tensorflow, day), group in groups.items():
        seconds = mean(run.seconds for run in group)
        which = "A run" if len(groups) == 1 else f"A run with {_seeds(group)}"
        sentences.append(
            f"{which} took {seconds:.0f} s on {cores} with TensorFlow "
            f"{tensorflow}, {day}."
        )
    sentences += [
        f"With seed {run.seed} it learned nothing: its loss stayed where "
        "guessing has it."
        for run in runs
        if collapsed(run)
    ]
    if replayed:
        sentences.append("Set `CATDOG_TRAIN=1` to train here.")
    return f"*{' '.join(sentences)}*"


def _seeds(runs: Sequence[Run]) -> str:
    numbers = ", ".join(str(run.seed) for run in runs)
    return f"seed{'s' if len(runs) > 1 else ''} {numbers}"


def validation_range(runs: Sequence[Run]) -> str:
    """Return the range of validation accuracy over the last five epochs.

    Over all runs, such as `between 66.0% and 71.5%`.
    """
    ranges = [last_epochs_range(run) for run in runs]
    low = min(low for low, _ in ranges)
    high = max(high for _, high in ranges)
    return f"between {low:.1%} and {high:.1%}"


def mean_validation_accuracy(runs: Sequence[Run]) -> float:
    """Return the mean validation accuracy after the last epoch, in [0, 1]."""
    return mean_min_max(runs)[0]


def training_time(runs: Mapping[str, Sequence[Run]]) -> str:
    """Return how long one run of each model took, in a sentence."""
    environment = next(iter(runs.values()))[0].environment
    seconds = sum(mean(run.seconds for run in group) for group in runs.values())
    return (
        f"One run of each of the {len(runs)} models took "
        f"{count_noun(round(seconds / 60), 'minute')} together, "
        f"on {cpu_cores(environment)}."
    )


def percentage_points(difference: float) -> str:
    """Return a difference of accuracies: `4.2 percentage points above`."""
    if abs(difference) < 0.0005:
        return "level with"
    side = "above" if difference > 0 else "below"
    return f"{abs(difference) * 100:.1f} percentage points {side}"


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
    return (
        f"**{answer}.** Without augmentation and dropout, it gets {train:.1%} of "
        f"the training images right, which is {percentage_points(gap)} its "
        f"validation accuracy{_averaged(runs)}. (We call a gap of "
        f"{SLIGHT_GAP * 100:.0f} points or more a little overfitting, and one of "
        f"{CLEAR_GAP * 100:.0f} or more clear overfitting.)"
    )


def _averaged(runs: Sequence[Run]) -> str:
    return f", averaged over {len(runs)} runs" if len(runs) > 1 else ""


def signed_points(difference: float) -> str:
    """Return a difference of accuracies in percentage points: `+1.2`."""
    return f"{100 * difference:+.1f}".replace("-", "−")


def paired_comparison(earlier: Sequence[Run], later: Sequence[Run]) -> str:
    """Return how far a model is above another, seed by seed, in a sentence."""
    differences = paired_differences(earlier, later)
    if not differences:
        return ""
    difference = (
        f"With the same seed and split, `{later[0].model}` is "
        f"{percentage_points(mean(differences))} `{earlier[0].model}`"
    )
    if len(differences) == 1:
        return f"{difference}."
    better = sum(value > 0 for value in differences)
    low, high = map(signed_points, (min(differences), max(differences)))
    return (
        f"{difference} on average, and better in {better} of "
        f"{len(differences)} runs: the differences range from {low} to {high} "
        "points."
    )


def required_accuracy(runs: Sequence[Run]) -> str:
    """Return whether every run ended at what the assignment requires."""
    required = REQUIRED_ACCURACY[runs[0].model]
    _, lowest, _ = mean_min_max(runs)
    return (
        f"the course asks for at least {required:.0%} every time; "
        f"the lowest of {count_noun(len(runs), 'run')} ended at {lowest:.1%}: "
        f"{verdict(lowest >= required)}"
    )


def pooled_accuracy(runs: Sequence[Run]) -> str:
    """Return the pooled test accuracy: `97.0% of 400 (94.8% to 98.3%)`."""
    correct, n = pooled_test(runs)
    low, high = wilson(correct, n)
    return f"{correct / n:.1%} of {n:,} ({low:.1%} to {high:.1%})"


def measured_speed(comparison: str) -> Markdown:
    """Return what `catdog bench` measured, in a sentence; empty if nothing.

    Args:
        comparison: `"epoch"` or `"transfer"`.
    """
    bench = read_bench()
    if not bench:
        return Markdown("")
    if comparison == "epoch":
        what = "an epoch of `model1` takes"
        rival = "where every image is decoded in every epoch"
        usual = bench["epoch"]["model1, usual pipeline"]
        ours = bench["epoch"]["model1, our pipeline"]
    else:
        what = f"{EPOCHS} epochs of `model4` take"
        rival = "where every image is sent through all layers in every epoch"
        usual = [s * EPOCHS for s in bench["transfer"]["usual, an epoch"]]
        ours = bench["transfer"]["ours, all epochs"]
    middle, low, high = ratios(ours, usual)
    return Markdown(
        f"Measured with `catdog bench` on {cpu_cores(bench['environment'])}, in "
        f"{bench['rounds']} rounds: {what} {statistics.median(ours):.0f} s this "
        f"way, and {statistics.median(usual):.0f} s {rival} (medians). Within a "
        f"round, that is {middle:.2f} times as long (from {low:.2f} to "
        f"{high:.2f})."
    )


def pipeline_costs() -> Markdown:
    """Return what the pipelines alone take, in a sentence; empty if unknown."""
    measured = read_bench().get("pipeline")
    if not measured:
        return Markdown("")

    def tell(way: str) -> str:
        first, later, memory = (
            statistics.median(measured[f"{way}, {what}"])
            for what in ("first epoch", "later epochs", "MiB")
        )
        return (
            f"{first:,.0f} images a second in the first epoch, {later:,.0f} in "
            f"later ones, and {memory:,.0f} MiB of memory"
        )

    return Markdown(
        f"Without a model behind it, our pipeline manages {tell('our')}; the "
        f"usual one {tell('usual')}; the usual one with a `cache()` "
        f"{tell('usual cached')}."
    )


def verdict(holds: bool) -> str:
    """Return `met` or `missed`."""
    return "met" if holds else "missed"
