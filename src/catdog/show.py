"""What a chapter displays besides figures: source code, model summaries, and sentences whose numbers come from runs."""

import inspect

import keras

from catdog.data import Pictures
from catdog.evaluation import BARS, best_model, gap, mean, pooled_test, settled, wilson
from catdog.training import Run, recorded_runs


class Markdown(str):
    """Text that a notebook renders as Markdown."""

    def _repr_markdown_(self) -> str:
        return str(self)


def markdown(text: str) -> Markdown:
    """Display text as Markdown; common indentation is removed."""
    return Markdown(inspect.cleandoc(text))


def source(*things) -> Markdown:
    """The code of functions or classes, as this very process runs it."""
    code = "\n\n".join(inspect.getsource(thing).rstrip() for thing in things)
    return Markdown(f"```python\n{code}\n```")


def pictures_notice(pictures: Pictures) -> Markdown:
    """Which pictures a page was made with."""
    count = f"{len(pictures.train) + len(pictures.held_out):,}"
    if pictures.source == "photographs":
        return Markdown(f"*Made with {count} photographs.*")
    return Markdown(
        f"> **Drawn pictures.** The photographs were out of reach when this page was made. The pictures that you see are "
        f"{count} drawings of the same names. Recorded runs say under their cell what they were trained on."
    )


def summary(model: keras.Model) -> Markdown:
    """A model as a table: one row for each layer, in the order that a picture passes them."""
    rows = ["| layer | output shape | parameters | trained? |", "|:--|:--|--:|:--|"]
    for layer in model.layers:
        name = type(layer).__name__ if type(layer).__name__ != "Functional" else f"{layer.name} (a model in itself)"
        shape = " × ".join(str(size) for size in layer.output.shape[1:])
        trained = "–" if not layer.count_params() else "yes" if layer.trainable_weights else "no, frozen"
        rows.append(f"| {name} | {shape} | {layer.count_params():,} | {trained} |")
    rows.append(f"| **all** | | **{model.count_params():,}** | **{trainable(model):,} of them** |")
    return Markdown("\n".join(rows))


def trainable(model: keras.Model) -> int:
    """How many numbers training may change."""
    return sum(int(keras.ops.size(weight)) for weight in model.trainable_weights)


