"""What `catdog bench` and `catdog measure` measured last, as pages cite it."""

import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from catdog.settings import assets_folder

# Some of the sources of images that `catdog measure` counts.
VALIDATION, TEST = "validation images", "test images"
DRAWN = "drawings of cats and dogs"
PHOTOGRAPHS = "photographs without animals"


def bench_path() -> Path:
    """Return where the published figures of `catdog bench` are kept."""
    return assets_folder() / "bench.json"


def read_bench() -> dict[str, Any]:
    """Read the published figures of `catdog bench`; empty if there are none."""
    return _read(bench_path())


def unlike_path() -> Path:
    """Return where the published figures of `catdog measure` are kept."""
    return assets_folder() / "unlike.json"


def read_unlike() -> dict[str, Any]:
    """Read the published figures of `catdog measure`; empty if there are none."""
    return _read(unlike_path())


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
