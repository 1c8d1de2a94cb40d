"""Gradient code in every form in which people have it is verified as it is; a sample of it is searched for repairs."""

import copy
import re
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest

from autograd_lite import verify
from autograd_lite.verification.objects import match
from autograd_lite.verification.problem import Problem
from tests.support.forms import FORMS
from tests.support.repairs import searched, verdicts_alone


def held(x, depth=0):
    """Return all that an object holds, as text, and the arrays in it."""
    if isinstance(x, np.ndarray):
        return x.tolist()
    if isinstance(x, dict):
        return {key: held(v) for key, v in x.items()}
    if isinstance(x, (list, tuple)):
        return [held(v) for v in x]
    return held(vars(x)) if hasattr(x, "__dict__") and not callable(x) else x


@pytest.mark.parametrize("factor", [1, 1.5])
@pytest.mark.parametrize(("name", "how"), searched(FORMS, 5))
def test_code_is_verified_as_it_is(name, how, factor):
    form = FORMS[name](factor)
    args, before = copy.deepcopy([x for x in form.args if not callable(x)]), held(form.owner)
    with how():
        report = verify(*form.args, **form.options)
    assert [v.name for v in report.verdicts] == form.names
    assert report.taken == form.taken
    verdicts = {v.name: v.verdict for v in report.verdicts}
    assert verdicts == {n: "wrong" if factor != 1 and n in form.wrong else "right" for n in form.names}
    assert (f"taken as: {form.taken}"[:40] in str(report)) == bool(form.taken)
    assert not any("could not be recorded" in note for note in report.notes)
    assert held(form.owner) == before, "the object is as before"
    assert held(args) == held([x for x in form.args if not callable(x)])


def scale(x, y, z):
    return np.sum(x * y * z)


class Stateful:
    """A layer with everything that a run may change: lists, dicts, buffers, counters, random numbers."""

    def __init__(self, fail=""):
        self.w, self.fail, self.calls = np.ones(3), fail, 0
        self.seen, self.buffer, self.rng = [], np.zeros(3), np.random.default_rng(1)
        self.inner: dict[str, Any] = {"dw": np.zeros(3), "names": ["w"]}

    def forward(self, x):
        self.calls += 1
        self.seen.append(x)
        self.mask = self.rng.random(3) > 0.5
        self.buffer[:] = x * self.mask
        return np.sum(self.buffer_of(x) * self.w)

    def buffer_of(self, x):
        if self.fail == "forward" and not isinstance(x, np.ndarray):  # while it is recorded
            raise RuntimeError("forward")
        return x * self.mask

    def backward(self):
        self.inner["dw"] += self.buffer
        self.inner["names"].append("dw")
        self.buffer *= 0
        if self.fail == "backward":
            raise RuntimeError("backward")
        return self.w * self.mask


@pytest.mark.parametrize("fail", ["", "forward", "backward"])
def test_objects_are_as_before(fail):
    layer = Stateful(fail)
    arrays, state = [layer.w, layer.buffer, layer.inner["dw"]], layer.rng.bit_generator.state
    before = held(layer)
    if fail == "backward":
        with pytest.raises(RuntimeError, match="backward"):
            verify(layer.forward, layer.backward, np.arange(3.0))
    else:
        assert verify(layer.forward, layer.backward, np.arange(3.0)), "the mask is the same in each run"
    assert held(layer) == before
    assert layer.rng.bit_generator.state == state
    assert all(a is b for a, b in zip(arrays, [layer.w, layer.buffer, layer.inner["dw"]], strict=True))


def f_of_two(x, y):
    return np.outer(x, y), np.sum(x), y


class Twice:
    def __init__(self):
        self.w = np.ones(3)

    def loss(self, x):
        return np.sum(self.w * x)

    def backward(self, x):
        self.dw, self.grads = x, {"w": 2 * x}


class Pair:
    def __init__(self):
        self.w, self.b = np.ones(3), 0.5

    def cost(self, x):
        return np.sum(x * self.w) + self.b

    def gradient(self, x):
        return np.sum(x, axis=0), 1.0

    def other(self, x):
        self.zz = x


NAMED: dict[Any, Any] = {
    ("dW",): ("W",), ("d_W",): ("W",), ("grad_W",): ("W",), ("W_grad",): ("W",), ("gW",): ("W",), ("gradW",): ("W",),
    ("dloss_dW",): ("W",), ("dLdW",): ("W",), ("nabla_w",): ("w",), ("_dW",): ("_W",), ("dWxh",): ("W_xh",),
    ("grads", "W"): ("params", "W"), ("grads", "dW"): ("params", "W"), ("gradients", "W1"): ("weights", "W1"),
    ("grads", 1): ("params", 1), ("weight", "grad"): ("weight", "value"), ("layers", 0, "dW"): ("layers", 0, "W"),
    ("layers", 1, "grads", "W"): ("layers", 1, "params", "W"), ("dense", "dw"): ("dense", "W"),
    ("d_weights", 0): ("weights", 0), ("weight_grads",): ("weights",), ("dW_g",): ("W_g",),
}  # fmt: skip
OTHERS: list[Any] = [("data",), ("layers", 2, "W"), ("b",), ("layers", 2, "weights"), ("gamma",), ("x",)]


