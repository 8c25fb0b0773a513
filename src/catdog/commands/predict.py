"""`catdog predict`: answers for images."""

import argparse
import sys
from pathlib import Path
from typing import Any

from catdog.commands.arguments import Commands, add_command, whole_number

PREDICT = """Say what images show.

Nothing has to be trained first. The network that answers is
  1. that of --network, a file;
  2. or your own, if you have trained the --model with this --seed (without
     --model: the latest of the five that you have trained with it);
  3. or the tutorial's, whose head comes with this program, on MobileNetV2 from
     Keras' cache or the public download (without --model: the best of them)."""


def add_predict(commands: Commands) -> None:
    """Add `catdog predict`."""
    command = add_command(
        commands,
        cmd_predict,
        "say what images show",
        "catdog predict my_pet.jpg",
    )
    command.description = PREDICT
    command.add_argument(
        "image",
        type=Path,
        nargs="+",
        help="JPEG, PNG, GIF, BMP, TIFF or WebP files",
    )
    which = command.add_mutually_exclusive_group()
    which.add_argument(
        "--network",
        type=Path,
        metavar="FILE.keras",
        help="a network that Keras has saved; FILE.json beside it may name its "
        "two classes (default: cat and dog)",
    )
    which.add_argument(
        "--model", help="model1 to model5, or an ablation (default: see above)"
    )
    command.add_argument(
        "--seed",
        type=whole_number,
        default=0,
        help="of the model's training (default: 0)",
    )
    command.add_argument(
        "--json", action="store_true", help="a JSON list for other programs"
    )


def cmd_predict(args: argparse.Namespace) -> int:
    """Print the class of each image, and how sure the network is.

    Returns:
        The exit status: 2 if a file could not be read.
    """
    from catdog._io import printable
    from catdog.data.image_files import find_fault
    from catdog.report import answers

    faults = {path: find_fault(path) for path in args.image}
    good = [path for path, fault in faults.items() if not fault]
    found = _answer(good, args) if good else {}
    if args.json:
        print(answers.as_json(args.image, found, faults))
    else:
        for path in args.image:
            if path in found:
                print(answers.as_text(path, found[path]))
            else:
                what = f"{printable(path)} {faults[path]}."
                print(f"catdog: {what}", file=sys.stderr)
    return 2 if any(faults.values()) else 0


def _answer(paths: list[Path], args: argparse.Namespace) -> dict[Path, Any]:
    """Return the answer for each image, which TensorFlow is worth its wait."""
    from catdog import prediction

    if args.network:
        network = prediction.open_network(args.network)
    else:
        network = prediction.find_network(args.model, args.seed)
    answers = prediction.answer_all(network, paths)
    return dict(zip(paths, answers, strict=True))
