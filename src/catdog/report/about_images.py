"""What pages say of the folders that images come in, whatever their classes."""

from pathlib import PurePosixPath

from catdog._io import printable
from catdog.data.class_folders import natural_order
from catdog.data.split import ImageSet
from catdog.report.markdown import Markdown

SHOWN = 2  # file names in a line


def folder_tree(images: ImageSet) -> Markdown:
    """Return the class folders of a set, each with its first images."""
    depth = int(images.divided) + 1
    groups: dict[str, list[str]] = {}
    for name in images.train + images.held_out:
        parts = PurePosixPath(name).parts
        folder = printable("/".join(parts[:depth]))
        groups.setdefault(f"{folder}/", []).append("/".join(parts[depth:]))
    width = max(map(len, groups))
    lines = [
        f"{folder:{width}}  {len(names):,} images: {_first(names)}"
        for folder, names in groups.items()
    ]
    # Indented code: no name can end it, as it could end a fence.
    return Markdown("\n".join(f"    {line}" for line in lines))


def _first(names: list[str]) -> str:
    shown = map(printable, natural_order(names)[:SHOWN])
    return ", ".join([*shown, "…"])


def where_sets_come_from(images: ImageSet) -> str:
    """Return which images are for training, and which are held out."""
    train, *others = (f"`{folder}`" for folder in _parts(images))
    if len(others) > 1:
        return (
            f"The folder {train} is the first set, {others[0]} the second, and "
            f"{others[1]} the third."
        )
    if others:
        return (
            f"The folder {train} is the first set. The images in {others[0]} "
            "are held out for the other two."
        )
    return (
        "Of the images in each class folder, every third one is held out for "
        "the last two sets. The others are the first."
    )


def _parts(images: ImageSet) -> list[str]:
    """Return the folders of training, validation and test images, escaped.

    Only what there is; a single empty name if there are class folders alone.
    """
    if not images.divided:
        return [""]
    in_test = set(images.test)
    validation = [name for name in images.held_out if name not in in_test]
    firsts = [
        names[0] for names in (images.train, validation, images.test) if names
    ]
    return [printable(PurePosixPath(name).parts[0]) for name in firsts]
