"""LiteRT for browsers: what runs a model in a page."""

from catdog.publish import npm

VERSION = "2.5.3"
CORE = npm.Package(
    "@litertjs/core",
    VERSION,
    "PlGmbMOq9WitX7FO0jhbdJw9GthatsyuCQXjTt/wJZo0FLaw48q4tz8IwqgqCIkv"
    "iYGr9OFDL1kCnN4nzWoyJQ==",
)
UTILITIES = npm.Package(
    "@litertjs/wasm-utils",
    VERSION,
    "4fJiw6tBQnIs+0jH/OQ16nYOiSl8/+zZnn5h2ul8aTKHi05sVqZW580Tmk78pC2k"
    "T39A9OYBVdFawteZ/sI1kQ==",
)
# Of the four builds of the runtime, this is the one that all browsers run.
RUNTIME = "litert_wasm_compat_internal"
# Which files of the packages a page needs, and their names there.
FILES = {
    CORE: {
        "dist/index.js": "litert.js",
        f"wasm/{RUNTIME}.js": f"{RUNTIME}.js",
        f"wasm/{RUNTIME}.wasm": f"{RUNTIME}.wasm",
    },
    UTILITIES: {"dist/index.js": "wasm-utils.js"},
}
NOTICE = (
    f"LiteRT.js {VERSION}, by Google, under the Apache License 2.0: "
    "https://www.apache.org/licenses/LICENSE-2.0. One line of litert.js was "
    "changed: where it imports wasm-utils.js from.\n"
)


def runtime_files() -> dict[str, bytes]:
    """Return the files of the runtime, by their names in the page's folder.

    Raises:
        CatdogError: if they cannot be had.
    """
    files: dict[str, bytes] = {}
    for package, names in FILES.items():
        files |= npm.read_files(package, names)
    # Browsers do not know npm's names.
    files["litert.js"] = files["litert.js"].replace(
        b'"@litertjs/wasm-utils"', b'"./wasm-utils.js"'
    )
    files["NOTICE.txt"] = NOTICE.encode()
    return files
