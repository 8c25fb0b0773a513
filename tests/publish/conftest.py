"""Projects that tests share, rendered once, and one for a test to spoil."""

import nbformat
import pytest
from projects import (
    ALL,
    GITHUB,
    SHORT,
    copy_fixture,
    copy_with_repository,
    parse,
    write_draft,
)

from catdog.publish import notebooks, pages


@pytest.fixture(scope="session")
def rendered(tmp_path_factory):
    """The fixture project with its site."""
    folder = copy_fixture(tmp_path_factory.mktemp("rendered") / "project")
    written = render(folder, tmp_path_factory)
    assert [path.relative_to(folder).as_posix() for path in written] == [
        "_site/index.html",
        f"_site/{ALL}.html",
        f"_site/{SHORT}.html",
    ]
    return folder


@pytest.fixture(scope="session")
def soup(rendered):
    """The page of the chapter that uses all that a chapter may use."""
    return parse(rendered, ALL)


@pytest.fixture(scope="session")
def on_github(tmp_path_factory):
    """The fixture project on GitHub, with its notebooks."""
    folder = tmp_path_factory.mktemp("on-github") / "project"
    copy_with_repository(folder, GITHUB)
    notebooks.write_notebooks(folder)
    return folder


@pytest.fixture(scope="session")
def whole(on_github):
    """The notebook of the chapter that uses all that a chapter may use."""
    path = on_github / "assets/notebooks/01-all.ipynb"
    return nbformat.read(path, as_version=4)


@pytest.fixture(scope="session")
def site(on_github, tmp_path_factory):
    """The site of the project on GitHub."""
    render(on_github, tmp_path_factory)
    return on_github / "_site"


@pytest.fixture
def draft(tmp_path):
    """A project with one page, for a test to spoil."""
    return write_draft(tmp_path / "draft", "Nothing wrong here.")


def render(folder, tmp_path_factory):
    """Render a project for more than one test, away from the user's cache."""
    cache = tmp_path_factory.getbasetemp() / "cache"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CATDOG_CACHE", str(cache))
        patch.setenv("FIXTURE_SET", "from-environment")
        return pages.render(folder)
