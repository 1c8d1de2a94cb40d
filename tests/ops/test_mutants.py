"""The power of the checks: every rule of the op table is changed in every small way, and each change must be caught.

The changes are made in the syntax trees of the rules and of the functions that they are written with. What judges them
is what judges the table: differences of values, NumPy's precision, and the documented subgradients.
"""

import functools
import importlib.util
import warnings
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from autograd_lite.core.op import Op
from autograd_lite.ops import table
from autograd_lite.ops.samples import samples_of
from autograd_lite.testing.cases import Case, apply, is_inexact, keeps_single
from tests.support.calls import complex_inputs
from tests.support.edges import EDGES, fault_at, ops_of
from tests.support.equivalent_mutants import EQUIVALENT
from tests.support.mutation import installed, mutants, reachable


def is_part_of_a_rule(function):
    return function.__module__.startswith("autograd_lite.ops")


def all_rows():
    """Return the ops of the table, and of scipy.special where SciPy is installed."""
    if importlib.util.find_spec("scipy") is None:
        return list({id(row): row for row in table.values()}.values())
    from autograd_lite.ops import special

    return list({id(row): row for row in (*table.values(), *special.table.values())}.values())


def targets():
    """Return each function that a rule is made of, with the ops that use it."""
    found: dict[Any, Any] = {}
    for row in all_rows():
        for rule in row.rules if isinstance(row.rules, tuple) else (row.rules,):
            for function in reachable(rule, is_part_of_a_rule):
                users = found.setdefault(function, [])
                if row not in users:
                    users.append(row)
    return {f: rows for f, rows in found.items() if f is not Op}


TARGETS = targets()


class Checker:
    """The derivative checks of one op, with their witnesses computed once."""

    def __init__(self, row):
        self.row = row
        seed = zlib.crc32(row.name.encode())
        self.calls = [call_of(row, s, np.random.default_rng(seed + i)) for i, s in enumerate(samples_of(row))]
        self.cases = [Case(call.function, call.moving, analytic=call.analytic) for call in self.calls]
        self.cases += [Case(apply(row), inputs) for inputs in complex_inputs(row) if row in table.values()]
        self.cases.sort(key=lambda case: -sum(np.size(z) for z in case.outputs))
        self.others: list[Case] = []
        assert self.fault() is None, f"op '{row.name}' itself is wrong: {self.fault()}"
        self.more()
        assert self.rarer_fault() is None, f"op '{row.name}' itself is wrong: {self.rarer_fault()}"

    def more(self):
        """Make the cases that only what survives the others is held to: the next order, and inputs one by one."""
        self.others = [case.derivative() for case in self.cases if sum(np.size(z) for z in case.outputs)]
        for call in self.calls:
            for i in [i for i, x in enumerate(call.moving) if is_inexact(x)] if len(call.moving) > 1 else []:
                self.others.append(Case(alone(call, i), call.moving[i : i + 1], analytic=call.analytic))
                self.others.append(self.others[-1].derivative())
        for case in self.others:
            assert case.slope

    def fault(self):
        """Return what is wrong with the op's derivatives, or None."""
        try:
            return next(filter(None, (case.wrong() for case in self.cases)), None)
        except Exception as error:
            return f"{type(error).__name__}: {error}"

    def rarer_fault(self):
        """Return what is wrong with the op otherwise, or None."""
        try:
            singles = (keeps_single(self.row, call.moving, call.params) for call in self.calls if not call.held)
            edges = (fault_at(*edge) for edge in edges_of(self.row))
            others = (case.wrong() for case in self.others)
            return next((wrong for some in (edges, singles, others) for wrong in some if wrong), None)
        except Exception as error:
            return f"{type(error).__name__}: {error}"


@functools.cache
def edges_by_op():
    found: dict[Any, Any] = {}
    for edge in EDGES:
        for made in ops_of(*edge[:2]):
            found.setdefault(made, []).append(edge)
    return found


def edges_of(row):
    """Return the points at a kink, a tie or a jump whose record has this op."""
    return edges_by_op().get(id(row), [])


@dataclass(frozen=True)
class Call:
    """A call of an op as a function of some of its inputs; the others are held."""

    function: Callable[..., Any]
    moving: tuple[Any, ...]
    params: dict[str, Any]
    held: bool
    analytic: bool


def call_of(row, sample, rng):
    """Draw a call. The parameters of functions of scipy.special that have no derivative are constants, and held."""
    inputs = sample.draw(rng)
    special = row not in table.values()
    places = [i for i, draw in enumerate(sample.inputs) if not special or draw(rng) is not draw(rng)]

    def function(*moving):
        full = list(inputs)
        for place, x in zip(places, moving, strict=True):
            full[place] = x
        return apply(row)(*full, **sample.params)

    moving = tuple(inputs[i] for i in places)
    return Call(function, moving, sample.params, len(moving) < len(inputs), not special)


def alone(call, i):
    """Return a call as a function of one input; the others are constants, and plain numbers where they can be."""
    plain = [float(x) if isinstance(x, np.float64) else x for x in call.moving]
    return lambda x: call.function(*plain[:i], x, *plain[i + 1 :])


_CHECKERS: dict[int, Any] = {}


def checker(row):
    if id(row) not in _CHECKERS:
        _CHECKERS[id(row)] = Checker(row)
    return _CHECKERS[id(row)]


@functools.cache
def survivors(function):
    """Return the mutants of a function that no check of its users catches, and how many were tried."""
    users = [checker(row) for row in TARGETS[function]]
    params = {name for row in TARGETS[function] for name in row.param_names}
    alive, tried = [], 0
    for mutant in mutants(function, params):
        tried += 1
        with installed(function, mutant), warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            if not any(user.fault() for user in users) and not any(user.rarer_fault() for user in users):
                alive.append(mutant.text)
    return alive, tried


def name_of(function):
    """Return the module and name of a helper; those of its op for a rule."""
    name = function.__name__ if function.__name__ not in ("_", "<lambda>", "rule") else TARGETS[function][0].name
    return f"{function.__module__.rpartition('.')[2]}.{name}"


def pads_by_axis():
    """Whether `np.pad` takes a dict of axes."""
    try:
        return np.pad(np.zeros(1), {0: 1}).size == 3
    except TypeError:
        return False


@pytest.mark.parametrize("function", TARGETS, ids=lambda f: f"{name_of(f)}-{f.__code__.co_firstlineno}")
def test_every_change_of_a_rule_is_caught(function):
    name = name_of(function)
    if name == "windows._pairs" and not pads_by_axis():
        pytest.skip("this NumPy pads by no dict, and so no sample does")
    unexplained = [m for m in survivors(function)[0] if not any(e.covers(name, m) for e in EQUIVALENT)]
    assert unexplained == [], f"give the op a sample that tells, or list the change in equivalent_mutants.py: {name}"


def test_every_equivalent_change_is_one():
    alive = [(name_of(function), change) for function in TARGETS for change in survivors(function)[0]]
    needless = [e for e in EQUIVALENT if not any(e.covers(*mutant) for mutant in alive)]
    assert needless == [], "these are caught, or not made any more"


def test_there_are_many_changes():
    assert sum(survivors(function)[1] for function in TARGETS) > 4_000