@pytest.mark.parametrize("path", NAMED, ids=str)
def test_a_gradient_is_matched_with_a_value_by_its_name(path):
    assert match(path, [*OTHERS, NAMED[path]]) == len(OTHERS)


NO_GRADIENTS = [("ata",), ("velocity", "W"), ("mean",), ("dz",), ("layers", 0, "dx"), ("W_prev",)]


@pytest.mark.parametrize("path", NO_GRADIENTS, ids=str)
def test_what_is_no_gradient_is_matched_with_nothing(path):
    assert match(path, [*OTHERS, ("W",)]) is None


V = np.arange(1.0, 4.0)
ASKED: dict[str, tuple[Any, ...]] = {
    "fewer, of other names": (scale, lambda a, b: a * b, (V, V, V), {}, r"lambda x, y, z: <lambda>\(x, y\), x, y, z\)"),
    "some in other places": (scale, lambda y, a, b: y * a, (V, V, V), {}, r"given for a, b; write .*verify\(scale"),
    "more": (scale, lambda x, y, z, other: x, (V, V, V), {}, "not clear what <lambda>.. is to be given for other"),
    "parts that fit nothing": (f_of_two, lambda a, b, c, d, e: a, (V, V), {}, r"f_of_two\(\) returns \(an array of"),
    "two gradients of one": (Twice().loss, Twice().backward, (V,), {}, r"self.dw and in self.grads\['w'\].*params="),
    "parts of other shapes": (Pair().cost, Pair().gradient, (np.ones((2, 3)),), {}, r"gradient, x, params=\['w', 'b'"),
    "nothing that is known": (Pair().cost, Pair().other, (V,), {}, r"returned no gradient, and changed self.zz"),
    "no value beside": (lambda x, y: np.sum(x), V, (V,), {}, r"return \(value, gradient\), got float64"),
    "an array beside its gradient": (lambda x: (x * x, 2 * x), V, (), {}, r"beside its gradient.*elementwise"),
    "no such option": (scale, scale, (V, V, V), {"argnum": 1}, "'argnum', which is none of its options"),
    "two layouts": (scale, scale, (V, V, V), {"jacobian": True, "hessian": True}, "exclude each other"),
}  # fmt: skip


@pytest.mark.parametrize("case", ASKED)
def test_what_is_ambiguous_is_asked_for(case):
    f, hand, args, options, said = ASKED[case]
    hand = f.__self__.backward if case == "two gradients of one" else hand
    with pytest.raises(TypeError, match=said):
        verify(f, hand, *args, **options)


M = np.random.default_rng(5).normal(size=(3, 3))
N = M[:2]
ONES = np.ones(2)


def squares(w):
    return np.sum(w**2)


def tanh_of_square(w):
    a = w * w
    b = np.tanh(a)
    return np.sum(b * a)


def of_other_factors(w):
    a = w * w
    b = np.tanh(a)
    da = b * 3
    return da * 5 * w


def root(w):
    return np.sum(np.sqrt(w * w * w * w))


def no_root(w):
    return 3 + w


def unrecorded(w):
    return sum(float(x) ** 2 for x in np.ravel(w))


ROW = np.array([[0.5, -1.0, 2.0]])
SAID: dict[str, tuple[Any, ...]] = {
    "a row as a vector": (squares, lambda w: 2 * w[0], (ROW,), {}, r"right numbers in the shape \(3,\), expected"),
    "a vector as a row": (unrecorded, lambda w: 2 * w[None], (V,), {}, r"right numbers in the shape \(1, 3\)"),
    "transposed": (squares, lambda w: 2 * w.T, (N,), {}, r"right numbers, transposed, in the shape \(3, 2\), expected"),
    "another shape, wrong": (squares, lambda w: 3 * w[0], (ROW,), {}, r"expected the shape \(1, 3\), that of w"),
    "a transposed Jacobian": (
        lambda x: N @ x, lambda x: N.T, (V,), {"jacobian": True},
        r"right numbers in the transposed layout: expected J\[i, j\] = dy_i/dx_j, of shape \(2, 3\), got J\[j, i\], of",
    ),
    "a transposed square Jacobian": (
        lambda x: M @ x, lambda x: M.T, (V,), {"jacobian": True}, r"transposed.*of shape \(3, 3\), got J\[j, i\]",
    ),
    "a Jacobian of another shape": (
        lambda x: N @ x, lambda x: N[0], (V,), {"jacobian": True}, r"of shape \(2, 3\), got the shape \(3,\)",
    ),
    "a left-out eps": (lambda w: np.sum(np.log(w + 1e-7)), lambda w: 1 / w, (V,), {}, r"right but for 1e-07 .*eps"),
    "(1, 1)": (tanh_of_square, of_other_factors, (np.array([[0.7]]),), {}, r"at \[0, 0\]: yours 4.769"),
    "integers, not recorded": (unrecorded, lambda w: np.ones(3, int), (V,), {}, r"at \[2\]: yours 1, expected 6"),
    "a root at 0": (root, no_root, (np.array([0.0, 1.0, 2.0]),), {}, r"at \[0\]: yours 3, expected 0"),
}  # fmt: skip


