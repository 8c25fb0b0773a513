"""The form, as a cell shows it: on a page, in a notebook, without a model."""

import json

import pytest
from bs4 import BeautifulSoup
from programs import heavy, watch
from samples import FLAT, write_folder

from catdog import demo
from catdog.demo import build, markup
from catdog.demo.markup import BUILT, FACTS, Facts, read_facts


@pytest.fixture
def project(monkeypatch, tmp_path):
    """A project, whose chapters are being rendered."""
    (tmp_path / "chapters").mkdir()
    monkeypatch.chdir(tmp_path / "chapters")
    monkeypatch.setenv("QUARTO_PROJECT_DIR", str(tmp_path))
    return tmp_path


def write_facts(project, **values):
    path = project / BUILT / FACTS
    path.parent.mkdir(parents=True, exist_ok=True)
    facts = {"key": "1", "size": 160, "bytes": 18_242_109, "missing": ""}
    path.write_text(json.dumps(facts | values), encoding="utf-8")


def test_a_page_gets_html_with_its_size_and_its_files(project):
    write_facts(project)
    shown = demo.form()
    # An output of HTML alone makes Quarto load libraries from the web.
    assert shown.startswith("```{=html}\n") and shown.endswith("\n```\n")
    soup = BeautifulSoup(shown, "html.parser")
    assert soup.script["src"] == "../assets/demo/demo.js"
    assert soup.div["data-size"] == "160"
    assert "18 MB" in soup.text and "never leaves your browser" in soup.text
    assert [image["src"] for image in soup("img")] == [
        f"../assets/demo/built/{number}.webp" for number in (1, 2, 3)
    ]
    # For a strict policy: nothing of a program, or of a style, in the page.
    names = {name for tag in soup(True) for name in tag.attrs}
    assert not {n for n in names if n.startswith("on") or n == "style"}
    assert not soup.script.text and not soup("style")


def test_the_start_page_has_other_addresses(project, monkeypatch):
    write_facts(project)
    monkeypatch.chdir(project)
    assert '"assets/demo/demo.js"' in demo.form()


def test_the_start_page_says_nothing_of_what_is_missing(project):
    write_facts(project, missing="npm is missing: get it.")
    assert demo.form(only_if_built=True) == ""
    write_facts(project)
    assert demo.form(only_if_built=True) == demo.form()


def test_what_is_missing_is_said_in_a_callout(project):
    write_facts(project, missing="npm is missing: get it.")
    text = demo.form()._repr_markdown_()
    assert text.startswith("::: {.callout-note title=")
    assert "npm is missing: get it." in text and "<" not in text


@pytest.mark.parametrize("content", [None, "", "[]", '{"size": 1}'])
def test_what_was_not_built_is_missing(tmp_path, content):
    path = tmp_path / BUILT / FACTS
    if content is not None:
        path.parent.mkdir(parents=True)
        path.write_text(content, encoding="utf-8")
    assert read_facts(tmp_path) == Facts(missing=markup.NOT_BUILT)


def test_a_notebook_gets_a_sentence(monkeypatch):
    monkeypatch.setattr(markup, "in_notebook", lambda: True)
    assert demo.form() == markup.IN_A_NOTEBOOK


def test_without_weights_the_build_says_so_and_needs_no_tensorflow(tmp_path):
    done, seen = watch(
        tmp_path / "seen.json",
        "from pathlib import Path; from catdog.demo import build;"
        "print(build.build(Path.cwd()))",
        cwd=tmp_path,
        environment={"KERAS_HOME": str(tmp_path / "keras")},
    )
    assert done.returncode == 0
    sentence = done.stdout.strip()
    assert sentence.startswith("MobileNetV2's weights are out of reach")
    assert read_facts(tmp_path).missing == sentence
    assert str(tmp_path) not in sentence
    assert not {"tensorflow", "keras"} & set(heavy(seen["modules"]))


def test_images_of_other_classes_get_no_model(tmp_path, monkeypatch):
    names = [n.replace("cats", "ants").replace("dogs", "bees") for n in FLAT]
    images = write_folder(tmp_path / "pets", names)
    monkeypatch.setenv("CATDOG_DATA", str(images))
    write_facts(tmp_path)  # for cats and dogs, at an earlier time
    sentence = build.build(tmp_path)
    assert sentence == (
        "The model for a page tells cats from dogs, and the images here show "
        "ants and bees."
    )
    assert read_facts(tmp_path) == Facts(missing=sentence)


def test_the_key_changes_with_the_record(monkeypatch, tmp_path):
    record = tmp_path / "runs" / build.RECORD
    record.parent.mkdir()
    record.write_text("{}")
    record.with_suffix(".npz").write_bytes(b"1")
    weights = tmp_path / "weights.h5"
    weights.write_bytes(b"2")
    monkeypatch.setattr(
        build.settings, "published_runs_folder", record.parent.resolve
    )
    monkeypatch.setattr(build.pretrained, "weights_path", lambda: weights)
    keys = [build.current_key(), build.current_key()]
    for path in (record, record.with_suffix(".npz"), weights):
        path.write_bytes(b"changed")
        keys.append(build.current_key())
    assert keys[0] == keys[1] and len(set(keys)) == 4
