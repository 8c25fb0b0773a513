"""Tables for pages, computed from runs: each function returns one as Markdown."""

import itertools
from collections.abc import Mapping, Sequence

from catdog.data.split import ImageSet
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
    reaches,
    scores_on_test,
    stopping_epochs,
)
from catdog.report.markdown import Markdown, escape, table
from catdog.report.sentences import (
    count_noun,
    cpu_cores,
    pooled_accuracy,
    signed_points,
    verdict,
)
from catdog.runs.schema import Run
from catdog.scores import Score

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
            run.fold,
            run.test.n,
            run.test.correct,
            f"{run.test.accuracy:.1%}",
        ]
        for run in runs
    ]
    return table(
        ["seed", "tested on fold", "images", "right", "accuracy"], rows
    )


def epochs_to_reach(groups: Sequence[Sequence[Run]], goal: float) -> Markdown:
    """Return how soon each model's validation accuracy reaches a goal.

    Args:
        groups: the runs of each model.
        goal: in [0, 1].
    """
    rows = []
    for runs in groups:
        histories = [run.history.val_accuracy for run in runs]
        firsts = [
            next(
                epoch for epoch, value in enumerate(values, 1) if value >= goal
            )
            for values in histories
            if max(values) >= goal
        ]
        rows.append(
            [
                runs[0].model,
                f"{len(firsts)} of {len(runs)}",
                _range(firsts, "{}") if firsts else "–",
                _range([values[0] for values in histories], "{:.1%}"),
                _range([values[-1] for values in histories], "{:.1%}"),
            ]
        )
    header = [
        "model",
        f"runs that reach {goal:.0%}",
        "in epoch",
        "after the first epoch",
        "after the last epoch",
    ]
    return table(header, rows)


def _range(values: Sequence[float], form: str) -> str:
    low, high = form.format(min(values)), form.format(max(values))
    return low if low == high else f"{low} to {high}"


def early_stopping(runs: Sequence[Run], patience: int) -> Markdown:
    """Return where early stopping would have ended each run, and with what.

    Args:
        runs: of one model.
        patience: epochs without a lower validation loss before it stops.
    """
    rows = []
    for run in runs:
        stopped, best = stopping_epochs(run.history.val_loss, patience)
        rows.append(
            [
                run.seed,
                stopped,
                best,
                f"{run.history.val_loss[best - 1]:.2f}",
                f"{run.history.val_loss[-1]:.2f}",
                f"{run.history.val_accuracy[best - 1]:.1%}",
                f"{run.history.val_accuracy[-1]:.1%}",
            ]
        )
    header = [
        "seed",
        "stops after epoch",
        "keeps epoch",
        "loss kept",
        "loss after the last",
        "accuracy kept",
        "accuracy after the last",
    ]
    return table(header, rows)


def mistakes(scores: Sequence[Score], images: ImageSet) -> Markdown:
    """Return wrong answers: the image, what it shows, the answer, how sure."""
    rows = [
        [
            escape(score.name),
            escape(images.classes[score.label]),
            escape(images.classes[score.answer]),
            f"{score.confidence:.1%}",
        ]
        for score in scores
    ]
    return table(["image", "label", "answer", "how sure"], rows, words=3)


def records(groups: Mapping[str, Sequence[Run]]) -> Markdown:
    """Return when and where the runs of each model were recorded."""
    rows = []
    for name, runs in groups.items():
        alike: dict[tuple, list[Run]] = {}
        for run in runs:
            machine = cpu_cores(run.environment), run.environment["tensorflow"]
            what = f"{sum(run.images.train):,} {run.images.source}"
            alike.setdefault((what, *machine, run.recorded), []).append(run)
        rows += [
            [
                name,
                ", ".join(str(run.seed) for run in group),
                what,
                cores,
                tensorflow,
                day,
                f"{mean(run.seconds for run in group):.0f}",
            ]
            for (what, cores, tensorflow, day), group in alike.items()
        ]
    header = [
        "model",
        "seeds",
        "trained on",
        "machine",
        "TensorFlow",
        "recorded",
        "seconds a run",
    ]
    return table(header, rows, words=4)


def runs(groups: Mapping[str, Sequence[Run]]) -> Markdown:
    """Return what each model took and reached over its runs, with a verdict."""
    return table(RUNS_HEADER, runs_rows(groups))


def runs_rows(groups: Mapping[str, Sequence[Run]]) -> list[list[str]]:
    """Return the rows of `runs`: for each model a text in each column."""
    rows = []
    for name, group in groups.items():
        average, low, high = mean_min_max(group)
        required = REQUIRED_ACCURACY.get(name)
        spread = f" ({low:.1%} to {high:.1%})" if len(group) > 1 else ""
        rows.append(
            [
                name,
                f"{group[0].parameters.trainable:,}",
                f"{len(group)}",
                f"{mean(run.seconds for run in group):.0f}",
                f"{average:.1%}{spread}",
                pooled_accuracy(group),
                f"{required:.0%}" if required else "none",
                verdict(reaches(group, required)) if required else "–",
            ]
        )
    return rows


def ablations(
    runs: Sequence[Run], changed: Mapping[str, Sequence[Run]]
) -> Markdown | None:
    """Return the runs of ablations beside those of the model they change.

    Runs are compared with those of the same seed, and so of the same split. If
    there are none to compare, there is no table.

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
    return table(header, rows) if rows else None


def signed_range(differences: Sequence[float]) -> str:
    """Return a mean difference in percentage points, such as `+1.2`.

    Of several differences, their range is added: `+1.2 (−0.4 to +2.0)`.
    """
    average = signed_points(mean(differences))
    if len(differences) == 1:
        return average
    low, high = map(signed_points, (min(differences), max(differences)))
    return f"{average} ({low} to {high})"


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
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def specification(runs: Mapping[str, list[Run]]) -> Markdown:
    """Return the assignment's demands: demand, evidence, verdict.

    Accuracies, histories and the test score are judged by the runs.
    """
    rows = [
        [
            "A function shows labeled images, a row for each class",
            "[chapter 1](01-data.qmd#sec-look)",
            "met",
        ],
        [
            "RandomFlip and RandomRotation are shown on an image",
            "[chapter 3](03-augmentation.qmd#sec-flip)",
            "met",
        ],
        *_accuracy_rows(runs),
        _history_row(runs),
        _test_row(runs),
        [
            "Code repeats little, and is explained",
            "each function is written once, in `catdog`; chapters show it",
            "judge for yourself",
        ],
        ["A tutorial in clear English", "this one", "judge for yourself"],
    ]
    return table(["the assignment asks", "evidence", "verdict"], rows, words=3)


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
                    verdict(reaches(runs[name], required)),
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
