"""The form in which a reader asks the model, as a cell of a chapter shows it."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from catdog.progress import in_notebook
from catdog.report.markdown import (
    Markdown,
    address_from_page,
    markdown,
    raw_html,
)
from catdog.settings import project_folder

FOLDER = "assets/demo"
BUILT = f"{FOLDER}/built"
FACTS = "facts.json"  # what `build` says of its work
NOT_BUILT = "It is not built yet: run `catdog render`."
IN_A_NOTEBOOK = (
    "On the web page of this chapter, the trained model answers here for a "
    "photograph of yours, in your browser."
)
EXAMPLES = ("cat", "dog", "dog")  # the animals of the drawings

# What the browser cannot do without a script stays hidden until there is one.
FORM = """\
<div class="demo" data-size="{size}" data-bytes="{bytes}">
<link rel="stylesheet" href="{folder}/demo.css">
<p class="demo-server">The model answers here if JavaScript is on and the page \
comes from a web server. On your own machine, run <code>make serve</code> in the \
project’s folder, and open the address that it prints.</p>
<div class="demo-choice" hidden>
<p><label class="demo-button">Choose a photograph\
<input class="demo-file" type="file" accept="image/*"></label> or drop one here.</p>
<p class="demo-examples"><span>No photograph nearby? Take a drawing:</span> \
{examples}</p>
<p class="demo-note">Your photograph never leaves your browser: the model comes \
to it. The first time, {megabytes} MB are loaded; after that it also answers \
without a network.</p>
<div class="demo-loading" hidden>
<progress class="demo-progress" max="{bytes}" value="0" \
aria-label="Loading the model"></progress>
<span class="demo-loaded"></span>
</div>
<p class="demo-answer" role="status"></p>
<figure class="demo-result" hidden>
<div class="demo-squares">
<canvas class="demo-square" role="img" \
aria-label="The square that the model saw"></canvas>
<canvas class="demo-map" role="img" aria-label=""></canvas>
</div>
<figcaption>Left, what the model saw: a square of {size} by {size} pixels. \
Right, which parts speak for \
<span class="demo-color demo-cat"></span> cat and which for \
<span class="demo-color demo-dog"></span> dog, the stronger the more.</figcaption>
</figure>
</div>
<script src="{folder}/demo.js"></script>
</div>
"""
EXAMPLE = (
    '<button class="demo-example" type="button">'
    '<img src="{folder}/built/{number}.webp" alt="A drawn {animal}" '
    'width="64" height="64"></button>'
)


class Facts(NamedTuple):
    """What a page needs to know of what was built.

    Attributes:
        size: pixels to each side of the square that the model takes.
        n_bytes: how much is loaded before the first answer.
        missing: why nothing was built, a sentence; empty if all is there.
    """

    size: int = 0
    n_bytes: int = 0
    missing: str = ""


def form(only_if_built: bool = False) -> Markdown:
    """Show the form; where it cannot work, say in a sentence why.

    In a notebook, say where the form is.

    Args:
        only_if_built: say nothing where it cannot work.
    """
    if in_notebook():
        return markdown(IN_A_NOTEBOOK)
    facts = read_facts(project_folder())
    if facts.missing and only_if_built:
        return Markdown("")
    if facts.missing:
        return markdown(f"""
            ::: {{.callout-note title="The model does not answer here yet"}}
            Here the trained model can answer for a photograph of yours.
            {facts.missing}
            :::
        """)
    address = address_from_page(FOLDER)
    examples = [
        EXAMPLE.format(folder=address, number=number, animal=animal)
        for number, animal in enumerate(EXAMPLES, 1)
    ]
    return raw_html(
        FORM.format(
            folder=address,
            size=facts.size,
            bytes=facts.n_bytes,
            megabytes=round(facts.n_bytes / 1e6),
            examples=" ".join(examples),
        )
    )


def read_facts(root: Path) -> Facts:
    """Read what the last build in a project has to say."""
    try:
        values: dict[str, Any] = json.loads(
            (root / BUILT / FACTS).read_text(encoding="utf-8")
        )
        return Facts(values["size"], values["bytes"], values["missing"])
    except (OSError, ValueError, KeyError, TypeError):
        return Facts(missing=NOT_BUILT)
