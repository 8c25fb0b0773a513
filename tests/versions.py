"""Run the tests on old and new versions: `make test-versions`.

For each Python that is installed here, once with the lowest versions that
`pyproject.toml` allows and once with the newest. Takes long, and gigabytes of
disk. Name what to run to run less: `python tests/versions.py 3.12-lowest`.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
WORK = ROOT / "build" / "versions"
PYTHONS = ("3.11", "3.12", "3.13")
RESOLUTIONS = {"lowest": "lowest-direct", "newest": "highest"}
SHOWN = ("tensorflow", "keras", "numpy", "pillow", "matplotlib")


def interpreter(version: str) -> str | None:
    """A Python of this version that starts: on the path, or pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    found = [shutil.which(f"python{version}")]
    found += sorted(pyenv.glob(f"versions/{version}.*/bin/python"))
    for path in found:
        code = "import sys; print('%d.%d' % sys.version_info[:2])"
        done = path and subprocess.run(
            [path, "-c", code], capture_output=True, text=True
        )
        if done and done.stdout.strip() == version:
            return str(path)
    return None


def try_out(version: str, resolution: str) -> str:
    """Make an environment, run the tests in it, and say how that went."""
    name = f"{version}-{resolution}"
    python = interpreter(version)
    if not python:
        return f"{name}: skipped, there is no Python {version} here"
    environment = WORK / name
    binary = environment / ("Scripts" if os.name == "nt" else "bin") / "python"
    uv = [sys.executable, "-m", "uv", "--quiet"]
    with (WORK / f"{name}.log").open("w") as log:

        def run(*command, **options) -> bool:
            done = subprocess.run(
                command, stdout=log, stderr=log, cwd=ROOT, **options
            )
            return done.returncode == 0

        start = time.monotonic()
        made = (
            run(*uv, "venv", "--clear", "--python", python, environment)
            # Old versions have no wheel for a new Python: go up to one that has.
            and run(
                *(*uv, "pip", "compile", "--only-binary", ":all:"),
                *("--resolution", RESOLUTIONS[resolution], "--extra", "dev"),
                *("--python", binary, "pyproject.toml"),
                *("--output-file", WORK / f"{name}.txt"),
            )
            and run(
                *(*uv, "pip", "install", "--python", binary),
                *("--requirement", WORK / f"{name}.txt"),
            )
            and run(
                *uv, "pip", "install", "--python", binary, "--no-deps", ROOT
            )
        )
        passed = made and run(
            *(binary, "-m", "pytest", "-p", "no:cacheprovider"),
            *("--numprocesses", "auto", "--dist", "loadfile"),
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        )
    minutes = (time.monotonic() - start) / 60
    said = "passed" if passed else f"FAILED, see {WORK / name}.log"
    return f"{name}: {said} ({minutes:.0f} min; {versions(name)})"


def versions(name: str) -> str:
    """What an environment was made of."""
    file = WORK / f"{name}.txt"
    lines = file.read_text().splitlines() if file.exists() else []
    pins = dict(line.split("==") for line in lines if "==" in line)
    return ", ".join(f"{key} {pins[key]}" for key in SHOWN if key in pins)


def main(wanted: list[str]) -> int:
    """Try all, or what is wanted. Returns the exit status."""
    WORK.mkdir(parents=True, exist_ok=True)
    failed = False
    for version in PYTHONS:
        for resolution in RESOLUTIONS:
            if not wanted or f"{version}-{resolution}" in wanted:
                said = try_out(version, resolution)
                failed |= "FAILED" in said
                print(said, flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
