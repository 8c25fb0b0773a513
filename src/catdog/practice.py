"""Checks in the practice edition of a notebook: right, or not yet."""

from collections.abc import Callable


def check(is_right: Callable[[], object], hint: str) -> None:
    """Print whether a blank is filled in right, and a hint if it is not.

    Args:
        is_right: returns something true if so. Whatever it raises, for lack of
            a name, say, counts as not yet.
        hint: a sentence that helps.
    """
    try:
        right = bool(is_right())
    except Exception:
        right = False
    print("Right." if right else f"Not yet: {hint}")
