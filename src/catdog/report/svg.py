"""Charts as SVG, in colors that follow the theme of the page."""

import io
import re

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from catdog.report.palette import palette


def themed_svg(chart: Figure) -> str:
    """Return a chart as SVG, without a background.

    Its colors from the palette are variables that a dark page turns into their
    dark values: in an image, `prefers-color-scheme` is that of the element that
    shows it (Media Queries Level 5, section 11.5). The same chart gives the same
    text.
    """
    drawn = io.StringIO()
    with plt.rc_context({"svg.hashsalt": "catdog"}):
        chart.savefig(
            drawn, format="svg", transparent=True, metadata={"Date": None}
        )
    names = {light: name for name, (light, _) in palette().items()}
    used: set[str] = set()

    def variable(color: re.Match[str]) -> str:
        name = names.get(color[0])
        if not name:
            return color[0]
        used.add(name)
        return f"var(--{name})"

    text = re.sub(r"#[0-9a-f]{6}\b", variable, drawn.getvalue())
    light, dark = (
        " ".join(f"--{name}: {palette()[name][tone]};" for name in sorted(used))
        for tone in (0, 1)
    )
    theme = (
        f":root {{ {light} }} "
        f"@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}"
    )
    return text.replace("</style>", f"{theme}</style>", 1)
