"""Tables for pages, computed from runs: each function returns one as Markdown."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from catdog.data.split import FOLDS
from catdog.evaluation import (
    REQUIRED_ACCURACY,
    best_model,
    choose_in_each_fold,
    holm,
    mcnemar,
    mean,
    mean_min_max,
    paired_differences,
    pooled_test,
    scores_on_test,
)
from catdog.report.markdown import Markdown, table
from catdog.report.measurements import medians
from catdog.report.sentences import count_noun, pooled_accuracy, verdict
from catdog.runs.schema import Run
from catdog.settings import EPOCHS

RUNS_HEADER = (
    "model",
    "trained parameters",
    "runs",
    "seconds a run",
    "validation: mean (range)",
    "test: pooled (95% interval)",
    "required",
    "verdict",
)


def validation(runs: Mapping[str, Sequence[Run]]) -> Markdown:
    """Return the validation accuracy of each model after the last epoch."""
    rows = [
        [name, len(group), *(f"{value:.1%}" for value in mean_min_max(group))]
        for name, group in runs.items()
    ]
    return table(["model", "runs", "mean", "lowest", "highest"], rows)


def accuracy_by_run(runs: Sequence[Run]) -> Markdown:
    """Return the test accuracy of each run of one model."""
    rows = [
        [
            run.seed,
            f"{run.fold + 1} of {FOLDS}",
            run.test.n,
            run.test.correct,
            f"{run.test.accuracy:.1%}",
        ]
        for run in runs
    ]
    return table(
        ["seed", "tested on fifth", "pictures", "right", "accuracy"], rows
    )


def epochs_to_reach(groups: Sequence[Sequence[Run]], goal: float) -> Markdown:
    """Return how soon each model's mean validation accuracy reaches a goal.

    Args:
        groups: the runs of each model.
        goal: in [0, 1].
    """
    rows = []
    for runs in groups:
        histories = [run.history.val_accuracy for run in runs]
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


def runs(groups: Mapping[str, Sequence[Run]]) -> Markdown:
    """Return what each model took and reached over its runs, with a verdict."""
    return table(RUNS_HEADER, runs_rows(groups))


def runs_rows(groups: Mapping[str, Sequence[Run]]) -> list[list[str]]:
    """Return the rows of `runs`: for each model a text in each column."""
    rows = []
    for name, group in groups.items():
        average, low, high = mean_min_max(group)
        required = REQUIRED_ACCURACY.get(name)
        rows.append(
            [
                name,
                f"{group[0].parameters.trainable:,}",
                f"{len(group)}",
                f"{mean(run.seconds for run in group):.0f}",
                f"{average:.1%} ({low:.1%} to {high:.1%})",
                pooled_accuracy(group),
                f"{required:.0%}" if required else "none",
                verdict(low >= required) if required else "–",
            ]
        )
    return rows


def ablations(
    runs: Sequence[Run], changed: Mapping[str, Sequence[Run]]
) -> Markdown:
    """Return the runs of ablations beside those of the model they change.

    Runs are compared with those of the same seed, and so of the same split.

    Args:
        runs: of the model itself.
        changed: the runs of each ablation, by what it changes.
    """
    rows = []
    for change, group in changed.items():
        seeds = {run.seed for run in runs} & {run.seed for run in group}
        pairs = paired_differences(runs, group)
        if pairs:
            with_it, without = (
                mean_min_max([run for run in both if run.seed in seeds])[0]
                for both in (group, runs)
            )
            rows.append(
                [
                    change,
                    len(pairs),
                    f"{with_it:.1%}",
                    f"{without:.1%}",
                    signed_range(pairs),
                ]
            )
    header = [
        "change",
        "seeds",
        "with the change",
        "without it",
        "difference in points (range)",
    ]
    return table(header, rows)


def signed_range(differences: Sequence[float]) -> str:
    """Return a mean difference in percentage points, such as `+1.2`.

    Of several differences, their range is added: `+1.2 (−0.4 to +2.0)`.
    """
    points = [f"{100 * value:+.1f}".replace("-", "−") for value in differences]
    average = f"{100 * mean(differences):+.1f}".replace("-", "−")
    if len(differences) == 1:
        return average
    low, high = min(differences), max(differences)
    lowest = points[differences.index(low)]
    return f"{average} ({lowest} to {points[differences.index(high)]})"


def differences(runs: Mapping[str, Sequence[Run]]) -> Markdown:
    """Return each model against the one before it, on the same test images."""
    names, comparisons = [], []
    for (earlier, before), (later, after) in itertools.pairwise(runs.items()):
        folds = {run.fold for run in before} & {run.fold for run in after}
        scores = [
            scores_on_test([run for run in group if run.fold in folds])
            for group in (before, after)
        ]
        names.append([f"{later} against {earlier}", len(scores[0])])
        comparisons.append(mcnemar(*scores))
    corrected = holm([p for _, _, p in comparisons])
    rows = [
        [*name, only_later, only_earlier, p_text(p), p_text(p_corrected)]
        for name, (only_earlier, only_later, p), p_corrected in zip(
            names, comparisons, corrected, strict=True
        )
    ]
    header = [
        "models",
        "images",
        "only the later one right",
        "only the earlier one right",
        "p",
        "p, corrected",
    ]
    return table(header, rows)


def p_text(p: float) -> str:
    """Return a p-value with three digits, or how small it is."""
    return "less than 0.001" if p < 0.001 else f"{p:.3f}"


def bench(measured: Mapping[str, Any]) -> Markdown:
    """Return what `catdog bench` measured: each way, and how it compares."""
    rounds = measured["rounds"]
    return table(
        ["what", f"median of {rounds} rounds", "ratio"],
        [
            *_epoch_rows(measured["epoch"]),
            *_transfer_rows(measured["transfer"]),
            *_pipeline_rows(measured["pipeline"]),
            _forward_row(measured["forward"]),
        ],
    )


def _epoch_rows(comparison: Mapping[str, Sequence[float]]) -> list[list[str]]:
    usual, ours, plain = medians(comparison).values()
    return [
        ["epoch of model1, usual pipeline", f"{usual:.1f} s", ""],
        ["epoch of model1, our pipeline", f"{ours:.1f} s", ratio(ours, usual)],
        ["epoch of a plain network, our pipeline", f"{plain:.1f} s", ""],
        ["epoch of model1, as above", f"{ours:.1f} s", ratio(ours, plain)],
    ]


def _transfer_rows(
    comparison: Mapping[str, Sequence[float]],
) -> list[list[str]]:
    usual_epoch, ours = medians(comparison).values()
    usual = usual_epoch * EPOCHS
    return [
        [f"{EPOCHS} epochs of model4, usual", f"{usual:.0f} s", ""],
        [
            f"{EPOCHS} epochs of model4, ours",
            f"{ours:.0f} s",
            ratio(ours, usual),
        ],
    ]


def _pipeline_rows(
    comparison: Mapping[str, Sequence[float]],
) -> list[list[str]]:
    rates = medians(comparison)
    rows = []
    for when in ("first epoch", "later epochs"):
        usual, ours = rates[f"usual, {when}"], rates[f"our, {when}"]
        rows.append(
            [
                f"pictures per second, {when}: usual, ours",
                f"{usual:,.0f}, {ours:,.0f}",
                ratio(ours, usual),
            ]
        )
    usual, ours = rates["usual, MiB"], rates["our, MiB"]
    rows.append(
        [
            "memory of the pipeline: usual, ours",
            f"{usual:,.0f} MiB, {ours:,.0f} MiB",
            ratio(ours, usual),
        ]
    )
    return rows


def _forward_row(comparison: Mapping[str, Sequence[float]]) -> list[str]:
    work, peak = medians(comparison).values()
    return [
        "multiply-adds per second: matrix product, model4",
        f"{peak:.0f} billion, {work:.0f} billion",
        ratio(work, peak),
    ]


def ratio(new: float, old: float) -> str:
    """Return how two numbers compare, such as `0.31`; a dash if one is 0."""
    return f"{new / old:.2f}" if old else "–"


def specification(runs: Mapping[str, list[Run]]) -> Markdown:
    """Return the assignment's demands: demand, evidence, verdict.

    Accuracies, histories and the test score are judged by the runs.
    """
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
        *_accuracy_rows(runs),
        _history_row(runs),
        _test_row(runs),
        [
            "Code repeats little, and is explained",
            "each function stands once, in `catdog`; chapters show it",
            "judge for yourself",
        ],
        ["A tutorial in clear English", "this one", "judge for yourself"],
    ]
    return table(["the course asks", "evidence", "verdict"], rows, words=3)


def _accuracy_rows(runs: Mapping[str, Sequence[Run]]) -> list[list[str]]:
    rows = []
    for name, required in REQUIRED_ACCURACY.items():
        if name in runs:
            _, lowest, _ = mean_min_max(runs[name])
            rows.append(
                [
                    f"{name} reaches {required:.0%} in validation",
                    f"lowest of {count_noun(len(runs[name]), 'run')}: "
                    f"{lowest:.1%}",
                    verdict(lowest >= required),
                ]
            )
    return rows


def _history_row(runs: Mapping[str, Sequence[Run]]) -> list[str]:
    every_run = [run for group in runs.values() for run in group]
    complete = set(runs) >= set(REQUIRED_ACCURACY) and all(
        len(run.history.accuracy) == len(run.history.val_accuracy) == run.epochs
        for run in every_run
    )
    return [
        "Histories show training and validation",
        f"{len(every_run)} recorded runs, in chapters 2 to 6",
        verdict(complete),
    ]


def _test_row(runs: Mapping[str, list[Run]]) -> list[str]:
    if not runs:
        return [
            "The best model is scored on test data",
            "no run is recorded",
            verdict(False),
        ]
    chosen = choose_in_each_fold(runs)
    return [
        f"The best model, {best_model(runs)}, is scored on test data",
        pooled_accuracy(chosen),
        verdict(pooled_test(chosen)[1] > 0),
    ]
