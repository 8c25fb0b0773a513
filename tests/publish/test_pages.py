"""Chapters become pages: with real kernels, and the real pandoc."""

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from PIL import Image

from catdog.errors import CatdogError
from catdog.publish import images, pages, project, render
from catdog.publish.dialect import refuse_unknown
from catdog.publish.project import PublishError

FIXTURE = Path(__file__).parents[1] / "fixtures" / "site"
PROJECT = Path(__file__).parents[2]
ALL, SHORT = "chapters/01-all", "chapters/02-short"


def copy_fixture(folder):
    return shutil.copytree(
        FIXTURE, folder, ignore=shutil.ignore_patterns("_site")
    )


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """The fixture project, rendered once."""
    folder = copy_fixture(tmp_path_factory.mktemp("publish") / "project")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIXTURE_SET", "from-environment")
        made = pages.render(folder)
    assert [path.relative_to(folder).as_posix() for path in made] == [
        "_site/index.html",
        f"_site/{ALL}.html",
        f"_site/{SHORT}.html",
    ]
    return folder


@pytest.fixture(scope="module")
def soup(root):
    return parse(root, ALL)


@pytest.fixture
def draft(tmp_path):
    """A project with one page, for a test to spoil."""
    project = tmp_path / "draft"
    project.mkdir()
    (project / "_quarto.yml").write_text("project: {render: [index.qmd]}\n")
    return write(project, "Nothing wrong here.")


def write(project, text):
    (project / "index.qmd").write_text(f"---\ntitle: A page\n---\n\n{text}\n")
    return project


def parse(root, name):
    text = (root / f"_site/{name}.html").read_text(encoding="utf-8")
    return BeautifulSoup(text, "html.parser")


def words(element):
    return " ".join(element.get_text().replace("\u00a0", " ").split())


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# Pages


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


