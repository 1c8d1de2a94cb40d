"""The user's functions that ran: found of every kind, run with edited code and as before, and seen at work."""

import ast
from typing import Any

import numpy as np
import pytest

from autograd_lite.verification.repair.scope import FAILED
from autograd_lite.verification.repair.source import STAND_IN, running, scope_of, units
from autograd_lite.verification.repair.visits import Visits, snapshots
from tests.support.functions import FUNCTIONS
from tests.support.styles import run


def found(source):
    """Return the names of some source, and the units of its functions that `call` runs."""
    space = run(source.lstrip("\n"))
    visits = Visits()
    visits.of(space["call"])
    return space, units(visits.holders)


def the_2(tree):
    """Return the number 2 in a tree; None where there is none."""
    return next((n for n in ast.walk(tree) if isinstance(n, ast.Constant) and n.value == 2), None)


WITHIN = pytest.mark.xfail(reason="a function that is made anew by each call is not edited where it is made")


@pytest.mark.parametrize(
    "kind", [pytest.param(k, marks=WITHIN if k == "function in a function" else ()) for k in FUNCTIONS]
)
def test_edited_code_runs_in_functions_of_every_kind_and_the_given_code_afterwards(kind):
    source, before, after = FUNCTIONS[kind]
    space, some = found(source)
    call = space["call"]
    edited = [unit for unit in some if unit.name != "call" and the_2(unit.tree) is not None]
    assert edited, [unit.name for unit in some]
    assert call() == before
    for unit in edited:
        number, given = the_2(unit.tree), unit.code
        with running(unit, unit.compiled(), given):
            assert call() == before
        number.value = 3
        with running(unit, unit.compiled(), given):
            assert call() == after
        number.value = 2
        assert call() == before
        assert all(f.__code__ is given for f in unit.functions)


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
def test_the_given_code_is_put_back_whatever_happens(error):
    space, some = found(FUNCTIONS["function"][0])
    (unit,) = [u for u in some if u.name == "f"]
    number = the_2(unit.tree)
    number.value = 3
    code = unit.compiled()
    number.value = 2
    with pytest.raises(error), running(unit, code, unit.code):
        raise error
    assert space["call"]() == 10


def test_a_function_whose_source_cannot_be_read_is_left_out():
    space: dict[str, Any] = {}
    exec("def f(x):\n    return 2 * x\ncall = lambda: f(5)", space)
    visits = Visits()
    assert visits.of(space["call"]) == 10
    assert units(visits.holders) == []


LOOP = """
def f(xs, n):
    total = np.zeros(2)
    for x in xs:
        y = (x *
             n)
        if n > 1:
            total += y
        else:
            total -= y
    while n > 1: n = n - 1
    return total


def call():
    return f([np.ones(2), 2 * np.ones(2), 4 * np.ones(2)], 3)
"""
VISITS = {  # how often each statement begins, and the value of an expression as it does for the last time
    "total = np.zeros(2)": (1, "n", 3),
    "for x in xs:": (4, "total[0]", 21),
    "y = x * n": (3, "x[0]", 4),
    "if n > 1:": (3, "y[0]", 12),
    "total += y": (3, "total[0]", 9),
    "return total": (1, "total[0]", 21),
}


SHARED = """
def f(xs, n):
    total = np.zeros(2); count = n
    for x in xs: y = x * n; total += y
    if n > 3: total = -total
    while n > 1: n = n - 1
    z = (y +
         count); total = z
    it = iter(xs)
    try:
        while True: x = next(it)
    except StopIteration: pass
    for _ in xs:
        count += 1
    return total


def call():
    return f([np.ones(2), 2 * np.ones(2)], 3)
"""
SHARED_VISITS = {
    "total = np.zeros(2)": (1, "n", 3),
    "count = n": (1, "total[0]", 0),
    "for x in xs:": (3, "total[0]", 9),
    "y = x * n": (2, "y[0]", 3),
    "total += y": (2, "total[0]", 3),
    "if n > 3:": (1, "y[0]", 6),
    "while n > 1:": (3, "n", 1),
    "n = n - 1": (2, "n", 2),
    "z = y + count": (1, "total[0]", 9),
    "total = z": (1, "z[0]", 9),
    "x = next(it)": (3, "x[0]", 2),
    "count += 1": (2, "count", 4),
    "return total": (1, "count", 5),
}


@pytest.mark.parametrize(
    ("source", "expected", "never"),
    [(LOOP, VISITS, "total -= y"), (SHARED, SHARED_VISITS, "total = -total")],
    ids=["on lines of their own", "on shared lines"],
)
def test_variables_are_kept_as_each_statement_begins_for_the_last_time(source, expected, never):
    space, some = found(source)
    (unit,) = [u for u in some if u.name == "f"]
    seen = {}
    for (_, statement), (variables, visits) in snapshots(space["call"], {unit.code: unit}).items():
        seen[ast.unparse(statement).partition("\n")[0]] = visits, scope_of(unit, [variables], set())
    assert never not in seen
    for text, (visits, expression, value) in expected.items():
        assert seen[text][0] == visits, text
        assert seen[text][1].first(ast.parse(expression, mode="eval").body) == value, text


def test_lines_belong_to_the_innermost_statement_and_to_all_of_it():
    _, some = found(LOOP)
    (unit,) = [u for u in some if u.name == "f"]
    lines = {line: ast.unparse(unit.at(line)).partition("\n")[0] for line in (4, 5, 6, 7)}
    assert lines[4] == lines[5] == "y = x * n"
    assert lines[6] == "if n > 1:"
    assert lines[7] == "total += y"
    assert unit.at(1) is None


def test_a_scope_has_the_functions_that_were_called_and_no_others():
    source = """
def helper(x):
    return x + 1


def other(x):
    return x - 1


def f(x):
    return helper(2 * x)


def call():
    return f(5)
"""
    space, some = found(source)
    (unit,) = [u for u in some if u.name == "f"]
    called = {space["helper"].__code__, unit.code}
    scope = scope_of(unit, [{"x": 5}], called)
    assert scope.functions == {"helper": space["helper"]}
    assert scope.fixed["np"] is np
    assert scope.first(ast.parse("helper(x)", mode="eval").body) == 6
    assert scope.first(ast.parse("y", mode="eval").body) is FAILED


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@pytest.mark.parametrize(("called", "expected"), [(False, [[7.0, 8.0], [7.0, 8.0]]), (True, [7.0, 8.0])])
def test_a_value_stands_in_for_an_expression_or_what_gives_one_after_the_other(called, expected):
    space, some = found("def f(x):\n    return [y for y in (2 * x, 2 * x)]\n\n\ndef call():\n    return f(5)\n")
    (unit,) = [u for u in some if u.name == "f"]
    pair = unit.tree.body[0].value.generators[0].iter
    constant = ast.copy_location(ast.Constant(STAND_IN), pair)
    given = pair.elts[:]
    pair.elts = [ast.copy_location(ast.Call(constant, [], []), pair) if called else constant for _ in given]
    value = np.array([7.0, 8.0])
    with running(unit, unit.compiled(iter(value).__next__ if called else value), unit.code):
        got = space["call"]()
    pair.elts = given
    np.testing.assert_array_equal(got, expected)
    np.testing.assert_array_equal(value, [7.0, 8.0])
