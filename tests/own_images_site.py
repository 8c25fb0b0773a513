"""The whole site, made of somebody else's images: a part of `make test-site`.

Sixty drawings stand in for the images, of two classes of other names and sizes.
What is written must be about them: no page may speak of cats, dogs, or how many
images the tutorial has of its own.
"""

import re
import shutil

import msgspec
import pytest
from bs4 import BeautifulSoup
from check_site import faults
from conftest import random_mobilenet
from projects import TUTORIAL, read, replace
from test_chapters import OWN_COUNTS

from catdog import models, pretrained
from catdog.data.drawings import scenes
from catdog.data.sources import open_images
from catdog.publish.pages import render
from catdog.runs import store
from catdog.runs.replay import train_run
from catdog.runs.weights import kept_weights

EPOCHS = 2
FLAT = {"ants": 40, "bees": 20}
WITH_A_TEST_SET = {
    "train/ants": 22,
    "train/bees": 10,
    "val/ants": 10,
    "val/bees": 5,
    "test/ants": 8,
    "test/bees": 5,
}
PROJECT = ("index.qmd", "_quarto.yml", "_environment", "chapters", "assets")
TITLE = "Cats, dogs and neural networks"
# Code, and what links lead to, may keep their names.
NO_WORDS = ["script", "style", "pre", "code", "annotation", "a"]
ATTRIBUTES = ("alt", "title", "aria-label", "content", "placeholder")
ANIMALS = re.compile(r"\b(?:cats?|dogs?)\b", re.IGNORECASE)
COUNTS = re.compile(OWN_COUNTS)
NOT_TRUE_OF_ONE_RUN = (
    "1 runs",
    "1.0 times as",
    "different fifths",
    "different parts of the images",
    "averaged over 1",
    "averaged over the seeds",
    "tested on fifth",
    "Five folds",
    "five times",
    "with every seed",
)


@pytest.fixture(scope="module", params=["flat", "with a test set"])
def sites(request, tmp_path_factory):
    """The folder of a rendered site, and how many runs of each model it shows."""
    base = tmp_path_factory.mktemp("own")
    counts = FLAT if request.param == "flat" else WITH_A_TEST_SET
    n_runs = 1 if request.param == "flat" else 2
    folder = write_images(base / "insects", counts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CATDOG_DATA", str(folder))
        patch.setenv("CATDOG_RUNS", str(base / "runs"))
        patch.setenv("CATDOG_EPOCHS", str(EPOCHS))
        patch.setattr(pretrained, "pretrained_mobilenet_v2", random_mobilenet)
        record_runs(open_images(folder), n_runs)
        render(copy_project(base / "project"))
    return base / "project/_site", n_runs


def write_images(folder, counts):
    for place, count in counts.items():
        (folder / place).mkdir(parents=True)
        animal = "cat" if place.endswith("ants") else "dog"
        for number in range(count):
            drawing = scenes.draw(animal, number, seed=len(place))
            drawing.save(folder / place / f"insect{number}.jpg")
    return folder


def record_runs(images, n_runs):
    """Each model is trained once; other seeds, if any, do as well."""
    for builder in models.BUILDERS.values():
        run, model = train_run(builder, images, seed=0, epochs=EPOCHS)
        for seed in range(n_runs):
            other = msgspec.structs.replace(run, seed=seed)
            store.write_run(other, weights=kept_weights(model))


def copy_project(folder):
    folder.mkdir()
    for name in PROJECT:
        copy = shutil.copytree if (TUTORIAL / name).is_dir() else shutil.copy
        copy(TUTORIAL / name, folder / name)
    shutil.copytree(TUTORIAL / "src", folder / "src")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(TUTORIAL / name, folder)
    for name in ("index.qmd", "_quarto.yml"):
        replace(folder / name, TITLE, "Ants, bees and neural networks")
    return folder


def prose(page):
    """What a reader reads or hears of a page, without its code and links."""
    soup = BeautifulSoup(read(page), "html.parser")
    for element in soup(NO_WORDS):
        element.decompose()
    spoken = [
        str(element[name])
        for element in soup(True)
        for name in ATTRIBUTES
        if element.get(name)
    ]
    return " ".join([*soup.get_text(" ").split(), *spoken])


def pages_of(site):
    return sorted(site.rglob("*.html"))


def test_site_is_whole(sites):
    site, _ = sites
    assert len(pages_of(site)) == 12 and faults(site) == []


def test_no_page_speaks_of_other_images(sites):
    site, _ = sites
    for page in pages_of(site):
        text = prose(page)
        assert ANIMALS.findall(text) == [], page.name
        assert COUNTS.findall(text) == [], page.name


def test_figures_name_the_classes(sites):
    site, _ = sites
    figures = "".join(map(read, site.rglob("*.svg")))
    assert "ants" in figures and "bees" in figures
    texts = re.findall(r"<text[^>]*>([^<]*)", figures)
    assert ANIMALS.findall(" ".join(texts)) == []


def test_no_page_speaks_of_runs_that_are_not_there(sites):
    site, n_runs = sites
    for page in pages_of(site):
        # What the glossary and the page for teachers say holds in general.
        if n_runs == 1 and page.stem not in ("glossary", "teachers"):
            text = prose(page)
            assert [w for w in NOT_TRUE_OF_ONE_RUN if w in text] == [], (
                page.name
            )


def test_test_set_of_ones_own_is_no_fold(sites):
    site, n_runs = sites
    text = prose(site / "chapters/06-test-score.html")
    assert ("came with a test set" in text) == (n_runs == 2)
    assert "The model that we chose is right for" in text


def test_pages_tell_that_classes_are_unequal(sites):
    site, _ = sites
    assert "prefers ants" in prose(site / "chapters/01-data.html")
