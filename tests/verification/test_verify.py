"""Verdicts on hand gradients: forms of answers, right ones that look wrong, wrong ones that look right, bad input."""

import inspect
import json
from dataclasses import fields
from functools import partial
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

import autograd_lite as ag
from autograd_lite import verify
from autograd_lite.testing.random_programs import random_program
from autograd_lite.verification import budget
from autograd_lite.verification.comparison import Comparison
from autograd_lite.verification.point import evaluate
from autograd_lite.verification.problem import Problem
from autograd_lite.verification.verdict import TABLE, Evidence
from tests.support.hands import (
    BAD_ANSWERS,
    CONDEMNED,
    DESIGN,
    FORMS,
    PARAMS,
    STACK,
    UNRECORDED,
    A,
    X,
    Y,
    by_a,
    by_b,
    layer,
    product,
    relu,
    squares,
    stack,
)
from tests.support.repairs import searched, verdicts_alone


def verdicts(report):
    return {v.name: v.verdict for v in report.verdicts}


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_an_answer(form):
    f, hand, args, options, names = FORMS[form]
    report = verify(f, hand, *args, **options)
    assert report, str(report)
    assert verdicts(report) == dict.fromkeys(names, "right")
    assert not report.notes


def scaled(x):
    """Multiply the first array in a tree by 1.001."""
    if isinstance(x, dict):
        key = next(iter(x))
        return {**x, key: scaled(x[key])}
    if isinstance(x, (tuple, list)) and not all(isinstance(v, float) for v in x):
        parts = [scaled(x[0]), *x[1:]]
        return type(x)(*parts) if hasattr(x, "_fields") else type(x)(parts)
    return np.asarray(x if not isinstance(x, ag.Tensor) else x.value) * 1.001


@pytest.mark.parametrize(("form", "how"), searched([form for form in FORMS if form != "no elements"], 8))
def test_forms_of_a_wrong_answer(form, how):
    f, hand, args, options, _ = FORMS[form]

    def wrong(*args):
        return scaled(hand(*args))

    if "cotangent" in form:
        wrong.__signature__ = inspect.signature(hand)
    with how():
        report = verify(f, wrong, *args, **options)
    assert report.verdict == "wrong"
    if len(report.verdicts) > 1 and form not in ("numbers", "numbers in an array", "a list argument"):
        assert sum(v.verdict == "wrong" for v in report.verdicts) == 1


class Neuron:
    def __init__(self):
        self.weights, self.bias = np.array([0.4, -0.3, 0.2]), np.float64(0.1)

    def forward(self, x):
        self.prediction = np.tanh(x @ self.weights + self.bias)
        return self.prediction

    def error(self, x, target):
        return np.square(self.forward(x) - target)

    def gradients(self, x, target):
        d = 2 * (self.prediction - target) * (1 - self.prediction**2)  # from what forward has left behind
        return d, d * x

    def by_name(self, x, target):
        d, dw = self.gradients(x, target)
        return {"dweights": dw, "dbias": d}

    def by_weights(self, x, target):
        return self.gradients(x, target)[1]

    def halved(self, x, target):
        d, dw = self.gradients(x, target)
        return d, dw / 2

    def updating(self, x, target):
        d, dw = self.gradients(x, target)
        self.weights -= 0.1 * dw
        return d, dw


@pytest.mark.parametrize("hand", ["gradients", "by_name"])
def test_a_method_and_what_it_keeps(hand):
    neuron = Neuron()
    before = dict(vars(neuron))
    report = verify(neuron.error, getattr(neuron, hand), X, 1.0, params=("bias", "weights"))
    assert verdicts(report) == {"bias": "right", "weights": "right"}
    assert vars(neuron) == before, "the object has the attributes that it had"


def test_a_wrong_method():
    neuron = Neuron()
    report = verify(neuron.error, neuron.halved, X, 1.0, params=("bias", "weights"))
    assert verdicts(report) == {"bias": "right", "weights": "wrong"}


def test_one_attribute_by_its_name_alone():
    neuron = Neuron()
    assert verify(neuron.error, neuron.by_weights, X, 1.0, params="weights")


# -- what naive checkers condemn, or let pass