def test_numbers_start_anew_on_each_page(root):
    assert words(parse(root, SHORT).figcaption).startswith(
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


def test_cells_show_what_their_options_say(root, soup):
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
    assert not parse(root, SHORT).select(
        ".cell-code"
    )  # execute: in the front matter


def test_kernel_has_the_chapters_folder_and_the_projects_environment(soup):
    lines = (
        soup.select_one("#words .cell-output-stdout").text.strip().splitlines()
    )
    assert lines == [
        "FIXTURE_WORD: from-file from-environment",
        "folder: chapters",
        "red and ``` ticks",
    ]


def test_pictures_have_words_and_sizes(root, soup):
    line = soup.select_one("#fig-line img")
    assert line["alt"] == 'A line that rises from the "lower left" & on.'
    assert line["src"] == "01-all_files/figure-html/fig-line-output-1.webp"
    assert (line["loading"], line.get("data-fig-alt")) == ("lazy", None)
    with Image.open(root / "_site/chapters" / line["src"]) as picture:
        pixels = picture.size
    assert [abs(2 * int(line[key]) - size) <= 1 for key, size in
            zip(("width", "height"), pixels, strict=True)] == [True, True]  # fmt: skip
    dots = soup.select_one("#fig-dots img")
    assert (dots["alt"], dots["width"], dots["height"]) == (
        'Two "round" dots',
        "120",
        "60",
    )


def test_page_is_whole_without_any_other_host(root):
    for path in (root / "_site").rglob("*.html"):
        soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        loaded = [
            e.get("src") or e.get("href") for e in soup.select("[src], link")
        ]
        assert len(loaded) >= 3
        for address in loaded:
            assert (path.parent / address).is_file(), address
        ids = [element["id"] for element in soup.find_all(id=True)]
        assert len(ids) == len(set(ids))
    css = (root / "_site/assets/site.css").read_text()
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
    assert soup.find("math") and soup.select_one(
        ".sourceCode .kw, .sourceCode .bu"
    )


def test_reader_sees_where_she_is_and_can_report_or_edit(root, soup):
    crumbs = [(words(a), a["href"]) for a in soup.select(".crumbs a")]
    first = "../chapters/01-all.html"
    assert crumbs == [("Chapters", first), ("1. All constructs", first)]
    assert not parse(root, "index").select(".crumbs")
    assert [(words(a), a["href"]) for a in soup.select(".actions a")] == [
        (
            "Edit this page",
            "https://example.org/someone/pages/edit/main/chapters/01-all.qmd",
        ),
        ("Report an issue", "https://example.org/someone/pages/issues/new"),
    ]


def test_search_index_has_every_section_of_every_page(root, soup):
    entries = json.loads(
        (root / "_site/search.json").read_text(encoding="utf-8")
    )
    by_address = {entry["href"]: entry for entry in entries}
    assert len(by_address) == len(entries)
    headings = {f"{ALL}.html#{h['id']}" for h in soup.select("h2[id], h3[id]")}
    assert headings | {f"{ALL}.html", f"{SHORT}.html", "index.html"} <= set(
        by_address
    )
    deeper = by_address[f"{ALL}.html#sec-deep"]
    assert (deeper["title"], deeper["page"]) == ("Deeper", words(soup.h1))
    assert (
        "A plain table." in deeper["text"] and "Callouts" not in deeper["text"]
    )
    assert (
        "Everything that a chapter may use."
        in by_address[f"{ALL}.html"]["text"]
    )


def test_pictures_shrink_and_stay_what_they_are():
    chart = Image.new("RGB", (400, 200), "#fdfcfa")
    chart.paste("#0072b2", (20, 20, 380, 60))
    busy = Image.effect_noise((80, 40), 80).resize((400, 200)).convert("RGB")
    for picture, exact in ((chart, True), (busy, False)):
        buffer = io.BytesIO()
        picture.save(buffer, "png", dpi=(192, 192))
        small = images.webp(buffer.getvalue())
        assert len(small) < len(buffer.getvalue())
        assert images.webp(buffer.getvalue()) == small
        again = Image.open(io.BytesIO(small)).convert("RGB")
        same = again.tobytes() == picture.tobytes()
        assert same == exact
        assert images.size(buffer.getvalue()) == (200, 100)


def test_wide_tables_scroll_in_a_box_of_their_own(soup):
    for table in soup.find_all("table"):
        box = table.parent
        assert (box["role"], box["tabindex"]) == ("region", "0") and box[
            "aria-label"
        ]


def test_same_chapters_make_the_same_bytes(root):
    before = contents(root / "_site")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIXTURE_SET", "from-environment")
        pages.render(root)
    assert contents(root / "_site") == before


# What goes wrong


def test_failing_cell_names_itself_and_leaves_the_old_site(draft):
    (draft / "_site").mkdir()
    (draft / "_site/index.html").write_text("the last good one")
    write(draft, "```{python}\n#| label: broken\nwhole = 1 / 0\n```")
    with pytest.raises(PublishError) as caught:
        pages.render(draft)
    message = str(caught.value)
    assert message.startswith("index.qmd: the cell broken failed:")
    assert "ZeroDivisionError" in message and "\x1b" not in message
    assert caught.value.status == 1
    assert sorted(os.listdir(draft)) == ["_quarto.yml", "_site", "index.qmd"]
    assert (draft / "_site/index.html").read_text() == "the last good one"


def test_dead_kernel_is_reported(draft):
    write(draft, "```{python}\nimport os\nos._exit(3)\n```")
    with pytest.raises(PublishError, match="index.qmd: the kernel died"):
        pages.render(draft)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Look at @fig-none.", "index.qmd:5: fig-none is not on the page"),
        ("[there](missing.qmd)", "index.qmd:5: missing.html leads nowhere"),
        (
            "[there](index.qmd#no)",
            "index.qmd:5: no is not on the page index.html",
        ),
        ("![](no.png){fig-alt='x'}", "index.qmd:5: no.png leads nowhere"),
        ("## A {#sec-a}\n\n## B {#sec-a}", "index.qmd:7: sec-a stands twice"),
        (
            "```{python}\n#| label: x\n1\n```\n\n```{python}\n#| label: x\n2\n```",
            "index.qmd:11: x stands twice",
        ),
        ("```{python}\n#| label: [\n```", "index.qmd:6: not valid YAML"),
    ],
)
def test_broken_references_are_found_before_any_cell_runs(
    draft, text, message, monkeypatch
):
    monkeypatch.setattr(
        pages, "execute_all", lambda *_: pytest.fail("too late")
    )
    with pytest.raises(PublishError) as caught:
        pages.render(write(draft, text))
    assert message in str(caught.value)
    assert not (draft / "_site").exists()


