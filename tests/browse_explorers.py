"""Figures that a reader can change, in a real browser: `make test-site`.

Like browse_site.py, it judges the pages of either renderer.
"""

import base64
import itertools
import json
import re

import browse_site
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from browse_site import SITE, THEMES, WCAG
from playwright.sync_api import expect

browser = browse_site.browser
KERNEL = "chapters/02-first-model.html"
SCORES = "chapters/06-test-score.html"
FIGURES = {
    "kernel": (KERNEL, "#fig-map"),
    "histories": (SCORES, "#fig-histories"),
    "threshold": (SCORES, "#fig-confusion"),
}
WIDTHS = (1280, 320)
each_explorer = pytest.mark.parametrize("name", FIGURES)


@pytest.fixture
def open_page(browser):
    """Opens an explorer, from the disk: nothing of it needs a server."""
    contexts = []

    def open_at(name, width=1280, **options):
        viewport = {"width": width, "height": 900}
        context = browser.new_context(viewport=viewport, **options)
        contexts.append(context)
        tab = context.new_page()
        tab.on("pageerror", lambda error: pytest.fail(str(error)))
        page, figure = FIGURES[name]
        tab.goto((SITE / page).as_uri())
        return tab, tab.locator(figure).first

    yield open_at
    for context in contexts:
        context.close()


def data_of(box):
    return json.loads(box.locator(".explore-data").text_content())


@each_explorer
def test_explorer_stands_in_its_figure_and_the_figure_in_print(open_page, name):
    tab, figure = open_page(name)
    box, image = figure.locator(".explore"), figure.locator("img")
    assert box.is_visible() and not image.is_visible()
    assert figure.locator("figcaption").is_visible()
    tab.emulate_media(media="print")
    assert image.is_visible() and not box.is_visible()
    assert image.evaluate(
        "image => image.decode().then(() => image.naturalWidth)"
    )


@each_explorer
def test_without_a_script_the_figure_stays(open_page, name):
    tab, figure = open_page(name, java_script_enabled=False)
    assert figure.locator("img").is_visible()
    for cell in tab.locator(".cell:has(.explore)").all():
        assert not cell.is_visible()  # no gap either


@each_explorer
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("theme", THEMES)
def test_explorer_fits_and_is_accessible(open_page, name, width, theme):
    tab, figure = open_page(name, width, color_scheme=theme)
    box = figure.locator(".explore")
    change(box, name)
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert box.evaluate("box => box.scrollWidth <= box.clientWidth")
    options = {"runOnly": WCAG}
    response = (
        Axe().run(tab, context=FIGURES[name][1], options=options).response
    )
    assert [
        (v["id"], [node["target"] for node in v["nodes"]])
        for v in response["violations"]
    ] == []


def change(box, name):
    """Choose what a reader does not see first."""
    if name == "threshold":
        box.locator("[type=range]").fill("0.07")
    elif name == "kernel":
        box.get_by_label("blur").check()
    else:
        box.get_by_label("training").check()
        box.get_by_label("loss").check()
        box.locator("select").select_option("all")


@each_explorer
def test_every_control_is_reached_by_keyboard_and_its_focus_is_seen(
    open_page, name
):
    tab, figure = open_page(name)
    box = figure.locator(".explore")
    box.locator("input").first.focus()
    tab.keyboard.press("Shift")  # from now on, a keyboard is in use
    controls = box.locator(
        "input:not([type=radio]), :checked[type=radio], select"
    )
    for _ in range(controls.count()):
        inside, outline = tab.evaluate(
            "[!!document.activeElement.closest('.explore'),"
            " getComputedStyle(document.activeElement).outlineStyle]"
        )
        assert inside and outline != "none"
        tab.keyboard.press("Tab")
    assert tab.evaluate("!document.activeElement.closest('.explore')")


# The threshold


def matrix(box):
    return [
        int(text.replace(",", ""))
        for text in box.locator(".explore-matrix tbody td").all_inner_texts()
    ]


def test_counts_at_one_half_are_those_of_the_page(open_page):
    tab, figure = open_page("threshold")
    text = tab.locator("main").inner_text()
    said = re.search(
        r"Of (\d+) images of \w+, our choices get (\d+) wrong; "
        r"of (\d+) images of \w+, (\d+)\.",
        text,
    )
    n, wrong, m, also_wrong = map(int, said.groups())
    table = [n - wrong, wrong, also_wrong, m - also_wrong]
    assert matrix(figure) == table


def test_threshold_moves_by_keyboard_and_says_what_the_page_says(open_page):
    tab, figure = open_page("threshold")
    slider = figure.locator("[type=range]")
    text = " ".join(tab.locator("main").inner_text().split())
    slider.focus()
    for key, times, at in (("ArrowRight", 40, "0.9"), ("ArrowLeft", 80, "0.1")):
        for _ in range(times):
            tab.keyboard.press(key)
        expect(figure.locator(".explore-at")).to_have_text(f"{at}0")
        _, precision, recall = figure.locator(
            "dd:first-of-type"
        ).all_inner_texts()
        shares = re.escape(f"{precision} and {recall}")
        assert re.search(rf"[Ww]ith {at}, (they are )?{shares}", text)


