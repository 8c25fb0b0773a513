import json
from pathlib import Path

import numpy as np
import pytest

from catdog import ablations, evaluation, models, training
from catdog.data import sources
from catdog.data.sources import FOLDS, Pictures, split
from catdog.errors import CatdogError, RecordError
from catdog.runs import store

EVERY_BUILDER = {**models.BUILDERS, **ablations.TRIALS}


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """One epoch of the first model, and where its record lies."""
    from conftest import write_small_set

    from catdog.data.sources import open_pictures

    folder = tmp_path_factory.mktemp("training")
    write_small_set(folder / "pictures")
    pictures = open_pictures(folder / "pictures")
    run = training.train(models.model1, pictures, seed=6, epochs=1)
    return run, pictures, store.record(run, folder / "runs")


def test_run_holds_what_the_record_promises(trained):
    run, pictures, path = trained
    values = json.loads(path.read_text())
    assert path.name == "model1-6.json"
    assert {
        name: len(values["history"][name])
        for name in ("accuracy", "val_accuracy", "loss", "val_loss")
    } == dict.fromkeys(("accuracy", "val_accuracy", "loss", "val_loss"), 1)
    assert (
        values["model"],
        values["seed"],
        values["fold"],
        values["epochs"],
    ) == (
        "model1",
        6,
        1,
        1,
    )
    assert (
        values["data"]["source"] == "photographs"
        and values["data"]["test"] == 8
    )
    assert values["parameters"] == {
        "trainable": run.network.count_params(),
        "frozen": 0,
    }
    assert values["environment"].keys() >= {
        "python",
        "tensorflow",
        "keras",
        "cores",
        "platform",
    }
    assert values["seconds"] > 0 and len(values["recorded"]) == 10


def test_scores_belong_to_the_test_pictures_of_the_fold(trained):
    run, pictures, _ = trained
    assert [name for name, _, _ in run.scores] == split(pictures, 1).test
    assert all(0 <= dog <= 1 for _, _, dog in run.scores)
    assert run.test == training.tally(run.scores)


def test_validation_tally_is_that_of_the_last_epoch(trained):
    run = trained[0]
    assert run.validation["accuracy"] == pytest.approx(
        run.history["val_accuracy"][-1], abs=1e-4
    )


def test_record_reads_back_as_the_same_run(trained):
    run, _, path = trained
    assert store.read_run(path) == run


def test_fit_replays_a_record_that_fits(trained, monkeypatch):
    run, pictures, path = trained
    monkeypatch.setenv("CATDOG_RUNS", str(path.parent))
    runs = training.fit(models.model1, pictures, epochs=1)
    assert list(runs) == [run] and runs[0].network is None
    assert (
        "Replayed, not trained anew" in runs._repr_markdown_()
        and run.recorded in runs._repr_markdown_()
    )


def test_fit_trains_when_asked_to(trained, monkeypatch):
    _, pictures, path = trained
    monkeypatch.setenv("CATDOG_RUNS", str(path.parent))
    monkeypatch.setenv("CATDOG_TRAIN", "1")
    monkeypatch.setenv("CATDOG_EPOCHS", "1")
    runs = training.fit(models.model1, pictures, seed=6)
    assert (
        runs[0].network is not None
        and "Trained just now" in runs._repr_markdown_()
    )
    assert runs[0].history == trained[0].history  # same seed, same machine


@pytest.mark.parametrize("epochs", [1, 3])
def test_the_last_step_of_any_training_is_the_smallest(pictures, epochs):
    run = training.train(models.model1, pictures, epochs=epochs)
    rate = run.network.optimizer.learning_rate
    assert float(rate) < 1e-8 < float(models.model1().optimizer.learning_rate)
    steps = epochs * sources.batches(pictures.train)
    assert run.settings["learning_rate"]["decay_steps"] == steps