@pytest.mark.parametrize(("case", "how"), searched(CONDEMNED, 8))
def test_what_naive_checkers_condemn_or_let_pass(case, how):
    f, hand, args, verdict = CONDEMNED[case]
    with how():
        report = verify(f, hand, *args)
    assert report.verdict == verdict, str(report)


@pytest.mark.parametrize("scale", [1e-150, 1e-12, 1e-6, 1.0, 1e6, 1e12, 1e150])
@verdicts_alone()
def test_no_scale_needs_a_tolerance_of_its_own(scale):
    def f(x, y):
        return scale * np.sum(np.sin(x / scale)) + np.sum(np.square(y * scale))

    def hand(x, y):
        return np.cos(x / scale), 2 * y * scale**2

    assert verify(f, hand, X * scale, X).verdict == "right"
    off = verify(f, lambda x, y: (hand(x, y)[0] * [1, 1 + 1e-10, 1], hand(x, y)[1] * [1 + 1e-10, 1, 1]), X * scale, X)
    assert [(v.verdict, v.worst) for v in off.verdicts] == [("wrong", (1,)), ("wrong", (0,))]


@pytest.mark.parametrize("words", [words for words, _ in TABLE])
def test_each_row_of_the_table_gives_its_verdict(words):
    masks = {field.name: np.array([field.name in words.split()]) for field in fields(Evidence)}
    assert Evidence(**masks).verdicts().tolist() == [dict(TABLE)[words]]


WAYS = {  # a function, its gradient in two ways, and the share of the largest element that rounding may change
    "saturated": (
        lambda x, d: np.sum(np.log1p(np.exp(x)) * d),
        lambda x, d: d / (1 + np.exp(-x)),
        lambda x, d: d / (1 + 1 / np.exp(x)),
        1e-12,
    ),
    "many turns": (
        lambda x, d: np.sum(np.sin(1e6 * x) / 1e6 * d),
        lambda x, d: np.cos(1e6 * x) * d,
        lambda x, d: np.cos(x * 1e3 * 1e3) * d,
        2e-7,
    ),
    "a product": (lambda x, d: np.sum(x**3 / 3 * d), lambda x, d: x**2 * d, lambda x, d: x * d * x, 1e-12),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_tolerance_follows_the_conditioning(way):
    f, one, other, share = WAYS[way]
    x, data = np.array([-25.0, -3.0, 0.0, 4.0]), np.array([1e12, 1.0, 1.0, 1e-12])
    for hand in (one, other):
        setting = Problem(f, hand, (x, data)).settle(hand(x, data))
        comparison = Comparison(setting, evaluate(setting), np.random.default_rng(0), budget.SafetyNet())
        tolerance = comparison.tolerance(0)
        assert tolerance.shape == x.shape
        assert np.all(abs(one(x, data) - other(x, data)) <= tolerance)
        assert np.all(tolerance <= share * abs(one(x, data)).max())
        assert not comparison.differing(0).any()


DEAD = A.copy()
DEAD[:, 1] = 0


@pytest.mark.parametrize("derivative", [np.greater, np.greater_equal])
@pytest.mark.parametrize(
    ("W", "x"),
    [(DEAD, DESIGN), (A, np.vstack([DESIGN, np.zeros(3)])), (np.zeros((3, 2)), DESIGN)],
    ids=["a dead unit", "a row of zeros", "zeros"],
)
@verdicts_alone()
def test_whole_layers_at_the_kink(W, x, derivative):
    def f(W, b, v):
        return np.mean(np.square(relu(x @ W + b) @ v - 1))

    def hand(W, b, v):
        z = x @ W + b
        r = 2 * (relu(z) @ v - 1) / len(x)
        dz = np.outer(r, v) * derivative(z, 0)
        return x.T @ dz, dz.sum(0), relu(z).T @ r

    assert verify(f, hand, W, np.zeros(2), Y).verdict == "kink"
    halved = verify(f, lambda *args: tuple(g / 2 for g in hand(*args)), W + 0.01, np.zeros(2), Y)
    assert halved.verdict == "wrong"


# -- functions in other words


def test_the_method_dot_of_data_is_recorded():
    def scores(X, w, b):
        return (X.T.T[:, :] + 0.0).dot(w) + b

    def loss(w, b, X, y):
        return np.mean(np.square(scores(X, w, b) - y))

    def hand(w, b, X, y):
        d = X.dot(w) + b - y
        return X.T.dot(d) / len(y), 2 * np.mean(d)

    rng = np.random.default_rng(0)
    X = rng.normal(size=(5, 3))
    report = verify(loss, hand, rng.normal(size=3), 0.5, X, rng.normal(size=5))
    assert [v.verdict for v in report.verdicts] == ["wrong", "right"]
    assert report.notes == []
    assert report.repair is not None
    assert "missing factor 2" in str(report)


def test_where_a_function_cannot_be_recorded_the_report_says_what_to_write():
    data = np.random.default_rng(0).normal(size=(5, 3))
    report = verify(partial(lambda data, w: np.sum(data.dot(w)), data), lambda w: np.sum(data, axis=0), np.ones(3))
    assert report
    assert "`report = verify(partial(lambda data, w: np.sum(data.dot(w))" in " ".join(report.notes)
    assert "write np.dot(data, w) instead" in " ".join(report.notes)


def filled(w, b, X, y):
    out = np.zeros(len(X))
    for i in range(len(X)):
        out[i] = np.tanh(X[i] @ w + b).item()  # no Tensor gives that
    return np.mean(np.square(out - y))


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        (lambda dw, db: (-dw, db), "(dw, db)"),
        (lambda dw, db: (dw / 2, db / 2), "d = 4 * (out - y) / len(y) * (1 - out**2)"),
        (lambda dw, db: (dw + 0.01 * dw**2, db), "(dw, db)"),
    ],
)
def test_a_gradient_is_repaired_without_a_record(spoil, line):
    def hand(w, b, X, y):
        out = np.tanh(X @ w + b)
        d = 2 * (out - y) / len(y) * (1 - out**2)
        return spoil(X.T @ d, np.sum(d))

    rng = np.random.default_rng(0)
    report = verify(filled, hand, rng.normal(size=4), 0.3, rng.normal(size=(6, 4)), rng.normal(size=6))
    assert report.verdict == "wrong"
    assert report.repair is not None
    (change,) = report.repair.changes
    assert line in change.new[0]


