"""Assignment to Tensors does what NumPy does to arrays, in values and in derivatives, or an error says why not.

One source is run in three ways: on plain arrays, which tell the value; on Tensors; and on the cells of
`tests.support.cells`, whose stores are functional updates and whose views share memory, which tell the derivatives.
"""

import itertools
import sys
from functools import partial
from typing import Any

import numpy
import pytest

import autograd_lite as ag
import autograd_lite.numpy as np
from autograd_lite.core import trees
from autograd_lite.testing.cases import UNJUDGED, Case
from tests.support.cells import Cells, on_tensors, reference
from tests.support.random_stores import random_stores, shrunk
from tests.support.stores import programs

A = numpy.array([[0.5, -1.25, 2.0, 0.75], [1.5, 0.25, -0.5, 1.0], [-2.0, 1.75, 0.5, -0.75]])
B, S, Q = numpy.array([1.5, -0.5, 2.5]), numpy.float64(0.75), numpy.array([[0.5, 1.0], [-1.0, 0.25]])
DATA = numpy.array([3.0, -1.0, 0.5, 2.0])
UNBOUNDED = numpy.lib.NumpyVersion(numpy.__version__) >= "2.1.0"  # np.clip takes no bound at all
STATEMENTS = [  # about the arrays a (3, 4), b (3,), q (2, 2), and the number s
    # indices
    *("a[0] = b[0]", "a[-1, 2] = s", "a[1:] = s", "a[::-1, 0] = b", "a[2:0:-1] = 2 * a[1:3]", "a[..., 1] = b"),
    *("a[:, None, 1] = b[:, None]", "a[[0, 2]] = s", "a[[0, 2], [1, 3]] = b[:2]", "a[[1, 1]] = a[[0, 2]]"),
    *("a[np.ix_([0, 2], [3, 1])] = q", "a[a > 1] = s", "a[a < 0] *= -s", "a[:, a[0] > 0.6] = b[:, None]"),
    *(
        "a[b > 0] = s",
        "a[np.array([True, False, True]), 1:3] = q",
        "a[()] = s",
        "a[...] = b[:, None]",
        "a[1, ...] += s",
    ),
    *("a[np.arange(3), [2, 0, 1]] = b", "a[[[0], [1]], [1, 2]] = q", "a[None] = s", "a[:, [0, 1]] = a[:, [1, 0]]"),
    *("a[0:0] = s", "a[numpy.int64(1)] = s", "a[slice(None), 0] = b", "a[np.argmax(b)] = s", "a[0, np.argsort(b)] = b"),
    # values
    *(
        "a[0] = DATA",
        "a[0] = [s, 1.0, 2.0, 3.0]",
        "a[:] = 1",
        "b[:] = a[:, 0] * a[:, 1]",
        "a[1:2] = a[0]",
        "b[0] = b @ b",
    ),
    # augmented
    *("a += s", "a -= b[:, None]", "a *= a", "a /= s", "a **= 2", "a %= 0.7", "a //= 0.3", "q @= q", "b += DATA[:3]"),
    *("a[0] += s", "a[1:, ::2] -= s", "a[:, 1] *= b", "a[2] /= a[0]", "a[[0, 1]] **= 2", "a[[0, 0]] += s", "s += b[0]"),
    *("b[b > 0] /= np.sum(b)", "b[0] //= 0.4", "q[0] @= q", "s *= s; b[1] = s", "a[:, ::-1] += a", "b *= 2; b *= b"),
    # parts of parts, and second names
    *(
        "a[1][2] = s",
        "a[1:][0][::2] *= s",
        "a.T[1] = b",
        "a.reshape(-1)[5] = s",
        "a.ravel()[:3] = b",
        "c = a; c[0] = s",
    ),
    *(
        "row = a[1]; row[0] = s",
        "row = a[1]; row *= s; b[:] = row[:3]",
        "c = a[:, ::-1]; c[0] = s",
        "c = a[0]; c += b[0]",
    ),
    *(
        "np.transpose(a)[0] *= b",
        "np.swapaxes(a, 0, 1)[2] = s",
        "np.squeeze(a[:1])[1] = s",
        "c = a[1:]; d = c[0]; d[:] = s",
    ),
    *(
        "c = np.asarray(a); c *= s",
        "c = np.copy(a); c[0] = s; b[0] = c[0, 0]",
        "c = a.copy(); a[0] = s; b[0] = c[0, 0]",
    ),
    *("for row in a: row[0] = s", "for row, x in zip(a, b): row *= x", "c = a[[0, 1]]; c[0] = s; b[0] += c[0, 0]"),
    *(
        "c = a[a > 0]; c[:] = s",
        "c = a + 0; a[0] = s; b[0] = c[0, 0]",
        "c, d, e = a; d[0] = s",
        "(c := a[1:])[0, 0] = s",
    ),
    # what is a copy, and what is not
    *(
        "c = a.flatten(); c[0] = s",
        "c = a.ravel(); c[0] = s",
        "c = np.ravel(b[::-1]); c[0] = s",
        "c = np.tile(b, 1); c[0] = s",
    ),
    *("c = np.repeat(b, 1); c[0] = s", "c = np.meshgrid(b)[0]; c[0] = s"),
    *(["c = np.clip(b, None, None); c[0] = s"] if UNBOUNDED else ()),
    *(
        "c = np.astype(b, float, copy=False); c[0] = s",
        "c = b.astype(float); c[0] = s",
        "c = np.resize(b, 3); c[0] = s",
    ),
    # elements that change places
    *("b[0], b[1] = b[1], b[0]", "a[[0, 1]] = a[[1, 0]]", "a[1:] = a[:-1]", "a[:-1] += a[1:]", "a[::-1] = a.copy()"),
    *("a[0], a[1] = a[1].copy(), a[0].copy()", "a[0] = b[1] = s", "q[:] = q.T", "b[1:] += b[:-1]", "q -= q.T"),
    # one after the other
    *(
        "a[0] = s; a[0, 1] = b[0]; a[0] *= a[1]",
        "c = a[0] * 1.0; a[0] = s; a[1] = c",
        "c = a[0]; d = np.sum(c); a[0] = d",
    ),
    *("for i in range(1, 3): a[i] = np.sin(a[i - 1])", "for i, j in np.ndindex(2, 2): q[i, j] *= b[i + j]"),
    *(
        "a[0] = a[0]",
        "c = a[0]; a[1] = s; b[0] = c[0]",
        "c = a[0]; b[0] = c[1]; a[0] = s",
        "c = a[0]; a[0] = s; c = a[0]; b[0] = c[1]",
    ),
    *(
        "c = np.zeros(4); c[:3] = b; c[-1] = s; a[0] = c",
        "c = np.zeros(3, 'f'); c[:] = b; b *= c",
        "c = np.ones(3) * 1j; c[0] = s; b *= np.abs(c)",
    ),
    *("a[1:2] = a[1:2] * s if s > 0 else 0", "c = {'h': a}; c['h'][0] = s", "c = [a]; c[0][1] = s; c[0] += s"),
]
STALE = [  # a view is taken, what it shows is assigned to through another, and the view is used
    *(
        "c = a[0]; a[0, 1] = s; b[0] = c[1]",
        "c = a[0]; a[:] = s; b[0] = np.sum(c)",
        "c = a.T; a[0] = s; b[0] = c[0, 0]",
    ),
    *(
        "c = a[0]; d = a[0]; d[1] = s; b[0] = c[1]",
        "c = a[0]; a += s; b[0] = c[1]",
        "c = a[1:]; d = c[0]; a[1] = s; b[0] = d[0]",
    ),
    *(
        "c = a.reshape(-1); a[0] = s; c[0] = 1",
        "c = a[0]; a[0] = s; c += 1",
        "a[0], a[1] = a[1], a[0]",
        "q[0], q[1] = q[1], q[0]",
    ),
    *("c = a.T; a[0] = -9.0; b[0] = 1.0 if np.sum(c) > 0 else 2.0", "c = a[0]; a[0] = s; b[0] = b[np.argmax(c + 0)]"),
    *("c = a[0]; a[0] = s; b[0] = 1.0 if c[0] > 0 else 2.0", "c = a[0]; a[0] = s; b[0] = int(np.argmax(c)) + 0.5"),
]
ERRORS = [  # a statement, the error, and what it says
    ("a[5] = s", IndexError, "out of bounds"),
    ("a[0] = b", ValueError, "broadcast"),
    ("a[0] = [s, s]", ValueError, "broadcast"),
    ("c = b[:1] * 1.0; c += b", ValueError, r"of shape \(1,\) cannot hold a result of shape \(3,\)"),
    ("a[0] = 1j", TypeError, "expected real values for a Tensor of dtype float64, got complex128"),
    ("a *= 1j", TypeError, "float64 cannot hold a result of dtype complex128"),
    ("a['x'] = s", IndexError, "only integers"),
    ("np.broadcast_to(b, (2, 3))[0] = s", (TypeError, ValueError), "np.copy|read-only"),
    ("np.diag(q)[0] = s", (TypeError, ValueError), "np.copy|read-only"),
    ("c = np.zeros(3, int); c[0] = s", TypeError, "int|plain array"),
    ("c = np.arange(3); c += b", TypeError, "array|cast"),
]


