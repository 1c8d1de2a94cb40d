"""Where a Tensor would become plain numbers, the error names the line, and the one thing to write instead."""

import array
import contextlib
import linecache
import math
import re
import statistics
import traceback
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag

V = np.array([1.0, 2.0, 3.0])
RNG = np.random.default_rng(0)
SCALE = np.vectorize(lambda x: 2 * x)


class Model:
    def __init__(self):
        self.state = np.zeros(3)


def item(t):
    y = np.zeros(3)
    y[0] = t[0]


def whole(t):
    y = np.zeros(3)
    y[:] = t


def row(t):
    y = np.zeros((2, 3))
    for i in range(2):
        y[i, 1:] = t[i], 2 * t[i]


def item_in_place(t):
    y = {"a": np.zeros(3)}
    y["a"][1] -= t[0]


def attribute(t):
    model = Model()
    model.state[...] = t


def in_place(t):
    y = np.zeros(3)
    y += t


def in_place_of_a_product(t):
    y = np.ones(3)
    y *= t + 1


def in_place_of_an_attribute(t):
    model = Model()
    model.state -= t


def slice_in_place(t):
    y = np.zeros(3)
    y[1:] += t[1:]


def out(t):
    y = np.zeros(3)
    np.exp(t, out=y)


def fill(t):
    y = np.zeros(3)
    y.fill(t[0])


def put(t):
    y = np.zeros(3)
    y.put(0, t[0])


def over_lines(t):
    return np.array(
        [
            t[0],
            2 * t[1],
        ]
    )


def of_a_list(t):
    rows = [t, 2 * t]
    return np.array(rows)


def recordable(name):
    return f"import autograd_lite.numpy as np, and make {name} with its np.zeros, np.empty or the like, which record"


CONSTANT = "use .value (or ag.stop_gradient) where a constant is meant"
DRAWN = "what is drawn has no derivative: draw with constants, and shift, scale or pick by the Tensor"
ITSELF = "apply the function itself to the Tensor"
OP = f": {CONSTANT}, or make it an op with a derivative rule (@ag.op)"

REMEDIES: dict[str, tuple[Callable[[Any], Any], str]] = {
    "item": (item, recordable("y")),
    "whole": (whole, recordable("y")),
    "row": (row, recordable("y")),
    "item in place": (item_in_place, recordable("y['a']")),
    "attribute": (attribute, recordable("model.state")),
    "fill": (fill, recordable("y")),
    "put": (put, recordable("y")),
    "slice in place": (slice_in_place, recordable("y")),
    "in place": (in_place, "Write y = y + t instead."),
    "in place, a product": (in_place_of_a_product, "Write y = y * (t + 1) instead."),
    "in place, an attribute": (in_place_of_an_attribute, "Write model.state = model.state - t instead."),
    "out": (out, "Write y = np.exp(t) instead."),
    "array": (lambda t: np.array([t[0], 2 * t[1]]), "make one Tensor of the list: np.stack([t[0], 2 * t[1]])"),
    "array over lines": (over_lines, "make one Tensor of the list: np.stack([t[0], 2 * t[1]])"),
    "nested array": (
        lambda t: np.array([[t[0], 0.0], [1.0, t[1]]]),
        "make one Tensor of the list: np.stack([np.stack([t[0], 0.0]), np.stack([1.0, t[1]])])",
    ),
    "array of a list": (of_a_list, "make one Tensor of the list: np.stack(rows)"),
    "array of a comprehension": (lambda t: np.asarray([2 * x for x in t]), "np.stack([2 * x for x in t])"),
    "fromiter": (lambda t: np.fromiter((2 * x for x in t), float), "np.stack([2 * x for x in t])"),
    "list beside it": (lambda t: V + [1.0, t[0], 2.0], "make one Tensor of the list: np.stack([1.0, t[0], 2.0])"),
    "Tensor of a list": (lambda t: ag.Tensor([t[0], t[1]]), "make one Tensor of the list: np.stack([t[0], t[1]])"),
    "asarray": (lambda t: np.asarray(t), "use it as it is, or its .value for a constant"),
    "scalar type": (lambda t: np.float32(t[0]), "write t[0].astype(np.float32) instead"),
    "method of an array": (lambda t: V.dot(t), "write np.dot(V, t) instead"),
    "math": (lambda t: math.sin(t[0]), "write np.sin(t[0]) instead"),
    "math of two": (lambda t: math.hypot(t[0], 1.0), "write np.hypot(t[0], 1.0) instead"),
    "math alone": (lambda t: math.gamma(t[0]), f"math.gamma takes plain numbers{OP}"),
    "statistics": (lambda t: statistics.mean([t[0], t[1]]), "write np.mean(np.stack([t[0], t[1]])) instead"),
    "array of Python": (lambda t: array.array("d", t), f"array.array takes plain numbers{OP}"),
    "vectorize": (lambda t: np.vectorize(lambda x: x * x)(t), ITSELF),
    "vectorized": (lambda t: SCALE(t), ITSELF),
    "frompyfunc": (lambda t: np.frompyfunc(lambda x: x * x, 1, 1)(t), ITSELF),
    "random": (lambda t: np.random.normal(t), DRAWN),  # noqa: NPY002
    "random of a generator": (lambda t: RNG.normal(t[0]), DRAWN),
    "function of NumPy": (lambda t: np.kaiser(3, t[0]), f"np.kaiser takes plain numbers{OP}"),
    "index": (lambda t: V[t[0]], "an index is a constant: t[0].value.astype(int)"),
    "index of a list": (lambda t: [1, 2, 3][t[0]], "use int(t[0].value), a constant"),
    "length": (lambda t: range(t[0]), "use int(t[0].value), a constant"),
    "shape": (lambda t: np.zeros(t[0]), "use int(t[0].value), a constant"),
    "float": (lambda t: float(t[0]), f"{CONSTANT}, NumPy functions otherwise"),
    "item of a result": (lambda t: (t * 2)[0].item(), f"{CONSTANT}, NumPy functions otherwise"),
    "floats": (lambda t: list(map(float, t)), f"{CONSTANT}, NumPy functions otherwise"),
}