def symmetric(rng):
    A = rng.normal(size=(3, 3))
    return A @ A.T


KINDS_OF_ARRAYS = {
    "symmetric": (symmetric, lambda x: np.array_equal(x, x.T)),
    "lower triangle": (lambda rng: np.tril(rng.normal(size=(3, 3))), lambda x: np.array_equal(x, np.tril(x))),
    "upper triangle": (lambda rng: np.triu(rng.normal(size=(3, 3))), lambda x: np.array_equal(x, np.triu(x))),
    "positive": (lambda rng: rng.uniform(0.1, 5.0, 4), lambda x: np.all(x > 0)),
    "probabilities": (lambda rng: rng.dirichlet(np.ones(4), 3), lambda x: np.allclose(x.sum(-1), 1) and np.all(x >= 0)),
    "float32": (lambda rng: rng.normal(size=3).astype(np.float32), lambda x: x.dtype == np.float32),
}


@pytest.mark.parametrize("kind", KINDS_OF_ARRAYS)
@given(st.integers(0, 2**16), st.sampled_from([0.1, 0.5, 2.0]))
def test_other_points_are_of_the_same_kind(kind, seed, size):
    make, is_kept = KINDS_OF_ARRAYS[kind]
    rng = np.random.default_rng(seed)
    x = make(rng)
    (moved,) = Problem(np.sum, np.ones_like, (x,)).settle(np.ones_like(x)).nearby(rng, size)
    assert is_kept(moved)
    assert not np.array_equal(moved, x)


def test_a_long_sum_of_equal_terms_is_rounded_one_way():
    def f(w):
        s = 0.0 * w
        for _ in range(3000):
            s = s + 0.1 * w
        return s

    assert verify(f, lambda w: 0.1 * 3000, 1.3)


