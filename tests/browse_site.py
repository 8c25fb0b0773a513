"""A rendered site in a real browser: `make test-site`, or `CATDOG_SITE=_site pytest
tests/browse_site.py`. It judges the pages of either renderer.
"""

import functools
import http.server
import os
import re
import shutil
import statistics
import threading
from pathlib import Path

import html5lib
import pytest
from axe_playwright_python.sync_playwright import Axe
from check_site import PAGES, faults
from playwright.sync_api import expect, sync_playwright

from catdog.publish.links import SCRIPT, SHARED_FILES

SITE = Path(os.environ.get("CATDOG_SITE", "_site")).resolve()
NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
BROWSER = next(filter(None, map(shutil.which, NAMES)), None)
WIDTHS, THEMES = (1280, 390), ("light", "dark")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PAGE_LIMIT, SHARED_FILES_LIMIT = 700_000, 60_000  # bytes
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

each_page = pytest.mark.parametrize("name", PAGES)
built_in = pytest.mark.skipif(
    not (SITE / SCRIPT).exists(),
    reason="not the built-in renderer's site",
)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def address():
    """Where the site is served: not at the top of its host."""
    handler = functools.partial(Quiet, directory=SITE.parent)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/{SITE.name}"
        server.shutdown()


@pytest.fixture(scope="module")
def browser():
    if not BROWSER:
        pytest.skip(
            "no Chromium on this machine: install Debian's package chromium"
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=BROWSER, args=ARGUMENTS
        )
        yield browser
        browser.close()


@pytest.fixture
def tab(browser, address):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield context.new_page()
    context.close()


# What a page is made of


def test_no_page_is_missing_or_has_dead_links():
    assert faults(SITE) == []


@each_page
def test_html_is_well_formed(name):
    text = (SITE / name).read_text(encoding="utf-8")
    parser = html5lib.HTMLParser(strict=False)
    parser.parse(text)
    # Quarto puts a <style> where there should be none.
    unknown = [error for error in parser.errors if "quarto" not in text]
    assert unknown == []


@each_page
@built_in
def test_page_is_light_enough(name):
    parser = html5lib.parse(
        (SITE / name).read_bytes(), namespaceHTMLElements=False
    )
    images = {image.get("src") for image in parser.iter("img")}
    files = [SITE / name, *((SITE / name).parent / image for image in images)]
    assert sum(file.stat().st_size for file in files) < PAGE_LIMIT
    shared = [SITE / path for path in SHARED_FILES]
    assert sum(file.stat().st_size for file in shared) < SHARED_FILES_LIMIT


# What a reader meets


@each_page
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("theme", THEMES)
def test_page_in_a_browser(browser, address, name, width, theme):
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=theme,
        reduced_motion="reduce",
    )
    tab = context.new_page()
    requests, complaints = [], []
    tab.on("request", lambda request: requests.append(request.url))
    tab.on(
        "console",
        lambda message: (
            message.type == "error" and complaints.append(message.text)
        ),
    )
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.goto(f"{address}/{name}", wait_until="networkidle")
    tab.evaluate("document.fonts.ready")
    dark = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (int(dark.strip("rgba()").split(",")[0]) < 128) == (theme == "dark")
    assert complaints == []
    assert [url for url in requests if not url.startswith(address)] == []
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    response = Axe().run(tab, options={"runOnly": WCAG}).response
    context.close()
    assert [
        (v["id"], [node["target"] for node in v["nodes"]])
        for v in response["violations"]
    ] == []


@each_page
def test_page_opens_from_disk(browser, name):
    tab = browser.new_page()
    complaints = []
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.goto((SITE / name).as_uri())
    assert tab.locator("h1").inner_text()
    if (SITE / SCRIPT).exists():
        assert not tab.locator(".search").is_visible() and complaints == []
    broken = (
        "[...document.images]"
        ".filter(i => i.src && i.complete && !i.naturalWidth).length"
    )
    assert tab.evaluate(broken) == 0
    tab.close()


@built_in
def test_theme_follows_the_system_until_a_reader_chooses(tab, address):
    tab.emulate_media(color_scheme="dark")
    tab.goto(f"{address}/index.html")
    assert tab.evaluate("document.documentElement.dataset.theme") == "dark"
    tab.locator(".theme").click()
    tab.goto(f"{address}/{PAGES[1]}")
    assert tab.evaluate("document.documentElement.dataset.theme") == "light"
    tab.emulate_media(color_scheme="light")
    tab.emulate_media(color_scheme="dark")
    assert tab.evaluate("document.documentElement.dataset.theme") == "light"


