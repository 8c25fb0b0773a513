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
from catdog import ablations
from catdog.backend import tf
from catdog.data import sources
from catdog.runs import replay
(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(
    cpu, [tf.config.LogicalDeviceConfiguration()] * 2
)
images = sources.open_images(Path(sys.argv[1]))
for n_devices in (1, 2):
    run, model = replay.train_run(ablations.no_dropout, images, 3, 3, n_devices)
    print(json.dumps([run.devices, run.history.loss, run.validation.accuracy,
        [score.name for score in run.scores], model.count_params()]))
"""


@pytest.mark.slow
def test_two_devices_learn_what_one_learns(small_folder, images):
    done = run_python(TRAIN, small_folder)
    assert done.returncode == 0, done.stderr
    one, two = map(json.loads, done.stdout.splitlines()[-2:])
    assert (one[0], two[0]) == (1, 2)
    # Without dropout, the same batches lead to the same steps.
    assert np.allclose(one[1], two[1], rtol=0.02)
    assert two[2] == pytest.approx(one[2], abs=0.1)
    assert one[3:] == two[3:]


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
