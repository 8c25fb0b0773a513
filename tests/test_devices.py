"""What is learned does not depend on what it is computed on."""

import json

import numpy as np
import pytest
from programs import run_python

from catdog import devices, models, training
from catdog.data.pipeline import count_batches
from catdog.errors import CatdogError
from catdog.runs import replay
from catdog.runs.schema import as_record, parse_record

TRAIN = """
import json, sys
from pathlib import Path
from catdog import ablations, devices
from catdog.backend import keras, tf
from catdog.data import pipeline, sources
from catdog.runs import replay
(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(
    cpu, [tf.config.LogicalDeviceConfiguration()] * 2
)
images = sources.open_images(Path(sys.argv[1]))
def fit(n_devices):
    keras.utils.set_random_seed(0)
    steps = []
    note = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: steps.append(batch)
    )
    with devices.train_on(n_devices, "float32"):
        model = ablations.no_dropout()
        examples = pipeline.pipeline(images, list(images.train))
        losses = model.fit(
            examples, epochs=2, verbose=0, shuffle=False, callbacks=[note]
        ).history["loss"]
    return steps, losses
def train(n_devices, seed):
    run, model = replay.train_run(
        ablations.no_dropout, images, seed, 3, n_devices
    )
    names = [score.name for score in run.scores]
    return run.devices, run.validation.accuracy, names, model.count_params()
print(json.dumps([fit(1), fit(2)]))
print(json.dumps([train(1, 0), train(1, 1), train(1, 2), train(2, 0)]))
"""


@pytest.mark.slow
def test_two_devices_learn_what_one_learns(small_folder):
    done = run_python(TRAIN, small_folder)
    assert done.returncode == 0, done.stderr
    fits, trained = map(json.loads, done.stdout.splitlines()[-2:])
    (steps, losses), (steps_of_two, losses_of_two) = fits
    assert steps_of_two == steps == [0, 1, 0, 1]
    # Batches in the same order lead to the same steps.
    assert np.allclose(losses_of_two, losses, rtol=0.01)
    *ones, two = trained
    assert [run[0] for run in trained] == [1, 1, 1, 2]
    accuracies = [run[1] for run in ones]
    assert min(accuracies) - 0.1 <= two[1] <= max(accuracies) + 0.1
    assert two[2:] == ones[0][2:]


def test_more_devices_than_there_are(images):
    with pytest.raises(CatdogError, match=r"^99 devices .* with --devices\.$"):
        training.train(models.model1, images, epochs=1, n_devices=99)


@pytest.mark.parametrize(
    ("capabilities", "policy"),
    [
        ([], "float32"),
        ([(6, 1)], "float32"),
        ([(7, 0)], "mixed_float16"),
        ([(9, 0), (9, 0)], "mixed_float16"),
        ([(9, 0), (6, 1)], "float32"),
        ([None], "float32"),
    ],
)
def test_float16_is_for_gpus_that_are_made_for_it(
    capabilities, policy, monkeypatch
):
    details = [
        {"compute_capability": version} if version else {}
        for version in capabilities
    ]
    config = devices.tf.config
    monkeypatch.setattr(config, "list_physical_devices", lambda kind: details)
    monkeypatch.setattr(
        config.experimental, "get_device_details", lambda gpu: gpu
    )
    assert devices.precision() == policy


@pytest.mark.parametrize("name", ["model1", "model4"])
def test_mixed_precision_is_recorded_and_leaves_a_usual_model(
    name, images, monkeypatch, random_weights
):
    monkeypatch.setattr(devices, "precision", lambda: devices.MIXED)
    run, model = replay.train_run(models.BUILDERS[name], images, 0, 1)
    assert run.precision == "mixed_float16"
    assert parse_record(as_record(run)).precision == "mixed_float16"
    assert model.compute_dtype == "float32"
    assert {weight.dtype for weight in model.weights} <= {"float32", "int64"}
    assert replay.why_stale(run, models.BUILDERS[name], images) == []
    assert run.validation.accuracy == pytest.approx(
        run.history.val_accuracy[-1], abs=0.1
    )
    assert devices.keras.config.dtype_policy().name == "float32"


def test_usual_runs_are_recorded_as_before(images):
    run, _ = replay.train_run(models.model1, images, 0, 1)
    record = as_record(run)
    assert '"devices"' not in record and '"precision"' not in record
    steps = count_batches(images.train)
    assert run.epochs * steps == 2
