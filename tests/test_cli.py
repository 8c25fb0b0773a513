"""The command line: what is asked for is done, or one sentence says why not."""

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import keras
import msgspec
import numpy as np
import pytest
from programs import COMMAND, heavy, run_catdog, run_python, watch
from samples import FLAT, jpeg, write_folder
from samples_of_models import build_constant
from samples_of_runs import make_run

from catdog import ablations, cli, models, settings
from catdog.data import sources
from catdog.data.sources import open_images
from catdog.evaluation import mean
from catdog.runs import replay, store

ROOT = Path(__file__).parents[1]
COMMANDS = (
    "new",
    "data",
    "train",
    "runs",
    "predict",
    "export",
    "bench",
    "measure",
    "render",
    "notebooks",
    "clean",
)
POSIX_ONLY = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no such files or signals"
)


def test_help_names_every_command_and_each_has_an_example(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    text = capsys.readouterr().out
    for command in COMMANDS:
        assert command in text
        with pytest.raises(SystemExit) as stopped:
            cli.main([command, "--help"])
        example = capsys.readouterr().out.split("example:")[1]
        assert stopped.value.code == 0 and f"catdog {command}" in example


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "model1", "--epochs", "0"],
        ["train", "model1", "--epochs", "²"],
        ["train", "model1", "--seed", "-1"],
        ["train", "model1", "--jobs", "0"],
        ["train", "model1", "--jobs", "2", "--scheduler", "tcp://10.0.0.1"],
        ["runs", "--format", "xml"],
        ["bench", "--rounds", "0"],
        ["export", "--quantization", "int4"],
        ["paint"],
        [],
    ],
)
def test_wrong_words_get_one_sentence_and_status_2(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    output = capsys.readouterr()
    assert stopped.value.code == 2 and output.out == ""
    assert output.err.count("\n") == 1 and "--help" in output.err


def test_unknown_model_gets_the_names_of_those_that_there_are(capsys):
    assert cli.main(["train", "nosuch"]) == 2
    output = capsys.readouterr()
    assert output.out == "" and output.err == (
        "catdog: There is no model 'nosuch': choose one of model1, model2, "
        "model3, model4, model5, relu, large_weights, no_dropout, small_steps, "
        "every_epoch, fine_tuned, size_192, size_224, "
        "size_256, averaged_flips, or all.\n"
    )


def test_missing_images_get_one_sentence_and_status_2(monkeypatch, capsys):
    monkeypatch.setenv("CATDOG_DATA", "/nowhere/pets.zip")
    assert cli.main(["train", "model1"]) == 2
    output = capsys.readouterr()
    assert output.out == "" and output.err.count("\n") == 1
    assert "/nowhere/pets.zip" in output.err


def test_data_says_what_it_found(monkeypatch, small_folder, capsys):
    monkeypatch.setenv("CATDOG_DATA", str(small_folder))
    assert cli.main(["data"]) == 0
    assert (
        capsys.readouterr().out
        == f"48 training and 40 held-out photographs in {small_folder}\n"
    )


@POSIX_ONLY
@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("CATDOG_DATA", "/dev/null", "nothing at /dev/null"),
        ("CATDOG_DATA", "x" * 5000, "nothing at"),
        ("CATDOG_DATA", "/proc/self/mem/pets", "nothing at"),
        (
            "CATDOG_CACHE",
            "/dev/null/cache",
            "/dev/null/cache cannot be made (Not a directory): set CATDOG_CACHE",
        ),
        ("CATDOG_CACHE", "/proc/cache", "/proc/cache cannot be made"),
    ],
)
def test_places_that_cannot_be_used_get_one_sentence(
    name, value, text, small_zip, monkeypatch, capsys
):
    monkeypatch.setenv("CATDOG_DATA", str(small_zip))
    monkeypatch.setenv(name, value)
    assert cli.main(["data"]) == 2
    errors = capsys.readouterr().err
    assert text in errors and errors.count("\n") == 1


