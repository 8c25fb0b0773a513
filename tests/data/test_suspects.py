"""Images to look at again: broken ones, doubles, and labels a model doubts."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps
from programs import COMMAND, heavy, watch
from samples_of_runs import make_run

import catdog.data.suspects
from catdog import cli, models
from catdog.data.drawings import scenes
from catdog.data.image_files import decoding_fingerprint
from catdog.data.pipeline import count_batches
from catdog.data.sources import open_images
from catdog.data.split import ImageSet, split
from catdog.data.suspects import Suspect, find_doubles, find_suspects
from catdog.report import suspects
from catdog.runs import store
from catdog.runs.identity import describe_images, describe_training
from catdog.scores import Result, Score, summarize
from catdog.settings import EPOCHS

# Tests are kept from reading it later.
GIVEN = Path(os.environ.get("CATDOG_DATA", "drawings"))
CAT, DOG = "train/cats/cat.3.jpg", "train/dogs/dog.3.jpg"
HELD_OUT = "validation/cats/cat.7.jpg"


@pytest.fixture
def folder(small_folder, tmp_path):
    """88 different drawings, to do with as one likes."""
    return Path(shutil.copytree(small_folder, tmp_path / "pets"))


def found(folder):
    return find_suspects(open_images(folder))


def test_different_images_are_no_suspects(folder):
    assert found(folder) == []


@pytest.mark.parametrize(
    ("other", "kind"),
    [
        ("train/cats/cat.20.jpg", "double"),
        ("train/dogs/dog.20.jpg", "contradiction"),
        ("validation/cats/cat.4.jpg", "leak"),
        ("validation/dogs/dog.4.jpg", "contradiction"),
    ],
)
def test_doubled_file_is_found_wherever_it_lies(other, kind, folder):
    shutil.copyfile(folder / CAT, folder / other)
    assert found(folder) == [Suspect(other, kind, "is the same file as", CAT)]


def smaller(image):
    return image.resize((97, 80))


def larger(image):
    return image.resize((700, 700), Image.Resampling.NEAREST)


def unchanged(image):
    return image


@pytest.mark.parametrize("change", [smaller, larger, unchanged])
@pytest.mark.parametrize("quality", [30, 90])
def test_image_saved_again_is_a_double(change, quality, folder):
    other = "validation/cats/cat.4.jpg"
    with Image.open(folder / CAT) as image:
        change(image).save(folder / other, quality=quality)
    assert found(folder) == [
        Suspect(other, "leak", "shows the same image as", CAT)
    ]


def test_other_format_is_a_double_too(folder):
    with Image.open(folder / HELD_OUT) as image:
        image.save(folder / "validation/cats/again.png")
    assert [(s.kind, s.other) for s in found(folder)] == [
        ("double", "validation/cats/again.png")
    ]


@pytest.mark.parametrize("change", [ImageOps.mirror, ImageOps.flip])
def test_mirrored_image_is_no_double(change, folder):
    with Image.open(folder / CAT) as image:
        change(image).save(folder / "train/cats/cat.20.jpg")
    assert found(folder) == []


def test_plain_images_are_told_apart_by_color(folder):
    for number, color in enumerate(["red", "green", "#00a000", "white"]):
        plain = Image.new("RGB", (50, 40), color)
        plain.save(folder / f"train/cats/cat.{number}.jpg")
    assert found(folder) == []


def test_of_several_doubles_the_worst_kind_counts(folder):
    copies = [CAT, "train/cats/cat.9.jpg", DOG, HELD_OUT]
    for copy in copies[1:]:
        shutil.copyfile(folder / CAT, folder / copy)
    assert [(s.name, s.kind, s.other) for s in found(folder)] == [
        (DOG, "contradiction", CAT),
        (HELD_OUT, "contradiction", DOG),
        ("train/cats/cat.9.jpg", "double", CAT),
    ]


def test_broken_file_is_a_suspect_after_leaks_and_before_doubles(folder):
    (folder / CAT).write_text("miaow")
    shutil.copyfile(folder / DOG, folder / "train/dogs/dog.20.jpg")
    shutil.copyfile(folder / "train/cats/cat.4.jpg", folder / HELD_OUT)
    first, second, third = found(folder)
    assert (first.kind, third.kind) == ("leak", "double")
    assert second == Suspect(CAT, "fault", "is no image")


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """Ten drawings, three of which are there two or three times."""
    folder = tmp_path_factory.mktemp("few")
    names = [
        f"{part}/{class_folder}/{number}.png"
        for part in ("train", "validation")
        for class_folder in ("cats", "dogs")
        for number in (2, 10, 30, 40)
    ]
    for name, number in zip(names, [*range(10), 0, 1, 5, 5, 2, 2], strict=True):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        scenes.draw("cat", number).save(folder / name)
    return ImageSet(folder, "photographs", tuple(names[:8]), tuple(names[8:]))


def test_many_images_are_compared_part_by_part(few, monkeypatch):
    at_once = find_doubles(few)
    for distances in (1, 50):  # one row, or three
        monkeypatch.setattr(catdog.data.suspects, "BLOCK", distances)
        assert find_doubles(few) == at_once


@given(data=st.data())
@settings(max_examples=25)
def test_order_does_not_matter_and_no_image_is_its_own_double(few, data):
    shuffled = replace(
        few,
        train=tuple(data.draw(st.permutations(few.train))),
        held_out=tuple(data.draw(st.permutations(few.held_out))),
    )
    doubles = find_doubles(shuffled)
    assert doubles == find_doubles(few) and len(doubles) == 6
    assert all(double.name != double.other for double in doubles)


@given(data=st.data())
@settings(max_examples=25)
def test_image_without_its_copies_is_no_suspect(few, data):
    once = (*few.train, *few.held_out[:2])  # ten different drawings
    kept = data.draw(st.sets(st.sampled_from(once), min_size=1))
    some = replace(few, train=tuple(kept), held_out=tuple(set(once) - kept))
    assert find_doubles(some) == []


def recorded_run(images):
    """A run of model1 that belongs to today's code and to these images.

    It is sure and right, but for the names in `WRONG`.
    """
    names = split(images)
    scores = [
        Score(name, images.label(name), abs(images.label(name) - doubt))
        for name in names.test
        for doubt in [WRONG.get(name, 0.01)]
    ]
    steps = EPOCHS * count_batches(images.train)
    return msgspec.structs.replace(
        make_run(training=[0.9] * 20, validation=[0.9] * 20),
        configuration=describe_training(models.model1(decay_steps=steps)),
        decoding=decoding_fingerprint(),
        images=describe_images(images, names),
        train=Result(len(images.train), 40, 0.2),
        validation=Result(len(names.validation), 30, 0.2),
        test=summarize(scores),
        scores=scores,
    )


WRONG = {
    "validation/cats/cat.0.jpg": 0.76,
    "validation/cats/cat.5.jpg": 0.74,  # not sure enough
    "validation/dogs/dog.5.jpg": 0.98,
}
SUSPECTS = [
    Suspect(
        "validation/dogs/dog.5.jpg",
        "mistake",
        "belongs to cats, says model1 (98% sure)",
        confidence=0.98,
    ),
    Suspect(
        "validation/cats/cat.0.jpg",
        "mistake",
        "belongs to dogs, says model1 (76% sure)",
        confidence=0.76,
    ),
]


def test_confident_mistakes_are_suspects_the_surest_first(images):
    runs = {"model1": [recorded_run(images)]}
    assert suspects.find_mistakes(runs, images) == SUSPECTS
    assert suspects.compared_labels(runs, images) == (
        "Labels were compared with a model's answers for 8 of 40 held-out "
        "images: `catdog train all --seed 0 1 2 3 4` tests on all."
    )
    all_held_out = replace(images, held_out=tuple(split(images).test))
    assert suspects.compared_labels(runs, all_held_out) == (
        "Labels were compared with a model's answers for 8 of 8 held-out "
        "images."
    )


def test_without_runs_no_label_is_doubted(images):
    assert suspects.find_mistakes({}, images) == []
    assert "after `catdog train all`" in suspects.compared_labels({}, images)


def test_runs_of_photographs_say_nothing_about_drawings(images):
    runs = {"model1": [recorded_run(images)]}
    drawings = replace(images, source="drawings")
    assert suspects.find_mistakes(runs, drawings) == []
    assert "No run on these" in suspects.compared_labels(runs, drawings)


STRANGE = Suspect("cats/a|b\n.jpg", "leak", "is the same file as", "cats/*.jpg")


def test_text_has_a_line_for_each_suspect_and_one_that_counts():
    assert suspects.as_text([STRANGE, *SUSPECTS]).splitlines() == [
        "cats/a|b\\x0a.jpg is the same file as cats/*.jpg, a training image",
        "validation/dogs/dog.5.jpg belongs to cats, says model1 (98% sure)",
        "validation/cats/cat.0.jpg belongs to dogs, says model1 (76% sure)",
        "3 suspects (1 leak, 2 mistakes) to look at: nothing was changed.",
    ]
    assert suspects.as_text([]) == "No suspects were found."


def test_markdown_has_at_most_so_many_rows_and_no_name_is_markup():
    header, _, *rows = suspects.as_markdown([STRANGE, *SUSPECTS]).split("\n")
    assert header == "| image | why look again |" and len(rows) == 3
    assert rows[0] == (
        r"| cats\/a\|b\\x0a\.jpg | is the same file as cats\/\*\.jpg, "
        "a training image |"
    )
    assert suspects.as_markdown([STRANGE, *SUSPECTS], 1).endswith(rows[0])


def test_json_has_an_object_for_each_suspect():
    objects = json.loads(suspects.as_json([STRANGE, *SUSPECTS]))
    assert [Suspect(**values) for values in objects] == [STRANGE, *SUSPECTS]


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*.jpg")}


def test_command_lists_suspects_and_needs_no_tensorflow(folder, tmp_path):
    (folder / CAT).write_text("miaow")
    shutil.copyfile(folder / DOG, folder / HELD_OUT)
    before = contents(folder)
    done, seen = watch(
        tmp_path / "seen.json",
        COMMAND,
        "data",
        "--suspects",
        environment={"CATDOG_DATA": str(folder)},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        f"46 training and 39 held-out photographs in {folder}",
        f"{HELD_OUT} is the same file as {DOG}, under another label",
        f"{CAT} is no image",
        "2 suspects (1 contradiction, 1 fault) to look at: nothing was "
        "changed.",
        "No run on these images is recorded: after `catdog train all`, labels "
        "that a model doubts are listed, too.",
    ]
    assert heavy(seen["modules"]) == []
    assert contents(folder) == before


def test_command_lists_the_mistakes_of_runs_on_these_very_images(
    folder, monkeypatch, capsys
):
    monkeypatch.setenv("CATDOG_DATA", str(folder))
    store.write_run(recorded_run(open_images(folder)))
    assert cli.main(["data", "--suspects", "--format", "json"]) == 0
    output = capsys.readouterr()
    assert json.loads(output.out) == [s._asdict() for s in SUSPECTS]
    assert "for 8 of 40 held-out images" in output.err
    assert cli.main(["data", "--suspects", "--format", "markdown"]) == 0
    assert capsys.readouterr().out == f"{suspects.as_markdown(SUSPECTS)}\n"
    # Another image under the same name: the runs say nothing about it.
    scenes.draw("cat", 99).save(folder / CAT)
    assert cli.main(["data", "--suspects"]) == 0
    assert "No run on these images is recorded" in capsys.readouterr().out


def test_format_without_suspects_gets_one_sentence(folder, monkeypatch, capsys):
    monkeypatch.setenv("CATDOG_DATA", str(folder))
    assert cli.main(["data", "--format", "json"]) == 2
    output = capsys.readouterr()
    assert output.out == "" and "add --suspects" in output.err


def test_check_and_suspects_are_two_questions(capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["data", "--check", "--suspects"])
    assert stopped.value.code == 2
    assert "not allowed with" in capsys.readouterr().err


@pytest.mark.skipif(
    not GIVEN.exists(), reason="CATDOG_DATA names no photographs"
)
@pytest.mark.slow
def test_one_of_the_photographs_is_there_twice():
    images = open_images(GIVEN)
    if images.own:
        pytest.skip("CATDOG_DATA names other photographs")
    assert find_suspects(images) == [
        Suspect(
            "train/dogs/dog.180.jpg",
            "double",
            "shows the same image as",
            "train/dogs/dog.74.jpg",
        )
    ]
