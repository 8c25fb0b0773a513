"""The command line: `catdog data | train | runs | predict | export | …`.

Each command has a function that adds its parser and one that runs it, which
imports what it needs: only some commands need TensorFlow.
"""

import argparse
import logging
import os
import shlex
import shutil
import sys
from contextlib import closing
from pathlib import Path
from typing import Any, NoReturn

from catdog import ambient, settings
from catdog.errors import CatdogError

PREDICT = """Say what images show.

Nothing has to be trained first. The network that answers is
  1. that of --network, a file;
  2. or your own, if you have trained the --model with this --seed (without
     --model: the latest of the five that you have trained with it);
  3. or the tutorial's, whose head comes with this program, on MobileNetV2 from
     Keras' cache or the public download (without --model: the best of them)."""
READ_ENOUGH = 141  # as a shell counts it
MAX_COMPARED = 10_000  # images that `catdog data --check` compares
# A set of subparsers; argparse has no public name for it.
Commands = Any


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one sentence, like all errors of this program."""

    def error(self, message: str) -> NoReturn:
        """Print one sentence, and exit with status 2."""
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


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
        add_new,
        add_data,
        add_train,
        add_runs,
        add_predict,
        add_export,
        add_bench,
        add_measure,
        add_render,
        add_serve,
        add_notebooks,
        add_clean,
    ):
        add(commands)
    return top


def add_new(commands: Commands) -> None:
    """Add `catdog new`."""
    command = _command(
        commands,
        cmd_new,
        "start a tutorial about images of your own",
        'catdog new my-tutorial --data my_pets --title "Hamsters and rabbits"',
    )
    command.add_argument(
        "folder", type=Path, metavar="FOLDER", help="a new one, for its files"
    )
    command.add_argument(
        "--data",
        type=Path,
        required=True,
        metavar="IMAGES",
        help="a folder or zip with images of two classes",
    )
    command.add_argument("--title", required=True, help="of the tutorial")


def cmd_new(args: argparse.Namespace) -> None:
    """Write a project of one's own, and say how to go on."""
    from catdog._io import printable
    from catdog.data.sources import open_images
    from catdog.publish import start

    start.refuse_used(args.folder)
    if not args.data.exists():
        raise CatdogError(
            f"There is nothing at {printable(args.data)}: give --data a folder "
            "or zip with images of two classes."
        )
    images = open_images(args.data)
    start.start_project(args.folder, args.data, args.title)
    first, second = images.class_folders
    print(
        f"{printable(args.folder)} has a tutorial about {printable(first)} and "
        f"{printable(second)}. Go on with"
    )
    if "CATDOG_DATA" in os.environ:
        print("  unset CATDOG_DATA")  # it would count more than the project's
    print(f"  cd {shlex.quote(str(args.folder))}")
    print("  catdog train all\n  catdog render")


def add_data(commands: Commands) -> None:
    """Add `catdog data`."""
    command = _command(
        commands,
        cmd_data,
        "get the images, check them, and say where they are",
        "CATDOG_DATA=pets.zip catdog data",
    )
    what = command.add_mutually_exclusive_group()
    what.add_argument(
        "--check",
        action="store_true",
        help="list each file that is not used, and images that look the same; "
        "exit status 2 if any cannot be read",
    )
    what.add_argument(
        "--suspects",
        action="store_true",
        help="list images to look at again: files that cannot be read, pictures "
        "that are there twice, labels that the best recorded runs doubt",
    )
    command.add_argument(
        "--format",
        choices=("text", "markdown", "json"),
        help="of the suspects: lines, or a table for other programs (default: "
        "text)",
    )


def cmd_data(args: argparse.Namespace) -> None:
    """Print how many images there are, and where."""
    from catdog._io import printable
    from catdog.data.sources import find_images

    if args.format and not args.suspects:
        raise CatdogError("--format is for suspects: add --suspects.")
    images = find_images()
    # Other programs are given the suspects, and nothing else.
    if args.format in {None, "text"}:
        print(
            f"{len(images.train):,} training and {len(images.held_out):,} "
            f"held-out {images.source} in {printable(str(images.folder))}"
        )
    if args.suspects:
        _print_suspects(images, args.format or "text")
        return
    if images.test:
        print(f"{len(images.test):,} of the held-out ones are the test set")
    if args.check:
        _print_check(images)
        return
    left_out = _count_left_out(images)
    if left_out:
        print(f"Left out: {left_out} (`catdog data --check` lists them)")


