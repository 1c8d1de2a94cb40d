"""Transforms: what they take and return, nested in any order, held to closed forms."""

from collections import namedtuple
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite.core import backward, toposort
from autograd_lite.core import linearize as call
from autograd_lite.core.trees import flatten

Layer = namedtuple("Layer", ["weights", "bias"])
A = np.random.default_rng(0).normal(size=(3, 3))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def is_plain(tree):
    return not any(isinstance(leaf, ag.Tensor) for leaf in flatten(tree)[0])


def assert_tree(found, expected, atol=1e-14):
    """Same structure, shapes and values; no Tensor."""
    assert is_plain(found)
    leaves, rebuild = flatten(expected)
    for leaf, wanted in zip(flatten(found)[0], leaves, strict=True):
        np.testing.assert_allclose(leaf, wanted, rtol=1e-12, atol=atol)
        assert np.shape(leaf) == np.shape(wanted)
    places = range(len(leaves))
    assert flatten(found)[1](places) == rebuild(places)


class Doubled:
    """A callable object, without a name."""

    def __call__(self, x):
        return 2 * x


class TestArgnums:
    @pytest.mark.parametrize(
        ("argnums", "expected"),
        [
            (0, 12.0),
            (1, 8.0),
            (-1, 6.0),
            (-3, 12.0),
            (np.int64(1), 8.0),
            ((0,), (12.0,)),
            ((2, 0), (6.0, 12.0)),
            ([0, 1], (12.0, 8.0)),
            ((-1, 0), (6.0, 12.0)),
            (range(3), (12.0, 8.0, 6.0)),
            ((), ()),
        ],
        ids=str,
    )
    def test_int_or_sequence(self, argnums, expected):
        f = lambda x, y, z: x * y * z  # noqa: E731
        assert ag.grad(f, argnums)(2.0, 3.0, 4.0) == expected
        assert ag.value_and_grad(f, argnums)(2.0, 3.0, 4.0) == (24.0, expected)
        assert ag.jacobian(f, argnums)(2.0, 3.0, 4.0) == expected

    def test_of_a_hessian(self):
        f = lambda x, y: x * x * y  # noqa: E731
        assert ag.hessian(f, 1)(2.0, 3.0) == 0.0
        assert ag.hessian(f, (0, 1))(2.0, 3.0) == ((6.0, 4.0), (4.0, 0.0))
        assert ag.hessian(f, (-1,))(2.0, 3.0) == ((0.0,),)

    def test_the_other_arguments_are_passed_as_they_are(self):
        seen = []

        def f(x, data, *rest, scale=1.0, **options):
            seen.extend([data, *rest, options])
            return x * scale

        data = object()
        assert ag.grad(f)(2.0, data, "rest", scale=3.0, mode="fast") == 3.0
        assert seen == [data, "rest", {"mode": "fast"}]

    def test_keywords(self):
        f = lambda x, *, scale: np.sum(x * x) * scale  # noqa: E731
        x = np.array([1.0, 2.0])
        np.testing.assert_array_equal(ag.grad(f)(x, scale=3.0), 6 * x)
        np.testing.assert_array_equal(ag.hessian(f)(x, scale=3.0), 6 * np.eye(2))
        assert ag.value_and_grad(f)(x, scale=3.0)[0] == 15.0
        np.testing.assert_array_equal(ag.jacobian(lambda x, scale: x * scale)(x, scale=3.0), 3 * np.eye(2))

    def test_the_same_array_twice(self):
        x = np.array([1.0, 2.0])
        assert_tree(ag.grad(lambda a, b: np.sum(a * b * b), (0, 1))(x, x), (x * x, 2 * x * x))
        assert_tree(ag.grad(lambda p: np.sum(p[0] * p[1] * p[1]))([x, x]), [x * x, 2 * x * x])

    @pytest.mark.parametrize(
        ("f", "expected"),
        [(np.exp, np.exp(0.5)), (partial(np.multiply, 3.0), 3.0), (ag.square, 1.0), (Doubled(), 2.0), (abs, 1.0)],
    )
    def test_any_callable(self, f, expected):
        for transform in (ag.grad, ag.jacobian, lambda f: lambda x: ag.value_and_grad(f)(x)[1]):
            assert transform(f)(0.5) == pytest.approx(expected, rel=1e-14)

    def test_the_wrapped_function_is_named(self):
        def loss(x):
            """Say how bad it is."""
            return x

        for transform in (ag.grad, ag.value_and_grad, ag.jacobian, ag.hessian):
            assert transform(loss).__name__ == "loss"
            assert transform(loss).__doc__ == "Say how bad it is."


TREE: dict[str, Any] = {
    "layers": [Layer(np.array([1.0, 2.0]), 0.5), Layer(np.array([[3.0]]), np.float32(4.0))],
    "scale": (2.0, []),
}


def tree_loss(tree):
    first, second = tree["layers"]
    return tree["scale"][0] * (np.sum(first.weights**2) * first.bias + np.sum(second.weights) * second.bias)


