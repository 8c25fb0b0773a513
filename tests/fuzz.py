"""Throw broken files at the checks of pictures and archives: `python
tests/fuzz.py 600` does so for ten minutes, and counts.
"""

import collections
import sys
import time

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from test_archive import bytes_, check_archive, ends
from test_image_files import SEEDS, changes, check_bytes, mutated

ROUND = settings(
    max_examples=200,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def fuzz(seconds: float) -> collections.Counter:
    """How many files were tried, by kind and outcome. Raises at a failure."""
    found = collections.Counter()
    end, number = time.monotonic() + seconds, 0

    def count(kind, outcome):
        words = str(outcome).split("(")[0].split("given.zip")[-1]
        found[kind, words.strip()[:40]] += 1

    while time.monotonic() < end:
        number += 1

        @seed(number)
        @ROUND
        @given(st.sampled_from(SEEDS), changes, st.integers(0, 2**16))
        def picture(content, changed, cut):
            count(
                "changed picture", check_bytes(mutated(content, changed, cut))
            )

        @seed(number)
        @ROUND
        @given(st.binary(max_size=2_000))
        def rubbish(content):
            count("rubbish", check_bytes(content))

        @seed(number)
        @ROUND
        @given(bytes_, ends)
        def archive(changed, cut):
            count("changed archive", check_archive(changed, cut))

        for attempt in (picture, rubbish, archive):
            attempt()
    return found


if __name__ == "__main__":
    found = fuzz(float(sys.argv[1]))
    for (kind, outcome), number in sorted(found.items()):
        print(f"{number:7,}  {kind}: {outcome}")
    print(f"{found.total():7,}  in all, none of which broke a check")