@built_in
def test_copy_button_copies_the_code(tab, address):
    tab.goto(f"{address}/chapters/02-first-model.html")
    block = tab.locator("div.sourceCode").first
    block.hover()
    block.locator(".copy").click()
    # The browser may take its time to reach the clipboard.
    expect(block.locator(".copy")).to_have_text("Copied")
    code = block.locator("pre").inner_text()
    assert tab.evaluate("navigator.clipboard.readText()") == code


@built_in
def test_search_finds_a_section_and_leads_there(tab, address):
    tab.goto(f"{address}/index.html")
    tab.keyboard.press("/")
    tab.keyboard.type("overfitting", delay=10)
    tab.wait_for_function(
        "[...document.querySelectorAll('.results mark')]"
        ".some(mark => mark.textContent.toLowerCase() == 'overfitting')"
    )
    tab.keyboard.press("ArrowDown")
    leads = tab.evaluate("document.activeElement.href")
    tab.keyboard.press("Enter")
    tab.wait_for_url(leads)
    assert "verfit" in tab.locator("main").inner_text()
    tab.locator(".search input").fill("xyzzy")
    tab.wait_for_function("document.querySelector('[role=status]').textContent")
    assert tab.locator(".search [role=status]").inner_text() == "No results"


@built_in
def test_enter_leads_to_the_first_of_the_results(tab, address):
    tab.goto(f"{address}/index.html")
    words, first = tab.locator(".search input"), tab.locator(".results a").first
    words.fill("overfitting")
    leads = first.evaluate("link => link.href")
    words.press("Enter")
    tab.wait_for_url(leads)


@each_page
@built_in
def test_a_form_has_a_button_that_submits_it(name):
    page = html5lib.parse(
        (SITE / name).read_bytes(), namespaceHTMLElements=False
    )
    assert [
        form.attrib
        for form in page.iter("form")
        if not any(
            button.get("type", "submit") == "submit"
            for button in form.iter("button")
        )
    ] == []


@built_in
def test_search_tries_again_where_its_index_was_out_of_reach(tab, address):
    tab.goto(f"{address}/index.html")
    tab.route("**/search.json", lambda route: route.abort())
    words, status = (
        tab.locator(f".search {part}") for part in ("input", "[role=status]")
    )
    words.fill("overfittin")
    expect(status).to_have_text("The search index is out of reach")
    tab.unroute("**/search.json")
    words.fill("overfitting")
    expect(status).to_contain_text("result")


@built_in
def test_page_without_a_search_works(tab, address):
    def without_search(route):
        page = route.fetch()
        text = re.sub(r"<search.*?</search>", "", page.text(), flags=re.DOTALL)
        route.fulfill(response=page, body=text)

    complaints = []
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.route("**/index.html", without_search)
    tab.goto(f"{address}/index.html", wait_until="networkidle")
    assert tab.locator(".search").count() == 0 and complaints == []


def test_figure_enlarges_by_mouse_and_by_keyboard(tab, address):
    tab.goto(f"{address}/index.html")
    figure = tab.locator("figure img").first
    alt = figure.get_attribute("alt")
    figure.click()
    assert tab.locator("dialog[open] img").get_attribute("alt") == alt
    tab.keyboard.press("Escape")
    assert tab.locator("dialog[open]").count() == 0
    figure.focus()
    tab.keyboard.press("Enter")
    assert tab.locator("dialog[open]").count() == 1
    tab.locator("dialog button").click()
    assert tab.locator("dialog[open]").count() == 0


@built_in
def test_keyboard_reaches_all_and_focus_is_seen(tab, address):
    tab.goto(f"{address}/chapters/01-data.html")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"
    reachable = tab.evaluate(
        "[...document.querySelectorAll('a[href], button, input, summary, [tabindex]')]"
        ".filter(e => e.checkVisibility() && e.tabIndex >= 0)"
        ".filter(e => !e.closest('dialog')).length"
    )
    seen = 1
    for _ in range(reachable - 1):
        tab.keyboard.press("Tab")
        outline = tab.evaluate(
            "getComputedStyle(document.activeElement).outlineStyle"
        )
        assert outline != "none", tab.evaluate(
            "document.activeElement.outerHTML"
        )
        seen += 1
    assert seen == reachable
    tab.goto(f"{address}/chapters/01-data.html")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    assert tab.url.endswith("#content")


@built_in
def test_contents_mark_the_section_that_is_read(tab, address):
    tab.goto(f"{address}/chapters/02-first-model.html#sec-train")
    tab.wait_for_function(
        "document.querySelector('.toc [aria-current]')?.textContent == 'Train it'"
    )


