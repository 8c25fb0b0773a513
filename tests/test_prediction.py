"""Which network answers, and what it says: nothing has to be trained first."""

import json

import keras
import numpy as np
import pytest
from programs import COMMAND, heavy, run_catdog, watch
from samples import jpeg
from samples_of_models import build_constant
from samples_of_runs import make_run

from catdog import (
    checkpoints,
    cli,
    models,
    prediction,
    pretrained,
    settings,
)
from catdog.data.drawings import scenes
from catdog.errors import CatdogError, WeightsError
from catdog.runs import store
from catdog.runs.weights import kept_weights

KERAS_HOME = settings.keras_home()  # before tests get one of their own


def constant(*biases, name="model1"):
    """A model that gives the same two logits for every image."""
    model = build_constant(0.0)()
    model.name = name
    model.layers[-1].bias.assign(biases)
    return model


def train(name, seed=0, biases=(0.0, 1.0), classes=("cow", "hen")):
    checkpoints.save_network(constant(*biases, name=name), seed, classes)


@pytest.fixture
def pet(tmp_path):
    path = tmp_path / "pet.jpg"
    path.write_bytes(jpeg())
    return path


@pytest.fixture
def published(tmp_path, monkeypatch):
    """A folder of published runs that is empty."""
    folder = tmp_path / "published"
    folder.mkdir()
    monkeypatch.setattr(settings, "published_runs_folder", lambda: folder)
    return folder


@pytest.fixture(scope="module")
def head(random_weights):
    """What is kept of a model4, which is not as it began."""
    rng = np.random.default_rng(0)
    kept = kept_weights(models.model4())
    return [
        rng.uniform(0.5, 1.5, array.shape).astype("float32") for array in kept
    ]


@pytest.mark.parametrize(
    ("biases", "name", "probability"),
    [([0, 1], "dog", 0.73106), ([2, 0], "cat", 0.8808), ([0, 0], "dog", 0.5)],
)
def test_answer_is_the_surer_class(biases, name, probability, pet):
    network = prediction.Network(constant(*biases), ("cat", "dog"))
    (answer,) = prediction.answer_all(network, [pet])
    assert answer == (name, pytest.approx(probability, abs=1e-4), None)


def test_images_are_answered_in_their_order_whatever_the_batch(tmp_path):
    model = build_constant(0.0)()
    model.layers[-1].set_weights([np.array([[0, 1.0]] * 3), np.zeros(2)])
    model.layers[-1].bias.assign([100.0, 0.0])  # dark is cat, bright is dog
    paths = []
    for number in range(35):
        paths.append(tmp_path / f"{number}.png")
        bright = np.full((8, 8, 3), 255 * (number % 3 == 0), "uint8")
        keras.utils.save_img(paths[-1], bright, scale=False)
    network = prediction.Network(model, ("cat", "dog"))
    names = [answer.name for answer in prediction.answer_all(network, paths)]
    assert names == ["cat" if n % 3 else "dog" for n in range(35)]


def test_image_is_read_at_the_size_that_the_network_takes(pet):
    image = keras.Input((48, 48, 3))
    pooled = keras.layers.GlobalAveragePooling2D()(image)
    model = keras.Model(image, keras.layers.Dense(2)(pooled))
    network = prediction.Network(model, ("cat", "dog"))
    assert len(prediction.answer_all(network, [pet])) == 1


def test_own_network_comes_before_the_published_one(published, head):
    store.write_run(make_run("model4"), published, head)
    train("model4")
    network = prediction.find_network("model4")
    assert (network.classes, network.run) == (("cow", "hen"), None)


def test_own_record_comes_before_the_published_one(published, head, tmp_path):
    store.write_run(make_run("model4", seed=3), published, head)
    mine = store.write_run(make_run("model4", seed=3), tmp_path / "runs", head)
    run = prediction.find_network("model4", 3).run
    assert run == store.read_run(mine)


