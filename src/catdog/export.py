"""Trained networks as LiteRT files, for programs that have no TensorFlow.

Such a file runs in a web page, on a phone or on a single-board computer. It
takes one float32 image of shape (1, size, size, 3) in [0, 255] at a time, named
`image`, and gives logits of shape (1, 2), named `logits`. Whatever a network
only does in training mode, such as augmentation, is left out.
"""

import itertools
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from catdog._io import printable, write_all_atomically
from catdog.backend import keras, quiet_stderr, tf
from catdog.data.pipeline import pipeline
from catdog.data.split import ImageSet, split
from catdog.errors import CatdogError

# What becomes of the weights: float32 as they were trained, float16, or int8;
# with "int8" the features between the layers are whole numbers, too.
QUANTIZATIONS = ("none", "float16", "dynamic", "int8")
N_REPRESENTATIVE = 100  # images from which int8 learns the range of features

Answers = dict[str, np.ndarray]


def to_litert(
    model: keras.Model,
    path: Path,
    quantization: str = "none",
    representative: tf.data.Dataset | None = None,
) -> Path:
    """Write a network as a LiteRT file, whole or not at all.

    Args:
        model: takes images of shape (batch, size, size, 3). Its outputs are
            `logits` or, if it has several, go by the names of their layers.
        path: of the file, which by custom ends in `.tflite`.
        quantization: "none" keeps the weights in float32, "float16" halves
            them. "dynamic" stores them as int8 and rounds the features as
            they come; "int8" rounds the features, too, within ranges that it
            learns beforehand. All take and give float32.
        representative: for "int8", `(images, labels)` in batches, of which the
            first 100 images show how large features get, from
            `representative_images`.

    Returns:
        The path.

    Raises:
        CatdogError: if the quantization is unknown, has no representative
            images, or cannot be done.
    """
    if quantization not in QUANTIZATIONS:
        raise CatdogError(
            f"There is no quantization {quantization!r}: choose one of "
            f"{', '.join(QUANTIZATIONS)}."
        )
    if quantization == "int8" and representative is None:
        raise CatdogError(
            "int8 needs images that show how large features get: give some as "
            "`representative`."
        )
    with tempfile.TemporaryDirectory() as folder, quiet_stderr():
        _save_for_one_image(model, folder)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        _quantize(converter, quantization, representative)
        # The converter raises all kinds for what LiteRT cannot do.
        try:
            content = converter.convert()
        except Exception as error:
            raise CatdogError(
                f"{model.name} cannot be written for LiteRT with quantization "
                f"{quantization}: choose another, such as none."
            ) from error
    write_all_atomically({path: content})
    return path


def representative_images(
    images: ImageSet, fold: int, size: int
) -> tf.data.Dataset:
    """Return training images from which int8 can learn the range of features.

    Args:
        images: the image set.
        fold: which fifth of the held-out images is the test set, 0 to 4.
        size: pixels to each side of an image.

    Returns:
        `(images, labels)` in batches: 100 images, or all if there are fewer,
        of both classes.
    """
    names = split(images, fold).train
    # Names are in order of their class.
    step = max(1, len(names) // N_REPRESENTATIVE)
    return pipeline(images, names[::step][:N_REPRESENTATIVE], size)


def load_litert(
    path: Path, threads: int = 1
) -> Callable[[np.ndarray], Answers]:
    """Load a LiteRT file that `to_litert` wrote.

    Args:
        path: of the file.
        threads: how many compute an answer.

    Returns:
        A function that takes one float32 image of shape (1, size, size, 3) in
        [0, 255], and returns each output by its name: `logits` of shape (1, 2)
        and, after `feature_extraction.with_cells`, `cells`.

    Raises:
        CatdogError: if the file is missing or broken.
    """
    name = printable(path)
    if not path.is_file():
        raise CatdogError(f"{name} is missing: write it with `catdog export`.")
    # LiteRT raises all kinds for a file that ends early, or is another.
    try:
        answer = _interpreter(path, threads).get_signature_runner()
    except Exception as error:
        raise CatdogError(
            f"{name} is no LiteRT file of ours: write it again with "
            "`catdog export`."
        ) from error
    return lambda image: answer(image=np.asarray(image, "float32"))


def _interpreter(path: Path, threads: int) -> Any:
    """Return LiteRT's own interpreter, or else the one within TensorFlow."""
    with warnings.catch_warnings(), quiet_stderr():
        # TensorFlow asks for the other package, which we take if it is there.
        warnings.simplefilter("ignore")
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError:
            Interpreter = tf.lite.Interpreter  # noqa: N806 - it is a class
        interpreter = Interpreter(
            model_content=path.read_bytes(), num_threads=threads
        )
        interpreter.allocate_tensors()
        return interpreter


def _save_for_one_image(model: keras.Model, folder: str) -> None:
    """Save what a model does with one image in inference mode."""
    shape = (1, *model.input_shape[1:])

    @tf.function(input_signature=[tf.TensorSpec(shape, tf.float32, "image")])
    def answer(image):
        outputs = model(image, training=False)
        if len(model.outputs) == 1:
            return {"logits": outputs}
        return dict(zip(model.output_names, outputs, strict=True))

    module = tf.Module()
    # What `answer` uses is saved with it.
    module.weights = [variable.value for variable in model.variables]
    tf.saved_model.save(module, folder, {"serving_default": answer})


def _quantize(
    converter: Any, quantization: str, representative: tf.data.Dataset | None
) -> None:
    if quantization == "none":
        return
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if quantization == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if quantization == "int8":
        converter.representative_dataset = lambda: _single(representative)
        converter.target_spec.supported_ops = [
            tf.lite.OpsSet.TFLITE_BUILTINS_INT8
        ]


def _single(dataset: Any) -> Iterator[list[np.ndarray]]:
    """Yield images of a dataset one by one, in batches of one."""
    images = (image for batch, _ in dataset for image in batch.numpy())
    for image in itertools.islice(images, N_REPRESENTATIVE):
        yield [image[None].astype("float32")]
