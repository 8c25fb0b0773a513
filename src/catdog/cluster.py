"""Runs on the workers of a Dask cluster.

Dask carries a run to a worker, and its files back. Which worker gets which run is
decided here: a worker with other images or other code gets none.
"""

import asyncio
import logging
from concurrent.futures import Future, ThreadPoolExecutor
from hashlib import sha256
from importlib.metadata import packages_distributions, version
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from catdog._io import digest, printable
from catdog.data.image_files import decoding_fingerprint
from catdog.data.sources import find_images
from catdog.errors import CatdogError
from catdog.jobs import Job, Promise, Slot, run_apart
from catdog.pretrained import weights_fingerprint

PATIENCE = 10  # seconds until a scheduler should have answered
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
        self._admitted: dict[str, bool] = {}
        # Asking takes as long as a worker needs to check its images.
        self._thread = ThreadPoolExecutor(1)
        self._asked: Future | None = None

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
        self._admit([w for w in workers if w not in self._admitted])
        if (
            workers
            and not workers.keys() - self._admitted.keys()
            and not any(self._admitted.values())
        ):
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
        return self._client.submit(
            _run_on_worker, job, slot, workers=[slot.worker], pure=False
        )

    def stop(self) -> None:
        """Leave the cluster: what was sent there and has not ended stops."""
        self._client.close()
        self._thread.shutdown(wait=False)

    def _admit(self, new: list[str]) -> None:
        """Ask new workers what they have, and decide when they have answered."""
        if self._asked is None and new:
            self._asked = self._thread.submit(_ask, self._client, new)
        if self._asked is None or not self._asked.done():
            return
        for worker, answer in self._asked.result().items():
            reasons = self._differences(answer)
            self._admitted[worker] = not reasons
            if reasons:
                log.warning(
                    "Worker %s is refused: %s.", worker, "; ".join(reasons)
                )
        self._asked = None

    def _differences(
        self, answer: dict[str, str | None] | Exception
    ) -> list[str]:
        if isinstance(answer, Exception):
            return [printable(str(answer))]
        return [
            f"{what}: {theirs} there, {ours} here"
            for what, ours in self._ours.items()
            # What one side has not fetched yet, it will fetch.
            if (theirs := answer[what]) != ours and theirs and ours
        ]


def _ask(client: Any, workers: list[str]) -> dict[str, Any]:
    """Return what workers say of themselves, or why they cannot."""
    # A worker that cannot import what it is sent would leave the cluster.
    name = f"{__name__}:{describe.__name__}.__name__"
    answers = client.run(resolve_name, name, workers=workers, on_error="return")
    able = [
        worker for worker in workers if answers[worker] == describe.__name__
    ]
    return answers | client.run(
        _describe_worker, workers=able, on_error="return"
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
        client = distributed.Client(
            address, timeout=PATIENCE, set_as_default=False
        )
    # An address can be wrong in many ways.
    except Exception as error:
        raise CatdogError(
            f"No Dask scheduler answers at {printable(address)}: start one with "
            "`dask scheduler`, and give the address that it prints."
        ) from error
    try:
        # It must know what it passes on.
        client.run_on_scheduler(resolve_name, f"{__name__}:__name__")
    except ImportError as error:
        client.close()
        raise CatdogError(
            f"The scheduler at {address} cannot import catdog ({error}): start it "
            "where this version of the package is installed."
        ) from error
    return client


async def _describe_worker() -> dict[str, str | None]:
    return await asyncio.to_thread(describe)


def _run_on_worker(job: Job, slot: Slot) -> dict[str, bytes]:
    """Train a run, until nobody waits for it any more."""
    from distributed import get_worker

    worker = get_worker()
    key = worker.get_current_task()

    def released() -> bool:
        task = worker.state.tasks.get(key)
        return task is None or task.state != "executing"

    return run_apart(job, slot, released)
