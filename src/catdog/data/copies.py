"""Find images whose very bytes are there twice: each content is used once."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from catdog.data.class_folders import Layout

Key = TypeVar("Key")


def find_copies(root: Path, layout: Layout) -> dict[str, str]:
    """Find images to leave out because they are there twice.

    Of equal files of one class that with the shortest name stays, held-out
    images before those to train with: no image is on two sides of a split. Of
    equal files of both classes none stays, since either label may be wrong.

    Args:
        root: the folder of the layout.
        layout: readable images.

    Returns:
        `{file name: name of the same file}`, both relative to `root`.
    """
    labels = {
        name: label
        for pair in (layout.held_out, layout.train)
        for label, group in enumerate(pair)
        for name in group
    }
    # `3 (1).jpg` is a copy of `3.jpg`. A test set that was given stays whole.
    sides = layout.test, sum(layout.held_out, []), sum(layout.train, [])
    names = dict.fromkeys(n for side in sides for n in sorted(side, key=len))
    copies = {}
    for same in _equal_files(root, names):
        first = same[0]
        rivals = [name for name in same if labels[name] != labels[first]]
        for name in same if rivals else same[1:]:
            is_rival = not rivals or name in rivals
            copies[name] = first if is_rival else rivals[0]
    return copies


def _equal_files(root: Path, names: Iterable[str]) -> list[list[str]]:
    def size(name: str) -> int:
        return (root / name).stat().st_size

    def contents(name: str) -> str:
        return sha256((root / name).read_bytes()).hexdigest()

    # Few files have the size of another, so that few must be read.
    return [
        same
        for candidates in _groups(names, size)
        for same in _groups(candidates, contents)
    ]


def _groups(names: Iterable[str], key: Callable[[str], Key]) -> list[list[str]]:
    groups = defaultdict(list)
    for name in names:
        groups[key(name)].append(name)
    return [group for group in groups.values() if len(group) > 1]