@verdicts_alone()
def test_one_wrong_element_of_many_shows_along_a_random_direction():
    x = np.random.default_rng(0).normal(size=10**5)
    opaque = lambda x: float(np.sum(np.sin(np.asarray(x))))  # noqa: E731
    assert verify(opaque, np.cos, x)
    assert verify(opaque, lambda x: np.where(np.arange(x.size) == 7, 0.0, np.cos(x)), x).verdict == "wrong"


def test_one_number_in_another_shape_is_right_elsewhere_too():
    report = verify(lambda w: np.sum(w**2), lambda w: float(2 * w[0]), np.array([2.0]))
    assert report
    assert report.notes == []


def test_a_generator_is_no_gradient():
    def hand(w):
        yield 2 * w

    with pytest.raises(TypeError, match="returned a generator; let it return the gradient"):
        verify(lambda w: np.sum(w**2), hand, np.array([2.0]))


def test_a_coroutine_is_refused_and_closed():
    made = []

    async def gradient(x):
        return 2 * x

    def noted(x):
        made.append(gradient(x))
        return made[-1]

    with pytest.raises(TypeError, match="returned a coroutine; let it return the gradient"):
        verify(lambda x: np.sum(x * x), noted, np.ones(2))
    assert [inspect.getcoroutinestate(coroutine) for coroutine in made] == ["CORO_CLOSED"]


@pytest.mark.parametrize("make", [lambda g: np.ma.array(g, mask=[False, True]), lambda g: g[None].view(np.matrix)])
def test_masked_arrays_and_matrices_are_no_gradients(make):
    report = verify(lambda w: np.sum(w**2), lambda w: make(2 * w), np.array([2.0, 1.0]))
    assert report.verdict == "wrong"
    assert "expected an array, got a" in report.verdicts[0].reason


def small_program(seed, lines):
    """Return a random program of a few numbers, all in arrays."""
    for attempt in range(100):
        program = random_program(seed + attempt, lines)
        if all(isinstance(x, np.ndarray) for x in program.args) and sum(x.size for x in program.args) <= 24:
            return program
    raise AssertionError("no small program among a hundred")


@settings(max_examples=25)
@given(st.integers(0, 2**16), st.integers(1, 6), st.integers(3, 11))
@verdicts_alone()
def test_one_element_that_is_off_is_seen(seed, lines, digits):
    program = small_program(seed, lines)
    f, args = program.function, program.args
    argnums = tuple(range(len(args)))
    gradients = ag.grad(f, argnums)  # programs of several outputs have trees for arguments, which are left out
    true = gradients(*args)
    sizes = [np.abs(g).max(initial=0.0) for g in true]
    i = int(np.argmax(sizes))
    largest = np.argmax(np.abs(true[i]))  # the same element wherever the arguments are moved

    def hand(*args):
        found = [np.array(g, order="C") for g in gradients(*args)]
        found[i].reshape(-1)[largest] *= 1 + 10.0**-digits
        return tuple(found)

    report = verify(f, hand, *args, argnums=argnums)
    seen = report.verdicts[i]
    if 10.0**-digits * sizes[i] > 2 * seen.tolerance.max():  # where the conditioning allows it
        assert (seen.verdict, seen.wrong.sum()) == ("wrong", 1), f"{program.source}\n{report}"
    assert all(v.verdict in ("right", "kink") for v in report.verdicts if v is not seen), f"{program.source}\n{report}"


@settings(max_examples=15)
@given(st.integers(0, 2**16), st.integers(1, 6))
def test_the_same_gradient_by_other_arithmetic_is_right(seed, lines):
    program = small_program(seed, lines)
    f, args = program.function, program.args

    def forward(*args):
        found = []
        for i, x in enumerate(args):
            columns = []
            for basis in np.eye(x.size):
                tangents = [np.zeros_like(y) for y in args]
                tangents[i] = basis.reshape(x.shape)
                columns.append(np.sum(ag.jvp(f, args, tuple(tangents))[1]))
            found.append(np.reshape(columns, x.shape))
        return tuple(found)

    report = verify(f, forward, *args, argnums=tuple(range(len(args))))
    for verdict in report.verdicts:
        rounding_alone = np.abs(verdict.true).max(initial=0.0) <= 64 * np.finfo(np.float64).eps
        judged = verdict.verdict in ("right", "kink") or (rounding_alone and verdict.verdict == "noisy")
        assert judged, f"{program.source}\n{report}"


