"""Figures as SVG: whole, the same each time, in the colors of the page."""

import base64
import io
import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from bs4 import BeautifulSoup
from PIL import Image
from samples_of_runs import make_run

from catdog.data.sources import open_images
from catdog.publish.pandoc import convert
from catdog.report import activations, figures
from catdog.report.palette import palette


def svg_of(drawing):
    bundle, _ = drawing._repr_mimebundle_()
    return bundle["image/svg+xml"]


@pytest.fixture
def history():
    return svg_of(figures.history([make_run()]))


def test_chart_shows_itself_as_the_same_svg_each_time(history):
    assert history == svg_of(figures.history([make_run()]))
    assert ET.fromstring(history).get("viewBox")


def test_figure_says_how_large_it_is():
    drawing = figures.history([make_run()])
    _, metadata = drawing._repr_mimebundle_()
    assert metadata == {"image/svg+xml": {"width": 691, "height": 326}}


def test_colors_of_a_chart_are_those_of_light_and_dark_pages(history):
    light, dark = re.search(
        r":root \{ (.*?) \} @media \(prefers-color-scheme: dark\) "
        r"\{ :root \{ (.*?) \} \}</style>",
        history,
    ).groups()
    for name in ("training", "validation", "ink", "soft", "line"):
        assert f"var(--{name})" in history
        assert f"--{name}: {palette()[name][0]};" in light
        assert f"--{name}: {palette()[name][1]};" in dark
    drawn = history.split("</style>", 1)[1]
    assert not set(re.findall(r"#[0-9a-f]{6}\b", drawn)) & {
        color for pair in palette().values() for color in pair
    }


def test_chart_has_no_background(history):
    assert "var(--paper)" not in history
    first = next(
        node
        for node in ET.fromstring(history).iter()
        if node.get("id") == "patch_1"
    )
    assert "fill: none" in first[0].get("style")


def test_photographs_in_a_figure_are_webp_in_their_own_pixels(small_folder):
    images = open_images(small_folder)
    svg = svg_of(figures.image_grid(images, columns=1))
    embedded = [
        node for node in ET.fromstring(svg).iter() if node.tag.endswith("image")
    ]
    assert len(embedded) == 2
    for node in embedded:
        kind, content = node.get("{http://www.w3.org/1999/xlink}href").split(
            ","
        )
        assert kind == "data:image/webp;base64"
        image = Image.open(io.BytesIO(base64.b64decode(content)))
        assert image.size == (160, 160)
        assert node.get("style") is None  # the browser smooths them


def test_pixels_of_a_small_image_are_seen():
    svg = svg_of(activations.filters(np.ones((5, 5, 3, 8), "float32")))
    assert svg.count("image-rendering:pixelated") == 8
    assert "image/png" not in svg


@pytest.mark.parametrize(
    ("points", "pixels"),
    [(("72pt", "36.0pt"), (96, 48)), (("518.4pt", "244.8pt"), (691, 326))],
)
def test_size_on_the_page_is_that_of_the_svg(points, pixels, tmp_path):
    width, height = points
    (tmp_path / "chart.svg").write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" '
        f'height="{height}" viewBox="0 0 1 1"></svg>'
    )
    html = convert('![](chart.svg){fig-alt="A chart"}', "html", [tmp_path])
    image = BeautifulSoup(html, "html.parser").img
    assert (int(image["width"]), int(image["height"])) == pixels