def test_dead_link_in_an_output_is_found(draft):
    code = "print('[a](nowhere' + '.qmd)')"
    write(draft, f"```{{python}}\n#| output: asis\n{code}\n```")
    with pytest.raises(
        PublishError, match="index.qmd: nowhere.html leads nowhere"
    ):
        pages.render(draft)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("ok\n\n````python\nx\n````", 7),
        ("~~~\nx\n~~~", 5),
        ('```{.bash filename="x"}\nmake\n```', 5),
        ("```{mermaid}\na --> b\n```", 5),
        ("```python numbers\nx\n```", 5),
        ("- item\n\n    ```{python}\n    1\n    ```", 7),
        ("::: {.callout-note}\n\n```{python}\n1\n```\n:::", 7),
        ("{{< video x.mp4 >}}", 5),
        ("a {{< include x.qmd >}}", 5),
        ("<div>\nx\n</div>", 5),
        ("<!-- a remark -->", 5),
        ("Inline `{python} 1 + 1` code", 5),
        ("[words]{.red}", 5),
        ("# A second title", 5),
        ("#### Too deep", 5),
        ("## A heading {.unnumbered}", 5),
        ("::: callout-note\nx\n:::", 5),
        ("::: {.callout-note}\nx", 5),
        ("```python\nx", 5),
        ("```r\nx\n```", 6),
        ("Some ~~struck~~ words", 5),
        ("a. first\nb. second", 5),
        ("A term\n:   and its meaning", 5),
        ("ok\n\n| A line block", 7),
        ("```{python}\n#| layout-ncol: 2\n1\n```", 6),
    ],
)
def test_what_only_one_of_the_readers_understands_is_refused(draft, text, line):
    found = refuse_unknown(write(draft, text) / "index.qmd")
    assert line in [number for number, _ in found]
    with pytest.raises(PublishError, match=f"^index.qmd:{line}: "):
        pages.render(draft)


@pytest.mark.parametrize(
    "folder", [FIXTURE, PROJECT], ids=["fixture", "tutorial"]
)
def test_chapters_keep_to_what_all_readers_understand(folder):
    found = [folder / "index.qmd", *sorted((folder / "chapters").glob("*.qmd"))]
    assert len(found) > 2
    assert {path.name: refuse_unknown(path) for path in found} == {
        path.name: [] for path in found
    }


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (None, "_quarto.yml is missing"),
        ("project: [", "_quarto.yml: not valid YAML"),
        ("just words", "expected lines of the form"),
        (
            "project: {render: []}\nwebsite: {sidebar: {contents: [no.qmd]}}",
            "no.qmd",
        ),
        ("website: {sidebar: {contents: [{text: x}]}}", "an `href:`"),
    ],
)
def test_bad_settings_get_one_sentence(draft, settings, message):
    (draft / "_quarto.yml").unlink()
    if settings:
        (draft / "_quarto.yml").write_text(settings)
    with pytest.raises(PublishError, match=re.escape(message)):
        project.read_project(draft)


def test_chapter_without_title_is_named(draft):
    (draft / "index.qmd").write_text("No front matter.\n")
    with pytest.raises(PublishError, match="index.qmd: give it a `title:`"):
        pages.render(draft)


def test_errors_are_for_the_command_line():
    assert (
        issubclass(PublishError, CatdogError) and PublishError("x").status == 2
    )


def test_ctrl_c_leaves_no_kernel_and_no_site(draft):
    note = draft / "pid"
    cell = "import os, time\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(60)"
    write(draft, f"```{{python}}\n{cell}\n```")
    code = "import sys; from catdog.publish import pages; pages.render(sys.argv[1])"
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(draft)],
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: note.exists() and note.read_text())
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode and "KeyboardInterrupt" in errors
    wait_until(
        lambda: not Path(f"/proc/{note.read_text()}").exists(), seconds=5
    )
    assert sorted(os.listdir(draft)) == ["_quarto.yml", "index.qmd", "pid"]


def wait_until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


# Which renderer


def test_built_in_renderer_stands_in_for_quarto(draft, monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("QUARTO_PATH", raising=False)
    index, renderer = render.build(draft)
    assert index.is_file() and renderer == "the built-in renderer"
    with pytest.raises(PublishError, match="Quarto is not installed"):
        render.build(draft, "quarto")


@pytest.mark.parametrize("status", [0, 1])
def test_quarto_renders_where_it_is_installed(
    draft, tmp_path, monkeypatch, status
):
    program = tmp_path / "quarto"
    said = f'echo "$@" "$QUARTO_PYTHON" > {tmp_path}/said; exit {status}'
    program.write_text(f"#!/bin/sh\n{said}\n")
    program.chmod(0o755)
    monkeypatch.setenv("QUARTO_PATH", str(program))
    monkeypatch.delenv("QUARTO_PYTHON", raising=False)
    if status:
        with pytest.raises(PublishError, match="Quarto could not render"):
            render.build(draft)
    else:
        assert render.build(draft)[1] == "Quarto"
    assert (tmp_path / "said").read_text().split() == [
        "render",
        str(draft),
        sys.executable,
    ]
