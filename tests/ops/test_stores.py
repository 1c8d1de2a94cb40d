"""NumPy's functions and methods that change an array do to Tensors what they do to arrays."""

import math
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import autograd_lite.numpy as agnp
from autograd_lite import Tensor

A = np.array([[0.5, -1.25, 2.0, 0.75], [1.5, 0.25, -0.5, 1.0], [-2.0, 1.75, 0.6, -0.75]])
B, S = np.array([1.5, -0.4, 2.5]), np.float64(0.8)
STATEMENTS = [  # about a of shape (3, 4), b of shape (3,), and the number s
    # methods
    *("a.fill(s)", "a.fill(2)", "a[1].fill(b[0])", "a.T[2].fill(s)", "b.fill(b[1])", "a.flatten().fill(s)"),
    *("a.sort()", "a.sort(0)", "a.sort(axis=-1, kind='stable')", "b.sort()", "a[:, 1].sort()", "a[::-1].sort(0)"),
    *("a.partition(1)", "a.partition(2, axis=0)", "a.put([1, -1], b[:2])", "a.put(3, s)", "b.put([0, 5], s, 'clip')"),
    # functions
    *("np.copyto(a, s)", "np.copyto(a, b[:, None])", "np.copyto(a, 2 * a, where=a > 0)", "np.copyto(b, a[:, 0])"),
    *("np.copyto(a, b[:, None], where=[True, False, True, False])", "np.copyto(a[0], [s, 1.0, s * s, 2])"),
    *("np.copyto(b, [1, 2, 3])", "np.copyto(a, [[0.5]], 'safe')", "np.copyto(a.T, b)"),
    "np.copyto(b, a[0, :3], where=b > 0)",
    *("np.put(a, [0, 7, -1], b)", "np.put(a, [0, 1, 2, 3, 4], b)", "np.put(a, [[5, 5], [1, 0]], b[:2])"),
    *("np.put(a, 2, s)", "np.put(b, [-1, 4], s, mode='wrap')", "np.put(a.T, [1, 2], b)", "np.put(a, [], s)"),
    *("np.put(a, [0, 1], [s, 2.0])", "np.put(b[::2], 1, s * b[1])"),
    *("np.place(a, a > 0.55, b)", "np.place(a, a < 0, s)", "np.place(b, [1, 0, 1], b[1:])"),
    "np.place(a[1:], a[1:] > 0, [s])",
    *("np.putmask(a, a > 0.55, b)", "np.putmask(a, a < 0, s)", "np.putmask(a, a > 0, a * a)"),
    "np.putmask(b, b > 9, s)",
    *("np.fill_diagonal(a, s)", "np.fill_diagonal(a, b)", "np.fill_diagonal(a.T, b[:2])"),
    "np.fill_diagonal(a[:, :2], s)",
    *("np.fill_diagonal(a.T, s, wrap=True)", "np.fill_diagonal(a, [s, 1.0])"),
    "np.put_along_axis(a, np.argmax(a, 1)[:, None], b[:, None], 1)",
    "np.put_along_axis(a, np.array([[1, 0]]), s, 1)",
    "np.put_along_axis(a, np.argsort(a, 0), 2 * a, axis=0)",
    "np.put_along_axis(b, np.array([2, 0]), a[0, :2], None)",
    # methods of ufuncs
    *("np.add.at(a, 1, s)", "np.add.at(b, [0, 0, 1], s)", "np.add.at(a, ([0, 0], [1, 1]), b[:2])"),
    "np.add.at(a, a > 0, s)",
    *("np.subtract.at(b, [2, 2], b[:2])", "np.multiply.at(b, [0, 0, 1], b)", "np.divide.at(a, (slice(None), 1), b)"),
    *("np.maximum.at(b, [0, 1, 1], a[0, :3])", "np.minimum.at(a[0], [0, 1], s)", "np.power.at(b, [0, 0], 2)"),
    *("np.negative.at(b, [0, 1])", "np.exp.at(b, [2, 2])", "np.hypot.at(b, slice(2), s)"),
    "np.add.at(b, [0, 1], [s, 2])",
    *("np.add.at(a.T, 1, b)", "np.add.at(a[1:], (0, [0, 0]), s)"),
    # out=
    *("np.exp(b, out=b)", "np.add(a, s, out=a)", "np.multiply(b, 2, b)", "np.sin(DATA, out=b)", "np.add(s, 1, out=b)"),
    *("np.matmul(a[:, :3], b, out=b)", "np.add(a[0], b[0], out=a[1])", "np.add(1.0, 2.0, out=a[:, 0])"),
    *("np.modf(b, out=(a[:, 0], a[:, 1]))", "np.modf(b, b, None)", "np.add.reduce(a, 1, out=b)"),
    *("np.divide(1.0, b, out=b, where=b > 0)", "np.log(a, out=a, where=a > 0)", "np.sqrt(b, out=a[:, 1], where=b > 0)"),
    *("np.add(a, b[:, None], out=a, where=[[True], [False], [True]])", "np.maximum(a, s, out=a)"),
    *("b[:] = np.add(s, b, out=b) * b", "np.modf(1.1 * b, out=(a[:, 0], b), where=b > 0)"),
    *("np.add(a[0], 1, a[0], where=True)", "np.sin(b, b, where=[True, False, True])"),
    # flat
    *("a.flat[5] = s", "a.flat[-1] = a.flat[0]", "a.flat[1:4] = b", "a.flat[[0, 5, 5]] = b", "a.flat[::2] = s"),
    *("a.flat[:5] = b[:2]", "a.flat = s", "a.flat = b", "a.T.flat[1] = s", "a.flat[a.reshape(-1) > 0] = s"),
    "b.flat[...] = s",
    *("b[:] = a.flat[2:5] * b", "c = a.flat[1:3]; c[0] = s", "b[0] = sum(x * x for x in a.flat)", "a[0].flat[1] = s"),
    *("b[1] = len(a.flat) * s", "for i in range(len(a.flat)): a.flat[i] = a.flat[i - 1] * s"),
    "for i, x in enumerate(a.flat): a.flat[i] = x * x",
]  # fmt: skip


