"""Any two folders of pictures take the place of cats and dogs."""

import io
import itertools

import pypandoc
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from projects import TUTORIAL, execute_page
from samples import FLAT, jpeg, write_folder, write_zip

from catdog import cli, evaluation, models, training
from catdog.data import class_folders, sources
from catdog.errors import DataError
from catdog.report import figures, sentences
from catdog.runs import store

PETS = [
    f"{kind}/{number}.jpg"
    for kind, count in (("Rabbits", 24), ("hamsters", 33))
    for number in range(count)
]
STRANGE = '_a_ <script>alert(1)</script> $x^$ “q” "q" *b* ü\u202e\n[l](u)`'


@pytest.fixture
def pets(tmp_path):
    return write_folder(tmp_path / "pets", PETS)


def test_two_flat_folders_are_split_two_to_one(pets):
    pictures = sources.open_pictures(pets)
    assert pictures.classes == ("hamsters", "rabbits") and pictures.own
    counts = [
        evaluation.label_counts(names)
        for names in (pictures.train, pictures.held_out)
    ]
    assert counts == [
        {"hamsters": 22, "rabbits": 16},
        {"hamsters": 11, "rabbits": 8},
    ]
    assert pictures.train[:3] == (
        "hamsters/0.jpg",
        "hamsters/1.jpg",
        "hamsters/3.jpg",
    )
    assert evaluation.baseline(pictures.held_out) == 11 / 19


def test_labels_and_pictures_belong_together(pets):
    pictures = sources.open_pictures(pets)
    parts = sources.split(pictures)
    (batch, labels) = next(iter(sources.datasets(pictures).test))
    assert labels.numpy().tolist() == [
        int(name.startswith("Rabbits")) for name in parts.test
    ]
    for name, picture in zip(parts.test, batch.numpy(), strict=True):
        expected = sources.decode(str(pictures.folder / name)).numpy()
        assert (picture == expected).all()


def test_zip_and_folder_agree(pets, tmp_path):
    zipped = write_zip(tmp_path / "pets.zip", PETS)
    one, other = map(sources.open_pictures, (pets, zipped))
    assert (one.train, one.held_out) == (other.train, other.held_out)


def test_broken_files_are_left_out_and_listed(pets, monkeypatch, capsys):
    (pets / "Rabbits" / "0.jpg").write_text("miaow")
    (pets / "Rabbits" / "notes\n.txt").write_text("mine")
    (pets / "Rabbits" / ".DS_Store").write_text("hidden")
    (pets / "hamsters" / "deeper").mkdir()
    (pets / "hamsters" / "deeper" / "1.jpg").write_bytes(jpeg())
    monkeypatch.setenv("CATDOG_DATA", str(pets))
    assert cli.main(["data"]) == 0
    assert "2 more cannot be read and are left out" in capsys.readouterr().out
    assert cli.main(["data", "--check"]) == 2
    said = capsys.readouterr()
    assert said.out.splitlines()[1:] == [
        "Rabbits/0.jpg is no picture",
        "Rabbits/notes\\x0a.txt is no picture",
    ]
    assert said.err.count("\n") == 1
    pictures = sources.find_pictures()
    assert len(pictures.train + pictures.held_out) == len(PETS) - 1
    for dataset in sources.datasets(pictures):
        for batch, _ in dataset:
            assert batch.shape[1:] == (160, 160, 3)


def test_check_of_good_pictures_is_content(pets, monkeypatch, capsys):
    monkeypatch.setenv("CATDOG_DATA", str(pets))
    assert cli.main(["data", "--check"]) == 0
    assert capsys.readouterr().out.count("\n") == 1


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (FLAT[:39], "13 readable pictures of dogs to train with and 6 to test"),
        (FLAT[:20], r"1 class folders|no two folders"),
        ([*FLAT, "birds/1.jpg"], r"3 class folders \(birds, cats, dogs\)"),
        ([name.split("/")[1] for name in FLAT], "no two folders of pictures"),
        ([f"a/b/c/d/e/f/{name}" for name in FLAT], "no two folders"),
        (
            [f"{part}/{n}.jpg" for part in ("train", "val") for n in range(30)],
            "has pictures in train and val themselves: sort them",
        ),
        (
            [f"{part}/{name}" for part in ("train", "test") for name in FLAT],
            "several pairs of class folders, in test, train",
        ),
    ],
)
def test_unfit_folder_gets_one_sentence(
    names, reason, tmp_path, monkeypatch, capsys
):
    folder = write_folder(tmp_path / "given", names)
    with pytest.raises(DataError, match=reason):
        sources.open_pictures(folder)
    monkeypatch.setenv("CATDOG_DATA", str(folder))
    assert cli.main(["train", "model1"]) == 2
    said = capsys.readouterr()
    assert said.err.count("\n") == 1 and not said.out


def test_too_few_readable_ones_get_one_sentence(tmp_path):
    folder = write_folder(tmp_path / "given", FLAT)
    (folder / "dogs" / "3.jpg").write_text("miaow")
    with pytest.raises(DataError, match="at least 20 of each class"):
        sources.open_pictures(folder)


