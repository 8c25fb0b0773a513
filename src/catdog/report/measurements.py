"""What `catdog bench`, `measure` and `export --measure` measured last."""

import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from catdog.runs.store import read_run
from catdog.settings import assets_folder, published_runs_folder

# Some of the sources of images that `catdog measure` counts.
VALIDATION, TEST = "validation images", "test images"
DRAWN = "drawings of cats and dogs"
PHOTOGRAPHS = "photographs without animals"


def bench_path() -> Path:
    """Return where the published figures of `catdog bench` are kept."""
    return assets_folder() / "bench.json"


def exports_path() -> Path:
    """Return where the published measurement of LiteRT files is kept."""
    return assets_folder() / "exports.json"


def read_bench() -> dict[str, Any]:
    """Read the published figures of `catdog bench`; empty if there are none."""
    return _read(bench_path())


def unlike_path() -> Path:
    """Return where the published figures of `catdog measure` are kept."""
    return assets_folder() / "unlike.json"


def read_unlike() -> dict[str, Any]:
    """Read the published figures of `catdog measure`; empty if there are none."""
    return _read(unlike_path())


def read_exports() -> dict[str, Any]:
    """Read the published measurement of LiteRT files; empty if there is none."""
    return _read(exports_path())


def stale_exports(measured: Mapping[str, Any]) -> list[str]:
    """Return which of the networks measured are not those of published records.

    Args:
        measured: from `benchmarks.measure_exports`.

    Returns:
        A name, such as `model4-0`, for each.
    """
    return [
        f"{network['model']}-{network['seed']}"
        for network in measured["networks"]
        if not _is_published(network)
    ]


def _is_published(network: Mapping[str, Any]) -> bool:
    name = f"{network['model']}-{network['seed']}.json"
    path = published_runs_folder() / name
    if not path.exists():
        return False
    run = read_run(path)
    return (network["weights"], network["base_weights"]) == (
        run.weights,
        run.base_weights,
    )


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    return json.loads(path.read_text(encoding="utf-8"))


def ratios(
    new: Sequence[float], old: Sequence[float]
) -> tuple[float, float, float]:
    """Compare two ways round by round, so that a slow round slows both.

    Args:
        new: of one way, a value for each round.
        old: of the other way, in the same rounds.

    Returns:
        Median, lowest and highest of new / old.
    """
    values = [a / b for a, b in zip(new, old, strict=True)]
    return statistics.median(values), min(values), max(values)
