"""Figures as SVG, in colors that follow the theme of the page."""

import base64
import io
import re

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from catdog.report.images import webp
from catdog.report.palette import palette

EMBEDDED = re.compile(
    r'"data:image/png;base64,(?P<png>[^"]+)"(?P<rest>[^>]*? width="(?P<width>\d+)")'
    r"(?P<end>[^>]*)>",
    re.DOTALL,
)
PIXELATED = ' style="image-rendering:crisp-edges;image-rendering:pixelated"'
# The pixels of an image with fewer to a side are to be seen, others smoothed.
SEEN_PIXELS = 32


def themed_svg(drawing: Figure) -> str:
    """Return a figure as SVG, without a background; its images are WebP.

    Its colors from the palette are variables that a dark page turns into their
    dark values: in an image, `prefers-color-scheme` is that of the element that
    shows it (Media Queries Level 5, section 11.5). The same figure gives the same
    text.
    """
    drawn = io.StringIO()
    with plt.rc_context({"svg.hashsalt": "catdog"}):
        drawing.savefig(
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
    text = EMBEDDED.sub(_smaller, text)
    light, dark = (
        " ".join(f"--{name}: {palette()[name][tone]};" for name in sorted(used))
        for tone in (0, 1)
    )
    theme = (
        f":root {{ {light} }} "
        f"@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}"
    )
    return text.replace("</style>", f"{theme}</style>", 1)


def _smaller(image: re.Match[str]) -> str:
    """Return the attributes of an embedded image, with a WebP instead of a PNG."""
    png = base64.b64decode(image["png"])
    content = base64.b64encode(webp(png)).decode()
    smooth = int(image["width"]) >= SEEN_PIXELS
    end = image["end"].replace(PIXELATED, "") if smooth else image["end"]
    return f'"data:image/webp;base64,{content}"{image["rest"]}{end}>'
