"""Make a notebook ready: the first cell of each, in Google Colab or elsewhere."""

import os
import subprocess
import sys
from importlib import metadata

from packaging.requirements import Requirement

DISTRIBUTION = "catdog-tutorial"

# Built for Colab's GPU, so that no installation may replace them.
KEPT = ("tensorflow", "keras", "numpy")


def set_up() -> None:
    """Print what a notebook runs on: versions, and whether there is a GPU.

    In Colab, first install what Colab lacks, and set `CATDOG_TRAIN` unless it
    is set, so that `fit` runs in full.

    Raises:
        SystemExit: elsewhere, if something is missing: a notebook shows its
            sentence, and no traceback.
    """
    in_colab = "google.colab" in sys.modules
    missing = missing_requirements()
    if in_colab:
        install(missing)
        os.environ.setdefault("CATDOG_TRAIN", "1")
    elif missing:
        quoted = " ".join(f'"{requirement}"' for requirement in missing)
        raise SystemExit(
            f"Packages are missing: run `pip install {quoted}`, then this cell."
        )
    # Not before everything is installed.
    from catdog.backend import keras, quiet_stderr, tf

    with quiet_stderr():
        gpus = tf.config.list_physical_devices("GPU")
    print(
        f"catdog {metadata.version(DISTRIBUTION)}, TensorFlow {tf.__version__}, "
        f"Keras {keras.__version__}, Python {sys.version.split()[0]}"
    )
    if gpus:
        details = tf.config.experimental.get_device_details(gpus[0])
        print("GPU:", details.get("device_name", "there is one"))
    elif in_colab:
        print("No GPU: it works, but takes longer. To get one, choose")
        print("Runtime > Change runtime type > T4 GPU, then Runtime > Run all.")
    else:
        print("No GPU.")


def missing_requirements() -> list[str]:
    """Return what this package needs and is not installed, in no version."""
    requirements = map(Requirement, metadata.requires(DISTRIBUTION) or [])
    return [
        f"{requirement.name}{requirement.specifier}"
        for requirement in requirements
        if _applies(requirement) and not _version(requirement.name)
    ]


def install(requirements: list[str]) -> None:
    """Install some requirements, and leave TensorFlow, Keras and NumPy alone.

    Raises:
        subprocess.CalledProcessError: when pip fails; it has said why.
    """
    if requirements:
        kept = [f"{name}=={_version(name)}" for name in KEPT if _version(name)]
        command = [sys.executable, "-m", "pip", "install", "--quiet"]
        subprocess.run([*command, *requirements, *kept], check=True)


def _applies(requirement: Requirement) -> bool:
    marker = requirement.marker
    return marker is None or marker.evaluate({"extra": ""})


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