def test_folder_of_all_the_world_is_not_searched(tmp_path, monkeypatch):
    monkeypatch.setattr(class_folders, "MOST_FILES", 30)
    with pytest.raises(DataError, match="holds more than 30 files"):
        sources.open_pictures(write_folder(tmp_path, FLAT))


def test_links_to_folders_are_followed_but_not_in_circles(pets, tmp_path):
    linked = tmp_path / "linked"
    linked.mkdir()
    for kind in ("Rabbits", "hamsters"):
        (linked / kind).symlink_to(pets / kind)
    assert len(sources.open_pictures(linked).train) == 38
    (pets / "Rabbits" / "round").symlink_to(pets)
    with pytest.raises(DataError, match="several pairs"):
        sources.open_pictures(pets)


def test_own_runs_and_networks_know_their_classes(
    pets, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("CATDOG_DATA", str(pets))
    monkeypatch.setenv("CATDOG_RUNS", str(tmp_path / "runs"))
    assert cli.main(["train", "model1", "--epochs", "1", "--seed", "8"]) == 0
    (record,) = (tmp_path / "runs").rglob("*.json")
    pictures = sources.find_pictures()
    assert record.parent == tmp_path / "runs" / "own" / pictures.fingerprint
    assert store.recorded_runs(models.model1, pictures, 1)[0].seed == 8
    capsys.readouterr()
    picture = str(pets / "Rabbits" / "1.jpg")
    assert (
        cli.main(["predict", picture, "--model", "model1", "--seed", "8"]) == 0
    )
    assert (
        capsys.readouterr().out.split(": ")[-1].split()[0] in pictures.classes
    )


@pytest.mark.parametrize("command", ["runs", "render"])
def test_own_pictures_without_runs_get_one_sentence(
    command, pets, tmp_path, monkeypatch, capsys, random_weights
):
    monkeypatch.setenv("CATDOG_DATA", str(pets))
    monkeypatch.setenv("CATDOG_RUNS", str(tmp_path / "runs"))
    assert cli.main([command]) == 2
    said = capsys.readouterr().err
    assert "catdog train all" in said and said.count("\n") == 1


def test_page_says_that_pictures_are_your_own(pets):
    said = sentences.pictures_notice(sources.open_pictures(pets))
    assert "57 pictures of two classes, hamsters and rabbits" in said
    assert "says dog, read rabbits" in said


@pytest.fixture
def strange(tmp_path):
    return write_folder(
        tmp_path / "strange",
        [
            f"{kind}/{n}{STRANGE.replace('/', ' ')}.jpg"
            for kind in (STRANGE.replace("/", " "), "plain")
            for n in range(20)
        ],
    )


def test_names_that_are_code_are_shown_as_text(strange):
    pictures = sources.open_pictures(strange)
    name = pictures.classes[0]
    assert "\n" not in name and "\u202e" not in name and "<script>" in name
    notice = sentences.pictures_notice(pictures)
    html = pypandoc.convert_text(notice, "html", format="markdown")
    assert "<script" not in html and "<em>" not in html and "<a " not in html
    assert "&lt;script&gt;" in html and "$x^$" in html
    first, second = evaluation.label_counts(pictures.train)
    drawn = [
        figures.picture_grid(pictures),
        figures.label_frequencies({first: 3, second: 4}),
        figures.confusion_matrix([["a", 0, 0.9]], pictures.classes),
        figures.mistakes([[pictures.held_out[0], 0, 0.9]], pictures),
    ]
    for figure in drawn:
        figure.savefig(io.BytesIO())  # a `$` read as mathematics would raise


def test_chapter_with_strange_names_runs_nothing_of_them(
    strange, tmp_path, monkeypatch
):
    monkeypatch.setenv("CATDOG_DATA", str(strange))
    soup = execute_page(TUTORIAL, "chapters/01-data.qmd", tmp_path / "site")
    text = soup.get_text()
    assert "Your own pictures" in text
    assert "28 pictures to train with\n12 held out" in text
    assert "alert(1)" in text
    assert not any("alert(1)" in str(code) for code in soup.find_all("script"))
    assert not soup.find_all(attrs={"href": "u"})
    assert "label 1 (plain): 14" in text


words = st.text(
    st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1
)


@given(
    words.filter(lambda name: name[0] != "." and name != "__MACOSX"),
    st.lists(words, min_size=20, max_size=25, unique=True),
)
@example("0", [f"__MACOSX{number}" for number in range(20)])
def test_any_names_keep_their_class_and_none_is_lost(kind, files):
    names = [f"{kind}/{name}.jpg" for name in files]
    names += [f"zz top/{number}.jpg" for number in range(20)]
    names = [n for n in names if not n.split("/")[1].startswith(".")]
    if kind.lower() == "zz top" or len(names) < 40:
        return
    layout = class_folders.find_layout(names, "given")
    assert sorted(layout.names) == sorted(names)
    for label, part in itertools.product((0, 1), layout[2:]):
        for name in part[label]:
            assert layout.classes[label] == name.split("/")[0].lower()


def test_predict_reads_what_training_reads(tmp_path):
    (tmp_path / "empty.jpg").touch()
    with pytest.raises(DataError, match="empty.jpg is empty"):
        training.predict(None, tmp_path / "empty.jpg")
