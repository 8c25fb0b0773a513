"""What a chapter displays besides figures: source code, tables, and phrases whose
numbers come from runs.
"""

import inspect

import keras

from catdog.data import FOLDS, Pictures
from catdog.evaluation import (
    BARS,
    best_model,
    gap,
    mean,
    pooled_test,
    settled,
    wilson,
)
from catdog.records import Run, count, recorded_runs


class Markdown(str):
    """Text that a notebook renders as Markdown."""

    def _repr_markdown_(self) -> str:
        return str(self)


def markdown(text: str) -> Markdown:
    """Display text as Markdown; common indentation is removed."""
    return Markdown(inspect.cleandoc(text))


def source(*things) -> Markdown:
    """The code of functions, classes or modules, as this very process runs it."""
    code = "\n\n".join(inspect.getsource(thing).rstrip() for thing in things)
    return Markdown(f"```python\n{code}\n```")


def table(header: list[str], rows: list[list], words: int = 1) -> Markdown:
    """A Markdown table: `words` columns to the left, the others to the right."""
    sides = [":--"] * words + ["--:"] * (len(header) - words)
    lines = [header, sides, *rows]
    return Markdown(
        "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
    )


def pictures_notice(pictures: Pictures) -> Markdown:
    """Which pictures a page was made with."""
    number = f"{len(pictures.train) + len(pictures.held_out):,}"
    if pictures.source == "photographs":
        return Markdown(f"*Made with {number} photographs.*")
    return Markdown(
        "> **Drawn pictures.** The photographs were out of reach when this page was "
        f"made. The pictures that you see are {number} drawings of the same names. "
        "Each replayed run says what it was trained on."
    )


def summary(model: keras.Model) -> Markdown:
    """A model as a table: a row for each layer, in the order a picture passes them."""
    rows = []
    for layer in model.layers:
        nested = isinstance(layer, keras.Model)
        rows.append(
            [
                layer.name if nested else type(layer).__name__,
                " × ".join(str(size) for size in layer.output.shape[1:]),
                f"{layer.count_params():,}",
                f"{trainable(layer):,}",
            ]
        )
    total = [model.count_params(), trainable(model)]
    rows.append(["**all**", "", *(f"**{number:,}**" for number in total)])
    return table(["layer", "output shape", "parameters", "of these trained"], rows)


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


def points(difference: float) -> str:
    """A difference of two accuracies, such as `4.2 percentage points above`."""
    if abs(difference) < 0.0005:
        return "level with"
    side = "above" if difference > 0 else "below"
    return f"{abs(difference) * 100:.1f} percentage points {side}"


def overfitting(runs: list[Run]) -> str:
    """Whether training accuracy ran ahead of validation accuracy, and how far.

    The last five epochs count. From 10 points on it does clearly, from 3 on a little.
    """
    distance = mean(gap(run) for run in runs)
    verdict = (
        "Yes, clearly" if distance > 0.1 else "A little" if distance > 0.03 else "No"
    )
    return (
        f"**{verdict}**: over the last five epochs, training accuracy lay "
        f"{points(distance)} validation accuracy, on the mean of {len(runs)} "
        f"run{'s' if len(runs) > 1 else ''}"
    )


def bar(runs: list[Run]) -> str:
    """Whether every run ended at or above the course's bar for its model."""
    demand = BARS[runs[0].model]
    lowest = min(run.validation["accuracy"] for run in runs)
    return (
        f"the course asks for at least {demand:.0%} every time; "
        f"the lowest of {len(runs)} ended at {lowest:.1%}: {_met(lowest >= demand)}"
    )


def test_words(runs: list[Run]) -> str:
    """Pooled test accuracy, such as `97.0% of 400 (94.8% to 98.3%)`."""
    correct, n = pooled_test(runs)
    low, high = wilson(correct, n)
    return f"{correct / n:.1%} of {n:,} ({low:.1%} to {high:.1%})"


def runs_table(runs: dict[str, list[Run]]) -> Markdown:
    """What each model took and reached over its runs, and the course's verdict."""
    header = [
        "model",
        "trained parameters",
        "runs",
        "seconds a run",
        "validation: mean (range)",
        "test: pooled (95% interval)",
        "bar",
        "verdict",
    ]
    rows = []
    for name, group in runs.items():
        average, low, high = spread(group)
        rows.append(
            [
                name,
                f"{group[0].parameters['trainable']:,}",
                len(group),
                f"{mean(run.seconds for run in group):.0f}",
                f"{average:.1%} ({low:.1%} to {high:.1%})",
                test_words(group),
                f"{BARS[name]:.0%}",
                _met(low >= BARS[name]),
            ]
        )
    return table(header, rows)


