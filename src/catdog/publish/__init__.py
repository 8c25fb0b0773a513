"""From chapters to pages and notebooks. Nothing here knows what the chapters teach.

It needs the packages of the extra `site`. Importing it without them raises a
CatdogError.
"""

from importlib.util import find_spec

from catdog.errors import CatdogError

# The modules that the extra `site` brings.
# fmt: off
NEEDED = (
    "fontTools", "hatchling", "ipykernel", "jinja2", "jupytext", "nbclient", "nbformat",
    "pypandoc", "quarto", "yaml",
)
# fmt: on

if any(find_spec(name) is None for name in NEEDED):
    raise CatdogError(
        "Rendering needs more packages: run "
        "`pip install 'catdog-tutorial[site]'`."
    )
