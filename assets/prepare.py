"""Write what pages use and git does not keep: fonts, and the model in the page.

Both renderers run this before they render.
"""

import sys
from pathlib import Path

try:
    from catdog.demo import build
    from catdog.publish import fonts
except ModuleNotFoundError as error:
    # Quarto takes the Python of `_environment`, and else any.
    sys.exit(
        f"catdog: {sys.executable} has no module {error.name}: set "
        "QUARTO_PYTHON in the file _environment to a Python that has, or run "
        "`catdog render`."
    )

project = Path.cwd()
for fault, missing in (
    ("The pages use the reader's own fonts", fonts.build(project)),
    ("The model will not answer in the page", build.build(project)),
):
    if missing:
        sys.stderr.write(f"{fault}: {missing}\n")
