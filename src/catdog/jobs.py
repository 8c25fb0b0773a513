"""Jobs: one list of runs, trained here, side by side or on other machines.

A run that is not trained here gets a process of its own. TensorFlow's memory is
returned when that ends, and when it crashes, one run is lost, which is done again.
What it has made comes back as files and is written by the process that asked.

How numbers are rounded depends on how many threads share a sum. So each process has
as many threads as the machine has cores, and runs side by side on a part of
them: the same seed gives the same record either way.
"""

import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, Protocol

from catdog import ambient, settings
from catdog._io import write_all_atomically
from catdog.data.split import ImageSet
from catdog.errors import CatdogError, RecordError
from catdog.runs import store
from catdog.runs.schema import Run

STDIN = 0  # the file descriptor
ATTEMPTS = 3  # at a run that is lost
PATIENCE = 0.2  # seconds from one look at what runs to the next

log = logging.getLogger(__name__)


class Job(NamedTuple):
    """A run that is to be trained."""

    model: str
    seed: int
    epochs: int
    n_devices: int = 1

    def __str__(self) -> str:
        """Return what to call it, such as `model1 with seed 0`."""
        return f"{self.model} with seed {self.seed}"


class Slot(NamedTuple):
    """Room for one run at a time.

    Attributes:
        number: of the slot on its machine, from 0.
        worker: the address of the machine; empty if it is this one.
        of: how many slots that machine has.
    """

    number: int
    worker: str
    of: int


class LostRunError(Exception):
    """A run ended before it could say how it went. The message is the reason."""


class Promise(Protocol):
    """A result to come, as `concurrent.futures` and Dask have it."""

    def done(self) -> bool:
        """Return whether it has come."""

    def result(self, timeout: float) -> dict[str, bytes]:
        """Return the files of a run, or raise what went wrong."""

    def cancel(self) -> Any:
        """Do without it."""


class Crew(Protocol):
    """Those that train runs."""

    def slots(self) -> list[Slot]:
        """Return the slots that there are now, free or not."""

    def start(self, job: Job, slot: Slot) -> Promise:
        """Begin a run."""

    def stop(self) -> None:
        """Stop all runs."""


class LocalCrew:
    """Processes on this machine."""

    def __init__(self, n_jobs: int) -> None:
        """Make room for as many runs at a time."""
        self._slots = [Slot(number, "", n_jobs) for number in range(n_jobs)]
        self._threads = ThreadPoolExecutor(n_jobs)
        self._stopped = threading.Event()

    def slots(self) -> list[Slot]:
        """Return the slots, which are always the same."""
        return self._slots

    def start(self, job: Job, slot: Slot) -> Promise:
        """Begin a run."""
        return self._threads.submit(run_apart, job, slot, self._stopped.is_set)

    def stop(self) -> None:
        """Stop all runs."""
        self._stopped.set()
        self._threads.shutdown(cancel_futures=True)


Outcome = tuple[Job, Run | CatdogError]


def run_all_here(
    jobs: Iterable[Job], images: ImageSet, out: Path | None = None
) -> Iterator[Outcome]:
    """Train runs in this process, one after another.

    Args:
        jobs: the runs.
        images: what to train on.
        out: a folder of runs to write to; without one, the user's own.

    Yields:
        Each job, and what is recorded of it or why nothing is.
    """
    for job in jobs:
        try:
            yield job, train_and_record(job, images, out)
        except CatdogError as error:
            yield job, error


def run_all_apart(
    jobs: Iterable[Job], crew: Crew, images: ImageSet, out: Path | None = None
) -> Iterator[Outcome]:
    """Let a crew train runs, each in a process of its own.

    A run that is lost is done again. When this ends, in whatever way, all runs
    end.

    Args:
        jobs: the runs.
        crew: trains them, on images that it finds by itself.
        images: what they are to be.
        out: a folder of runs to write to; without one, the user's own.

    Yields:
        Each job when it ends, and what is recorded of it or why nothing is.
    """
    work = _Work(deque(jobs), crew)
    tally = Counter(done=0, failed=0)
    try:
        while work.waiting or work.running:
            work.start()
            for job, result in work.ended():
                outcome = (
                    result
                    if isinstance(result, CatdogError)
                    else receive(result, job, images, out)
                )
                failed = isinstance(outcome, CatdogError)
                tally["failed" if failed else "done"] += 1
                yield job, outcome
                log.info(
                    "%d done, %d running, %d failed, %d waiting.",
                    tally["done"],
                    len(work.running),
                    tally["failed"],
                    len(work.waiting),
                )
            time.sleep(PATIENCE)
    finally:
        crew.stop()


