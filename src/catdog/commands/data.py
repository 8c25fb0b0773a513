"""`catdog data`: which images there are, and what is wrong with them."""

import argparse
import sys
from typing import Any

from catdog.commands.arguments import Commands, add_command
from catdog.errors import CatdogError

MAX_COMPARED = 10_000  # images that `catdog data --check` compares


def add_data(commands: Commands) -> None:
    """Add `catdog data`."""
    command = add_command(
        commands,
        cmd_data,
        "get the images, check them, and say where they are",
        "CATDOG_DATA=pets.zip catdog data",
    )
    what = command.add_mutually_exclusive_group()
    what.add_argument(
        "--check",
        action="store_true",
        help="list each file that is not used, and images that look the same; "
        "exit status 2 if any cannot be read",
    )
    what.add_argument(
        "--suspects",
        action="store_true",
        help="list images to look at again: files that cannot be read, pictures "
        "that are there twice, labels that the best recorded runs doubt",
    )
    command.add_argument(
        "--format",
        choices=("text", "markdown", "json"),
        help="of the suspects: lines, or a table for other programs (default: "
        "text)",
    )


def cmd_data(args: argparse.Namespace) -> None:
    """Print how many images there are, and where."""
    from catdog._io import printable
    from catdog.data.sources import find_images

    if args.format and not args.suspects:
        raise CatdogError("--format is for suspects: add --suspects.")
    images = find_images()
    # Other programs are given the suspects, and nothing else.
    if args.format in {None, "text"}:
        print(
            f"{len(images.train):,} training and {len(images.held_out):,} "
            f"held-out {images.source} in {printable(str(images.folder))}"
        )
    if args.suspects:
        _print_suspects(images, args.format or "text")
        return
    if images.test:
        print(f"{len(images.test):,} of the held-out ones are the test set")
    if args.check:
        _print_check(images)
        return
    left_out = _count_left_out(images)
    if left_out:
        print(f"Left out: {left_out} (`catdog data --check` lists them)")


def _count_left_out(images: Any) -> str:
    """Return how many files are not used, such as `copies 3, other files 1`."""
    kinds = {
        "unreadable": images.faults,
        "copies": images.copies,
        "other files": images.ignored,
    }
    return ", ".join(
        f"{kind} {len(files):,}" for kind, files in kinds.items() if files
    )


def _print_check(images: Any) -> None:
    """Print each file that is not used, and images that look the same.

    Raises:
        CatdogError: if a file cannot be read.
    """
    from catdog._io import printable
    from catdog.data.suspects import SAME_FILE, SAME_IMAGE, find_doubles

    lines = [
        *images.faults,
        *((name, f"{SAME_FILE} {other}") for name, other in images.copies),
        *((name, f"{reason}: ignored") for name, reason in images.ignored),
    ]
    if len(images.train + images.held_out) <= MAX_COMPARED:
        lines += [
            (double.name, f"{SAME_IMAGE} {double.other}")
            for double in find_doubles(images)
            if double.reason == SAME_IMAGE
        ]
    for name, what in lines:
        print(f"{printable(name)} {printable(what)}")
    left_out = _count_left_out(images)
    if left_out:
        print(f"Left out: {left_out}")
    if images.faults:
        raise CatdogError(
            f"{len(images.faults)} cannot be read: replace or delete them."
        )


def _print_suspects(images: Any, form: str) -> None:
    """Print images to look at again, and on what the search was based."""
    from catdog.data.suspects import find_suspects, worst_first
    from catdog.report import suspects

    runs = _runs_on(images)
    found = worst_first(
        [*find_suspects(images), *suspects.find_mistakes(runs, images)]
    )
    write = {
        "text": suspects.as_text,
        "markdown": suspects.as_markdown,
        "json": suspects.as_json,
    }[form]
    print(write(found))
    stream = sys.stdout if form == "text" else sys.stderr
    print(suspects.compared_labels(runs, images), file=stream)


def _runs_on(images: Any) -> dict[str, list[Any]]:
    """Return the runs of each model that has any on these images."""
    from catdog.runs import store

    if not store.read_runs(images.source, images.fingerprint):
        return {}  # without waiting for TensorFlow
    from catdog.models import BUILDERS
    from catdog.runs.replay import find_all_runs

    return find_all_runs(BUILDERS, images, needed=False)