@pytest.mark.parametrize("how", [nullcontext, verdicts_alone])
@pytest.mark.parametrize("case", SAID)
def test_what_is_said_of_a_wrong_answer(case, how):
    f, hand, args, options, said = SAID[case]
    with how():
        report = verify(f, hand, *args, **options)
    assert report.verdict == "wrong"
    text = " ".join(str(report).split())
    assert re.search(said, text)
    assert "nan" not in text
    found = report.finding
    assert found is None or np.isfinite(np.ravel(found.expected)).all() or np.isfinite(found.expected[found.index])


@pytest.mark.parametrize("f", [lambda w: np.sum(np.log(w + 1e-7)), lambda w: sum(np.log(float(x) + 1e-7) for x in w)])
def test_a_relative_error_is_accepted_on_request(f):
    report = verify(f, lambda w: 1 / w, V, rtol=1e-6)
    assert report
    assert "off by 1e-07 of it, which rtol=1e-06 accepts" in " ".join(str(report).split())
    assert not verify(f, lambda w: 1 / w, V, rtol=1e-8)
    with pytest.raises(ValueError, match="rtol"):
        verify(f, lambda w: 1 / w, V, rtol=-1)


def test_two_lists_for_two_arguments():
    def f(weights, biases):
        return sum(np.sum(w**2) * np.sum(b) for w, b in zip(weights, biases, strict=True))

    def hand(weights, biases):
        pairs = list(zip(weights, biases, strict=True))
        return [2 * w * np.sum(b) for w, b in pairs], [np.sum(w**2) * np.ones_like(b) for w, b in pairs]

    report = verify(f, hand, [M, N], [V, V[:2]])
    assert report
    assert len(report.verdicts) == 4


def test_the_value_beside_the_gradient_is_known():
    def both(w):
        return squares(w), 2 * w

    problem = Problem(both, both, (V,), is_both=True)
    setting = problem.settle(both(V))
    assert setting.value_beside(setting.hand([V])) == squares(V)
    assert Problem(squares, lambda w: 2 * w, (V,)).settle(2 * V).value_beside(2 * V) is None


def value_and_slope(w, b):
    loss, db = np.sum(w**2) * b, np.sum(w**2)
    return loss, db


BY_CHANCE: dict[str, tuple[Any, ...]] = {
    "a list": (squares, lambda w: [2 * w[0], 2 * w[1]], (ONES,), ["w"], ""),
    "a tuple": (squares, lambda w: (2 * w[0], 2 * w[1]), (ONES,), ["w"], ""),
    "before an argument": (lambda w, b: squares(w) * b, lambda w, b: [2 * b * x for x in w], (ONES, 1.0), ["w"], ""),
    "of a later argument": (
        lambda b, w: squares(w) * b[0], lambda b, w: [2 * b[0] * x for x in w], (np.eye(3)[0], ONES), ["w"], "",
        {"argnums": 1},
    ),
    "a value indeed": (squares, lambda w: (squares(w), 2 * w), (ONES,), ["w"], "(w) -> (value, gradient); gradients"),
    "a value by name": (lambda w, b: squares(w) * b, value_and_slope, (ONES, 1.0), ["b"], "slope(w, b) -> (value, gr"),
}  # fmt: skip


@pytest.mark.parametrize("case", BY_CHANCE)
def test_a_number_that_is_the_value_by_chance_is_no_value(case):
    f, hand, args, names, taken, *options = BY_CHANCE[case]
    assert float(f(*args)) == hand(*args)[0], "at this point, not elsewhere"
    report = verify(f, hand, *args, **(options[0] if options else {}))
    assert [v.name for v in report.verdicts] == names
    assert report
    assert not report.notes
    assert (taken in report.taken) if taken else report.taken == ""
