"""Values that no rule reads: let go where they are large, and computed again where somebody asks for them."""

import tracemalloc
from contextlib import contextmanager

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.core.backward import own, plus
from autograd_lite.core.memory import Released
from autograd_lite.core.overwriting import Spent, overwrites
from autograd_lite.core.reads import OUTPUT, reads
from autograd_lite.testing.random_programs import random_program
from tests.support.calls import CALLS, on_calls

N = 50_000
LARGE = np.linspace(1.0, 2.0, N)


each_call = on_calls({name: (row, call) for name, (row, call) in CALLS.items() if isinstance(row.rules, tuple)})


@contextmanager
def large(size):
    """Take arrays of more bytes than this for large ones."""
    with pytest.MonkeyPatch.context() as patched:
        for module in ("op", "operators", "backward", "memory"):
            patched.setattr(f"autograd_lite.core.{module}.LARGE", size)
        patched.setattr("autograd_lite.core.backward.SMALL", size)
        yield


def layers(x):
    for _ in range(4):
        x = np.tanh(1.3 * x + 0.2)
    return np.sum(x * x)


def test_large_values_are_let_go_while_the_record_grows():
    nodes = []

    def f(x):
        y = 1.3 * x
        nodes.append(y)
        z = np.tanh(y + 0.2)
        return np.sum(z * 2.0)

    seen = ag.grad(f)(LARGE)
    np.testing.assert_allclose(seen, 2.6 * (1 - np.tanh(1.3 * LARGE + 0.2) ** 2), rtol=1e-12)
    assert type(nodes[0]._value) is np.ndarray  # a list holds it

    result = np.tanh(1.3 * ag.Tensor(LARGE) + 0.2) * 2.0
    np.sum(result)
    shifted = result.inputs[0].inputs[0]
    assert type(shifted._value) is Released
    np.testing.assert_allclose(shifted.value, 1.3 * LARGE + 0.2, rtol=1e-15)


def test_peak_of_a_deep_network():
    rng = np.random.default_rng(0)
    X, weights = rng.normal(size=(1024, 128)), [rng.normal(size=(128, 128)) / 12 for _ in range(4)]

    def loss(weights):
        h = X
        for w in weights:
            h = np.tanh(h @ w + 0.1)
        return np.mean(h * h)

    def by_hand(weights):
        layers = [X]
        for w in weights:
            layers.append(np.tanh(layers[-1] @ w + 0.1))
        g, gradients = 2 * layers[-1] / layers[-1].size, []
        for w, h, below in zip(weights[::-1], layers[:0:-1], layers[-2::-1], strict=True):
            g = g * (1 - h * h)
            gradients.append(below.T @ g)
            g = g @ w.T
        return gradients[::-1]

    def peak(run):
        tracemalloc.start()
        try:
            run(weights)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    gradient = ag.grad(loss)
    for given, expected in zip(gradient(weights), by_hand(weights), strict=True):
        np.testing.assert_allclose(given, expected, rtol=1e-10)
    assert peak(gradient) <= 1.2 * peak(by_hand)


@pytest.mark.parametrize(
    "order",
    [
        lambda f: ag.grad(f)(LARGE),
        lambda f: ag.hvp(f, LARGE, np.cos(LARGE)),
        lambda f: ag.jvp(f, (LARGE,), (np.cos(LARGE),))[1],
        lambda f: ag.vjp(f, LARGE)[1](2.0)[0],
        lambda f: ag.grad(lambda x: np.sum(ag.grad(f)(x) * x))(LARGE),
    ],
    ids=["grad", "hvp", "jvp", "vjp", "nested"],
)
def test_derivatives_do_not_depend_on_it(order):
    expected = order(layers)
    with large(np.inf):
        np.testing.assert_array_equal(order(layers), expected)


def gradients(row, sample):
    """Return the gradient by each input of a call, of which each is computed, and used twice."""
    inputs = sample.draw(np.random.default_rng(0))
    argnums = [i for i, x in enumerate(inputs) if np.asarray(x).dtype.kind in "fc" and not isinstance(x, (list, tuple))]

    def f(*xs):
        made = [x * 1.0 if i in argnums else x for i, x in enumerate(xs)]
        z = row(*made, **sample.params)
        parts = [part for part in (z if isinstance(z, tuple) else (z,)) if part.dtype.kind in "fc"]
        own = sum(np.sum(np.real(made[i]) * 0.5) for i in argnums)
        return own + sum(np.sum(np.real(part) * np.full(part.shape, 0.25) + np.imag(part)) for part in parts)

    return ag.grad(f, argnums)(*inputs) if argnums else ()


@each_call
def test_no_gradient_depends_on_what_is_let_go_or_written_over(row, sample):
    results = []
    for size in (0, np.inf):
        with large(size), np.errstate(all="ignore"):
            results.append(gradients(row, sample))
    for given, expected in zip(*results, strict=True):
        np.testing.assert_allclose(given, expected, rtol=1e-13, atol=1e-13)


