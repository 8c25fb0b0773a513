"""What a network says about images: what `catdog predict` prints."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from catdog._io import printable
from catdog.scores import Answer

# It is measured for the tutorial's own classes only.
UNLIKE = "unlike the cats and dogs it has learned from"


def as_text(path: Path, answer: Answer) -> str:
    """Return an answer as a line, such as `my_pet.jpg: dog, 98%`."""
    note = f" ({UNLIKE})" if answer.unlike_both else ""
    probability = percent(answer.probability)
    return f"{printable(path)}: {answer.name}, {probability}{note}"


def percent(probability: float) -> str:
    """Return a probability in whole percent: no more digits are known.

    No network is certain: what would be 100% is `more than 99%`.
    """
    rounded = f"{probability:.0%}"
    return "more than 99%" if rounded == "100%" else rounded


def as_json(
    paths: Sequence[Path],
    answers: Mapping[Path, Answer],
    faults: Mapping[Path, str | None],
) -> str:
    """Return answers as a JSON list, in the order of the files.

    Each of its objects has `file`, and either `answer`, `probability` and
    `unlike_both`, or `error`: the reason why the file cannot be read.
    `unlike_both` is null if nothing was measured by which to tell.

    Args:
        paths: of all files.
        answers: for the files that could be read.
        faults: why the others could not.
    """

    def describe(path: Path) -> dict[str, Any]:
        if path not in answers:
            return {"file": str(path), "error": faults[path]}
        answer = answers[path]
        return {
            "file": str(path),
            "answer": answer.name,
            "probability": round(answer.probability, 4),
            "unlike_both": answer.unlike_both,
        }

    return json.dumps([describe(path) for path in paths], indent=1)