def program(statement):
    """Return the weighed sum of what arrays hold after a statement."""
    lines = ["def run(a, b, s):", "    a, b = a * 1.0, b * 1.0", f"    {statement}", "    return weigh(a, b, s)"]
    names = {"np": np, "DATA": np.array([3.0, -1.0, 0.5]), "weigh": weigh}
    exec("\n".join(lines), names)
    return names["run"]


def weigh(*arrays):
    return sum(np.sum(x * np.cos(np.arange(np.size(x)).reshape(np.shape(x)) + 0.5)) for x in arrays)


@pytest.mark.parametrize("statement", STATEMENTS)
def test_statements(statement):
    run = program(statement)
    expected = run(A, B, S)
    value, _ = ag.value_and_grad(run, (0, 1, 2))(A, B, S)
    np.testing.assert_allclose(value, expected, rtol=1e-13)
    ag.check_grads(run, A, B, S)


def test_each_returns_what_numpys_own_returns():
    def f(x):
        x = x * 1.0
        assert np.add(x, 1.0, out=x) is x
        first, second = np.modf(x, None, x)
        assert second is x
        assert first.shape == x.shape
        calls: Any = [x.sort, lambda: x.fill(2.0), lambda: np.put(x, 0, 1.0), lambda: np.add.at(x, 0, 1.0)]
        assert [call() for call in calls] == [None] * 4
        return np.sum(x)

    assert ag.value_and_grad(f)(B)[0] == 6.0


def test_what_a_mask_leaves_out_has_no_gradient_of_its_own():
    """Where 0 is left out of a division, its infinite derivative is, too."""
    quotients = lambda x: np.sum(np.divide(1.0, x, out=agnp.zeros(3), where=x != 0))  # noqa: E731
    np.testing.assert_array_equal(ag.grad(quotients)(np.array([0.0, 2.0, -1.0])), [0.0, -0.25, -1.0])


