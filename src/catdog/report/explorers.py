"""Figures that a reader can change, where a page runs JavaScript.

A cell shows the figure, and the one below it the explorer that takes its place:
controls and data, which assets/explore/explore.js brings to life. Without a
script, in print and in a notebook, the figure stays as it is.
"""

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from catdog import evaluation
from catdog.progress import in_notebook
from catdog.report.activations import gray_levels
from catdog.report.markdown import Markdown, address_from_page, raw_html
from catdog.runs.schema import Run
from catdog.scores import Score

FOLDER = "assets/explore"
KERNELS = {
    "vertical edges": [-1, 0, 1] * 3,
    "horizontal edges": [-1] * 3 + [0] * 3 + [1] * 3,
    "blur": [1] * 9,
    "sharpen": [0, -1, 0, -1, 5, -1, 0, -1, 0],
}
SETS = ("validation", "training")
MEASURES = {"accuracy": "{:.1%}", "loss": "{:.3f}"}

EXPLORER = """\
<div class="explore explore-{kind}" data-kind="{kind}" data-figure="{figure}" hidden>
<link rel="stylesheet" href="{folder}/explore.css">
{controls}
<script class="explore-data" type="application/json">{data}</script>
<script src="{folder}/explore.js"></script>
</div>
"""

KERNEL = """\
<p class="explore-try">Blur the image. Then find the kernel that changes nothing \
at all: it has a single number that is not 0.</p>
<fieldset><legend>Kernel</legend>{choices}</fieldset>
<div class="explore-product">
<div><canvas class="explore-image" role="img" aria-label="The image, in gray">\
</canvas><p>gray levels</p></div>
<div><div class="explore-numbers" role="group" aria-label="The nine numbers of the \
kernel">{numbers}</div><p>× kernel</p></div>
<div><canvas class="explore-map" role="img" aria-label="The map of this kernel">\
</canvas><p>= map</p></div>
</div>
<p class="explore-said" role="status"></p>"""

THRESHOLD = """\
<p class="explore-try">Drag the threshold to 0.9, then to 0.1. Which mistakes go, \
and which come?</p>
<p class="explore-sides"><span>answer: {first}</span><span>answer: {second}</span></p>
<div class="explore-strips" role="img" aria-label="A dot for each test image, at the \
probability that the model gives to {second}">
<div class="explore-strip"><p>{firsts}</p></div>
<div class="explore-strip"><p>{seconds}</p></div>
</div>
<label class="explore-slider"><input type="range" min="0" max="1" step="0.01" \
value="0.5"><span>Threshold: <b class="explore-at"></b></span></label>
<div class="explore-results">
<table class="explore-matrix">
<thead><tr><td></td><th scope="col">answer: {first}</th>\
<th scope="col">answer: {second}</th></tr></thead>
<tbody>
<tr><th scope="row">{firsts}</th><td></td><td></td></tr>
<tr><th scope="row">{seconds}</th><td></td><td></td></tr>
</tbody>
</table>
<dl>
<div><dt>Accuracy</dt><dd></dd><dd>of all answers are right</dd></div>
<div><dt>Precision</dt><dd></dd><dd>of the answers “{second}” are right</dd></div>
<div><dt>Recall</dt><dd></dd><dd>of the {seconds} are found</dd></div>
</dl>
</div>
<p class="explore-said" role="status"></p>"""

HISTORIES = """\
<p class="explore-try">Choose one model alone, its loss, and the training images as \
well. Do the two curves part, and when?</p>
<div class="explore-controls">
<fieldset class="explore-models"><legend>Models</legend>{models}</fieldset>
<fieldset><legend>Images</legend>{sets}</fieldset>
<fieldset><legend>Measure</legend>{measures}</fieldset>
<label>Runs <select>{runs}</select></label>
</div>
<p class="explore-said" role="status"></p>
<div class="explore-chart" role="img" aria-label="The curves of what is chosen: the \
table below has their ends"></div>
<table class="explore-ends"><thead><tr><th scope="col"></th><th scope="col">best</th>\
<th scope="col">in epoch</th><th scope="col">after the last</th></tr></thead>\
<tbody></tbody></table>"""


def kernel(
    image: np.ndarray, numbers: Sequence, figure: str
) -> Markdown | None:
    """Let a reader choose the kernel of `activations.convolution_map`.

    Args:
        image: of shape (height, width, 3), in [0, 255].
        numbers: the kernel to begin with, in rows: one of `KERNELS`.
        figure: label of the figure that it takes the place of.
    """
    levels = gray_levels(image)
    height, width = levels.shape
    data = {
        "kernels": KERNELS,
        "height": height,
        "width": width,
        "levels": base64.b64encode(levels.astype("uint8").tobytes()).decode(),
    }
    places = [(row, column) for row in (1, 2, 3) for column in (1, 2, 3)]
    inputs = [
        '<input type="number" min="-99" max="99" step="any" '
        f'aria-label="row {row}, column {column}">'
        for row, column in places
    ]
    given = np.ravel(numbers).tolist()
    first = next(name for name, values in KERNELS.items() if values == given)
    choices = _choices("radio", "explore-kernel", KERNELS, [first])
    controls = KERNEL.format(choices=choices, numbers="".join(inputs))
    return _explorer("kernel", figure, controls, data)