class TestTrees:
    def test_gradient(self):
        expected: dict[str, Any] = {
            "layers": [Layer(np.array([2.0, 4.0]), 10.0), Layer(np.array([[8.0]]), 6.0)],
            "scale": (5 * 0.5 + 12, []),
        }
        found = ag.grad(tree_loss)(TREE)
        assert_tree(found, expected)
        assert [type(layer) for layer in found["layers"]] == [Layer, Layer]
        assert found["layers"][1].bias.dtype == np.float32

    def test_the_function_sees_the_structure_that_was_given(self):
        def f(tree, pair):
            assert type(tree) is dict
            assert [type(layer) for layer in tree["layers"]] == [Layer, Layer]
            assert type(tree["scale"]) is tuple
            assert type(tree["scale"][1]) is list
            assert type(pair) is tuple
            return tree["layers"][0].bias * pair[0]

        value, gradient = ag.value_and_grad(f, (0, 1))(TREE, (3.0, 4.0))
        assert value == 1.5
        assert gradient[1] == (0.5, 0.0)
        assert gradient[0]["layers"][0].bias == 3.0
        np.testing.assert_array_equal(gradient[0]["layers"][0].weights, 0.0)

    def test_values_are_trees_too(self):
        def f(x):
            return {"double": 2 * x, "pair": Layer(x * x, [np.sum(x), 7.0])}

        x = np.array([1.0, 2.0])
        value, pullback = ag.vjp(f, x)
        assert_tree(value, {"double": 2 * x, "pair": Layer(x * x, [3.0, 7.0])})
        (cotangent,) = pullback({"double": x, "pair": Layer(x, [10.0, 5.0])})
        np.testing.assert_array_equal(cotangent, 2 * x + 2 * x * x + 10.0)
        through, tangent = ag.jvp(f, (x,), (x,))
        assert_tree(through, value)
        assert_tree(tangent, {"double": 2 * x, "pair": Layer(2 * x * x, [3.0, 0.0])})
        assert_tree(
            ag.jacobian(f)(x),
            {"double": 2 * np.eye(2), "pair": Layer(2 * np.diag(x), [np.ones(2), np.zeros(2)])},
        )

    def test_jacobian_from_tree_to_tree(self):
        def f(p):
            return [p["a"] * p["b"], np.sum(p["a"]) * np.ones((2, 1))]

        a, b = np.array([1.0, 2.0, 3.0]), 4.0
        expected = [{"a": b * np.eye(3), "b": a}, {"a": np.ones((2, 1, 3)), "b": np.zeros((2, 1))}]
        assert_tree(ag.jacobian(f)({"a": a, "b": b}), expected)

    def test_hessian_and_hvp_of_a_tree(self):
        f = lambda p: np.sum(p["a"] ** 2) * p["b"]  # noqa: E731
        a, b = np.array([1.0, 2.0]), 3.0
        expected = {"a": {"a": 2 * b * np.eye(2), "b": 2 * a}, "b": {"a": 2 * a, "b": 0.0}}
        assert_tree(ag.hessian(f)({"a": a, "b": b}), expected)
        tangent: dict[str, Any] = {"a": np.array([1.0, -1.0]), "b": 2.0}
        product = {"a": 2 * b * tangent["a"] + 2 * a * 2.0, "b": np.sum(2 * a * tangent["a"])}
        assert_tree(ag.hvp(f, {"a": a, "b": b}, tangent), product)

    @pytest.mark.parametrize("tree", [{}, [], (), {"a": []}, Layer((), {})], ids=repr)
    def test_empty_trees(self, tree):
        assert ag.grad(lambda t: 3.0)(tree) == tree

    def test_one_tensor_in_two_places(self):
        def f(x):
            return ag.grad(lambda p: p[0] * p[1] * p[1])([x, x])

        assert_tree(ag.jacobian(f)(3.0), [6.0, 12.0])  # of [x^2, 2 x^2]


class TestPlainResults:
    """Arrays in, arrays out: never a Tensor outside of tracing, and what comes out may be written to."""

    X = np.array([0.5, 1.5])
    RESULTS = {  # noqa: RUF012
        "grad": lambda x: ag.grad(lambda x: np.sum(x * x))(x),
        "value_and_grad": lambda x: ag.value_and_grad(lambda x: (x * x)[:1])(x),
        "vjp": lambda x: next((value, pullback(value)) for value, pullback in [ag.vjp(np.square, x)]),
        "jvp": lambda x: ag.jvp(np.square, (x,), (x,)),
        "jacobian": lambda x: ag.jacobian(np.square)(x),
        "jacobian by columns": lambda x: ag.jacobian(lambda x: np.broadcast_to(x, (3, 2)) * x)(x),
        "hessian": lambda x: ag.hessian(lambda x: np.sum(x * x * x))(x),
        "hvp": lambda x: ag.hvp(lambda x: np.sum(x * x * x), x, x),
        "identity": lambda x: ag.vjp(lambda x: x, x)[0],
        "constant": lambda x: ag.grad(lambda y: 3.0)(x),
        "broadcast": lambda x: ag.grad(lambda x: np.sum(np.broadcast_to(x, (3, 2))))(x),
    }

    @pytest.mark.parametrize("name", RESULTS)
    def test_outside_of_tracing(self, name):
        x = self.X.copy()
        result = self.RESULTS[name](x)
        assert is_plain(result)
        for leaf in flatten(result)[0]:
            if isinstance(leaf, np.ndarray):
                leaf += 1.0
        np.testing.assert_array_equal(x, self.X)

    @pytest.mark.parametrize("name", RESULTS)
    def test_inside_of_tracing(self, name):
        """There results carry the record on, and those of the outer transform are plain again."""

        def total(x):
            return sum(np.sum(leaf) for leaf in flatten(self.RESULTS[name](x))[0])

        found, step = ag.grad(total)(self.X), 1e-6
        assert is_plain(found)
        expected = [(total(self.X + d) - total(self.X - d)) / (2 * step) for d in step * np.eye(2)]
        np.testing.assert_allclose(found, expected, atol=1e-7)

    def test_numbers_are_numpy_scalars(self):
        value, gradient = ag.value_and_grad(lambda x: x * x)(3.0)
        assert type(value) is type(gradient) is np.float64

    def test_a_pullback_that_is_differentiated_later(self):
        x = np.array([1.0, 2.0])
        _, pullback = ag.vjp(lambda x: x * x, x)
        assert_tree(ag.jacobian(lambda u: pullback(u)[0])(np.ones(2)), 2 * np.diag(x))
        assert_tree(ag.grad(lambda u: np.sum(pullback(u * u)[0]))(np.ones(2)), 4 * x)
        assert_tree(ag.hessian(lambda u: np.sum(pullback(u * u)[0]))(np.ones(2)), 4 * np.diag(x))

    def test_a_pullback_may_be_called_many_times(self):
        calls = []

        def f(x):
            calls.append(1)
            return x * x

        _, pullback = ag.vjp(f, 3.0)
        assert [pullback(float(k)) for k in range(3)] == [(0.0,), (6.0,), (12.0,)]
        assert len(calls) == 1

    def test_tensors_in_tensors_out(self):
        """A Tensor of the user's own as an argument: the result is part of its record."""
        w = ag.Tensor(3.0)
        slope = ag.grad(lambda x: x * x * x)(w)
        assert isinstance(slope, ag.Tensor)
        slope.backward()
        assert w.grad == 18.0