def table(header: list[str], rows: list[list]) -> Markdown:
    """A Markdown table: first column to the left, the others to the right."""
    lines = [header, [":--"] + ["--:"] * (len(header) - 1), *rows]
    return Markdown("\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines))


def between(runs: list[Run]) -> str:
    """Where validation accuracy lay over the last five epochs of all runs, such as `between 66% and 71%`."""
    low = min(settled(run)[0] for run in runs)
    high = max(settled(run)[1] for run in runs)
    return f"between {low:.1%} and {high:.1%}"


def final(runs: list[Run]) -> float:
    """Mean validation accuracy after the last epoch, in [0, 1]."""
    return mean(run.validation["accuracy"] for run in runs)


def points(difference: float) -> str:
    """A difference of two accuracies in words, such as `4.2 percentage points above`."""
    if abs(difference) < 0.0005:
        return "level with"
    return f"{abs(difference) * 100:.1f} percentage points {'above' if difference > 0 else 'below'}"


def overfitting(runs: list[Run]) -> str:
    """Whether training accuracy ran ahead of validation accuracy over the last five epochs, and by how much."""
    distance = mean(gap(run) for run in runs)
    verdict = "Yes, clearly" if distance > 0.1 else "A little" if distance > 0.03 else "No"
    return (
        f"{verdict}: over the last five epochs, training accuracy lay {points(distance)} validation accuracy, "
        f"on the mean of {len(runs)} run{'s' if len(runs) > 1 else ''}"
    )


def verdict(runs: list[Run]) -> str:
    """Whether every run ended at or above the course's bar for its model."""
    bar = BARS[runs[0].model]
    lowest = min(run.validation["accuracy"] for run in runs)
    return (
        f"{'met' if lowest >= bar else 'missed'}: the lowest of {len(runs)} ended at {lowest:.1%}, the course asks for {bar:.0%}"
    )


def runs_table(runs: dict[str, list[Run]]) -> Markdown:
    """What each model took and reached over its runs, and whether every run meets the course's bar."""
    header = [
        "model",
        "trained parameters",
        "runs",
        "seconds a run",
        "validation, mean and range",
        "test, pooled",
        "bar",
        "verdict",
    ]
    rows = []
    for name, group in runs.items():
        values = [run.validation["accuracy"] for run in group]
        rows.append(
            [
                name,
                f"{group[0].parameters['trainable']:,}",
                len(group),
                f"{mean(run.seconds for run in group):.0f}",
                f"{mean(values):.1%} ({min(values):.1%} to {max(values):.1%})",
                test_words(group),
                f"{BARS[name]:.0%}",
                _met(min(values) >= BARS[name]),
            ]
        )
    return table(header, rows)


def test_words(runs: list[Run]) -> str:
    """Pooled test accuracy with its interval, such as `97.0% of 400 (94.8% to 98.3%)`."""
    correct, n = pooled_test(runs)
    low, high = wilson(correct, n)
    return f"{correct / n:.1%} of {n:,} ({low:.1%} to {high:.1%})"


def trials(builders: dict, runs: list[Run], pictures: Pictures) -> Markdown:
    """Recorded trials beside the model that they change: one row each, with the lowest and highest run."""
    groups = {"as above": runs}
    for builder in builders.values():
        groups[inspect.getdoc(builder).rstrip(".")] = recorded_runs(builder, pictures)
    rows = [[name, *_spread(group)] for name, group in groups.items() if group]
    return table(["change", "parameters", "runs", "mean", "lowest", "highest"], rows)


def _spread(group: list[Run]) -> list[str]:
    values = [run.validation["accuracy"] for run in group]
    parameters = f"{group[0].parameters['trainable']:,}"
    return [parameters, str(len(group)), f"{mean(values):.1%}", f"{min(values):.1%}", f"{max(values):.1%}"]


def specification(runs: dict[str, list[Run]]) -> Markdown:
    """The course's demands as a table: demand, evidence, verdict. Accuracies and histories are judged by the records."""
    best = best_model(runs)
    rows = [
        ["A function shows labelled cats in one row, labelled dogs in another", "[chapter 1](01-data.qmd#sec-look)", "met"],
        ["RandomFlip and RandomRotation are shown on a picture", "[chapter 3](03-augmentation.qmd#sec-flip)", "met"],
        *[[f"{name} reaches {BARS[name]:.0%} in validation", *_reached(group)] for name, group in runs.items()],
        [
            "The history of all four models shows training and validation",
            ", ".join(f"{name}: {len(group)} runs of {group[0].epochs} epochs" for name, group in runs.items()),
            _met(set(runs) == set(BARS) and all(_whole(run) for group in runs.values() for run in group)),
        ],
        [f"The best model, {best}, is scored on test data", test_words(runs[best]), _met(pooled_test(runs[best])[1] > 0)],
        ["Code repeats little, and is explained", "every function stands once, in `catdog`; chapters show its source", "yours to judge"],
        ["The post is a tutorial in clear English", "you have just read it", "yours to judge"],
    ]
    return table(["the course asks", "evidence", "verdict"], rows)


def _reached(group: list[Run]) -> list[str]:
    values = [run.validation["accuracy"] for run in group]
    return [f"lowest of {len(group)} runs: {min(values):.1%}", _met(min(values) >= BARS[group[0].model])]


def _whole(run: Run) -> bool:
    return all(len(run.history[name]) == run.epochs for name in ("accuracy", "val_accuracy"))


def _met(holds: bool) -> str:
    return "met" if holds else "missed"
