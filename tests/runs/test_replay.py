"""Runs are replayed if they belong to code and images; else one is trained."""

from dataclasses import replace

import keras
import pytest
from samples_of_runs import TUTORIAL_IMAGES, make_run

from catdog import ablations, models
from catdog.data.pipeline import count_batches
from catdog.data.split import split
from catdog.errors import CatdogError, RecordError, SettingsError
from catdog.report import sentences
from catdog.runs import replay, store
from catdog.scores import count_correct
from catdog.training import Trained


@pytest.fixture
def no_training(monkeypatch):
    """Any training is a failure of the test."""

    def refuse(builder, images, seed, epochs):
        pytest.fail(f"{builder.__name__} is trained, {epochs} epochs")

    monkeypatch.setattr(replay, "train_run", refuse)


@pytest.fixture
def trainings(monkeypatch):
    """The trainings that were asked for, as (name, seed, epochs)."""
    asked = []

    def note(builder, images, seed, epochs):
        asked.append((builder.__name__, seed, epochs))
        return make_run(builder.__name__, seed), None

    monkeypatch.setattr(replay, "train_run", note)
    return asked


@pytest.fixture
def record(run, user, published):
    """A record of that run in the user's folder."""
    return store.write_run(run)


def test_run_holds_what_the_record_promises(trained, images):
    run, model = trained
    assert (run.model, run.seed, run.fold, run.epochs) == ("model1", 6, 1, 1)
    assert {name: len(values) for name, values in run.history.items()} == (
        dict.fromkeys(("accuracy", "val_accuracy", "loss", "val_loss"), 1)
    )
    names = split(images, 1)
    assert run.data == {
        "source": "photographs",
        "train": 48,
        "validation": 32,
        "test": 8,
        "fingerprint": images.fingerprint,
        "content": images.content,
    }
    assert [score.name for score in run.scores] == names.test
    correct = count_correct(run.scores)
    assert run.test == {"n": 8, "correct": correct, "accuracy": correct / 8}
    assert run.validation["accuracy"] == pytest.approx(
        run.history["val_accuracy"][-1], abs=1e-4
    )
    assert run.parameters == {"trainable": model.count_params(), "frozen": 0}
    assert run.settings["learning_rate"]["decay_steps"] == count_batches(
        images.train
    )
    assert run.environment.keys() >= {
        "python",
        "tensorflow",
        "keras",
        "cores",
        "platform",
    }
    assert run.seconds > 0 and len(run.recorded) == 10
    assert run.path is None


def test_record_reads_back_as_the_same_run(run, record):
    assert store.read_run(record) == run


def test_run_that_belongs_to_code_and_images_is_replayed(
    run, record, images, no_training
):
    runs = replay.replay_or_train(models.model1, images, epochs=1)
    assert runs == [run]
    assert runs[0].path.samefile(record)
    text = sentences.provenance(runs)
    assert "Replayed, not trained anew" in text and run.recorded in text


def test_chapters_train_when_asked_to(run, record, images, monkeypatch):
    monkeypatch.setenv("CATDOG_TRAIN", "1")
    monkeypatch.setenv("CATDOG_EPOCHS", "1")
    runs = replay.replay_or_train(models.model1, images, seed=6)
    assert runs[0].path is None
    assert "Trained just now" in sentences.provenance(runs)
    assert runs[0].history == run.history  # same seed, same machine


@pytest.mark.parametrize("value", ["0", "false", ""])
def test_chapters_do_not_train_when_asked_not_to(
    value, run, record, images, monkeypatch, no_training
):
    monkeypatch.setenv("CATDOG_TRAIN", value)
    assert replay.replay_or_train(models.model1, images, epochs=1) == [run]


@pytest.mark.parametrize("value", ["yes", "2", "no"])
def test_train_switch_of_another_kind_gets_one_sentence(
    value, images, monkeypatch, no_training
):
    monkeypatch.setenv("CATDOG_TRAIN", value)
    with pytest.raises(SettingsError, match=f"CATDOG_TRAIN is '{value}': "):
        replay.replay_or_train(models.model1, images)


def test_without_a_record_one_run_is_trained(
    user, published, images, trainings
):
    replay.replay_or_train(models.model2, images, seed=3)
    replay.replay_or_train(models.model2, images, epochs=7)
    assert trainings == [("model2", 3, 20), ("model2", 0, 7)]


def test_epochs_of_the_environment_count(
    run, record, images, trainings, monkeypatch
):
    monkeypatch.setenv("CATDOG_EPOCHS", "1")
    assert replay.replay_or_train(models.model1, images) == [run]
    assert replay.find_runs(models.model1, images) == [run]
    monkeypatch.setenv("CATDOG_EPOCHS", "2")
    assert replay.find_runs(models.model1, images) == []
    replay.replay_or_train(models.model1, images)
    assert trainings == [("model1", 0, 2)]


@pytest.mark.parametrize("value", ["many", "-1", "1.5", "0", "²"])
def test_epochs_that_are_no_number_get_one_sentence(value, images, monkeypatch):
    monkeypatch.setenv("CATDOG_EPOCHS", value)
    with pytest.raises(CatdogError, match="CATDOG_EPOCHS is"):
        replay.replay_or_train(models.model1, images)


def test_no_epochs_are_an_error_and_not_the_default(user, published, images):
    with pytest.raises(CatdogError, match=r"^0 epochs .* 1 or more"):
        replay.replay_or_train(models.model1, images, epochs=0)


