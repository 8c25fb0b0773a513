import subprocess
import sys

import pytest

from catdog import cli


def run(*arguments, **environment):
    import os

    return subprocess.run(
        [sys.executable, "-m", "catdog.cli", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )


def test_help_names_every_command_and_each_has_an_example(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    text = capsys.readouterr().out
    for command in ("data", "train", "runs", "predict", "render", "notebooks"):
        assert command in text
        with pytest.raises(SystemExit) as stopped:
            cli.main([command, "--help"])
        assert (
            stopped.value.code == 0
            and f"catdog {command}"
            in capsys.readouterr().out.split("example:")[1]
        )


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "model9"],
        ["train", "model1", "--epochs", "0"],
        ["train", "model1", "--seed", "-1"],
        ["paint"],
        [],
    ],
)
def test_wrong_words_get_one_sentence_and_status_2(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    said = capsys.readouterr()
    assert stopped.value.code == 2 and said.out == ""
    assert said.err.count("\n") == 1 and "--help" in said.err


def test_missing_pictures_get_one_sentence_and_status_2(monkeypatch, capsys):
    monkeypatch.setenv("CATDOG_DATA", "/nowhere/pets.zip")
    assert cli.main(["train", "model1"]) == 2
    said = capsys.readouterr()
    assert (
        said.out == ""
        and said.err.count("\n") == 1
        and "/nowhere/pets.zip" in said.err
    )


def test_data_says_what_it_found(monkeypatch, small_folder, capsys):
    monkeypatch.setenv("CATDOG_DATA", str(small_folder))
    assert cli.main(["data"]) == 0
    assert (
        capsys.readouterr().out
        == f"48 training and 40 held-out photographs in {small_folder}\n"
    )


def test_train_records_and_predict_uses_what_was_trained(
    monkeypatch, small_folder, tmp_path, capsys
):
    monkeypatch.setenv("CATDOG_DATA", str(small_folder))
    picture = next(small_folder.rglob("*.jpg"))
    assert (
        cli.main(["predict", str(picture), "--model", "model1", "--seed", "3"])
        == 2
    )
    assert "catdog train model1 --seed 3" in capsys.readouterr().err
    assert (
        cli.main(
            [
                "train",
                "model1",
                "--seed",
                "3",
                "--epochs",
                "1",
                "--out",
                str(tmp_path),
            ]
        )
        == 0
    )
    assert (
        tmp_path / "model1-3.json"
    ).exists() and "validation" in capsys.readouterr().out
    assert (
        cli.main(["predict", str(picture), "--model", "model1", "--seed", "3"])
        == 0
    )
    assert capsys.readouterr().out.startswith(f"{picture}: ")
    (tmp_path / "note.jpg").write_text("no picture")
    assert (
        cli.main(
            [
                "predict",
                str(tmp_path / "note.jpg"),
                "--model",
                "model1",
                "--seed",
                "3",
            ]
        )
        == 2
    )
    assert "note.jpg" in capsys.readouterr().err


def test_unreadable_record_gets_one_sentence_and_status_2(
    monkeypatch, small_folder, tmp_path, capsys
):
    monkeypatch.setenv("CATDOG_DATA", str(small_folder))
    monkeypatch.setenv("CATDOG_RUNS", str(tmp_path))
    (tmp_path / "model1-0.json").write_text("{")
    assert cli.main(["runs"]) == 2
    assert "model1-0.json" in capsys.readouterr().err


def test_model4_is_not_trained_on_random_weights(
    monkeypatch, small_folder, tmp_path, capsys
):
    from catdog import pretrained
    from catdog.errors import WeightsError

    def refuse(side):
        raise WeightsError(
            "The weights cannot be loaded: connect to the internet."
        )

    monkeypatch.setattr(pretrained, "pretrained_mobilenet_v2", refuse)
    monkeypatch.setenv("CATDOG_DATA", str(small_folder))
    assert cli.main(["train", "model4", "--out", str(tmp_path)]) == 2
    assert "connect to the internet" in capsys.readouterr().err and not list(
        tmp_path.iterdir()
    )


def test_every_model_and_trial_can_be_named():
    from catdog import ablations, models

    assert (tuple(models.BUILDERS), tuple(ablations.TRIALS)) == (
        cli.MODELS,
        cli.TRIALS,
    )


def test_program_is_installed_under_its_name():
    done = run("--help")
    assert done.returncode == 0 and done.stderr == ""


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("CATDOG_DATA", "/dev/null", "nothing at /dev/null"),
        ("CATDOG_DATA", "x" * 5000, "nothing at"),
        ("CATDOG_DATA", "/proc/self/mem/pets", "nothing at"),
        ("CATDOG_CACHE", "/dev/null/cache", "Not a directory (/dev/null"),
        ("CATDOG_CACHE", "/proc/cache", "/proc"),
    ],
)
def test_places_that_cannot_be_used_get_one_sentence(
    name, value, said, small_zip, monkeypatch, capsys
):
    monkeypatch.setenv("CATDOG_DATA", str(small_zip))
    monkeypatch.setenv(name, value)
    assert cli.main(["data"]) == 2
    errors = capsys.readouterr().err
    assert said in errors and errors.count("\n") == 1


@pytest.mark.parametrize("out", ["/dev/null", "/dev/null/runs"])
def test_records_that_cannot_be_written_get_one_sentence(
    out, monkeypatch, small_folder, capsys
):
    monkeypatch.setenv("CATDOG_DATA", str(small_folder))
    assert cli.main(["train", "model1", "--epochs", "1", "--out", out]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_epochs_that_are_no_number_get_one_sentence(monkeypatch, pictures):
    from catdog import models, training
    from catdog.errors import CatdogError

    for said in ("many", "-1", "1.5"):
        monkeypatch.setenv("CATDOG_EPOCHS", said)
        with pytest.raises(CatdogError, match="CATDOG_EPOCHS is"):
            training.fit(models.model1, pictures)
