"""TensorFlow and Keras come quietly, unless somebody wants to hear them."""

import os

import pytest
from programs import run_python

from catdog import backend


def test_tensorflows_log_can_be_shown():
    code = "import catdog.backend"
    shown = {"TF_CPP_MIN_LOG_LEVEL": "0"}
    assert "\nI0000 " in run_python(code, environment=shown).stderr
    assert run_python(code).stderr == ""


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
