"""Runs are shown if they belong to code and images; an error says what is missing."""

import dataclasses
from dataclasses import replace

import keras
import msgspec
import pytest
from samples_of_runs import TUTORIAL_IMAGES, make_run

from catdog import ablations, models, pretrained
from catdog.data.image_files import decoding_fingerprint
from catdog.data.pipeline import count_batches
from catdog.data.split import split
from catdog.errors import CatdogError, RecordError, SettingsError
from catdog.runs import replay, store
from catdog.runs.identity import describe_images, describe_training
from catdog.runs.schema import History, as_record, parse_record
from catdog.scores import Result, Score, summarize
from catdog.training import Trained

HISTORY = ("accuracy", "val_accuracy", "loss", "val_loss")
# In a checkout without the photographs, which have the same names.
DRAWN = replace(TUTORIAL_IMAGES, source="drawings")


def changed(run, **fields):
    """The same run, but for some fields."""
    return msgspec.structs.replace(run, **fields)


def write(run, folder=None):
    """Record a run, and return what is read of it."""
    return changed(run, path=store.write_run(run, folder).resolve())


@pytest.fixture
def recorded(run, user, published):
    """That run, recorded in the user's folder."""
    return write(run)


def test_run_holds_what_the_record_promises(trained, images):
    run, model = trained
    assert (run.model, run.seed, run.fold, run.epochs) == ("model1", 6, 1, 1)
    history = msgspec.structs.asdict(run.history)
    assert {name: len(values) for name, values in history.items()} == (
        dict.fromkeys(HISTORY, 1)
    )
    names = split(images, 1)
    assert run.images == describe_images(images, names)
    assert [score.name for score in run.scores] == names.test
    assert run.test == summarize(run.scores) and run.test.n == 8
    assert (run.train.n, run.validation.n) == (48, 32)
    assert run.validation.accuracy == pytest.approx(
        run.history.val_accuracy[-1], abs=1e-4
    )
    assert (run.parameters.trainable, run.parameters.frozen) == (
        model.count_params(),
        0,
    )
    described = models.model1(decay_steps=count_batches(images.train))
    assert run.configuration == describe_training(described)
    assert run.decoding == decoding_fingerprint()
    assert run.base_weights is None
    assert run.environment.keys() >= {
        "python",
        "tensorflow",
        "keras",
        "cores",
        "platform",
    }
    assert run.seconds > 0 and len(run.recorded) == 10
    assert run.path is None


def test_record_reads_back_as_the_same_run(recorded):
    assert store.read_run(recorded.path) == recorded


def test_run_that_belongs_to_code_and_images_is_shown(
    recorded, images, monkeypatch
):
    monkeypatch.setenv("CATDOG_EPOCHS", "1")
    assert replay.recorded_runs(models.model1, images) == [recorded]


@pytest.mark.parametrize("epochs", ["2", "20"])
def test_without_a_run_of_these_epochs_an_error_tells_how_to_record_one(
    epochs, recorded, images, monkeypatch
):
    monkeypatch.setenv("CATDOG_EPOCHS", epochs)
    with pytest.raises(RecordError) as error:
        replay.recorded_runs(models.model1, images)
    assert str(error.value) == (
        "No run of model1 on these images is recorded: run "
        f"`catdog train model1 --epochs {epochs}` first."
    )


def test_without_any_run_an_error_names_the_model(user, published, images):
    with pytest.raises(
        RecordError,
        match=r"^No run of model2 .*`catdog train model2 --epochs 20` first",
    ):
        replay.recorded_runs(models.model2, images)


@pytest.mark.parametrize("train", ["0", "1"])
def test_runs_are_shown_whether_or_not_chapters_train(
    train, recorded, images, monkeypatch
):
    monkeypatch.setenv("CATDOG_TRAIN", train)
    monkeypatch.setenv("CATDOG_EPOCHS", "1")
    assert replay.recorded_runs(models.model1, images) == [recorded]


@pytest.mark.parametrize("value", ["many", "-1", "1.5", "0", "²"])
def test_epochs_that_are_no_number_get_one_sentence(value, images, monkeypatch):
    monkeypatch.setenv("CATDOG_EPOCHS", value)
    with pytest.raises(SettingsError, match="CATDOG_EPOCHS is"):
        replay.recorded_runs(models.model1, images)


def test_no_epochs_are_an_error_and_not_the_default(images):
    with pytest.raises(CatdogError, match=r"^0 epochs .* 1 or more"):
        replay.train_run(models.model1, images, seed=0, epochs=0)