PLAIN: Any = np.zeros((3, 4))
CHANGED: Any = Tensor(A) * 1.0
LEAF: Any = Tensor(B)
UFUNCS: Any = np
REFUSED = {
    "leaf": (lambda: np.put(LEAF, 0, 1.0), TypeError, "'t' is a leaf.*at"),
    "leaf, sort": (lambda: LEAF.sort(), TypeError, "is a leaf"),
    "leaf, at": (lambda: np.add.at(LEAF, 0, 1.0), TypeError, "is a leaf"),
    "leaf, out": (lambda: np.exp(B, out=LEAF), TypeError, "is a leaf"),
    "leaf, flat": (lambda: LEAF.flat.__setitem__(0, 1.0), TypeError, "is a leaf"),
    "fill by an array": (lambda: CHANGED.fill(B), ValueError, r"a number, got an array of shape \(3,\); write t\["),
    "resize": (lambda: CHANGED.resize((2, 2)), TypeError, r"use t = np\.resize\(t, shape\)"),
    "plain, copyto": (lambda: np.copyto(PLAIN, CHANGED), TypeError, r"np\.copyto cannot store .*autograd_lite\.numpy"),
    "plain, put": (lambda: np.put(PLAIN, 0, CHANGED[0, 0]), TypeError, r"np\.put cannot store a Tensor in a plain"),
    "plain, at": (lambda: np.maximum.at(PLAIN, 0, CHANGED[0]), TypeError, r"np\.maximum\.at cannot store a Tensor"),
    "plain, full": (lambda: np.full(3, CHANGED[0, 0], float), TypeError, r"np\.broadcast_to\(t, shape\)"),
    "complex": (lambda: np.copyto(CHANGED, 1j), TypeError, "cannot cast from complex128 to float64"),
    "casting": (lambda: np.copyto(CHANGED, np.float32(1), "no"), TypeError, "cannot cast from float32 to float64"),
    "shape": (lambda: np.copyto(CHANGED, B), ValueError, "broadcast"),
    "out of another shape": (lambda: np.add(B, 1.0, out=CHANGED), ValueError, "broadcast"),
    "where, no output": (lambda: UFUNCS.modf(B, CHANGED[0, :3], None, where=B > 0), TypeError, "for each output"),
    "where of matmul": (lambda: UFUNCS.matmul(A, A.T, out=CHANGED[:, :3], where=True), TypeError, "where"),
    "place out of bounds": (lambda: np.put(CHANGED, 99, 1.0), IndexError, "index 99 is out of bounds"),
    "flat out of bounds": (lambda: CHANGED.flat[99], IndexError, "index 99 is out of bounds"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_says_what_to_write(name):
    call, error, message = REFUSED[name]
    with pytest.raises(error, match=message):
        call()
    np.testing.assert_array_equal(PLAIN, 0.0)


@pytest.mark.parametrize("digits", [(), (1,), (-1,), (None,)])
def test_round(digits):
    x = np.float64(17.348)
    assert round(Tensor(x), *digits) == round(x, *digits)
    np.testing.assert_array_equal(round(Tensor(A), *digits), np.round(A, (*digits, 0)[0] or 0))
    assert ag.grad(lambda t: t * round(t, *digits))(x) == round(x, *digits)


@pytest.mark.parametrize("function", [math.floor, math.ceil, math.trunc])
def test_integers_are_constants(function):
    assert function(Tensor(2.5)) == function(2.5)
    with pytest.raises(TypeError, match="inside a transform would drop its gradient"):
        ag.grad(lambda t: t * function(t))(2.5)


def test_flat():
    t = Tensor(A)
    assert [x.value for x in t.flat] == A.ravel().tolist()
    assert len(t.flat) == A.size
    assert len(Tensor(1.5).flat) == 1
    assert Tensor(1.5).flat[0].value == 1.5
    indices: Any = (3, slice(1, 9, 3), [0, -1], A.ravel() > 0, ...)
    for index in indices:
        np.testing.assert_array_equal(t.flat[index].value, A.flat[index])
