"""Runs on the workers of a Dask cluster.

Dask carries a run to a worker, and its files back. Which worker gets which run is
decided here: a worker with other images or other code gets none.
"""

import logging
from collections.abc import Callable
from hashlib import sha256
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import Any

from catdog._io import digest, printable
from catdog.data.image_files import decoding_fingerprint
from catdog.data.sources import find_images
from catdog.errors import CatdogError
from catdog.jobs import Job, Promise, Slot, run_apart
from catdog.pretrained import weights_fingerprint

# Whose versions a result depends on.
VERSIONS = ("keras", "numpy", "tensorflow")

log = logging.getLogger(__name__)


class Cluster:
    """The workers of a cluster that have the images and the code of this machine."""

    def __init__(self, address: str) -> None:
        """Connect to a scheduler.

        Raises:
            CatdogError: if none answers there.
        """
        self._address = address
        self._client = _connect(address)
        self._ours = describe()
        self._asked: dict[str, Any] = {}
        self._admitted: dict[str, bool] = {}

    def slots(self) -> list[Slot]:
        """Return a slot for each thread of each worker that is admitted.

        Raises:
            CatdogError: if all workers are refused, or the scheduler is gone.
        """
        try:
            workers = self._client.nthreads()
        except (OSError, TimeoutError) as error:
            raise CatdogError(
                f"The scheduler at {self._address} is gone: start it and its "
                "workers, then this command; what is recorded is not done again."
            ) from error
        for worker in workers:
            self._admit(worker)
        admitted = [self._admitted.get(worker) for worker in workers]
        if set(admitted) == {False} and not any(self._admitted.values()):
            raise CatdogError(
                f"All workers of {self._address} are refused: give them the "
                "images and the code of this machine."
            )
        return [
            Slot(number, worker, n_threads)
            for worker, n_threads in workers.items()
            if self._admitted.get(worker)
            for number in range(n_threads)
        ]

    def start(self, job: Job, slot: Slot) -> Promise:
        """Send a run to a worker."""
        return self._send(slot.worker, _run_on_worker, job, slot)

    def stop(self) -> None:
        """Leave the cluster: what was sent there and has not ended stops."""
        self._client.close()

    def _send(self, worker: str, function: Callable, *arguments: Any) -> Any:
        return self._client.submit(
            function, *arguments, workers=[worker], pure=False
        )

    def _admit(self, worker: str) -> None:
        """Ask a new worker what it has, and decide when it has answered."""
        if worker not in self._asked:
            self._asked[worker] = self._send(worker, _describe_worker)
        answer = self._asked[worker]
        if worker in self._admitted or not answer.done():
            return
        try:
            name, theirs = answer.result(timeout=60)
            reasons = [
                f"{what}: {theirs[what]} there, {ours} here"
                for what, ours in self._ours.items()
                # What a worker has not fetched yet, it will fetch.
                if theirs[what] not in {ours, None} and ours is not None
            ]
        # It may be another version, or none, and raise anything.
        except Exception as error:
            name, reasons = worker, [str(error)]
        self._admitted[worker] = not reasons
        if reasons:
            log.warning(
                "Worker %s is refused (%s).",
                name if name == worker else f"{name} at {worker}",
                printable("; ".join(reasons)),
            )


def describe() -> dict[str, str | None]:
    """Return what must be the same on all machines, without TensorFlow."""
    images = find_images()
    package = Path(__file__).parent
    distributions = packages_distributions()
    return {
        "images": f"{images.source} {images.fingerprint} {images.contents}",
        "decoding of images": decoding_fingerprint(),
        "weights of MobileNetV2": weights_fingerprint(),
        "code": digest(
            f"{path.relative_to(package).as_posix()} "
            f"{sha256(path.read_bytes()).hexdigest()}"
            for path in sorted(package.rglob("*.py"))
        ),
        **{name: version(distributions[name][0]) for name in VERSIONS},
    }


def _connect(address: str) -> Any:
    try:
        import distributed
    except ImportError as error:
        raise CatdogError(
            "--scheduler needs Dask: install it with `pip install distributed`."
        ) from error
    # What matters of it is said in our words.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        return distributed.Client(address, timeout=10, set_as_default=False)
    # An address can be wrong in many ways.
    except Exception as error:
        raise CatdogError(
            f"No Dask scheduler answers at {printable(address)}: start one with "
            "`dask scheduler`, and give the address that it prints."
        ) from error


def _describe_worker() -> tuple[str, dict[str, str | None]]:
    from distributed import get_worker

    return str(get_worker().name), describe()


def _run_on_worker(job: Job, slot: Slot) -> dict[str, bytes]:
    """Train a run, until nobody waits for it any more."""
    from distributed import get_worker

    worker = get_worker()
    key = worker.get_current_task()

    def released() -> bool:
        task = worker.state.tasks.get(key)
        return task is None or task.state != "executing"

    return run_apart(job, slot, released)