def test_a_run_is_of_the_images_of_its_source_and_names(recorded, images):
    assert recorded.is_of(images)
    fewer = dataclasses.replace(images, train=images.train[1:])
    assert not recorded.is_of(fewer)
    assert not recorded.is_of(dataclasses.replace(images, source="drawings"))


def test_runs_of_photographs_that_stand_in_are_not_of_the_drawings(user):
    runs = replay.recorded_runs(models.model1, DRAWN)
    assert len(runs) == 5
    assert all(run.is_of(TUTORIAL_IMAGES) for run in runs)
    assert not any(run.is_of(DRAWN) for run in runs)


def drawn(run):
    images = msgspec.structs.replace(run.images, source="drawings")
    return changed(run, images=images, seconds=0.5)


def test_drawings_and_photographs_are_never_mixed(
    run, user, published, images, monkeypatch
):
    monkeypatch.setattr(replay, "BUILDERS", {"model1": models.model1})
    drawings = replace(images, source="drawings")

    def sources(images):
        runs = replay.find_runs(models.model1, images, 1)
        return [(run.seed, run.images.source) for run in runs]

    store.write_run(changed(drawn(run), seed=7))
    assert sources(images) == []
    assert sources(drawings) == [(7, "drawings")]
    store.write_run(run, published)
    assert sources(images) == [(6, "photographs")]
    assert sources(drawings) == [(7, "drawings")]
    store.write_run(drawn(run))
    assert sources(images) == [(6, "photographs")]
    assert sources(drawings) == [(6, "drawings"), (7, "drawings")]


def test_own_images_and_the_tutorials_are_never_mixed(recorded, images):
    tutorial = make_run(
        configuration=recorded.configuration,
        decoding=recorded.decoding,
        images=msgspec.structs.replace(
            make_run().images, contents=images.contents
        ),
        training=[0.5],
        validation=[0.5],
    )
    store.write_run(tutorial)
    assert len(store.read_all_runs()) == 2
    assert replay.find_runs(models.model1, images, 1) == [recorded]


def as_if_recorded(builder, **fields):
    """An epoch of a model that belongs to today's code, without training."""
    model = builder(decay_steps=count_batches(TUTORIAL_IMAGES.train))
    return make_run(
        builder.__name__,
        configuration=describe_training(model),
        decoding=decoding_fingerprint(),
        training=[0.5],
        validation=[0.5],
        **fields,
    )


def test_photographs_stand_in_where_no_run_of_drawings_is(
    user, published, monkeypatch
):
    monkeypatch.setattr(replay, "BUILDERS", {"model1": models.model1})
    of_photographs = as_if_recorded(models.model1)
    store.write_run(of_photographs)
    (found,) = replay.find_runs(models.model1, DRAWN, 1)
    assert found.images.source == "photographs"
    of_drawings = drawn(changed(of_photographs, seed=3))
    store.write_run(of_drawings)
    drawings = replace(DRAWN)
    drawings.__dict__["contents"] = of_drawings.images.contents  # no files
    (found,) = replay.find_runs(models.model1, drawings, 1)
    assert (found.seed, found.images.source) == (3, "drawings")
    # Of another model there is none: then no run of drawings is shown.
    both = {"model1": models.model1, "model2": models.model2}
    monkeypatch.setattr(replay, "BUILDERS", both)
    (found,) = replay.find_runs(models.model1, drawings, 1)
    assert (found.seed, found.images.source) == (0, "photographs")


def test_a_users_run_comes_before_the_published_one_of_the_same_seed(
    run, user, published, images
):
    store.write_run(changed(run, seconds=1.0), published)
    store.write_run(changed(run, seconds=2.0), user)
    store.write_run(changed(run, seed=2, seconds=3.0), published)
    runs = replay.find_runs(models.model1, images, 1)
    assert [(run.seed, run.seconds) for run in runs] == [(2, 3.0), (6, 2.0)]


def test_a_stale_run_of_the_user_does_not_hide_the_published_one(
    run, user, published, images
):
    store.write_run(changed(run, decoding="0" * 16, seconds=2.0), user)
    store.write_run(changed(run, seconds=1.0), published)
    runs = replay.find_runs(models.model1, images, 1)
    assert [run.seconds for run in runs] == [1.0]


def test_runs_of_other_images_or_code_are_not_replayed(recorded, images):
    fewer = dataclasses.replace(images, train=images.train[1:])
    assert replay.find_runs(models.model1, fewer, 1) == []
    assert replay.find_runs(ablations.relu, images, 1) == []

    def model1(decay_steps):
        network = ablations.network("model1", dropout=0.3)
        return models.compile_model(network, decay_steps)

    assert replay.find_runs(model1, images, 1) == []
    assert replay.why_stale(recorded, model1, images) == [
        "Dropout.rate: 0.4, recorded; 0.3, now"
    ]
    assert replay.find_runs(models.model1, images, 1) == [recorded]