def test_each_mistake_is_a_marked_dot(open_page):
    _, figure = open_page("threshold")
    steps = data_of(figure)["steps"]
    for step in (
        0,
        1,
        29,
        50,
        57,
        58,
        99,
        100,
    ):  # 0.29 is no even binary number
        figure.locator("[type=range]").fill(str(step / 100))
        table = matrix(figure)
        assert table == sum(steps[step]["table"], [])
        marked = figure.locator(".explore-strip").evaluate_all(
            "strips => strips.map("
            "strip => strip.querySelectorAll('.explore-wrong').length)"
        )
        assert marked == [table[1], table[2]]
        said = figure.locator(".explore-said").inner_text()
        assert said.startswith(f"{sum(marked)} mistake")


def test_the_slider_stands_below_the_line(open_page):
    _, figure = open_page("threshold")
    for at in (0, 0.25, 1):
        figure.locator("[type=range]").fill(str(at))
        slider, strips = (
            figure.locator(name).bounding_box()
            for name in ("[type=range]", ".explore-strips")
        )
        thumb = slider["x"] + 8 + at * (slider["width"] - 16)
        line = strips["x"] + at * strips["width"]
        assert abs(thumb - line) < 1


# The kernel


def shades(figure, name):
    data, width = figure.locator(f".explore-{name}").evaluate(
        "canvas => [[...canvas.getContext('2d')"
        ".getImageData(0, 0, canvas.width, canvas.height).data], canvas.width]"
    )
    pixels = np.array(data).reshape(-1, width, 4)
    assert (pixels[..., :3] == pixels[..., :1]).all() and (
        pixels[..., 3] == 255
    ).all()
    return pixels[..., 0]


def gray(figure):
    data = data_of(figure)
    levels = np.frombuffer(base64.b64decode(data["levels"]), "uint8")
    return levels.reshape(data["height"], data["width"]).astype(int)


def expected_map(levels, kernel):
    from catdog.report.activations import convolved

    sums = convolved(np.stack([levels] * 3, axis=-1), kernel)
    if kernel.sum() == 0:  # as `activations.convolution_map` does
        limit = np.percentile(np.abs(sums), 99)
        return np.clip(127.5 * (1 + sums / limit), 0, 255).astype(int)
    return np.clip(sums / kernel.sum(), 0, 255).astype(int)


def test_map_is_the_one_that_python_computes(open_page):
    _, figure = open_page("kernel")
    levels = gray(figure)
    assert np.array_equal(shades(figure, "image"), levels)
    for name, numbers in data_of(figure)["kernels"].items():
        figure.get_by_label(name, exact=True).check()
        kernel = np.reshape(numbers, (3, 3))
        assert np.array_equal(
            shades(figure, "map"), expected_map(levels, kernel)
        )
        said = figure.locator(".explore-said").inner_text()
        assert f"add up to {kernel.sum()}" in said


def test_the_kernel_that_changes_nothing_is_found_by_keyboard(open_page):
    tab, figure = open_page("kernel")
    figure.locator("[type=number]").first.focus()
    for number in "000010000":
        tab.keyboard.press("Control+A")
        tab.keyboard.type(number)
        tab.keyboard.press("Tab")
    assert np.array_equal(shades(figure, "map"), gray(figure)[1:-1, 1:-1])
    assert figure.locator("[type=radio]:checked").count() == 0
    expect(figure.locator(".explore-said")).to_have_text(
        "Your kernel: the nine numbers add up to 1."
    )


@pytest.mark.parametrize("number", ["", "1e300", "0.1", "-5"])
def test_no_number_breaks_the_map(open_page, number):
    _, figure = open_page("kernel")
    figure.locator("[type=number]").nth(4).fill(number)
    assert shades(figure, "map").shape == tuple(
        np.subtract(gray(figure).shape, 2)
    )
    said = figure.locator(".explore-said").inner_text()
    assert "NaN" not in said and "Infinity" not in said


# The histories


def test_choices_change_the_curves_and_their_ends(open_page):
    _, figure = open_page("histories")
    data = data_of(figure)["curves"]
    drawn = ".explore-chart path:not(.explore-grid, .explore-baseline)"
    models = list(data)
    assert figure.locator(drawn).count() == len(models)
    for name in models[1:]:
        figure.get_by_label(name).uncheck()
    change(figure, "histories")
    curves = data[models[0]]["validation loss"]
    assert figure.locator(drawn).count() == 2 * len(curves)
    expect(figure.locator(".explore-said")).to_have_text(
        "Validation and training loss, all runs and their mean"
    )
    row = figure.locator(".explore-ends tbody tr")
    mean = curves["mean"]
    expect(row).to_have_text(
        f"{models[0]}{mean['best']}{mean['epoch']}{mean['last']}"
    )
    for seed in curves.keys() - {"mean"}:
        figure.locator("select").select_option(seed)
        assert figure.locator(drawn).count() == 2
        expect(row.locator("td").last).to_have_text(curves[seed]["last"])
    figure.get_by_label("validation").uncheck()
    figure.get_by_label("training").uncheck()
    assert not figure.locator(".explore-ends").is_visible()


@pytest.mark.parametrize("width", WIDTHS)
def test_names_of_curves_do_not_cover_each_other(open_page, width):
    _, figure = open_page("histories", width)
    for _ in range(2):
        boxes = sorted(
            (box["y"], box["y"] + box["height"], box["x"] + box["width"])
            for end in figure.locator(".explore-end").all()
            for box in [end.bounding_box()]
        )
        assert all(
            one[1] <= other[0] + 1 for one, other in itertools.pairwise(boxes)
        )
        edge = figure.locator(".explore").bounding_box()
        assert max(box[2] for box in boxes) < edge["x"] + edge["width"]
        figure.get_by_label("training").check()