def refusal(f):
    with pytest.raises((TypeError, NotImplementedError)) as raised:
        ag.grad(lambda t: np.sum(t) * bool(f(t)))(V)
    return raised.value


@pytest.mark.parametrize("name", REMEDIES)
def test_the_remedy(name):
    f, remedy = REMEDIES[name]
    error = refusal(f)
    assert remedy in str(error)
    assert "\n" not in str(error)
    assert error.__cause__ is None
    (line,) = error.__notes__
    assert line.startswith(f"at {__file__}:")


WRITE = re.compile(r"(?:(?:^|; )write |Write |of the list: )(.*?)(?: instead\.?)?$")


@pytest.mark.parametrize("name", [name for name, (_, remedy) in REMEDIES.items() if WRITE.search(remedy)])
def test_what_the_remedy_says_to_write_is_differentiated(name):
    found = WRITE.search(str(refusal(REMEDIES[name][0])))
    assert found is not None

    def g(t):
        scope = {**globals(), "y": np.ones(3), "model": Model(), "t": t, "rows": [t, 2 * t]}
        exec(found[1] if " = " in found[1] else f"written = {found[1]}", scope)
        return np.sum(t) + sum(np.sum(x) for x in (scope["y"], scope["model"].state, scope.get("written", 0.0)))

    assert np.any(ag.grad(g)(V) != 1.0)


def scipys(call):
    """Return the function that makes a call of SciPy with a vector ``v`` or a matrix ``m``."""
    pytest.importorskip("scipy.signal")
    import_module("autograd_lite.ops.special")  # now, rather than at an op of a later test
    scope: dict[str, Any] = {}
    imported = "from scipy import fft, integrate, linalg, ndimage, signal, special, stats"
    text = f"{imported}\ndef f(m, v):\n    return {call}\n"
    linecache.cache[f"<{call}>"] = (len(text), None, text.splitlines(keepends=True), f"<{call}>")
    exec(compile(text, f"<{call}>", "exec"), scope)
    return scope["f"]


M = np.array([[2.0, 0.5], [0.5, 1.0]])


