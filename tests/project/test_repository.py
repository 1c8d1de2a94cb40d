"""What stands around the code: one version, how to cite, what to report where; and the commands that these name."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.__main__ import _parser

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.md"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
CITATION = (ROOT / "CITATION.cff").read_text("utf-8")


def test_the_version_is_written_in_one_place():
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert PROJECT["tool"]["hatch"]["version"] == {"path": "autograd_lite/__init__.py"}
    assert re.findall(r"^__version__ = (.*)$", (ROOT / "autograd_lite" / "__init__.py").read_text("utf-8"), re.M) == [
        f'"{ag.__version__}"'
    ]
    assert re.findall(r"^(?:version|date-released):", CITATION, re.M) == []


def test_the_changelog_is_that_of_the_version():
    newest, *_ = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)
    assert newest == ag.__version__


def test_the_citation_names_the_project():
    given = dict(re.findall(r"^([\w-]+): (.*)$", CITATION, re.M))
    project = PROJECT["project"]
    assert given["cff-version"] == "1.2.0"
    assert (given["title"], given["license"]) == (project["name"], "MIT")
    assert re.findall(r"^  - name: (.*)$", CITATION, re.M) == [author["name"] for author in project["authors"]]
    assert re.findall(r"^  - (?!name:)(.*)$", CITATION, re.M) == project["keywords"]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_a_template_says_what_it_is_for(path):
    ((head, body),) = re.findall(r"\A---\n(.*?)---\n\n(.*)\Z", path.read_text("utf-8"), re.DOTALL)
    assert {"name", "about", "title"} <= dict(line.split(": ", 1) for line in head.splitlines()).keys()
    assert "**" in body


@pytest.mark.parametrize("name", ["README.md", "SECURITY.md", ".github/ISSUE_TEMPLATE/1_gradient.md"])
def test_options_of_the_command_line_are_there(name, capsys):
    text = (ROOT / name).read_text("utf-8")
    options = set(re.findall(r"(?<![\w-])--[a-z-]+", "".join(re.findall(r"python -m autograd_lite.*|`--.*?`", text))))
    with pytest.raises(SystemExit):
        _parser().parse_args(["verify", "--help"])
    assert options
    of_pytest = (ROOT / "pytest_autograd_lite.py").read_text("utf-8")
    assert options <= set(re.findall(r"--[a-z-]+", capsys.readouterr().out + of_pytest))


def test_the_command_that_prints_the_versions():
    (line,) = re.findall(r"^python -c \"(.*)\"$", TEMPLATES[-1].read_text("utf-8"), re.M)
    run = subprocess.run([sys.executable, "-c", line], check=True, capture_output=True, text=True)
    assert run.stdout.split()[:2] == [ag.__version__, np.__version__]


def test_the_files_that_pages_link_to_exist():
    pages = [ROOT / "SECURITY.md", ROOT / "CONTRIBUTING.md"]
    links = [link for page in pages for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text("utf-8"))]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
