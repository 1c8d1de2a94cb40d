"""Random programs of the op table: reverse mode against differences of values, and forward against reverse mode."""

import ast
import inspect

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.ops import table
from autograd_lite.testing.cases import UNJUDGED, Case
from autograd_lite.testing.random_programs import random_program


def judged(program):
    """Check the derivatives of a program; return whether differences of its values could judge them."""
    case = Case(program.function, program.args)
    wrong = case.wrong()
    assert wrong is None or UNJUDGED in wrong, (wrong, program)
    if wrong:  # on a kink, or at a pole of the derivative
        return False
    _, tangent = ag.jvp(program.function, program.args, tuple(case.tangents))
    with np.errstate(all="ignore"):
        _, nearby = ag.jvp(program.function, nudged(program.args), tuple(case.tangents))
    if not np.isfinite(nearby):
        return False
    gradients = ag.grad(program.function, range(len(program.args)))(*program.args)
    terms = [np.asarray(g * t) for g, t in zip(gradients, case.tangents, strict=True)]
    scale = sum(np.sum(np.abs(term)) for term in terms)
    assert abs(tangent - sum(map(np.sum, terms))) <= 1e-11 * scale + abs(nearby - tangent), program
    return True


def nudged(args):
    """Return the next numbers upwards: a derivative that changes there is known no better than that."""
    return tuple(np.nextafter(x, np.inf) for x in args)


@pytest.mark.parametrize("start", range(0, 200, 20))
def test_gradients(start):
    assert np.mean([judged(random_program(seed)) for seed in range(start, start + 20)]) >= 0.9


@pytest.mark.deep
@pytest.mark.parametrize("start", range(200, 8_000, 200))
def test_gradients_of_longer_programs(start):
    assert np.mean([judged(random_program(seed, 10)) for seed in range(start, start + 200)]) >= 0.9


def test_a_seed_gives_one_program():
    assert str(random_program(7)) == str(random_program(7))
    assert str(random_program(7)) != str(random_program(8))


def test_the_source_can_be_read():
    program = random_program(3, lines=8)
    assert inspect.getsource(program.function) in program.source
    assert str(program).startswith("import numpy as np")
    source = "".join(random_program(seed).source for seed in range(30))
    assert "    if np.sum(" in source
    assert "    for _ in range(" in source


def test_ops_can_be_chosen():
    program = random_program(0, lines=5, rows=[table["tanh"], table["add"]])
    called = {node.func.attr for node in ast.walk(ast.parse(program.source)) if isinstance(node, ast.Call)}
    assert called <= {"tanh", "sum", "mean", "square"}  # the last three make the result
