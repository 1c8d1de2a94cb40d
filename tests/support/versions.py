"""What the tests give on which versions of Python and NumPy, and the page that shows it; `nox` calls both.

`python -m tests.support.versions run FILE all|chosen [options of pytest]` runs tests and writes what came of them;
`python -m tests.support.versions page FOLDER` writes docs/reference/versions.md from the files of a folder.
"""

import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "versions.md"
PAIRS = [(python, numpy) for python in ("3.11", "3.12", "3.13") for numpy in ("2.0", "2.2", "newest")]
LEFT_OUT = {("3.13", "2.0"): "NumPy 2.0 has no wheels for Python 3.13"}
PACKAGES = ("numpy", "matplotlib", "scipy")
TESTS = {
    "all": ["tests"],
    # frames, syntax trees, NumPy's protocols, views and signatures, what is printed: there versions differ
    "chosen": [
        *(f"tests/core/test_{name}.py" for name in ("assignment", "conversions", "errors", "made_functions", "trees")),
        *(
            "tests/compiled/test_function.py",
            "tests/test_numpy.py",
            "tests/program/test_program.py",
            "tests/readings/test_explain.py",
        ),
        *("tests/ops/test_devices.py", "tests/ops/test_special.py", "tests/ops/test_views.py"),
        *("tests/testing/test_testing.py", "tests/project/test_command_line.py", "tests/project/test_public_face.py"),
    ],
}
HEAD = """\
# Versions

The tests on each pair of Python and NumPy, beside the newest of all else. This page is written by `make matrix`.

- *all*: what `make test` runs;
- *chosen*: what is about frames, syntax trees, NumPy's protocols, views and signatures, and what is printed, since
  versions differ there; `tests/support/versions.py` lists it.

| Python | NumPy | matplotlib | SciPy | tests | passed | skipped | failed |
| --- | --- | --- | --- | --- | --- | --- | --- |
"""


class Counts:
    """A plugin of pytest that counts what came of the tests."""

    def __init__(self):
        self.found = {"passed": 0, "skipped": 0, "failed": 0}

    def pytest_collectreport(self, report):
        self.found["failed"] += report.failed

    def pytest_runtest_logreport(self, report):
        if report.when == "call" or not report.passed:
            self.found[report.outcome] += 1


def run(file, tests, options):
    """Run tests, write what came of them and on which versions, and return pytest's exit status."""
    import pytest  # not by those who write the page

    counts = Counts()
    status = pytest.main([*TESTS[tests], *options], plugins=[counts])
    on = {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({**on, "tests": tests, **counts.found}) + "\n", encoding="utf-8")
    return int(status)


def page(records):
    """Return the page that shows the records of the pairs, and says why others have none."""
    rows = [f"| {' | '.join(map(str, records[pair].values()))} |" for pair in PAIRS if pair in records]
    why = [
        f"Python {python} with NumPy {numpy} did not run: {LEFT_OUT.get((python, numpy), 'it was not at hand')}."
        for python, numpy in PAIRS
        if (python, numpy) not in records
    ]
    return HEAD + "\n".join([*rows, *(f"\n{line}" for line in why)]) + "\n"


def main():
    command, path, *rest = sys.argv[1:]
    if command == "run":
        raise SystemExit(run(Path(path), rest[0], rest[1:]))
    files = {pair: Path(path, f"{'-'.join(pair)}.json") for pair in PAIRS}
    records = {pair: json.loads(file.read_text(encoding="utf-8")) for pair, file in files.items() if file.exists()}
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(records), encoding="utf-8")


if __name__ == "__main__":
    main()
