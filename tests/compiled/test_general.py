"""A program recorded at one point is right at all others: it holds nothing that follows from the values at hand."""

import warnings

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.core import trees
from autograd_lite.core.general import settled
from autograd_lite.core.tensor import raw
from autograd_lite.numerical import close, quiet
from autograd_lite.numerical.streams import stream
from autograd_lite.ops import table
from autograd_lite.ops.samples import Filled, samples_of
from autograd_lite.testing.cases import apply
from tests.support.replay import recorded, replayed
from tests.support.sampling import sampled

SAMPLES = [(name, i) for name, row in table.items() for i in range(len(samples_of(row)))]
SPECIAL = (0.0, -0.0, 1.0, -1.0, 1.5, np.inf, -np.inf, np.nan, 1e200, 1e-200)
MODERATE = 1e100
"""LAPACK takes no larger numbers: some of its loops do not end."""


def is_inexact(x):
    return np.asarray(raw(x)).dtype.kind in "fc"


class Call:
    """One sample of a row: its arrays, masks and indices are what a program is recorded for, and run again with."""

    def __init__(self, name, number, order=1):
        self.row, self.order = table[name], order
        sample = samples_of(self.row)[number]
        inputs = sample.draw(stream("points of a program"))
        self.leaves, self.rebuild = trees.flatten((tuple(inputs), sample.params))
        given = len(trees.flatten(tuple(inputs))[0])
        self.traced = [i for i, x in enumerate(self.leaves) if _varies(x) and (i < given or not is_inexact(x))]
        self.moving = [i for i in self.traced if is_inexact(self.leaves[i])]
        domains = [draw.domain if isinstance(draw, Filled) else None for draw in sample.inputs]
        self.bounds = [d.bounds if d and given == len(domains) else (-np.inf, np.inf) for d in domains]

    def full(self, arrays):
        """Return all leaves, with other arrays in the place of those that vary."""
        full = list(self.leaves)
        for i, x in zip(self.traced, arrays, strict=True):
            full[i] = x
        return full

    def program(self, *leaves):
        """Return the outputs, and the cotangents of the inputs for fixed ones of the outputs: up to an order."""

        def outputs(*moving):
            full = list(leaves)
            for i, x in zip(self.moving, moving, strict=True):
                full[i] = x
            inputs, params = self.rebuild(full)
            return [z for z in trees.flatten(apply(self.row)(*inputs, **params))[0] if is_inexact(z)]

        def pulled(f):
            def g(*moving):
                z, pull = ag.vjp(f, *moving)
                return list(pull([_cotangent(part) for part in z]))

            return g

        functions = [outputs]
        for _ in range(self.order):
            functions.append(pulled(functions[-1]))
        moving = [leaves[i] for i in self.moving]
        values = ag.vjp(outputs, *moving)[0]
        return [*values, *(x for f in functions[1:] for x in f(*moving))]

    def points(self, largest):
        """Yield other arrays in the places of those that vary, inside of their domains: each alone, and all."""
        arrays = [self.leaves[i] for i in self.traced]
        yield arrays
        filled = [list(self._fillings(i, self.leaves[i], largest)) for i in self.traced]
        for k, others in enumerate(filled):
            yield from ([*arrays[:k], x, *arrays[k + 1 :]] for x in others)
        if len(arrays) > 1:
            yield from map(list, zip(*filled, strict=False))

    def _fillings(self, i, x, largest):
        x = np.asarray(x)
        yield np.flip(x)[()]
        if x.dtype.kind not in "fc":
            yield from (
                np.roll(x, 1)[()],
                np.full_like(x, x.flat[0] if x.size else 0)[()],
                ~x if x.dtype == bool else x,
            )
            return
        low, high = self.bounds[i] if i < len(self.bounds) else (-np.inf, np.inf)
        for value in SPECIAL:
            inside = low <= value <= high and abs(value) <= largest
            if not inside and not (np.isnan(value) and largest == np.inf):
                continue
            yield np.full_like(x, value)[()]
            if x.size > 1 and not self.row.elementwise:
                one = x.copy()
                one.flat[0] = value
                yield one


