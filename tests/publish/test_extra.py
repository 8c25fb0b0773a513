"""What publishing needs comes with the extra `site`."""

import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from projects import TUTORIAL, read

from catdog import publish

WITHOUT = """
import sys
sys.modules[sys.argv.pop(1)] = None
from catdog import cli
sys.exit(cli.main(sys.argv[1:]))
"""


@pytest.mark.parametrize("module", ["jinja2", "yaml"])
@pytest.mark.parametrize("command", ["render", "notebooks"])
def test_without_the_extra_there_is_one_sentence(module, command):
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, module, command],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert "run `pip install 'catdog-tutorial[site]'`" in done.stderr


def test_each_package_of_the_extra_is_looked_for():
    project = tomllib.loads(read(TUTORIAL / "pyproject.toml"))["project"]
    extra = {
        canonicalize_name(Requirement(line).name)
        for line in project["optional-dependencies"]["site"]
    }
    providers = packages_distributions()
    looked_for = {
        canonicalize_name(name)
        for module in publish.NEEDED
        for name in providers[module]
    }
    assert extra <= looked_for