def _count_left_out(images: Any) -> str:
    """Return how many files are not used, such as `copies 3, other files 1`."""
    kinds = {
        "unreadable": images.faults,
        "copies": images.copies,
        "other files": images.ignored,
    }
    return ", ".join(
        f"{kind} {len(files):,}" for kind, files in kinds.items() if files
    )


def _print_check(images: Any) -> None:
    """Print each file that is not used, and images that look the same.

    Raises:
        CatdogError: if a file cannot be read.
    """
    from catdog._io import printable
    from catdog.data.suspects import SAME_FILE, SAME_IMAGE, find_doubles

    lines = [
        *images.faults,
        *((name, f"{SAME_FILE} {other}") for name, other in images.copies),
        *((name, f"{reason}: ignored") for name, reason in images.ignored),
    ]
    if len(images.train + images.held_out) <= MAX_COMPARED:
        lines += [
            (double.name, f"{SAME_IMAGE} {double.other}")
            for double in find_doubles(images)
            if double.reason == SAME_IMAGE
        ]
    for name, what in lines:
        print(f"{printable(name)} {printable(what)}")
    left_out = _count_left_out(images)
    if left_out:
        print(f"Left out: {left_out}")
    if images.faults:
        raise CatdogError(
            f"{len(images.faults)} cannot be read: replace or delete them."
        )


def _print_suspects(images: Any, form: str) -> None:
    """Print images to look at again, and on what the search was based."""
    from catdog.data.suspects import find_suspects, worst_first
    from catdog.report import suspects

    runs = _runs_on(images)
    found = worst_first(
        [*find_suspects(images), *suspects.find_mistakes(runs, images)]
    )
    write = {
        "text": suspects.as_text,
        "markdown": suspects.as_markdown,
        "json": suspects.as_json,
    }[form]
    print(write(found))
    stream = sys.stdout if form == "text" else sys.stderr
    print(suspects.compared_labels(runs, images), file=stream)


def _runs_on(images: Any) -> dict[str, list[Any]]:
    """Return the runs of each model that has any on these images."""
    from catdog.runs import store

    if not store.read_runs(images.source, images.fingerprint):
        return {}  # without waiting for TensorFlow
    from catdog.models import BUILDERS
    from catdog.runs.replay import find_all_runs

    return find_all_runs(BUILDERS, images, needed=False)


def add_train(commands: Commands) -> None:
    """Add `catdog train`."""
    command = _command(
        commands,
        cmd_train,
        "train a model and record the run",
        "catdog train model1 --seed 0 1 2",
    )
    command.add_argument(
        "model", help="model1 to model5, `all` five, or an ablation"
    )
    command.add_argument(
        "--seed",
        type=whole_number,
        nargs="+",
        default=[0],
        help="one run for each seed (default: 0)",
    )
    command.add_argument(
        "--epochs",
        type=positive,
        help="passes through the training images (default: CATDOG_EPOCHS, "
        f"else {settings.EPOCHS})",
    )
    command.add_argument(
        "--out",
        type=Path,
        help="folder of runs to write to (default: CATDOG_RUNS, else a folder "
        "of your own; assets/runs publishes in the project)",
    )
    command.add_argument(
        "--again",
        action="store_true",
        help="train also what is recorded already",
    )
    command.add_argument(
        "--devices",
        type=positive,
        default=1,
        help="how many GPUs share each batch of a run (default: 1)",
    )
    where = command.add_mutually_exclusive_group()
    where.add_argument(
        "--jobs",
        type=positive,
        default=1,
        help="how many runs to train side by side (default: 1)",
    )
    where.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="train on the workers of a Dask cluster",
    )