def test_other_settings_split_seed_or_length_need_another_record(trained):
    run, pictures, _ = trained
    model = store.built(models.model1, pictures, epochs=1)
    other = Pictures(
        pictures.folder, "photographs", pictures.train[1:], pictures.held_out
    )
    keys = {
        run.key,
        store.run_key(model, pictures, 7, 1),
        store.run_key(model, pictures, 6, 2),
        store.run_key(model, other, 6, 1),
        *(
            store.run_key(build(), pictures, 6, 1)
            for build in ablations.TRIALS.values()
        ),
    }
    assert len(keys) == 4 + len(ablations.TRIALS)
    assert store.run_key(model, pictures, 6, 1) == run.key


def test_runs_on_drawings_never_replace_runs_on_photographs(
    trained, monkeypatch, tmp_path
):
    run, pictures, _ = trained
    monkeypatch.setenv("CATDOG_RUNS", str(tmp_path))
    real = store.record(run)
    content = real.read_bytes()
    drawn = store.Run(
        **{**vars(run), "data": {**run.data, "source": "drawings"}}
    )
    assert store.record(drawn) != real and real.read_bytes() == content
    assert (
        store.recorded_runs(models.model1, pictures, 1)[0].data["source"]
        == "photographs"
    )
    drawings = Pictures(
        pictures.folder, "drawings", pictures.train, pictures.held_out
    )
    assert (
        store.recorded_runs(models.model1, drawings, 1)[0].data["source"]
        == "drawings"
    )


def test_drawings_alone_replay_the_photographs_record(trained, monkeypatch):
    run, pictures, path = trained
    monkeypatch.setenv("CATDOG_RUNS", str(path.parent))
    drawings = Pictures(
        pictures.folder, "drawings", pictures.train, pictures.held_out
    )
    assert (
        training.fit(models.model1, drawings, epochs=1)[0].data["source"]
        == "photographs"
    )


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"model": "model1"}', '{"surprise": 1}']
)
def test_unreadable_record_is_named(text, tmp_path):
    path = tmp_path / "model1-0.json"
    path.write_text(text)
    with pytest.raises(RecordError, match="model1-0.json"):
        store.read_run(path)


def test_no_epochs_train_nothing(trained):
    with pytest.raises(CatdogError, match="1 or more"):
        training.train(models.model1, trained[1], epochs=0)


def course_pictures():
    """The file names of the real set, which need no file."""
    names = {
        part: [
            f"{part}/{kind}s/{kind}.{number}.jpg"
            for kind in ("cat", "dog")
            for number in numbers
        ]
        for part, numbers in [
            ("train", range(1000)),
            ("validation", range(2000, 2500)),
        ]
    }
    return Pictures(
        Path("nowhere"),
        "photographs",
        tuple(names["train"]),
        tuple(names["validation"]),
    )


RECORDS = sorted(store.runs_folder().glob("*.json"))


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_record_belongs_to_the_code_of_today(path, random_weights):
    run = store.read_run(path)
    assert (
        path.stem == f"{run.model}-{run.seed}" and run.fold == run.seed % FOLDS
    )
    assert run.data["source"] == "photographs"
    model = EVERY_BUILDER[run.model]()
    assert run.settings == json.loads(json.dumps(store.settings(model)))
    assert run.key == store.run_key(
        model, course_pictures(), run.seed, run.epochs
    )
    assert run.data["fingerprint"] == course_pictures().fingerprint


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_record_agrees_with_itself(path):
    run = store.read_run(path)
    assert run.test == training.tally(run.scores)
    assert [name for name, _, _ in run.scores] == split(
        course_pictures(), run.fold
    ).test
    assert all(
        len(values) == run.epochs and np.isfinite(values).all()
        for values in run.history.values()
    )
    assert run.validation["accuracy"] == pytest.approx(
        run.history["val_accuracy"][-1], abs=2e-3
    )


@pytest.mark.parametrize("name", models.BUILDERS)
def test_recorded_seeds_meet_the_bar_of_the_course(name):
    runs = [
        store.read_run(path)
        for path in RECORDS
        if path.stem.startswith(f"{name}-")
    ]
    runs = [run for run in runs if run.epochs == models.EPOCHS]
    assert {run.seed for run in runs} == set(range(FOLDS))
    bar = evaluation.BARS.get(name, evaluation.BARS["model4"])
    assert min(run.validation["accuracy"] for run in runs) >= bar
