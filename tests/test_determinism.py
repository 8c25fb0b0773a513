"""The same seed gives the same training: exactly, on the same machine."""

import json
import os
import subprocess
import sys

import numpy as np

TRAIN = """
import json, sys
from pathlib import Path
from catdog import models, training
from catdog.data import sources
pictures = sources.open_pictures(Path(sys.argv[1]))
run = training.train(models.model2, pictures, int(sys.argv[2]), 2)
print(json.dumps([run.history, run.scores]))
"""


def trained(folder, seed, **environment):
    done = subprocess.run(
        [sys.executable, "-c", TRAIN, str(folder), str(seed)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_same_seed_gives_the_same_run_in_another_process(small_folder):
    first = trained(small_folder, 3)
    assert trained(small_folder, 3) == first
    # One thread instead of all adds numbers in another order: as on another
    # machine, results agree within a band.
    alone = trained(
        small_folder, 3, TF_NUM_INTEROP_THREADS="1", TF_NUM_INTRAOP_THREADS="1"
    )
    assert np.allclose(alone[0]["loss"], first[0]["loss"], rtol=0.02)
    assert np.allclose(
        [score[2] for score in alone[1]],
        [score[2] for score in first[1]],
        atol=0.05,
    )
