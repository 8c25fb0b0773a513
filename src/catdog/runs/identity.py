"""Does a record belong to today's code, images and weights?"""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from catdog.backend import keras
from catdog.data.image_files import decoding_fingerprint
from catdog.data.pipeline import BATCH_SIZE
from catdog.data.split import ImageSet, Split
from catdog.feature_extraction import has_frozen_base
from catdog.pretrained import weights_fingerprint
from catdog.runs.schema import Images, Labels, Run
from catdog.training import USUAL_RECIPE, Recipe

# Where a layer stands in a model, and what its frozen weights started from, are
# known otherwise; the rest of these change from one version of Keras to the next.
IGNORED = (
    "build_config",
    "dtype",
    "inbound_nodes",
    "input_layers",
    "module",
    "name",
    "output_layers",
    "registered_name",
    "shared_object_id",
)
IGNORED_IF_FROZEN = ("_initializer", "_regularizer", "_constraint")


def describe_training(
    model: keras.Model, recipe: Recipe = USUAL_RECIPE
) -> dict[str, Any]:
    """Return all that decides how a compiled model learns, as JSON values.

    That is the configuration of each layer, of optimizer and loss, and what
    `fit` is given.
    """
    description = {
        "layers": _plain(model.get_config())["layers"],
        "optimizer": _describe(model.optimizer),
        "loss": _describe(model.loss),
        "batch_size": BATCH_SIZE,
    }
    if has_frozen_base(model):
        description["recipe"] = dataclasses.asdict(recipe)
    return msgspec.to_builtins(description)


def describe_images(images: ImageSet, names: Split) -> Images:
    """Return what is recorded of the images of a run."""

    def count_labels(part: list[str]) -> Labels:
        labels = [images.label(name) for name in part]
        return labels.count(0), labels.count(1)

    return Images(
        source=images.source,
        names=images.fingerprint,
        contents=images.contents,
        train=count_labels(names.train),
        validation=count_labels(names.validation),
        test=count_labels(names.test),
    )


def differences(
    run: Run,
    description: Mapping[str, Any],
    images: ImageSet | None,
    has_base: bool = False,
) -> list[str]:
    """Return in what a run differs from today's code, images and weights.

    Images and weights that are not on this machine are not compared.

    Args:
        run: the run.
        description: of the training as it would be now.
        images: those on this machine, if any.
        has_base: whether the model has a frozen base.

    Returns:
        A text for each difference, such as
        `RandomRotation.fill_mode: reflect, recorded; constant, now`.
    """
    pairs: list[tuple[str, Any, Any]] = [
        ("", run.configuration, description),
        ("decoding of images", run.decoding, decoding_fingerprint()),
    ]
    if images:
        names = run.images.names, images.fingerprint
        pairs.append(("names of images", *names))
        if images.source == run.images.source:
            contents = run.images.contents, images.contents
            pairs.append(("contents of images", *contents))
    weights = weights_fingerprint() if has_base else None
    if weights:
        pairs.append(("weights of the base", run.base_weights, weights))
    return _compare_all(pairs)


def _compare(place: str, recorded: Any, now: Any) -> list[str]:
    """Compare values, key by key on the keys that both sides have."""
    if isinstance(recorded, dict) and isinstance(now, dict):
        before, after = recorded.get("class_name"), now.get("class_name")
        if before != after:
            return [f"{place}: {before}, recorded; {after}, now"]
        return _compare_all(
            (f"{before or place}.{key}".strip("."), recorded[key], now[key])
            for key in recorded
            if key in now
        )
    if isinstance(recorded, list) and isinstance(now, list):
        if len(recorded) == len(now):
            pairs = zip(recorded, now, strict=True)
            return _compare_all((place, *pair) for pair in pairs)
        recorded, now = _names(recorded), _names(now)
    if recorded == now:
        return []
    return [f"{place}: {recorded}, recorded; {now}, now"]


def _compare_all(triples: Iterable[tuple[str, Any, Any]]) -> list[str]:
    return [line for triple in triples for line in _compare(*triple)]


def _names(values: list) -> list:
    return [
        value.get("class_name", value) if isinstance(value, dict) else value
        for value in values
    ]


def _describe(thing: Any) -> dict[str, Any]:
    """Describe an optimizer or a loss."""
    return {"class_name": type(thing).__name__, **_plain(thing.get_config())}


def _plain(value: Any) -> Any:
    """Return a configuration as JSON values, an object of Keras as one dict."""
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "class_name" in value and isinstance(value.get("config"), dict):
        constants = _numbers(value.get("inbound_nodes"))
        value = {"class_name": value["class_name"], **value["config"]}
        if constants:
            value["constants"] = constants
    ignored = IGNORED
    if value.get("trainable") is False:
        ignored += tuple(k for k in value if k.endswith(IGNORED_IF_FROZEN))
    return {key: _plain(value[key]) for key in value if key not in ignored}


def _numbers(nodes: Any) -> list[float]:
    """Return the numbers that an operation, such as a division, is given."""
    return [
        argument
        for node in nodes or []
        for argument in (node.get("args", []) if isinstance(node, dict) else [])
        if isinstance(argument, int | float)
    ]
