"""The model in a page, in a real browser: `make test-site` runs it.

A small project of its own has the form on two pages. The model is the recorded
one where Keras' cache has MobileNetV2's weights, else one of random weights.
"""

import functools
import http.server
import io
import json
import os
import random
import re
import shutil
import threading
import zipfile
from pathlib import Path

import browse_site
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from browse_site import ARGUMENTS, BROWSER, SITE, THEMES, WCAG, WIDTHS
from conftest import random_mobilenet
from PIL import Image
from playwright.sync_api import expect
from projects import TUTORIAL, write

from catdog import pretrained, settings
from catdog.data.drawings import scenes
from catdog.demo import build, runtime
from catdog.demo.markup import BUILT, FOLDER, read_facts
from catdog.errors import CatdogError
from catdog.publish import pages

# Of the user's, before the tests get a world of their own.
KERAS_HOME = settings.keras_home()
HAS_WEIGHTS = pretrained.weights_path().exists()
PHOTOGRAPHS = os.environ.get("CATDOG_DATA", "")

N_IMAGES = 50
# A random network makes more of the last gray level than a trained one.
TOLERANCE = 0.02 if HAS_WEIGHTS else 0.06
PAGES = ["index.html", "chapters/01.html"]
QUARTO_YML = """\
project:
  render: [index.qmd, chapters/01.qmd]
  resources: [assets/demo/*.*, assets/demo/built/*.*]
website: {title: A site, search: true}
"""
PAGE = """\
---
title: A page
---

```{python}
#| label: demo
#| echo: false
from catdog import demo
demo.form()
```
"""
POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; "
    "img-src 'self' blob:"
)
browser = browse_site.browser


class Handler(browse_site.Quiet):
    """Writes down what it was asked; says 404 for what is `broken`."""

    def send_head(self):
        if self.path.endswith(self.server.broken):
            return self.send_error(404)
        return super().send_head()

    def log_request(self, code="-", size="-"):
        name = self.path.rpartition("/")[2]
        self.server.asked.append((self.command, name, int(code)))

    def end_headers(self):
        for header in self.server.headers.items():
            self.send_header(*header)
        super().end_headers()


@pytest.fixture(scope="module")
def model():
    """The model in Keras."""
    from catdog.backend import keras
    from catdog.models import BUILDERS

    with pytest.MonkeyPatch.context() as patch:
        if HAS_WEIGHTS:
            patch.setenv("KERAS_HOME", str(KERAS_HOME))
            return build.recorded_model()
        patch.setattr(pretrained, "pretrained_mobilenet_v2", random_mobilenet)
        keras.utils.set_random_seed(0)
        return BUILDERS["model4"]()


@pytest.fixture(scope="module")
def site(tmp_path_factory, model):
    root = write_project(tmp_path_factory.mktemp("demo") / "project")
    try:
        files = built_files(model)
    except CatdogError as error:
        pytest.skip(str(error))
    (root / BUILT).mkdir()
    for name, content in files.items():
        (root / BUILT / name).write_bytes(content)
    pages.render(root)
    return root / "_site"


def write_project(root):
    write(root / "_quarto.yml", QUARTO_YML)
    for name in ("index.qmd", "chapters/01.qmd"):
        write(root / name, PAGE)
    ignored = shutil.ignore_patterns("built")
    shutil.copytree(TUTORIAL / FOLDER, root / FOLDER, ignore=ignored)
    return root


def built_files(model):
    """What the tutorial's site has, if that is of today, else the same anew."""
    folder = TUTORIAL / BUILT
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_HOME", str(KERAS_HOME))
        key = build.current_key() if HAS_WEIGHTS else ""
    if key and build.key_of(folder) == key:
        return {path.name: path.read_bytes() for path in folder.iterdir()}
    return build.page_files(model, key)


@pytest.fixture(scope="module")
def server(site):
    """Serves the site, not at the top of its host."""
    handler = functools.partial(Handler, directory=site.parent)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        server.address = f"http://127.0.0.1:{server.server_port}/{site.name}"
        yield server
        server.shutdown()


@pytest.fixture
def tab(browser, server):
    server.asked, server.broken, server.headers = [], "?", {}
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    tab.goto(f"{server.address}/{PAGES[1]}")
    yield tab
    context.close()


def choose(tab, name, content=b"", **options):
    """Choose a file, given as a path or by its name and content."""
    if not isinstance(name, Path):
        name = {"name": name, "mimeType": "image/jpeg", "buffer": content}
    tab.locator(".demo-file").set_input_files(name)
    return said(tab, **options)


