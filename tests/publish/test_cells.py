"""Cells and their outputs look on a page as their options say."""

import base64
import io

import nbformat
import pytest
from bs4 import BeautifulSoup
from PIL import Image
from projects import SHORT, execute_page, parse, words, write_draft

from catdog.publish.chapter import read_chapter
from catdog.publish.pages import page
from catdog.publish.project import read_project


def test_cells_show_what_their_options_say(rendered, soup):
    article = words(soup.article)
    assert "import warnings" not in article  # include: false
    assert not soup.select(".cell:has(#tbl-made) .cell-code")  # echo: false
    assert (
        words(soup.select_one("#folded details:not([open]) summary"))
        == "Look inside"
    )
    assert words(soup.select_one("#shown details[open] summary")) == "Code"
    assert not soup.select("#shown .cell-output")  # output: false
    assert "a hidden warning" not in words(
        soup.select_one("#loud .cell-output")
    )
    stderr = soup.select_one("#louder .cell-output-stderr")
    assert words(stderr) == "file.py:1: UserWarning: a shown warning"
    assert "SystemError" in words(soup.select_one("#never .cell-code"))
    assert soup.select_one("#web p.made b").text == "HTML"
    assert words(soup.select_one("#folded .cell-output-display")) == "42"
    asis = next(
        p for p in soup.find_all("p") if p.text.startswith("Words from a cell")
    )
    assert (
        asis.parent.name == "article"
        and asis.a["href"] == "02-short.html#sec-end"
    )
    assert not parse(rendered, SHORT).select(
        ".cell-code"
    )  # execute: in the front matter


def test_images_have_words_and_sizes(rendered, soup):
    line = soup.select_one("#fig-line img")
    assert line["alt"] == 'A line that rises from the "lower left" & on.'
    assert line["src"] == "01-all_files/figure-html/fig-line-output-1.webp"
    assert (line["loading"], line.get("data-fig-alt")) == ("lazy", None)
    with Image.open(rendered / "_site/chapters" / line["src"]) as image:
        pixels = image.size
    assert [abs(2 * int(line[key]) - size) <= 1 for key, size in
            zip(("width", "height"), pixels, strict=True)] == [True, True]  # fmt: skip
    dots = soup.select_one("#fig-dots img")
    assert (dots["alt"], dots["width"], dots["height"]) == (
        'Two "round" dots',
        "120",
        "60",
    )


SHOWN = """
import io

from IPython.display import Image, Latex, Math
from PIL import Image as Pillow

def drawn(kind):
    file = io.BytesIO()
    Pillow.new("RGB", (40, 20)).save(file, kind)
    return file.getvalue()

{}
"""


@pytest.mark.parametrize(
    ("code", "name", "size", "alt"),
    [
        ("Image(drawn('jpeg'))", "jpeg", ("40", "20"), ""),
        ("Image(drawn('gif'))", "gif", ("40", "20"), ""),
        ("Image(drawn('png'), width=20, alt='x')", "webp", ("20", "10"), "x"),
        ("Image('a.jpg', embed=True)", "jpeg", ("40", "20"), ""),
    ],
)
def test_images_that_a_cell_gives_are_shown(draft, code, name, size, alt):
    Image.new("RGB", (40, 20)).save(draft / "a.jpg")
    write_draft(draft, f"```{{python}}{SHOWN.format(code)}```")
    html = execute_page(draft, "index.qmd", draft / "site")
    image = html.select_one(".cell-output img")
    assert image["src"] == f"index_files/figure-html/cell-1-output-1.{name}"
    assert (image["width"], image["height"], image["alt"]) == (*size, alt)
    assert Image.open(draft / "site" / image["src"]).size == (40, 20)


@pytest.mark.parametrize(
    ("code", "display", "symbols"),
    [
        ("Math('a^2')", "inline", "a 2"),
        ("Latex('Words, $a^2$')", "inline", "a 2"),
        ("Latex(r'\\begin{equation}a = b\\end{equation}')", "block", "a = b"),
        (
            "Latex(r'\\begin{align*}a &= b \\\\ c &= d\\end{align*}')",
            "block",
            "a = b c = d",
        ),
    ],
)
def test_formulas_that_a_cell_gives_are_shown(draft, code, display, symbols):
    write_draft(draft, f"```{{python}}{SHOWN.format(code)}```")
    html = execute_page(draft, "index.qmd", draft / "site")
    math = html.select_one(".cell-output math")
    assert math["display"] == display
    assert " ".join(math.semantics.find().get_text(" ").split()) == symbols
    assert "object" not in words(html.select_one(".cell-output"))


@pytest.mark.parametrize(
    ("options", "size"),
    [
        ({"dpi": (192, 192)}, ("200", "100")),
        ({"dpi": (96, 96)}, ("400", "200")),
        ({}, ("400", "200")),
    ],
)
def test_figure_is_as_large_as_its_pixels_and_resolution_say(
    draft, tmp_path, options, size
):
    write_draft(draft, "```{python}\n#| label: fig-x\nfigure\n```")
    chapter = read_chapter(read_project(draft), "index.qmd")
    png = io.BytesIO()
    Image.new("RGB", (400, 200)).save(png, "png", **options)
    data = {"image/png": base64.b64encode(png.getvalue()).decode()}
    chapter.code_cells[0].outputs = [
        nbformat.v4.new_output("display_data", data=data)
    ]
    html = page(chapter, tmp_path / "site")
    image = BeautifulSoup(html, "html.parser").select_one("figure img")
    assert (image["width"], image["height"]) == size
    assert (tmp_path / "site" / image["src"]).is_file()


def test_caption_of_a_figure_or_table_that_is_left_out_is_left_out(tmp_path):
    project = write_draft(
        tmp_path / "project",
        "```{python}\n#| label: tbl-none\n#| tbl-cap: No such table.\n"
        "#| echo: false\nNone\n```\n\n"
        "```{python}\n#| label: fig-none\n#| fig-cap: No such figure.\n"
        "#| echo: false\nNone\n```\n\n"
        "```{python}\n#| label: tbl-last\n#| tbl-cap: A table.\n"
        "#| echo: false\nfrom IPython.display import Markdown\n"
        "Markdown('| a |\\n|--|\\n| 1 |')\n```\n",
    )
    soup = execute_page(project, "index.qmd", tmp_path / "site")
    text = words(soup.main)
    assert "No such" not in text and "Table 1: A table." in text
