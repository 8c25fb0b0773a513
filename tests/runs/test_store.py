"""Records are kept apart by their images, and the user's own come first."""

from pathlib import Path

import msgspec
import pytest
from samples_of_runs import make_run, of_drawings, of_own_images

from catdog import settings
from catdog.data.split import TUTORIAL_FINGERPRINT
from catdog.errors import RecordError
from catdog.runs import store

RUN = make_run()
OWN = "0011223344556677"


@pytest.mark.parametrize(
    ("source", "fingerprint", "subfolder"),
    [
        ("photographs", TUTORIAL_FINGERPRINT, "."),
        ("drawings", TUTORIAL_FINGERPRINT, "drawings"),
        ("photographs", OWN, f"own/{OWN}"),
    ],
)
def test_runs_of_other_images_have_folders_of_their_own(
    source, fingerprint, subfolder, tmp_path
):
    images = msgspec.structs.replace(
        RUN.images, source=source, names=fingerprint
    )
    run = make_run(images=images)
    path = store.write_run(run, tmp_path / "runs")
    assert path == tmp_path / "runs" / subfolder / "model1-0.json"
    assert store.read_run(path) == msgspec.structs.replace(run, path=path)


def test_run_is_written_into_the_users_folder(user, published):
    assert store.write_run(RUN) == user / "model1-0.json"
    assert not published.exists()


def test_run_that_was_read_knows_its_file(tmp_path):
    path = store.write_run(RUN, tmp_path)
    assert store.read_run(path).path == path
    assert RUN.path is None


def test_users_runs_are_read_before_the_published_ones(user, published):
    store.write_run(make_run(seconds=1.0), published)
    store.write_run(make_run(seed=1, seconds=2.0), published)
    store.write_run(make_run(seconds=3.0), user)
    runs = store.read_runs("photographs", TUTORIAL_FINGERPRINT, "model1")
    assert [run.seconds for run in runs] == [3.0, 1.0, 2.0]
    assert store.folders() == [user.resolve(), published.resolve()]


def test_a_folder_that_is_both_is_read_once(published, monkeypatch):
    monkeypatch.setenv("CATDOG_RUNS", str(published / ".." / "published"))
    store.write_run(RUN)
    assert len(store.read_all_runs()) == 1


def test_runs_of_some_images_are_read_without_those_of_others(user, published):
    for folder in (user, published):
        store.write_run(make_run(), folder)
        store.write_run(make_run("model12"), folder)
        store.write_run(make_run(images=of_drawings(RUN)), folder)
        store.write_run(make_run(images=of_own_images(RUN)), folder)

    def count(*arguments):
        return len(store.read_runs(*arguments))

    assert count("photographs", TUTORIAL_FINGERPRINT, "model1") == 2
    assert count("photographs", TUTORIAL_FINGERPRINT) == 4
    assert count("drawings", TUTORIAL_FINGERPRINT) == 2
    assert count("photographs", OWN) == 2
    assert count("photographs", "0" * 16) == 0
    assert len(store.read_all_runs()) == 8


def test_without_any_folder_there_are_no_runs(user, published):
    assert store.read_all_runs() == []
    assert store.read_runs("photographs", TUTORIAL_FINGERPRINT) == []


def test_networks_beside_the_runs_are_no_runs(user, published):
    store.write_run(RUN)
    networks = settings.networks_folder()
    networks.mkdir()
    (networks / "model1-0.json").write_text('["cat", "dog"]')
    assert len(store.read_all_runs()) == 1


def test_published_runs_are_read_wherever_the_user_has_none(user):
    runs = store.read_all_runs()
    assert {run.model for run in runs} >= {f"model{n}" for n in range(1, 6)}
    assert {run.path.parent for run in runs} == {
        settings.published_runs_folder().resolve()
    }


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "model1-0.json").write_bytes(b"\xff\xfe{}")
    with pytest.raises(RecordError, match=r"model1-0\.json"):
        store.read_run(tmp_path / "model1-0.json")


def test_missing_record_is_refused(tmp_path):
    with pytest.raises(RecordError, match=r"nosuch-0\.json is no record"):
        store.read_run(tmp_path / "nosuch-0.json")


def test_value_changed_by_hand_is_noticed(tmp_path):
    path = store.write_run(RUN, tmp_path)
    path.write_text(path.read_text().replace("60.0", "6.0"))
    with pytest.raises(
        RecordError, match=r"changed after it was written.*: delete it, or"
    ):
        store.read_run(path)


def fail(*arguments):
    raise OSError("No space left on device")


def test_failed_writing_leaves_the_old_record(tmp_path, monkeypatch):
    path = store.write_run(RUN, tmp_path)
    before = path.read_bytes()
    with pytest.raises(TypeError):  # JSON has no word for it
        store.write_run(make_run(configuration={"no": object()}), tmp_path)
    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="No space"):
        store.write_run(make_run(seconds=2.0), tmp_path)
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == before
