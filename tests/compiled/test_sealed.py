"""Where a value would leave a function that is compiled: the error names the line, and what to write instead."""

import math
import sys

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.compiled.sealed import Sealed
from autograd_lite.core.tape import Observer, Run, observing
from autograd_lite.program.recording import Constants, leaf

SAME = " asks for a value, and a compiled function runs the same ops for all values; "


def traced(f, *arrays):
    """Call a function as a compiler does: on leaves, with masks and orders recorded."""
    leaves = [leaf(x, None) for x in arrays]
    with Run(leaves), observing(Constants({})), observing(Sealed()):
        return f(*leaves)


def branch(x, n):
    if x[0] > 0:
        return x
    return -x


def ternary(x, n):
    return x if np.sum(x) > 0 else -x


def both(x, n):
    return (x[0] > 0) and (x[1] > 0)


def loop(x, n):
    while np.max(x) > 1e-3:
        x = x / 2
    return x


def check(x, n):
    assert np.all(x > 0)
    return x


def truth(x, n):
    return bool(x[0])


def larger(x, n):
    return max(x[0], x[1])


def any_of(x, n):
    return any([x[0] > 0, x[1] > 0])


def contained(x, n):
    return 1.0 in x


def count(x, n):
    return sum(x for _ in range(n))


def of_a_list(x, n):
    return [x, 2 * x][n]


def of_an_array(x, n):
    return x * np.eye(3)[n]


def length(x, n):
    return np.zeros(n) + x[0]


def to_float(x, n):
    return x * float(x[0])


def to_int(x, n):
    return x * int(x[0])


def int_of_int(x, n):
    return x * int(n)


def item(x, n):
    return x * x[0].item()


def item_of_int(x, n):
    return x * n.item()


def as_list(x, n):
    return np.array(x.tolist())


def as_array(x, n):
    return np.asarray(x)


def array_of_int(x, n):
    return np.array([n, n])


def value(x, n):
    return x * x.value


def value_of_int(x, n):
    return x * n.value


def sine(x, n):
    return math.sin(x[0])


def stored(x, n):
    y = np.zeros(3)
    y[0] = x[0]
    return y


def int_stored(x, n):
    y = np.zeros(3)
    y[0] = n
    return y


def backward(x, n):
    np.sum(x * x).backward()
    return x.grad


def in_a_gradient(x, n):
    return ag.grad(lambda w: w * (1.0 if w > 0 else 2.0))(x[0])


CASES = {  # function, what is wrong, what to write
    branch: ("a branch on x[0] > 0", "compute both sides, and choose: np.where(x[0] > 0, a, b)"),
    ternary: ("a branch on np.sum(x) > 0", "compute both sides, and choose: np.where(np.sum(x) > 0, a, b)"),
    both: (
        ("a branch on x[0] > 0 and x[1] > 0", "compute both sides, and choose: np.where((x[0] > 0) & (x[1] > 0), a, b)")
        if sys.version_info >= (3, 12)  # which says less of where in a line the code is
        else ("a branch on x[0] > 0", "compute both sides, and choose: np.where(x[0] > 0, a, b)")
    ),
    loop: ("a branch on np.max(x) > 0.001", "loop a fixed number of times, and choose with np.where what each"),
    check: ("", "check the arguments before the call, or the result behind it"),
    truth: ("a branch on bool(x[0])", "compute both sides, and choose: np.where(bool(x[0]), a, b)"),
    larger: ("a branch on max(x[0], x[1])", "write np.maximum(x[0], x[1]) instead"),
    any_of: ("a branch on any([x[0] > 0, x[1] > 0])", "write np.any([x[0] > 0, x[1] > 0]) instead"),
    contained: ("a branch on 1.0 in x", "compute both sides, and choose: np.where(1.0 in x, a, b)"),
    count: ("a length or an index in range(n)", "pass it as a Python int: there is a program for each"),
    of_a_list: ("a length or an index in [x, 2 * x][n]", "make one array of the list: np.stack([x, 2 * x])[n]"),
    length: ("a length or an index in np.zeros(n)", "pass it as a Python int: there is a program for each"),
    to_float: ("float(x[0])", "return it, and convert the result outside of the function"),
    to_int: ("int(x[0])", "write np.trunc(t) for whole numbers, and pass a length as a Python"),
    int_of_int: ("int(n)", "write np.trunc(t) for whole numbers, and pass a length as a Python"),
    item: ("x[0].item()", "return it, and convert the result outside of the function"),
    item_of_int: ("n.item()", "return it, and convert the result outside of the function"),
    as_list: ("x.tolist()", "return it, and convert the result outside of the function"),
    as_array: ("np.asarray(x)", "return it, and convert the result outside of the function"),
    array_of_int: ("np.array([n, n])", "make one Tensor of the list: np.stack([n, n])"),
    of_an_array: (
        "np.eye(3)[n]",
        "import autograd_lite.numpy as np, and index a copy, which records it: np.array(np.eye(3))[n]",
    ),
    value: ("x.value", "leave .value out, or write ag.stop_gradient where a constant is meant"),
    value_of_int: ("n.value", "leave .value out, or write ag.stop_gradient"),
    sine: ("math.sin(x[0])", "write np.sin(x[0]) instead"),
    backward: ("np.sum(x * x).backward()", "take the gradient by ag.value_and_grad(f)"),
    in_a_gradient: ("a branch on w > 0", "compute both sides, and choose: np.where(w > 0, a, b)"),
}


