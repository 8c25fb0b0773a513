"""`catdog export`: networks as LiteRT files."""

import argparse
from pathlib import Path

from catdog.commands.arguments import (
    Commands,
    add_command,
    positive,
    whole_number,
)
from catdog.errors import CatdogError


def add_export(commands: Commands) -> None:
    """Add `catdog export`."""
    command = add_command(
        commands,
        cmd_export,
        "write a trained network as a LiteRT file, for programs without "
        "TensorFlow",
        "catdog export --quantization dynamic --out model4.tflite",
    )
    command.add_argument(
        "--model",
        help="a model that you have trained, or with a recorded run (default: "
        "model4; with --measure, model4 and model5)",
    )
    command.add_argument(
        "--seed",
        type=whole_number,
        default=0,
        help="which of its runs (default: 0)",
    )
    command.add_argument(
        "--quantization",
        choices=("none", "float16", "dynamic", "int8"),
        help="how weights are rounded: a smaller file, other answers (default: "
        "none)",
    )
    command.add_argument(
        "--cells",
        action="store_true",
        help="also give the logits of each cell of the grid, to tint an image "
        "with",
    )
    command.add_argument(
        "--out",
        type=Path,
        help="the file to write; with --measure, the file to keep the figures "
        "in (default: they are only printed; assets/exports.json publishes in "
        "the project)",
    )
    command.add_argument(
        "--measure",
        action="store_true",
        help="compare the files of every quantization with the network, on the "
        "test images of its run",
    )
    command.add_argument(
        "--rounds",
        type=positive,
        help="with --measure, how often each file has its turn (default: 7)",
    )


def cmd_export(args: argparse.Namespace) -> None:
    """Write a network as a LiteRT file, or measure what such files cost."""
    if args.measure:
        _measure_exports(args)
        return
    if not args.out:
        raise CatdogError(
            "Where to? Name a file, such as --out model4.tflite, or --measure."
        )
    if args.rounds:
        raise CatdogError("--rounds is for measuring: add --measure.")
    from catdog import export, feature_extraction, prediction
    from catdog._io import printable
    from catdog.data.sources import find_images

    model = prediction.find_network(args.model or "model4", args.seed).model
    quantization = args.quantization or "none"
    representative = None
    if quantization == "int8":
        images = find_images()
        representative = export.representative_images(
            images, args.seed % images.folds, model.input_shape[1]
        )
        print(
            f"How large features get is learned from {images.source} in "
            f"{printable(str(images.folder))}."
        )
    if args.cells:
        model = feature_extraction.with_cells(model)
    path = export.to_litert(model, args.out, quantization, representative)
    print(f"{printable(str(path))}: {path.stat().st_size / 1e6:.1f} MB")


def _measure_exports(args: argparse.Namespace) -> None:
    """Measure, print, and keep the figures if asked to."""
    if args.quantization or args.cells:
        raise CatdogError(
            "--measure compares all quantizations of the network alone: leave "
            "--quantization and --cells out."
        )
    from catdog import benchmarks, checkpoints
    from catdog.data.sources import find_images
    from catdog.report import about_measurements

    runs = []
    for name in [args.model] if args.model else ["model4", "model5"]:
        run = checkpoints.recorded_run(name, args.seed)
        if run is None:
            raise CatdogError(
                f"No run of {name} with seed {args.seed} is recorded: run "
                f"`catdog train {name} --seed {args.seed}` first."
            )
        runs.append(run)
    measured = benchmarks.measure_exports(runs, find_images(), args.rounds or 7)
    if args.out:
        benchmarks.write_bench(measured, args.out)
    print(about_measurements.exports_table(measured))
