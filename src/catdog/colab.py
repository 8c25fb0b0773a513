"""Make a notebook ready: the first cell of each chapter in Google Colab."""

import os
import re
import subprocess
import sys
from importlib import metadata

# Built for Colab's GPU, so that no installation may replace them.
GIVEN = ("tensorflow", "keras", "numpy")


def set_up() -> None:
    """Say what a notebook runs on: versions, and whether there is a GPU.

    Inside Colab, first install what Colab lacks, and set `CATDOG_TRAIN`, so
    that the cells train instead of replaying.
    """
    inside = "google.colab" in sys.modules
    if inside:
        install(lacking())
        os.environ["CATDOG_TRAIN"] = "1"
    # Not before what was lacking is there.
    from catdog.backend import keras, native_errors, tf

    with native_errors():
        gpus = tf.config.list_physical_devices("GPU")
    print(
        f"catdog {metadata.version('catdog')}, TensorFlow {tf.__version__}, "
        f"Keras {keras.__version__}, Python {sys.version.split()[0]}"
    )
    if gpus:
        details = tf.config.experimental.get_device_details(gpus[0])
        print("GPU:", details.get("device_name", "there is one"))
    elif inside:
        print("No GPU: it works, but takes longer. To get one, choose")
        print("Runtime > Change runtime type > T4 GPU, then Runtime > Run all.")
    else:
        print("No GPU.")


def lacking() -> list[str]:
    """What this package needs and what is not installed, in no version."""
    needed = [
        requirement
        for requirement in metadata.requires("catdog") or []
        if "extra ==" not in requirement
    ]
    return [need for need in needed if not _version(_name(need))]


def install(requirements: list[str]) -> None:
    """Install some requirements, and leave TensorFlow, Keras and NumPy alone.

    Raises:
        subprocess.CalledProcessError: when pip fails; it has said why.
    """
    if requirements:
        kept = [f"{name}=={_version(name)}" for name in GIVEN if _version(name)]
        command = [sys.executable, "-m", "pip", "install", "--quiet"]
        subprocess.run([*command, *requirements, *kept], check=True)


def _name(requirement: str) -> str:
    return re.match(r"[\w.-]+", requirement)[0]


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
