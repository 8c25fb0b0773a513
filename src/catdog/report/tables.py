"""Tables for pages, computed from runs: each function returns one as Markdown."""

import itertools
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

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
    wilson,
)
from catdog.report.markdown import Markdown, escape, table
from catdog.report.measurements import ratios
from catdog.report.sentences import (
    QUANTIZATION_WORDS,
    count_noun,
    cpu_cores,
    pooled_accuracy,
    signed_points,
    verdict,
)
from catdog.runs.schema import Run
from catdog.scores import Score
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
    return "less than 0.001" if p < 0.001 else f"{p:.3f}"


def bench(measured: Mapping[str, Any]) -> Markdown:
    """Return what `catdog bench` measured: each way, and how it compares.

    Ratios are taken within each round: their median, and their range.
    """
    epoch, transfer = measured["epoch"], measured["transfer"]
    pipeline, forward = measured["pipeline"], measured["forward"]
    # What older measurements lack.
    known = transfer.get("ours, features known")
    two_runs = measured.get("two_runs", {})
    usual_epochs = [s * EPOCHS for s in transfer["usual, an epoch"]]
    usual, ours = "model1, usual pipeline", "model1, our pipeline"
    plain = "plain network, our pipeline"
    rows = [
        *(
            _bench_row(f"epoch of {way}", seconds, epoch[usual], "s")
            for way, seconds in epoch.items()
            if way != plain
        ),
        _bench_row("epoch of a plain network", epoch[plain], None, "s"),
        _bench_row(
            "epoch of model1, beside it", epoch[ours], epoch[plain], "s"
        ),
        _bench_row(
            f"{EPOCHS} epochs of model4, usual", usual_epochs, None, "s"
        ),
        _bench_row(
            f"{EPOCHS} epochs of model4, ours",
            transfer["ours, all epochs"],
            usual_epochs,
            "s",
        ),
        *(
            [_bench_row("the same, features known", known, usual_epochs, "s")]
            if known
            else []
        ),
        *(
            _bench_row(
                f"pipeline: {way}",
                values,
                pipeline[f"usual, {way.split(', ')[1]}"],
                "MiB" if way.endswith("MiB") else "images a second",
            )
            for way, values in pipeline.items()
        ),
        *_scale_rows(measured.get("scale", {})),
        *(
            _bench_row(
                f"two runs, {way}", seconds, two_runs["one after another"], "s"
            )
            for way, seconds in two_runs.items()
        ),
        _bench_row(
            "matrix product",
            forward["matrix product"],
            None,
            "billion a second",
        ),
        _bench_row(
            "model4 at work",
            forward["model4"],
            forward["matrix product"],
            "billion a second",
        ),
    ]
    header = [
        "what",
        f"median of {measured['rounds']} rounds",
        "ratio: median (range)",
    ]
    return table(header, rows)


def _scale_rows(scale: Mapping[str, Any]) -> list[list[str]]:
    """Return what most images cost, if that was measured."""
    return [
        _bench_row(
            f"{scale['images'][-1]:,} drawings, {len(costs[what][-1])} rounds: "
            f"{way}, {what}",
            costs[what][-1],
            scale["usual"][what][-1],
            {"seconds": "s"}.get(what, what),
        )
        for what in ("seconds", "MiB")
        for way, costs in scale.items()
        if way != "images"
    ]


def _bench_row(
    what: str, values: Sequence[float], rival: Sequence[float] | None, unit: str
) -> list[str]:
    middle = f"{statistics.median(values):,.1f} {unit}"
    if rival is None or rival == values or not all(rival):
        return [what, middle, ""]
    ratio, low, high = ratios(values, rival)
    return [what, middle, f"{ratio:.2f} ({low:.2f} to {high:.2f})"]


def unlike(measured: Mapping[str, Any]) -> Markdown:
    """Return how many images of each source are called unlike both classes.

    Args:
        measured: from `catdog measure`.
    """
    networks = measured["networks"]
    counts = [
        network["rules"][measured["rule"]]["unlike"] for network in networks
    ]
    rows = [
        [source, n, *(share(count[source], n) for count in counts)]
        for source, n in networks[0]["images"].items()
    ]
    names = [f"{network['model']} calls unlike" for network in networks]
    return table(["images", "number", *names], rows)


def unlike_rules(measured: Mapping[str, Any]) -> Markdown:
    """Return the same for each rule that was tried, with one network.

    It is the last one measured.
    """
    network = measured["networks"][-1]
    sources = network["images"]
    rows = [
        [rule, *(f"{tried['unlike'][source]}" for source in sources)]
        for rule, tried in network["rules"].items()
    ]
    header = [f"{source} ({n})" for source, n in sources.items()]
    return table([f"rule, {network['model']}", *header], rows)


def share(count: int, n: int) -> str:
    """Return a count with its share and interval: `4, 4.0% (1.6% to 9.8%)`."""
    low, high = wilson(count, n)
    return f"{count}, {count / n:.1%} ({low:.1%} to {high:.1%})"


def exports(measured: Mapping[str, Any]) -> Markdown:
    """Return what `catdog export --measure` measured: a row for each file.

    Args:
        measured: from `benchmarks.measure_exports`.
    """
    rows = [
        [
            network["model"],
            QUANTIZATION_WORDS[quantization],
            f"{file['bytes'] / 1e6:.1f}",
            f"{file['correct'] / network['images']:.1%} "
            f"({file['correct']} of {network['images']})",
            f"{file['same_answers']} of {network['images']}",
            f"{file['largest_difference']:.3f}",
            f"{statistics.median(file['milliseconds']):.1f}",
        ]
        for network in measured["networks"]
        for quantization, file in network["files"].items()
    ]
    header = [
        "network",
        "weights",
        "MB",
        "right",
        "same answer as the network",
        "largest difference of a probability",
        f"ms an image, median of {measured['rounds']} rounds",
    ]
    return table(header, rows, words=2)


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
