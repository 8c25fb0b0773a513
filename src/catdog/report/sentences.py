"""What a chapter displays besides figures: source code, tables, and phrases
whose numbers come from runs.
"""

import inspect
import re

from catdog import benchmarks
from catdog.backend import keras
from catdog.data.image_files import shown
from catdog.data.sources import Pictures
from catdog.evaluation import (
    BARS,
    gap,
    mean,
    pooled_test,
    settled,
    wilson,
)
from catdog.models import EPOCHS
from catdog.progress import in_notebook
from catdog.runs.store import Run, count, counted, processors

LONG_LISTING = 30  # lines


class Markdown(str):
    """Text that a notebook renders as Markdown.

    Links from page to page lead nowhere in a notebook: their words stay.
    """

    def _repr_markdown_(self) -> str:
        if in_notebook():
            return re.sub(r"\[([^]]*)\]\([^)]*\.qmd[^)]*\)", r"\1", self)
        return str(self)


def markdown(text: str) -> Markdown:
    """Display text as Markdown; common indentation is removed."""
    return Markdown(inspect.cleandoc(text))


def source(*things) -> Markdown:
    """The code of functions, classes or modules, as this very process runs it: folded
    where it is long, except in a notebook, which need not know HTML.
    """
    code = "\n\n".join(inspect.getsource(thing).rstrip() for thing in things)
    listing = f"```python\n{code}\n```"
    lines = code.count("\n") + 1
    if lines <= LONG_LISTING or in_notebook():
        return Markdown(listing)
    names = ", ".join(f"<code>{thing.__name__}</code>" for thing in things)
    summary = f"<summary>The source of {names}, {lines} lines</summary>"
    return Markdown(f"<details>\n{summary}\n\n{listing}\n\n</details>")


def plain(text: str) -> str:
    """A file or class name made fit for Markdown: all signs mean themselves."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", shown(text))


def pictures_notice(pictures: Pictures) -> Markdown:
    """Which pictures a page was made with."""
    number = f"{len(pictures.train) + len(pictures.held_out):,}"
    if pictures.source == "drawings":
        return Markdown(
            "> **Drawn pictures.** The photographs were out of reach when this page "
            f"was made. The pictures that you see are {number} drawings of the same "
            "names. Each replayed run says what it was trained on."
        )
    if not pictures.own:
        return Markdown(f"*Made with {number} photographs.*")
    first, second = map(plain, pictures.classes)
    left_out = len(pictures.faults)
    return Markdown(
        f"> **Your own pictures.** This page was made with {number} pictures of "
        f"two classes, {first} and {second}. Where the text says cat, read "
        f"{first}. Where it says dog, read {second}."
        + (f" {left_out} files could not be read." if left_out else "")
    )


def trainable(model: keras.Model | keras.layers.Layer) -> int:
    """How many numbers training may change."""
    return count(model.trainable_weights)


def between(runs: list[Run]) -> str:
    """Where validation accuracy lay over the last five epochs of all runs.

    Such as `between 66.0% and 71.5%`.
    """
    low = min(settled(run)[0] for run in runs)
    high = max(settled(run)[1] for run in runs)
    return f"between {low:.1%} and {high:.1%}"


def final(runs: list[Run]) -> float:
    """Mean validation accuracy after the last epoch, in [0, 1]."""
    return mean(run.validation["accuracy"] for run in runs)


def training_time(runs: dict[str, list[Run]]) -> str:
    """How long one run of each model took, in a sentence."""
    firsts = [group[0] for group in runs.values()]
    minutes = (
        sum(mean(run.seconds for run in group) for group in runs.values()) / 60
    )
    return (
        f"One run of each of the {len(firsts)} models took {minutes:.0f} minutes "
        f"together, on {processors(firsts[0].environment)}."
    )


def points(difference: float) -> str:
    """A difference of two accuracies, such as `4.2 percentage points above`."""
    if abs(difference) < 0.0005:
        return "level with"
    side = "above" if difference > 0 else "below"
    return f"{abs(difference) * 100:.1f} percentage points {side}"


def overfitting(runs: list[Run]) -> str:
    """Whether training accuracy ran ahead of validation accuracy, and how far.

    The last five epochs count. From 10 points on it does clearly, from 3 on a
    little.
    """
    distance = mean(gap(run) for run in runs)
    verdict = (
        "Yes, clearly"
        if distance > 0.1
        else "A little"
        if distance > 0.03
        else "No"
    )
    return (
        f"**{verdict}**: over the last five epochs, training accuracy lay "
        f"{points(distance)} validation accuracy, on the mean of "
        f"{counted(len(runs), 'run')}"
    )


def bar(runs: list[Run]) -> str:
    """Whether every run ended at or above the course's bar for its model."""
    demand = BARS[runs[0].model]
    lowest = min(run.validation["accuracy"] for run in runs)
    return (
        f"the course asks for at least {demand:.0%} every time; "
        f"the lowest of {counted(len(runs), 'run')} ended at {lowest:.1%}: "
        f"{met(lowest >= demand)}"
    )


def test_words(runs: list[Run]) -> str:
    """Pooled test accuracy, such as `97.0% of 400 (94.8% to 98.3%)`."""
    correct, n = pooled_test(runs)
    low, high = wilson(correct, n)
    return f"{correct / n:.1%} of {n:,} ({low:.1%} to {high:.1%})"


def origins(runs: dict[str, list[Run]]) -> Markdown:
    """Where the runs of several models come from, a line each."""
    return Markdown(
        "\n\n".join(group._repr_markdown_() for group in runs.values())
    )


def spread(runs: list[Run]) -> tuple[float, float, float]:
    """Mean, lowest and highest validation accuracy after the last epoch, in [0,
    1].
    """
    values = [run.validation["accuracy"] for run in runs]
    return mean(values), min(values), max(values)


def measured(comparison: str) -> Markdown:
    """What `catdog bench` found in one of its comparisons, `"epoch"` or
    `"transfer"`, in a sentence. Empty where it was never run.
    """
    found = benchmarks.read()
    if not found:
        return Markdown("")
    usual, ours = list(benchmarks.medians(found[comparison]).values())[:2]
    if comparison == "epoch":
        what = "an epoch of `model1` takes"
    else:
        usual *= EPOCHS
        what = f"{EPOCHS} epochs of `model4` take"
    return Markdown(
        f"Measured with `catdog bench` on {processors(found['environment'])}: "
        f"{what} {ours:.0f} s this way, and {usual:.0f} s where every picture is "
        f"{'decoded' if comparison == 'epoch' else 'sent through all layers'} "
        f"in every epoch. That is {ours / usual:.2f} times as long."
    )


def met(holds: bool) -> str:
    """A verdict in a word."""
    return "met" if holds else "missed"
