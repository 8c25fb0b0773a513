"""`catdog bench`: our ways against the usual ones."""

import argparse
from pathlib import Path

from catdog.commands.arguments import Commands, add_command, positive


def add_bench(commands: Commands) -> None:
    """Add `catdog bench`."""
    command = add_command(
        commands,
        cmd_bench,
        "measure our ways against the usual ones on this machine",
        "catdog bench --rounds 7",
    )
    command.add_argument(
        "--rounds",
        type=positive,
        default=7,
        help="how often each way has its turn (default: 7)",
    )
    command.add_argument(
        "--out",
        type=Path,
        help="file to keep the figures in (default: they are only printed; "
        "assets/bench.json publishes in the project)",
    )


def cmd_bench(args: argparse.Namespace) -> None:
    """Measure, print, and keep the figures if asked to."""
    from catdog import benchmarks
    from catdog.data.sources import find_images
    from catdog.report import about_measurements

    measured = benchmarks.measure(find_images(), args.rounds)
    if args.out:
        benchmarks.write_bench(measured, args.out)
    print(about_measurements.bench_table(measured))
