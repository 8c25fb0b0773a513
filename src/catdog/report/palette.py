"""The colours that pages and plots share."""

import functools
import re

from catdog import assets


@functools.cache
def palette() -> dict[str, tuple[str, str]]:
    """Each colour's two values, such as `"#d55e00"`: for light pages and for dark
    ones. They stand in `assets/colours.scss`.
    """
    text = (assets() / "colours.scss").read_text(encoding="utf-8")
    line = re.compile(r"^\s*([\w-]+): (#\w{6}) (#\w{6}),$", re.MULTILINE)
    return {name: (light, dark) for name, light, dark in line.findall(text)}


def plot_style() -> dict[str, str]:
    """The colours of a page's paper, ink and lines, as matplotlib's settings.

    Figures are light on dark pages as well: a photograph has only one version.
    """
    paper, ink, soft, line = (
        palette()[name][0] for name in ("paper", "ink", "soft", "line")
    )
    return {
        **dict.fromkeys(("figure.facecolor", "axes.facecolor"), paper),
        **dict.fromkeys(("text.color", "axes.labelcolor"), ink),
        **dict.fromkeys(("axes.edgecolor", "xtick.color", "ytick.color"), soft),
        "grid.color": line,
    }