def test_runs_of_other_contents_under_the_same_names_are_not_replayed(
    run, user, published, images
):
    other = msgspec.structs.replace(run.images, contents="0" * 16)
    store.write_run(changed(run, images=other))
    assert replay.find_runs(models.model1, images, 1) == []


def test_a_recorded_run_is_longer_by_the_epochs_of_fine_tuning(
    user, published, random_weights
):
    run = as_if_recorded(ablations.fine_tuned)
    recipe = ablations.recipe_of("fine_tuned")
    epochs = 1 + recipe.fine_tuning_epochs
    history = History(*([0.5] * epochs for _ in range(4)))
    run = changed(run, epochs=epochs, history=history)
    run.configuration["recipe"] = dataclasses.asdict(recipe)
    assert replay.why_stale(run, ablations.fine_tuned, None) == []
    run = write(run)
    assert replay.find_runs(ablations.fine_tuned, DRAWN, 1) == [run]
    assert replay.find_runs(ablations.fine_tuned, DRAWN, epochs) == []


def test_replaying_builds_no_model_from_its_weights(
    user, published, monkeypatch
):
    def fail(*arguments):
        pytest.fail("the weights are loaded")

    monkeypatch.setattr(pretrained, "pretrained_mobilenet_v2", fail)
    replay._describe.cache_clear()
    assert replay.why_stale(make_run("model4"), models.model4, None)


def test_all_published_runs_of_the_five_models_are_found(user):
    runs = replay.find_all_runs(models.BUILDERS, DRAWN)
    assert {
        name: [run.seed for run in group] for name, group in runs.items()
    } == {name: [0, 1, 2, 3, 4] for name in models.BUILDERS}


def test_published_ablations_are_found_by_what_they_change(user):
    runs = replay.find_ablations(ablations.ABLATIONS, DRAWN)
    assert len(runs) == len(ablations.ABLATIONS)
    changes = {
        run.model: change for change, group in runs.items() for run in group
    }
    assert changes.keys() == ablations.ABLATIONS.keys()  # each has a run
    assert changes["relu"] == "`relu` in place of `leaky_relu`"
    assert changes["size_224"] == "Images of 224 by 224 pixels"


SMALL = {"model1": models.model1, "model2": models.model2}


def test_own_images_need_a_run_of_each_model(recorded, images, monkeypatch):
    monkeypatch.setenv("CATDOG_EPOCHS", "1")
    with pytest.raises(
        RecordError,
        match=r"^No run of model2 on these .*`catdog train model2 --epochs 1` first",
    ):
        replay.find_all_runs(SMALL, images)
    found = replay.find_all_runs(SMALL, images, needed=False)
    assert list(found) == ["model1"]
    assert found["model1"] == [recorded]


def test_the_tutorials_images_need_no_runs(user, published):
    assert replay.find_all_runs(SMALL, TUTORIAL_IMAGES) == {}


@pytest.mark.parametrize(
    "builder",
    [models.model1, models.model4, ablations.every_epoch, ablations.fine_tuned],
)
def test_models_are_trained_by_their_recipe(
    builder, images, random_weights, monkeypatch
):
    asked = []

    def train(builder, images, seed, epochs, recipe, n_devices):
        asked.append((seed, epochs, recipe, n_devices))
        scores = [Score(name, 0, 1 / 3) for name in split(images, 0).test]
        history = {name: [0.5, 0.123456] for name in HISTORY}
        results = Result(48, 24, 0.7), Result(32, 16, 0.7)
        return Trained(builder(), 0, history, 1.26, *results, scores)

    monkeypatch.setattr(replay, "train", train)
    run, model = replay.train_run(builder, images, 5, 2)
    recipe = ablations.recipe_of(builder.__name__)
    assert asked == [(5, 2, recipe, 1)]
    assert isinstance(model, keras.Model)
    expected = (
        dataclasses.asdict(recipe) if builder is not models.model1 else None
    )
    assert run.configuration.get("recipe") == expected
    assert run.history.loss == [0.5, 0.12346] and run.seconds == 1.3
    assert run.scores[0].probability == 0.33333
    assert run.test == summarize(run.scores)
    assert (run.epochs, run.train.n, run.validation.n) == (2, 48, 32)
    assert parse_record(as_record(run)) == run
