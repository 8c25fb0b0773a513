"""What the commands need to name their arguments."""

import argparse
from typing import Any, NoReturn

# A set of subparsers; argparse has no public name for it.
Commands = Any


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one sentence, like all errors of this program."""

    def error(self, message: str) -> NoReturn:
        """Print one sentence, and exit with status 2."""
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def positive(text: str) -> int:
    """Return a whole number from 1 on, for argparse."""
    return _number(text, least=1)


def whole_number(text: str) -> int:
    """Return a whole number from 0 on, for argparse."""
    return _number(text, least=0)


def _number(text: str, least: int) -> int:
    if not (text.isascii() and text.isdigit() and int(text) >= least):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a whole number from {least} on"
        )
    return int(text)


def add_command(
    commands: Commands, run: Any, summary: str, example: str
) -> argparse.ArgumentParser:
    """Add a command, and return its parser.

    Args:
        commands: where to.
        run: the function that runs it, `cmd_` and its name.
        summary: what it does, in a sentence.
        example: of its use.
    """
    command = commands.add_parser(
        run.__name__.removeprefix("cmd_"),
        help=summary,
        description=summary,
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(run=run)
    return command
