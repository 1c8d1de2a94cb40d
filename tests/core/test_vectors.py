"""`ravel`: a tree as a vector and back, by values and derivatives."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.core import trees


@dataclass
class Layer:
    w: Any
    b: Any
    name: str = "dense"


F32, C64 = np.float32, np.complex64
TREES: dict[str, tuple[Any, Any, Any]] = {  # with the vector and its dtype
    "array": (np.array([[1.0, 2.0], [3.0, 4.0]]), [1, 2, 3, 4], np.float64),
    "number": (3.0, [3], np.float64),
    "float32": ([F32(1), np.array([2, 3], F32)], [1, 2, 3], np.float32),
    "mixed": ({"a": np.array([[1, 2]], F32), "b": (5.0, [])}, [1, 2, 5], np.float64),
    "complex": ([np.array([1 + 2j], C64), F32(3)], [1 + 2j, 3], np.complex64),
    "integers": ([3, np.array([True, False])], [3, 1, 0], np.float64),
    "dataclass": ([Layer(np.eye(2), 0.5), Layer(np.zeros((0, 2)), 2.0, "last")], [1, 0, 0, 1, 0.5, 2], np.float64),
    "empty": ({"a": []}, [], np.float64),
}


@pytest.mark.parametrize("name", TREES)
def test_there_and_back(name):
    tree, expected, dtype = TREES[name]
    vector, unravel = ag.ravel(tree)
    assert vector.dtype == dtype
    np.testing.assert_array_equal(vector, expected)
    for given in (vector, vector.astype(np.result_type(dtype, np.float64)), list(vector)):
        back = unravel(given)
        leaves, found = trees.flatten(tree)[0], trees.flatten_like(tree, back) or []
        for x, y in zip(leaves, found, strict=True):
            kept = np.asarray(x).dtype if np.asarray(x).dtype.kind in "fc" else np.float64
            np.testing.assert_array_equal(y, np.asarray(x, kept), strict=True)
            assert isinstance(y, np.ndarray) is bool(np.ndim(x))
    if name == "dataclass":
        assert back[1].name == "last"


def test_nothing_is_shared():
    x = np.ones(2)
    vector, unravel = ag.ravel([x])
    (back,) = unravel(vector)
    vector += 1.0
    np.testing.assert_array_equal([x, back], 1.0)


def loss(p):
    return np.sum(np.tanh(p["layer"].w @ p["x"])) * p["layer"].b


POINT: dict[str, Any] = {"x": np.array([0.5, -1.0]), "layer": Layer(np.array([[1.0, 2.0], [0.25, -1.5]]), 3.0)}


class TestDerivatives:
    def test_of_unravel(self):
        vector, unravel = ag.ravel(POINT)
        expected = ag.ravel(ag.grad(loss)(POINT))[0]
        np.testing.assert_array_equal(ag.grad(lambda v: loss(unravel(v)))(vector), expected)
        hessian = ag.hessian(lambda v: loss(unravel(v)))(vector)
        np.testing.assert_allclose(hessian, hessian.T, atol=1e-14)
        along = np.arange(7.0)
        product = ag.ravel(ag.hvp(loss, POINT, unravel(along)))[0]
        np.testing.assert_allclose(hessian @ along, product, rtol=1e-12)

    def test_of_ravel(self):
        c = np.arange(7.0)
        gradient = ag.grad(lambda p: np.sum(c * ag.ravel(p)[0] ** 2))(POINT)
        np.testing.assert_array_equal(ag.ravel(gradient)[0], 2 * c * ag.ravel(POINT)[0])
        by_leaf = ag.jacobian(lambda p: ag.ravel(p)[0])(POINT)
        np.testing.assert_array_equal(by_leaf["layer"].b, np.eye(7)[6])

    def test_of_both_inside(self):
        def f(p):
            vector, unravel = ag.ravel(p)
            return loss(unravel(2.0 * vector))

        vector, unravel = ag.ravel(POINT)
        expected = 2 * ag.ravel(ag.grad(loss)(unravel(2 * vector)))[0]
        np.testing.assert_allclose(ag.ravel(ag.grad(f)(POINT))[0], expected, rtol=1e-12)

    def test_dtypes_of_gradients(self):
        tree: list[Any] = [np.ones(2, F32), C64(1j)]
        vector, unravel = ag.ravel(tree)
        assert vector.dtype == np.complex64
        assert ag.grad(lambda v: np.sum(unravel(v)[0] ** 2))(vector).dtype == np.complex64
        x = np.ones(2, F32)
        assert ag.grad(lambda x: np.sum(ag.ravel([x, 1.0])[0]))(x).dtype == np.float32


@pytest.mark.parametrize("vector", [np.zeros(6), np.zeros(8), np.zeros((7, 1)), 0.0], ids=np.shape)
def test_a_vector_of_another_shape(vector):
    unravel = ag.ravel(POINT)[1]
    with pytest.raises(ValueError, match=r"expected a vector of shape \(7,\), for the tree {'x': \*, .*got one of"):
        unravel(vector)
    with pytest.raises(ValueError, match=r"expected a vector of shape \(7,\)"):
        ag.grad(lambda v: loss(unravel(v)))(np.asarray(vector))


def test_what_is_no_number():
    with pytest.raises(TypeError, match="expected real or complex numbers, got str"):
        ag.ravel({"a": "text"})


def test_in_an_optimiser_of_scipy():
    optimize = pytest.importorskip("scipy.optimize")
    target: dict[str, Any] = {"w": np.array([[1.0, -2.0]]), "b": 0.5}
    f = lambda p: np.sum((p["w"] - target["w"]) ** 2) + (p["b"] - target["b"]) ** 2  # noqa: E731
    start: dict[str, Any] = {"w": np.zeros((1, 2)), "b": 0.0}
    x0, unravel = ag.ravel(start)

    def value_and_slope(x):
        value, gradient = ag.value_and_grad(f)(unravel(x))
        return value, ag.ravel(gradient)[0]

    found = unravel(optimize.minimize(value_and_slope, x0, jac=True, method="L-BFGS-B").x)
    np.testing.assert_allclose(found["w"], target["w"], atol=1e-6)
    np.testing.assert_allclose(found["b"], target["b"], atol=1e-6)
