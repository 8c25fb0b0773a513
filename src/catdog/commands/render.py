"""`catdog render`: the site."""

import argparse
import os
from pathlib import Path

from catdog import ambient, settings
from catdog.commands.arguments import Commands, add_command


def add_render(commands: Commands) -> None:
    """Add `catdog render`."""
    command = add_command(
        commands,
        cmd_render,
        "render the tutorial into _site/",
        "catdog render --with built-in",
    )
    command.add_argument(
        "--with",
        dest="renderer",
        choices=("auto", "quarto", "built-in"),
        default="auto",
        help="which renderer",
    )


def cmd_render(args: argparse.Namespace) -> None:
    """Render the project in the current folder."""
    from catdog.data.sources import find_images
    from catdog.data.split import DRAWINGS
    from catdog.publish import render

    ambient.prepare_rendering()
    images = find_images()
    if images.own:
        from catdog.models import BUILDERS
        from catdog.runs.replay import find_all_runs

        # Five chapters would train them one after the other.
        find_all_runs(BUILDERS, images)
    # So that no chapter has to look, or to download, again.
    drawn = images.source == DRAWINGS
    os.environ["CATDOG_DATA"] = (
        settings.ALWAYS_DRAWINGS if drawn else str(images.folder)
    )
    index, renderer = render.build(Path.cwd(), args.renderer)
    print(f"Rendered by {renderer} with {images.source} from {images.folder}.")
    print(f"Open {index.resolve().as_uri()}")
    print(
        "`make serve` (`catdog serve`) shows all of it: some parts need http."
    )
