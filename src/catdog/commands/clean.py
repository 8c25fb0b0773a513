"""`catdog clean`: caches."""

import argparse
import shutil

from catdog import settings
from catdog.commands.arguments import Commands, add_command


def add_clean(commands: Commands) -> None:
    """Add `catdog clean`."""
    command = add_command(
        commands,
        cmd_clean,
        "show what is in the cache, or delete it",
        "catdog clean --delete",
    )
    command.add_argument(
        "--delete",
        action="store_true",
        help="delete it; runs and trained networks stay",
    )


def cmd_clean(args: argparse.Namespace) -> None:
    """Show the cache, which can all be made again, or delete it."""
    from catdog._io import cached_paths

    total = 0.0
    for path in cached_paths():
        files = [path, *path.rglob("*")]
        size = sum(f.stat().st_size for f in files if f.is_file()) / 2**20
        total += size
        print(f"{size:8.1f} MiB  {path.name}")
        if args.delete:
            shutil.rmtree(path)
    cure = "deleted" if args.delete else "`catdog clean --delete` deletes them"
    print(f"{total:8.1f} MiB  in {settings.cache_folder()}: {cure}.")