def weigh(tree):
    """Return a number that every element of some arrays has a part of its own in."""
    return sum(np.sum(x * np.cos(np.arange(np.size(x)).reshape(np.shape(x)) + 0.5)) for x in trees.flatten(tree)[0])


def weighed(function):
    return lambda *args: weigh(function(*args))


def written(statement):
    """Return a program of the arrays a, b, q and the number s, which returns what they hold after a statement."""
    names = {"numpy": numpy, "DATA": DATA}
    exec(f"def program(np, a, b, q, s):\n    {statement}\n    return a, b, q, s", names)
    return names["program"]


def copies(args):
    return [numpy.array(x)[()] for x in args]


def agree(found, expected, digits=9):
    return all(
        numpy.allclose(x, y, 10.0**-digits, 10.0**-digits)
        for x, y in zip(trees.flatten(found)[0], trees.flatten(expected)[0], strict=True)
    )


def directions(args):
    return tuple(numpy.cos(numpy.arange(1.0, numpy.size(x) + 1)).reshape(numpy.shape(x))[()] for x in args)


def along(function, args):
    """Return the derivative of a function along a direction, as a function."""
    places = range(len(args))
    pairs = lambda xs: zip(ag.grad(function, places)(*xs), directions(args), strict=True)  # noqa: E731
    return lambda *xs: sum(np.sum(np.real(g * v)) for g, v in pairs(xs))


