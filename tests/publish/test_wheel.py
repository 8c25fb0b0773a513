"""The package is built as a wheel, with all that notebooks need."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from projects import PYPROJECT, TUTORIAL, copy_with_package, names, write

from catdog.errors import CatdogError
from catdog.publish import start, wheel


def test_wheel_is_the_package_with_records_and_style_and_always_the_same(
    tmp_path,
):
    sources = tmp_path / "sources"
    folders = "src/catdog", "assets", "chapters"
    files = "README.md", "LICENSE", "pyproject.toml", ".gitignore"
    for name in (*folders, *files, "index.qmd", "_quarto.yml"):
        copy(TUTORIAL / name, sources / name)
    first = wheel.build(sources).read_bytes()
    for path in sources.rglob("*.py"):
        os.utime(path, (0, 10**9))
        path.chmod(0o600)
    (sources / "assets/runs/drawn").mkdir()
    (sources / "assets/runs/drawn/model1-0.json").touch()
    built = wheel.build(sources)
    assert built.read_bytes() == first
    assert built == sources / "assets/notebooks" / wheel.file_name(sources)
    inside = set(zipfile.ZipFile(built).namelist())
    assert "catdog/assets/catdog.mplstyle" in inside
    records = {path.name for path in (TUTORIAL / "assets/runs").glob("*.json")}
    runs = "catdog/assets/runs/"
    assert records == {
        n.removeprefix(runs)
        for n in inside
        if n.startswith(runs) and n.endswith(".json")
    }
    modules = {p.name for p in (TUTORIAL / "src/catdog").rglob("*.py")}
    assert {
        Path(n).name
        for n in inside
        if n.endswith(".py") and "/assets/" not in n
    } == modules
    # All that `catdog new` copies, and no notebooks.
    for pattern in start.COPIED:
        for path in TUTORIAL.glob(pattern):
            assert f"catdog/{path.relative_to(TUTORIAL).as_posix()}" in inside
    assert "catdog/_quarto.yml" in inside
    assert not [name for name in inside if name.endswith(".ipynb")]
    assert len(first) < 10**6


def copy(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        ignored = shutil.ignore_patterns("__pycache__", "drawn", "own")
        shutil.copytree(source, target, ignore=ignored)
    else:
        shutil.copy(source, target)


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("cat-dog", "1.0-rc1"),
        ("Cat.Dog", "v2!1.0.0-post3"),
        ("cat__dog", "1.0+Local-1"),
        ("catdog-tutorial", "0.2.0"),
    ],
)
def test_name_of_the_wheel_is_known_before_it_is_built(tmp_path, name, version):
    project = copy_with_package(tmp_path / "project")
    text = PYPROJECT.replace("cat-dog", name)
    write(project / "pyproject.toml", text.replace("1.2", version))
    file = wheel.file_name(project)
    assert file == wheel.build(project).name
    assert file.startswith(f"{wheel.distribution(project)}-")


def test_new_version_takes_the_old_wheels_place(tmp_path):
    project = copy_with_package(tmp_path / "project")
    old = wheel.build(project)
    text = PYPROJECT.replace("1.2", "1.3")
    write(project / "pyproject.toml", text)
    write(old.parent / "other_name-0.1-py3-none-any.whl", "")
    new = wheel.build(project)
    assert new.name == "cat_dog-1.3-py3-none-any.whl" and not old.exists()
    assert names(new.parent) == [new.name]


def test_wheel_that_cannot_be_built_says_why(tmp_path):
    project = copy_with_package(tmp_path / "project")
    text = PYPROJECT.replace('version = "1.2"', "")
    write(project / "pyproject.toml", text)
    match = r"^The package cannot be built \(.*\): correct pyproject.toml\.$"
    with pytest.raises(CatdogError, match=match):
        wheel.build(project)
    assert names(project / "assets/notebooks") == []


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('version = "1.2"', "", "'version' is missing"),
        ('name = "cat-dog"', "", "'name' is missing"),
        ("[project]", "[table]", "'project' is missing"),
        ('"1.2"', '"new"', "Invalid version"),
        ("[project]", "[project", "Expected"),
    ],
)
def test_package_without_name_or_version_gets_one_sentence(
    tmp_path, old, new, reason
):
    write(tmp_path / "pyproject.toml", PYPROJECT.replace(old, new))
    with pytest.raises(CatdogError, match=rf"pyproject.*{reason}.*correct it"):
        wheel.file_name(tmp_path)


def test_project_without_a_package_has_no_wheel(tmp_path):
    assert wheel.build(tmp_path) is None and wheel.bundle(tmp_path) == []
    assert wheel.file_name(tmp_path) is wheel.distribution(tmp_path) is None


def test_zip_has_all_notebooks_and_the_wheel_and_always_the_same_bytes(
    tmp_path,
):
    project = copy_with_package(tmp_path / "project")
    folder = project / wheel.FOLDER
    write(folder / "01-all.ipynb", "{}")
    write(folder / "practice/01-all.ipynb", "{ }")
    write(folder / "offers.json", "{}")
    built, bundle = wheel.bundle(project)
    assert bundle == folder / wheel.BUNDLE and built.parent == folder
    with zipfile.ZipFile(bundle) as archive:
        assert archive.testzip() is None
        inside = {name: archive.read(name) for name in archive.namelist()}
    assert inside == {
        "catdog-notebooks/01-all.ipynb": b"{}",
        "catdog-notebooks/practice/01-all.ipynb": b"{ }",
        f"catdog-notebooks/{built.name}": built.read_bytes(),
    }
    first = bundle.read_bytes()
    for path in (folder / "01-all.ipynb", built):
        os.utime(path, (0, 10**9))
        path.chmod(0o600)
    wheel.bundle(project)
    assert bundle.read_bytes() == first
    write(folder / "01-all.ipynb", "[]")
    wheel.bundle(project)
    assert bundle.read_bytes() != first
    assert names(folder) == [
        "01-all.ipynb",
        built.name,
        wheel.BUNDLE,
        "offers.json",
        "practice",
    ]


def test_quarto_gets_the_zip_before_it_renders(tmp_path):
    project = copy_with_package(tmp_path / "project")
    script = TUTORIAL / "src/catdog/publish/wheel.py"
    subprocess.run([sys.executable, script], cwd=project, check=True)
    assert (project / wheel.FOLDER / wheel.BUNDLE).exists()


@pytest.mark.parametrize(
    ("script", "cure"),
    [
        (
            "src/catdog/publish/wheel.py",
            f"run `make site` in {TUTORIAL}, or `quarto render`",
        ),
        ("assets/prepare.py", "set QUARTO_PYTHON in the file _environment"),
    ],
)
def test_another_python_is_told_where_to_render(tmp_path, script, cure):
    command = [sys.executable, "-I", "-S", TUTORIAL / script]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert cure in done.stderr
    assert not list(tmp_path.iterdir())


def test_checkout_can_be_installed_editable(tmp_path):
    code = "import sys; from hatchling import build; build.build_editable(sys.argv[1])"
    command = [sys.executable, "-c", code, tmp_path]
    subprocess.run(command, cwd=TUTORIAL, check=True)
    (built,) = tmp_path.iterdir()
    with zipfile.ZipFile(built) as archive:
        (pth,) = [n for n in archive.namelist() if n.endswith(".pth")]
        assert archive.read(pth).decode().split() == [str(TUTORIAL / "src")]
        # A folder beside the sources must not pass for the package.
        assert not [n for n in archive.namelist() if n.endswith(".py")]
