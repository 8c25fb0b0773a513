"""Where records are kept: found, read and written, without TensorFlow.

A folder of runs holds those of the tutorial's photographs as
`<model>-<seed>.json`, and those of other images in folders of their own. Beside
a record, `<model>-<seed>.npz` holds the weights that were kept of the run.
"""

import io
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from catdog import settings
from catdog._io import printable, write_all_atomically
from catdog.data.split import DRAWINGS, TUTORIAL_FINGERPRINT
from catdog.errors import RecordError
from catdog.runs.schema import Run, as_record, fingerprint, parse_record


def subfolder(source: str, fingerprint: str) -> str:
    """Return where in a folder of runs those of some images are."""
    if source == DRAWINGS:
        return "drawings"
    own = fingerprint != TUTORIAL_FINGERPRINT
    return f"own/{fingerprint}" if own else "."


def record_path(
    folder: Path | None, source: str, fingerprint: str, model: str, seed: int
) -> Path:
    """Return where in a folder of runs the record of a run is.

    Args:
        folder: the folder; without one, the user's own.
        source: of the images.
        fingerprint: of the images' names.
        model: its name.
        seed: of the training.
    """
    folder = folder or settings.runs_folder()
    return folder / subfolder(source, fingerprint) / f"{model}-{seed}.json"


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


def write_run(
    run: Run, folder: Path | None = None, weights: Sequence[np.ndarray] = ()
) -> Path:
    """Write a run as `<model>-<seed>.json`, whole or not at all.

    The record names the weights that are written beside it. Without any, those
    that an earlier run has left there are deleted.

    Args:
        run: the run.
        folder: a folder of runs; without one, the user's own.
        weights: what is kept of the trained weights, from
            `weights.kept_weights`: arrays of float32.

    Returns:
        The path of the record.
    """
    path = record_path(
        folder, run.images.source, run.images.names, run.model, run.seed
    )
    named = fingerprint(weights) if weights else None
    record = as_record(msgspec.structs.replace(run, weights=named))
    if weights:
        write_all_atomically(
            {weights_path(path): _as_npz(weights), path: record}
        )
    else:
        write_all_atomically({path: record})
        weights_path(path).unlink(missing_ok=True)
    return path


def weights_path(record: Path) -> Path:
    """Return where the weights are that belong to a record."""
    return record.with_suffix(".npz")


def read_weights(run: Run) -> list[np.ndarray]:
    """Read the weights that were kept of a run.

    Args:
        run: from `read_run`, or another of the functions here.

    Returns:
        Arrays of float32, as `weights.kept_weights` gave them.

    Raises:
        RecordError: if none were kept, or their file is missing, cannot be
            read, or holds others than the record names.
    """
    cure = f"run `catdog train {run.model} --seed {run.seed}`."
    if run.path is None or run.weights is None:
        raise RecordError(
            f"No weights of {run.model} with seed {run.seed} were kept beside "
            f"its record: {cure}"
        )
    path = weights_path(run.path)
    name = printable(path)
    if not path.exists():
        raise RecordError(
            f"{name} is missing, with the weights of a recorded run: {cure}"
        )
    try:
        weights = _from_npz(path)
    # NumPy raises all kinds for a file that ends early, or is another.
    except Exception as error:
        raise RecordError(
            f"{name} cannot be read ({printable(str(error))}): "
            f"delete it, and {cure}"
        ) from error
    if fingerprint(weights) != run.weights:
        raise RecordError(
            f"{name} holds other weights than its record names: "
            f"delete both, and {cure}"
        )
    return weights


def _as_npz(arrays: Sequence[np.ndarray]) -> bytes:
    """Return the bytes of a file of arrays, without the time of its writing."""
    file = io.BytesIO()
    np.savez(file, *(np.asarray(array, "<f4") for array in arrays))
    return file.getvalue()


def _from_npz(path: Path) -> list[np.ndarray]:
    # What is pickled could run anything.
    with np.load(path, allow_pickle=False) as file:
        arrays = [file[f"arr_{number}"] for number in range(len(file.files))]
    wrong = [array.dtype for array in arrays if array.dtype != np.float32]
    if wrong:
        raise ValueError(f"it holds {wrong[0]}, not float32")
    return arrays
