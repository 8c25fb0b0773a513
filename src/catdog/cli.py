"""The command line: `catdog data | train | runs | predict | render |
notebooks`.
"""

import argparse
import logging
import os
import sys
from pathlib import Path

os.environ.setdefault(
    "TF_CPP_MIN_LOG_LEVEL", "3"
)  # must be set before TensorFlow is imported

from catdog.errors import CatdogError

MODELS = ("model1", "model2", "model3", "model4", "model5")
TRIALS = (
    *("relu", "large_weights", "no_dropout", "small_steps"),
    *("every_epoch", "side_224"),
)


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one sentence, like all other errors of this
    program.
    """

    def error(self, message):
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Returns the exit status: 0, 2 after an error that the
    user can cure, 130 after Ctrl-C.
    """
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("catdog").setLevel(logging.INFO)
    choice = parser().parse_args(arguments)
    try:
        choice.run(choice)
    except CatdogError as error:
        print(f"catdog: {error}", file=sys.stderr)
        return getattr(error, "status", 2)
    except OSError as error:
        place = f" ({error.filename})" if error.filename else ""
        print(f"catdog: {error.strerror or error}{place}.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("catdog: stopped.", file=sys.stderr)
        return 130
    return 0


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    top = Parser(
        prog="catdog",
        description="Learn to tell cats from dogs, and write the tutorial about it.",
    )
    commands = top.add_subparsers(
        title="commands", required=True, metavar="COMMAND"
    )

    def command(run, help, example):
        shape = argparse.RawDescriptionHelpFormatter
        made = commands.add_parser(
            run.__name__.removeprefix("run_"),
            help=help,
            description=help,
            epilog=f"example:\n  {example}",
            formatter_class=shape,
        )
        made.set_defaults(run=run)
        return made

    made = command(
        run_data,
        "get the pictures, check them, and say where they are",
        "CATDOG_DATA=pets.zip catdog data",
    )
    made.add_argument(
        "--check",
        action="store_true",
        help="list each file that cannot be read; exit status 2 if any is",
    )

    made = command(
        run_train,
        "train a model and record the run",
        "catdog train model1 --seed 0 1 2",
    )
    made.add_argument(
        "model",
        choices=(*MODELS, "all", *TRIALS),
        help="a model, all five, or a trial",
    )
    made.add_argument(
        "--seed",
        type=whole_number,
        nargs="+",
        default=[0],
        help="one run for each seed (default: 0)",
    )
    made.add_argument(
        "--epochs",
        type=positive,
        default=20,
        help="passes through the training pictures (default: 20)",
    )
    made.add_argument(
        "--out", type=Path, help="folder for the records (default: assets/runs)"
    )

    command(run_runs, "print what the recorded runs reached", "catdog runs")

    made = command(
        run_bench,
        "measure our ways against the usual ones on this machine",
        "catdog bench --rounds 3",
    )
    made.add_argument(
        "--rounds",
        type=positive,
        default=3,
        help="how often each way has its turn (default: 3)",
    )
    made.add_argument(
        "--out",
        type=Path,
        help="file for the figures (default: assets/bench.json)",
    )

    made = command(
        run_predict, "say what a picture shows", "catdog predict my_pet.jpg"
    )
    made.add_argument(
        "picture", type=Path, nargs="+", help="JPEG, PNG, GIF or BMP files"
    )
    made.add_argument(
        "--model",
        choices=MODELS,
        default="model4",
        help="a model that was trained here (default: model4)",
    )
    made.add_argument(
        "--seed",
        type=whole_number,
        default=0,
        help="which of its runs (default: 0)",
    )

    made = command(
        run_render,
        "render the tutorial into _site/",
        "catdog render --with built-in",
    )
    made.add_argument(
        "--with",
        dest="renderer",
        choices=("auto", "quarto", "built-in"),
        default="auto",
        help="which renderer",
    )

    made = command(
        run_notebooks,
        "write the chapters as notebooks for Colab",
        "catdog notebooks --check",
    )
    made.add_argument(
        "--check",
        action="store_true",
        help="only say which notebooks are stale; exit status 2 if any is",
    )
    return top


def positive(text: str) -> int:
    """A whole number from 1 on, for argparse."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a whole number from 1 on"
        )
    return int(text)


def whole_number(text: str) -> int:
    """A whole number from 0 on, for argparse."""
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a whole number from 0 on"
        )
    return int(text)


def run_data(choice) -> None:
    from catdog.data.image_files import shown
    from catdog.data.sources import find_pictures

    pictures = find_pictures()
    print(
        f"{len(pictures.train):,} training and {len(pictures.held_out):,} held-out "
        f"{pictures.source} in {shown(str(pictures.folder))}"
    )
    if choice.check:
        for name, reason in pictures.faults:
            print(f"{shown(name)} {reason}")
    if pictures.faults:
        message = f"{len(pictures.faults)} more cannot be read and are left out"
        if choice.check:
            raise CatdogError(f"{message}: replace or delete them.")
        print(f"{message}: `catdog data --check` lists them.")


def run_train(choice) -> None:
    from catdog import ablations, models, pretrained, training
    from catdog.data import sources
    from catdog.report import sentences
    from catdog.runs import schema, store

    if choice.out and choice.out.exists() and not choice.out.is_dir():
        raise CatdogError(f"{choice.out} is no folder: give one with --out.")
    pictures = sources.find_pictures()
    print(
        f"Training on {len(pictures.train):,} {pictures.source} from {pictures.folder}."
    )
    names = MODELS if choice.model == "all" else [choice.model]
    sides = {"model4": models.SIDE, "model5": models.LARGE}
    sides |= {"every_epoch": models.SIDE, "side_224": 224}
    for name in sides.keys() & names:
        # A run on random weights would not be worth its record.
        pretrained.pretrained_mobilenet_v2(sides[name])
    in_vain = []
    for name in names:
        for seed in choice.seed:
            run = training.train(
                {**models.BUILDERS, **ablations.TRIALS}[name],
                pictures,
                seed,
                choice.epochs,
            )
            # That a trial fails is what it is there to show.
            if name in MODELS and schema.collapsed(run.history):
                print(f"{name} with seed {seed} learned nothing: not recorded.")
                in_vain.append(f"{name} with seed {seed}")
                continue
            path = store.record(run, choice.out)
            training.keep_network(run, pictures.classes)
            print(
                f"{path}: validation {run.validation['accuracy']:.1%}, "
                f"test {sentences.test_words([run])}, {run.seconds:.0f} s"
            )
    if in_vain:
        raise CatdogError(
            f"{', '.join(in_vain)}: the loss stayed where guessing has it, and "
            "nothing was recorded. Train with another seed, or on more pictures."
        )


def run_runs(choice) -> None:
    from catdog import evaluation, models
    from catdog.data import sources
    from catdog.report import tables

    pictures = sources.find_pictures()
    print(tables.runs(evaluation.all_runs(models.BUILDERS, pictures)))


def run_bench(choice) -> None:
    from catdog import benchmarks
    from catdog.data.sources import find_pictures
    from catdog.report import tables

    found = benchmarks.measure(find_pictures(), choice.rounds)
    benchmarks.keep(found, choice.out or benchmarks.bench_path())
    print(tables.bench(found))


def run_predict(choice) -> None:
    from catdog import training
    from catdog.data import sources

    network = training.load_network(choice.model, choice.seed)
    classes = training.network_classes(choice.model, choice.seed)
    for path in choice.picture:
        kind, sure = training.predict(network, path, classes)
        print(f"{sources.shown(str(path))}: {kind} ({sure:.1%})")


def run_render(choice) -> None:
    from catdog import evaluation, models
    from catdog.data import sources
    from catdog.publish import render

    pictures = sources.find_pictures()
    if pictures.own:
        # Five chapters would train them one after the other.
        evaluation.all_runs(models.BUILDERS, pictures)
    # So that no chapter has to look, or to download, again.
    os.environ["CATDOG_DATA"] = (
        "drawings" if pictures.source == "drawings" else str(pictures.folder)
    )
    index, renderer = render.build(Path.cwd(), choice.renderer)
    print(
        f"Rendered by {renderer} with {pictures.source} from {pictures.folder}."
    )
    print(f"Open {index.resolve().as_uri()}")


def run_notebooks(choice) -> None:
    from catdog.publish import notebooks

    if choice.check:
        stale = notebooks.check_notebooks(Path.cwd())
        if stale:
            raise CatdogError(
                f"Stale notebooks: {', '.join(stale)}. Write them again with "
                "`catdog notebooks`, and delete those that have no chapter."
            )
        print("All notebooks are up to date.")
    else:
        for path in notebooks.write_notebooks(Path.cwd()):
            print(path)


if __name__ == "__main__":
    sys.exit(main())