class _Work:
    """What is to be done, and what a crew is doing."""

    def __init__(self, waiting: deque[Job], crew: Crew) -> None:
        self.waiting = waiting
        self.running: dict[Slot, tuple[Job, Promise]] = {}
        self._crew = crew
        self._attempts = Counter[Job]()

    def start(self) -> None:
        """Fill the slots that are free."""
        for slot in sorted({*self._crew.slots()} - {*self.running}):
            if self.waiting:
                job = self.waiting.popleft()
                self._attempts[job] += 1
                self.running[slot] = job, self._crew.start(job, slot)

    def ended(self) -> Iterator[tuple[Job, dict[str, bytes] | CatdogError]]:
        """Yield the runs that have ended, but for those that are done again."""
        slots = self._crew.slots()
        for slot, (job, promise) in list(self.running.items()):
            if slot in slots and not promise.done():
                continue
            del self.running[slot]
            try:
                if slot not in slots:
                    promise.cancel()
                    raise LostRunError(f"{slot.worker} is gone")
                yield job, _result(job, slot, promise)
            except LostRunError as reason:
                if self._attempts[job] < ATTEMPTS:
                    log.info("%s is done again: %s.", job, reason)
                    self.waiting.appendleft(job)
                    continue
                yield (
                    job,
                    CatdogError(
                        f"{job} was lost {ATTEMPTS} times, at last because {reason}: "
                        "see whether memory is short."
                    ),
                )


def _result(
    job: Job, slot: Slot, promise: Promise
) -> dict[str, bytes] | CatdogError:
    try:
        # What has come may still have to be fetched from a worker.
        return promise.result(timeout=60)
    except (CancelledError, TimeoutError) as error:
        raise LostRunError(f"{slot.worker} does not answer") from error
    except LostRunError:
        raise
    except CatdogError as error:
        return error
    # A worker may raise anything.
    except Exception as error:
        place = f" on {slot.worker}" if slot.worker else ""
        return CatdogError(f"{job} failed{place}: {error!r}.")


def train_and_record(
    job: Job, images: ImageSet, out: Path | None = None
) -> Run:
    """Train a run now, and write its record and its network.

    Raises:
        CatdogError: if there is nothing to record.
    """
    from catdog import checkpoints, evaluation, models
    from catdog.runs import replay, weights

    run, model = replay.train_run(
        _builder(job), images, job.seed, job.epochs, job.n_devices
    )
    # That an ablation fails is what it is there to show.
    if run.model in models.BUILDERS and evaluation.collapsed(run):
        raise CatdogError(
            f"{job} learned nothing: the loss stayed where guessing has it, and "
            "nothing was recorded. Train with another seed, or on more images."
        )
    run.path = store.write_run(run, out, weights.kept_weights(model))
    checkpoints.save_network(model, job.seed, images.classes)
    return run


def recorded(
    job: Job, images: ImageSet, out: Path | None = None
) -> Path | None:
    """Return the record of a run that need not be trained again, if any.

    Its weights and its network must be there as well.
    """
    from catdog import checkpoints
    from catdog.runs import replay

    path = store.record_path(
        out, images.source, images.fingerprint, job.model, job.seed
    )
    try:
        run = store.read_run(path)
        if run.weights:
            store.read_weights(run)
    except RecordError:
        return None
    whole = checkpoints.network_path(job.model, job.seed).exists()
    fits = whole and replay.belongs(run, _builder(job), images, job.epochs)
    return path if fits else None


def _builder(job: Job) -> Any:
    from catdog.ablations import all_builders

    return all_builders()[job.model]