def origins(runs: dict[str, list[Run]]) -> Markdown:
    """Where the runs of several models come from, a line each."""
    return Markdown("\n\n".join(group._repr_markdown_() for group in runs.values()))


def validation_table(runs: dict[str, list[Run]]) -> Markdown:
    """Validation accuracy of each model after the last epoch."""
    rows = [
        [name, len(group), *(f"{value:.1%}" for value in spread(group))]
        for name, group in runs.items()
    ]
    return table(["model", "runs", "mean", "lowest", "highest"], rows)


def test_table(runs: list[Run]) -> Markdown:
    """Test accuracy of each run of one model."""
    rows = [
        [
            run.seed,
            f"{run.fold + 1} of {FOLDS}",
            run.test["n"],
            run.test["correct"],
            f"{run.test['accuracy']:.1%}",
        ]
        for run in runs
    ]
    return table(["seed", "tested on fifth", "pictures", "right", "accuracy"], rows)


def speed_table(groups: list[list[Run]], goal: float) -> Markdown:
    """How soon each model's mean validation accuracy reaches a goal in [0, 1]."""
    rows = []
    for runs in groups:
        histories = [run.history["val_accuracy"] for run in runs]
        means = [mean(values) for values in zip(*histories, strict=True)]
        reached = [epoch for epoch, value in enumerate(means, 1) if value >= goal]
        first = reached[0] if reached else "never"
        rows.append([runs[0].model, first, f"{means[0]:.1%}", f"{means[-1]:.1%}"])
    header = ["model", "reached in epoch", "after the first epoch", "after the last"]
    return table(header, rows)


def trials(builders: dict, runs: list[Run], pictures: Pictures) -> Markdown:
    """Recorded trials beside the model that they change: a row each."""
    groups = {"none": runs}
    for builder in builders.values():
        change = inspect.getdoc(builder).rstrip(".")
        groups[change] = recorded_runs(builder, pictures)
    rows = [
        [
            change,
            f"{group[0].parameters['trainable']:,}",
            len(group),
            *(f"{value:.1%}" for value in spread(group)),
        ]
        for change, group in groups.items()
        if group
    ]
    return table(["change", "parameters", "runs", "mean", "lowest", "highest"], rows)


def spread(runs: list[Run]) -> tuple[float, float, float]:
    """Mean, lowest and highest validation accuracy after the last epoch, in [0, 1]."""
    values = [run.validation["accuracy"] for run in runs]
    return mean(values), min(values), max(values)


def specification(runs: dict[str, list[Run]]) -> Markdown:
    """The course's demands as a table: demand, evidence, verdict.

    Accuracies, histories and the test score are judged by the records.
    """
    best = best_model(runs)
    whole = set(runs) == set(BARS) and all(
        _whole(run) for run in sum(runs.values(), [])
    )
    histories = f"{sum(map(len, runs.values()))} recorded runs, in chapters 2 to 5"
    bars = [
        [
            f"{name} reaches {BARS[name]:.0%} in validation",
            f"lowest of {len(group)} runs: {spread(group)[1]:.1%}",
            _met(spread(group)[1] >= BARS[name]),
        ]
        for name, group in runs.items()
    ]
    rows = [
        [
            "A function shows labelled cats in one row, labelled dogs in another",
            "[chapter 1](01-data.qmd#sec-look)",
            "met",
        ],
        [
            "RandomFlip and RandomRotation are shown on a picture",
            "[chapter 3](03-augmentation.qmd#sec-flip)",
            "met",
        ],
        *bars,
        ["Histories show training and validation", histories, _met(whole)],
        [
            f"The best model, {best}, is scored on test data",
            test_words(runs[best]),
            _met(pooled_test(runs[best])[1] > 0),
        ],
        [
            "Code repeats little, and is explained",
            "each function stands once, in `catdog`; chapters show it",
            "judge for yourself",
        ],
        ["A tutorial in clear English", "this one", "judge for yourself"],
    ]
    return table(["the course asks", "evidence", "verdict"], rows, words=3)


def _whole(run: Run) -> bool:
    measures = ("accuracy", "val_accuracy")
    return all(len(run.history[measure]) == run.epochs for measure in measures)


def _met(holds: bool) -> str:
    return "met" if holds else "missed"