# -- bad input


@pytest.mark.parametrize(("case", "how"), searched(BAD_ANSWERS, 3))
def test_bad_answers_are_wrong(case, how):
    hand, said = BAD_ANSWERS[case]
    with how():
        report = verify(squares, hand, X)
    assert report.verdict == "wrong"
    assert said in report.verdicts[0].reason
    assert said.split()[0] in str(report)
    json.dumps(report.to_dict(), allow_nan=False)


class Table:
    """As one of pandas: an array of another library's."""

    def __init__(self, held):
        self.held, self.shape, self.dtype = held, held.shape, held.dtype

    def __array__(self, dtype=None, copy=None):
        return self.held

    def to_numpy(self):
        return self.held


RAISED: dict[str, tuple[Any, ...]] = {
    "None": (squares, lambda x: None, (X,), {}, TypeError, "returned None.*return missing"),
    "None beside": (product, lambda a, b: (by_a(a, b), None), (X, X), {}, TypeError, "None for b.*argnums"),
    "too many": (squares, lambda x: (2 * x, 2 * x), (X,), {}, ValueError, "2 gradients, but there are 1"),
    "too few": (product, lambda a, b: (by_a(a, b),), (X, X), {"argnums": (0, 1)}, ValueError, "1 gradient.*expected 2"),
    "another key": (product, lambda a, b: {"c": a}, (X, X), {}, ValueError, "the key 'c'; expected the param.* a, b"),
    "a missing key": (layer, lambda p, x: {"W": p["W"]}, (PARAMS, X), {}, ValueError, r"no gradient for params\['b'\]"),
    "an array for a dict": (layer, lambda p, x: x, (PARAMS, X), {}, ValueError, "for params, expected a dict"),
    "a dict for an array": (squares, lambda x: ({"a": x},), (X,), {}, ValueError, "a dict for x, expected an array"),
    "parts missing": (stack, lambda p, x: [x] * 3, (STACK, X), {"argnums": 0}, ValueError, "3 parts.* expected 2"),
    "a gradient for text": (
        lambda x, mode: np.sum(x), lambda x, mode: (x, 0), (X, "fast"), {}, TypeError, "for mode.*'fast'.*argnums",
    ),
    "a gradient for booleans": (
        lambda x, mask: np.sum(x[mask]), lambda x, mask: (x, mask), (X, X > 0), {}, TypeError, "mask.*dtype bool",
    ),
    "argnums too large": (squares, squares, (X,), {"argnums": 1}, ValueError, "argument 1, but there are 1"),
    "argnums twice": (product, product, (X, X), {"argnums": (0, -2)}, ValueError, "twice"),
    "argnums by name": (squares, squares, (X,), {"argnums": "x"}, TypeError, "expected an int"),
    "no arguments": (lambda: 1.0, lambda: 1.0, (), {}, TypeError, "no arguments"),
    "an empty tree": (lambda p: 1.0, lambda p: {}, ({},), {"argnums": 0}, ValueError, "nothing to differentiate"),
    "a table": (squares, lambda x: Table(2 * x), (X,), {}, TypeError, r"NumPy array for x, got .*Table.*to_numpy\(\)"),
    "tables": (product, lambda a, b: (a, Table(b)), (X, X), {}, TypeError, r"array for b, got .*Table.*to_numpy\(\)"),
    "a Tensor": (squares, lambda x: 2 * x, (ag.Tensor(X),), {}, TypeError, "pass arrays"),
    "no function": (3, squares, (X,), {}, TypeError, "the function to be callable, got int"),
    "hand called": (squares, X, (X,), {}, TypeError, "got ndarray: pass the function itself, not what it returns"),
    "no hand": (squares, 3, (X,), {}, TypeError, "the hand gradient to be callable, got int"),
    "a function as method": (squares, squares, (X,), {"params": ("w",)}, TypeError, "no bound method"),
    "no such attribute": (Neuron().error, Neuron().gradients, (X, 1.0), {"params": ("b",)}, TypeError, "no such attr"),
    "a tuple from f": (lambda x: (np.sum(x), 1), squares, (X,), {}, TypeError, "got tuple; return the number"),
    "None from f": (lambda x: None, squares, (X,), {}, TypeError, "got NoneType; is a return missing"),
    "text from f": (lambda x: "a", squares, (X,), {}, TypeError, "got str"),
    "a complex number from f": (lambda x: 1j * np.sum(x), squares, (X,), {}, TypeError, "real part"),
    "a truth from f": (lambda x: np.sum(x) > 0, squares, (X,), {}, TypeError, "got bool"),
    "no cotangent": (np.square, lambda x: 2 * x, (X,), {}, TypeError, r"array of shape \(3,\).*cotangent.*np.sum"),
}  # fmt: skip


