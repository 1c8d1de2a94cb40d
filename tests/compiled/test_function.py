"""What `ag.compile` returns: one program for each kind of arguments, results of their own, and errors that help."""

import copy
import functools
import inspect
import pickle
import subprocess
import sys
import threading
import tracemalloc
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.compiled import sizes
from autograd_lite.compiled.signature import Signature
from tests.support.calls import ROWS
from tests.support.compiling import in_small_blocks, leaves_of, quietly, same

X = np.random.default_rng(0).normal(size=(300, 4))
Y = X @ np.arange(4.0) + 1.0


def loss(params, X, y):
    return np.mean(np.square(X @ params["w"] + params["b"] - y))


def step(params, X, y, rate=0.1):
    error, gradient = ag.value_and_grad(loss)(params, X, y)
    return error, {name: params[name] - rate * gradient[name] for name in params}


compiled_step = ag.compile(step)


@dataclass
class Pair:
    a: np.ndarray
    b: np.ndarray
    name: str = "pair"


class Model:
    rate = 0.5

    def __init__(self):
        self.scale = np.array([1.0, 2.0])

    @ag.compile
    def scaled(self, x):
        return self.rate * self.scale * x


@ag.compile
def doubled(x):
    return 2 * x


@pytest.fixture
def traces(monkeypatch):
    """A list that grows by one with each call of a function that is recorded."""
    calls, record = [], sizes.record

    def counted(*args):
        calls.append(args)
        return record(*args)

    monkeypatch.setattr(sizes, "record", counted)
    return calls


PARAMS = {"w": np.ones(4), "b": 0.5}


def test_trees_of_any_kind():
    same(step, PARAMS, X, Y)
    same(lambda pair: {"sum": pair[0] + pair[1], "none": None, "text": "x", "list": [pair[0]]}, (X, Y[:, None]))
    np.testing.assert_allclose(ag.compile(lambda *xs, power: sum(x**power for x in xs))(X, X, power=3), 2 * X**3)
    same(lambda x: x, 2.0)
    same(lambda a, b: (ag.at_set(a * b, a, index=()), np.exp(a) > b, 3.0 * np.sqrt(a)), 2.0, np.float64(0.5))
    same(lambda x: 3.0, X)
    same(lambda x, axes: np.sum(x, axis=axes), X, (0, 1))


def test_a_training_is_the_same():
    plain = fast = PARAMS
    for start in (0, 128, 256, 0, 128, 256):  # the last batch is smaller
        batch = slice(start, start + 128)
        error, plain = step(plain, X[batch], Y[batch])
        other, fast = compiled_step(fast, X[batch], Y[batch])
        np.testing.assert_allclose([other, *leaves_of(fast)[0]], [error, *leaves_of(plain)[0]], rtol=1e-10)


def test_another_number_of_rows_is_not_traced_again(traces):
    compiled = ag.compile(loss)
    compiled(PARAMS, X, Y)
    before = len(traces)
    for n in (299, 83, 200, 300):
        np.testing.assert_allclose(compiled(PARAMS, X[:n], Y[:n]), loss(PARAMS, X[:n], Y[:n]), rtol=1e-12)
    assert len(traces) == before
    compiled(PARAMS, X[:5], Y[:5])  # of a few rows, the path is looked at
    assert len(traces) == before + 1
    compiled(PARAMS, X.astype(np.float32), Y)
    assert len(traces) > before + 1


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_few_rows(n):
    compiled = ag.compile(lambda x: (np.sum(np.tanh(x), axis=0), x[:3] * 2, np.cumsum(x, axis=0)))
    compiled(X)
    quietly(same, lambda x: (np.sum(np.tanh(x), axis=0), x[:3] * 2, np.cumsum(x, axis=0)), X[:n], compiled=compiled)


def test_a_branch_on_the_number_of_rows_is_seen():
    def f(x):
        return np.sum(x) if len(x) > 100 else np.max(x)

    compiled = ag.compile(f)
    for n in (10, 200, 50, 300):
        same(f, X[:n, 0], compiled=compiled)


