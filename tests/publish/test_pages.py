"""Chapters become pages: with the real pandoc."""

import pytest
from bs4 import BeautifulSoup
from projects import (
    ALL,
    GITHUB,
    SHORT,
    append,
    contents,
    copy_with_repository,
    markdown_of,
    parse,
    read,
    read_notebook,
    replace,
    words,
    write,
    write_draft,
)

from catdog.publish import notebooks, pages
from catdog.publish.project import PublishError


def test_figures_tables_and_sections_are_numbered_in_order(soup):
    captions = {
        element["id"]: words(element.figcaption)
        for element in soup.find_all("figure", id=True)
    }
    assert captions == {
        "tbl-plain": "Table 1: A plain table.",
        "fig-dots": "Figure 1: Two dots, in the colours of cat and dog.",
        "fig-line": "Figure 2: A line: rising, with code.",
        "tbl-made": "Table 2: A made table with 100 % of the numbers.",
    }
    assert soup.select_one("#fig-line figcaption code").text == "code"
    assert soup.select_one("#tbl-plain > :first-child").name == "figcaption"


def test_references_become_links(soup):
    links = [(a["href"], words(a)) for a in soup.select("a.quarto-xref")]
    assert links[:10] == [
        ("#fig-line", "Figure 2"),
        ("#fig-dots", "Figure 1"),
        ("#tbl-plain", "Table 1"),
        ("#tbl-made", "Table 2"),
        ("#sec-one", "Section 1"),
        ("#sec-deep", "Section 1.1"),
        ("#sec-own", "Section 2.1"),
        ("#fig-dots", "1"),
        ("#fig-line", "Figure 2"),
        ("#tbl-made", "Table 2"),
    ]
    assert "@fig" not in words(soup.article) and "{#" not in words(soup.article)


def test_numbers_start_anew_on_each_page(rendered):
    assert words(parse(rendered, SHORT).figcaption).startswith(
        "Figure 1: The first"
    )


def test_callouts(soup):
    titles = {
        tuple(element["class"])[1]: words(
            element.select_one("summary, .callout-title")
        )
        for element in soup.select(".callout")
    }
    assert titles == {
        "callout-note": "Note: A titled note",
        "callout-tip": "Tip: The heading is the title",
        "callout-warning": "Warning",
        "callout-important": "Important: Important",
        "callout-caution": "Caution: Careful",
    }
    tip = soup.select_one(".callout-tip")
    assert tip.name == "details" and not tip.has_attr("open") and tip.h2 is None
    assert soup.select_one(".callout-note").name == "div"


def test_page_is_whole_without_any_other_host(rendered):
    for path in (rendered / "_site").rglob("*.html"):
        soup = BeautifulSoup(read(path), "html.parser")
        loaded = [
            e.get("src") or e.get("href") for e in soup.select("[src], link")
        ]
        assert len(loaded) >= 3
        for address in loaded:
            assert (path.parent / address).is_file(), address
        ids = [element["id"] for element in soup.find_all(id=True)]
        assert len(ids) == len(set(ids))
    css = read(rendered / "_site/assets/site.css")
    assert "url(" not in css and "@import" not in css


def test_frame_of_a_page(soup):
    assert soup.title.text == "All constructs, on “one” page – Two small pages"
    assert words(soup.h1) == "All constructs, on “one” page"
    assert (
        words(soup.select_one(".description"))
        == "Everything that a chapter may use."
    )
    assert words(soup.select_one("[aria-current]")) == "1. All constructs"
    assert [(a["rel"], a["href"]) for a in soup.select(".turn a")] == [
        (["prev"], "../index.html"),
        (["next"], "../chapters/02-short.html"),
    ]
    toc = [a["href"] for a in soup.select(".toc nav a")]
    assert toc == ["#sec-one", "#sec-deep", "#callouts", "#sec-own", "#cells"]
    assert soup.select_one("a.skip")["href"] == "#content" and soup.find(
        id="content"
    )
    assert "A footer & more" in words(soup.select_one(".bottom"))
    assert soup.find("math") and soup.select_one(".sourceCode code span[class]")


def test_reader_sees_where_they_are_and_can_report_or_edit(rendered, soup):
    crumbs = [(words(a), a["href"]) for a in soup.select(".crumbs a")]
    first = "../chapters/01-all.html"
    assert crumbs == [("Chapters", first), ("1. All constructs", first)]
    assert not parse(rendered, "index").select(".crumbs")
    assert [(words(a), a["href"]) for a in soup.select(".actions a")] == [
        (
            "Edit this page",
            "https://example.org/someone/pages/edit/main/chapters/01-all.qmd",
        ),
        ("Report an issue", "https://example.org/someone/pages/issues/new"),
    ]