def said(tab, timeout=60_000):
    """What the form says when it is done."""
    answer = tab.locator(".demo-answer")
    done = re.compile(r"^(?!Loading|Looking).+\.$")
    expect(answer).to_have_text(done, timeout=timeout)
    return answer.inner_text()


def probability(text):
    """The class that a text names, and the probability of the second class."""
    name, percent = re.fullmatch(
        r"The model says: (cat|dog), with a probability of ([\d.]+)%\.", text
    ).groups()
    share = float(percent) / 100
    return name, share if name == "dog" else 1 - share


def jpeg(size=(400, 300), number=0, **options):
    file = io.BytesIO()
    drawing = scenes.draw("dog", number).resize(size, Image.Resampling.BICUBIC)
    drawing.save(file, "JPEG", **options)
    return file.getvalue()


# What it answers


def sample_images(folder):
    """Image files of all kinds and sizes, and photographs if there are any."""
    rng = random.Random(0)
    for number in range(20):
        drawing = scenes.draw(("cat", "dog")[number % 2], number)
        size = [rng.randint(40, 3000) for _ in range(2)]
        drawing = drawing.resize(size, Image.Resampling.BICUBIC)
        kind = ["jpg", "png", "gif", "bmp", "webp"][number % 5]
        path = folder / f"drawing-{number}.{kind}"
        if kind == "jpg":  # each has an orientation of its own
            exif = Image.Exif()
            exif[0x0112] = 1 + 2 * (number // 5) + 1
            drawing.save(path, exif=exif, quality=90)
        elif kind == "png":  # half of it can be seen through
            drawing.putalpha(Image.linear_gradient("L").resize(size))
            drawing.save(path)
        else:
            drawing.save(path)
        yield path
    large = folder / "large.jpg"
    scenes.draw("cat", 99).resize((6000, 5200)).save(large)
    gray = folder / "gray.jpg"
    scenes.draw("cat", 98).convert("L").save(gray)
    yield from (large, gray)
    if PHOTOGRAPHS.endswith(".zip") and Path(PHOTOGRAPHS).exists():
        with zipfile.ZipFile(PHOTOGRAPHS) as archive:
            names = [n for n in archive.namelist() if "validation/" in n]
            names = sorted(n for n in names if n.endswith(".jpg"))
            for name in rng.sample(names, N_IMAGES - 22):
                yield write_bytes(folder / Path(name).name, archive.read(name))
        return
    for number in range(N_IMAGES - 22):
        size = rng.randint(100, 900), rng.randint(100, 900)
        content = jpeg(size, 100 + number, quality=80)
        yield write_bytes(folder / f"photo-{number}.jpg", content)


def write_bytes(path, content):
    path.write_bytes(content)
    return path


def test_it_answers_as_python_does(tab, model, tmp_path):
    from catdog.prediction import Network, answer_all

    network = Network(model, ("cat", "dog"))
    differences = {}
    for path in sample_images(tmp_path):
        name, share = probability(choose(tab, path))
        [(expected_name, confidence, _)] = answer_all(network, [path])
        expected = confidence if expected_name == "dog" else 1 - confidence
        differences[path.name] = abs(share - expected)
        assert name == expected_name or abs(expected - 0.5) < TOLERANCE
    print(f"largest difference: {max(differences.values()):.4f}")
    assert len(differences) == N_IMAGES
    assert {n: d for n, d in differences.items() if d > TOLERANCE} == {}


def test_it_shows_the_square_and_which_parts_speak_for_a_class(
    tab, model, tmp_path
):
    from catdog.data.image_files import read_image
    from catdog.report.activations import class_activation_map

    path = write_bytes(tmp_path / "dog.jpg", jpeg())
    choose(tab, path)
    shown, tinted = (pixels(tab, name) for name in ("square", "map"))
    square = read_image(path)
    assert np.abs(square.astype(int) - shown).max() <= 2
    # Blue speaks for a dog, red for a cat.
    cells = class_activation_map(model, square)
    leaning = cells[..., 1] - cells[..., 0]
    row, column = np.unravel_index(np.abs(leaning).argmax(), leaning.shape)
    strongest = tinted[16 + 32 * row, 16 + 32 * column].astype(int)
    blue = strongest[2] - strongest[0]
    assert abs(blue) > 40 and (blue > 0) == (leaning[row, column] > 0)
    words = tab.locator(".demo-map").get_attribute("aria-label")
    assert ("dog" if leaning[row, column] > 0 else "cat") in words
    places = [("top", "middle", "bottom"), ("left", "center", "right")]
    for place, names in zip((row, column), places, strict=True):
        assert names[3 * place // 5] in words


def pixels(tab, name):
    data = tab.locator(f".demo-{name}").evaluate(
        "canvas => [...canvas.getContext('2d')"
        ".getImageData(0, 0, canvas.width, canvas.height).data]"
    )
    return np.array(data, "uint8").reshape(160, 160, 4)[..., :3]


HEIC = b"\0\0\0\x24ftypheic\0\0\0\0mif1heic" + b"\0" * 50


def large_png():
    file = io.BytesIO()
    Image.new("1", (12_500, 8_000)).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.heic", HEIC, "HEIC files: save the photograph as JPEG"),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is an SVG"),
        ("a.jpg", b"Dear cat, how are you?", "is no image"),
        ("a.jpg", b"", "is empty"),
        ("a.png", large_png(), "too large, with 12500 by 8000 pixels"),
        ("a.jpg", jpeg((400, 4)), "too small, with 400 by 4 pixels"),
        ("a.jpg", jpeg()[:200], "is no image"),
    ],
    ids=["heic", "svg", "text", "empty", "large", "small", "broken"],
)
def test_what_is_no_photograph_gets_one_sentence(tab, name, content, sentence):
    choose(tab, "photo.jpg", jpeg())
    assert tab.locator(".demo-result").is_visible()
    text = choose(tab, name, content)
    assert sentence in text and text.count(". ") == 0
    assert not tab.locator(".demo-result").is_visible()
    assert "The model says" in choose(tab, "photo.jpg", jpeg())


