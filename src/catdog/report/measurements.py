"""What `catdog bench` measured last, as the pages cite it."""

import json
import statistics
from collections.abc import Mapping, Sequence
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


def medians(comparison: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Return the median of each way of one comparison."""
    return {
        name: statistics.median(values) for name, values in comparison.items()
    }
