"""The examples of the README and of the docs run and print what is shown; the commands and files it names exist."""

import re
from pathlib import Path

import pytest

from tests.support import examples

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")

LESSON = ROOT / "docs" / "lesson"  # its pages are notebooks
PAGES = [ROOT / "README.md", *sorted(page for page in (ROOT / "docs").rglob("*.md") if page.parent != LESSON)]
WITH_EXAMPLES = [page for page in PAGES if examples.of_page(page)]


@pytest.fixture(scope="module")
def printed():
    with examples.running() as printed:
        yield printed


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_the_examples_print_what_the_page_shows(page, printed):
    for code, shown in examples.of_page(page):
        assert printed(code).rstrip() == shown.rstrip(), code


def test_there_is_an_example_of_ten_lines():
    assert any(output and len(code.split("\n")) <= 11 for code, output in examples.of_page(ROOT / "README.md"))


def test_the_commands_are_targets_of_the_makefile():
    targets = set(re.findall(r"^(\w+):", MAKEFILE, flags=re.MULTILINE))
    named = set(re.findall(r"\bmake (\w+)", README))
    assert {"run", "test"} <= named <= targets


def test_the_files_it_links_to_exist():
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README) + re.findall(r"`(models/[^`]*)`", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