# What leaves the browser


def test_no_request_follows_the_choice(tab, server):
    tab.locator(".demo-example").first.click()
    said(tab)
    requests = []
    tab.on("request", lambda request: requests.append(request.url))
    asked = len(server.asked)
    choose(tab, "photo.jpg", jpeg())
    tab.wait_for_timeout(500)
    # A blob is in the browser's own memory.
    assert [url for url in requests if not url.startswith("blob:")] == []
    assert len(server.asked) == asked
    tab.context.set_offline(True)
    assert "The model says" in choose(tab, "photo.jpg", jpeg(number=1))


def test_the_first_choice_gets_the_model_and_sends_nothing(tab, server):
    loaded = {path for _, path, _ in server.asked}
    assert not loaded & {"model4.tflite", "litert.js", "model.js", "square.js"}
    asked = len(server.asked)
    requests = []
    # A method of a list cannot be a listener.
    tab.on("request", lambda request: requests.extend([request]))
    choose(tab, "photo.jpg", jpeg())
    own = [r for r in requests if not r.url.startswith("blob:")]
    assert {(request.method, request.post_data) for request in own} == {
        ("GET", None)
    }
    assert all(
        request.url.startswith(f"{server.address}/{FOLDER}/")
        and "?" not in request.url
        for request in own
    )
    names = sorted(name for _, name, _ in server.asked[asked:])
    loader = [f"{runtime.RUNTIME}.{end}" for end in ("js", "wasm")]
    ours = ["model.js", "square.js", build.MODEL]
    assert names == sorted([*ours, *loader, "litert.js", "wasm-utils.js"])


def test_the_browser_keeps_the_model(browser, server, tmp_path):
    server.asked, server.broken, server.headers = [], "?", {}
    # What other tests use forgets all, and keeps nothing that is large.
    context = browser.browser_type.launch_persistent_context(
        tmp_path, executable_path=BROWSER, args=ARGUMENTS
    )
    tab = context.new_page()
    for name in PAGES:
        server.asked.clear()
        tab.goto(f"{server.address}/{name}")
        choose(tab, "photo.jpg", jpeg())
    answers = {name: status for _, name, status in server.asked}
    context.close()
    assert answers[build.MODEL] == 304
    assert answers[f"{runtime.RUNTIME}.wasm"] == 304


def test_a_strict_content_security_policy_is_enough(tab, server):
    server.headers = {"Content-Security-Policy": POLICY}
    complaints = []
    tab.on("console", lambda message: complaints.append(message.text))
    tab.goto(f"{server.address}/{PAGES[0]}")
    assert "The model says" in choose(tab, "photo.jpg", jpeg())
    assert [text for text in complaints if "Security Policy" in text] == []


