"""One palette for pages and plots, readable on light and on dark."""

import re
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

from catdog.publish.pages import css_colors
from catdog.report import figures
from catdog.report.palette import palette

ROOT = Path(__file__).parents[2]
USERS = [
    "assets/text.css",
    "assets/frame.css",
    "assets/quarto.scss",
    "assets/light.scss",
    "assets/dark.scss",
    "assets/catdog.mplstyle",
    "src/catdog/report/figures.py",
    "src/catdog/report/architecture.py",
]
GROUNDS, LINES = ("paper", "raised"), ("line",)
AREAS = ("cat", "dog")  # of plots and marks, never of small text


def luminance(color):
    """After WCAG 2.2: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4
        for p in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    high, low = sorted(map(luminance, (one, other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("name", sorted(palette().keys() - {*GROUNDS, *LINES}))
def test_color_can_be_read_on_its_ground(name, theme):
    least = 3 if name in AREAS else 4.5
    for ground in GROUNDS:
        assert (
            contrast(palette()[name][theme], palette()[ground][theme]) >= least
        )


@pytest.mark.parametrize("path", USERS)
def test_colors_stand_in_one_place(path):
    text = (ROOT / path).read_text(encoding="utf-8")
    colors = re.findall(r"#[0-9a-fA-F]{3,6}\b", text)
    assert set(colors) <= {"#fff", "#000"}  # paper and ink of a printer


def test_pages_get_every_color_in_both_tones():
    lines = re.findall(
        r"--([\w-]+): light-dark\((#\w+), (#\w+)\);", css_colors()
    )
    assert {name: (light, dark) for name, light, dark in lines} == palette()


def test_plots_lie_on_the_pages_paper():
    chart = figures.label_frequencies({"cat": 3, "dog": 4})
    paper = plt.matplotlib.colors.to_rgba(palette()["paper"][0])
    assert chart.get_facecolor() == paper == chart.axes[0].get_facecolor()
    bars = [patch.get_facecolor() for patch in chart.axes[0].patches]
    colors = [palette()[name][0] for name in ("cat", "dog")]
    assert bars == [plt.matplotlib.colors.to_rgba(color) for color in colors]