def wrong(program, args, digits=9):
    """Hold a program on Tensors to plain arrays and to cells; return what is wrong, "stale" for the error, or None."""
    close = partial(agree, digits=digits)
    places, given = range(len(args)), copies(args)
    truth = weigh(on_tensors(numpy, program)(*args))
    cells, tensors = weighed(reference(program)), weighed(on_tensors(np, program))
    value, expected = ag.value_and_grad(cells, places)(*args)
    stale = Cells.stale
    assert close(value, truth), "the cells are not what NumPy has"
    try:
        value, gradients = ag.value_and_grad(tensors, places)(*args)
        if not close(value, truth):
            return f"the value is {value}, that of plain arrays {truth}"
        if not close(gradients, expected):
            return f"the gradient is {gradients}, that of functional updates {expected}"
        if not close(ag.jvp(tensors, args, directions(args)), (truth, along(cells, args)(*args))):
            return "the jvp is wrong"
        curvature = ag.grad(along(tensors, args), places)(*args)
        if not close(curvature, ag.grad(along(cells, args), places)(*args)):
            return "the second derivative is wrong"
    except RuntimeError as error:
        if stale and "NumPy would have changed the view" in str(error) and "np.copy" in str(error):
            return "stale"
        return f"{error!r}"
    return None if agree(given, args, 15) else "the caller's arrays were changed"


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_statement(statement):
    assert wrong(written(statement), (A, B, Q, S), 5 if "'f'" in statement else 9) is None