class Trainings(list):
    """The trainings that were asked for, as (name, seed, epochs)."""

    def train_run(self, builder, images, seed, epochs, n_devices):
        self.append((builder.__name__, seed, epochs))
        run = make_run(builder.__name__, seed)
        run.images = msgspec.structs.replace(
            run.images, source=images.source, names=images.fingerprint
        )
        layers = [keras.Input((4, 4, 3)), keras.layers.Conv2D(1, 3)]
        model = keras.Sequential(layers, name=builder.__name__)
        return run, model


@pytest.fixture
def trainings(monkeypatch, small_folder, random_weights):
    """Trainings are noted, and take no time."""
    asked = Trainings()
    monkeypatch.setattr(replay, "train_run", asked.train_run)
    monkeypatch.setenv("CATDOG_DATA", str(small_folder))
    return asked


def files(folder):
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file()
    )


def test_train_records_a_run_for_each_seed(trainings, images, capsys):
    from catdog import checkpoints

    assert cli.main(["train", "model2", "--seed", "0", "3"]) == 0
    assert trainings == [("model2", 0, 20), ("model2", 3, 20)]
    own = f"own/{images.fingerprint}"
    networks = checkpoints.network_path("model2", 0).parent
    networks = networks.relative_to(settings.runs_folder()).as_posix()
    assert files(settings.runs_folder()) == [
        f"{networks}/model2-0.json",
        f"{networks}/model2-0.keras",
        f"{networks}/model2-3.json",
        f"{networks}/model2-3.keras",
        f"{own}/model2-0.json",
        f"{own}/model2-0.npz",
        f"{own}/model2-3.json",
        f"{own}/model2-3.npz",
    ]
    first, second, third = capsys.readouterr().out.splitlines()
    assert first == f"Training on 48 photographs from {images.folder}."
    assert second == (
        f"{settings.runs_folder() / own / 'model2-0.json'}: validation 75.0%, "
        "test 75.0% of 4 (30.1% to 95.4%), 60 s"
    )
    assert "model2-3.json" in third


def test_all_trains_the_five_models(trainings):
    assert cli.main(["train", "all"]) == 0
    assert trainings == [(name, 0, 20) for name in models.BUILDERS]


@pytest.mark.parametrize("name", ablations.ABLATIONS)
def test_every_ablation_can_be_trained(name, trainings):
    assert cli.main(["train", name]) == 0
    assert trainings == [(name, 0, 20)]


def test_epochs_of_the_environment_count_for_train(trainings, monkeypatch):
    monkeypatch.setenv("CATDOG_EPOCHS", "1")
    assert cli.main(["train", "model1"]) == 0
    assert cli.main(["train", "model1", "--epochs", "2"]) == 0
    assert trainings == [("model1", 0, 1), ("model1", 0, 2)]
    monkeypatch.setenv("CATDOG_EPOCHS", "many")
    assert cli.main(["train", "model1"]) == 2


@pytest.mark.parametrize("source", ["photographs", "drawings", "own"])
def test_runs_are_written_apart_by_their_images(
    source, trainings, images, tmp_path, monkeypatch
):
    tutorial = replace(
        images, source="drawings" if source == "drawings" else images.source
    )
    monkeypatch.setattr(sources, "find_images", lambda: tutorial)
    if source == "photographs":  # these images are the tutorial's
        monkeypatch.setattr(store, "TUTORIAL_FINGERPRINT", images.fingerprint)
    out = tmp_path / "out"
    assert cli.main(["train", "model1", "--out", str(out)]) == 0
    place = {
        "photographs": "",
        "drawings": "drawings/",
        "own": f"own/{images.fingerprint}/",
    }[source]
    names = [f"{place}model1-0.{kind}" for kind in ("json", "npz")]
    assert files(out) == names