def test_a_model_that_cannot_be_loaded_is_tried_again(tab, server):
    server.broken = "model4.tflite"
    assert "could not be loaded" in choose(tab, "photo.jpg", jpeg())
    server.broken = "?"
    assert "The model says" in choose(tab, "photo.jpg", jpeg())


# How it is used


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("theme", THEMES)
def test_form_in_a_browser(browser, server, width, theme):
    server.asked, server.broken, server.headers = [], "?", {}
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=theme
    )
    tab = context.new_page()
    complaints = []
    tab.on(
        "console",
        lambda message: (
            message.type == "error" and complaints.append(message.text)
        ),
    )
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.goto(f"{server.address}/{PAGES[1]}")
    assert axe(tab) == []
    choose(tab, "photo.jpg", jpeg())
    assert axe(tab) == []
    assert complaints == []
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


def axe(tab):
    response = Axe().run(tab, options={"runOnly": WCAG}).response
    return [
        (v["id"], [node["target"] for node in v["nodes"]])
        for v in response["violations"]
    ]


def test_keyboard_alone_will_do(tab):
    file = tab.locator(".demo-file")
    for _ in range(60):
        tab.keyboard.press("Tab")
        if file.evaluate("file => file === document.activeElement"):
            break
    outline = tab.locator(".demo-button").evaluate(
        "label => getComputedStyle(label).outlineStyle"
    )
    assert outline == "solid"
    with tab.expect_file_chooser() as chosen:
        tab.keyboard.press("Space")
    chosen.value.set_files(
        {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": jpeg()}
    )
    assert "The model says" in said(tab)
    tab.keyboard.press("Tab")
    alt = tab.evaluate("document.activeElement.firstElementChild.alt")
    assert alt == "A drawn cat"
    tab.keyboard.press("Enter")
    assert "The model says" in said(tab)


def test_answer_and_progress_are_announced(tab, site):
    answer = tab.locator(".demo [role=status]")
    assert answer.get_attribute("class") == "demo-answer"
    texts = tab.evaluate_handle(
        "() => { const texts = [], seen = document.querySelector('.demo-answer');"
        "new MutationObserver(() => texts.push(seen.textContent))"
        ".observe(seen, { childList: true }); return texts; }"
    )
    choose(tab, "photo.jpg", jpeg())
    said_in_turn = texts.json_value()
    assert said_in_turn[:2] == ["Looking at it.", "Loading the model."]
    assert said_in_turn[-1].startswith("The model says")
    bar = tab.locator(".demo-progress")
    facts = read_facts(site.parent)
    assert bar.evaluate("bar => [bar.value, bar.max]") == [facts.n_bytes] * 2
    assert f"{facts.n_bytes / 1e6:.0f} MB" in tab.locator(".demo").inner_text()


def test_a_photograph_can_be_dropped(tab):
    transfer = tab.evaluate_handle(
        "bytes => { const data = new DataTransfer(); data.items.add(new File("
        "[new Uint8Array(bytes)], 'a.jpg')); return data; }",
        list(jpeg()),
    )
    tab.dispatch_event(".demo", "drop", {"dataTransfer": transfer})
    assert "The model says" in said(tab)


def test_from_disk_it_says_what_it_needs(browser, site):
    tab = browser.new_page()
    complaints = []
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.goto((site / PAGES[1]).as_uri())
    assert "make serve" in tab.locator(".demo-server").inner_text()
    assert not tab.locator(".demo-choice").is_visible()
    assert complaints == []
    tab.close()


def test_without_the_model_the_page_says_what_is_missing(tmp_path):
    root = write_project(tmp_path / "project")
    facts = {"key": "", "size": 0, "bytes": 0, "missing": "No npm: get it."}
    write(root / BUILT / "facts.json", json.dumps(facts))
    pages.render(root)
    for name in PAGES:
        text = (root / "_site" / name).read_text(encoding="utf-8")
        assert 'class="callout callout-note"' in text
        assert "No npm: get it." in text and "demo.js" not in text


def test_the_tutorial_has_the_form_or_says_what_is_missing():
    text = (SITE / "chapters/07-share.html").read_text(encoding="utf-8")
    has_form = 'class="demo"' in text
    assert has_form == (SITE / BUILT / "model4.tflite").exists()
    assert has_form != ("The model does not answer here yet" in text)