@pytest.mark.parametrize("case", RAISED)
def test_bad_input_is_refused_in_the_users_names(case):
    f, hand, args, options, error, said = RAISED[case]
    with pytest.raises(error, match=said):
        verify(f, hand, *args, **options)


def test_errors_of_the_functions_pass_through_with_a_note():
    with pytest.raises(ZeroDivisionError) as caught:
        verify(squares, lambda x: 1 / 0, X)
    assert caught.value.__notes__ == ["in <lambda>(), the hand gradient"]
    with pytest.raises(ZeroDivisionError) as caught:
        verify(lambda x: 1 / 0, squares, X)
    assert caught.value.__notes__ == ["in <lambda>(), the function"]


def doubling(x):
    x *= 2
    return np.sum(x)


def test_changed_arguments_are_refused():
    with pytest.raises(ValueError, match=r"doubling\(\) changed x, of shape \(3,\), in place.*x = x.copy\(\)"):
        verify(doubling, np.ones_like, X.copy())
    with pytest.raises(ValueError, match=r"doubling\(\) changed x, of"):
        verify(squares, doubling, X.copy())
    with pytest.raises(ValueError, match="changed a list or dict"):
        verify(lambda p: p["x"] ** 2, lambda p: p.update(y=1.0) or {"x": 2 * p["x"]}, {"x": 2.0})
    neuron = Neuron()
    with pytest.raises(ValueError, match=r"updating\(\) changed weights, of shape \(3,\), in place"):
        verify(neuron.error, neuron.updating, X, 1.0, params=("bias", "weights"))


def test_what_changes_from_call_to_call():
    rng = np.random.default_rng(0)
    noise = verify(lambda x: np.sum(x**2) + rng.normal(), lambda x: 2 * x, X)
    assert verdicts(noise) == {"x": "nondeterministic"}
    assert "seed" in str(noise)
    assert not noise
    assert verify(squares, lambda x: 2 * x * rng.integers(1, 1000), X).verdict == "nondeterministic"
    assert verify(lambda x: np.sum(x * (rng.random(30) > 0.5)), np.ones_like, np.ones(30)).verdict == "nondeterministic"


def of_plain_numbers(f):
    """Return a function of lists of plain numbers, which no Tensor gives inside a transform."""
    return lambda *args: f(*(np.array(x.tolist()) if hasattr(x, "tolist") else x.__float__() for x in args))


@pytest.mark.parametrize("case", UNRECORDED)
@verdicts_alone()
def test_what_only_verify_records_is_compared_with_the_backward_pass(case):
    f, hand, args = UNRECORDED[case]
    report = verify(f, hand, *args)
    assert report.verdict == ("kink" if case == "a kink" else "right"), str(report)
    assert "two values are compared" not in " ".join(str(report).split())
    assert verify(f, lambda *args: np.asarray(hand(*args)) * 1.01, *args).verdict == "wrong"


@pytest.mark.parametrize("case", UNRECORDED)
@verdicts_alone()
def test_two_values_are_compared_where_nothing_can_be_recorded(case):
    f, hand, args = UNRECORDED[case]
    f = of_plain_numbers(f)
    report = verify(f, hand, *args)
    assert report.verdict == ("kink" if case == "a kink" else "right"), str(report)
    assert "two values are compared" in " ".join(str(report).split())
    assert verify(f, lambda *args: np.asarray(hand(*args)) * 1.01, *args).verdict == "wrong"


