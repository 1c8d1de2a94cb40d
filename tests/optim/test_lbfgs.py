"""L-BFGS against closed forms, over any tree; what SciPy says of how it ended, and errors."""

import sys
from collections import namedtuple
from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.core import trees
from autograd_lite.optim import Minimum, lbfgs
from tests.support.device import to_device

Pair = namedtuple("Pair", ["x", "y"])
X = np.random.default_rng(0).normal(size=(30, 3))
Y = X @ np.array([1.0, -2.0, 0.5]) + 0.25 + 0.1 * np.random.default_rng(1).normal(size=30)


def squares(p, x, y):
    return np.mean((x @ p["weights"] + p["bias"] - y) ** 2)


def rosenbrock(p):
    return (1 - p.x) ** 2 + 100 * (p.y - p.x**2) ** 2


@pytest.fixture(autouse=True)
def scipy():
    return pytest.importorskip("scipy")


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_least_squares(dtype):
    start: dict[str, Any] = {"weights": np.zeros(3, dtype), "bias": dtype(0)}
    found = lbfgs(squares, start, X.astype(dtype), Y.astype(dtype), tolerance=1e-9)
    design = np.column_stack([X, np.ones(30)])
    expected = np.linalg.lstsq(design, Y, rcond=None)[0]
    near = 1e-8 if dtype is np.float64 else 1e-3
    np.testing.assert_allclose([*found.params["weights"], found.params["bias"]], expected, atol=near)
    assert found.params["weights"].dtype == found.params["bias"].dtype == dtype
    assert found.value == float(squares(found.params, X.astype(dtype), Y.astype(dtype)))
    assert found.converged, found.message
    assert 1 < found.iterations < 50
    assert not np.any(start["weights"])


def test_a_valley():
    found = lbfgs(rosenbrock, Pair(-1.2, 1.0), tolerance=1e-8)
    assert type(found.params) is Pair
    assert found.params == pytest.approx((1.0, 1.0), abs=1e-7)
    assert isinstance(found, Minimum)
    with pytest.raises(FrozenInstanceError):
        found.value = 0.0  # type: ignore[misc]


def test_the_tolerance_is_that_of_the_gradient():
    for tolerance in (1e-1, 1e-3, 1e-6):
        found = lbfgs(rosenbrock, Pair(-1.2, 1.0), tolerance=tolerance)
        assert found.converged
        assert max(map(abs, ag.grad(rosenbrock)(found.params))) <= tolerance


def test_as_low_as_rounding_lets_it_be():
    found = lbfgs(rosenbrock, Pair(-1.2, 1.0), tolerance=0.0)
    assert found.params == pytest.approx((1.0, 1.0), abs=1e-9)


def test_too_few_iterations():
    found = lbfgs(rosenbrock, Pair(-1.2, 1.0), iterations=3)
    assert (found.iterations, found.converged) == (3, False)
    assert "ITERATIONS" in found.message


def test_the_gradient_comes_with_the_value():
    """One pass of the loss for each evaluation: SciPy's own differences would take three."""
    seen = []

    def counted(p):
        seen.append(ag.stop_gradient(p))
        return rosenbrock(p)

    found = lbfgs(counted, Pair(-1.2, 1.0))
    assert len(set(seen)) == len(seen) < 2 * found.iterations


def test_a_loss_may_return_its_gradient():
    seen = []

    def both(p, x, y):
        seen.append(p)
        return compiled(p, x, y)

    compiled = ag.compile(ag.value_and_grad(squares))
    start: dict[str, Any] = {"weights": np.zeros(3), "bias": 0.0}
    found = lbfgs(both, start, X, Y, with_gradient=True, tolerance=1e-9)
    expected = lbfgs(squares, start, X, Y, tolerance=1e-9)
    assert found.iterations <= len(seen) < 2 * found.iterations
    np.testing.assert_allclose(ag.ravel(found.params)[0], ag.ravel(expected.params)[0], rtol=0, atol=1e-9)
    with pytest.raises(TypeError, match=r"^expected loss to return a value and its gradient, got float"):
        lbfgs(lambda p: float(rosenbrock(p)), Pair(-1.2, 1.0), with_gradient=True)


def test_the_callback_sees_each_iteration():
    seen: list[tuple[Any, float]] = []
    found = lbfgs(rosenbrock, Pair(-1.2, 1.0), callback=lambda params, value: seen.append((params, value)))
    assert len(seen) == found.iterations
    assert seen[-1] == (found.params, found.value)
    assert [rosenbrock(params) for params, _ in seen] == [value for _, value in seen]
    assert [value for _, value in seen] == sorted((value for _, value in seen), reverse=True)