def _varies(x):
    return isinstance(x, (np.ndarray, np.generic, float, complex))


def _cotangent(z):
    """Return fixed numbers in the shape and dtype of an output."""
    z = np.asarray(raw(z))
    x = stream("cotangents of a program").uniform(0.5, 1.5, z.shape)
    return (x * (1 + 0.5j) if z.dtype.kind == "c" else x).astype(z.dtype)[()]


def _outcome(f, *args):
    """Return what a function gives, or the error that it raises."""
    with quiet(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return f(*args)
        except Exception as error:
            return error


def difference(call):
    """Return where a program that was recorded at one point differs from the function at another, or None."""
    graph = recorded(call.program, call.leaves, call.traced)
    lapack = any("linalg" in f"{n.op.__module__} {getattr(n.op.numpy, '__module__', '')}" for n in graph.nodes if n.op)
    empty = any(np.size(call.leaves[i]) == 0 for i in call.traced)  # sums of nothing, times infinity
    for arrays in call.points(MODERATE if lapack or empty else np.inf):
        expected = _outcome(call.program, *call.full(arrays))
        found = _outcome(replayed, graph, arrays)
        if isinstance(expected, Exception):
            if not isinstance(found, type(expected)):
                return arrays, expected, found
        elif isinstance(found, Exception) or not all(map(close.alike, found, expected)):
            return arrays, expected, found
    return None


def refusal(call):
    """Return the error for a call whose result has a shape or a dtype that depends on values, or None."""
    graph = _outcome(recorded, call.program, call.leaves, call.traced)
    return graph if call.row.varies and isinstance(graph, TypeError) else None


@pytest.mark.parametrize("case", sampled(SAMPLES, 6))
def test_a_program_recorded_at_one_point_is_right_at_others(case):
    call = Call(*case)
    assert (None if refusal(call) else difference(call)) is None


ELEMENTWISE = [case for case in SAMPLES if table[case[0]].elementwise]


@pytest.mark.parametrize("case", sampled(ELEMENTWISE, 6))
def test_so_are_its_second_derivatives(case):
    name, number = case
    assert difference(Call(name, number, order=2)) is None


VARYING = [name for name, row in table.items() if row.varies]


@pytest.mark.parametrize("name", VARYING)
def test_what_has_a_shape_that_depends_on_values_is_refused(name):
    calls = [Call(name, i) for i in range(len(samples_of(table[name])))]
    errors = [error for error in map(refusal, calls) if error]
    assert errors
    for error in errors:
        assert "cannot be compiled" in str(error)
        assert any(__file__ in note for note in error.__notes__)


MASKS = [
    lambda x: x[x > 0],
    lambda x: x[np.nonzero(x)],
    lambda x: x[np.flatnonzero(x > 0)],
    lambda x: x[np.argwhere(x > 0)[:, 0]],
    lambda x: x[np.where(x > 0)],
    lambda x: x.at[x > 0].set(0.0),
    lambda x: np.compress(x > 0, x),
    lambda x: np.piecewise(x, [x > 0, x < 0], [np.sin, np.cos]),
]


@pytest.mark.parametrize("f", MASKS)
def test_the_refusal_says_what_to_write_instead(f):
    x = np.array([1.0, -2.0, 3.0])
    with pytest.raises(TypeError, match=r"cannot be compiled.*; write np\.") as caught:
        recorded(f, [x], [0])
    assert any("lambda x" in note for note in caught.value.__notes__)


def test_a_choice_by_value_is_settled_only_where_no_program_is_recorded():
    asked = []

    def f(x):
        asked.append(settled(np.all(raw(x))))
        return x

    ag.vjp(f, np.ones(3))
    recorded(f, [np.ones(3)], [0])
    assert asked == [True, False]