class TestDegenerate:
    def test_an_ignored_argument(self):
        f = lambda x, y: np.sum(x * x)  # noqa: E731
        x, y = np.array([1.0, 2.0]), np.ones((2, 3), np.float32)
        found = ag.grad(f, (0, 1))(x, y)
        assert_tree(found, (2 * x, np.zeros((2, 3))))
        assert found[1].dtype == np.float32
        found[1][0, 0] = 1.0
        assert_tree(ag.hessian(f, (0, 1))(x, 5.0), ((2 * np.eye(2), np.zeros((2,))), (np.zeros(2), 0.0)))
        assert_tree(ag.hvp(lambda y: f(x, y), y, y), np.zeros((2, 3)))

    @pytest.mark.parametrize("constant", [3.0, 3, np.float32(3), np.array([3.0])], ids=repr)
    def test_a_constant_result(self, constant):
        x = np.array([1.0, 2.0])
        f = lambda x: constant  # noqa: E731
        value, gradient = ag.value_and_grad(f)(x)
        assert value is constant
        assert_tree(gradient, np.zeros(2))
        assert_tree(ag.hessian(f)(x), np.zeros((2, 2)))
        assert_tree(ag.hvp(f, x, x), np.zeros(2))
        assert_tree(ag.vjp(f, x)[1](constant), (np.zeros(2),))
        assert_tree(ag.jvp(f, (x,), (x,))[1], np.zeros(np.shape(constant)))
        assert_tree(ag.jacobian(f)(x), np.zeros((*np.shape(constant), 2)))

    def test_a_result_that_depends_on_a_leaf_made_inside(self):
        assert ag.grad(lambda x: ag.Tensor(3.0) * x + ag.Tensor(2.0))(5.0) == 3.0
        assert ag.grad(lambda x: ag.Tensor(3.0) * 2.0)(5.0) == 0.0

    @pytest.mark.parametrize("shape", [(1,), (1, 1), ()])
    def test_results_of_size_one(self, shape):
        x = np.array([1.0, 2.0])
        f = lambda x: np.reshape(np.sum(x * x), shape)  # noqa: E731
        value, gradient = ag.value_and_grad(f)(x)
        assert_tree(value, np.full(shape, 5.0))
        assert_tree(gradient, 2 * x)
        assert_tree(ag.hessian(f)(x), 2 * np.eye(2))

    def test_arguments_of_shape_one(self):
        assert_tree(ag.grad(lambda b: b * b)(np.array([3.0])), np.array([6.0]))
        assert_tree(ag.hessian(lambda b: b * b)(np.array([3.0])), np.array([[2.0]]))
        assert_tree(ag.jacobian(lambda b: b * np.ones(2))(np.array([3.0])), np.ones((2, 1)))

    @pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 0)])
    def test_no_elements(self, shape):
        x: Any = np.zeros(shape)
        assert_tree(ag.grad(np.sum)(x), x)
        assert_tree(ag.vjp(np.square, x)[1](x), (x,))
        assert_tree(ag.jvp(np.square, (x,), (x,)), (x, x))
        assert_tree(ag.jacobian(np.square)(x), np.zeros(shape + shape))
        assert_tree(ag.jacobian(np.sum)(x), x)
        assert_tree(ag.jacobian(lambda x: np.sum(x) * np.ones(2))(x), np.zeros((2, *shape)))
        assert_tree(ag.jacobian(lambda y: y * x)(2.0), x)
        assert_tree(ag.hessian(np.sum)(x), np.zeros(shape + shape))

    def test_a_result_that_is_returned_twice(self):
        x = np.array([1.0, 2.0])

        def f(x):
            y = x * x
            return y, y, x, x

        _, pullback = ag.vjp(f, x)
        np.testing.assert_array_equal(pullback((x, 2 * x, x, 3 * x))[0], 2 * x * 3 * x + 4 * x)
        assert_tree(ag.jacobian(f)(x), (2 * np.diag(x), 2 * np.diag(x), np.eye(2), np.eye(2)))
        tangents = ag.jvp(f, (x,), (np.ones(2),))[1]
        assert_tree(tangents, (2 * x, 2 * x, np.ones(2), np.ones(2)))

    def test_two_arguments_with_one_cotangent(self):
        f = lambda x, y: x + y  # noqa: E731
        assert ag.jvp(f, (1.0, 2.0), (10.0, 100.0)) == (3.0, 110.0)
        assert ag.grad(f, (0, 1))(1.0, 2.0) == (1.0, 1.0)

    def test_an_input_that_is_read_only(self):
        x = np.array([1.0, 2.0])
        x.flags.writeable = False
        gradient = ag.grad(np.sum)(x)
        gradient[0] = 5.0