def test_own_network_that_cannot_be_used_names_the_command(published, head):
    store.write_run(make_run("model4"), published, head)
    train("model4")
    checkpoints.network_path("model4", 0).write_bytes(b"PK")
    with pytest.raises(
        CatdogError, match=r"run `catdog train model4 --seed 0` again\.$"
    ):
        prediction.find_network("model4")


def test_without_a_name_the_latest_own_model_with_the_seed_answers(published):
    for name, seed in [("model1", 0), ("model3", 0), ("model5", 1)]:
        train(name, seed)
    assert prediction.find_network().model.name == "model3"
    assert prediction.find_network(seed=1).model.name == "model5"


def test_without_own_networks_the_best_published_model_answers(published, head):
    for name, accuracy in [("model4", 0.9), ("model5", 0.8), ("model3", 0.99)]:
        run = make_run(name, validation=(0.5, accuracy))
        store.write_run(run, published, head)
    network = prediction.find_network()
    assert (network.run.model, network.run.seed) == ("model4", 0)
    assert network.classes == ("cat", "dog")
    np.testing.assert_array_equal(kept_weights(network.model)[0], head[0])


@pytest.mark.parametrize(
    ("name", "seed"), [("model1", 0), ("model4", 7), ("model4", 1)]
)
def test_what_nobody_has_kept_is_said_with_the_cure(
    name, seed, published, head
):
    store.write_run(make_run("model1"), published, head[:1])
    store.write_run(make_run("model4", seed=1), published)
    cure = f"run `catdog train {name} --seed {seed}`, or leave out --model"
    with pytest.raises(CatdogError, match=cure):
        prediction.find_network(name, seed)


def test_without_any_run_the_cure_is_to_train(published):
    with pytest.raises(CatdogError, match="run `catdog train model5 --seed 0`"):
        prediction.find_network()


def test_model_that_does_not_exist_is_not_to_be_trained():
    with pytest.raises(
        CatdogError, match=r"^There is no model .model9.: choose"
    ):
        prediction.find_network("model9")


def test_without_the_base_there_is_no_answer(published, head, monkeypatch):
    """The `random_weights` of this module are taken away again."""
    store.write_run(make_run("model4"), published, head)

    def out_of_reach(size):
        raise WeightsError("MobileNetV2's weights cannot be loaded.")

    monkeypatch.setattr(pretrained, "pretrained_mobilenet_v2", out_of_reach)
    with pytest.raises(WeightsError):
        prediction.find_network("model4")


def test_saved_network_is_opened_with_its_classes(tmp_path):
    path = tmp_path / "farm.keras"
    constant(0.0, 1.0).save(path)
    assert prediction.open_network(path).classes == ("cat", "dog")
    path.with_suffix(".json").write_text('["cow", "hen"]')
    assert prediction.open_network(path).classes == ("cow", "hen")


def test_file_that_is_no_network_gets_one_sentence(tmp_path):
    path = tmp_path / "fa\nrm.keras"
    with pytest.raises(CatdogError, match=r"^There is no file .*fa\\x0arm"):
        prediction.open_network(path)
    path.write_bytes(b"no network")
    with pytest.raises(CatdogError, match=r"fa\\x0arm.* no network .*\.$"):
        prediction.open_network(path)


@pytest.mark.parametrize(
    ("shape", "outputs"),
    [((8, 8, 1), 2), ((8, 9, 3), 2), ((None, None, 3), 2), ((8, 8, 3), 3)],
)
def test_network_for_something_else_is_refused(shape, outputs, tmp_path):
    image = keras.Input(shape)
    pooled = keras.layers.GlobalAveragePooling2D()(image)
    model = keras.Model(image, keras.layers.Dense(outputs)(pooled))
    model.save(tmp_path / "other.keras")
    with pytest.raises(CatdogError, match="does not take square images in RGB"):
        prediction.open_network(tmp_path / "other.keras")