def test_wide_things_scroll_in_their_box_on_a_phone(browser, address):
    tab = browser.new_page(viewport={"width": 390, "height": 800})
    tab.goto(f"{address}/chapters/02-first-model.html")
    tab.wait_for_load_state("networkidle")
    wide = tab.evaluate(
        "[...document.querySelectorAll('main [tabindex]')]"
        ".filter(e => e.scrollWidth > e.clientWidth).length"
    )
    assert wide >= 2  # the drawing of the network, and some code
    tab.close()


def test_result_is_seen_whole_on_a_phone(browser):
    tab = open_at(browser, 390, "index.html")
    right = tab.locator("#fig-result img").evaluate(
        "image => image.getBoundingClientRect().right"
    )
    assert right <= 390
    tab.close()


# Layout shifts, added up; those of a reader's own doing are none.
SHIFTS = """window.shifts = 0; new PerformanceObserver((list) => {
  for (const shift of list.getEntries())
    if (!shift.hadRecentInput) window.shifts += shift.value;
}).observe({ type: "layout-shift", buffered: true });"""


@each_page
@pytest.mark.parametrize("width", [1350, 412])
def test_text_stays_where_it_is_when_its_face_arrives(
    browser, address, name, width
):
    context = browser.new_context(viewport={"width": width, "height": 823})
    tab = context.new_page()
    tab.add_init_script(SHIFTS)

    def delay(route):
        shown = "performance.getEntriesByType('paint').length > 0"
        tab.wait_for_function(shown)
        route.continue_()

    tab.route("**/*.woff2", delay)
    tab.goto(f"{address}/{name}")
    tab.wait_for_load_state("networkidle")
    tab.evaluate("document.fonts.ready")
    tab.evaluate("() => new Promise(requestAnimationFrame)")
    # What is called good is below 0.1: now and then a word goes to another line.
    assert tab.evaluate("window.shifts") < 0.05
    context.close()


def test_stand_ins_are_as_wide_as_the_faces_of_text_and_code(tab, address):
    tab.goto(f"{address}/{CHAPTER}", wait_until="networkidle")
    widths = tab.evaluate(
        """async () => {
          const words = [...document.querySelectorAll("main p")]
            .map((p) => p.innerText).join(" ").replace(/[^ -~]+/g, " ");
          const room = document.createElement("canvas").getContext("2d");
          const width = async (weight, family) => {
            const font = `${weight} 100px "${family}"`;
            await document.fonts.load(font, words);
            room.font = `${font}, cursive`;
            return room.measureText(words).width;
          };
          const pairs = [["Code", "Mono", 400], ...[400, 700, 800].flatMap(
            (weight) => ["Arial", "DejaVu"].map((f) => [f, "Next", weight]))];
          const shares = [];
          for (const [system, face, weight] of pairs)
            shares.push([system, weight, await width(weight, `${system} Stand-in`)
              / await width(weight, `Atkinson Hyperlegible ${face}`)]);
          return shares;
        }"""
    )
    wrong = [row for row in widths if abs(row[2] - 1) > 0.015]
    assert wrong == []


# What it looks like

CHAPTER = "chapters/02-first-model.html"
# How many letters of a paragraph fit into one of its lines.
LETTERS_IN_A_LINE = """() => [...document.querySelectorAll("main p")]
  .filter((p) => p.checkVisibility() && p.innerText.length > 150)
  .filter((p) => !p.querySelector("code, math, img"))
  .map((p) => {
    const line = document.createElement("span");
    line.style = "position: absolute; white-space: nowrap";
    line.innerHTML = p.innerHTML;
    p.append(line);
    const letters = line.innerText.length / line.getBoundingClientRect().width;
    line.remove();
    return letters * p.clientWidth;
  })"""
DRAWN = "main :is(figure, .cell-output) img[src$='.svg']"


def open_at(browser, width, name, theme="light"):
    tab = browser.new_page(
        viewport={"width": width, "height": 900}, color_scheme=theme
    )
    path, _, anchor = name.partition("#")
    tab.goto(f"{(SITE / path).as_uri()}#{anchor}")
    tab.evaluate("document.fonts.ready")
    return tab


@each_page
def test_no_page_scrolls_sideways(browser, name):
    tab = open_at(browser, 320, name)
    for width in (320, 768, 1920):
        tab.set_viewport_size({"width": width, "height": 900})
        fits = tab.evaluate(
            "document.documentElement.scrollWidth <= innerWidth"
        )
        assert fits, width
    tab.close()


