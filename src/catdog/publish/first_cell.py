"""The first cell of a notebook: it gets the package in Colab, or tells how to."""

import shlex

from catdog.publish import colab_links, wheel
from catdog.publish.project import Project
from catdog.settings import tutorial_folder

# Of the tutorial itself; for a project that has no package of its own.
DISTRIBUTION = "catdog_tutorial"
SOURCE = """\
# Google Colab gets the package of this tutorial here. Elsewhere, you install it.
import shutil
import sys
import tempfile
from glob import glob

if "google.colab" in sys.modules:
    from packaging.version import Version

    wheels = glob("{distribution}-*.whl")
{otherwise}
    if wheels:
        newest = max(wheels, key=lambda name: Version(name.split("-")[1]))
        # Browsers number copies of a file, and pip refuses such a name.
        name = "-".join([*newest.split("-")[:2], "{tag}"])
        package = shutil.copy(newest, f"{{tempfile.mkdtemp()}}/{{name}}")
    !pip install --quiet --no-deps "{{package}}"

try:
    from catdog import colab
except ImportError:
    missing = 'The package of this tutorial is missing: run {cure}, then this cell.'
    raise SystemExit(missing) from None

colab.set_up()
"""
FROM_REPOSITORY = '    package = "{address}"'
# It works in a terminal and in a cell, where IPython takes it for its `%pip`.
FROM_ADDRESS = '`pip install "{name} @ {address}"`'
FROM_FILE = (
    "`pip install` with the path of {distribution}-….whl, "
    "which came with this notebook"
)
FROM_READER = """\
    if not wheels:
        from google.colab import files

        print("Choose the file {distribution}-….whl that came with this notebook.")
        files.upload()
        wheels = glob("{distribution}-*.whl") or sys.exit("No package, no chapter.")"""


def first_cell(
    project: Project, repository: colab_links.Repository | None
) -> str:
    """Return the source of the first cell of a notebook.

    Args:
        project: the project.
        repository: the project's. Without it, or where the project has no
            package of its own, the cell asks its reader for the package.
    """
    distribution = wheel.distribution(project.root)
    if not distribution:
        # The repository of somebody's own chapters has them alone.
        distribution, repository = DISTRIBUTION, None
    names = {
        "distribution": distribution,
        "name": distribution.replace("_", "-"),
        "address": colab_links.pip_address(repository),
        "tag": wheel.TAG,
    }
    otherwise = FROM_REPOSITORY if repository else FROM_READER
    cure = FROM_ADDRESS if repository else FROM_FILE
    return SOURCE.format(
        otherwise=otherwise.format(**names), cure=cure.format(**names), **names
    )


def advice() -> str:
    """Return how the owner of a project without a package gets one for readers."""
    checkout = tutorial_folder()
    source, what = shlex.quote(str(checkout)), ""
    if not (checkout / "pyproject.toml").exists():
        source, what = (
            "SOURCE",
            ", with what you installed catdog from as SOURCE,",
        )
    return (
        f"The first cell of these notebooks asks for {DISTRIBUTION}-….whl, which "
        f"this project does not have: `pip wheel --no-deps {source}`{what} makes it; "
        "give it to your readers with the notebooks."
    )
