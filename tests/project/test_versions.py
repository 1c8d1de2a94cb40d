"""The record of what the tests gave on a pair of versions, and the page that shows it."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from tests.support.versions import LEFT_OUT, PAGE, PAIRS, TESTS, page

ROOT = Path(__file__).parents[2]
OUTCOMES = """\
import pytest

def test_passes():
    pass

def test_fails():
    assert False

def test_skips():
    pytest.skip("why")

@pytest.fixture
def broken():
    raise ValueError

def test_is_not_set_up(broken):
    pass
"""


def test_what_came_of_tests_is_counted(tmp_path):
    (tmp_path / "test_outcomes.py").write_text(OUTCOMES, encoding="utf-8")
    (tmp_path / "test_unread.py").write_text("import no_such_module", encoding="utf-8")
    options = ["--continue-on-collection-errors", "-p", "no:cacheprovider", "--rootdir", "."]
    call = (
        f"from tests.support import versions; versions.TESTS['chosen'] = ['.']; versions.run({{}}, 'chosen', {options})"
    )
    code = "import sys; from pathlib import Path; " + call.format("Path('out.json')")
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {code}"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    found = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert {key: found[key] for key in ("numpy", "tests", "passed", "skipped", "failed")} == {
        "numpy": np.__version__,
        "tests": "chosen",
        "passed": 1,
        "skipped": 1,
        "failed": 3,
    }


def test_the_page_shows_each_pair_or_says_why_it_did_not_run():
    text = page({PAIRS[0]: {"python": "3.11.0", "numpy": "2.0.1", "passed": 5}})
    assert "| 3.11.0 | 2.0.1 | 5 |" in text
    missing = [line for line in text.splitlines() if " did not run: " in line]
    assert len(missing) == len(PAIRS) - 1
    (reason,) = LEFT_OUT.values()
    assert f"Python 3.13 with NumPy 2.0 did not run: {reason}." in missing


def test_nothing_failed_on_the_page_that_is_shown():
    rows = [line.strip("| ").split(" | ") for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| 3.")]
    assert {row[-1] for row in rows} == {"0"}
    assert {row[4] for row in rows} <= TESTS.keys()
    for python, numpy in (PAIRS[0], PAIRS[-1]):
        assert any(row[0].startswith(f"{python}.") and (numpy == "newest" or row[1].startswith(numpy)) for row in rows)