# The lesson's ops and the rest of arithmetic: a function and its second derivative.
SCALARS = {
    "add": (lambda x: ag.add(x * x, x), lambda x: 2.0),
    "subtract": (lambda x: ag.subtract(x, x * x), lambda x: -2.0),
    "multiply": (lambda x: ag.multiply(x, x) * x, lambda x: 6 * x),
    "divide": (lambda x: ag.divide(x, 1 + x), lambda x: -2 / (1 + x) ** 3),
    "divide, by": (lambda x: ag.divide(1.0, x), lambda x: 2 / x**3),
    "power": (lambda x: ag.power(x, 5), lambda x: 20 * x**3),
    "power, exponent": (lambda x: ag.power(2.0, x), lambda x: np.log(2) ** 2 * 2.0**x),
    "power, both": (lambda x: x**x, lambda x: x**x * ((np.log(x) + 1) ** 2 + 1 / x)),
    "power, 0 and 1": (lambda x: x**0 + x**1, lambda x: 0.0),
    "power, 2": (lambda x: x**2, lambda x: 2.0),
    "negative": (lambda x: ag.negative(x * x), lambda x: -2.0),
    "exp": (lambda x: ag.exp(2 * x), lambda x: 4 * np.exp(2 * x)),
    "log": (ag.log, lambda x: -1 / x**2),
    "tanh": (ag.tanh, lambda x: -2 * np.tanh(x) * (1 - np.tanh(x) ** 2)),
    "sigmoid": (ag.sigmoid, lambda x: sigmoid(x) * (1 - sigmoid(x)) * (1 - 2 * sigmoid(x))),
    "square": (ag.square, lambda x: 2.0),
    "relu": (lambda x: ag.relu(x - 1) ** 3, lambda x: 6 * (x - 1) * (x > 1)),
    "maximum": (lambda x: ag.maximum(x, 1.0) ** 3, lambda x: 6 * x * (x > 1)),
    "dot": (lambda x: ag.dot(x, x * x), lambda x: 6 * x),
    "sum": (lambda x: ag.sum(x * x * x), lambda x: 6 * x),
    "mean": (lambda x: ag.mean(x * x * x), lambda x: 6 * x),
    "reshape": (lambda x: ag.reshape(x * x * x, (1,)), lambda x: 6 * x),
    "transpose": (lambda x: ag.transpose(x * x * x), lambda x: 6 * x),
}
VECTORS = {
    "dot": (lambda x: ag.dot(x, ag.dot(A, x)), lambda x: A + A.T),
    "dot, squared": (lambda x: ag.dot(x, x) ** 2, lambda x: 4 * np.dot(x, x) * np.eye(3) + 8 * np.outer(x, x)),
    "matmul": (lambda x: ag.sum(ag.matmul(A, x) ** 2), lambda x: 2 * A.T @ A),
    "matmul, both": (lambda x: ag.matmul(ag.matmul(x, A), x), lambda x: A + A.T),
    "sum": (lambda x: ag.sum(x) ** 3, lambda x: 6 * np.sum(x) * np.ones((3, 3))),
    "mean": (lambda x: ag.mean(x**3), lambda x: np.diag(2 * x)),
    "multiply": (lambda x: ag.sum(ag.multiply(x[:, None], x) * A), lambda x: A + A.T),
    "divide": (lambda x: ag.sum(ag.divide(A, x)), lambda x: np.diag(2 * A.sum(0) / x**3)),
    "add": (lambda x: ag.sum(ag.add(x[:, None], x) ** 2), lambda x: 4 * (3 * np.eye(3) + 1)),
    "subtract": (lambda x: ag.sum(ag.subtract(x[:, None], x) ** 2), lambda x: 4 * (3 * np.eye(3) - 1)),
    "sigmoid": (
        lambda x: ag.sum(ag.sigmoid(x)),
        lambda x: np.diag(sigmoid(x) * (1 - sigmoid(x)) * (1 - 2 * sigmoid(x))),
    ),
    "maximum": (lambda x: ag.sum(ag.maximum(x, x[:, None]) ** 2), lambda x: np.diag([2.0, 6.0, 10.0])),
    "reshape": (lambda x: ag.sum(ag.reshape(x, (3, 1)) * ag.reshape(x, (1, 3)) * A), lambda x: A + A.T),
}
ONE, ONES = np.eye(3), np.ones((3, 3))
SWAP = np.einsum("il,jk->ijkl", ONE, ONE)  # whether (j, i) is (k, l)
MATRICES = {
    "transpose": (lambda x: ag.sum(x * ag.transpose(x)), lambda x: 2 * SWAP),
    "transpose, axes": (lambda x: ag.sum(x * ag.transpose(x, (-1, 0))), lambda x: 2 * SWAP),
    "matmul": (lambda x: ag.sum(ag.matmul(x, A) * x), lambda x: np.einsum("ik,jl->ijkl", ONE, A + A.T)),
    "matmul, trace": (lambda x: ag.sum(ag.matmul(x, x) * ONE), lambda x: 2 * SWAP),
    "sum, axis": (lambda x: ag.sum(ag.sum(x, axis=0) ** 2), lambda x: 2 * np.einsum("ik,jl->ijkl", ONES, ONE)),
    "mean, axis": (
        lambda x: ag.sum(ag.mean(x, axis=1, keepdims=True) ** 2),
        lambda x: 2 / 9 * np.einsum("ik,jl->ijkl", ONE, ONES),
    ),
}


