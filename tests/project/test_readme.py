"""The examples of the README and of the docs run and print what is shown; the commands and files it names exist."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")

NAMES = ("is_my_gradient_right.md", "compile.md", "other_arrays.md", "when_one_machine_is_not_enough.md")
PAGES = [(ROOT / "docs" / name).read_text(encoding="utf-8") for name in NAMES]
EXAMPLE = re.compile(r"```python\n(.*?)```(?:\s+```text\n(.*?)```)?", flags=re.DOTALL)
EXAMPLES = EXAMPLE.findall(README)


ALL = [*EXAMPLES, *(example for page in PAGES for example in EXAMPLE.findall(page))]


@pytest.mark.parametrize(("code", "output"), ALL)
def test_the_examples_print_what_the_readme_shows(code, output, tmp_path):
    (tmp_path / "example.py").write_text(code, encoding="utf-8")
    command = [sys.executable, "-W", "error", "example.py"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (run.stdout.rstrip(), run.stderr) == (output.rstrip(), "")


def test_there_is_an_example_of_ten_lines():
    assert any(output and len(code.split("\n")) <= 11 for code, output in EXAMPLES)


def test_the_commands_are_targets_of_the_makefile():
    targets = set(re.findall(r"^(\w+):", MAKEFILE, flags=re.MULTILINE))
    named = set(re.findall(r"\bmake (\w+)", README))
    assert {"run", "test"} <= named <= targets


def test_the_files_it_links_to_exist():
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README) + re.findall(r"`(models/[^`]*)`", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
