"""Every table of the tutorial: each function returns one as Markdown."""

import inspect
import itertools

from catdog.backend import keras
from catdog.benchmarks import medians
from catdog.data.sources import FOLDS, Pictures
from catdog.evaluation import (
    BARS,
    best_model,
    mcnemar,
    mean,
    pooled_test,
    test_scores,
)
from catdog.models import EPOCHS
from catdog.report.sentences import Markdown, met, spread, test_words, trainable
from catdog.runs.store import Run, counted, recorded_runs


def table(header: list[str], rows: list[list], words: int = 1) -> Markdown:
    """A Markdown table: `words` columns to the left, the others to the right."""
    sides = [":--"] * words + ["--:"] * (len(header) - words)
    lines = [header, sides, *rows]
    return Markdown(
        "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
    )


def summary(model: keras.Model) -> Markdown:
    """A model as a table: a row for each layer, in the order a picture passes
    them.
    """
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
    return table(
        ["layer", "output shape", "parameters", "of these trained"], rows
    )


def validation(runs: dict[str, list[Run]]) -> Markdown:
    """Validation accuracy of each model after the last epoch."""
    rows = [
        [name, len(group), *(f"{value:.1%}" for value in spread(group))]
        for name, group in runs.items()
    ]
    return table(["model", "runs", "mean", "lowest", "highest"], rows)


def test(runs: list[Run]) -> Markdown:
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
    return table(
        ["seed", "tested on fifth", "pictures", "right", "accuracy"], rows
    )


def speed(groups: list[list[Run]], goal: float) -> Markdown:
    """How soon each model's mean validation accuracy reaches a goal in [0, 1]."""
    rows = []
    for runs in groups:
        histories = [run.history["val_accuracy"] for run in runs]
        means = [mean(values) for values in zip(*histories, strict=True)]
        reached = [
            epoch for epoch, value in enumerate(means, 1) if value >= goal
        ]
        first = reached[0] if reached else "never"
        rows.append(
            [runs[0].model, first, f"{means[0]:.1%}", f"{means[-1]:.1%}"]
        )
    header = [
        "model",
        "reached in epoch",
        "after the first epoch",
        "after the last",
    ]
    return table(header, rows)


def runs(runs: dict[str, list[Run]]) -> Markdown:
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
                *(
                    [f"{BARS[name]:.0%}", met(low >= BARS[name])]
                    if name in BARS
                    else ["none", "–"]
                ),
            ]
        )
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
    return table(
        ["change", "parameters", "runs", "mean", "lowest", "highest"], rows
    )


def differences(runs: dict[str, list[Run]]) -> Markdown:
    """Each model against the one before it, on the test pictures of all runs."""
    rows = []
    for (other, others), (name, group) in itertools.pairwise(runs.items()):
        folds = {run.fold for run in group} & {run.fold for run in others}
        scores = [
            test_scores([run for run in both if run.fold in folds])
            for both in (others, group)
        ]
        only_other, only_name, p = mcnemar(*scores)
        rows.append(
            [
                f"{name} against {other}",
                len(scores[0]),
                only_name,
                only_other,
                "less than 0.001" if p < 0.001 else f"{p:.3f}",
            ]
        )
    header = [
        "models",
        "pictures",
        "only the later one right",
        "only the earlier one right",
        "p",
    ]
    return table(header, rows)


def bench(found: dict) -> Markdown:
    """What `catdog bench` measured: each way, and how it compares."""
    epoch, transfer = medians(found["epoch"]), medians(found["transfer"])
    feed, forward = medians(found["pipeline"]), medians(found["forward"])
    usual, ours, plain = epoch.values()
    one, whole = transfer.values()
    work, peak = forward.values()
    rows = [
        ["epoch of model1, usual pipeline", f"{usual:.1f} s", ""],
        ["epoch of model1, our pipeline", f"{ours:.1f} s", ratio(ours, usual)],
        ["epoch of a plain network, our pipeline", f"{plain:.1f} s", ""],
        ["epoch of model1, as above", f"{ours:.1f} s", ratio(ours, plain)],
        [f"{EPOCHS} epochs of model4, usual", f"{one * EPOCHS:.0f} s", ""],
        [
            f"{EPOCHS} epochs of model4, ours",
            f"{whole:.0f} s",
            ratio(whole, one * EPOCHS),
        ],
        *(
            [
                f"pictures per second, {when}: usual, ours",
                f"{feed[f'usual, {when}']:,.0f}, {feed[f'our, {when}']:,.0f}",
                ratio(feed[f"our, {when}"], feed[f"usual, {when}"]),
            ]
            for when in ("first epoch", "later epochs")
        ),
        [
            "memory of the pipeline: usual, ours",
            f"{feed['usual, MiB']:,.0f} MiB, {feed['our, MiB']:,.0f} MiB",
            ratio(feed["our, MiB"], feed["usual, MiB"]),
        ],
        [
            "multiply-adds per second: matrix product, model4",
            f"{peak:.0f} billion, {work:.0f} billion",
            ratio(work, peak),
        ],
    ]
    return table(["what", f"median of {found['rounds']} rounds", "ratio"], rows)


def ratio(new: float, old: float) -> str:
    """How the first stands to the second, such as `0.31`; a dash for nothing."""
    return f"{new / old:.2f}" if old else "–"


def specification(runs: dict[str, list[Run]]) -> Markdown:
    """The course's demands as a table: demand, evidence, verdict.

    Accuracies, histories and the test score are judged by the records.
    """
    scored = [
        "The best model is scored on test data",
        "no run is recorded",
        met(False),
    ]
    if runs:
        best = best_model(runs)
        scored = [
            f"The best model, {best}, is scored on test data",
            test_words(runs[best]),
            met(pooled_test(runs[best])[1] > 0),
        ]
    whole = set(runs) >= set(BARS) and all(
        _whole(run) for run in sum(runs.values(), [])
    )
    histories = (
        f"{sum(map(len, runs.values()))} recorded runs, in chapters 2 to 5"
    )
    bars = [
        [
            f"{name} reaches {BARS[name]:.0%} in validation",
            f"lowest of {counted(len(group), 'run')}: {spread(group)[1]:.1%}",
            met(spread(group)[1] >= BARS[name]),
        ]
        for name, group in runs.items()
        if name in BARS
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
        ["Histories show training and validation", histories, met(whole)],
        scored,
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