@pytest.mark.parametrize(("size", "columns"), [(1024, 3), (10_000, 100)])
def test_a_loop_over_batches_is_seen(size, columns):
    def epoch(w, x, y):
        for start in range(0, len(x), size):
            batch = slice(start, start + size)
            w = w - 0.1 * ag.grad(lambda w: np.mean(np.square(x[batch] @ w - y[batch])))(w)  # noqa: B023
        return w

    x = np.random.default_rng(0).normal(size=(5 * size, columns))
    for lengths in ((7, 1000, 3 * size, size + 1, size), (5 * size, 100), (size, size + 1)):
        compiled = ag.compile(epoch)
        for n in lengths:
            same(epoch, np.zeros(columns), x[:n], x[:n, 0], compiled=compiled)


@pytest.mark.parametrize(
    "number",
    [
        lambda n: 2 * n + 1,
        lambda n: (n - 1) / 2,
        lambda n: 3 / n,
        lambda n: 0.1 / (n - 1),
        lambda n: 1 / (n + 1),
        lambda n: 1 / n**2,
        lambda n: n**2,
        lambda n: 0.5 * n**2,
        lambda n: n**0.5,
        lambda n: 1 / np.sqrt(n),
    ],
)
def test_numbers_that_follow_the_rows(number, traces):
    def f(x):
        return np.sum(x) * number(len(x)) + x

    compiled = ag.compile(f)
    compiled(X[:, 0])
    before = len(traces)
    for n in (300, 200, 100):
        same(f, X[:n, 0], compiled=compiled)
    assert len(traces) == before


@pytest.mark.parametrize(
    "number",
    [
        lambda n: n * (n - 1),
        lambda n: (n - 1) ** 2,
        lambda n: n**3,
        lambda n: n % 10,
        lambda n: n // 2,
        lambda n: min(n, 50),
        lambda n: max(n, 500),
    ],
)
def test_what_looks_like_a_function_of_the_rows_is_not_taken_for_one(number):
    def f(x):
        return np.sum(x) * number(len(x)) + x[number(len(x)) % len(x)]

    for first in (10, 83, 160, 600):
        compiled = ag.compile(f)
        for n in (first, 13, 57, 100, 104, 300):
            same(f, np.linspace(0.0, 1.0, n), compiled=compiled)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_no_infinities_are_looked_for_beside_a_number(dtype):
    f = ag.grad(lambda z: np.sum(np.logaddexp(0, z)))
    compiled = same(f, np.array([-800.0, -1.0, 0.0, 2.0, 800.0, np.inf, -np.inf], dtype))
    assert "isinf" not in compiled.source
    assert "astype" not in compiled.source


def test_the_square_of_a_mean_follows_the_rows():
    def variance(v, w, x):  # as Adam has it
        return 0.999 * v + 0.001 * np.square(ag.grad(lambda w: np.mean(np.square(x @ w)))(w))

    compiled = ag.compile(variance)
    for n in (7, 100, 300):
        same(variance, np.zeros(4), np.ones(4), X[:n], compiled=compiled)


@pytest.mark.parametrize(
    "result",
    [
        lambda x: {"sum": np.sum(x), "count": len(x), "elements": x.size},
        lambda x: Pair(2 * x, np.sum(x), f"of {len(x)} rows"),
        lambda x: {f"of {len(x)} rows": np.sum(x)},
        lambda x: (np.sum(x), x.shape, len(x) > 90),
        lambda x: [x[i] for i in range(len(x) % 4)],
    ],
)
def test_what_is_returned_beside_arrays_follows_the_rows(result):
    compiled = ag.compile(result)
    for n in (7, 83, 100, 300, 7):
        assert Signature((compiled(X[:n]),), {}).key == Signature((result(X[:n]),), {}).key
        same(result, X[:n], compiled=compiled)