class TestSecondDerivatives:
    @pytest.mark.parametrize("name", SCALARS)
    @pytest.mark.parametrize("x", [0.3, 1.7, 2.5])
    def test_of_numbers(self, name, x):
        f, second = SCALARS[name]
        assert_tree(ag.grad(ag.grad(f))(x), second(x))

    @pytest.mark.parametrize("name", VECTORS)
    def test_of_vectors(self, name):
        self.check(*VECTORS[name], np.array([0.3, 1.7, 2.5]))

    @pytest.mark.parametrize("name", MATRICES)
    def test_of_matrices(self, name):
        self.check(*MATRICES[name], np.random.default_rng(1).normal(size=(3, 3)))

    def check(self, f, second, x):
        v, expected = np.cos(np.arange(x.size)).reshape(x.shape), second(x)
        product = np.tensordot(expected, v, x.ndim)
        assert_tree(ag.grad(lambda x: np.sum(ag.grad(f)(x) * v))(x), product, atol=1e-12)
        assert_tree(ag.hessian(f)(x), expected, atol=1e-12)
        assert_tree(ag.hvp(f, x, v), product, atol=1e-12)
        assert_tree(ag.jvp(ag.grad(f), (x,), (v,))[1], product, atol=1e-12)

    def test_every_op_is_here(self):
        named = {name.split(",")[0] for name in (*SCALARS, *VECTORS, *MATRICES)}
        assert named >= {
            *("dot", "add", "sigmoid", "square", "subtract", "multiply", "divide", "power", "negative", "exp", "log"),
            *("tanh", "relu", "maximum", "sum", "mean", "matmul", "reshape", "transpose"),
        }

    def test_third_and_fourth(self):
        third = ag.grad(ag.grad(ag.grad(lambda x: x**5)))
        assert third(2.0) == 60 * 4.0
        assert ag.grad(third)(2.0) == 120 * 2.0


def by_closure(f, n):
    def partial_derivative(*xs):
        return ag.grad(lambda x: f(*(x if i == n else y for i, y in enumerate(xs))))(xs[n])

    return partial_derivative


PARTIALS = {
    "grad": lambda f, n: ag.grad(f, n),
    "value_and_grad": lambda f, n: lambda *xs: ag.value_and_grad(f, (0, 1))(*xs)[1][n],
    "jacobian": lambda f, n: ag.jacobian(f, n),
    "vjp": lambda f, n: lambda *xs: ag.vjp(f, *xs)[1](1.0)[n],
    "jvp": lambda f, n: lambda *xs: ag.jvp(f, xs, ((1.0, 0.0), (0.0, 1.0))[n])[1],
    "grad by a tangent": lambda f, n: lambda *xs: ag.grad(lambda t: ag.jvp(f, xs, ((t, 0.0), (0.0, t))[n])[1])(0.5),
    "jvp of a pullback": lambda f, n: lambda *xs: ag.jvp(lambda u: ag.vjp(f, *xs)[1](u)[n], (0.5,), (1.0,))[1],
    "by a closure": by_closure,
}


