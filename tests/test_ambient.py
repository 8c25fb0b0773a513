"""The program does the same under whatever settings surround it."""

import json
import os
import sys
from pathlib import Path

import nbformat
import pytest
from programs import COMMAND, run_catdog, run_python
from projects import execute_cells, parse, write, write_draft

from catdog import ambient, models
from catdog.data.sources import open_images
from catdog.publish.execute import SET_UP
from catdog.runs import replay, store

POSIX_ONLY = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no such thing"
)
# A user without a home folder, who is in no list of users either.
NOBODY = """
import os, pwd, sys
def unknown(user):
    raise KeyError(user)
pwd.getpwuid = pwd.getpwnam = unknown
os.environ.pop("HOME", None)
"""
TRAIN = ("train", "model1", "--epochs", "2")
# All at once, since each start of TensorFlow takes seconds.
SETTINGS = {
    "KERAS_BACKEND": "jax",
    "KERAS_MAX_EPOCHS": "1",
    "KERAS_MAX_STEPS_PER_EPOCH": "x",
    "LC_ALL": "C",
    "MPLBACKEND": "nonsense",
    "PYTHONIOENCODING": "ascii",
    "PYTHONUTF8": "0",
}
KERAS_JSON = {
    "backend": "theano",
    "epsilon": 0.1,
    "floatx": "float16",
    "image_data_format": "channels_first",
}


@pytest.fixture
def keras_json(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("KERAS_BACKEND", "")
    return tmp_path / "keras.json"


def test_a_training_is_the_same_under_all_settings(
    keras_json, small_folder, tmp_path
):
    keras_json.write_text(json.dumps(KERAS_JSON))
    done = run_python(
        ("import sys" if sys.platform == "win32" else NOBODY) + COMMAND,
        *(*TRAIN, "--out", tmp_path / "out"),
        environment={"CATDOG_DATA": str(small_folder), **SETTINGS},
    )
    assert done.returncode == 0
    assert done.stderr.splitlines() == [
        "KERAS_BACKEND is jax: TensorFlow is used all the same.",
        "keras.json has epsilon 0.1: 1e-07 is used all the same.",
        "keras.json has floatx float16: float32 is used all the same.",
        "keras.json has image_data_format channels_first: channels_last is used "
        "all the same.",
        "KERAS_MAX_EPOCHS is set: all epochs and steps are taken all the same.",
        "KERAS_MAX_STEPS_PER_EPOCH is set: all epochs and steps are taken all the "
        "same.",
    ]
    record = store.read_run(next((tmp_path / "out").rglob("model1-0.json")))
    assert len(record.history.loss) == record.epochs == 2
    stale = replay.why_stale(record, models.model1, open_images(small_folder))
    assert stale == []


@pytest.mark.parametrize(
    ("noted", "said"),
    [
        ({"backend": "theano"}, "backend theano: TensorFlow is"),
        ({"floatx": "float64"}, "floatx float64: float32 is"),
        ({"backend": "tensorflow", "somebody": "else"}, ""),
        ({}, ""),
        ("{", ""),  # Keras passes it over
    ],
)
def test_what_keras_has_noted_is_replaced_with_a_word(
    noted, said, keras_json, caplog
):
    keras_json.write_text(noted if noted == "{" else json.dumps(noted))
    ambient.prepare_keras()
    assert os.environ["KERAS_BACKEND"] == "tensorflow"
    assert bool(caplog.messages) == bool(said)
    assert said in caplog.text


def test_a_page_has_no_word_about_it(keras_json, monkeypatch, caplog):
    keras_json.write_text(json.dumps(KERAS_JSON))
    monkeypatch.setenv("QUARTO_PROJECT_DIR", str(keras_json.parent))
    ambient.prepare_keras()
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("noted", "name"),
    [
        ({"floatx": "bfloat16"}, "floatx"),
        ({"image_data_format": "tf", "epsilon": 1}, "image_data_format and ep"),
        ([], "contents"),
    ],
)
def test_what_keras_cannot_use_is_named(noted, name, keras_json, small_folder):
    keras_json.write_text(json.dumps(noted))
    done = run_catdog("predict", next(small_folder.rglob("*.jpg")))
    assert done.returncode == 2
    assert done.stderr.startswith(
        f"catdog: {keras_json}: Keras cannot be imported with this {name}"
    )
    assert done.stderr.endswith(": correct or delete the file.\n")


@POSIX_ONLY
@pytest.mark.parametrize("closed", [[2], [1], [0, 1, 2]])
@pytest.mark.parametrize("status", [0, 2])
def test_closed_streams_are_no_trouble(closed, status, small_folder):
    done = run_catdog(
        "data",
        environment={"CATDOG_DATA": str(small_folder) if not status else "no"},
        preexec_fn=lambda: [os.close(number) for number in closed],
    )
    assert done.returncode == status
    assert bool(done.stdout) == (1 not in closed and status == 0)
    assert bool(done.stderr) == (2 not in closed and status == 2)


@pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="this system has no full disk"
)
@pytest.mark.parametrize("command", ["clean", "runs"])  # a line, many lines
def test_full_disk_is_one_sentence(command):
    with Path("/dev/full").open("w") as full:
        done = run_catdog(command, stdout=full)
    assert done.returncode == 2
    assert done.stderr == "catdog: No space left on device.\n"