@pytest.mark.parametrize("dtype", [np.float32, np.int32, np.float64])
@pytest.mark.parametrize(
    "number",
    [
        float,
        lambda n: 2.0 * n,
        np.float64,
        np.float32,
        np.sqrt,
        lambda n: np.float64(1 / n),
        lambda n: np.ones((n, 1), np.float32),
        lambda n: np.full((n, 1), n, np.float32),
        lambda n: np.arange(n, dtype=np.int16)[:, None],
        lambda n: np.array(2.0),
    ],
)
def test_a_number_keeps_its_type(number, dtype):
    def f(x):
        return number(len(x)) * x, number(len(x)) * np.sum(x), np.concatenate([x, number(len(x)) * np.ones_like(x)])

    for part in range(3):
        one = functools.partial(lambda part, x: f(x)[part], part)
        compiled = ag.compile(one)
        for n in (300, 7, 100):
            same(one, X[:n].astype(dtype), compiled=compiled)


def test_a_number_that_is_always_the_same_is_no_array_without_axes():
    compiled = ag.compile(lambda x: (0 * np.sum(x), np.sum(x) ** 0, np.sum(x) - np.sum(x)))
    assert [type(number) for number in compiled(X)] == [np.float64, np.float64, np.float64]


class Holder:
    def __init__(self, held):
        self.held = held


@pytest.mark.parametrize(
    ("f", "kind"),
    [
        (lambda x: Holder(2 * x), "a Holder"),
        (lambda x: (x, {"a": Holder([2 * x])}), "a Holder"),
        (lambda x: {2 * x}, "a set"),
        (lambda x: ag.vjp(np.sin, x), r"the function vjp\.<locals>\.pullback"),
    ],
)
def test_an_object_that_holds_what_was_computed_is_not_returned(f, kind):
    with pytest.raises(TypeError, match=f"returned {kind}, which holds what it computed; return a tree of arrays"):
        ag.compile(f)(X)


def test_other_objects_are_returned_as_they_are():
    holder = Holder(X)
    given = ag.compile(lambda x: (2 * x, np.tanh, holder, Holder))(X)
    assert given[1:] == (np.tanh, holder, Holder)


def test_an_argument_that_is_no_key_is_refused():
    with pytest.raises(TypeError, match=r"expected the arguments of a compiled function to be trees .* 'set'"):
        ag.compile(lambda x, names: x)(X, {"a"})


def test_calls_with_more_arrays_and_with_fewer():
    compiled = ag.compile(scaled := lambda x, power, y: x**power + y)
    for power in (2.0, 2, 3.0, 3):
        for n in (300, 100):
            same(scaled, X[:n], power, Y[:n, None], compiled=compiled)


def test_the_debugger_sees_every_op():
    compiled = ag.compile(ag.value_and_grad(lambda x: np.sum(np.log(x))))
    assert np.isneginf(quietly(compiled, np.zeros(3))[0])
    with ag.debug(), pytest.raises(FloatingPointError, match="log"):
        quietly(compiled, np.zeros(3))


def test_arrays_of_a_fixed_length_from_outside():
    same(lambda x: np.sum(x * Y), X[:, 0])
    same(lambda x: x + np.arange(300) + np.ones(len(x)), X[:, 0])


def test_results_are_nobody_elses(monkeypatch):
    def f(x, y):
        return x, x.T, x[:2], x, y + 1, np.broadcast_to(y[:1], (3,)), np.tanh(x), ag.grad(lambda w: np.sum(w * x))(x)

    for limit in (None, 0):
        if limit == 0:
            in_small_blocks(monkeypatch)
        compiled = ag.compile(f)
        x, y = X.copy(), Y.copy()
        first = compiled(x, y)
        kept = copy.deepcopy(first)
        compiled(x + 1, y + 1)
        for result, before in zip(first, kept, strict=True):
            np.testing.assert_array_equal(result, before)
            assert not np.may_share_memory(result, x)
            assert result.flags.writeable
            assert sum(np.may_share_memory(result, other) for other in first) == 1


@pytest.mark.parametrize("rows", [3, 30])
def test_an_argument_without_axes_is_returned_as_another_object(rows):
    given = np.array(1.5)
    returned, _ = ag.compile(lambda x, y: (x, x * y))(given, np.ones(rows))
    assert returned == 1.5
    assert not np.shares_memory(returned, given)