def test_a_wrong_rule_and_a_wrong_hand_have_different_verdicts():
    @ag.op(elementwise=True)
    def cube(x):
        return x**3

    @cube.vjp
    def _(g, z, x):
        return 2 * g * x**2

    def f(x):
        return np.sum(cube(x))

    right = verify(f, lambda x: 3 * x**2, X)
    assert right.verdict == "engine"
    assert not right
    assert "please report it" in " ".join(str(right).split())
    wrong = verify(f, lambda x: 4 * x**2, X)
    assert wrong.verdict == "wrong"
    np.testing.assert_allclose(wrong.verdicts[0].true, 3 * X**2, rtol=1e-8)
    assert "disagrees" in wrong.verdicts[0].notes[0]
    assert verify(f, lambda x: 2 * x**2, X).verdict == "engine", "the same mistake twice"


def test_right_at_this_point_only():
    report = verify(squares, lambda x: 2 * np.ones_like(x), np.ones(3))
    assert report
    assert any("WRONG at another one" in note for note in report.notes)


def test_large_arguments_are_sampled_and_the_report_says_so():
    x = np.random.default_rng(1).normal(size=(100, 50))
    right = verify(squares, lambda x: 2 * x, x)
    assert right
    assert "compared with the backward pass in every element" in " ".join(str(right).split())

    def off(x):
        g = 2 * x
        g[17, 3] *= 1 + 1e-9
        return g

    report = verify(squares, off, x)
    assert report.verdict == "wrong"
    assert report.verdicts[0].worst == (17, 3)
    assert report.verdicts[0].wrong.sum() == 1


@pytest.mark.parametrize(("off", "most"), [(0.0, 50), (1e-6, 90)])
def test_a_slow_function_of_many_numbers_is_called_a_few_times(monkeypatch, off, most):
    monkeypatch.setattr(budget, "NUMBERS", 10_000)
    called = []

    def f(x, empty):
        called.append(1)
        return np.sum(np.exp(x)) + np.sum(empty)

    def hand(x, empty):
        g = np.exp(x)
        g[1234] *= 1 + off
        return g, np.ones_like(empty)

    report = verify(f, hand, np.linspace(-1, 1, 3000), np.zeros(0))
    assert report.verdict == ("wrong" if off else "right"), str(report)
    assert off == 0 or (np.flatnonzero(report.verdicts[0].wrong) == 1234).all()
    assert len(called) <= most


def test_the_same_report_from_the_same_seed():
    reports = [str(verify(product, lambda a, b: (by_b(a, b), by_a(a, b)), X, X, rng=7)) for _ in range(2)]
    assert reports[0] == reports[1]


def test_only_what_is_differentiated_is_moved():
    labels = np.array([0.0, 1.0, 1.0])
    seen = []

    def f(x, y):
        seen.append(np.array(y))
        return np.sum(x[y == 1] ** 2)

    assert verify(f, lambda x, y: 2 * x * (y == 1), X, labels)
    assert all(np.array_equal(y, labels) for y in seen)


def test_raise_if_wrong():
    verify(squares, lambda x: 2 * x, X).raise_if_wrong()
    report = verify(squares, lambda x: x, X)
    with pytest.raises(AssertionError) as caught:
        report.raise_if_wrong()
    assert str(report) in str(caught.value)


def cubes(x):
    return np.sum(x**3)


@pytest.mark.parametrize(
    ("f", "right", "wrong"),
    [
        (lambda x: np.sum(ag.grad(cubes)(x)), lambda x: 6 * x, lambda x: 3 * x),
        (lambda x: np.sum(ag.grad(cubes)(x) ** 2), lambda x: 36 * x**3, lambda x: 18 * x**3),
        (lambda x: ag.hvp(cubes, x, x) @ np.ones(3), lambda x: 12 * x, lambda x: 6 * x),
    ],
    ids=["the sum of a gradient", "the norm of a gradient", "a Hessian-vector product"],
)
def test_a_function_that_differentiates_within_itself(f, right, wrong):
    x = np.array([1.0, -2.0, 0.5])
    assert ag.verify(f, right, x).verdict == "right"
    assert ag.verify(f, wrong, x).verdict == "wrong"