@pytest.mark.parametrize("f", CASES, ids=lambda f: f.__name__)
def test_what_asks_for_a_value_is_refused(f):
    what, instead = CASES[f]
    with pytest.raises(TypeError) as raised:
        traced(f, np.array([1.0, 2.0, 3.0]), np.array(2))
    assert f"{what}{SAME}{instead}" in str(raised.value)
    file, number, _ = raised.value.__notes__[-1].removeprefix("at ").split(":", 2)
    assert file == __file__
    assert int(number) in {line for _, _, line in f.__code__.co_lines()}


@pytest.mark.parametrize("f", [stored, int_stored])
def test_what_stores_a_tensor_in_a_plain_array_is_told_how_to_record_it(f):
    with pytest.raises(TypeError, match=r"import autograd_lite\.numpy as np, and make y with its np\.zeros"):
        traced(f, np.array([1.0, 2.0, 3.0]), np.array(2))


KEPT = {
    "arithmetic": lambda x, n: x * n + np.sum(x),
    "a mask": lambda x, n: np.where(x > n, x, 0) + x[x > 0][0],
    "a choice": lambda x, n: np.choose(np.trunc(n) % 2, [x, -x]),
    "an index": lambda x, n: x[n] + np.take(x, n),
    "shapes": lambda x, n: np.zeros(len(x)) + x * x.shape[0] * x.ndim,
    "a constant": lambda x, n: x * ag.stop_gradient(x),
    "an order": lambda x, n: x[np.argsort(x)] + x[np.argmax(x)],
    "a gradient": lambda x, n: ag.value_and_grad(lambda w: np.sum(ag.relu(w) * np.max(w)))(x),
    "the gradient of a pick": lambda x, n: ag.grad(lambda w: np.sum(w[n]) + np.sum(w[np.argsort(w)]))(x),
    "the gradient of an item of a row": lambda x, n: ag.grad(lambda w: np.sum(np.reshape(w, (1, 3))[:, n]))(x),
    "a Hessian": lambda x, n: ag.hessian(lambda w: np.sum(w**3) * w[n])(x),
    "rows": lambda x, n: sum(row * row for row in x),
    "printing": lambda x, n: (f"{x}", repr(x[0]), f"{x[0]:.2f}", x)[-1],
}
if np.trunc(2).dtype.kind == "f":  # of NumPy 2.0: no index
    del KEPT["a choice"]


@pytest.mark.parametrize("case", KEPT)
def test_what_is_recorded_is_let_pass(case):
    traced(KEPT[case], np.array([1.0, 2.0, 3.0]), np.array(2))


@pytest.mark.parametrize(
    ("conversion", "take"),
    [
        ("value", lambda t: t.value),
        ("float", float),
        ("int", int),
        ("item", lambda t: t.item()),
        ("tolist", lambda t: t.tolist()),
        ("asarray", np.asarray),
        ("backward", lambda t: t.backward()),
    ],
)
def test_an_observer_sees_what_is_taken(conversion, take):
    seen = []

    class Looker(Observer[ag.Tensor]):
        def taken(self, node, conversion):
            seen.append((node, conversion))

    t = ag.Tensor(2.0)
    with observing(Looker()):
        try:
            take(t)
        except TypeError:
            assert take is np.asarray
    assert (t, conversion) in seen