def test_the_callback_may_end_it():
    def stop(params, value):
        if value < 1.0:
            raise StopIteration

    found = lbfgs(rosenbrock, Pair(-1.2, 1.0), callback=stop)
    assert not found.converged
    assert 0.01 < found.value < 1.0


def logarithm(p):
    return np.sum(np.log(p["scale"]) - p["shift"])


def root(p):
    return np.sum(np.sqrt(p["scale"])) + p["shift"] ** 2


@pytest.mark.parametrize(
    ("loss", "scale", "said"),
    [
        (lambda p: p["shift"] * np.nan, 1.0, r"^lbfgs: the loss is nan in evaluation 1, at params = {'scale': .*1\.0"),
        (logarithm, np.full(1000, -1.0), r"^lbfgs: the loss is nan .*'scale': array\(\[-1\..*\.\.\..*'shift': .*debug"),
        (logarithm, 0.0, r"^lbfgs: the loss is -inf in evaluation 1,"),
        (root, 0.0, r"^lbfgs: the gradient\['scale'\] is inf in evaluation 1,"),
        (logarithm, 1.0, r"^lbfgs: the loss is nan in evaluation [2-9], at params = {'scale': .*-"),
    ],
    ids=["nan", "many", "inf", "gradient", "later"],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_is_not_finite(loss, scale, said):
    with pytest.raises(FloatingPointError, match=said) as raised:
        lbfgs(loss, {"scale": scale, "shift": 0.5})
    assert len(str(raised.value)) < 300


@pytest.mark.parametrize(
    ("params", "options", "error", "said"),
    [
        (1j, {}, TypeError, "a tree of arrays of real numbers to start from, got dtype complex128"),
        ([], {}, TypeError, "a tree of arrays of real numbers to start from, got no numbers"),
        (ag.Tensor(1.0), {}, TypeError, "a tree of arrays of real numbers to start from, got Tensors"),
        ("1", {}, TypeError, "expected real or complex numbers, got str"),
        (1.0, {"iterations": 0}, ValueError, "expected iterations to be a whole number of at least 1, got 0"),
        (1.0, {"tolerance": -1.0}, ValueError, r"expected tolerance to be finite and at least 0, got -1\.0"),
        (1.0, {"tolerance": np.nan}, ValueError, "expected tolerance to be finite and at least 0, got nan"),
    ],
    ids=str,
)
def test_arguments(params, options, error, said):
    with pytest.raises(error, match=said):
        lbfgs(lambda p: p**2, params, **options)


def test_inside_a_transform():
    with pytest.raises(TypeError, match="got Tensors"):
        ag.grad(lambda x: lbfgs(lambda p: p**2, x).value)(1.0)


def test_a_loss_that_is_no_number():
    with pytest.raises(ValueError, match="size"):
        lbfgs(lambda p: p * np.ones(2), 1.0)
    with pytest.raises(
        TypeError, match=r"expected loss to be a function of the parameters, got float; write lbfgs\(loss"
    ):
        lbfgs(3.0, 1.0)  # type: ignore[arg-type]


def test_trees_of_any_kind():
    tree = [{"a": np.ones((2, 2))}, (np.float32(2.0), 3)]
    found = lbfgs(lambda t: np.sum((t[0]["a"] - 1) ** 2) + t[1][0] ** 2 + (t[1][1] - t[1][0]) ** 2, tree)
    assert trees.describe(found.params) == trees.describe(tree)
    assert [x.dtype for x in trees.flatten(found.params)[0]] == [np.float64, np.float32, np.float64]


def test_without_scipy(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(ModuleNotFoundError, match=r'ag\.optim\.lbfgs .* pip install "autograd_lite\[scipy\]"'):
        lbfgs(rosenbrock, Pair(1.0, 1.0))


def test_a_loss_of_size_1_is_a_number():
    assert lbfgs(lambda p: (p - 3.0) ** 2, np.zeros(1)).params == pytest.approx(3.0)


def test_arrays_of_other_libraries_are_not_converted_for_scipy():
    with pytest.raises(TypeError, match=r"SciPy, which takes NumPy's arrays, got tests\.DeviceArray.*write x\.get\(\)"):
        ag.optim.lbfgs(lambda x: np.sum(x * x), to_device(np.ones(2)))
