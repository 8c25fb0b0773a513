"""Any two folders of images take the place of cats and dogs."""

import io

import pypandoc
import pytest
from projects import TUTORIAL, execute_page
from samples import FLAT, jpeg, write_folder, write_zip

from catdog import cli, evaluation, models, settings
from catdog.data import class_folders, sources
from catdog.data.pipeline import datasets, decode
from catdog.data.split import split
from catdog.errors import DataError
from catdog.report import figures, sentences
from catdog.runs import replay
from catdog.scores import Score

PETS = [
    f"{class_folder}/{number}.jpg"
    for class_folder, count in (("Rabbits", 24), ("hamsters", 33))
    for number in range(count)
]
STRANGE = '_a_ <script>alert(1)</script> $x^$ “q” "q" *b* ü\u202e\n[l](u)`'


@pytest.fixture
def pets(tmp_path):
    return write_folder(tmp_path / "pets", PETS)


def test_two_flat_folders_are_split_two_to_one(pets):
    images = sources.open_images(pets)
    assert images.classes == ("hamsters", "rabbits") and images.own
    counts = [
        evaluation.label_counts(names)
        for names in (images.train, images.held_out)
    ]
    assert counts == [
        {"hamsters": 22, "rabbits": 16},
        {"hamsters": 11, "rabbits": 8},
    ]
    assert images.train[:3] == (
        "hamsters/0.jpg",
        "hamsters/1.jpg",
        "hamsters/3.jpg",
    )
    counts = evaluation.label_counts(images.held_out).values()
    assert evaluation.baseline(list(counts)) == 11 / 19


def test_labels_and_images_belong_together(pets):
    images = sources.open_images(pets)
    names = split(images)
    batch, labels = next(iter(datasets(images).test))
    assert labels.numpy().tolist() == [
        int(name.startswith("Rabbits")) for name in names.test
    ]
    for name, image in zip(names.test, batch.numpy(), strict=True):
        expected = decode(str(images.folder / name)).numpy()
        assert (image == expected).all()


def test_zip_and_folder_agree(pets, tmp_path):
    zipped = write_zip(tmp_path / "pets.zip", PETS)
    one, other = map(sources.open_images, (pets, zipped))
    assert (one.train, one.held_out) == (other.train, other.held_out)


def test_broken_files_are_left_out_and_listed(pets, monkeypatch, capsys):
    (pets / "Rabbits" / "0.jpg").write_text("miaow")
    (pets / "Rabbits" / "notes\n.txt").write_text("mine")
    (pets / "Rabbits" / ".DS_Store").write_text("hidden")
    (pets / "hamsters" / "deeper").mkdir()
    (pets / "hamsters" / "deeper" / "1.jpg").write_bytes(jpeg())
    monkeypatch.setenv("CATDOG_DATA", str(pets))
    assert cli.main(["data"]) == 0
    assert "Left out: unreadable 1, other files 1" in capsys.readouterr().out
    assert cli.main(["data", "--check"]) == 2
    output = capsys.readouterr()
    assert output.out.splitlines()[1:] == [
        "Rabbits/0.jpg is no image",
        "Rabbits/notes\\x0a.txt has no image's name: ignored",
        "Left out: unreadable 1, other files 1",
    ]
    assert output.err.count("\n") == 1
    images = sources.find_images()
    assert len(images.train + images.held_out) == len(PETS)
    assert images.label("hamsters/deeper/1.jpg") == 0
    for dataset in datasets(images):
        for batch, _ in dataset:
            assert batch.shape[1:] == (160, 160, 3)


def test_check_of_good_images_is_content(small_folder, monkeypatch, capsys):
    monkeypatch.setenv("CATDOG_DATA", str(small_folder))
    assert cli.main(["data", "--check"]) == 0
    assert capsys.readouterr().out.count("\n") == 1


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (FLAT[:39], "13 readable images of dogs to train with and 6 to test"),
        (FLAT[:20], "no two folders of images, only cats"),
        (
            [*FLAT, "birds/1.jpg"],
            r"3 class folders \(birds, cats and dogs\).* \(\.birds\)",
        ),
        ([name.split("/")[1] for name in FLAT], "no two folders of images"),
        ([f"{'a/' * 20}{name}" for name in FLAT], "more than 20 deep"),
        (
            [f"{part}/{n}.jpg" for part in ("train", "val") for n in range(30)],
            "has images in train and val themselves: sort them",
        ),
        (
            [f"{part}/{name}" for part in ("train", "test") for name in FLAT],
            "holds test and train, and not train and validation: rename",
        ),
    ],
)
def test_unfit_folder_gets_one_sentence(
    names, reason, tmp_path, monkeypatch, capsys
):
    folder = write_folder(tmp_path / "given", names)
    with pytest.raises(DataError, match=reason):
        sources.open_images(folder)
    monkeypatch.setenv("CATDOG_DATA", str(folder))
    assert cli.main(["train", "model1"]) == 2
    output = capsys.readouterr()
    assert output.err.count("\n") == 1 and not output.out