@pytest.mark.parametrize("width", [768, 1280, 1920])
def test_lines_are_of_a_length_that_the_eye_follows(browser, width):
    tab = open_at(browser, width, CHAPTER)
    letters = tab.evaluate(LETTERS_IN_A_LINE)
    assert len(letters) > 5 and 60 <= statistics.median(letters) <= 75
    tab.close()


def test_lines_of_a_summary_are_as_wide_as_its_letters(browser):
    tab = open_at(browser, 1280, CHAPTER)
    letters, lines = tab.evaluate(
        """() => ["a", "─"].map((letter) => {
          const row = document.createElement("span");
          row.textContent = letter.repeat(80);
          document.querySelector("main .cell-output-stdout pre").append(row);
          return row.getBoundingClientRect().width;
        })"""
    )
    assert letters == pytest.approx(lines, abs=4)  # half a letter
    tab.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_heading_is_seen_after_a_jump(browser, width):
    tab = open_at(browser, width, f"{CHAPTER}#sec-saw")
    assert tab.wait_for_function(
        """() => {
          const heading = document.querySelector("#sec-saw :is(h2), h2#sec-saw");
          const box = heading.getBoundingClientRect();
          const seen = document.elementFromPoint(box.left + 5, box.top + 5);
          return scrollY > 0 && box.top > 0 && heading.contains(seen);
        }"""
    )
    tab.close()


@each_page
def test_words_in_figures_can_be_read_on_a_phone(browser, name):
    tab = open_at(browser, 390, name)
    for image in tab.locator(DRAWN).all():
        if not image.is_visible():
            continue
        file = (SITE / name).parent / image.get_attribute("src")
        text = file.read_text(encoding="utf-8")
        # The size of letters, in hundredths of a point.
        sizes = re.findall(r"scale\(([\d.]+) -[\d.]+\)", text)
        shown = image.evaluate("image => image.clientWidth")
        natural = int(image.get_attribute("width"))
        points = 100 * min(map(float, sizes), default=100.0)
        assert points * 96 / 72 * shown / natural >= 10, file.name
    tab.close()


@pytest.mark.parametrize(
    "name", [CHAPTER, "chapters/05-transfer-learning.html"]
)
def test_page_prints_black_on_white_and_whole(browser, name):
    tab = open_at(browser, 700, name, "dark")
    tab.evaluate("for (const image of document.images) image.loading = 'eager'")
    tab.wait_for_function("[...document.images].every((i) => i.complete)")
    tab.emulate_media(media="print", color_scheme="dark")
    shown = tab.evaluate(
        """() => ({
          paper: getComputedStyle(document.body).backgroundColor,
          ink: getComputedStyle(document.querySelector("main h2 + p")).color,
          code: getComputedStyle(document.querySelector("main pre code")).color,
          cut: [...document.querySelectorAll("main :is(pre, div, p)")]
            .filter((box) => box.matches(":has(code, table, img)"))
            .filter((box) => box.checkVisibility())
            .filter((box) => box.scrollWidth > box.clientWidth + 1)
            .map((box) => box.outerHTML.slice(0, 80)),
          addresses: [...document.querySelectorAll("main pre a")]
            .map((a) => getComputedStyle(a, "::after").content)
            .filter((text) => text !== "none"),
          frame: [...document.querySelectorAll("nav, button, .nav-footer")]
            .filter((part) => part.checkVisibility())
            .map((part) => part.outerHTML.slice(0, 80)),
        })"""
    )
    assert max(map(int, re.findall(r"\d+", shown.pop("code")))) < 80
    assert shown == {
        "paper": "rgb(255, 255, 255)",
        "ink": "rgb(0, 0, 0)",
        "cut": [],
        "addresses": [],
        "frame": [],
    }
    tab.close()


def test_page_prints_on_a4(tab, address, tmp_path):
    tab.goto(f"{address}/chapters/02-first-model.html")
    tab.emulate_media(media="print", color_scheme="dark")
    white = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert white == "rgb(255, 255, 255)"
    hidden = tab.locator(".sidebar, .toc, .turn, .top button, .search")
    assert not any(hidden.nth(n).is_visible() for n in range(hidden.count()))
    written_out = tab.evaluate(
        """[...document.querySelectorAll("main a")]
          .filter((a) => getComputedStyle(a, "::after").content.includes("("))
          .map((a) => a.origin)"""
    )
    assert written_out and address.rpartition("/")[0] not in written_out
    pages = tab.pdf(prefer_css_page_size=True)
    assert pages.startswith(b"%PDF") and re.search(
        rb"/MediaBox \[0 0 59[45]", pages
    )