class TestNesting:
    @given(
        st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 3), st.integers(0, 3)), max_size=4),
        st.lists(st.tuples(st.sampled_from(sorted(PARTIALS)), st.integers(0, 1)), max_size=3),
        st.integers(-2, 2),
        st.integers(-2, 2),
    )
    def test_mixed_partials_of_polynomials(self, terms, partials, x, y):
        """Whatever the transforms and their order: exact, since all numbers are small integers."""

        def f(x, y):
            total = 0.0
            for c, i, j in terms:
                product = float(c)
                for factor in [x] * i + [y] * j:
                    product = product * factor
                total = total + product
            return total

        derivative, expected = f, terms
        for name, n in partials:
            derivative = PARTIALS[name](derivative, n)
            expected = [(c * (i, j)[n], i - (n == 0), j - (n == 1)) for c, i, j in expected if (i, j)[n]]
        found = derivative(float(x), float(y))
        assert is_plain(found)
        assert found == sum(c * x**i * y**j for c, i, j in expected)

    @pytest.mark.parametrize(
        ("f", "x", "expected"),
        [
            # perturbation confusion: the inner derivative must not see the outer variable's
            (lambda x: x * ag.grad(lambda y: x + y)(1.0), 1.0, 1.0),
            (lambda x: x * ag.grad(lambda y: x * y)(2.0), 3.0, 6.0),
            (lambda x: x * ag.grad(lambda y: x * y * y)(2.0), 3.0, 24.0),
            (lambda x: ag.grad(lambda y: x * y * y)(3.0), 2.0, 6.0),
            (lambda x: ag.grad(lambda y: (x + y) ** 2)(x), 3.0, 4.0),
            (lambda x: x * ag.jvp(lambda y: x + y, (1.0,), (1.0,))[1], 1.0, 1.0),
            (lambda x: x * ag.jvp(lambda y: x * y, (2.0,), (1.0,))[1], 3.0, 6.0),
            (lambda x: ag.jvp(lambda y: x * y * y, (x,), (x,))[1], 3.0, 54.0),
            (lambda x: x * ag.vjp(lambda y: x * y, 2.0)[1](x)[0], 3.0, 27.0),
            (lambda x: ag.hvp(lambda y: x * y**3, x, x), 2.0, 72.0),
            (lambda x: ag.hessian(lambda y: x * y**3)(x), 2.0, 24.0),
            (lambda x: ag.jacobian(lambda y: x * y**3)(x), 2.0, 36.0),
            # three deep, each closing over all outer variables
            (lambda x: ag.grad(lambda y: ag.grad(lambda z: x * y * z)(1.0) * y)(2.0), 3.0, 4.0),
            (lambda x: ag.grad(lambda y: ag.grad(lambda z: x * y * z)(y) * x)(x), 3.0, 6.0),
            # a result from outside
            (lambda x: ag.value_and_grad(lambda y: x)(1.0)[0], 2.0, 1.0),
            (lambda x: ag.value_and_grad(lambda y: x * x)(1.0)[0], 2.0, 4.0),
            (lambda x: ag.vjp(lambda y: x, 1.0)[0], 2.0, 1.0),
            (lambda x: ag.vjp(lambda y: [x, y], 1.0)[1]([1.0, x])[0], 2.0, 1.0),
            (lambda x: ag.jvp(lambda y: [x, y], (x,), (1.0,))[0][1] * x, 2.0, 4.0),
            (lambda x: ag.grad(lambda y: x)(1.0) + x, 2.0, 1.0),
            # the argument itself
            (lambda x: ag.vjp(lambda y: y * y, x)[1](1.0)[0], 2.0, 2.0),
            (lambda x: ag.value_and_grad(lambda y: y)(x)[0] * x, 2.0, 4.0),
            (lambda x: ag.grad(lambda y: y)(x) * x, 2.0, 1.0),
        ],
    )
    def test_closures(self, f, x, expected):
        for derivative in (
            ag.grad(f),
            ag.jacobian(f),
            lambda x: ag.jvp(f, (x,), (1.0,))[1],
            lambda x: ag.vjp(f, x)[1](1.0)[0],
        ):
            found = derivative(x)
            assert is_plain(found)
            assert found == pytest.approx(expected, rel=1e-14)

    def test_a_leaf_of_the_users_own(self):
        w = ag.Tensor(2.0)
        slope = ag.grad(lambda y: w * y * y)(3.0)
        slope.backward()
        assert w.grad == 6.0
        value, pullback = ag.vjp(lambda y: w * y, 3.0)
        (value + pullback(1.0)[0]).backward()
        assert w.grad == 6.0 + 3.0 + 1.0

    def test_backward_inside_a_transform(self):
        def f(x):
            leaf = ag.Tensor(3.0)
            (leaf * leaf * x.value).backward()
            return x * leaf.grad

        assert ag.grad(f)(2.0) == 12.0

    def test_hvp_of_hvp(self):
        f = lambda x: np.sum(x**4)  # noqa: E731
        x, v, w = np.array([1.0, 2.0]), np.array([1.0, -1.0]), np.array([0.5, 2.0])
        assert_tree(ag.hvp(lambda x: np.sum(w * ag.hvp(f, x, v)), x, w), 24 * w * v * w)

    def test_jacobian_of_grad_is_the_hessian(self):
        f = lambda x: np.sum(x[:, None] * x * A) + x[0] * x[1] * x[2]  # noqa: E731
        x = np.array([0.5, 1.5, -2.0])
        others = np.array([[0, x[2], x[1]], [x[2], 0, x[0]], [x[1], x[0], 0]])
        for hessian in (ag.hessian(f), ag.jacobian(ag.grad(f)), ag.jacobian(ag.jacobian(f))):
            assert_tree(hessian(x), A + A.T + others)

    def test_grad_of_jacobian(self):
        f = lambda x: x[:, None] * x * A  # noqa: E731
        x, c = np.array([0.5, 1.5, -2.0]), np.random.default_rng(2).normal(size=(3, 3, 3))
        # the derivative of x_i x_j A_ij by x_k is (k is i) x_j A_ij + (k is j) x_i A_ij
        expected = np.einsum("iji,ij->j", c, A) + np.einsum("ijj,ij->i", c, A)
        assert_tree(ag.grad(lambda x: np.sum(ag.jacobian(f)(x) * c))(x), expected)

    def test_stop_gradient_holds_for_every_order(self):
        f = lambda x: ag.stop_gradient(x * x) * x  # noqa: E731
        assert ag.grad(f)(3.0) == 9.0
        assert ag.grad(ag.grad(f))(3.0) == 0.0
        assert ag.jvp(f, (3.0,), (1.0,)) == (27.0, 9.0)
        assert ag.grad(lambda x: ag.grad(lambda y: ag.stop_gradient(x) * y * y)(x))(3.0) == 6.0

    def test_stop_gradient_of_a_tree(self):
        def f(p):
            fixed = ag.stop_gradient({"a": p["a"], "b": [p["b"], 2.0, "text"]})
            assert fixed["b"][1:] == [2.0, "text"]
            assert not fixed["a"].flags.writeable
            return np.sum(fixed["a"] * p["a"]) + fixed["b"][0] * p["b"]

        p = {"a": np.array([1.0, 2.0]), "b": 3.0}
        assert_tree(ag.grad(f)(p), p)
        assert ag.stop_gradient(3.0) == 3.0