def test_too_few_readable_ones_get_one_sentence(tmp_path):
    folder = write_folder(tmp_path / "given", FLAT)
    (folder / "dogs" / "3.jpg").write_text("miaow")
    with pytest.raises(DataError, match="at least 20 of each class"):
        sources.open_images(folder)


def test_folder_of_all_the_world_is_not_searched(tmp_path, monkeypatch):
    monkeypatch.setattr(class_folders, "MAX_FILES", 30)
    with pytest.raises(DataError, match="holds more than 30 files"):
        sources.open_images(write_folder(tmp_path, FLAT))


def test_links_to_folders_are_followed_but_not_in_circles(pets, tmp_path):
    linked = tmp_path / "linked"
    linked.mkdir()
    for class_folder in ("Rabbits", "hamsters"):
        (linked / class_folder).symlink_to(pets / class_folder)
    assert len(sources.open_images(linked).train) == 38
    (pets / "Rabbits" / "round").symlink_to(pets)
    assert len(sources.open_images(pets).train) == 38


def test_own_runs_and_networks_know_their_classes(pets, monkeypatch, capsys):
    monkeypatch.setenv("CATDOG_DATA", str(pets))
    assert cli.main(["train", "model1", "--epochs", "1", "--seed", "8"]) == 0
    images = sources.find_images()
    folder = settings.runs_folder() / "own" / images.fingerprint
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["model1-8.json", "model1-8.npz"]
    assert replay.find_runs(models.model1, images, 1)[0].seed == 8
    capsys.readouterr()
    image = str(pets / "Rabbits" / "1.jpg")
    predict = ["predict", image, "--model", "model1", "--seed", "8"]
    assert cli.main(predict) == 0
    answer = capsys.readouterr().out.split(": ")[-1].split(",")[0]
    assert answer in images.classes


def test_page_says_that_images_are_your_own(pets):
    notice = sentences.images_notice(sources.open_images(pets))
    assert "57 images of two classes, hamsters and rabbits" in notice
    assert "dog" not in notice


@pytest.fixture
def strange(tmp_path):
    return write_folder(
        tmp_path / "strange",
        [
            f"{class_folder}/{n}{STRANGE.replace('/', ' ')}.jpg"
            for class_folder in (STRANGE.replace("/", " "), "plain")
            for n in range(20)
        ],
    )


def test_names_that_are_code_are_shown_as_text(strange):
    images = sources.open_images(strange)
    name = images.classes[0]
    assert "\n" not in name and "\u202e" not in name and "<script>" in name
    notice = sentences.images_notice(images)
    html = pypandoc.convert_text(notice, "html", format="markdown")
    assert "<script" not in html and "<em>" not in html and "<a " not in html
    assert "&lt;script&gt;" in html and "$x^$" in html
    first, second = evaluation.label_counts(images.train)
    drawings = [
        figures.image_grid(images),
        figures.label_frequencies({first: 3, second: 4}),
        figures.confusion_matrix([Score("a", 0, 0.9)], images.classes),
        figures.mistakes([Score(images.held_out[0], 0, 0.9)], images),
    ]
    for figure in drawings:
        figure.savefig(io.BytesIO())  # a `$` read as mathematics would raise


def test_chapter_with_strange_names_runs_nothing_of_them(
    strange, tmp_path, monkeypatch
):
    monkeypatch.setenv("CATDOG_DATA", str(strange))
    soup = execute_page(TUTORIAL, "chapters/01-data.qmd", tmp_path / "site")
    text = soup.get_text()
    assert "This page was made with 40 images of two classes" in text
    assert "28 images for training\n12 images held out" in text
    assert "alert(1)" in text
    assert not any("alert(1)" in str(code) for code in soup.find_all("script"))
    assert not soup.find_all(attrs={"href": "u"})
    assert "label 1 (plain): 14 images" in text
