"""Chapters are read into text and cells."""

import pytest
from projects import write

from catdog.publish import pages
from catdog.publish.project import PublishError


def test_chapter_without_title_is_named(draft):
    write(draft / "index.qmd", "No front matter.\n")
    with pytest.raises(PublishError, match=r"index.qmd: give it a `title:`"):
        pages.render(draft)