def test_plain_numbers_are_numpys_where_pythons_have_no_value():
    power = ag.compile(lambda x, y: x**y)
    assert power(2.0, 3.0) == 8.0
    with np.errstate(invalid="ignore"):
        assert np.isnan(power(-2.0, 0.5))


def test_how_many_share_the_largest_value_is_counted_at_each_call():
    step = ag.compile(lambda x: (np.count_nonzero(x > 1), ag.grad(lambda y: np.max(y))(x)))
    for x, count in (([1.0, 2.0, 3.0, 4.0], 3), ([0.0, 0.0, 0.0, 0.0], 0), ([2.0, 5.0, 5.0, 0.0], 3)):
        found, gradient = step(np.array(x))
        assert found == count
        np.testing.assert_array_equal(gradient, ag.grad(lambda y: np.max(y))(np.array(x)))


def test_composes_with_transforms():
    f = ag.compile(lambda x: np.sum(x**3))
    x = X[0]
    np.testing.assert_allclose(ag.grad(f)(x), 3 * x**2)
    np.testing.assert_allclose(ag.compile(ag.hessian(f))(x), np.diag(6 * x))
    jacobian: Any = ag.jacobian
    same(jacobian(lambda x: np.tanh(x[1:] * x[:-1]) + np.sum(x)), x)
    same(jacobian(lambda x: np.concatenate([x, np.outer(x, x).ravel()])), x)
    same(jacobian(lambda x, A: A.T @ np.sin(A @ x), (0, 1)), x, np.random.default_rng(1).normal(size=(3, 4)))
    same(lambda x: ag.hvp(lambda x: np.sum(np.exp(x) * x), x, x), x)
    same(lambda x: ag.jvp(lambda x: np.exp(x) * x, (x,), (x,)), x)
    outer = ag.compile(lambda x: 2 * f(x))
    np.testing.assert_allclose(outer(x), 2 * np.sum(x**3))


def test_an_array_without_axes_is_another_kind():
    compiled = ag.compile(lambda x, y: np.sum(x * y) + np.size(x))
    for x in (np.array(2.0), np.arange(3.0), np.float64(2.0), np.array(2.0), 3.0, np.ones((1, 1))):
        same(lambda x, y: np.sum(x * y) + np.size(x), x, 3.0, compiled=compiled)


@pytest.mark.parametrize("name", ["alias", *(name for name, row in ROWS.values() if row.arity in (1, 2))])
def test_an_op_of_the_users_may_have_any_name(name):
    """Programs know ops by what they are: one that is called as a built-in op is none."""

    def tripled(x, y):
        return 3 * x + 5 * y

    tripled.__name__ = name
    row = ag.op(elementwise=True)(tripled)
    row.vjp(lambda g, z, x, y: 3 * g)
    row.vjp(lambda g, z, x, y: 5 * g)
    value_and_grad: Any = ag.value_and_grad
    for x, y in ((1.5, 0.0), (np.ones(2), np.zeros(2))):
        same(value_and_grad(lambda x, y: np.sum(row(x, y)), (0, 1)), x, y)
    program = ag.trace(lambda x: np.sum(row(x, 1.0)), np.ones(2))
    np.testing.assert_array_equal(program[program.gradients["x"]].value, [3.0, 3.0])
    assert program[program.result].value == 16.0


def test_two_ops_of_one_name_are_told_apart():
    @ag.op(elementwise=True)
    def sigmoid(x):
        return 2 * x

    sigmoid.vjp(lambda g, z, x: 2 * g)
    with pytest.raises(NotImplementedError, match="two ops are called sigmoid; give one of them another name"):
        ag.source(lambda x: np.sum(sigmoid(ag.sigmoid(x))), np.ones(2))


