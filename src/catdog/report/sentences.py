"""Sentences for pages, whose numbers come from runs and measurements."""

from collections.abc import Mapping, Sequence
from typing import Any

from catdog.data.split import DRAWINGS, ImageSet
from catdog.evaluation import (
    REQUIRED_ACCURACY,
    collapsed,
    generalization_gap,
    last_epochs_range,
    mean,
    mean_min_max,
    pooled_test,
    wilson,
)
from catdog.report.markdown import Markdown, escape
from catdog.report.measurements import medians, read_bench
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
    seconds = mean(run.seconds for run in runs)
    seeds = ", ".join(str(run.seed) for run in runs)
    sentences = [
        f"{'Replayed, not trained anew' if replayed else 'Trained just now'}: "
        f"{count_noun(first.epochs, 'epoch')} of `{first.model}` "
        f"on {first.data['train']:,} {first.data['source']}, "
        f"seed{'s' if len(runs) > 1 else ''} {seeds}.",
        f"A run took {seconds:.0f} s on {cpu_cores(first.environment)} "
        f"with TensorFlow {first.environment['tensorflow']}, {first.recorded}.",
    ]
    sentences += [
        f"With seed {run.seed} it learned nothing: its loss stayed where "
        "guessing has it."
        for run in runs
        if collapsed(run.history)
    ]
    if replayed:
        sentences.append("Set `CATDOG_TRAIN=1` to train here.")
    return f"*{' '.join(sentences)}*"


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
    """Return whether training accuracy ran ahead of validation accuracy.

    The last five epochs count. A gap of over 10 percentage points is clear
    overfitting, one of over 3 a little.
    """
    gap = mean(generalization_gap(run) for run in runs)
    answer = "Yes, clearly" if gap > 0.1 else "A little" if gap > 0.03 else "No"
    return (
        f"**{answer}**: over the last five epochs, training accuracy lay "
        f"{percentage_points(gap)} validation accuracy, on the mean of "
        f"{count_noun(len(runs), 'run')}"
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
    usual, ours = list(medians(bench[comparison]).values())[:2]
    if comparison == "epoch":
        what = "an epoch of `model1` takes"
    else:
        usual *= EPOCHS
        what = f"{EPOCHS} epochs of `model4` take"
    return Markdown(
        f"Measured with `catdog bench` on {cpu_cores(bench['environment'])}: "
        f"{what} {ours:.0f} s this way, and {usual:.0f} s where every picture is "
        f"{'decoded' if comparison == 'epoch' else 'sent through all layers'} "
        f"in every epoch. That is {ours / usual:.2f} times as long."
    )


def verdict(holds: bool) -> str:
    """Return `met` or `missed`."""
    return "met" if holds else "missed"
