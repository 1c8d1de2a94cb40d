"""What is generated from the op table is up to date, and every public function of NumPy has one status in it."""

import subprocess
import sys
from pathlib import Path

import pytest

import autograd_lite as ag
from autograd_lite.core.vectors import ravel
from autograd_lite.ops import table
from autograd_lite.program.trace import trace
from docs import generate
from tests.support.pages import of_the_tested_numpy

ROOT = Path(__file__).parents[2]


@of_the_tested_numpy
def test_every_function_of_numpy_has_one_status():
    assert generate.unclear() == [], (
        "give it a rule, or declare it: constant(...) or refuse(...), or list it in docs/generate.py"
    )


@of_the_tested_numpy
@pytest.mark.parametrize("name", generate.PAGES)
def test_pages_are_up_to_date(name):
    assert (ROOT / name).read_text(encoding="utf-8") == generate.PAGES[name](), "run `make docs`"


def test_there_are_as_many_functions_as_promised():
    assert len(generate.by_status()["differentiable"]) >= 200
    assert len([row for row in table.values() if row.numpy is None]) >= 25


T = ag.Tensor([[1.0, 2.0], [3.0, 4.0]])
CALLS = [(T,), (T, T), (T, T, T), (T, 0, T), (T, [[0, 1]], T, 0), ((2,), T), ([[T]],), ("/dev/null", T)]


def refusal(function, arguments):
    """Return what a call says when it refuses a Tensor; '' if it takes no such call."""
    try:
        function(*arguments)
    except (TypeError, NotImplementedError) as error:
        return str(error) if "Tensor" in str(error) else ""
    except (AttributeError, ValueError):
        return ""
    return ""


@pytest.mark.parametrize("path", generate.by_status()["refused"])
@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_refused_functions_refuse(path):
    assert any(refusal(generate.functions()[path], arguments) for arguments in CALLS)


OTHERS = {"np.trace": trace, "np.ravel": ravel}  # public names that are not the op's


@pytest.mark.parametrize("path", [p for p in generate.by_status()["differentiable"] if p not in generate.OLD_NAMES])
def test_differentiable_functions_are_public_under_their_op(path):
    row = generate.row_of(path)
    if path in OTHERS:
        assert getattr(ag, path.removeprefix("np.")) is OTHERS[path]
        return
    assert getattr(ag, next(name for name, other in table.items() if other is row)) is row


def test_the_table_can_be_printed():
    command = [sys.executable, "-m", "autograd_lite.ops"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout.splitlines()
    assert lines[0].split() == ["op", "NumPy", "differentiable", "inputs", "rules", "orders", "calls"]
    assert [line.split()[0] for line in lines[1:-1]] == sorted(table)
    assert lines[-1].startswith(f"{len(table)} ops, which answer for ")
    chosen = subprocess.run(
        [*command, "np.linalg", "norm"], check=True, capture_output=True, text=True, cwd=ROOT
    ).stdout
    assert {line.split()[0] for line in chosen.splitlines()[1:-1]} == {"norm", "vector_norm", "matrix_norm"}