def cmd_train(args: argparse.Namespace) -> None:
    """Train models, and record each run."""
    from catdog import ablations, evaluation, jobs, models, pretrained
    from catdog.data.sources import find_images
    from catdog.report.sentences import pooled_accuracy

    if args.out and args.out.exists() and not args.out.is_dir():
        raise CatdogError(f"{args.out} is no folder: give one with --out.")
    builders = {**models.BUILDERS, **ablations.ABLATIONS}
    names = list(models.BUILDERS) if args.model == "all" else [args.model]
    if names[0] not in builders:
        raise CatdogError(
            f"There is no model {names[0]!r}: "
            f"choose one of {', '.join(builders)}, or all."
        )
    epochs = args.epochs or settings.epochs()
    asked = [
        jobs.Job(name, seed, epochs, args.devices)
        for name in names
        for seed in args.seed
    ]
    images = find_images()
    settings.make_folder(settings.networks_folder(), "CATDOG_RUNS")
    print(
        f"Training on {len(images.train):,} {images.source} from {images.folder}."
    )
    wanted = []
    for job in dict.fromkeys(asked):
        path = None if args.again else jobs.recorded(job, images, args.out)
        if path:
            print(f"{path}: recorded already (--again trains it again)")
        else:
            wanted.append(job)
    for name in ablations.BASE_IMAGE_SIZE.keys() & {
        job.model for job in wanted
    }:
        # A run on random weights would not be worth its record.
        pretrained.pretrained_mobilenet_v2(ablations.BASE_IMAGE_SIZE[name])
    failed = []
    with closing(_run_all(wanted, images, args)) as outcomes:
        for job, outcome in outcomes:
            if isinstance(outcome, CatdogError):
                failed.append((job, outcome))
                if len(wanted) > 1:
                    print(outcome)
            else:
                print(
                    f"{outcome.path}: validation {outcome.validation.accuracy:.1%}, "
                    f"test {pooled_accuracy([outcome])}, {outcome.seconds:.0f} s"
                )
                answer = evaluation.only_answer(outcome)
                if answer is not None:
                    print(
                        f"{job} gives the same answer for every test image: "
                        f"{images.classes[answer]}."
                    )
    if failed and len(wanted) == 1:
        raise failed[0][1]
    if failed:
        raise CatdogError(
            f"{len(failed)} of {len(wanted)} runs failed: "
            f"{', '.join(str(job) for job, _ in failed)}."
        )


def _run_all(wanted: list[Any], images: Any, args: argparse.Namespace) -> Any:
    """Train runs here, side by side or on a cluster; give out each as it ends."""
    from catdog import cluster, jobs

    crew: jobs.Crew
    if args.scheduler and wanted:
        crew = cluster.Cluster(args.scheduler)
    elif min(args.jobs, len(wanted)) > 1:
        crew = jobs.LocalCrew(min(args.jobs, len(wanted)))
    else:
        return jobs.run_all_here(wanted, images, args.out)
    return jobs.run_all_apart(wanted, crew, images, args.out)


def add_runs(commands: Commands) -> None:
    """Add `catdog runs`."""
    command = _command(
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


def add_predict(commands: Commands) -> None:
    """Add `catdog predict`."""
    command = _command(
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


def add_export(commands: Commands) -> None:
    """Add `catdog export`."""
    command = _command(
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
    from catdog.report import tables

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
    print(tables.exports(measured))


def add_bench(commands: Commands) -> None:
    """Add `catdog bench`."""
    command = _command(
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
    from catdog.report import tables

    measured = benchmarks.measure(find_images(), args.rounds)
    if args.out:
        benchmarks.write_bench(measured, args.out)
    print(tables.bench(measured))


def add_measure(commands: Commands) -> None:
    """Add `catdog measure`."""
    command = _command(
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
    from catdog.report import sentences, tables

    runs = prediction.published_runs(seed=0)
    measured, directions = unlike.measure(find_images(), runs)
    if args.out:
        unlike.write_unlike(measured, directions, args.out)
    for lines in (
        tables.unlike(measured),
        tables.unlike_rules(measured),
        sentences.unlike(measured),
    ):
        print(f"{lines}\n")


def add_render(commands: Commands) -> None:
    """Add `catdog render`."""
    command = _command(
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


def add_serve(commands: Commands) -> None:
    """Add `catdog serve`."""
    command = _command(
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


def add_notebooks(commands: Commands) -> None:
    """Add `catdog notebooks`."""
    command = _command(
        commands,
        cmd_notebooks,
        "write the chapters as notebooks for Colab",
        "catdog notebooks --check",
    )
    command.add_argument(
        "--check",
        action="store_true",
        help="only say which notebooks are stale; exit status 2 if any is",
    )


def cmd_notebooks(args: argparse.Namespace) -> None:
    """Write the notebooks of the project in the current folder."""
    from catdog.publish import notebooks

    if not args.check:
        for path in notebooks.write_notebooks(Path.cwd()):
            print(path)
        return
    stale = notebooks.check_notebooks(Path.cwd())
    if stale:
        raise CatdogError(
            f"Stale notebooks: {', '.join(stale)}. Write them again with "
            "`catdog notebooks`, and delete those that have no chapter."
        )
    print("All notebooks are up to date.")


def add_clean(commands: Commands) -> None:
    """Add `catdog clean`."""
    command = _command(
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


def _command(
    commands: Commands, run: Any, summary: str, example: str
) -> argparse.ArgumentParser:
    command = commands.add_parser(
        run.__name__.removeprefix("cmd_"),
        help=summary,
        description=summary,
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(run=run)
    return command


if __name__ == "__main__":
    sys.exit(main())
