"""Runs on a real scheduler with workers in processes of their own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from samples import FLAT, write_folder

import catdog.cluster
from catdog import cli, models
from catdog.runs import replay, store, weights

distributed = pytest.importorskip("distributed", reason="it takes Dask")
psutil = pytest.importorskip("psutil")  # comes with Dask

TRAIN = ["train", "model1", "--epochs", "1", "--scheduler"]


def start(program, *arguments, **environment):
    return subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.dask_{program}", *arguments],
        env={**os.environ, **environment},
        stderr=subprocess.DEVNULL,
    )


LOCAL = ["--host", "127.0.0.1", "--no-dashboard"]


def start_scheduler(**environment):
    """A scheduler's address and process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    scheduler = start("scheduler", *LOCAL, "--port", port, **environment)
    return f"tcp://127.0.0.1:{port}", scheduler


@pytest.fixture
def scheduler():
    """The address of a scheduler, and its process."""
    address, process = start_scheduler()
    yield address, process
    process.kill()
    process.wait()


@pytest.fixture
def cluster(scheduler, small_folder, monkeypatch):
    """The address of a scheduler, and a function that starts a worker."""
    monkeypatch.setenv("CATDOG_DATA", str(small_folder))
    address, _ = scheduler
    processes = []

    def start_worker(**environment):
        options = ["--nthreads", "1", "--no-nanny", *LOCAL]
        worker = start("worker", address, *options, **environment)
        processes.append(worker)
        return worker

    yield address, start_worker
    for process in processes:
        process.kill()
        process.wait()


def wait_for_workers(address, number):
    """The addresses of the workers of a scheduler, when there are so many."""
    with distributed.Client(
        address, timeout=60, set_as_default=False
    ) as client:
        client.wait_for_workers(number, timeout=60)
        return list(client.nthreads())


def wait_until(holds):
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


def trainings(worker):
    """The processes in which a worker trains."""
    children = psutil.Process(worker.pid).children()
    return [child for child in children if "catdog.jobs" in child.cmdline()]


@pytest.mark.slow
def test_a_killed_workers_run_is_done_again_and_a_stranger_gets_none(
    cluster, tmp_path, images, capsys, caplog
):
    address, start_worker = cluster
    others = write_folder(tmp_path / "others", FLAT)
    start_worker(CATDOG_DATA=str(others))
    (stranger,) = wait_for_workers(address, 1)
    workers = [start_worker(), start_worker()]
    killed = []

    def kill():
        wait_until(lambda: any(map(trainings, workers)))
        worker = next(filter(trainings, workers))
        killed.extend(trainings(worker))
        worker.kill()

    killer = threading.Thread(target=kill)
    killer.start()
    assert cli.main([*TRAIN, address, "--seed", "0", "1"]) == 0
    killer.join()
    assert killed and not any(process.is_running() for process in killed)
    said = caplog.text
    assert said.count("is done again: tcp://") == 1 and " is gone." in said
    assert f"Worker {stranger} is refused: images: photographs " in said
    assert "2 done, 0 running, 0 failed, 0 waiting." in said
    paths = [
        store.record_path(
            None, images.source, images.fingerprint, "model1", seed
        )
        for seed in range(2)
    ]
    printed = capsys.readouterr().out
    assert all(str(path) in printed for path in paths)
    run = store.read_run(paths[1])
    alone, model = replay.train_run(models.model1, images, 1, epochs=1)
    assert (run.history, run.scores) == (alone.history, alone.scores)
    kept = weights.kept_weights(model)
    assert all(map(np.array_equal, store.read_weights(run), kept))


def test_workers_with_other_code_are_refused_by_name(
    cluster, tmp_path, capsys, caplog
):
    address, start_worker = cluster
    changed = tmp_path / "changed" / "catdog"
    shutil.copytree(Path(catdog.__file__).parent, changed)
    with (changed / "models.py").open("a") as file:
        file.write("# another line\n")
    (tmp_path / "old" / "catdog").mkdir(parents=True)
    (tmp_path / "old" / "catdog" / "__init__.py").touch()
    for name in ("changed", "old"):
        start_worker(PYTHONPATH=str(tmp_path / name))
    workers = wait_for_workers(address, 2)
    assert cli.main([*TRAIN, address]) == 2
    assert capsys.readouterr().err == (
        f"catdog: All workers of {address} are refused: give them the images "
        "and the code of this machine.\n"
    )
    reasons = {
        f"Worker {worker} is refused: {reason}"
        for worker in workers
        for reason in ("code: ", "No module named 'catdog.cluster'")
    }
    assert len([text for text in reasons if text in caplog.text]) == 2


INTERRUPTIBLE = """
import signal, sys
# What a shell starts in the background ignores Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
from catdog import cli
sys.exit(cli.main(sys.argv[1:]))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT")
def test_ctrl_c_stops_the_runs_and_leaves_the_workers(cluster):
    address, start_worker = cluster
    worker = start_worker()
    options = ["--epochs", "500", "--scheduler", address]
    client = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTIBLE, "train", "model1", *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: trainings(worker))
    client.send_signal(signal.SIGINT)
    errors = client.communicate(timeout=60)[1]
    assert client.returncode == 130 and errors == "catdog: stopped.\n"
    wait_until(lambda: not trainings(worker))
    assert wait_for_workers(address, 1)


def test_a_scheduler_that_goes_away(cluster, scheduler, capsys):
    address, start_worker = cluster
    worker, (_, process) = start_worker(), scheduler

    def stop_the_scheduler():
        wait_until(lambda: trainings(worker))
        process.kill()

    killer = threading.Thread(target=stop_the_scheduler)
    killer.start()
    assert cli.main([*TRAIN, address, "--epochs", "500"]) == 2
    killer.join()
    assert capsys.readouterr().err == (
        f"catdog: The scheduler at {address} is gone: start it and its "
        "workers, then this command; what is recorded is not done again.\n"
    )


def test_a_scheduler_without_the_package(
    small_folder, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("CATDOG_DATA", str(small_folder))
    (tmp_path / "catdog").mkdir()
    (tmp_path / "catdog" / "__init__.py").touch()
    address, scheduler = start_scheduler(PYTHONPATH=str(tmp_path))
    try:
        assert cli.main([*TRAIN, address]) == 2
    finally:
        scheduler.kill()
        scheduler.wait()
    assert capsys.readouterr().err == (
        f"catdog: The scheduler at {address} cannot import catdog (No module "
        "named 'catdog.cluster'): start it where this version of the package "
        "is installed.\n"
    )


@pytest.mark.parametrize("address", ["nowhere", "tcp://127.0.0.1:1"])
def test_an_address_where_nobody_answers(
    address, small_folder, monkeypatch, capsys
):
    monkeypatch.setenv("CATDOG_DATA", str(small_folder))
    monkeypatch.setattr(catdog.cluster, "PATIENCE", 1)
    assert cli.main([*TRAIN, address]) == 2
    errors = capsys.readouterr().err
    assert f"answers at {address}: start" in errors and errors.count("\n") == 1