@pytest.mark.parametrize("statement", STALE)
def test_a_view_that_numpy_would_have_changed_is_right_or_raises(statement):
    assert wrong(written(statement), (A, B, Q, S)) in (None, "stale")


@pytest.mark.parametrize(("statement", "error", "says"), ERRORS)
def test_an_error_says_what_to_write_instead(statement, error, says):
    with pytest.raises(error, match=says):
        ag.grad(weighed(on_tensors(np, written(statement))), range(4))(A, B, Q, S)


# Programs as people write them


@pytest.mark.parametrize("name", programs)
def test_a_program_that_people_write(name):
    program, args = programs[name]
    assert wrong(program, args) is None


@pytest.mark.parametrize("name", programs)
def test_a_program_that_people_write_against_differences(name):
    program, args = programs[name]
    case = Case(on_tensors(np, program), args)
    assert case.wrong() is None
    assert case.derivative().wrong() is None


@pytest.mark.parametrize("name", programs)
def test_the_source_of_a_program_that_people_write(name):
    program, args = programs[name]
    loss = lambda *xs: weigh(program(np, *xs))  # noqa: E731
    traced = ag.trace(loss, *args)
    names: dict[str, Any] = {}
    exec(ag.source(loss, *args), names)
    value, gradients = next(f for key, f in names.items() if key.endswith("_and_gradient"))(*args, **traced.constants)
    expected, wanted = ag.value_and_grad(loss, range(len(args)))(*args)
    assert agree((value, gradients), (expected, wanted if len(args) > 1 else wanted[0]))


# Random programs


def outcomes(seeds, lines):
    """Return the share of random programs that a stale view stopped; raise for one with another number or error."""
    stopped = 0
    for seed in seeds:
        program = random_stores(seed, lines)
        found = wrong(program.function, program.args)
        if found not in (None, "stale"):
            least = shrunk(program, lambda p: wrong(p.function, p.args) not in (None, "stale"))
            raise AssertionError(f"seed {seed}: {wrong(least.function, least.args)}\n{least}")
        stopped += found == "stale"
    return stopped / len(seeds)


@pytest.mark.parametrize("start", range(0, 200, 20))
def test_random_programs(start):
    assert outcomes(range(start, start + 20), 8) < 0.5


@pytest.mark.parametrize("start", [*range(0, 100, 20), 310, 330])
def test_random_programs_as_if_their_arrays_were_large(start, monkeypatch):
    """They are locked rather than copied, let go where no rule reads them, and written over where nobody holds them."""
    core = [module for name, module in sys.modules.items() if name.startswith("autograd_lite.core.")]
    for module, threshold in itertools.product(core, ("LARGE", "SMALL")):
        if hasattr(module, threshold):
            monkeypatch.setattr(module, threshold, 0)
    assert outcomes(range(start, start + 20), 8) < 0.5


@pytest.mark.deep
@pytest.mark.parametrize("start", range(200, 4_000, 200))
def test_longer_random_programs(start):
    assert outcomes(range(start, start + 200), 14) < 0.5


