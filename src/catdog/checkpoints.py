"""Trained networks of this user: save them, load them, let them answer."""

import json
from pathlib import Path

from catdog import settings
from catdog._io import printable, write_atomically
from catdog.backend import keras, tf
from catdog.data.image_files import find_fault
from catdog.data.pipeline import decode
from catdog.errors import CatdogError, DataError
from catdog.scores import Score


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
    path = network_path(name, seed).with_suffix(".json")
    try:
        first, second = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, TypeError, ValueError):
        return "cat", "dog"
    return first, second


def network_path(name: str, seed: int) -> Path:
    """Return where the trained network of a model and seed is kept."""
    return settings.networks_folder() / f"{name}-{seed}.keras"


def predict(
    model: keras.Model, path: Path, classes: tuple[str, str] = ("cat", "dog")
) -> tuple[str, float]:
    """Let a model answer for one image file.

    Returns:
        The name of a class, and its probability in [0.5, 1].

    Raises:
        DataError: if the file is missing or is no image.
    """
    fault = find_fault(path)
    if fault:
        raise DataError(f"{printable(str(path))} {fault}.")
    image = tf.cast(decode(str(path), model.input_shape[1]), tf.float32)
    logits = model.predict(image[None], verbose=0)
    probability = float(keras.ops.softmax(logits)[0, 1])
    score = Score(str(path), 0, probability)
    return classes[score.answer], score.confidence
