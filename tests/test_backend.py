"""TensorFlow and Keras come quietly, and no other backend gets in between."""

import os

import pytest
from programs import run_python

from catdog import backend

ASK = "from catdog.backend import keras; print(keras.backend.backend())"


def test_other_backend_is_replaced_with_a_warning():
    done = run_python(ASK, environment={"KERAS_BACKEND": "jax"})
    assert (done.returncode, done.stdout) == (0, "tensorflow\n")
    assert done.stderr == (
        "KERAS_BACKEND is jax: TensorFlow is used all the same.\n"
    )


def test_backend_that_keras_has_noted_does_not_count(tmp_path):
    (tmp_path / "keras.json").write_text('{"backend": "jax"}')
    environment = {"KERAS_HOME": str(tmp_path), "KERAS_BACKEND": ""}
    done = run_python(ASK, environment=environment)
    assert (done.returncode, done.stdout) == (0, "tensorflow\n")
    assert done.stderr == ""


def test_noise_on_stderr_is_dropped_and_what_follows_is_not(capfd):
    with backend.quiet_stderr():
        os.write(2, b"a greeting\n")
    os.write(2, b"a warning\n")
    assert capfd.readouterr().err == "a warning\n"


def test_stderr_is_heard_again_after_an_error(capfd):
    with pytest.raises(ValueError, match="broken"), backend.quiet_stderr():
        raise ValueError("broken")
    os.write(2, b"a warning\n")
    assert capfd.readouterr().err == "a warning\n"


def test_without_stderr_there_is_nothing_to_drop(monkeypatch):
    def refuse(descriptor):
        raise OSError(9, "Bad file descriptor")

    monkeypatch.setattr(os, "dup", refuse)
    with backend.quiet_stderr():
        pass


def test_environment_says_what_a_result_may_owe_to_the_machine(monkeypatch):
    environment = backend.environment()
    assert list(environment) == [
        "python",
        "tensorflow",
        "keras",
        "cores",
        "gpus",
        "platform",
    ]
    assert environment["cores"] >= 1 and environment["gpus"] >= 0
    assert environment["tensorflow"] == backend.tf.__version__


def test_cores_are_those_that_the_process_may_use(monkeypatch):
    def set_cores(allowed, all_cores):
        if allowed is None:
            monkeypatch.delattr(os, "sched_getaffinity", raising=False)
        else:
            monkeypatch.setattr(
                os, "sched_getaffinity", lambda _: allowed, raising=False
            )
        monkeypatch.setattr(os, "cpu_count", lambda: all_cores)
        return backend.environment()["cores"]

    assert set_cores({0, 5, 7}, 8) == 3
    assert set_cores(None, 8) == 8
    assert set_cores(None, None) == 1