@pytest.mark.parametrize("start", range(0, 60, 20))
def test_random_programs_against_differences(start):
    """Differences of the values of plain arrays know nothing of Tensors, nor of cells."""
    judged = []
    for seed in range(start, start + 20):
        program = random_stores(seed)
        if wrong(program.function, program.args) is None:
            found = Case(on_tensors(np, program.function), program.args).wrong()
            assert found is None or UNJUDGED in found, (found, program)
            judged.append(found is None)
    assert numpy.mean(judged) > 0.8


# Transforms


def test_the_callers_array_stays_as_it_is():
    x = B.copy()

    def f(x):
        x[0] = 5.0
        x *= 2.0
        return x

    value, pullback = ag.vjp(f, x)
    numpy.testing.assert_array_equal(value, [10.0, -1.0, 5.0])
    numpy.testing.assert_array_equal(pullback(numpy.ones(3))[0], [0.0, 2.0, 2.0])
    numpy.testing.assert_array_equal(x, B)


def doubled_cube(x):
    x *= 2.0
    return np.sum(x**3)


@pytest.mark.parametrize(
    ("function", "value", "slope"),
    [
        (lambda y: np.sum(ag.grad(doubled_cube)(y)) + np.sum(y), 3 * 24 * 1.5**2 + 4.5, 48 * 1.5 + 1),
        (lambda y: np.sum(ag.jvp(doubled_cube, (y,), (np.ones(3),))[1] * y), 3 * 3 * 24 * 1.5**3, 3 * 24 * 1.5**2 * 3),
        (lambda y: np.sum(ag.vjp(doubled_cube, y)[0] * y), 3 * 1.5 * 3 * 8 * 1.5**3, 0.0),
    ],
)
def test_an_argument_of_a_nested_transform_stays_as_it_is(function, value, slope):
    y = numpy.full(3, 1.5)
    found, _ = ag.value_and_grad(function)(y)
    case = Case(lambda y: function(y.copy()), (y,), analytic=False)
    assert case.wrong() is None
    if slope:
        assert found == pytest.approx(value)


def test_a_tensor_of_an_outer_transform_is_stored_into():
    def outer(u):
        buffer = np.zeros(3)

        def inner(x):
            buffer[0] = x * u
            return np.sum(buffer**2)

        return ag.grad(inner)(2.0) + np.sum(buffer)

    value, slope = ag.value_and_grad(outer)(3.0)
    assert (value, slope) == (2 * 2 * 9 + 6, 8 * 3 + 2)


def energy(np, x, y):
    out = np.zeros((3, 3))
    out[0], out[1:, 0] = x * y, x[1:]
    out[:, 2] *= y[0]
    out[1] += out[0] * x
    return np.sum(out**2)


@pytest.mark.parametrize("program", [energy, lambda np, x, y: energy(np, y, x)])
def test_mixed_derivatives(program):
    def mixed(function):
        return ag.grad(lambda x: weigh(ag.grad(lambda y: function(x, y))(DATA[:3])))(B)

    assert agree(mixed(on_tensors(np, program)), mixed(reference(program)))


def test_outside_of_transforms_a_leaf_is_not_assigned_to():
    t = ag.Tensor(B)
    with pytest.raises(TypeError, match=r"is a leaf.*\.at\[index\]\.set\(value\)"):
        t[0] = 1.0
    shifted = t * 1.0
    shifted[0] = 5.0 * t[1]
    np.sum(shifted).backward()
    numpy.testing.assert_array_equal(t.grad, [0.0, 6.0, 1.0])


def test_nor_is_a_leaf_that_a_transform_closes_over():
    t = ag.Tensor(B)

    def f(x):
        t[0] = x
        return np.sum(t * t)

    with pytest.raises(TypeError, match=r"is a leaf.*\.at\[index\]\.set\(value\)"):
        ag.grad(f)(3.0)
    assert t.op is None
    numpy.testing.assert_array_equal(t.value, B)


def test_an_augmented_assignment_binds_a_leaf_again():
    t = first = ag.Tensor(B)
    t += 1.0
    assert t is not first
    numpy.testing.assert_array_equal(first.value, B)
