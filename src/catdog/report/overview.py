"""All recorded runs at a glance: what `catdog runs` prints."""

import json
from collections.abc import Iterable, Sequence

from catdog.data.split import TUTORIAL_FINGERPRINT
from catdog.evaluation import (
    REQUIRED_ACCURACY,
    balanced_if_unequal,
    mean,
    mean_min_max,
    pooled_test,
    scores_on_test,
    wilson,
)
from catdog.report import tables
from catdog.report.sentences import count_noun
from catdog.runs.schema import Run

NUMBERS_START = 1  # the column from which on a text table is aligned right


def group_runs(runs: Iterable[Run]) -> dict[str, dict[str, list[Run]]]:
    """Group runs that may be compared, then by model.

    Returns:
        A dict whose keys say on which images and for how many epochs the runs
        were trained, and whose values map a model's name to its runs by seed.
        Of several runs with the same seed, the first counts.
    """
    groups: dict[str, dict[str, dict[int, Run]]] = {}
    for run in runs:
        models = groups.setdefault(_title(run), {})
        models.setdefault(run.model, {}).setdefault(run.seed, run)
    return {
        title: {
            model: [seeds[seed] for seed in sorted(seeds)]
            for model, seeds in sorted(models.items(), key=_models_first)
        }
        for title, models in groups.items()
    }


def as_text(groups: dict[str, dict[str, list[Run]]]) -> str:
    """Return the groups as tables for a terminal."""
    parts = [
        f"{title}\n\n{_aligned(tables.RUNS_HEADER, tables.runs_rows(models))}"
        for title, models in groups.items()
    ]
    return "\n\n".join(parts)


def as_markdown(groups: dict[str, dict[str, list[Run]]]) -> str:
    """Return the groups as Markdown tables."""
    return "\n\n".join(
        f"{title}\n\n{tables.runs(models)}" for title, models in groups.items()
    )


def as_json(groups: dict[str, dict[str, list[Run]]]) -> str:
    """Return the groups as JSON: an object for each model of each group."""
    summaries = [
        {"trained": title, "model": name, **_summary(name, runs)}
        for title, models in groups.items()
        for name, runs in models.items()
    ]
    return json.dumps(summaries, indent=1)


def _title(run: Run) -> str:
    own = run.images.names != TUTORIAL_FINGERPRINT
    images = f"{sum(run.images.train):,} {run.images.source}"
    place = f" ({run.images.names})" if own else ""
    return f"{count_noun(run.epochs, 'epoch')} on {images}{place}"


def _models_first(item: tuple[str, object]) -> tuple[bool, str]:
    name = item[0]
    return not name.startswith("model"), name


def _aligned(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [
        max(map(len, column)) for column in zip(header, *rows, strict=True)
    ]
    lines = [
        "  ".join(
            text.ljust(width) if position < NUMBERS_START else text.rjust(width)
            for position, (text, width) in enumerate(
                zip(line, widths, strict=True)
            )
        )
        for line in [header, *rows]
    ]
    return "\n".join(line.rstrip() for line in lines)


def _summary(name: str, runs: Sequence[Run]) -> dict:
    average, lowest, highest = mean_min_max(runs)
    correct, n = pooled_test(runs)
    low, high = wilson(correct, n)
    balanced = balanced_if_unequal(scores_on_test(runs))
    return {
        "trained_parameters": runs[0].parameters.trainable,
        "seeds": [run.seed for run in runs],
        "seconds": round(mean(run.seconds for run in runs), 1),
        "validation": {
            "mean": round(average, 5),
            "lowest": lowest,
            "highest": highest,
        },
        "test": {
            "correct": correct,
            "n": n,
            "low": round(low, 5),
            "high": round(high, 5),
            "balanced": None if balanced is None else round(balanced, 5),
        },
        "required": REQUIRED_ACCURACY.get(name),
    }
