"""`catdog serve`: the site, shown."""

import argparse
from pathlib import Path

from catdog.commands.arguments import Commands, add_command, whole_number


def add_serve(commands: Commands) -> None:
    """Add `catdog serve`."""
    command = add_command(
        commands,
        cmd_serve,
        "serve the rendered tutorial on this machine, until Ctrl-C",
        "catdog serve --port 8080",
    )
    command.add_argument(
        "--port",
        type=whole_number,
        help="where to listen, 0 for any free port (default: 8000)",
    )


def cmd_serve(args: argparse.Namespace) -> None:
    """Serve the site of the project in the current folder."""
    from catdog.publish import serve

    def ready(address: str) -> None:
        print(f"Open {address} (Ctrl-C stops)", flush=True)

    port = serve.PORT if args.port is None else args.port
    serve.serve(Path.cwd() / serve.FOLDER, port, ready)