@POSIX_ONLY
@pytest.mark.parametrize("out", ["/dev/null", "/dev/null/runs"])
def test_records_that_cannot_be_written_get_one_sentence(
    out, trainings, capsys
):
    assert cli.main(["train", "model1", "--out", out]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_train_records_and_predict_uses_what_was_trained(
    monkeypatch, small_folder, images, tmp_path, capsys
):
    monkeypatch.setenv("CATDOG_DATA", str(small_folder))
    image = str(next(small_folder.rglob("*.jpg")))
    predict = ["predict", "--model", "model1", "--seed", "3"]
    assert cli.main([*predict, image]) == 2
    assert "catdog train model1 --seed 3" in capsys.readouterr().err
    train = ["train", "model1", "--seed", "3", "--epochs", "1"]
    assert cli.main([*train, "--out", str(tmp_path / "out")]) == 0
    record, weights = files(tmp_path / "out")
    assert weights == f"own/{images.fingerprint}/model1-3.npz"
    assert record == f"own/{images.fingerprint}/model1-3.json"
    assert record in capsys.readouterr().out
    assert cli.main([*predict, image, image]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == second and first.startswith(f"{image}: ")
    (tmp_path / "note.jpg").write_text("no image")
    assert cli.main([*predict, str(tmp_path / "note.jpg")]) == 2
    assert "note.jpg" in capsys.readouterr().err


def test_predict_names_the_classes_that_the_model_was_trained_on(
    tmp_path, capsys
):
    from catdog import checkpoints

    model = build_constant(0.0)()
    checkpoints.save_network(model, 0, ("cow", "hen"))
    (tmp_path / "pet.jpg").write_bytes(jpeg())
    image = str(tmp_path / "pet.jpg")
    assert cli.main(["predict", image, "--model", "model1"]) == 0
    assert capsys.readouterr().out == f"{image}: hen, 50%\n"


@pytest.mark.parametrize("quantization", ["none", "int8"])
def test_export_writes_the_network_that_was_trained(
    quantization, monkeypatch, small_folder, tmp_path, capsys
):
    from catdog import checkpoints, export

    monkeypatch.setenv("CATDOG_DATA", str(small_folder))
    model = build_constant(0.0)()
    model.layers[-1].bias.assign([2.0, -1.0])
    checkpoints.save_network(model, 3, ("cat", "dog"))
    path = tmp_path / "new" / "network.tflite"
    command = ["export", "--model", "model1", "--seed", "3", "--cells"]
    command += ["--quantization", quantization, "--out", str(path)]
    assert cli.main(command) == 0
    output = capsys.readouterr().out
    assert output.splitlines()[-1] == f"{path}: 0.0 MB"
    assert ("learned from photographs" in output) == (quantization == "int8")
    answer = export.load_litert(path)(np.zeros((1, 160, 160, 3)))
    np.testing.assert_allclose(answer["logits"], [[2, -1]], atol=0.05)
    assert answer["cells"].shape == (1, 160, 160, 2)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "Name a file, such as --out model4.tflite, or --measure."),
        (["--out", "a", "--rounds", "3"], "add --measure."),
        (["--measure", "--cells"], "leave --quantization and --cells out."),
        (
            ["--measure", "--model", "model4", "--seed", "99"],
            "No run of model4 with seed 99 is recorded: run `catdog train model4 "
            "--seed 99` first.",
        ),
    ],
)
def test_export_that_cannot_be_says_why(arguments, text, capsys):
    assert cli.main(["export", *arguments]) == 2
    output = capsys.readouterr()
    assert output.out == "" and output.err.endswith(f"{text}\n")
    assert output.err.count("\n") == 1


def test_exports_are_printed_and_kept_where_it_is_asked_for(
    monkeypatch, small_folder, tmp_path, capsys
):
    from catdog import benchmarks
    from catdog.report import about_measurements, measurements

    exports, asked = measurements.read_exports(), []

    def measure(runs, images, rounds):
        asked.append(([(run.model, run.seed) for run in runs], rounds))
        return exports

    monkeypatch.setattr(benchmarks, "measure_exports", measure)
    monkeypatch.setenv("CATDOG_DATA", str(small_folder))
    path = tmp_path / "exports.json"
    assert cli.main(["export", "--measure"]) == 0
    assert (
        capsys.readouterr().out
        == f"{about_measurements.exports_table(exports)}\n"
    )
    command = ["export", "--measure", "--model", "model4", "--rounds", "5"]
    assert cli.main([*command, "--out", str(path)]) == 0
    assert json.loads(path.read_text()) == exports
    assert asked == [([("model4", 0), ("model5", 0)], 7), ([("model4", 0)], 5)]


