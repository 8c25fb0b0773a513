"""LiteRT for browsers, from npm: whole and checked, or not at all."""

import base64
import os
import shutil
import subprocess
import sys
import tarfile
from hashlib import sha512
from pathlib import Path

from catdog._io import exclusive
from catdog.errors import CatdogError
from catdog.settings import cache_folder

VERSION = "2.5.3"
# What npm calls the integrity of a package: its SHA-512, in base 64.
PACKAGES = {
    "@litertjs/core": (
        "PlGmbMOq9WitX7FO0jhbdJw9GthatsyuCQXjTt/wJZo0FLaw48q4tz8IwqgqCIkv"
        "iYGr9OFDL1kCnN4nzWoyJQ=="
    ),
    "@litertjs/wasm-utils": (
        "4fJiw6tBQnIs+0jH/OQ16nYOiSl8/+zZnn5h2ul8aTKHi05sVqZW580Tmk78pC2k"
        "T39A9OYBVdFawteZ/sI1kQ=="
    ),
}
RUNTIME = "litert_wasm_compat_internal"
# Which files of the packages a page needs, and their names there. Of the four
# builds of the runtime, this is the one that all browsers run.
FILES = {
    "@litertjs/core": {
        "package/dist/index.js": "litert.js",
        f"package/wasm/{RUNTIME}.js": f"{RUNTIME}.js",
        f"package/wasm/{RUNTIME}.wasm": f"{RUNTIME}.wasm",
    },
    "@litertjs/wasm-utils": {"package/dist/index.js": "wasm-utils.js"},
}
NOTICE = (
    f"LiteRT.js {VERSION}, by Google, under the Apache License 2.0: "
    "https://www.apache.org/licenses/LICENSE-2.0. One line of litert.js was "
    "changed: where it imports wasm-utils.js from.\n"
)
SECONDS_TO_FETCH = 300
# fmt: off
OPTIONS = (
    "--silent", "--fetch-retries=0", "--fetch-timeout=60000",
    "--ignore-scripts", "--update-notifier=false",
)
# fmt: on


def runtime_files() -> dict[str, bytes]:
    """Return the files of the runtime, by their names in the page's folder.

    The packages come from the cache or, if it lacks them, through npm.

    Raises:
        CatdogError: if they cannot be had.
    """
    files = {}
    for package, names in FILES.items():
        with tarfile.open(fetch(package)) as archive:
            for member, name in names.items():
                content = archive.extractfile(member)
                assert content is not None  # noqa: S101, the hash was right
                files[name] = content.read()
    # Browsers do not know npm's names.
    files["litert.js"] = files["litert.js"].replace(
        b'"@litertjs/wasm-utils"', b'"./wasm-utils.js"'
    )
    files["NOTICE.txt"] = NOTICE.encode()
    return files


def fetch(package: str) -> Path:
    """Return the path of a package in the cache, and fetch it if it is missing.

    Args:
        package: one of `PACKAGES`.

    Raises:
        CatdogError: without npm, without a network, or if the package is not
            the one that this project was tested with.
    """
    folder = cache_folder() / "npm"
    name = package.removeprefix("@").replace("/", "-")
    path = folder / f"{name}-{VERSION}.tgz"
    with exclusive(path):
        if not path.exists() or integrity(path) != PACKAGES[package]:
            path.unlink(missing_ok=True)
            _pack(f"{package}@{VERSION}", folder)
        if not path.exists() or integrity(path) != PACKAGES[package]:
            path.unlink(missing_ok=True)
            raise CatdogError(
                f"What npm brought is not {package} {VERSION}: try again, or "
                "ask who runs your npm registry."
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
