"""The faces of text and code, which the site serves itself.

Before they render, both renderers write `assets/fonts.css` and the files that it
names, and those that figures are drawn with. Where npm is out of reach, the style
sheet is empty, and a reader's system has the faces.
"""

import io
from collections.abc import Iterable
from pathlib import Path

from catdog._io import exclusive, write_atomically, write_folder_atomically
from catdog.errors import CatdogError
from catdog.publish import npm
from catdog.report.faces import FILES

VERSION = "5.3.0"
STYLE = "assets/fonts.css"
FOLDER = "assets/fonts"
# Atkinson Hyperlegible, drawn for the Braille Institute: an I, an l and a 1 that
# nobody confuses. The names are those of the packages and of their files.
TEXT, CODE = "atkinson-hyperlegible-next", "atkinson-hyperlegible-mono"
PACKAGES = {
    TEXT: npm.Package(
        f"@fontsource-variable/{TEXT}",
        VERSION,
        "UnLzNUy1RWoLDfydAatP4NaRm99X/WbQEph7q/PymJnCFIOOwKOx3pBmp5ys8trO"
        "0dM+CKGuJgeZP9fAR4mQpA==",
    ),
    CODE: npm.Package(
        f"@fontsource-variable/{CODE}",
        VERSION,
        "0IbthhO18EEpLe69h+cmrsxCkl4yk80gMk+fAN3+9M5zQvoR1JlkzoJRR6U9/UXL"
        "YpVBGEXu+Md2LO8TIp30dw==",
    ),
}
# The same face of text, not variable, for figures.
DRAWN = npm.Package(
    f"@fontsource/{TEXT}",
    VERSION,
    "8p1tHVoPDo6oYwSO3sMw5snGwFwSf3TmeSF9Gcj792GXdsg6oqvhoItbj6Hj/XZIk0Xs"
    "+Cwu6pkLBAl3Q5HrwA==",
)
# Heights of matplotlib's own face, DejaVu Sans, as parts of its size.
X_HEIGHT = 0.547
LINE = {"sTypoAscender": 0.76, "sTypoDescender": -0.24, "sTypoLineGap": 0.2}
FACE = """\
@font-face {{ font-family: "{family}"; font-style: {style}; font-weight: 200 800; \
font-display: swap; src: url("fonts/{file}") format("woff2"); }}
"""
# Until a face has come, and where none comes, a stand-in takes its room, so that no
# line breaks elsewhere afterwards: a usual face of the system, made as wide and high.
STAND_IN = """\
@font-face {{ font-family: "{family} Stand-in"; font-weight: {weights}; \
src: {sources}; size-adjust: {size:.1%}; ascent-override: {ascent:.1%}; \
descent-override: {descent:.1%}; line-gap-override: 0%; }}
"""
# In em, from the table `hhea` of each of our faces.
ASCENT, DESCENT = 0.984, 0.316
# How wide a letter of a font is, in em: the mean of its table `hmtx` over the text of
# all pages, each character as often as it stands there. Of ours at 400, 700 and 800.
REGULAR, BOLD, BLACK, CODE_LETTER = 0.4393, 0.4737, 0.4918, 0.632
ARIAL, ARIAL_BOLD = "Arial, Liberation Sans", "Arial Bold, Liberation Sans Bold"
MONO = "DejaVu Sans Mono, Liberation Mono, Menlo"
# A family's weights, the width that its letters are to have and have, and its fonts.
STAND_INS = [
    ("Arial", "200 599", REGULAR, 0.4424, ARIAL),
    ("Arial", "600 749", BOLD, 0.4740, ARIAL_BOLD),
    ("Arial", "750 800", BLACK, 0.4740, ARIAL_BOLD),
    ("Roboto", "200 599", REGULAR, 0.4405, "Roboto"),
    ("Roboto", "600 749", BOLD, 0.4472, "Roboto Bold"),
    ("Roboto", "750 800", BLACK, 0.4472, "Roboto Bold"),
    ("DejaVu", "200 599", REGULAR, 0.5045, "DejaVu Sans"),
    ("DejaVu", "600 749", BOLD, 0.5690, "DejaVu Sans Bold"),
    ("DejaVu", "750 800", BLACK, 0.5690, "DejaVu Sans Bold"),
    ("Code", "200 800", CODE_LETTER, 0.6021, MONO),
]
# A summary of Keras is drawn with lines that the code's face lacks. Those of the
# systems' own faces are 0.6 em wide, its letters 0.632.
LINES = """\
@font-face { font-family: "Lines"; src: local("DejaVu Sans Mono"), \
local("Liberation Mono"), local("Menlo"), local("Courier New"), \
local("Droid Sans Mono"); size-adjust: 105%; unicode-range: U+2500-257F; }
"""


def build(root: Path) -> str:
    """Write the style sheet and the files of a project.

    Returns:
        A sentence on why there are none; empty if there are.
    """
    folder = root / FOLDER
    with exclusive(folder):
        try:
            files, missing = font_files(), ""
        except CatdogError as error:
            files, missing = {}, str(error)
        with write_folder_atomically(folder) as scratch:
            for name, content in files.items():
                (scratch / name).write_bytes(content)
        write_atomically(root / STYLE, style_sheet(files))
    return missing


def font_files() -> dict[str, bytes]:
    """Return the files of all faces and their licenses, by their names.

    Raises:
        CatdogError: if they cannot be had.
    """
    files: dict[str, bytes] = {}
    for face, package in PACKAGES.items():
        names = {"LICENSE": f"{face}-license.txt"} | {
            f"files/{face}-latin-wght-{style}.woff2": f"{face}-{style}.woff2"
            for style in ("normal", "italic")
        }
        files |= npm.read_files(package, names)
    return files | _drawn_files()


def _drawn_files() -> dict[str, bytes]:
    names = {
        f"files/{TEXT}-latin-{weight}-normal.woff": Path(file).name
        for weight, file in FILES.items()
    }
    return {
        name: _for_figures(content)
        for name, content in npm.read_files(DRAWN, names).items()
    }


def _for_figures(font: bytes) -> bytes:
    """Return a font unpacked, for matplotlib reads no WOFF, and of another size.

    Its letters and lines become as high as those of matplotlib's own face, for
    which figures have room.
    """
    from fontTools.ttLib import TTFont

    changed = TTFont(io.BytesIO(font), recalcTimestamp=False)
    changed.flavor = None
    metrics = changed["OS/2"]
    em = changed["head"].unitsPerEm = round(metrics.sxHeight / X_HEIGHT)
    for name, height in LINE.items():
        setattr(metrics, name, round(height * em))
    unpacked = io.BytesIO()
    changed.save(unpacked)
    return unpacked.getvalue()


def style_sheet(names: Iterable[str]) -> str:
    """Return the rules that name the files of the faces."""
    fonts = [Path(name) for name in names if name.endswith(".woff2")]
    faces = [
        FACE.format(
            family=font.stem.rpartition("-")[0].replace("-", " ").title(),
            style=font.stem.rpartition("-")[2],
            file=font.name,
        )
        for font in fonts
    ]
    return "".join([*faces, *map(_stand_in, STAND_INS), LINES] if faces else [])


def _stand_in(row: tuple[str, str, float, float, str]) -> str:
    family, weights, wanted, width, fonts = row
    size = wanted / width
    return STAND_IN.format(
        family=family,
        weights=weights,
        sources=", ".join(f'local("{name}")' for name in fonts.split(", ")),
        size=size,
        # Browsers apply the size to these as well.
        ascent=ASCENT / size,
        descent=DESCENT / size,
    )