@POSIX_ONLY
@pytest.mark.parametrize("command", ["clean", "runs"])
def test_reader_who_has_read_enough_is_no_trouble(command):
    reading, writing = os.pipe()
    os.close(reading)
    done = run_catdog(command, stdout=writing)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


@POSIX_ONLY
def test_no_file_takes_the_place_of_a_closed_stream(tmp_path):
    code = """
import os, sys
from catdog import ambient
ambient.prepare_program()
with open(sys.argv[1], "w") as file:
    os.write(2, b"a greeting")
"""
    done = run_python(code, tmp_path / "file", preexec_fn=lambda: os.close(2))
    assert done.returncode == 0
    assert (tmp_path / "file").read_bytes() == b""


RENDER = """
import sys
from pathlib import Path
from catdog import ambient
from catdog.publish import pages
ambient.prepare_program()
ambient.prepare_rendering()
pages.render(Path(sys.argv[1]))
"""
CHAPTER = """
```{python}
import os
import matplotlib.pyplot as plt
print(plt.rcParams["font.size"], plt.rcParams["backend"], "seen" in os.environ)
figure, axes = plt.subplots()
```
"""


@pytest.mark.parametrize("backend", ["module://backend_interagg", "agg"])
def test_a_page_is_the_same_whatever_somebody_has_set_for_work(
    backend, tmp_path
):
    startup = write(
        tmp_path / "ipython/profile_default/startup/mine.py",
        "import os; os.environ['seen'] = 'yes'",
    )
    rc = write(tmp_path / "matplotlibrc", "font.size: 30")
    project = write_draft(tmp_path / "project", CHAPTER)
    done = run_python(
        RENDER,
        project,
        environment={
            "IPYTHONDIR": str(tmp_path / "ipython"),
            "MATPLOTLIBRC": str(rc),
            "MPLBACKEND": backend,
            "PYTHONSTARTUP": str(startup),
        },
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    page = parse(project, "index")
    said = page.select_one(".cell-output-stdout").text.split()
    assert said[::2] == ["10.0", "False"] and "inline" in said[1]
    assert len(page.select("main img")) == 1


FIGURE = """
from catdog.report import palette
import matplotlib.pyplot as plt
figure, axes = plt.subplots()
"""


@pytest.mark.parametrize("backend", ["Agg", "agg", "module://nonsense"])
def test_figures_appear_in_kernels_that_quarto_starts(backend, tmp_path):
    cells = [nbformat.v4.new_code_cell(code) for code in (SET_UP, FIGURE)]
    ambient = {"MPLBACKEND": backend, "QUARTO_PROJECT_DIR": str(tmp_path)}
    execute_cells(cells, tmp_path, env=os.environ | ambient)
    (output,) = cells[1].outputs
    assert "image/png" in output.data


def test_a_readers_own_choice_of_a_backend_is_kept(tmp_path):
    code = f"{FIGURE}print(plt.get_backend())"
    environment = os.environ | {"MPLBACKEND": "agg"}
    environment.pop("QUARTO_PROJECT_DIR", None)
    cell = nbformat.v4.new_code_cell(code)
    execute_cells([cell], tmp_path, env=environment)
    assert [output.text.lower() for output in cell.outputs] == ["agg\n"]


FATAL = """
import os
os.write(2, b"The TensorFlow library was compiled to use AVX instructions\\n")
os.abort()
"""


@pytest.mark.parametrize("level", ["0", "3"])
def test_reason_why_tensorflow_ends_the_program_is_shown(
    level, tmp_path, small_folder
):
    (tmp_path / "tensorflow.py").write_text(FATAL)
    path = [str(tmp_path), os.environ.get("PYTHONPATH", "")]
    done = run_catdog(
        *("predict", next(small_folder.rglob("*.jpg"))),
        environment={
            "PYTHONPATH": os.pathsep.join(path),
            "TF_CPP_MIN_LOG_LEVEL": level,
        },
    )
    assert done.returncode not in {0, 2}
    assert done.stderr == (
        "The TensorFlow library was compiled to use AVX instructions\n"
    )


@POSIX_ONLY
@pytest.mark.parametrize("command", ["data", "runs", "clean"])
def test_user_without_home_is_told_what_to_set(command, small_folder):
    done = run_python(
        NOBODY + COMMAND,
        command,
        environment={
            "CATDOG_DATA": str(small_folder),
            **dict.fromkeys(("CATDOG_CACHE", "CATDOG_RUNS", "KERAS_HOME"), ""),
        },
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "catdog: This user has no home folder: set CATDOG_CACHE, CATDOG_RUNS "
        "and KERAS_HOME to folders that you may write to.\n"
    )


@pytest.mark.parametrize(
    ("name", "command"), [("CATDOG_CACHE", ["data"]), ("CATDOG_RUNS", TRAIN)]
)
def test_folder_that_cannot_be_made_is_named_before_the_work(
    name, command, small_folder, tmp_path
):
    (tmp_path / "file").touch()
    done = run_catdog(
        *command,
        environment={
            "CATDOG_DATA": str(small_folder),
            name: str(tmp_path / "file" / "below"),
        },
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1 and f": set {name} to" in done.stderr


def test_home_of_nobody_is_named():
    done = run_catdog("data", environment={"CATDOG_DATA": "~nobody123/pets"})
    assert done.returncode == 2
    assert done.stderr.startswith("catdog: CATDOG_DATA is '~nobody123/pets'")