class TestRecordedOnce:
    @pytest.mark.parametrize("outputs", [1, 3, 7])
    @pytest.mark.parametrize("inputs", [1, 3, 7])
    def test_jacobian(self, inputs, outputs):
        matrix, calls = np.random.default_rng(3).normal(size=(outputs, inputs)), []

        def f(x):
            calls.append(1)
            return np.matmul(matrix, x)

        assert_tree(ag.jacobian(f)(np.ones(inputs)), matrix)
        assert len(calls) == 1

    def test_the_others(self):
        calls = []

        def f(x):
            calls.append(1)
            return np.sum(x**3)

        x = np.arange(1.0, 6.0)
        assert_tree(ag.hessian(f)(x), np.diag(6 * x))
        assert_tree(ag.hvp(f, x, x), 6 * x * x)
        ag.jvp(f, (x,), (x,))
        ag.value_and_grad(f)(x)
        assert len(calls) == 4


class TestLinearTime:
    """Counted in nodes that the backward passes visit, not in seconds."""

    @pytest.fixture
    def visited(self, monkeypatch):
        counts = []
        for module in (toposort, backward, call):
            order = module.order

            def counting(*args, order=order, **kwargs):
                found = order(*args, **kwargs)
                counts.append(len(found[0]))
                return found

            monkeypatch.setattr(module, "order", counting)

        def popping(queue, heappop=backward.heappop):
            counts.append(1)
            return heappop(queue)

        monkeypatch.setattr(backward, "heappop", popping)
        return counts

    @pytest.fixture
    def sweeps(self, monkeypatch):
        calls = []

        def counting(*args, sweep=call.sweep, **kwargs):
            calls.append(1)
            return sweep(*args, **kwargs)

        monkeypatch.setattr(call, "sweep", counting)
        return calls

    @pytest.mark.parametrize(
        "inner",
        [
            lambda x, w: x - 0.1 * ag.grad(lambda y: w * y * y)(x),
            lambda x, w: x - 0.1 * ag.value_and_grad(lambda y: w * y * y * x)(x)[1],
            lambda x, w: x + 0.1 * ag.jvp(lambda y: w * y * y, (x,), (w,))[1],
            lambda x, w: x - 0.1 * ag.vjp(lambda y: w * y * x, x)[1](x)[0],
            lambda x, w: x - 0.1 * ag.hvp(lambda y: w * y**3, x, x),
            lambda x, w: x - 0.1 * ag.grad(lambda y: x * y * y)(0.5),
            lambda x, w: x + 0.1 * ag.jvp(lambda y: x * y * y, (w,), (w,))[1],
            lambda x, w: x - 0.1 * ag.vjp(lambda y: x * y, w)[1](w)[0],
        ],
        ids=["grad", "value_and_grad", "jvp", "vjp", "hvp", "grad, closure", "jvp, closure", "vjp, closure"],
    )
    def test_a_loop_of_inner_gradients(self, visited, inner):
        def descend(n):
            def f(w):
                x = w
                for _ in range(n):
                    x = inner(x, w)
                return x

            visited.clear()
            ag.grad(f)(0.3)
            return sum(visited)

        ten, twenty, thirty = descend(10), descend(20), descend(30)
        assert 0 < thirty - twenty == twenty - ten

    @pytest.mark.parametrize(("inputs", "outputs", "expected"), [(50, 2, 2), (2, 50, 3), (1, 1, 1)])
    def test_a_jacobian_takes_one_sweep_for_each_row_or_column(self, sweeps, inputs, outputs, expected):
        """Whichever are fewer; columns take one more, which is recorded."""
        ag.jacobian(lambda x: np.matmul(np.ones((outputs, inputs)), x))(np.ones(inputs))
        assert len(sweeps) == expected

    def test_what_nobody_asked_for_is_not_computed(self):
        used = []

        @ag.op
        def pair(x, y):
            return np.asarray(x) * np.asarray(y)

        @pair.vjp
        def _(g, z, x, y):
            used.append("x")
            return g * y

        @pair.vjp
        def _(g, z, x, y):
            used.append("y")
            return g * x

        ag.grad(lambda w: np.sum(pair(w, ag.Tensor(np.ones(3)))))(np.ones(3))
        ag.grad(lambda w, v: np.sum(pair(w, v)), 1)(np.ones(3), np.ones(3))
        assert used == ["x", "y"]


