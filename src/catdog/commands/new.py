"""`catdog new`: start a project of one's own."""

import argparse
import os
import shlex
from pathlib import Path

from catdog.commands.arguments import Commands, add_command
from catdog.errors import CatdogError


def add_new(commands: Commands) -> None:
    """Add `catdog new`."""
    command = add_command(
        commands,
        cmd_new,
        "start a tutorial about images of your own",
        'catdog new my-tutorial --data my_pets --title "Hamsters and rabbits"',
    )
    command.add_argument(
        "folder", type=Path, metavar="FOLDER", help="a new one, for its files"
    )
    command.add_argument(
        "--data",
        type=Path,
        required=True,
        metavar="IMAGES",
        help="a folder or zip with images of two classes",
    )
    command.add_argument("--title", required=True, help="of the tutorial")


def cmd_new(args: argparse.Namespace) -> None:
    """Write a project of one's own, and say how to go on."""
    from catdog._io import printable
    from catdog.data.sources import open_images
    from catdog.publish import start

    start.refuse_used(args.folder)
    if not args.data.exists():
        raise CatdogError(
            f"There is nothing at {printable(args.data)}: give --data a folder "
            "or zip with images of two classes."
        )
    images = open_images(args.data)
    start.start_project(args.folder, args.data, args.title)
    first, second = images.class_folders
    print(
        f"{printable(args.folder)} has a tutorial about {printable(first)} and "
        f"{printable(second)}. Go on with"
    )
    if "CATDOG_DATA" in os.environ:
        print("  unset CATDOG_DATA")  # it would count more than the project's
    print(f"  cd {shlex.quote(str(args.folder))}")
    print("  catdog train all\n  catdog render")