def threshold(
    scores: Sequence[Score],
    classes: Sequence[str],
    folders: Sequence[str],
    figure: str,
) -> Markdown | None:
    """Let a reader choose from which probability on the answer is label 1.

    Args:
        scores: answers for test images.
        classes: what an image of each label is called.
        folders: what the images of each label are called.
        figure: label of the figure that it takes the place of.
    """
    data = {
        "probabilities": [
            [score.probability for score in scores if score.label == label]
            for label in (0, 1)
        ],
        "names": [*folders],
        "steps": [
            {
                "table": evaluation.confusion(scores, step / 100),
                "shares": shares(scores, step / 100),
            }
            for step in range(101)
        ],
    }
    (first, second), (firsts, seconds) = (
        map(escape, names) for names in (classes, folders)
    )
    controls = THRESHOLD.format(
        first=first, second=second, firsts=firsts, seconds=seconds
    )
    return _explorer("threshold", figure, controls, data)


def histories(
    runs: Mapping[str, Sequence[Run]], figure: str
) -> Markdown | None:
    """Let a reader choose among the training histories of some models.

    Args:
        runs: of each model, by its name.
        figure: label of the figure that it takes the place of.
    """
    every_run = [run for group in runs.values() for run in group]
    seeds = sorted({run.seed for run in every_run})
    counts = every_run[0].images.validation
    data = {
        "epochs": max(run.epochs for run in every_run),
        "baselines": {
            "accuracy": evaluation.baseline(counts),
            "loss": evaluation.entropy(counts),
        },
        "curves": {name: _curves(group) for name, group in runs.items()},
    }
    options = {"mean": "mean of all runs", "all": "all runs and their mean"}
    options |= {str(seed): f"seed {seed}" for seed in seeds}
    controls = HISTORIES.format(
        models=_choices("checkbox", "explore-model", runs, runs),
        sets=_choices("checkbox", "explore-set", SETS, SETS[:1]),
        measures=_choices("radio", "explore-measure", MEASURES, ["accuracy"]),
        runs="".join(
            f'<option value="{value}">{text}</option>'
            for value, text in options.items()
        ),
    )
    return _explorer("histories", figure, controls, data)


def shares(scores: Sequence[Score], at: float) -> tuple[str, str, str]:
    """Return accuracy, precision and recall of label 1, such as `99.4%`.

    Precision is the share of right answers among those of label 1, recall the
    share of right answers for the images of label 1. A share of nothing is `–`.

    Args:
        scores: answers for some images.
        at: the probability from which on the answer is label 1.
    """
    (right, false), (missed, found) = evaluation.confusion(scores, at)
    accuracy, precision, recall = (
        f"{part / n:.1%}" if n else "–"
        for part, n in (
            (right + found, len(scores)),
            (found, found + false),
            (found, found + missed),
        )
    )
    return accuracy, precision, recall


def _curves(runs: Sequence[Run]) -> dict[str, dict[str, Any]]:
    """Return the curves of a model: for each measure, the mean and each seed's."""
    curves = {}
    for images, prefix in (("validation", "val_"), ("training", "")):
        for measure, text in MEASURES.items():
            values = {
                str(run.seed): getattr(run.history, prefix + measure)
                for run in runs
            }
            epochs = zip(*values.values(), strict=True)
            mean = [evaluation.mean(epoch) for epoch in epochs]
            best = max if measure == "accuracy" else min
            curves[f"{images} {measure}"] = {
                name: {
                    "values": [round(value, 4) for value in curve],
                    "best": text.format(best(curve)),
                    "epoch": 1 + curve.index(best(curve)),
                    "last": text.format(curve[-1]),
                }
                for name, curve in {"mean": mean, **values}.items()
            }
    return curves


def _choices(
    kind: str, name: str, values: Iterable[str], checked: Iterable[str]
) -> str:
    chosen = set(checked)
    return "".join(
        f'<label><input type="{kind}" name="{name}" value="{escape(value)}"'
        f"{' checked' * (value in chosen)}> {escape(value)}</label>"
        for value in values
    )


def _explorer(
    kind: str, figure: str, controls: str, data: dict[str, Any]
) -> Markdown | None:
    if in_notebook():
        return None
    text = json.dumps(data, separators=(",", ":"))
    return raw_html(
        EXPLORER.format(
            kind=kind,
            figure=figure,
            folder=address_from_page(FOLDER),
            controls=controls,
            data=text.replace("<", "\\u003c"),  # a name must not end the script
        )
    )
