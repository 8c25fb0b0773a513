"""Images to look at again: what `catdog data --suspects` prints."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from catdog._io import printable
from catdog.data.split import ImageSet
from catdog.data.suspects import KINDS, Suspect
from catdog.evaluation import (
    choose_in_each_fold,
    scores_on_test,
    worst_mistakes,
)
from catdog.report.markdown import Markdown, escape, table
from catdog.report.sentences import count_noun
from catdog.runs.schema import Run

MIN_CONFIDENCE = 0.75  # three to one against the label
MOST_MISTAKES = 20
# What follows the name of the other file.
MEANING = {
    "contradiction": ", under another label",
    "leak": ", a training image",
}


def find_mistakes(
    runs: Mapping[str, Sequence[Run]], images: ImageSet
) -> list[Suspect]:
    """Find test images for which the best runs confidently give another label.

    Either the model is wrong or the label is: look at the image.

    Args:
        runs: of each model, by its name. Runs of the photographs, which may
            stand in for those of the drawings, say nothing about a drawing.
        images: the image set.

    Returns:
        At most 20 suspects, the most confident mistake first.
    """
    chosen = _chosen_runs(runs, images)
    models = {score.name: run.model for run in chosen for score in run.scores}
    classes = [printable(name) for name in images.class_folders]
    scores = scores_on_test(chosen)
    return [
        Suspect(
            score.name,
            "mistake",
            f"belongs to {classes[score.answer]}, says {models[score.name]} "
            f"({score.confidence:.0%} sure)",
            confidence=round(score.confidence, 5),
        )
        for score in worst_mistakes(scores, MOST_MISTAKES)
        if score.confidence >= MIN_CONFIDENCE
    ]


def compared_labels(runs: Mapping[str, Sequence[Run]], images: ImageSet) -> str:
    """Return for how many images `find_mistakes` has answers, in a sentence."""
    chosen = _chosen_runs(runs, images)
    if not chosen:
        return (
            "No run on these images is recorded: after `catdog train all`, "
            "labels that a model doubts are listed, too."
        )
    n = len(scores_on_test(chosen))
    sentence = (
        f"Labels were compared with a model's answers for {n:,} of "
        f"{len(images.held_out):,} held-out images"
    )
    if n == len(images.test or images.held_out):
        return f"{sentence}."
    return f"{sentence}: `catdog train all --seed 0 1 2 3 4` tests on all."


def as_text(suspects: Sequence[Suspect]) -> str:
    """Return a line for each suspect, and one that counts them."""
    lines = [
        f"{printable(suspect.name)} {_why(suspect, printable)}"
        for suspect in suspects
    ]
    return "\n".join([*lines, count_suspects(suspects)])


def as_markdown(
    suspects: Sequence[Suspect], most: int | None = None
) -> Markdown:
    """Return the suspects as a Markdown table.

    Args:
        suspects: in the order of the rows.
        most: how many rows there are at most.
    """
    rows = [
        [escape(suspect.name), _why(suspect, escape)]
        for suspect in suspects[:most]
    ]
    return table(["image", "why look again"], rows, words=2)


def as_json(suspects: Sequence[Suspect]) -> str:
    """Return the suspects as JSON: an object for each."""
    return json.dumps([suspect._asdict() for suspect in suspects], indent=1)


def count_suspects(suspects: Sequence[Suspect]) -> str:
    """Return how many suspects there are of each kind, in a sentence."""
    if not suspects:
        return "No suspects were found."
    numbers = Counter(suspect.kind for suspect in suspects)
    kinds = ", ".join(
        count_noun(numbers[kind], kind) for kind in KINDS if numbers[kind]
    )
    return (
        f"{count_noun(len(suspects), 'suspect')} ({kinds}) to look at: "
        "nothing was changed."
    )


def _chosen_runs(
    runs: Mapping[str, Sequence[Run]], images: ImageSet
) -> list[Run]:
    """Return the best run of each fold, of those on images of this source."""
    return choose_in_each_fold(
        {
            name: [run for run in group if run.images.source == images.source]
            for name, group in runs.items()
        }
    )


def _why(suspect: Suspect, written: Callable[[str], str]) -> str:
    """Return the rest of the sentence that begins with the suspect's name."""
    reason = written(suspect.reason)
    if suspect.other is None:
        return reason
    meaning = MEANING.get(suspect.kind, "")
    return f"{reason} {written(suspect.other)}{meaning}"
