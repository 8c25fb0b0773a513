"""Packages from npm: whole and checked, or not at all."""

import base64
import os
import shutil
import subprocess
import sys
import tarfile
from hashlib import sha512
from pathlib import Path
from typing import NamedTuple

from catdog._io import exclusive
from catdog.errors import CatdogError
from catdog.settings import cache_folder

SECONDS_TO_FETCH = 300
# fmt: off
OPTIONS = (
    "--silent", "--fetch-retries=0", "--fetch-timeout=60000",
    "--ignore-scripts", "--update-notifier=false",
)
# fmt: on


class Package(NamedTuple):
    """A package that this project was tested with.

    Attributes:
        name: such as `@litertjs/core`.
        version: such as `2.5.3`.
        integrity: what npm calls so: its SHA-512, in base 64.
    """

    name: str
    version: str
    integrity: str


def read_files(package: Package, names: dict[str, str]) -> dict[str, bytes]:
    """Return files of a package, from the cache or, if it lacks it, through npm.

    Args:
        package: the package.
        names: what each file is to be called, by its path in the package.

    Raises:
        CatdogError: as `fetch`.
    """
    files = {}
    with tarfile.open(fetch(package)) as archive:
        for member, name in names.items():
            content = archive.extractfile(f"package/{member}")
            assert content is not None  # noqa: S101, the hash was right
            files[name] = content.read()
    return files


def fetch(package: Package) -> Path:
    """Return the path of a package in the cache, and fetch it if it is missing.

    Raises:
        CatdogError: without npm, without a network, or if the package is not
            the one that this project was tested with.
    """
    folder = cache_folder() / "npm"
    name = package.name.removeprefix("@").replace("/", "-")
    path = folder / f"{name}-{package.version}.tgz"
    with exclusive(path):
        if not path.exists() or integrity(path) != package.integrity:
            path.unlink(missing_ok=True)
            _pack(f"{package.name}@{package.version}", folder)
        if not path.exists() or integrity(path) != package.integrity:
            path.unlink(missing_ok=True)
            raise CatdogError(
                f"What npm brought is not {package.name} {package.version}: try "
                "again, or ask who runs your npm registry."
            )
    return path


def integrity(path: Path) -> str:
    """Return the SHA-512 of a file, in base 64."""
    return base64.b64encode(sha512(path.read_bytes()).digest()).decode()


def find_npm() -> str | None:
    """Return npm from the PATH or from this virtual environment."""
    beside = Path(sys.executable).parent
    return shutil.which("npm") or shutil.which("npm", path=str(beside))


def _pack(package: str, folder: Path) -> None:
    npm = find_npm()
    if not npm:
        raise CatdogError(
            "npm is missing: run `pip install 'catdog-tutorial[demo]'` where this "
            "page is made, and render it again."
        )
    # npm that came through pip needs node, which lies beside it.
    places = [os.environ.get("PATH", ""), str(Path(npm).parent)]
    try:
        done = subprocess.run(
            [npm, "pack", package, *OPTIONS],
            check=False,
            cwd=folder,
            env=os.environ | {"PATH": os.pathsep.join(places)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS_TO_FETCH,
        )
        failed = done.returncode != 0
    except (OSError, subprocess.TimeoutExpired):
        failed = True
    if failed:
        raise CatdogError(
            f"npm cannot fetch {package}: connect to the internet, and render "
            "this page again."
        )
