"""What a page needs to run the trained model: the model, its runtime, examples.

Before they render, both renderers fill `assets/demo/built` in the project with
it. Where something is out of reach, that is written down there.
"""

import io
import json
import tempfile
from hashlib import sha256
from importlib import metadata, util
from pathlib import Path
from typing import Any

from catdog import pretrained, settings
from catdog._io import digest, exclusive, write_folder_atomically
from catdog.data.drawings import scenes
from catdog.data.image_files import IMAGE_SIZE
from catdog.data.sources import local_images
from catdog.demo import runtime
from catdog.demo.markup import BUILT, EXAMPLES, FACTS
from catdog.errors import CatdogError, WeightsError
from catdog.runs import store

RECORD = "model4-0.json"
MODEL = "model4.tflite"
# The modules whose code decides what is built.
SOURCES = (
    "demo.build",
    "demo.markup",
    "demo.runtime",
    "export",
    "feature_extraction",
)


def build(root: Path) -> str:
    """Fill the project's folder, unless that is done.

    Returns:
        A sentence on what is missing; empty if nothing is.
    """
    folder = root / BUILT
    with exclusive(folder):
        try:
            _refuse_other_classes()
            _fetch_weights()
            key = current_key()
            if key_of(folder) == key:
                return ""
            files, missing = page_files(recorded_model(), key), ""
        except CatdogError as error:
            missing = str(error)
            files = {FACTS: _facts(missing=missing)}
        with write_folder_atomically(folder) as scratch:
            for name, content in files.items():
                (scratch / name).write_bytes(content)
    return missing


def current_key() -> str:
    """Return sixteen hexadecimal digits that stand for what would be built."""
    record = settings.published_runs_folder() / RECORD
    paths = [record, store.weights_path(record), pretrained.weights_path()]
    specs = [util.find_spec(f"catdog.{name}") for name in SOURCES]
    paths += [Path(spec.origin) for spec in specs if spec and spec.origin]
    hashes = [sha256(path.read_bytes()).hexdigest() for path in paths]
    return digest([*hashes, metadata.version("tensorflow")])


def _refuse_other_classes() -> None:
    images = local_images()
    if images and set(images.classes) != set(EXAMPLES):
        raise CatdogError(
            "The model for a page tells cats from dogs, and the images here "
            f"show {images.classes[0]} and {images.classes[1]}."
        )


def _fetch_weights() -> None:
    try:
        pretrained.fetch_weights()
    except WeightsError as error:
        # The path in the error's own words is nobody's business on a page.
        raise WeightsError(
            "MobileNetV2's weights are out of reach where this page was made: "
            "connect to the internet, and render it again."
        ) from error


def page_files(model: Any, key: str = "") -> dict[str, bytes]:
    """Return all that is built, by the names of the files.

    Args:
        model: one that `feature_extraction.with_cells` takes, such as `model4`.
        key: what was built, from `current_key`.

    Raises:
        CatdogError: if the runtime is out of reach.
    """
    runtime_files = runtime.runtime_files()
    exported = _export(model)
    loaded = len(exported) + len(runtime_files[f"{runtime.RUNTIME}.wasm"])
    return {
        **runtime_files,
        MODEL: exported,
        **_examples(),
        FACTS: _facts(key, IMAGE_SIZE, loaded),
    }


def recorded_model() -> Any:
    """Return the trained model that answers in the page."""
    # TensorFlow takes seconds, and is not needed where nothing has changed.
    from catdog import checkpoints

    run = store.read_run(settings.published_runs_folder() / RECORD)
    return checkpoints.recorded_model(run)


def _export(model: Any) -> bytes:
    from catdog.export import to_litert
    from catdog.feature_extraction import with_cells

    with tempfile.TemporaryDirectory() as folder:
        return to_litert(with_cells(model), Path(folder) / MODEL).read_bytes()


def _examples() -> dict[str, bytes]:
    files = {}
    for number, animal in enumerate(EXAMPLES, 1):
        file = io.BytesIO()
        scenes.draw(animal, number).save(file, "webp", lossless=True)
        files[f"{number}.webp"] = file.getvalue()
    return files


def _facts(
    key: str = "", size: int = 0, n_bytes: int = 0, missing: str = ""
) -> bytes:
    values = {"key": key, "size": size, "bytes": n_bytes, "missing": missing}
    return json.dumps(values, indent=1).encode()


def key_of(folder: Path) -> str | None:
    """Return what a folder says was built there, if anything was."""
    try:
        return json.loads((folder / FACTS).read_bytes())["key"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