def test_wide_tables_scroll_in_a_box_of_their_own(soup):
    for table in soup.find_all("table"):
        box = table.parent
        assert (box["role"], box["tabindex"]) == ("region", "0") and box[
            "aria-label"
        ]


def test_same_chapters_make_the_same_bytes(rendered):
    before = contents(rendered / "_site")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIXTURE_SET", "from-environment")
        pages.render(rendered)
    assert contents(rendered / "_site") == before


def test_annotated_code_has_numbers_that_lead_to_its_notes(soup):
    cell = soup.select_one("#annotated")
    marks = cell.select("pre a.code-annotation-anchor")
    assert [(m.text, m["aria-label"]) for m in marks] == [
        ("1", "Note 1"),
        ("2", "Note 2"),
    ]
    assert [m.find_next_sibling("span")["class"] for m in marks] == [
        ["code-annotation-target"]
    ] * 2
    notes = cell.select(".cell-annotation dl.code-annotation-container-grid dt")
    assert ["#" + note["id"] for note in notes] == [m["href"] for m in marks]
    assert words(notes[1].find_next("dd")) == "Grows by number."
    assert cell.select(".cell-annotation + .cell-output")
    assert "<1>" not in soup.article.text
    folded = soup.select_one(".cell:not([id]) > details.code-fold")
    assert folded.select("a.code-annotation-anchor")
    assert words(folded.find_next_sibling()) == "1 It has no label."


# What else `_quarto.yml` asks for


def test_scripts_run_first_and_resources_are_published(draft):
    project = write_draft(draft, "Words.")
    write(
        project / "_quarto.yml",
        "project:\n  render: [index.qmd]\n  pre-render: make.py\n"
        "  resources: ['made/*.*']\n",
    )
    write(
        project / "make.py",
        "from pathlib import Path\nPath('made').mkdir()\n"
        "Path('made/a.txt').write_text('made')\n",
    )
    pages.render(project)
    assert read(project / "_site/made/a.txt") == "made"


def test_a_script_that_fails_ends_the_rendering(draft):
    project = write_draft(draft, "Words.")
    write(
        project / "_quarto.yml",
        "project: {render: [index.qmd], pre-render: [make.py]}\n",
    )
    write(project / "make.py", "raise SystemExit(3)\n")
    with pytest.raises(PublishError, match=r"make\.py failed"):
        pages.render(project)
    assert not (project / "_site").exists()


def test_drafts_are_nowhere_and_links_to_them_are_words(tmp_path):
    project = copy_with_repository(tmp_path / "project", GITHUB)
    replace(project / f"{SHORT}.qmd", "title:", "draft: true\ntitle:")
    pages.render(project)
    notebooks.write_notebooks(project)
    assert not (project / f"_site/{SHORT}.html").exists()
    assert "02-short" not in read(project / "_site/search.json")
    soup = parse(project, ALL)
    assert not soup.select('[href*="02-short"]')
    assert "The note, with a link" in words(soup.article)
    assert not (project / "assets/notebooks/02-short.ipynb").exists()
    text = markdown_of(read_notebook(project, "01-all.ipynb"))
    assert "(The note, with a link.)" in text


def test_settings_of_a_page_count_more_than_the_projects(draft):
    write_draft(draft, "## One\n\n```{python}\n1\n```")
    front = "lang: en-GB\ntoc: false\nformat: {html: {code-fold: true}}\ntitle:"
    replace(draft / "index.qmd", "title:", front)
    append(draft / "_quarto.yml", "toc: true\nlang: en-US\ncode-summary: See\n")
    pages.render(draft)
    soup = parse(draft, "index")
    assert soup.html["lang"] == "en-GB" and not soup.select(".toc")
    assert words(soup.select_one("details.code-fold summary")) == "See"


@pytest.mark.parametrize(
    ("place", "folder"),
    [("", "chapters"), (", execute-dir: project", "draft")],
)
def test_cells_run_where_the_settings_say(draft, place, folder):
    line = f"project: {{render: [index.qmd, chapters/]{place}}}\n"
    write(draft / "_quarto.yml", line)
    cell = "```{python}\nimport os\nprint(os.path.basename(os.getcwd()))\n```"
    write(draft / "chapters/a.qmd", f"---\ntitle: A\n---\n\n{cell}\n")
    pages.render(draft)
    output = parse(draft, "chapters/a").select_one(".cell-output")
    assert words(output) == folder


def test_cells_of_a_page_may_not_run_at_all(draft):
    write_draft(draft, "```{python}\nraise SystemError\n```")
    replace(draft / "index.qmd", "title:", "execute: {eval: false}\ntitle:")
    pages.render(draft)
    assert "raise SystemError" in words(parse(draft, "index").article)
