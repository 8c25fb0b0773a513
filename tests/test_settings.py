"""Each variable: not set, set well, set badly. One sentence names it."""

import os
import sys
from pathlib import Path

import pytest

from catdog import settings
from catdog.errors import SettingsError

PATHS = {
    "CATDOG_DATA": settings.data,
    "CATDOG_RUNS": settings.runs_folder,
    "CATDOG_CACHE": settings.cache_folder,
}


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch):
    for name in [*PATHS, "CATDOG_TRAIN", "CATDOG_EPOCHS", "KERAS_HOME"]:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def home(tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.fixture
def no_home(home, monkeypatch):
    """A user without a home folder, who is in no list of users either."""
    pwd = pytest.importorskip("pwd")

    def unknown(_user):
        raise KeyError

    monkeypatch.delenv("HOME")
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.setattr(pwd, "getpwnam", unknown)


def sentence(error):
    text = str(error.value)
    assert "\n" not in text and text.endswith(".") and ": " in text
    return text


@pytest.mark.parametrize(
    ("value", "train"),
    [
        (None, False),
        ("", False),
        ("0", False),
        ("false", False),
        ("1", True),
        ("true", True),
        (" TRUE ", True),
    ],
)
def test_train(value, train, monkeypatch):
    if value is not None:
        monkeypatch.setenv("CATDOG_TRAIN", value)
    assert settings.train_now() is train


@pytest.mark.parametrize("value", ["2", "maybe", "yes", "-1", "1 1"])
def test_bad_train(value, monkeypatch):
    monkeypatch.setenv("CATDOG_TRAIN", value)
    with pytest.raises(SettingsError) as error:
        settings.train_now()
    assert sentence(error).startswith(f"CATDOG_TRAIN is '{value}': set it to 1")


@pytest.mark.parametrize(
    ("train", "epochs", "expected"),
    [
        (None, None, 1),
        (None, "7", 1),
        ("0", None, 1),
        ("0", "7", 1),
        ("1", None, 20),
        ("1", "7", 7),
    ],
)
def test_fit_runs_for_one_epoch_unless_chapters_train(
    train, epochs, expected, monkeypatch
):
    for name, value in (("CATDOG_TRAIN", train), ("CATDOG_EPOCHS", epochs)):
        if value is not None:
            monkeypatch.setenv(name, value)
    assert settings.fit_epochs() == expected


@pytest.mark.parametrize(
    ("value", "epochs"),
    [(None, 20), ("", 20), ("1", 1), (" 7 ", 7), ("300", 300), ("05", 5)],
)
def test_epochs(value, epochs, monkeypatch):
    if value is not None:
        monkeypatch.setenv("CATDOG_EPOCHS", value)
    assert settings.epochs() == epochs


@pytest.mark.parametrize(
    "value", ["0", "-3", "+3", "1.5", "1e3", "many", "1_000", "1,000", "٣", "²"]
)
def test_bad_epochs(value, monkeypatch):
    monkeypatch.setenv("CATDOG_EPOCHS", value)
    with pytest.raises(SettingsError) as error:
        settings.epochs()
    assert sentence(error).startswith(f"CATDOG_EPOCHS is '{value}': give a")


def test_paths_that_are_not_set(home):
    assert settings.data() is None
    for name in ("CATDOG_RUNS", "CATDOG_CACHE"):
        folder = PATHS[name]()
        assert folder.is_relative_to(home) and "catdog" in folder.parts
    assert settings.runs_folder().name == "runs"
    assert settings.runs_folder() != settings.cache_folder()
    assert settings.keras_home() == home / ".keras"


@pytest.mark.parametrize("name", PATHS)
def test_empty_path_is_none(name, home, monkeypatch):
    unset = PATHS[name]()
    monkeypatch.setenv(name, " ")
    assert PATHS[name]() == unset


@pytest.mark.parametrize("name", PATHS)
def test_absolute_path_is_taken_as_it_is(name, tmp_path, monkeypatch):
    monkeypatch.setenv(name, f" {tmp_path / 'my folder'} ")
    assert PATHS[name]() == tmp_path / "my folder"


@pytest.mark.parametrize("name", PATHS)
def test_tilde_is_the_home_folder(name, home, monkeypatch):
    monkeypatch.setenv(name, "~/mine")
    assert PATHS[name]() == home / "mine"


@pytest.mark.parametrize("name", PATHS)
def test_relative_path_counts_from_the_project(name, tmp_path, monkeypatch):
    (tmp_path / "chapters").mkdir()
    monkeypatch.chdir(tmp_path / "chapters")
    monkeypatch.setenv(name, "mine")
    assert PATHS[name]() == tmp_path / "chapters" / "mine"
    monkeypatch.setenv("QUARTO_PROJECT_DIR", str(tmp_path))
    assert PATHS[name]() == tmp_path / "mine"


@pytest.mark.parametrize("name", PATHS)
def test_home_folder_of_nobody(name, monkeypatch):
    monkeypatch.setenv(name, "~nobody123/x")
    if sys.platform == "win32":
        pytest.skip("Windows looks for it beside the user's own")
    with pytest.raises(SettingsError) as error:
        PATHS[name]()
    assert sentence(error).startswith(f"{name} is '~nobody123/x', and that ")


@pytest.mark.parametrize("name", PATHS)
def test_tilde_of_a_user_without_home(name, no_home, monkeypatch):
    monkeypatch.setenv(name, "~/x")
    with pytest.raises(SettingsError) as error:
        PATHS[name]()
    assert sentence(error).startswith(f"{name} is '~/x', and that home folder")


@pytest.mark.parametrize(
    "function",
    [settings.cache_folder, settings.runs_folder, settings.keras_home],
)
def test_user_without_home_is_told_what_to_set(function, no_home, tmp_path):
    with pytest.raises(SettingsError) as error:
        function()
    assert "no home folder: set CATDOG_CACHE, CATDOG_RUNS" in sentence(error)


def test_user_without_home_can_set_all_of_it(no_home, tmp_path, monkeypatch):
    for name in ("CATDOG_CACHE", "CATDOG_RUNS", "KERAS_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    assert settings.cache_folder() == tmp_path / "CATDOG_CACHE"
    assert settings.runs_folder() == tmp_path / "CATDOG_RUNS"
    assert settings.keras_home() == tmp_path / "KERAS_HOME"
    assert settings.data() is None


def test_drawings_is_a_word_unless_a_folder_is_called_so(
    monkeypatch, tmp_path, caplog
):
    caplog.set_level("INFO")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CATDOG_DATA", "drawings")
    assert settings.data() == settings.DRAWINGS
    monkeypatch.setenv("CATDOG_DATA", "./drawings")
    assert settings.data() == tmp_path / "drawings"
    (tmp_path / "drawings").mkdir()
    monkeypatch.setenv("CATDOG_DATA", "drawings")
    assert not caplog.messages
    assert settings.data() == tmp_path / "drawings"
    (sentence,) = caplog.messages
    assert "set it to catdog:drawings for generated drawings" in sentence
    monkeypatch.setenv("CATDOG_DATA", "catdog:drawings")
    assert settings.data() == settings.DRAWINGS


def test_cache_is_made_and_runs_are_not(tmp_path, monkeypatch):
    monkeypatch.setenv("CATDOG_CACHE", str(tmp_path / "deep" / "cache"))
    monkeypatch.setenv("CATDOG_RUNS", str(tmp_path / "deep" / "runs"))
    assert settings.cache_folder().is_dir()
    assert not settings.runs_folder().exists()
    assert settings.networks_folder().parent == settings.runs_folder()


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_cache_in_the_place_of_a_file(place, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("CATDOG_CACHE", str(tmp_path / place))
    with pytest.raises(SettingsError) as error:
        settings.cache_folder()
    text = sentence(error)
    assert text.startswith(f"{tmp_path / place} cannot be made (")
    assert text.endswith("set CATDOG_CACHE to a folder that you may write to.")


def test_cache_with_too_long_a_name(tmp_path, monkeypatch):
    monkeypatch.setenv("CATDOG_CACHE", str(tmp_path / ("x" * 5_000)))
    with pytest.raises(SettingsError, match="cannot be made") as error:
        settings.cache_folder()
    assert "set CATDOG_CACHE to" in sentence(error)


def test_cache_that_may_only_be_read(tmp_path, monkeypatch):
    monkeypatch.setenv("CATDOG_CACHE", str(tmp_path))
    # An administrator may write to every folder.
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    with pytest.raises(SettingsError) as error:
        settings.cache_folder()
    assert sentence(error) == (
        f"{tmp_path} cannot be written to: "
        "set CATDOG_CACHE to a folder that you may write to."
    )


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("CATDOG_EPOCHS=7", 7),
        ("  export CATDOG_EPOCHS = 7  # few", 7),
        ("CATDOG_EPOCHS='7'", 7),
        ('CATDOG_EPOCHS="7" # few', 7),
        ("# CATDOG_EPOCHS=7", 20),
        ("CATDOG_EPOCHS=", 20),
        ("OTHER='CATDOG_EPOCHS=7'", 20),
        ("CATDOG_EPOCHS=3\r\nCATDOG_EPOCHS=7\r\n", 7),
    ],
)
def test_project_may_remember_settings(line, value, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("_environment").write_text(line, encoding="utf-8", newline="")
    assert settings.epochs() == value
    monkeypatch.setenv("CATDOG_EPOCHS", "9")
    assert settings.epochs() == 9
    monkeypatch.setenv("CATDOG_EPOCHS", "")
    assert settings.epochs() == 20


def test_chapter_in_its_folder_sees_what_the_project_remembers(
    tmp_path, monkeypatch
):
    (tmp_path / "chapters").mkdir()
    (tmp_path / "_environment").write_text("CATDOG_DATA=pets\n")
    monkeypatch.chdir(tmp_path / "chapters")
    assert settings.data() is None
    monkeypatch.setenv("QUARTO_PROJECT_DIR", str(tmp_path))
    assert settings.data() == tmp_path / "pets"


def test_environment_in_latin_1_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("_environment").write_bytes("CATDOG_DATA=Bär".encode("latin-1"))
    with pytest.raises(SettingsError) as error:
        settings.data()
    assert sentence(error).startswith(str(tmp_path / "_environment"))


def test_chapters_are_rendered_where_quarto_names_a_project(monkeypatch):
    assert not settings.rendering()
    assert settings.project_folder() == Path.cwd()
    monkeypatch.setenv("QUARTO_PROJECT_DIR", str(Path("/project")))
    assert settings.rendering()
    assert settings.project_folder() == Path("/project")


def test_assets_are_there():
    assert (settings.assets_folder() / "catdog.mplstyle").is_file()
    assert list(settings.published_runs_folder().glob("*.json"))
