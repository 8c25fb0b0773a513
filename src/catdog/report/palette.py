"""The colors that pages and figures share."""

import functools
import re

from catdog.settings import assets_folder, project_folder

FILE = "colors.scss"


@functools.cache
def palette() -> dict[str, tuple[str, str]]:
    """Return each color's two values, such as `"#d55e00"`.

    The first is for light pages, the second for dark ones. They stand in
    `assets/colors.scss`; those of the project, if it has some, come first.
    """
    line = re.compile(r"^\s*([\w-]+): (#\w{6}) (#\w{6}),$", re.MULTILINE)
    return {
        name: (light, dark)
        for folder in (assets_folder(), project_folder() / "assets")
        if (folder / FILE).is_file()
        for name, light, dark in line.findall(
            (folder / FILE).read_text(encoding="utf-8")
        )
    }


def plot_style() -> dict[str, str]:
    """Return the colors of a light page's paper, ink and lines, for matplotlib."""
    paper, ink, soft, line = (
        palette()[name][0] for name in ("paper", "ink", "soft", "line")
    )
    return {
        **dict.fromkeys(("figure.facecolor", "axes.facecolor"), paper),
        **dict.fromkeys(("text.color", "axes.labelcolor"), ink),
        **dict.fromkeys(("axes.edgecolor", "xtick.color", "ytick.color"), soft),
        "grid.color": line,
    }
