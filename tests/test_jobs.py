"""Runs side by side: each once, whatever happens, as if it had been alone."""

from collections import Counter
from concurrent.futures import Future

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from programs import run_python

from catdog import checkpoints, cli, jobs, models
from catdog.errors import CatdogError
from catdog.runs import replay, store, weights


class Crew:
    """A crew on paper: a run ends at once, as it is written."""

    def __init__(self, n_slots, fates):
        self.fates, self.started, self.stopped = fates, Counter(), False
        self.all = [jobs.Slot(n, "worker", n_slots) for n in range(n_slots)]

    def slots(self):
        return self.all

    def start(self, job, slot):
        fate = self.fates[job.seed][self.started[job]]
        self.started[job] += 1
        promise = Future()
        if fate == "done":
            promise.set_result({})
        elif fate == "failed":
            promise.set_exception(CatdogError("no"))
        elif fate == "broken":
            promise.set_exception(KeyError("no"))
        else:
            promise.set_exception(jobs.LostRunError("it crashed"))
        return promise

    def stop(self):
        self.stopped = True


FATES = st.lists(
    st.lists(
        st.sampled_from(["done", "failed", "broken", "lost"]),
        min_size=jobs.ATTEMPTS,
        max_size=jobs.ATTEMPTS,
    ),
    max_size=5,
)


@given(n_slots=st.integers(1, 3), fates=FATES)
def test_each_run_ends_once_and_one_that_is_lost_is_done_again(n_slots, fates):
    crew = Crew(n_slots, fates)
    asked = [jobs.Job("model1", seed, 1) for seed in range(len(fates))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "PATIENCE", 0)
        patch.setattr(jobs, "receive", lambda files, job, *rest: "a run")
        outcomes = dict(jobs.run_all_apart(asked, crew, None))
    assert sorted(outcomes) == asked and crew.stopped
    for job, outcome in outcomes.items():
        fate = fates[job.seed]
        last = next((f for f in fate if f != "lost"), "lost")
        n_lost = fate.index(last) if last != "lost" else jobs.ATTEMPTS - 1
        assert crew.started[job] == n_lost + 1
        assert (outcome == "a run") == (last == "done")
        if last == "lost":
            assert f"{job} was lost 3 times" in str(outcome)


@given(n_cores=st.integers(1, 70), of=st.integers(1, 40))
def test_slots_share_the_cores_of_a_machine(n_cores, of):
    cores = list(range(100, 100 + n_cores))
    shares = [
        jobs.cores_of(jobs.Slot(number, "", of), cores) for number in range(of)
    ]
    assert {len(share) for share in shares} == {max(1, n_cores // of)}
    used = Counter(core for share in shares for core in share)
    assert used.keys() <= set(cores)
    assert max(used.values()) == -(-of // n_cores)


def test_what_a_job_cannot_do_is_its_error(monkeypatch):
    monkeypatch.setenv("CATDOG_DATA", "/nowhere/pets.zip")
    job, slot = jobs.Job("model1", 0, 1), jobs.Slot(0, "", 1)
    with pytest.raises(CatdogError, match=r"^There is nothing at /nowhere"):
        jobs.run_apart(job, slot, lambda: False)
    with pytest.raises(jobs.LostRunError):
        jobs.run_apart(job, slot, lambda: True)


def test_a_worker_waits_for_jobs_without_tensorflow():
    code = "import sys, catdog.cluster; print('tensorflow' in sys.modules)"
    assert run_python(code).stdout == "False\n"


@pytest.mark.slow
def test_side_by_side_gives_the_records_that_alone_gives(
    images, small_folder, monkeypatch, tmp_path, capsys
):
    monkeypatch.setenv("CATDOG_DATA", str(small_folder))
    out = tmp_path / "out"
    command = ["train", "model1", "--epochs", "2", "--out", str(out)]
    command += ["--seed", "0", "3", "--jobs", "2"]
    assert cli.main(command) == 0
    capsys.readouterr()
    for seed in (0, 3):
        path = store.record_path(
            out, images.source, images.fingerprint, "model1", seed
        )
        run = store.read_run(path)
        alone, model = replay.train_run(models.model1, images, seed, epochs=2)
        assert (run.history, run.scores) == (alone.history, alone.scores)
        kept = zip(
            store.read_weights(run), weights.kept_weights(model), strict=True
        )
        assert all(np.array_equal(one, other) for one, other in kept)
        assert checkpoints.network_path("model1", seed).exists()
    assert cli.main(command) == 0
    assert capsys.readouterr().out.count("recorded already") == 2


@pytest.mark.parametrize("lost", ["record", "weights", "network", "epochs"])
def test_only_what_is_whole_is_not_trained_again(
    lost, trained_once, images, monkeypatch
):
    job, path = trained_once
    assert jobs.recorded(job, images) == path
    if lost == "record":
        path.write_text("{}")
    elif lost == "weights":
        path.with_suffix(".npz").write_bytes(b"")
    elif lost == "network":
        checkpoints.network_path("model1", 0).unlink()
    else:
        job = job._replace(epochs=2)
    assert jobs.recorded(job, images) is None


@pytest.fixture
def trained_once(images):
    job = jobs.Job("model1", 0, 1)
    return job, jobs.train_and_record(job, images).path


def test_again_trains_what_is_recorded(
    trained_once, small_folder, monkeypatch, capsys
):
    monkeypatch.setenv("CATDOG_DATA", str(small_folder))
    _, path = trained_once
    path.with_suffix(".npz").touch()
    before = path.stat().st_ino
    command = ["train", "model1", "--epochs", "1"]
    assert cli.main(command) == 0
    assert path.stat().st_ino == before
    assert f"{path}: recorded already" in capsys.readouterr().out
    assert cli.main([*command, "--again"]) == 0
    assert path.stat().st_ino != before
