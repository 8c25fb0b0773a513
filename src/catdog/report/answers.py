"""What a network says about images: what `catdog predict` prints."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from catdog._io import printable
from catdog.scores import Answer


def as_text(path: Path, answer: Answer) -> str:
    """Return an answer as a line, such as `my_pet.jpg: dog, 98%`."""
    return f"{printable(path)}: {answer.name}, {percent(answer.probability)}"


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

    Each of its objects has `file`, and either `answer` and `probability`, or
    `error`: the reason why the file cannot be read.

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
        }

    return json.dumps([describe(path) for path in paths], indent=1)