class TestComplex:
    """As HIPS autograd has it: the gradient of a real result u(x + iy) is du/dx - i du/dy."""

    Z = np.array([1.0 + 2.0j, -0.5 + 0.25j])

    @pytest.mark.parametrize(
        ("f", "expected"),
        [
            (lambda z: np.sum(np.real(z)), lambda z: np.ones(2)),
            (lambda z: np.sum(np.imag(z)), lambda z: -1j * np.ones(2)),
            (lambda z: np.sum(np.real(z * np.conj(z))), lambda z: 2 * np.conj(z)),
            (lambda z: np.sum(np.abs(z)), lambda z: np.conj(z) / np.abs(z)),
            (lambda z: np.sum(np.real(np.exp(z))), np.exp),
            (lambda z: np.sum(np.imag(z * z * z)), lambda z: -3j * z * z),
        ],
    )
    def test_complex_to_real(self, f, expected):
        found, step = ag.grad(f)(self.Z), 1e-6
        assert found.dtype == np.complex128
        assert_tree(found, expected(self.Z))
        for i, one in enumerate(step * np.eye(2)):
            by_x = (f(self.Z + one) - f(self.Z - one)) / (2 * step)
            by_y = (f(self.Z + 1j * one) - f(self.Z - 1j * one)) / (2 * step)
            assert found[i] == pytest.approx(by_x - 1j * by_y, abs=1e-8)

    @pytest.mark.parametrize(
        ("f", "derivative"),
        [(np.exp, np.exp), (lambda z: z**3, lambda z: 3 * z**2), (lambda z: 1 / z, lambda z: -1 / z**2)],
    )
    def test_holomorphic(self, f, derivative):
        assert_tree(ag.jacobian(f)(self.Z), np.diag(derivative(self.Z)))
        assert_tree(ag.vjp(f, self.Z)[1](np.ones(2)), (derivative(self.Z),))
        assert_tree(ag.jvp(f, (self.Z,), (1j * np.ones(2),))[1], 1j * derivative(self.Z))
        assert_tree(ag.jacobian(lambda z: np.sum(f(z)))(self.Z), derivative(self.Z))

    @pytest.mark.parametrize("n", [1, 2, 3])
    def test_real_to_complex(self, n):
        x, c = np.array([0.5, 1.5]), np.arange(2 * n).reshape(n, 2) + 1j * np.cos(np.arange(2 * n)).reshape(n, 2)
        f = lambda x: np.matmul(c, x) ** 2  # noqa: E731
        expected = 2 * (c @ x)[:, None] * c
        assert_tree(ag.jacobian(f)(x), expected)
        assert_tree(ag.jvp(f, (x,), (np.array([1.0, 0.0]),))[1], expected[:, 0])
        cotangent = ag.vjp(f, x)[1](np.ones(n))[0]
        assert_tree(cotangent, np.sum(expected, 0).real)
        assert cotangent.dtype == np.float64

    @pytest.mark.parametrize("n", [1, 2, 3])
    def test_jacobian_from_complex_to_real_is_the_gradient_of_each(self, n):
        """More outputs than inputs or fewer: which mode computes it does not show."""
        c = np.cos(np.arange(2 * n)).reshape(n, 2)
        f = lambda z: np.matmul(c, np.imag(z * z))  # noqa: E731
        rows = [ag.grad(lambda z, k=k: f(z)[k])(self.Z) for k in range(n)]
        assert_tree(ag.jacobian(f)(self.Z), np.array(rows))
        assert_tree(ag.jacobian(f)(self.Z), -2j * c * self.Z)

    def test_real_and_complex_together(self):
        c, z, x = 1 + 2j, 1 + 1j, 2.0
        f = lambda z, x: (z * x * c, np.real(z) * x)  # noqa: E731
        assert_tree(ag.jacobian(f, (0, 1))(z, x), ((x * c, z * c), (x + 0j, z.real)))
        five = np.ones(5)
        assert_tree(ag.jacobian(lambda z, x: f(z, x)[0] * five, (0, 1))(z, x), (x * c * five, z * c * five))

    def test_dtypes(self):
        z, x = self.Z.astype(np.complex64), np.ones(2, np.float32)
        assert ag.grad(lambda z: np.sum(np.abs(z)))(z).dtype == np.complex64
        assert ag.jacobian(lambda x: x * np.complex64(1j))(x).dtype == np.complex64
        assert ag.grad(lambda x: np.sum(np.abs(x * np.complex64(1j))))(x).dtype == np.float32

    def test_second_order(self):
        """The squared absolute value of x exp(ix) is x^2."""
        f = lambda x: np.abs(np.exp(1j * x) * x) ** 2  # noqa: E731
        assert ag.grad(ag.grad(f))(3.0) == pytest.approx(2.0, rel=1e-12)
        assert ag.hvp(lambda x: np.sum(f(x)), np.array([1.0, 3.0]), np.array([1.0, 2.0])) == pytest.approx([2.0, 4.0])


def test_an_op_may_return_a_python_number():
    @ag.op
    def energy(x):
        return float(np.sum(x**2))

    @energy.vjp
    def _(g, z, x):
        return g * 2 * x

    np.testing.assert_allclose(ag.grad(lambda x: energy(x) ** 2)(np.ones(2)), [8.0, 8.0])


def test_tangents_and_cotangents_go_by_their_keys():
    def f(p):
        return {"sum": np.sum(p["a"]), "product": p["a"] * p["b"]}

    primal = {"a": np.array([1.0, 2.0]), "b": np.array([3.0, 5.0])}
    tangent = {"b": np.array([1.0, 0.0]), "a": np.array([0.0, 10.0])}
    _, pushed = ag.jvp(f, (primal,), (tangent,))
    np.testing.assert_array_equal(pushed["product"], [1.0, 50.0])
    _, pullback = ag.vjp(f, primal)
    (pulled,) = pullback({"product": np.array([1.0, 0.0]), "sum": 2.0})
    np.testing.assert_array_equal(pulled["a"], [5.0, 2.0])