@pytest.mark.parametrize(
    "name", ["n", "rows", "start", "out", "np", "math", "rebuilt", "float", "len", "min", "sigmoid"]
)
def test_an_argument_may_have_any_name(name, monkeypatch):
    """The written code needs names of its own: that of the number of rows, modules, functions."""
    in_small_blocks(monkeypatch)

    def mean(params, x):
        return np.sum(ag.sigmoid(x) * np.max(x) * params[name]) / len(x) * np.exp(params[name])

    for rows in (5, 700):
        same(ag.value_and_grad(mean), {name: 1.5}, np.linspace(0.0, 1.0, rows))


TYPED = {
    "a gradient of a number": ag.grad(lambda x: ag.relu(x) * np.float64(0.5) if np.ndim(x) == 0 else np.sum(x)),
    "a gradient of ties": ag.grad(lambda x: np.sum(np.fmax(x, 0.5) + np.clip(x, 0, 1)) * np.float64(0.5)),
    "a number times a sum": lambda x: np.sum(x * np.float64(3.0)),
    "a sum of numbers times an array": lambda x: np.sum(3.0) * x,
    "numbers taken out of a sum": lambda x: np.sum(x) * np.float64(0.5) + np.sum(x * x) * np.float64(0.5),
    "numbers taken out of a product": lambda x: np.dot(np.ravel(x) * np.float64(3.0), np.ravel(x)),
    "another shape of a product": lambda x: np.reshape(np.exp(x) * np.float64(3.0), (-1, 1)),
    "equal numbers of masks": lambda x: 2 * (x > 0) + 2 * (x < 1) + (x > 0) / 2 + (x < 1) / 2,
    "sums of masks": lambda x: np.sum(np.reshape(x > 0, (-1, 1)), 1) + np.sum(np.reshape(x < 1, (-1, 1)), 1),
    "a product of masks": lambda x: np.dot(2 * np.ravel(x > 0), 3 * np.ravel(x < 1)) * 1.5,
    "masks that are added": lambda x: np.sum((x > 0) + (x < 1)) * 1.5 + np.dot(np.ravel(x > 0), np.ravel(x < 1)) * 2.0,
    "a mask times a number": lambda x: (x > 0) * 2.0 + np.sum(x > 0) * x,
    "equal numbers of integers": lambda x: 2 * np.sum(x > 0) + 2 * np.sum(x < 1),
}
"""Functions in which numbers and masks have a say in the dtype, or in the value by their dtype."""


@pytest.mark.parametrize("name", TYPED)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_numbers_and_masks_keep_their_dtypes(name, dtype):
    for x in (dtype(0.75), np.linspace(0.1, 0.9, 3).astype(dtype), np.linspace(-1.0, 2.0, 200).astype(dtype)):
        same(TYPED[name], x)


def test_what_was_recorded_for_one_size_is_let_go():
    weights = np.ones(1_000_000)
    compiled = ag.compile(lambda x: np.sum(np.tanh(x) * weights) + np.cumsum(x)[-1])
    x = np.ones(1_000_000)
    tracemalloc.start()
    compiled(x)
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert held < 2**22  # the values of the call have 24 MB


def test_methods_and_attributes():
    model = Model()
    np.testing.assert_array_equal(model.scaled(np.ones(2)), [0.5, 1.0])
    model.scale = np.array([3.0, 4.0])
    np.testing.assert_array_equal(model.scaled(np.ones(2)), [1.5, 2.0])
    model.scale[0] = 5.0
    np.testing.assert_array_equal(model.scaled(np.ones(2)), [2.5, 2.0])


def test_what_is_captured_may_change():
    weights, rate = np.ones(3), 2.0
    large = np.ones(100_000)
    f = ag.compile(lambda x: rate * weights * x)
    g = ag.compile(lambda x: np.sum(large) * x)
    np.testing.assert_array_equal(f(np.ones(3)), [2, 2, 2])
    assert g(1.0) == 100_000
    weights[1], rate, large[7] = 5.0, 3.0, 2.0
    np.testing.assert_array_equal(f(np.ones(3)), [3, 15, 3])
    assert g(1.0) == 100_001


