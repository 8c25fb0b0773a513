"""Folders of runs that belong to the test alone, and a run that was trained."""

import pytest

from catdog import models, settings
from catdog.data.sources import open_images
from catdog.runs import replay


@pytest.fixture
def user(tmp_path, monkeypatch):
    """The user's folder of runs."""
    monkeypatch.setenv("CATDOG_RUNS", str(tmp_path / "user"))
    return tmp_path / "user"


@pytest.fixture
def published(tmp_path, monkeypatch):
    """The folder of the published runs."""
    folder = tmp_path / "published"
    monkeypatch.setattr(settings, "published_runs_folder", lambda: folder)
    return folder


@pytest.fixture(scope="session")
def trained(small_folder):
    """An epoch of the first model: what is recorded of it, and the model."""
    images = open_images(small_folder)
    return replay.train_run(models.model1, images, seed=6, epochs=1)


@pytest.fixture
def run(trained):
    return trained[0]
