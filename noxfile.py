#!/usr/bin/env -S uv run --script

# /// script
# dependencies = ["nox[uv]>=2025.10.14"]
# ///

"""The tests on each pair of Python and NumPy: `make matrix`; `nox -s "tests(3.11-2.0)"` runs one of them.

Interpreters are taken from the path and from pyenv; those that are not there are left out.
"""

import os
import re
import sys
from pathlib import Path

import nox

sys.path.insert(0, str(Path(__file__).parent))
from tests.support.versions import LEFT_OUT, PAIRS

nox.needs_version = ">=2025.10.14"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.error_on_missing_interpreters = False
nox.options.reuse_existing_virtualenvs = True

FOUND = "out/matrix"
EXTRAS = "dask,jax,lesson,safetensors,testing,threads"


def of_pyenv() -> list[str]:
    """Return the folders of pyenv's interpreters, the newest first; its shims do not say which ones there are."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    return sorted(map(str, root.glob("versions/3.*/bin")), key=lambda path: [*map(int, re.findall(r"\d+", path))])[::-1]


os.environ["PATH"] = os.pathsep.join([*of_pyenv(), os.environ["PATH"]])


@nox.session
@nox.parametrize("python,numpy", [nox.param(*pair, id="-".join(pair)) for pair in PAIRS if pair not in LEFT_OUT])
def tests(session: nox.Session, numpy: str) -> None:
    """Run the tests that are chosen, or all after `-- all`; what else follows is for pytest."""
    groups = nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), "test", "lint")
    wanted = "numpy" if numpy == "newest" else f"numpy=={numpy}.*"
    session.install(*groups, wanted, "--editable", f".[{EXTRAS}]")
    which, options = "chosen", session.posargs
    if options[:1] == ["all"]:
        which, *options = options
    file = f"{FOUND}/{session.python}-{numpy}.json"
    spread = ["-n", "auto", "--dist", "loadfile", "--no-loadscope-reorder"]  # as in the Makefile
    command = ["python", "-m", "tests.support.versions", "run", file, which, "-q", *spread]
    session.run(*command, *options, env={"OMP_NUM_THREADS": "1"})


@nox.session(venv_backend="none", default=False)
def versions(session: nox.Session) -> None:
    """Write docs/reference/versions.md from what has been found."""
    session.run("python", "-m", "tests.support.versions", "page", FOUND)


if __name__ == "__main__":
    nox.main()