@pytest.mark.parametrize(
    ("call", "remedy"),
    [
        ("special.softmax(m)", "ag.softmax(m, axis=None)"),
        ("special.softmax(m, axis=1)", "ag.softmax(m, axis=1)"),
        ("special.log_softmax(m)", "ag.log_softmax(m, axis=None)"),
        ("special.logsumexp(v)", "ag.logsumexp(v)"),
        ("linalg.cholesky(m)", "np.linalg.cholesky(m, upper=True)"),
        ("linalg.qr(m)[1]", "np.linalg.qr(m, mode='complete')"),
        ("linalg.inv(m)", "np.linalg.inv(m)"),
        ("fft.fft(v)", "ag.fft(v)"),
        ("integrate.trapezoid(v)", "np.trapezoid(v)"),
        ("signal.convolve(v, v)", "np.convolve(v, v)"),
        ("signal.correlate(v, v)", "np.correlate(v, v, mode='full')"),
        ("signal.correlate(v, v, 'same')", "np.correlate(v, v, 'same')"),
    ],
)
def test_a_function_of_scipy_is_named_with_what_it_takes_for_left_out(call, remedy):
    function = scipys(call)
    with pytest.raises(TypeError) as raised:
        ag.grad(function, argnums=(0, 1))(M, V)
    assert str(raised.value).endswith(f"; write {remedy} instead")
    found, wanted = eval(remedy, {"np": np, "ag": ag, "m": M, "v": V}), function(M, V)
    np.testing.assert_allclose(found[1] if ".qr" in remedy else found, wanted, rtol=1e-12)


@pytest.mark.parametrize("call", ["signal.square(v)", "ndimage.convolve(v, v)", "ndimage.sum(v)", "stats.norm.mean(v)"])
def test_what_only_shares_its_name_with_a_function_of_numpy_is_not_named(call):
    with pytest.raises(TypeError) as raised:
        ag.grad(scipys(call), argnums=1)(M, V)
    assert "takes plain numbers" in str(raised.value)


WORKS: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "sum": (sum, 6.0),
    "max": (max, 3.0),
    "sorted": (lambda t: sorted(t, reverse=True)[0], 3.0),
    "abs": (lambda t: abs(t)[0], 1.0),
    "list beside it": (lambda t: ([1.0, t[0], 2.0] + t)[1], 3.0),
    "condition": (lambda t: t[0] if t[0] < t[1] and t[2] else t[1], 1.0),
    "format": (lambda t: t[0] * len(f"{t[0]:.3f}"), 5.0),
    "print": (lambda t: t[0] * len(f"{t}"), 20.0),
    "integer of a mask": (lambda t: t[int(np.argmax(t))], 3.0),
}


@pytest.mark.parametrize("name", WORKS)
def test_what_python_does_with_it(name):
    f, expected = WORKS[name]
    value, gradient = ag.value_and_grad(f)(V)
    assert value == expected
    assert np.sum(np.abs(gradient)) > 0


@pytest.mark.parametrize("dtype", [float, int, complex])
def test_only_a_constant_of_a_transform_may_be_stored(dtype):
    def f(t, stored):
        y = np.zeros(2, dtype)
        y[0] = stored(t)
        y[:] = stored(t)
        return t * float(y[1].real)

    assert ag.grad(f)(2.0, lambda t: ag.Tensor(3.0)) == 3.0
    for stored in (lambda t: t, lambda t: t * t):
        with pytest.raises(TypeError, match="make y with its"):
            ag.grad(f)(2.0, stored)
    with pytest.raises((TypeError, ValueError)):
        f(ag.Tensor(2.0), lambda t: t)


class TestErrorsOfC:
    """What C code raises in the place of a refusal is not what the user sees."""

    def test_the_line_is_in_the_traceback(self):
        error = refusal(item)
        assert traceback.extract_tb(error.__traceback__)[-1].name == "item"

    def test_an_error_that_was_caught_does_not_come_back(self):
        def f(t):
            for value in (t[0], "text"):
                with contextlib.suppress(TypeError):
                    float(value)
            return np.sum(t)

        with pytest.raises(ValueError, match="could not convert string"):
            ag.grad(f)(V)
        with pytest.raises(ZeroDivisionError):
            ag.grad(lambda t: 1 / 0)(V)

    def test_outside_of_transforms_it_is_the_cause(self):
        t = ag.Tensor(V)
        with pytest.raises(ValueError, match="sequence") as raised:
            item(t)
        assert "make y of its parts, with np.stack or np.concatenate" in str(raised.value.__cause__)

    def test_code_without_source(self):
        scope: dict[str, Any] = {"V": V.copy()}
        exec("def f(t):\n    V[0] = t[0]\n    return t[0]", scope)
        with pytest.raises(TypeError, match=r"make the array with its np\.zeros"):
            ag.grad(scope["f"])(V)
