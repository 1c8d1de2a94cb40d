"""Run examples: ``python -m tests.support.examples`` reads scripts, one a line in JSON, and says what each prints.

Each runs alone, as `example.py` of an empty folder, in a child of this process, which has imported the package: that is
half of the time of most.
"""

import json
import os
import re
import runpy
import subprocess
import sys
import traceback
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile

ROOT = Path(__file__).parents[2]
EXAMPLE = re.compile(r"^```python\n(.*?)^```$(?:\s+```text\n(.*?)^```$)?", flags=re.DOTALL | re.MULTILINE)


def of_page(page):
    """Return the examples of a page, each with the output that is shown; "" where there is none."""
    return EXAMPLE.findall(page.read_text(encoding="utf-8"))


@contextmanager
def running():
    """Return a function that runs a script and returns what it prints, errors and warnings after it."""
    threads = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}
    given = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}  # nothing warns
    environment = {**given, **threads, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "error", "-m", "tests.support.examples"]
    with subprocess.Popen(
        command, env=environment, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as runner:
        asked, answers = runner.stdin, runner.stdout
        assert asked
        assert answers

        def printed(code):
            print(json.dumps(code), file=asked)
            return json.loads(answers.readline())

        yield printed


def _printed(code):
    """Return what a script prints, run in a child of its own."""
    with TemporaryDirectory() as folder, TemporaryFile() as out:
        (Path(folder) / "example.py").write_text(code, encoding="utf-8")
        child = os.fork()
        if not child:
            _become(folder, out.fileno())
        os.waitpid(child, 0)
        out.seek(0)
        return out.read().decode().replace(f"{folder}/", "")  # errors name the file by its whole path


def _become(folder, out):
    """Run the script of a folder in this process, and end it."""
    os.chdir(folder)
    os.dup2(out, 1)
    os.dup2(out, 2)
    sys.argv, sys.path[0] = ["example.py"], folder
    try:
        runpy.run_path("example.py", run_name="__main__")
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    import autograd_lite  # noqa: F401 (for the children)

    for line in sys.stdin:
        print(json.dumps(_printed(json.loads(line))), flush=True)
