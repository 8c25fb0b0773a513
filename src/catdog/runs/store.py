"""Where records are kept: found, read and written, without TensorFlow.

A folder of runs holds those of the tutorial's photographs as
`<model>-<seed>.json`, and those of other images in folders of their own.
"""

from pathlib import Path

from catdog import settings
from catdog._io import write_atomically
from catdog.data.split import DRAWINGS, TUTORIAL_FINGERPRINT
from catdog.errors import RecordError
from catdog.runs.schema import Run, as_record, parse_record


def subfolder(source: str, fingerprint: str) -> str:
    """Return where in a folder of runs those of some images are."""
    if source == DRAWINGS:
        return "drawings"
    own = fingerprint != TUTORIAL_FINGERPRINT
    return f"own/{fingerprint}" if own else "."


def read_run(path: Path) -> Run:
    """Read a record.

    Raises:
        RecordError: if the file cannot be read, is not what `write_run` wrote,
            or does not agree with itself.
    """
    try:
        run = parse_record(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise RecordError(
            f"{path} is no record to rely on ({error}): delete it, or write it "
            "again with `catdog train`."
        ) from error
    run.path = path
    return run


def read_runs(source: str, fingerprint: str, model: str = "*") -> list[Run]:
    """Read the runs of some images: the user's own, then the published ones."""
    place = subfolder(source, fingerprint)
    return [
        read_run(path)
        for folder in folders()
        for path in sorted((folder / place).glob(f"{model}-*.json"))
    ]


def read_all_runs() -> list[Run]:
    """Read all runs in reach, whatever their images."""
    return [
        read_run(path)
        for folder in folders()
        for place in (".", "drawings", "own/*")
        for path in sorted(folder.glob(f"{place}/*-*.json"))
    ]


def folders() -> list[Path]:
    """Return the folders of runs: the user's own, then the published one."""
    both = (settings.runs_folder(), settings.published_runs_folder())
    return list(dict.fromkeys(folder.resolve() for folder in both))


def write_run(run: Run, folder: Path | None = None) -> Path:
    """Write a run as `<model>-<seed>.json`, whole or not at all.

    Args:
        run: the run.
        folder: a folder of runs; without one, the user's own.

    Returns:
        The path of the record.
    """
    folder = folder or settings.runs_folder()
    place = subfolder(run.images.source, run.images.names)
    path = folder / place / f"{run.model}-{run.seed}.json"
    write_atomically(path, as_record(run))
    return path