def test_model4_is_not_trained_on_random_weights(
    monkeypatch, small_folder, tmp_path, capsys
):
    from catdog import pretrained
    from catdog.errors import WeightsError

    def refuse(size):
        raise WeightsError(
            "The weights cannot be loaded: connect to the internet."
        )

    monkeypatch.setattr(pretrained, "pretrained_mobilenet_v2", refuse)
    monkeypatch.setenv("CATDOG_DATA", str(small_folder))
    out = tmp_path / "out"
    assert cli.main(["train", "model4", "--out", str(out)]) == 2
    assert "connect to the internet" in capsys.readouterr().err
    assert not out.exists()


@pytest.fixture
def flat_folder(tmp_path, monkeypatch):
    """Twenty images of each class, of one color each."""
    folder = write_folder(tmp_path / "images", FLAT)
    monkeypatch.setenv("CATDOG_DATA", str(folder))
    return folder


def test_training_that_diverges_is_said_and_not_recorded(
    flat_folder, tmp_path, monkeypatch, capsys
):
    monkeypatch.setitem(models.BUILDERS, "model1", build_constant(np.nan))
    assert cli.main(["train", "model1", "--out", str(tmp_path / "out")]) == 2
    errors = capsys.readouterr().err
    assert "diverged" in errors and errors.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_runs_that_fail_are_said_and_the_others_go_on(
    small_folder, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("CATDOG_DATA", str(small_folder))
    two = {"model1": build_constant(np.nan), "model2": models.model2}
    monkeypatch.setattr(models, "BUILDERS", two)
    out = tmp_path / "out"
    assert cli.main(["train", "all", "--epochs", "1", "--out", str(out)]) == 2
    output = capsys.readouterr()
    assert "model1 with seed 0 diverged" in output.out
    assert output.err == "catdog: 1 of 2 runs failed: model1 with seed 0.\n"
    assert len(list(out.rglob("*.json"))) == 1


def test_collapse_is_said_and_recorded_for_ablations_only(
    flat_folder, tmp_path, monkeypatch, capsys
):
    collapsing = build_constant(0)

    def relu(decay_steps):
        model = collapsing()
        model.name = "relu"
        return model

    monkeypatch.setitem(models.BUILDERS, "model1", collapsing)
    monkeypatch.setitem(ablations.ABLATIONS, "relu", relu)
    options = ["--epochs", "6", "--out", str(tmp_path / "out")]
    assert cli.main(["train", "model1", *options]) == 2
    errors = capsys.readouterr().err
    assert "model1 with seed 0 learned nothing" in errors
    assert errors.count("\n") == 1
    assert not (tmp_path / "out").exists()
    assert cli.main(["train", "relu", *options]) == 0
    (path,) = (tmp_path / "out").rglob("*.json")
    assert path.name == "relu-0.json"


def test_own_images_without_runs_are_not_rendered(
    monkeypatch, small_folder, random_weights, capsys
):
    monkeypatch.setenv("CATDOG_DATA", str(small_folder))
    assert cli.main(["render"]) == 2
    assert capsys.readouterr().err == (
        "catdog: No run of model1, model2, model3, model4, model5 on these "
        "images is recorded: run `catdog train all --epochs 20` first.\n"
    )


@pytest.mark.parametrize("source", ["photographs", "drawings"])
def test_render_says_what_it_used_and_chapters_use_the_same(
    source, images, tmp_path, monkeypatch, capsys
):
    from catdog.publish import render

    used = replace(images, source=source)
    monkeypatch.setattr(sources, "find_images", lambda: used)
    monkeypatch.setattr(replay, "find_all_runs", lambda builders, images: {})
    monkeypatch.setenv("CATDOG_DATA", "something else")
    index = tmp_path / "index.html"
    asked = []

    def build(root, renderer):
        asked.append((root, renderer, os.environ["CATDOG_DATA"]))
        return index, "Quarto"

    monkeypatch.setattr(render, "build", build)
    assert cli.main(["render"]) == 0
    assert cli.main(["render", "--with", "built-in"]) == 0
    data = "catdog:drawings" if source == "drawings" else str(images.folder)
    assert asked == [
        (Path.cwd(), "auto", data),
        (Path.cwd(), "built-in", data),
    ]
    said = capsys.readouterr().out
    assert said.startswith(
        f"Rendered by Quarto with {source} from {images.folder}.\n"
        f"Open {index.resolve().as_uri()}\n"
    )
    assert "make serve" in said


def test_notebooks_are_written_or_only_checked(monkeypatch, capsys):
    from catdog.publish import notebooks

    stale = []
    monkeypatch.setattr(notebooks, "check_notebooks", lambda root: stale)
    monkeypatch.setattr(notebooks, "write_notebooks", lambda root: ["a", "b"])
    assert cli.main(["notebooks"]) == 0
    assert capsys.readouterr().out == "a\nb\n"
    assert cli.main(["notebooks", "--check"]) == 0
    assert capsys.readouterr().out == "All notebooks are up to date.\n"
    stale += ["01-data.ipynb", "offers.json"]
    assert cli.main(["notebooks", "--check"]) == 2
    assert capsys.readouterr().err.startswith(
        "catdog: Stale notebooks: 01-data.ipynb, offers.json. Write them again"
    )


def test_unreadable_record_gets_one_sentence_and_status_2(capsys):
    folder = settings.runs_folder()
    folder.mkdir()
    (folder / "model1-0.json").write_text("{")
    assert cli.main(["runs"]) == 2
    output = capsys.readouterr()
    assert output.out == "" and "model1-0.json" in output.err
    assert output.err.count("\n") == 1


def test_without_runs_there_is_a_sentence_and_an_empty_list(
    monkeypatch, tmp_path, capsys
):
    nowhere = tmp_path / "nowhere"
    monkeypatch.setattr(settings, "published_runs_folder", lambda: nowhere)
    assert cli.main(["runs"]) == 0
    text = capsys.readouterr().out
    assert str(nowhere.resolve()) in text and "`catdog train` records" in text
    assert cli.main(["runs", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_ctrl_c_is_said_in_a_word(monkeypatch, capsys):
    def stop():
        raise KeyboardInterrupt

    monkeypatch.setattr(sources, "find_images", stop)
    assert cli.main(["data"]) == 130
    assert capsys.readouterr().err == "catdog: stopped.\n"


def test_trouble_with_files_is_said_in_one_sentence(monkeypatch, capsys):
    errors = iter([OSError(28, "No space left", "x.json"), OSError("odd")])

    def fail():
        raise next(errors)

    monkeypatch.setattr(sources, "find_images", fail)
    assert cli.main(["data"]) == cli.main(["data"]) == 2
    assert capsys.readouterr().err == (
        "catdog: No space left (x.json).\ncatdog: odd.\n"
    )


MADE = (
    "checked/0123456789abcdef.json",
    "decoded/0123456789abcdef-160/0123456789abcdef.rgb",
    "drawings-0123456789abcdef/train/cats/cat.0.jpg",
    "photographs-fedcba9876543210/train/cats/cat.0.jpg",
)
NOT_MADE = (
    "drawings-of-my-daughter/sun.png",
    "drawings-0123456789abcdef.zip",
    "letter.txt",
    "model1-0.json",
    "photographs-2019/beach.jpg",
)


def test_clean_deletes_what_the_package_made_and_nothing_else(
    monkeypatch, tmp_path, capsys
):
    cache = tmp_path / "cache"
    monkeypatch.setenv("CATDOG_CACHE", str(cache))
    monkeypatch.setenv("CATDOG_RUNS", str(cache / "runs"))
    store.write_run(make_run())
    networks = settings.networks_folder()
    kept = [*NOT_MADE, "runs/model1-0.json", "runs/networks/model1-0.keras"]
    for name in (*MADE, *NOT_MADE, networks / "model1-0.keras"):
        path = cache / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\0" * 2**20)
    assert cli.main(["clean"]) == 0
    assert capsys.readouterr().out == (
        "     1.0 MiB  checked\n"
        "     1.0 MiB  decoded\n"
        "     1.0 MiB  drawings-0123456789abcdef\n"
        "     1.0 MiB  photographs-fedcba9876543210\n"
        f"     4.0 MiB  in {cache}: `catdog clean --delete` deletes them.\n"
    )
    assert files(cache) == sorted([*MADE, *kept])
    assert cli.main(["clean", "--delete"]) == 0
    assert f"     4.0 MiB  in {cache}: deleted.\n" in capsys.readouterr().out
    assert files(cache) == sorted(kept)
    assert cli.main(["clean"]) == 0
    assert capsys.readouterr().out.startswith("     0.0 MiB  in ")


# From here on in processes of their own.


def test_program_is_installed_under_its_name():
    (program,) = metadata.entry_points(group="console_scripts", name="catdog")
    assert program.load() is cli.main
    script = shutil.which("catdog", path=str(Path(sys.executable).parent))
    assert script
    done = subprocess.run(
        [script, "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout.startswith("usage: catdog ")


@pytest.fixture
def bare(tmp_path):
    """A world in which there is no cache, nothing of Keras, and no image."""
    file = tmp_path / "file"
    file.touch()
    (tmp_path / "keras").mkdir()
    return {
        "CATDOG_CACHE": str(file / "cache"),  # cannot be made
        "CATDOG_DATA": str(tmp_path / "nowhere"),
        "KERAS_HOME": str(tmp_path / "keras"),
    }


@pytest.mark.parametrize(
    "arguments", [["--help"], ["runs"], ["runs", "--help"]]
)
def test_help_and_runs_load_no_tensorflow_and_open_no_image(
    arguments, bare, tmp_path
):
    done, seen = watch(
        tmp_path / "seen.json", COMMAND, *arguments, environment=bare
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert heavy(seen["modules"]) == []
    assert "PIL.Image" not in seen["modules"]
    suffixes = {Path(path).suffix.lower() for path in seen["opened"]}
    assert not suffixes & {".jpg", ".jpeg", ".png", ".webp", ".h5", ".keras"}
    assert not list(Path(bare["KERAS_HOME"]).iterdir())


def test_data_loads_no_tensorflow(small_folder, tmp_path):
    done, seen = watch(
        tmp_path / "seen.json",
        COMMAND,
        "data",
        environment={"CATDOG_DATA": str(small_folder)},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("48 training and 40 held-out photographs in")
    assert heavy(seen["modules"]) == []


@pytest.mark.parametrize(
    "module",
    [
        "catdog.cli",
        "catdog.data.sources",
        "catdog.evaluation",
        "catdog.report.overview",
        "catdog.report.sentences",
        "catdog.report.tables",
        "catdog.runs.store",
        "catdog.settings",
    ],
)
def test_module_loads_no_tensorflow(module, tmp_path):
    done, seen = watch(tmp_path / "seen.json", f"import {module}")
    assert (done.returncode, done.stderr) == (0, "")
    assert module in seen["modules"] and heavy(seen["modules"]) == []


@pytest.fixture(scope="module")
def records():
    """The published records by their model, as plain JSON."""
    groups = {}
    for path in sorted((ROOT / "assets/runs").glob("*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        groups.setdefault(record["model"], []).append(record)
    return groups


def groups_of(output):
    """Header and rows below each title."""
    parts = output.rstrip().split("\n\n")
    tables = [part.splitlines() for part in parts[1::2]]
    return {
        title: (header, rows)
        for title, (header, *rows) in zip(parts[::2], tables, strict=True)
    }


def validation_accuracies(runs):
    return [
        run["validation"]["correct"] / run["validation"]["n"] for run in runs
    ]


def test_runs_are_printed_as_an_aligned_table(bare, records):
    done = run_catdog("runs", environment=bare)
    groups = groups_of(done.stdout)
    names = [row.split()[0] for _, rows in groups.values() for row in rows]
    assert sorted(names) == sorted(records)
    header, rows = groups["20 epochs on 2,000 photographs"]
    assert [row.split()[0] for row in rows][:5] == list(models.BUILDERS)
    column = header.index("required") + len("required")
    assert [row[:column].split()[-1] for row in rows][:5] == [
        "52%",
        "55%",
        "70%",
        "95%",
        "none",
    ]
    assert all(row[column] == " " for row in rows)


def test_runs_are_printed_as_markdown(bare, records):
    done = run_catdog("runs", "--format", "markdown", environment=bare)
    shown = []
    for header, (line, *rows) in groups_of(done.stdout).values():
        assert header.startswith("| model | trained parameters |")
        assert set(line) <= set("|:- ")
        shown += rows
    assert len(shown) == len(records)
    for row in shown:
        name = row.split(" | ")[0].removeprefix("| ")
        accuracies = validation_accuracies(records[name])
        spread = " (" if len(accuracies) > 1 else " |"
        assert f"| {mean(accuracies):.1%}{spread}" in row


def test_runs_are_printed_as_json_with_the_numbers_of_the_records(
    bare, records
):
    done = run_catdog("runs", "--format", "json", environment=bare)
    summaries = {run["model"]: run for run in json.loads(done.stdout)}
    assert set(summaries) == set(records)
    for name, runs in records.items():
        summary = summaries[name]
        assert summary["seeds"] == [run["seed"] for run in runs]
        accuracies = validation_accuracies(runs)
        assert summary["validation"] == {
            "mean": pytest.approx(mean(accuracies), abs=1e-5),
            "lowest": min(accuracies),
            "highest": max(accuracies),
        }
        test = summary["test"]
        assert test["correct"] == sum(run["test"]["correct"] for run in runs)
        assert test["n"] == sum(run["test"]["n"] for run in runs)
        assert test["low"] < test["correct"] / test["n"] <= test["high"]
        assert (
            summary["trained_parameters"] == runs[0]["parameters"]["trainable"]
        )


def test_output_that_cannot_show_a_character_shows_its_code(bare):
    done = run_catdog("runs", environment={**bare, "PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\u2013" in done.stdout and done.stdout.isascii()


@POSIX_ONLY
@pytest.mark.parametrize(
    "code", ["import sys" + COMMAND, "import catdog.backend; print('done')"]
)
def test_a_closed_stderr_is_no_trouble(code, bare):
    done = run_python(
        code, "runs", environment=bare, preexec_fn=lambda: os.close(2)
    )
    assert done.returncode == 0 and done.stdout != ""


def project_state():
    return subprocess.run(
        ["git", "status", "--porcelain", "--", "assets", "src"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.mark.skipif(
    not (ROOT / ".git").exists(), reason="this is no checkout of the project"
)
def test_a_users_run_leaves_the_project_as_it_is(small_folder, tmp_path):
    home = tmp_path / "home"
    environment = {
        "CATDOG_DATA": str(small_folder),
        "CATDOG_RUNS": "",
        "HOME": str(home),
        "LOCALAPPDATA": str(home),
        "XDG_DATA_HOME": str(home / "data"),
    }
    before = project_state()
    done = run_catdog(
        "train", "model1", "--epochs", "1", cwd=ROOT, environment=environment
    )
    assert done.returncode == 0, done.stderr
    assert project_state() == before
    (record,) = home.rglob("own/*/model1-0.json")
    (network,) = home.rglob("networks/*/model1-0.keras")
    assert str(record) in done.stdout
    assert record.parents[2] == network.parents[2]


TRAIN = """
import signal, sys
# What a shell starts in the background ignores Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
from catdog import cli, training
advance = training.advance
def announce(bar):
    print('epoch', flush=True)
    return advance(bar)
training.advance = announce
sys.exit(cli.main(sys.argv[1:]))
"""


@POSIX_ONLY
@pytest.mark.parametrize("name", ["SIGINT", "SIGKILL"])
def test_interrupted_training_leaves_the_old_record(
    name, flat_folder, tmp_path
):
    out = tmp_path / "runs"
    fingerprint = open_images(flat_folder).fingerprint
    old = out / "own" / fingerprint / "model1-0.json"
    old.parent.mkdir(parents=True)
    old.write_text("the old record")
    arguments = ["train", "model1", "--epochs", "500", "--out", str(out)]
    process = subprocess.Popen(
        [sys.executable, "-c", TRAIN, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while process.stdout.readline() != "epoch\n":
        assert process.poll() is None
    process.send_signal(getattr(signal, name))
    errors = process.communicate(timeout=60)[1]
    if name == "SIGINT":
        assert process.returncode == 130 and errors == "catdog: stopped.\n"
    else:
        assert process.returncode == -signal.SIGKILL
    assert old.read_text() == "the old record"
    assert files(out) == [old.relative_to(out).as_posix()]
