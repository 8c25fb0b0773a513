"""Throw broken files at the checks of images and archives.

`PYTHONPATH=tests/data python tests/fuzz.py 600` does so for ten minutes,
and counts.
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
    """How many files were tried, by sort and outcome. Raises at a failure."""
    counts = collections.Counter()
    end, number = time.monotonic() + seconds, 0

    def count(sort, outcome):
        words = str(outcome).split("(")[0].split("given.zip")[-1]
        counts[sort, words.strip()[:40]] += 1

    while time.monotonic() < end:
        number += 1

        @seed(number)
        @ROUND
        @given(st.sampled_from(SEEDS), changes, st.integers(0, 2**16))
        def image(content, changed, cut):
            count("changed image", check_bytes(mutated(content, changed, cut)))

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

        for attempt in (image, rubbish, archive):
            attempt()
    return counts


if __name__ == "__main__":
    counts = fuzz(float(sys.argv[1]))
    for (sort, outcome), number in sorted(counts.items()):
        print(f"{number:7,}  {sort}: {outcome}")
    print(f"{counts.total():7,}  in all, none of which broke a check")