def test_cotangents_that_nobody_else_holds_are_handed_over_and_written_over(monkeypatch):
    ones = np.ones(N)
    for take in (lambda given: own(given.pop()), lambda given: plus(given.pop(), ones)):
        given = [np.ones(N)]
        address = id(given[0])
        result = take(given)
        assert id(result) == address  # nobody else holds it
        before = result.copy()
        other = take([result])
        assert id(other) != address
        np.testing.assert_array_equal(result, before)

    used = []
    plain = Spent.__array_ufunc__

    def seen(self, ufunc, method, *inputs, **kwargs):
        value = plain(self, ufunc, method, *inputs, **kwargs)
        used.append((ufunc, value is self.base))
        return value

    monkeypatch.setattr(Spent, "__array_ufunc__", seen)
    gradient = ag.grad(lambda x: np.sum(np.exp(np.sin(-x) * LARGE) * LARGE))(LARGE)
    np.testing.assert_allclose(gradient, -np.exp(np.sin(-LARGE) * LARGE) * LARGE**2 * np.cos(LARGE), rtol=1e-12)
    assert used == [(np.multiply, True), (np.multiply, True), (np.multiply, True), (np.negative, True)]


@pytest.mark.parametrize("start", range(0, 300, 50))
def test_random_programs_as_if_all_arrays_were_large(start):
    for seed in range(start, start + 50):
        program = random_program(seed)
        results = []
        for size in (0, np.inf):
            with large(size), np.errstate(all="ignore"):
                results.append(ag.grad(program.function, range(len(program.args)))(*program.args))
        for given, expected in zip(*results, strict=True):
            np.testing.assert_allclose(given, expected, rtol=1e-13, atol=1e-13, err_msg=str(program))


def test_a_cotangent_that_an_earlier_rule_passed_on_is_not_written_over():
    gradient = ag.grad(lambda x: np.sum((x - np.exp(x)) * 0.5))(LARGE)
    np.testing.assert_array_equal(gradient, 0.5 - 0.5 * np.exp(LARGE))


def test_a_value_that_a_variable_holds_stays_where_its_users_died():
    def f(x):
        y = x + 1.0
        np.add(y, 2.0)
        w = x * 2.0 + 3.0
        return np.sum(y * 3.0) + np.sum(w)

    np.testing.assert_array_equal(ag.grad(f)(LARGE), 5.0)


def test_readings_of_a_tensor_compute_again_what_was_let_go():
    def f(x):
        return np.sum(np.tanh(1.3 * x + 0.2) * x)

    result = f(ag.Tensor(LARGE, "x"))
    program = ag.trace(result)
    np.testing.assert_allclose(program[program.gradients["x"]].value, ag.grad(f)(LARGE), rtol=1e-14)


class Unread:
    """What a rule gets for a value that it does not read: its shape and dtype, and nothing else."""

    def __init__(self, value):
        self.shape, self.ndim, self.size = np.shape(value), np.ndim(value), np.size(value)
        self.dtype = np.asarray(value).dtype


@each_call
def test_rules_read_what_their_code_says(row, sample):
    inputs = [
        np.asarray(x)[()] if np.asarray(x).dtype.kind in "fc" else x for x in sample.draw(np.random.default_rng(0))
    ]
    z = row.compute(*inputs, **sample.params)
    z = z if isinstance(z, tuple) else np.asarray(z)[()]
    g = tuple(map(np.ones_like, z)) if isinstance(z, tuple) else np.ones_like(z)[()]
    values = [z, *inputs]
    with np.errstate(all="ignore"):
        for i, rule in enumerate(row.rules):
            if rule is None or np.asarray(inputs[i]).dtype.kind not in "fc":
                continue
            read = reads(rule, len(row.rules))
            given = [x if j + OUTPUT in read else Unread(x) for j, x in enumerate(values)]
            np.testing.assert_array_equal(rule(g, *given, **sample.params), rule(g, *values, **sample.params))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (lambda g, z, x, y: g, set()),
        (lambda g, z, x, y: g * y, {1}),
        (lambda g, z, x, y: g * z + x.shape[0], {OUTPUT}),
        (lambda g, z, x, y: g * np.zeros(x.shape, y.dtype), set()),
        (lambda g, z, x, y: np.zeros_like(x), {0}),
        (lambda g, z, x, y: (lambda: g * x)(), {OUTPUT, 0, 1}),  # what inner functions ask is not looked at
        (lambda g, *args: g, {OUTPUT, 0, 1}),
        (np.add, {OUTPUT, 0, 1}),
        (None, set()),
    ],
)
def test_what_the_code_of_a_rule_reads(rule, expected):
    assert expected == reads(rule, 2)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (lambda g, z, x: g * z, True),
        (lambda g, z, x: -g, True),
        (lambda g, z, x: 2 * g * x, True),
        (lambda g, z, x: np.cos(x) / x * -g, True),
        (lambda g, z, x: g, False),
        (lambda g, z, x: g * g, False),
        (lambda g, z, x: g * x + g, False),
        (lambda g, z, x: np.sum(g), False),
        (lambda g, z, x: g.reshape(3) * x, False),
        (lambda g, z, x: g * x if x else z, False),
        (lambda g, z, x: (lambda: g * x)(), False),
        (lambda g, z, x: np.where(x > 0, g, 0) * 2, False),
        (np.multiply, False),
    ],
)
def test_which_rules_may_write_over_their_cotangent(rule, expected):
    assert overwrites(rule) is expected


def test_a_rule_that_binds_its_cotangent_again_does_not_write_over_it():
    def rule(g, z, x):
        h = g
        return h * x + h

    assert not overwrites(rule)


def test_the_dtype_of_what_was_let_go_is_known():
    x = np.linspace(0.1, 1.0, 200_000)
    along = ag.hvp(lambda x: np.mean(np.fft.irfft(x * x)), x, x)  # its rule asks for the dtype of the output
    assert along[0] == pytest.approx(2 * x[0] / (2 * x.size - 2))
