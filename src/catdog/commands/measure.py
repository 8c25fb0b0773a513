"""`catdog measure`: how well images unlike both classes are noticed."""

import argparse
from pathlib import Path

from catdog.commands.arguments import Commands, add_command


def add_measure(commands: Commands) -> None:
    """Add `catdog measure`."""
    command = add_command(
        commands,
        cmd_measure,
        "measure how well the tutorial's networks notice images without cats "
        "and dogs",
        "catdog measure",
    )
    command.add_argument(
        "--out",
        type=Path,
        help="JSON file to keep the figures in, with a .npz beside it "
        "(default: they are only printed; assets/unlike.json publishes in the "
        "project)",
    )


def cmd_measure(args: argparse.Namespace) -> None:
    """Measure, print, and keep the figures if asked to."""
    from catdog import prediction, unlike
    from catdog.data.sources import find_images
    from catdog.report import about_measurements

    runs = prediction.published_runs(seed=0)
    measured, directions = unlike.measure(find_images(), runs)
    if args.out:
        unlike.write_unlike(measured, directions, args.out)
    for lines in (
        about_measurements.unlike_table(measured),
        about_measurements.unlike_rules_table(measured),
        about_measurements.unlike_words(measured),
    ):
        print(f"{lines}\n")
