"""Checks of the practice edition: right, or not yet, and never a traceback."""

import numpy as np
import pytest

from catdog.practice import check


@pytest.mark.parametrize("value", [True, 1, "words", np.bool_(True)])
def test_right(value, capsys):
    check(lambda: value, "Look again.")
    assert capsys.readouterr() == ("Right.\n", "")


@pytest.mark.parametrize(
    "is_right",
    [
        lambda: False,
        lambda: None,
        lambda: undefined_here,  # noqa: F821
        lambda: 1 / 0,
        lambda: np.zeros(2),  # neither true nor false
    ],
)
def test_not_yet(is_right, capsys):
    check(is_right, "Look again.")
    assert capsys.readouterr() == ("Not yet: Look again.\n", "")