def test_network_with_two_inputs_is_refused(tmp_path):
    inputs = [keras.Input((8, 8, 3)), keras.Input((2,))]
    pooled = keras.layers.GlobalAveragePooling2D()(inputs[0])
    joined = keras.layers.concatenate([pooled, inputs[1]])
    model = keras.Model(inputs, keras.layers.Dense(2)(joined))
    model.save(tmp_path / "other.keras")
    with pytest.raises(CatdogError, match="does not take square images in RGB"):
        prediction.open_network(tmp_path / "other.keras")


@pytest.fixture
def farm(tmp_path):
    path = tmp_path / "farm.keras"
    constant(0.0, 3.0).save(path)
    path.with_suffix(".json").write_text('["cow", "hen"]')
    return str(path)


def test_each_file_gets_its_answer_or_its_sentence(farm, pet, capsys):
    broken, missing = pet.with_name("note.jpg"), pet.with_name("no\nne.jpg")
    broken.write_text("no image")
    files = [str(path) for path in (broken, pet, missing, pet)]
    assert cli.main(["predict", "--network", farm, *files]) == 2
    out, err = capsys.readouterr()
    assert out == f"{pet}: hen, 95%\n" * 2
    first, second = err.splitlines()
    assert first == f"catdog: {broken} is no image."
    assert second.endswith(r"no\x0ane.jpg is no file.")
    assert cli.main(["predict", "--network", farm, str(pet)]) == 0


def test_json_holds_answers_and_errors(farm, pet, capsys):
    missing = pet.with_name("none.jpg")
    files = [str(missing), str(pet)]
    assert cli.main(["predict", "--json", "--network", farm, *files]) == 2
    out, err = capsys.readouterr()
    none, answer = json.loads(out)
    assert none == {"file": str(missing), "error": "is no file"}
    assert answer.items() >= {"file": str(pet), "answer": "hen"}.items()
    assert answer["probability"] == pytest.approx(0.9526, abs=1e-4)
    assert answer["unlike_both"] is None and err == ""


def test_without_an_image_tensorflow_is_not_waited_for(tmp_path):
    done, seen = watch(
        tmp_path / "seen.json", COMMAND, "predict", tmp_path / "none.jpg"
    )
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr == f"catdog: {tmp_path / 'none.jpg'} is no file.\n"
    assert heavy(seen["modules"]) == []


def test_offline_without_weights_there_is_one_sentence(pet):
    done = run_catdog(
        "predict", pet, environment={"HTTPS_PROXY": "http://127.0.0.1:9"}
    )
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.endswith("or connect to the internet.\n")
    assert "Traceback" not in done.stderr


def test_help_says_where_the_network_comes_from(capsys):
    with pytest.raises(SystemExit):
        cli.main(["predict", "--help"])
    text = capsys.readouterr().out
    assert "Nothing has to be trained first." in text
    assert "the tutorial's, whose head comes with this program" in text


@pytest.mark.parametrize("options", [[], ["--model", "model4", "--seed", "3"]])
@pytest.mark.skipif(
    not (KERAS_HOME / "models" / pretrained.WEIGHTS_NAME).exists(),
    reason=f"the published weights are not in {KERAS_HOME}",
)
def test_published_network_answers_without_training(options, tmp_path):
    for animal in ("cat", "dog"):
        scenes.draw(animal, 0).save(tmp_path / f"{animal}.png")
    done = run_catdog(
        "predict",
        *options,
        "cat.png",
        "dog.png",
        cwd=tmp_path,
        environment={"KERAS_HOME": str(KERAS_HOME)},
    )
    assert done.returncode == 0
    for line, name in zip(
        done.stdout.splitlines(), ("cat", "dog"), strict=True
    ):
        assert line.startswith(f"{name}.png: ")
        assert line.split(": ")[1].split(",")[0] in ("cat", "dog")
