"""The check of a rendered site finds what a reader would stumble over."""

from pathlib import Path

import check_site
import pytest
from projects import ALL, SHORT, write

PAGES = ["index.html", f"{ALL}.html"]


def write_site(folder, body):
    write(folder / "index.html", f"<main><p id='a'>{body}</p></main>")
    write(
        folder / f"{ALL}.html", "<main><a href='../index.html#a'>up</a></main>"
    )
    write(folder / "style.css", "")
    return folder


@pytest.mark.parametrize(
    "body",
    [
        "words, <a href='chapters/01-all.html'>a page</a>, <a href='#'>top</a>",
        "<a href='https://example.org/x'>far</a> <a href='mailto:a@b.org'>a</a>",
        "<link href='style.css'><img src='style.css' alt='An image.'>",
        "<code>::: {.x} @fig-x {{< x >}}</code> <pre>#| x: Traceback</pre>",
        "<math><annotation>\\sqrt[3]{.5}</annotation></math>",
        "<div class='cell-output-stderr'>no weights here</div>",
    ],
)
def test_a_site_that_is_well_has_no_fault(tmp_path, body):
    assert check_site.faults(write_site(tmp_path, body), PAGES) == []


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("<a href='gone.html'>x</a>", "dead link to gone.html"),
        ("<a href='chapters/01-all.html#b'>x</a>", "01-all.html#b"),
        ("<a href='#b'>x</a>", "dead link to #b"),
        ("<a href='../x.html'>x</a>", "dead link to ../x.html"),
        ("<img src='gone.png' alt='An image.'>", "dead link to gone.png"),
        (f"<pre>{Path.home() / 'x.py'}:7</pre>", "a path of this machine"),
        ("<script src='gone.js'></script>", "dead link to gone.js"),
        ("<img src='style.css'>", "no alternative text for style.css"),
        ("<b id='a'></b>", "id 'a' is repeated"),
        ("<div class='cell-output-error'>x</div>", "a cell failed"),
        ("<div class='cell-output-stderr'>mind</div>", "noise: 'mind'"),
        ("::: {.callout-note}", "a fenced div is left: :::"),
        ("{{&lt; video x &gt;}}", "a shortcode is left"),
        ("see ?@fig-x", "a reference is left"),
        ("as @tbl-x shows", "a reference is left"),
        ("Heading {#sec-x}", "an attribute is left"),
        ("[word]{.red}", "an attribute is left"),
        ("```{python} #| label: x", "a cell option is left"),
        ("`{python} 1 + 1`", "a cell is left"),
        ("Traceback (most recent call last)", "an error is left"),
    ],
)
def test_faults_are_found(tmp_path, body, fault):
    faults = check_site.faults(write_site(tmp_path, body), PAGES)
    assert faults and all(line.startswith("index.html: ") for line in faults)
    assert any(fault in line for line in faults)


def test_missing_page_is_a_fault(tmp_path):
    site = write_site(tmp_path, "words")
    faults = check_site.faults(site, [*PAGES, f"{SHORT}.html"])
    assert faults == [f"{SHORT}.html: the page is missing"]
