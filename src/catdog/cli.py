"""The command line: `catdog data | train | runs | predict | export | …`."""

import argparse
import logging
import sys

from catdog import ambient
from catdog.commands import (
    bench,
    clean,
    data,
    export,
    measure,
    new,
    notebooks,
    predict,
    render,
    runs,
    serve,
    train,
)
from catdog.commands.arguments import Parser
from catdog.errors import CatdogError

READ_ENOUGH = 141  # as a shell counts it


def main(arguments: list[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit status: 0, 2 after an error that the user can cure, 130 after
        Ctrl-C, 141 if nobody reads the output any more.
    """
    ambient.prepare_program()
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("catdog").setLevel(logging.INFO)
    args = parser().parse_args(arguments)
    try:
        status = args.run(args) or 0
        ambient.flush_output()
        return status
    except BrokenPipeError:  # `head`, say, has read enough
        return READ_ENOUGH
    except CatdogError as error:
        print(f"catdog: {error}", file=sys.stderr)
        return error.status
    except OSError as error:
        place = f" ({error.filename})" if error.filename else ""
        print(f"catdog: {error.strerror or error}{place}.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("catdog: stopped.", file=sys.stderr)
        return 130


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands and their options."""
    top = Parser(
        prog="catdog",
        description="Learn to tell cats from dogs, and write the tutorial about it.",
    )
    commands = top.add_subparsers(
        title="commands", required=True, metavar="COMMAND"
    )
    for add in (
        new.add_new,
        data.add_data,
        train.add_train,
        runs.add_runs,
        predict.add_predict,
        export.add_export,
        bench.add_bench,
        measure.add_measure,
        render.add_render,
        serve.add_serve,
        notebooks.add_notebooks,
        clean.add_clean,
    ):
        add(commands)
    return top


if __name__ == "__main__":
    sys.exit(main())