def drawn(run):
    return replace(run, data={**run.data, "source": "drawings"}, seconds=0.5)


def test_drawings_and_photographs_are_never_mixed(run, user, published, images):
    drawings = replace(images, source="drawings")
    other_seed = replace(drawn(run), seed=7)
    other_seed.key = replay.run_key(run.settings, images, 7, 1)

    def sources(images):
        runs = replay.find_runs(models.model1, images, 1)
        return [(run.seed, run.data["source"]) for run in runs]

    store.write_run(other_seed)
    assert sources(images) == []
    assert sources(drawings) == [(7, "drawings")]
    store.write_run(run, published)
    assert sources(images) == [(6, "photographs")]
    assert sources(drawings) == [(7, "drawings")]
    store.write_run(drawn(run))
    assert sources(images) == [(6, "photographs")]
    assert sources(drawings) == [(6, "drawings"), (7, "drawings")]


def test_photographs_stand_in_where_no_run_of_drawings_is(
    run, user, published, monkeypatch
):
    # As in a checkout without the photographs: the names are the tutorial's.
    drawings = replace(TUTORIAL_IMAGES, source="drawings")
    described = models.model1(decay_steps=count_batches(drawings.train))
    of_photographs = make_run(settings=replay.describe_training(described))
    of_photographs.key = replay.run_key(
        of_photographs.settings, drawings, 0, epochs=1
    )
    store.write_run(of_photographs)
    (stand_in,) = replay.find_runs(models.model1, drawings, 1)
    assert stand_in.data["source"] == "photographs"


def test_a_users_run_comes_before_the_published_one_of_the_same_seed(
    run, user, published, images
):
    other_seed = replace(run, seed=2, seconds=3.0)
    other_seed.key = replay.run_key(run.settings, images, 2, 1)
    store.write_run(replace(run, seconds=1.0), published)
    store.write_run(replace(run, seconds=2.0), user)
    store.write_run(other_seed, published)
    runs = replay.find_runs(models.model1, images, 1)
    assert [(run.seed, run.seconds) for run in runs] == [(2, 3.0), (6, 2.0)]


def test_runs_of_other_images_or_code_are_not_replayed(run, record, images):
    fewer = replace(images, train=images.train[1:])
    assert replay.find_runs(models.model1, fewer, 1) == []
    assert replay.find_runs(ablations.relu, images, 1) == []

    def model1(decay_steps):
        return models.compile_model(
            models.conv_layers(dropout=0.3), "model1", decay_steps=decay_steps
        )

    assert replay.find_runs(model1, images, 1) == []
    assert replay.find_runs(models.model1, images, 1) == [run]


def test_all_published_runs_of_the_five_models_are_found(user, random_weights):
    runs = replay.find_all_runs(models.BUILDERS, TUTORIAL_IMAGES)
    assert {
        name: [run.seed for run in group] for name, group in runs.items()
    } == {name: [0, 1, 2, 3, 4] for name in models.BUILDERS}


def test_published_ablations_are_found_by_what_they_change(
    user, random_weights
):
    runs = replay.find_ablations(ablations.ABLATIONS, TUTORIAL_IMAGES)
    assert {
        change: [run.model for run in group] for change, group in runs.items()
    } == {
        "`relu` in the place of `leaky_relu`": ["relu"],
        "First weights from `he_uniform`, which are larger": ["large_weights"],
        "No dropout": [],
        "A tenth of the learning rate": [],
        "Each picture augmented and seen anew in every epoch": ["every_epoch"],
        "Pictures of 224 by 224 pixels": ["side_224", "side_224"],
    }


SMALL = {"model1": models.model1, "model2": models.model2}


def test_own_images_need_a_run_of_each_model(run, record, images, monkeypatch):
    monkeypatch.setenv("CATDOG_EPOCHS", "1")
    with pytest.raises(
        RecordError,
        match=r"^No run of model2 on these .*`catdog train all --epochs 1` first",
    ):
        replay.find_all_runs(SMALL, images)
    assert replay.find_all_runs(SMALL, images, needed=False) == {
        "model1": [run]
    }


def test_the_tutorials_images_need_no_runs(user, published):
    assert replay.find_all_runs(SMALL, TUTORIAL_IMAGES) == {}


@pytest.mark.parametrize(
    ("builder", "copies"),
    [(models.model1, 2), (models.model4, 2), (ablations.every_epoch, 20)],
)
def test_a_frozen_base_sees_as_many_copies_as_the_model_asks_for(
    builder, copies, images, random_weights, monkeypatch
):
    asked = []

    def train(builder, images, seed, epochs, n_augmented_copies):
        asked.append((seed, epochs, n_augmented_copies))
        names = split(images, 0)
        scores = [replay.Score(name, 0, 0.0) for name in names.test]
        history = {"accuracy": [0.5, 0.5], "loss": [0.123456, 0.5]}
        return Trained(builder(), 0, history, 1.26, scores, scores)

    monkeypatch.setattr(replay, "train", train)
    run, model = replay.train_run(builder, images, 5, 2)
    assert asked == [(5, 2, copies)]
    assert isinstance(model, keras.Model)
    assert run.settings.get("passes", copies) == copies
    assert run.history["loss"] == [0.12346, 0.5] and run.seconds == 1.3
    assert run.epochs == 2
