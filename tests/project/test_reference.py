"""The reference has every public name once, and the docstrings that it is made of say what there is to say."""

import functools
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import autograd_lite as ag
from autograd_lite.core.op import Op
from autograd_lite.ops import modules, table
from autograd_lite.program.steps import Step
from autograd_lite.readings.drawing.picture import Drawing
from autograd_lite.readings.explanation.table import Explanation
from autograd_lite.verification.repair.patch import Repair
from autograd_lite.verification.verdict import Verdict
from docs import op_pages
from tests.support.house import BELOW
from tests.support.pages import of_the_tested_numpy

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
PAGES = {path.relative_to(REFERENCE).as_posix(): path.read_text("utf-8") for path in sorted(REFERENCE.rglob("*.md"))}
DIRECTIVE = re.compile(
    r"^\.\. (?:auto|py:)(?:function|class|data|module):: autograd_lite\.([\w.]+)", flags=re.MULTILINE
)
BESIDE = re.compile(r"^(\.\. py:function:: )(.*)\n +:module: ([\w.]+)$", flags=re.MULTILINE)  # the module of a name
SHOWN = [name for page in PAGES.values() for name in DIRECTIVE.findall(BESIDE.sub(r"\1\3.\2", page))]

NAMES = {
    **{name: getattr(ag, name) for name in ag.__all__ if name not in ("optim", "testing")},
    **{f"optim.{name}": getattr(ag.optim, name) for name in ag.optim.__all__},
    **{f"testing.{name}": getattr(ag.testing, name) for name in ag.testing.__all__ if name != "check_grads"},
}
FUNCTIONS = {name: value for name, value in NAMES.items() if inspect.isfunction(value)}
CLASSES = {name: value for name, value in NAMES.items() if inspect.isclass(value)}


def test_every_public_name_is_shown_once():
    assert sorted(name for name in SHOWN if name in NAMES) == sorted(NAMES)


def test_nothing_is_shown_twice():
    assert sorted(set(SHOWN)) == sorted(SHOWN)


@of_the_tested_numpy
def test_every_op_is_in_the_table_with_a_link_to_its_docstring():
    links = re.findall(r"^\| \[`(\w+)\(.*?`\]\((ops/[\w.]+\.md)#(\w+)\)", PAGES["ops.md"], flags=re.MULTILINE)
    assert sorted(name for name, _, _ in links) == sorted(table)
    for name, page, anchor in links:
        headings = [op_pages.anchor(heading) for heading in re.findall(r"^## (\w+)$", PAGES[page], flags=re.MULTILINE)]
        assert headings.count(anchor) == 1, name


def test_every_module_of_ops_has_its_page():
    assert [f"ops/{op_pages.short_name(module)}.md" in PAGES for module in modules] == [True] * len(modules)


SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}\n", flags=re.MULTILINE)


@functools.cache
def sections(value):
    """Return the sections of a docstring by their titles."""
    parts = SECTION.split(inspect.getdoc(value) or "")
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def listed(value, *titles):
    """Return the names that stand in sections, without the stars of ``*args``."""
    lines = "\n".join(sections(value).get(title, "") for title in titles).splitlines()
    heads = [line.partition(" : ")[0] for line in lines if line and not line.startswith(" ")]
    return {name.strip().lstrip("*") for head in heads for name in head.split(",")}


def parameters(value):
    return {name for name in inspect.signature(value).parameters if not name.startswith("_")}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_docstring_of_a_function_names_its_parameters(name):
    assert parameters(FUNCTIONS[name]) == listed(FUNCTIONS[name], "Parameters")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_docstring_of_a_function_says_what_it_returns(name):
    returns = inspect.signature(FUNCTIONS[name]).return_annotation not in ("None", "Iterator[None]")
    assert ("Returns" in sections(FUNCTIONS[name])) == returns


RAISES_NOTHING = {"stop_gradient"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_docstring_of_a_function_says_what_it_raises(name):
    assert ("Raises" in sections(FUNCTIONS[name])) == (name not in RAISES_NOTHING)


@pytest.mark.parametrize("name", CLASSES)
def test_the_docstring_of_a_class_names_its_parameters(name):
    assert parameters(CLASSES[name]) <= listed(CLASSES[name], "Parameters", "Attributes")


def properties(value):
    found = {name: member for name, member in inspect.getmembers(value) if not name.startswith("_")}
    return {name: m for name, m in found.items() if isinstance(m, (property, functools.cached_property))}


MEMBERS = re.compile(r"^\.\. autoclass:: autograd_lite\.([\w.]+)\n   :members: (.+)$", flags=re.MULTILINE)


@pytest.mark.parametrize(
    ("name", "members"), [found for page in PAGES.values() for found in MEMBERS.findall(page) if found[0] in CLASSES]
)
def test_the_public_methods_of_a_class_are_shown(name, members):
    methods = {n for n, m in vars(CLASSES[name]).items() if inspect.isfunction(m) and not n.startswith("_")}
    assert methods - set(members.split(", ")) == set()


@pytest.mark.parametrize("value", [*CLASSES.values(), Step, Drawing, Explanation, Repair, Verdict, Op])
def test_the_first_line_of_a_property_is_not_taken_for_a_type(value):
    """Sphinx takes what stands before a colon there for the type of the attribute."""
    for name, member in properties(value).items():
        first = re.sub("``.*?``", "", (inspect.getdoc(member) or "").partition("\n")[0])
        assert ":" not in first, name


def test_the_page_on_the_command_line_shows_its_help():
    command = [sys.executable, "-m", "autograd_lite", "verify", "--help"]
    environment = {**os.environ, "COLUMNS": "90"}
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=environment)
    words = run.stdout.split()  # which Python lays out in one way or another
    (shown,) = re.findall(r"```text\n(.*?)```", PAGES["command_line.md"], flags=re.DOTALL)
    assert shown.split() == words


def test_every_room_has_a_page_on_how_it_works():
    index = (ROOT / "docs" / "how_it_works" / "index.md").read_text("utf-8")
    table_of_rooms = dict(re.findall(r"^\| `(\w+)`.*\]\((\w+)\.md\)", index, flags=re.MULTILINE))
    assert set(table_of_rooms) == {room for room in BELOW if room} - {"__main__"}
    for page in table_of_rooms.values():
        assert len((ROOT / "docs" / "how_it_works" / f"{page}.md").read_text("utf-8").splitlines()) >= 60
