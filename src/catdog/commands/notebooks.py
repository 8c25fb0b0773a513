"""`catdog notebooks`: the chapters as notebooks."""

import argparse
from pathlib import Path

from catdog.commands.arguments import Commands, add_command
from catdog.errors import CatdogError


def add_notebooks(commands: Commands) -> None:
    """Add `catdog notebooks`."""
    command = add_command(
        commands,
        cmd_notebooks,
        "write the chapters as notebooks for Colab",
        "catdog notebooks --check",
    )
    command.add_argument(
        "--check",
        action="store_true",
        help="only say which notebooks are stale; exit status 2 if any is",
    )


def cmd_notebooks(args: argparse.Namespace) -> None:
    """Write the notebooks of the project in the current folder."""
    from catdog.publish import notebooks

    if not args.check:
        for path in notebooks.write_notebooks(Path.cwd()):
            print(path)
        return
    stale = notebooks.check_notebooks(Path.cwd())
    if stale:
        raise CatdogError(
            f"Stale notebooks: {', '.join(stale)}. Write them again with "
            "`catdog notebooks`, and delete those that have no chapter."
        )
    print("All notebooks are up to date.")
