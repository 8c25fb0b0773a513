"""`catdog train`: runs, here, side by side or on a cluster."""

import argparse
from contextlib import closing
from pathlib import Path
from typing import Any

from catdog import settings
from catdog.commands.arguments import (
    Commands,
    add_command,
    positive,
    whole_number,
)
from catdog.errors import CatdogError


def add_train(commands: Commands) -> None:
    """Add `catdog train`."""
    command = add_command(
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
    builders = ablations.all_builders()
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
