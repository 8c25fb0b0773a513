"""`catdog runs`: what was recorded, and whether it still holds."""

import argparse

from catdog.commands.arguments import Commands, add_command
from catdog.errors import CatdogError


def add_runs(commands: Commands) -> None:
    """Add `catdog runs`."""
    command = add_command(
        commands,
        cmd_runs,
        "print what the recorded runs reached",
        "catdog runs --format json",
    )
    command.add_argument(
        "--format",
        choices=("text", "markdown", "json"),
        default="text",
        help="an aligned table, or one for other programs (default: text)",
    )
    command.add_argument(
        "--check",
        action="store_true",
        help="compare all runs with today's code, and with the images and "
        "weights on this machine; exit status 2 if one is stale",
    )


def cmd_runs(args: argparse.Namespace) -> None:
    """Print all recorded runs: reads records, and nothing else."""
    from catdog.report import overview
    from catdog.runs.store import folders, read_all_runs

    if args.check:
        _check_runs()
        return
    groups = overview.group_runs(read_all_runs())
    if not groups and args.format == "text":
        places = " or ".join(map(str, folders()))
        print(f"No run is recorded in {places}: `catdog train` records some.")
        return
    write = {
        "text": overview.as_text,
        "markdown": overview.as_markdown,
        "json": overview.as_json,
    }[args.format]
    print(write(groups))


def _check_runs() -> None:
    """Print which runs are stale, and why; and what could not be compared."""
    from catdog.report.sentences import count_noun
    from catdog.runs import check

    report = check.check_all()
    for line in report.not_compared:
        print(f"Not on this machine, so not compared: {line}.")
    for path, reasons in report.stale.items():
        for reason in reasons:
            print(f"{path}: {reason}")
    if report.stale:
        raise CatdogError(
            f"{len(report.stale)} of {count_noun(report.n_runs, 'run')} do not "
            "belong to today's code: record them again with `catdog train`, or "
            "delete them."
        )
    print(f"Of {count_noun(report.n_runs, 'run')}, none is stale.")
