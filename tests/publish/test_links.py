"""Dead links and unresolved references are found, and named with their line."""

import pytest
from projects import write, write_draft

from catdog.publish import notebooks, pages
from catdog.publish.project import PublishError


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
    with pytest.raises(PublishError) as refused:
        pages.render(write_draft(draft, text))
    assert message in str(refused.value)
    assert not (draft / "_site").exists()


@pytest.mark.parametrize("front", ["", "draft: true\n"])
def test_site_without_a_start_page_gets_one_sentence(draft, front):
    write(draft / "a.qmd", "---\ntitle: A\n---\n\nWords.\n")
    write(draft / "_quarto.yml", "project: {type: website}\n")
    if front:
        write(draft / "index.qmd", f"---\ntitle: B\n{front}---\n")
    else:
        (draft / "index.qmd").unlink()
    for make in (pages.render, notebooks.check_notebooks):
        with pytest.raises(PublishError) as refused:
            make(draft)
        assert str(refused.value) == (
            f"{draft} has no start page: write index.qmd, which `render:` in "
            "_quarto.yml takes in, and which is no draft."
        )


def test_dead_link_in_an_output_is_found(draft):
    code = "print('[a](nowhere' + '.qmd)')"
    write_draft(draft, f"```{{python}}\n#| output: asis\n{code}\n```")
    with pytest.raises(
        PublishError, match=r"index.qmd: nowhere.html leads nowhere"
    ):
        pages.render(draft)
