"""The package as a wheel, for notebooks that have no repository to get it from.

Readers get it in one download with all notebooks. Run as a script (Quarto does,
before it renders), this writes both for the project in the current folder.
"""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

try:
    import tomllib

    from packaging.utils import canonicalize_name
    from packaging.version import InvalidVersion, Version

    from catdog.errors import CatdogError
except ModuleNotFoundError as error:
    if __name__ != "__main__":
        raise
    # Quarto looks for `.venv` in the current folder, and else takes any Python.
    sys.exit(
        f"catdog: {sys.executable} has no module {error.name}: run `make site` "
        f"in {Path(__file__).resolve().parents[3]}, or `quarto render` there "
        "once that has set up .venv."
    )

FOLDER = "assets/notebooks"
BUNDLE = "catdog-notebooks.zip"
TAG = "py3-none-any.whl"  # the end of the name of a wheel for every Python 3


class WheelError(CatdogError):
    """The package cannot be built. The message says why."""


def distribution(root: Path) -> str | None:
    """Return the name of the project's package as files have it.

    Returns:
        The name, such as `catdog_tutorial`, or None for a project without a
        `pyproject.toml`.

    Raises:
        WheelError: if `pyproject.toml` is broken.
    """
    name_and_version = _name_and_version(root)
    return name_and_version[0] if name_and_version else None


def file_name(root: Path) -> str | None:
    """Return the file name of the project's wheel.

    Returns:
        The name, or None for a project without a `pyproject.toml`.

    Raises:
        WheelError: if `pyproject.toml` is broken.
    """
    name_and_version = _name_and_version(root)
    return "-".join([*name_and_version, TAG]) if name_and_version else None


def build(root: Path) -> Path | None:
    """Write the wheel beside the notebooks, without a network.

    The same sources make the same bytes.

    Returns:
        Its path, or None for a project without a `pyproject.toml`.

    Raises:
        WheelError: when the build fails.
    """
    root = Path(root).resolve()
    if not (root / "pyproject.toml").exists():
        return None
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".wheel-") as scratch:
        built = _build_into(Path(scratch), root)
        for old in folder.glob("*.whl"):
            if old.name != built.name:
                old.unlink()
        return _replace(built, folder / built.name)


def bundle(root: Path) -> list[Path]:
    """Write the wheel, and with the notebooks that are there into one zip.

    The same notebooks and sources make the same bytes.

    Returns:
        The paths of wheel and zip; none for a project without a
        `pyproject.toml`.

    Raises:
        WheelError: when the build fails.
    """
    wheel = build(root)
    if not wheel:
        return []
    folder = wheel.parent
    with tempfile.TemporaryDirectory(dir=folder, prefix=".zip-") as scratch:
        made = Path(scratch) / BUNDLE
        with zipfile.ZipFile(made, "w") as archive:
            for path in [*sorted(folder.rglob("*.ipynb")), wheel]:
                name = path.relative_to(folder).as_posix()
                # Its own date, 1980, and rights: those of the file may differ.
                entry = zipfile.ZipInfo(f"{made.stem}/{name}")
                entry.external_attr = 0o644 << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, path.read_bytes())
        return [wheel, _replace(made, folder / BUNDLE)]


def _name_and_version(root: Path) -> tuple[str, str] | None:
    """Return both as the file name of a wheel has them."""
    file = Path(root) / "pyproject.toml"
    if not file.exists():
        return None
    try:
        project = tomllib.loads(file.read_text(encoding="utf-8"))["project"]
        name = canonicalize_name(project["name"]).replace("-", "_")
        return name, str(Version(project["version"]))
    except KeyError as error:
        reason = f"{error} is missing"
    except (tomllib.TOMLDecodeError, InvalidVersion) as error:
        reason = str(error)
    raise WheelError(
        f"{file} gives the package no name and version ({reason}): correct it."
    )


def _build_into(folder: Path, root: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel"]
    done = subprocess.run(
        [*command, "-d", str(folder)],
        check=False,
        cwd=root,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no reason was given"]
        cure = "correct pyproject.toml"
        if lines[-1].endswith("No module named hatchling"):
            cure = "run `pip install hatchling`"
        raise WheelError(f"The package cannot be built ({lines[-1]}): {cure}.")
    (wheel,) = folder.iterdir()
    return wheel


def _replace(made: Path, target: Path) -> Path:
    # Whoever watches the folder need not look again.
    if target.exists() and target.read_bytes() == made.read_bytes():
        return target
    return made.replace(target)


if __name__ == "__main__":
    try:
        bundle(Path.cwd())
    except CatdogError as error:
        sys.exit(f"catdog: {error}")
