"""`catdog runs --check`: which runs are stale, why, and what was not compared."""

import time

import msgspec
import pytest
from samples_of_runs import make_run, of_own_images

from catdog import ablations, cli, models, pretrained, settings
from catdog.data import download
from catdog.data.image_files import decoding_fingerprint
from catdog.data.split import split
from catdog.runs import check, identity, replay, store
from catdog.runs.identity import describe_images, describe_training


@pytest.fixture(autouse=True)
def downloads(monkeypatch):
    """The downloads that were tried."""
    tried = []

    def note(*arguments):
        tried.append(arguments)
        raise OSError("No network")

    monkeypatch.setattr(download, "fetch", note)
    replay._describe.cache_clear()
    yield tried
    assert tried == []


def as_recorded(builder=models.model1, **fields):
    """A run of two epochs that belongs to today's code."""
    with pretrained.structure_only():
        model = builder(decay_steps=2 * 63)
    recipe = ablations.recipe_of(builder.__name__)
    return make_run(
        builder.__name__,
        configuration=describe_training(model, recipe),
        decoding=decoding_fingerprint(),
        **fields,
    )


def test_runs_that_belong_to_todays_code_pass(user, published, capsys):
    store.write_run(as_recorded())
    store.write_run(as_recorded(seed=1), published)
    assert cli.main(["runs", "--check"]) == 0
    assert capsys.readouterr() == (
        "Not on this machine, so not compared: the images of 2 runs.\n"
        "Of 2 runs, none is stale.\n",
        "",
    )


def test_stale_runs_are_named_with_the_reason(user, published, capsys):
    store.write_run(as_recorded(), published)
    run = as_recorded(seed=3)
    run.decoding = "0" * 16
    run.configuration["optimizer"]["beta_1"] = 0.5
    path = store.write_run(run)
    assert cli.main(["runs", "--check"]) == 2
    now = decoding_fingerprint()
    assert capsys.readouterr() == (
        "Not on this machine, so not compared: the images of 2 runs.\n"
        f"{path}: Adam.beta_1: 0.5, recorded; 0.9, now\n"
        f"{path}: decoding of images: {'0' * 16}, recorded; {now}, now\n",
        "catdog: 1 of 2 runs do not belong to today's code: record them again "
        "with `catdog train`, or delete them.\n",
    )


def test_run_of_a_model_that_is_gone_is_stale(user, published):
    path = store.write_run(make_run("side_224"))
    assert check.check_all().stale == {
        path.resolve(): ["there is no model side_224 any more"]
    }


def test_weights_that_are_not_here_are_named(user, published):
    for builder in (models.model4, models.model5, ablations.size_192):
        store.write_run(as_recorded(builder, base_weights="0" * 16))
    assert check.check_all() == check.Report(
        3,
        {},
        [
            "the images of 3 runs",
            "the weights of MobileNetV2",
        ],
    )


def test_weights_that_are_here_are_compared(user, published, monkeypatch):
    for module in (check, identity):
        monkeypatch.setattr(module, "weights_fingerprint", lambda: "1" * 16)
    path = store.write_run(as_recorded(models.model4, base_weights="0" * 16))
    assert check.check_all() == check.Report(
        1,
        {
            path.resolve(): [
                f"weights of the base: {'0' * 16}, recorded; {'1' * 16}, now"
            ]
        },
        ["the images of 1 run"],
    )


def test_images_that_are_here_are_compared_with_runs_of_their_names(
    user, published, images, small_folder, monkeypatch
):
    monkeypatch.setenv("CATDOG_DATA", str(small_folder))
    run = as_recorded()
    store.write_run(run)  # of other images
    own = describe_images(images, split(images))
    fields = {
        "images": own,
        "train": msgspec.structs.replace(run.train, n=48, correct=1),
        "validation": msgspec.structs.replace(run.train, n=32, correct=1),
    }
    described = models.model1(decay_steps=2 * 2)
    run = msgspec.structs.replace(
        as_recorded(outcomes=[True] * 8),
        configuration=describe_training(described),
        **fields,
    )
    path = store.write_run(run)
    assert check.check_all() == check.Report(2, {}, ["the images of 1 run"])
    run.images = msgspec.structs.replace(own, contents="0" * 16)
    store.write_run(run)
    assert check.check_all().stale == {
        path.resolve(): [
            f"contents of images: {'0' * 16}, recorded; {images.contents}, now"
        ]
    }


def test_own_images_without_their_folder_are_no_failure(user, published):
    run = as_recorded()
    run.images = of_own_images(run)
    store.write_run(run)
    assert check.check_all() == check.Report(1, {}, ["the images of 1 run"])


def test_published_runs_are_checked_in_twenty_seconds(user, capsys):
    start = time.process_time()  # other work on the machine does not count
    assert cli.main(["runs", "--check"]) == 0
    assert time.process_time() - start < 20
    *not_compared, last = capsys.readouterr().out.splitlines()
    n_runs = len(list(settings.published_runs_folder().glob("*.json")))
    assert last == f"Of {n_runs} runs, none is stale." and n_runs >= 25
    assert len(not_compared) == 2  # the images, and the weights
