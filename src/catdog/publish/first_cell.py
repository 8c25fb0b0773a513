"""The first cell of a notebook, which gets the package in Colab."""

from catdog.publish import colab_links
from catdog.publish.chapter import Chapter

SOURCE = """\
# Google Colab gets the package of this tutorial here. Elsewhere, install it first.
import sys
from glob import glob

if "google.colab" in sys.modules:
    package = sorted(glob("catdog-*.whl"))
{source}
    !pip install --quiet --no-deps {{package[-1]}}

from catdog import colab

colab.set_up()
"""
FROM_REPOSITORY = "    package = package or [{address!r}]"
FROM_READER = """\
    if not package:
        from google.colab import files

        print("Choose the file catdog-….whl that came with this notebook.")
        package = list(files.upload()) or sys.exit("No package, no chapter.")"""


def first_cell(chapter: Chapter, repository: str | None) -> str:
    """Return the source of the first cell of a chapter's notebook.

    Args:
        chapter: the chapter.
        repository: web address of the repository that has the package. Without
            one, the cell asks its reader for the package.
    """
    address = colab_links.pip_address(chapter.project, repository)
    source = FROM_REPOSITORY.format(address=address) if address else FROM_READER
    return SOURCE.format(source=source)
