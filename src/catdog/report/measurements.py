"""What `catdog bench` measured last, as the pages cite it."""

import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from catdog.settings import assets_folder


def bench_path() -> Path:
    """Return where the published measurement is kept."""
    return assets_folder() / "bench.json"


def read_bench() -> dict[str, Any]:
    """Read the published measurement; empty if there is none."""
    path = bench_path()
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