def test_random_numbers_come_from_the_generator():
    def f(x, rng):
        unused = rng.normal()  # drawn all the same
        return x + rng.normal(size=len(x)), rng.permutation(4), 0 * unused

    compiled = ag.compile(f)
    for seed in (0, 1):
        for n in (300, 200):
            expected, given = np.random.default_rng(seed), np.random.default_rng(seed)
            for _ in range(2):
                for a, b in zip(f(Y[:n], expected), compiled(Y[:n], given), strict=True):
                    np.testing.assert_array_equal(a, b)
    with pytest.raises(TypeError, match="pass the generator as an argument"):
        ag.compile(lambda x: x + np.random.normal())(1.0)  # noqa: NPY002


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda x: x if x[0] > 0 else -x, r"asks for a value.*np\.where"),
        (lambda x: float(np.sum(x)), "asks for a value.*outside of the function"),
        (lambda x: x.value, "leave .value out"),
        (lambda x: x[x > 0], r"cannot be compiled: .*np\.where"),
    ],
)
def test_what_asks_for_values_is_an_error(f, message):
    compiled = ag.compile(f)
    for _ in range(2):
        with pytest.raises(TypeError, match=message) as caught:
            compiled(np.ones(3))
    assert any("test_function.py" in note for note in [*getattr(caught.value, "__notes__", ()), str(caught.value)])


def test_wrong_use():
    wrong: Any = 3.0
    with pytest.raises(TypeError, match=r"ag\.compile takes a function"):
        ag.compile(wrong)
    with pytest.raises(ValueError, match="expected threads to be a positive int, got 0"):
        ag.compile(loss, threads=0)
    with pytest.raises(ValueError, match="call it, then ask"):
        _ = ag.compile(loss).source
    with pytest.raises(TypeError, match="hashable"):
        ag.compile(lambda x, y: x)(1.0, {1, 2})


def test_errors_leave_programs_as_they_are():
    compiled = ag.compile(lambda x, y: x @ y)
    expected = compiled(X.T, X)
    for _ in range(2):
        with pytest.raises(ValueError, match="matmul"):
            compiled(X, X)
    np.testing.assert_array_equal(compiled(X.T, X), expected)


def test_it_is_pickled_and_copied():
    assert pickle.loads(pickle.dumps(doubled)) is doubled
    again = pickle.loads(pickle.dumps(ag.compile(np.tanh)))
    np.testing.assert_array_equal(again(X), np.tanh(X))
    assert repr(again).startswith("<compiled ")
    assert compiled_step.__name__ == "step"


def test_the_source_can_be_read_and_stepped_into():
    compiled = ag.compile(ag.value_and_grad(lambda x: np.sum(np.tanh(x))))
    compiled(Y)
    assert compiled._latest
    assert inspect.getsource(compiled._latest.code.run).rstrip() == compiled.source
    assert "np.tanh(x" in compiled.source


def test_threads_call_it_at_once():
    compiled, found = ag.compile(step), {}
    expected = {n: step(PARAMS, X[:n], Y[:n]) for n in range(100, 108)}

    def run(n):
        found[n] = [compiled(PARAMS, X[:n], Y[:n]) for _ in range(20)]

    threads = [threading.Thread(target=run, args=(n,)) for n in expected]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for n, results in found.items():
        for result in results:
            np.testing.assert_allclose(result[0], expected[n][0], rtol=1e-12)


def test_arrays_that_are_offered(monkeypatch):
    f = ag.value_and_grad(lambda x: np.sum(np.tanh(x) ** 2))
    for limit in (None, 0):
        if limit == 0:
            in_small_blocks(monkeypatch)
        compiled, out = ag.compile(f), np.empty_like(Y)
        value, gradient = compiled(Y, out=(None, out))
        assert gradient is out
        np.testing.assert_allclose([value, *gradient], [f(Y)[0], *f(Y)[1]], rtol=1e-12)
        for wrong, message in [
            ((None, np.empty(3)), r"shape \(300,\) in out=, got one of shape \(3,\)"),
            ((None, Y), "shares memory with an argument"),
            ((out,), "of the structure of the result"),
            (
                (None, out.astype(np.float32)),
                "of dtype float64 in out=, which can be written to, got one of dtype float32",
            ),
        ]:
            with pytest.raises(ValueError, match=message):
                compiled(Y, out=wrong)
    assert ag.compile(lambda x, out: x + out)(1.0, out=2.0) == 3.0


