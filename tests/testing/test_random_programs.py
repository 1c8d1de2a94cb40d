"""Random programs of the op table: reverse mode against differences of values, and forward against reverse mode."""

import ast
import inspect

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.numerical import close
from autograd_lite.ops import table
from autograd_lite.testing.cases import UNJUDGED, Case
from autograd_lite.testing.random_programs import random_program
from autograd_lite.verification.budget import SafetyNet
from autograd_lite.verification.comparison import Comparison
from autograd_lite.verification.point import evaluate
from autograd_lite.verification.problem import Problem


def judged(program):
    """Check the derivatives of a program; return whether they are known well enough to be judged."""
    case = Case(program.function, program.args)
    wrong = case.wrong()
    assert wrong is None or UNJUDGED in wrong, (wrong, program)
    if wrong:  # on a kink, or at a pole of the derivative
        return False
    gradients, tolerances = by_reverse_mode(program)
    terms = [np.asarray(g * t) for g, t in zip(gradients, case.tangents, strict=True)]
    room = sum(np.sum(off * np.abs(t)) for off, t in zip(tolerances, case.tangents, strict=True))
    if not close.known(room, sum(np.sum(np.abs(term)) for term in terms), close.CLEAR):  # it is nothing but rounding
        return False
    _, tangent = ag.jvp(program.function, program.args, tuple(case.tangents))
    assert close.within(tangent, sum(map(np.sum, terms)), room), program
    return True


def by_reverse_mode(program):
    """Return the gradients of a program, and by how much each element may differ for rounding along the way."""
    every = tuple(range(len(program.args)))
    gradient = ag.grad(program.function, every)
    setting = Problem(program.function, gradient, program.args, every).settle(gradient(*program.args))
    point = evaluate(setting)
    comparison = Comparison(setting, point, np.random.default_rng(0), SafetyNet())
    return point.true, [comparison.tolerance(i) for i in every]


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


# -- what the checks are good for


def rows_of(program):
    """Return the ops that a program calls by name, if they have one rule for each input."""
    attributes = [node.attr for node in ast.walk(ast.parse(program.source)) if isinstance(node, ast.Attribute)]
    return [table[name] for name in dict.fromkeys(attributes) if name in table and table[name].edges]


def times(rule, factor):
    return lambda *args, **params: rule(*args, **params) * factor


@pytest.mark.parametrize("seed", range(20))
def test_a_rule_that_is_off_by_a_millionth_is_found(seed, monkeypatch):
    program = random_program(seed)
    assert judged(program)
    gradient = ag.grad(program.function, range(len(program.args)))
    right = np.concatenate(list(map(np.ravel, gradient(*program.args))))
    for row in rows_of(program):
        with monkeypatch.context() as patch:
            patch.setattr(row, "edges", tuple((i, times(rule, 1 + 1e-6)) for i, rule in row.edges))
            wrong = np.concatenate(list(map(np.ravel, gradient(*program.args))))
            if np.max(np.abs(wrong - right)) > 1e-8 * np.max(np.abs(right)):
                with pytest.raises(AssertionError):
                    judged(program)


@pytest.mark.parametrize("seed", [seed for seed in range(20) if seed != 17 or hasattr(np, "unstack")])
def test_forward_mode_that_is_off_in_the_eleventh_digit_is_found(seed, monkeypatch):
    right = ag.jvp  # with fewer functions, as of NumPy 2.0, a seed gives another program, and 17 one that rounds more
    monkeypatch.setattr(ag, "jvp", lambda *args: tuple(part * (1 + 1e-11) for part in right(*args)))
    with pytest.raises(AssertionError):
        judged(random_program(seed))


def test_elementwise_functions_are_not_taken_where_a_value_is_0_but_for_rounding():
    rows = [table["polyfit"], table["cbrt"]]  # a parabola through points of a line
    for seed in range(40):
        program = random_program(seed, 8, rows)
        steps = ag.trace(program.function, *program.args).steps
        taken = [step.node.args[0].value for step in steps if step.node.op is table["cbrt"]]
        assert all(np.abs(x).min() > 1e-9 for x in taken), program
