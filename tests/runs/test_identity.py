"""Equal settings give equal keys, and any other setting another one."""

import json
from dataclasses import replace

import pytest
from samples_of_models import build_constant
from samples_of_runs import TUTORIAL_IMAGES

from catdog import ablations, models, settings
from catdog.data.split import FOLDS, TUTORIAL_FINGERPRINT, split
from catdog.evaluation import REQUIRED_ACCURACY
from catdog.runs import store
from catdog.runs.identity import describe_training, run_key
from catdog.scores import count_correct

RECORDS = sorted(settings.published_runs_folder().glob("*.json"))
EACH_RECORD = pytest.mark.parametrize(
    "path", RECORDS, ids=lambda path: path.stem
)


@pytest.fixture(scope="module")
def descriptions(random_weights):
    """What decides how each model learns, each built once."""
    builders = {**models.BUILDERS, **ablations.ABLATIONS}
    return {
        name: describe_training(builder(), ablations.n_augmented_copies(name))
        for name, builder in builders.items()
    }


def test_description_is_json_and_stays_the_same(descriptions):
    for name, description in descriptions.items():
        assert description == json.loads(json.dumps(description)), name
    again = describe_training(models.model1())
    assert again == descriptions["model1"]


def test_only_a_frozen_base_sees_augmented_copies(descriptions):
    assert {
        name: description.get("passes")
        for name, description in descriptions.items()
    } == {
        **dict.fromkeys(("model1", "model2", "model3"), None),
        **dict.fromkeys(ablations.OF_MODEL1, None),
        "model4": 2,
        "model5": 2,
        "every_epoch": 20,
        "side_224": 2,
    }


def test_a_fixed_learning_rate_is_a_number():
    model = build_constant(0.0, learning_rate=0.25)()
    assert describe_training(model)["learning_rate"] == 0.25


def test_every_model_split_seed_or_length_has_a_key_of_its_own(descriptions):
    key = run_key(descriptions["model1"], TUTORIAL_IMAGES, 6, 1)
    fewer = replace(TUTORIAL_IMAGES, train=TUTORIAL_IMAGES.train[1:])
    keys = [
        *(
            run_key(description, TUTORIAL_IMAGES, 6, 1)
            for description in descriptions.values()
        ),
        run_key(descriptions["model1"], TUTORIAL_IMAGES, 7, 1),
        run_key(descriptions["model1"], TUTORIAL_IMAGES, 6, 2),
        run_key(descriptions["model1"], fewer, 6, 1),
    ]
    assert keys[0] == key and len(key) == 16
    assert len(set(keys)) == len(descriptions) + 3


def test_the_pace_of_the_learning_rate_belongs_to_the_key(descriptions):
    slower = describe_training(models.model1(decay_steps=7))
    assert slower["learning_rate"]["decay_steps"] == 7
    assert run_key(slower, TUTORIAL_IMAGES, 0, 20) != run_key(
        descriptions["model1"], TUTORIAL_IMAGES, 0, 20
    )


@EACH_RECORD
def test_record_belongs_to_the_code_of_today(path, descriptions):
    run = store.read_run(path)
    assert path.stem == f"{run.model}-{run.seed}"
    assert run.fold == run.seed % FOLDS
    assert run.data["source"] == "photographs"
    assert run.settings == descriptions[run.model]
    assert run.key == run_key(
        run.settings, TUTORIAL_IMAGES, run.seed, run.epochs
    )
    assert run.data["fingerprint"] == TUTORIAL_FINGERPRINT


@EACH_RECORD
def test_record_agrees_with_itself(path):
    run = store.read_run(path)
    assert run.test["correct"] == count_correct(run.scores)
    names = split(TUTORIAL_IMAGES, run.fold)
    assert [score.name for score in run.scores] == names.test
    assert [score.label for score in run.scores] == [
        TUTORIAL_IMAGES.label(name) for name in names.test
    ]
    assert [run.data[name] for name in ("train", "validation", "test")] == list(
        map(len, names)
    )
    assert run.validation["accuracy"] == pytest.approx(
        run.history["val_accuracy"][-1], abs=2e-3
    )


@pytest.mark.parametrize("name", models.BUILDERS)
def test_published_seeds_reach_the_required_accuracy(name):
    runs = [store.read_run(path) for path in RECORDS]
    runs = [run for run in runs if (run.model, run.epochs) == (name, 20)]
    assert {run.seed for run in runs} == set(range(FOLDS))
    required = REQUIRED_ACCURACY.get(name, REQUIRED_ACCURACY["model4"])
    assert min(run.validation["accuracy"] for run in runs) >= required