def test_a_dataclass_of_arrays_is_offered():
    offered = Pair(np.empty(4), np.empty(3))
    result = ag.compile(lambda x: Pair(2 * x, x[:3], "doubled"))(np.ones(4), out=Pair(offered.a, offered.b, "doubled"))
    assert (result.a is offered.a, result.b is offered.b, result.name) == (True, True, "doubled")
    np.testing.assert_array_equal(offered.a, [2.0, 2.0, 2.0, 2.0])
    np.testing.assert_array_equal(offered.b, [1.0, 1.0, 1.0])


def test_wide_arrays_are_flattened():
    def f(x, y):
        z = np.tanh(x) * y
        return z, np.sum(z * x), ag.grad(lambda x: np.sum(np.tanh(x) * y))(x)

    x = np.random.default_rng(0).normal(size=(3, 400_000))
    compiled = same(f, x, np.cos(x))
    assert "loop_1" in compiled.source
    same(f, np.asfortranarray(x), np.cos(x), compiled=compiled)
    first, second = compiled(x, x), compiled(x, np.sin(x))
    assert not any(np.may_share_memory(a, b) for a in (first[0], first[2]) for b in (x, second[0], second[2]))
    assert np.may_share_memory(first[0], first[2]) is False


def test_intermediate_values_take_no_more_than_blocks():
    f = ag.value_and_grad(lambda w, X: np.sum(np.tanh(X @ w)))
    compiled = ag.compile(f, threads=1)
    X, w = np.random.default_rng(0).normal(size=(400_000, 4)), np.ones(4)
    for most in (2**24, 2**21):  # of a first call, which records, and of others; one value for each row has 3.2 MB
        tracemalloc.start()
        compiled(w, X)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < most


def test_what_is_mapped_to_a_file_is_read_in_blocks(tmp_path):
    rows = 200_000
    mapped = np.memmap(tmp_path / "X", dtype=np.float64, mode="w+", shape=(rows, 4))
    mapped[:] = np.random.default_rng(0).normal(size=(rows, 4))
    mapped.flush()
    mapped = np.memmap(tmp_path / "X", dtype=np.float64, mode="r", shape=(rows, 4))
    f = ag.value_and_grad(lambda w, X: np.sum(np.tanh(X @ w)))
    compiled = ag.compile(f, threads=1)
    tracemalloc.start()
    value, gradient = compiled(np.ones(4), mapped)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    expected = f(np.ones(4), np.array(mapped))
    np.testing.assert_allclose([value, *gradient], [expected[0], *expected[1]], rtol=1e-10)
    assert peak < 2**22
    assert type(gradient) is np.ndarray


LARGER_THAN_MEMORY = """
import resource, sys
import numpy as np
import autograd_lite as ag

rows, columns = 2**23, 64  # 4 GiB of float64
X = np.memmap(sys.argv[1], dtype=np.float64, mode="r", shape=(rows, columns))
resource.setrlimit(resource.RLIMIT_DATA, (2**30, 2**30))
loss = ag.compile(ag.value_and_grad(lambda w, b, X: np.mean(np.tanh(X @ w + b)), (0, 1)), threads=1)
value, (dw, db) = loss(np.ones(columns), 0.5, X)
print(repr(float(value)), repr(float(db)), float(np.abs(dw).max()))
"""


@pytest.mark.deep
def test_data_may_be_larger_than_memory(tmp_path):
    """A file of 4 GiB of zeros, most of which is no place on the disk, under a limit of 1 GiB of memory."""
    path = tmp_path / "X"
    with path.open("wb") as file:
        file.truncate(2**32)
    command = [sys.executable, "-c", LARGER_THAN_MEMORY, str(path)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.stderr == ""
    value, db, dw = map(float, run.stdout.split())
    np.testing.assert_allclose([value, db, dw], [np.tanh(0.5), 1 - np.tanh(0.5) ** 2, 0.0], rtol=1e-12)
