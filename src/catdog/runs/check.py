"""Compare all runs in reach with today's code, images and weights."""

from pathlib import Path
from typing import NamedTuple

from catdog.ablations import BASE_IMAGE_SIZE, all_builders
from catdog.data.sources import local_images
from catdog.data.split import ImageSet
from catdog.pretrained import weights_fingerprint
from catdog.runs import store
from catdog.runs.replay import why_stale
from catdog.runs.schema import Run


class Report(NamedTuple):
    """What `check_all` found.

    Attributes:
        n_runs: how many runs there are.
        stale: why runs are stale, by the path of their record.
        not_compared: what is not on this machine.
    """

    n_runs: int
    stale: dict[Path | None, list[str]]
    not_compared: list[str]


def check_all() -> Report:
    """Check all runs in reach. Nothing is downloaded."""
    builders = all_builders()
    images = local_images()
    runs = store.read_all_runs()
    stale = {}
    for run in runs:
        builder = builders.get(run.model)
        same_set = images if images and _same_set(run, images) else None
        reasons = (
            why_stale(run, builder, same_set)
            if builder
            else [f"there is no model {run.model} any more"]
        )
        if reasons:
            stale[run.path] = reasons
    return Report(len(runs), stale, _not_compared(runs, images))


def _same_set(run: Run, images: ImageSet) -> bool:
    recorded = run.images.source, run.images.names
    return recorded == (images.source, images.fingerprint)


def _not_compared(runs: list[Run], images: ImageSet | None) -> list[str]:
    others = [r for r in runs if not (images and _same_set(r, images))]
    plural = "" if len(others) == 1 else "s"
    absent = [f"the images of {len(others)} run{plural}"] if others else []
    on_a_base = any(run.model in BASE_IMAGE_SIZE for run in runs)
    if on_a_base and not weights_fingerprint():
        absent.append("the weights of MobileNetV2")
    return absent
