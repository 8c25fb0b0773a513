"""Trained networks: save them, load them, or build them again from a record."""

import json
from pathlib import Path

from catdog import pretrained, settings
from catdog._io import write_atomically
from catdog.ablations import ABLATIONS, BASE_IMAGE_SIZE, recipe_of
from catdog.backend import keras
from catdog.errors import CatdogError, RecordError
from catdog.models import BUILDERS
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


def load_network(name: str, seed: int = 0) -> keras.Model:
    """Load a network that `catdog train` trained for this user.

    Raises:
        CatdogError: if there is none, or its file is broken.
    """
    path = network_path(name, seed)
    command = f"catdog train {name} --seed {seed}"
    if not path.exists():
        raise CatdogError(
            f"{name} with seed {seed} was not trained here yet: "
            f"run `{command}` first."
        )
    try:
        return keras.models.load_model(path)
    # Keras raises all kinds for a file that ends early or was changed.
    except Exception as error:
        raise CatdogError(
            f"{path} is broken: delete it, and run `{command}` again."
        ) from error


def load_classes(name: str, seed: int = 0) -> tuple[str, str]:
    """Load the names of the two classes that a saved network tells apart."""
    return read_classes(network_path(name, seed))


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
        model = {**BUILDERS, **ABLATIONS}[run.model]()
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


def find_network(name: str, seed: int = 0) -> keras.Model:
    """Return a trained network: the user's own, or else that of a record.

    Raises:
        CatdogError: if there is neither, or what there is cannot be used.
    """
    run = recorded_run(name, seed)
    if run is None or network_path(name, seed).exists():
        return load_network(name, seed)
    return recorded_model(run)


def network_path(name: str, seed: int) -> Path:
    """Return where the trained network of a model and seed is kept."""
    return settings.networks_folder() / f"{name}-{seed}.keras"
