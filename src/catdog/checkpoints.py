"""Trained networks: save them, load them, or build them again from a record."""

import json
import zipfile
from pathlib import Path

from catdog import pretrained, settings
from catdog._io import printable, write_atomically
from catdog.ablations import BASE_IMAGE_SIZE, all_builders, recipe_of
from catdog.backend import keras
from catdog.errors import CatdogError, RecordError
from catdog.runs.schema import Run
from catdog.runs.store import folders, read_run, read_weights
from catdog.runs.weights import restore_weights


def save_network(
    model: keras.Model, seed: int, classes: tuple[str, str]
) -> Path:
    """Save a trained network and the names of its classes in a user folder."""
    path = network_path(model.name, seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part.keras")
    model.save(part)
    part.replace(path)
    write_atomically(path.with_suffix(".json"), json.dumps(classes))
    return path


def saved_network(name: str, seed: int = 0) -> Path | None:
    """Return the network of a model and seed that this user has trained.

    Returns:
        That of this version of Keras, else the latest of another version's;
        None if there is none.
    """
    path = network_path(name, seed)
    if path.exists():
        return path
    others = settings.networks_folder().rglob(path.name)
    return max(others, key=lambda other: other.stat().st_mtime, default=None)


def read_network(path: Path, cure: str) -> keras.Model:
    """Read a network that Keras has saved.

    Args:
        path: of an existing file.
        cure: what to do if it cannot be used.

    Raises:
        CatdogError: if it is damaged, or was saved by a version of Keras that
            this one does not understand.
        OSError: if the file cannot be read.
    """
    with path.open("rb"):
        pass  # else Keras would say of a file without permission what it is not
    try:
        return keras.models.load_model(path, compile=False)
    # Keras raises all kinds for a file that ends early or was changed.
    except Exception as error:
        fault = "is damaged, or no network that Keras has saved"
        version = _saved_by(path)
        if version not in (None, keras.__version__):
            fault = (
                f"was saved by Keras {version}, and Keras {keras.__version__} "
                "cannot load it"
            )
        raise CatdogError(f"{printable(path)} {fault}: {cure}.") from error


def _saved_by(path: Path) -> str | None:
    try:
        with zipfile.ZipFile(path) as file:
            return str(json.loads(file.read("metadata.json"))["keras_version"])
    # A damaged archive may fail in every way.
    except Exception:
        return None


def read_classes(network: Path) -> tuple[str, str]:
    """Read the names of the two classes beside the file of a network.

    Returns:
        Cat and dog if they are not there.
    """
    path = network.with_suffix(".json")
    try:
        first, second = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, TypeError, ValueError):
        return "cat", "dog"
    return str(first), str(second)


def is_whole(run: Run) -> bool:
    """Return whether all that was trained in a run is kept beside its record."""
    return run.weights is not None and _only_head_is_trained(run.model)


def _only_head_is_trained(name: str) -> bool:
    recipe = recipe_of(name)
    return name in BASE_IMAGE_SIZE and not (
        recipe.fine_tuning_epochs or recipe.average_flips
    )


def recorded_model(run: Run) -> keras.Model:
    """Build the trained model of a run: published base, recorded head.

    Args:
        run: of a model whose base stayed frozen, with the weights of its head
            kept beside its record.

    Returns:
        The model, which answers as it did when it had been trained.

    Raises:
        RecordError: if the weights of such a model are not kept, are broken,
            or were trained on another base.
        WeightsError: if the weights of the base cannot be had: random ones
            would answer at random.

    Shown in chapter 6.
    """
    if not _only_head_is_trained(run.model):
        raise RecordError(
            f"{run.model} cannot be built from its record, which does not hold "
            f"all that was trained: run `catdog train {run.model} --seed "
            f"{run.seed}`, and load its network."
        )
    weights = read_weights(run)
    base = pretrained.pretrained_mobilenet_v2(BASE_IMAGE_SIZE[run.model])
    published = pretrained.weights_fingerprint()
    if published and run.base_weights not in (None, published):
        raise RecordError(
            f"{run.model} with seed {run.seed} was trained on other weights of "
            "MobileNetV2: record it again with "
            f"`catdog train {run.model} --seed {run.seed}`."
        )
    with pretrained.structure_only():
        model = all_builders()[run.model]()
    model.get_layer("base_model_layer").layers[-1].set_weights(
        base.get_weights()
    )
    restore_weights(model, weights)
    return model


def recorded_run(name: str, seed: int = 0) -> Run | None:
    """Return the run of a model on the tutorial's photographs, if recorded.

    The user's own comes before the published one.
    """
    for folder in folders():
        path = folder / f"{name}-{seed}.json"
        if path.exists():
            return read_run(path)
    return None


def network_path(name: str, seed: int) -> Path:
    """Return where the trained network of a model and seed is kept.

    Each version of Keras has a folder: what one saves, another may not load.
    """
    version = ".".join(keras.__version__.split(".")[:2])
    folder = settings.networks_folder() / f"keras-{version}"
    return folder / f"{name}-{seed}.keras"