def run_apart(
    job: Job, slot: Slot, stopped: Callable[[], bool]
) -> dict[str, bytes]:
    """Train a run in a process of its own.

    Args:
        job: the run.
        slot: where; it decides on which cores.
        stopped: whether nobody wants the run any more.

    Returns:
        The files of the run, by their path in a folder of runs.

    Raises:
        CatdogError: if there is nothing to record.
        LostRunError: if the process crashed or was stopped.
    """
    with TemporaryDirectory(prefix="catdog-job-") as scratch:
        runs, errors = Path(scratch, "runs"), Path(scratch, "errors")
        with errors.open("wb") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", __name__, scratch, *map(str, job)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                env={
                    "TF_NUM_INTRAOP_THREADS": str(len(ambient.cores())),
                    **os.environ,
                    "CATDOG_RUNS": str(runs),
                },
            )
        try:
            if hasattr(os, "sched_setaffinity"):
                # Its threads are still to come. It may be over already.
                with suppress(ProcessLookupError):
                    cores = cores_of(slot, ambient.cores())
                    os.sched_setaffinity(process.pid, cores)
            while process.poll() is None and not stopped():
                time.sleep(PATIENCE)
        finally:
            process.kill()
            process.communicate()
        _refuse_failed(job, process.returncode, errors)
        return {
            path.relative_to(runs).as_posix(): path.read_bytes()
            for path in runs.rglob("*")
            if path.is_file()
        }


def cores_of(slot: Slot, cores: Sequence[int]) -> list[int]:
    """Return those cores of a machine that a slot has: as many as the others."""
    share = max(1, len(cores) // slot.of)
    first = slot.number * share % len(cores)
    return list(cores[first : first + share])


def _refuse_failed(job: Job, status: int, errors: Path) -> None:
    if not status:
        return
    text = errors.read_text(encoding="utf-8", errors="replace").strip()
    last = text.rpartition("\n")[2]
    if status == CatdogError.status:
        raise CatdogError(last)
    # Python reports its own errors with 1; anything else is a crash.
    if status == 1:
        raise CatdogError(f"{job} failed: {last}")
    raise LostRunError(f"its process ended with status {status} {last}".strip())


def receive(
    files: dict[str, bytes], job: Job, images: ImageSet, out: Path | None = None
) -> Run | CatdogError:
    """Check the files of a run, and write them where they belong.

    Args:
        files: from `run_apart`.
        job: the run that was asked for.
        images: those that it was to be trained on.
        out: a folder of runs to write to; without one, the user's own.

    Returns:
        The run, or what is wrong with it.
    """
    from catdog.runs import replay

    with TemporaryDirectory(prefix="catdog-job-") as scratch:
        write_all_atomically(
            {Path(scratch, name): content for name, content in files.items()}
        )
        place = store.record_path(
            Path(scratch),
            images.source,
            images.fingerprint,
            job.model,
            job.seed,
        )
        try:
            run = store.read_run(place)
            kept = store.read_weights(run) if run.weights else []
        except RecordError as error:
            return error
    if not replay.belongs(run, _builder(job), images, job.epochs):
        return CatdogError(
            f"{job} was trained on other images or by other code, and was not "
            "recorded: train it again when nobody changes them."
        )
    write_all_atomically(
        {
            settings.runs_folder() / name: content
            for name, content in files.items()
            if name.startswith("networks/")
        }
    )
    run.path = store.write_run(run, out, kept)
    return run


def _end_with_parent(scratch: Path) -> None:
    """End this process when the one that started it ends, however it does."""

    def watch() -> None:
        # Not `sys.stdin.read`, whose lock Python would wait for at its end.
        os.read(STDIN, 1)
        shutil.rmtree(scratch, ignore_errors=True)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def main(arguments: list[str]) -> int:
    """Train one run, for `run_apart`; its files are left in CATDOG_RUNS."""
    scratch, model, *numbers = arguments
    # Ctrl-C reaches all processes of a terminal; the parent says what to do.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with_parent(Path(scratch))
    from catdog.data.sources import find_images

    try:
        train_and_record(Job(model, *map(int, numbers)), find_images())
    except CatdogError as error:
        sys.stderr.write(f"{error}\n")
        return error.status
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
