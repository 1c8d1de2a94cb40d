"""First weights: their variance by what the papers derive it from, their distribution, and errors."""

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.optim import glorot, he

each = pytest.mark.parametrize("make", [glorot, he])
either = pytest.mark.parametrize("distribution", ["normal", "uniform"])
SHAPES: dict[str, Any] = {  # with the fan-in and the fan-out
    "matrix": ((300, 200), 300, 200),
    "vector": ((50_000,), 50_000, 1),
    "number of inputs": (50_000, 50_000, 1),
    "conv1d": ((60, 40, 20), 40 * 20, 60 * 20),
    "conv2d": ((50, 40, 5, 4), 40 * 5 * 4, 50 * 5 * 4),
}


@each
@either
@pytest.mark.parametrize("name", SHAPES)
def test_the_variance(make, distribution, name):
    shape, fan_in, fan_out = SHAPES[name]
    variance = 2 / fan_in if make is he else 2 / (fan_in + fan_out)
    w = make(shape, np.random.default_rng(0), distribution=distribution)
    assert w.shape == np.zeros(shape).shape
    assert w.dtype == np.float64
    kurtosis = 3 if distribution == "normal" else 9 / 5
    assert abs(np.mean(w)) < 5 * np.sqrt(variance / w.size)
    assert abs(np.var(w) / variance - 1) < 5 * np.sqrt((kurtosis - 1) / w.size)
    assert np.mean(w**4) == pytest.approx(kurtosis * variance**2, rel=0.1)
    if distribution == "uniform":
        assert np.sqrt(3 * variance) * 0.999 < np.max(np.abs(w)) <= np.sqrt(3 * variance)


@each
@pytest.mark.parametrize(
    ("shape", "fan_in", "fan_out"),
    [(2, 2, 1), ((2,), 2, 1), ((2, 3), 2, 3), ((2, 3, 5), 15, 10), ((2, 3, 5, 7), 105, 70)],
)
def test_fans(make, shape, fan_in, fan_out):
    variance = 2 / fan_in if make is he else 2 / (fan_in + fan_out)
    normal, uniform = np.random.default_rng(0), np.random.default_rng(0)
    np.testing.assert_allclose(
        make(shape, np.random.default_rng(0)), np.sqrt(variance) * normal.normal(size=shape), rtol=1e-14
    )
    np.testing.assert_allclose(
        make(shape, np.random.default_rng(0), distribution="uniform"),
        np.sqrt(3 * variance) * uniform.uniform(-1, 1, size=shape),
        atol=1e-15,  # low + (high - low) * u rounds at the size of the bound
        rtol=0,
    )


LAYERS = {
    "matrix": (lambda x, w: x @ w, (400, 100), (100, 100)),
    "conv2d": (lambda x, w: ag.conv2d(x, w, padding="same"), (8, 16, 12, 12), (16, 16, 3, 3)),
    "conv1d": (lambda x, w: ag.conv1d(x, w, padding="same"), (20, 16, 200), (16, 16, 5)),
}


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize(("make", "activation"), [(he, ag.relu), (glorot, lambda z: z)], ids=["he", "glorot"])
def test_signals_keep_their_size(name, make, activation):
    """Ten layers would change it a thousandfold, were the fan-in or the factor wrong by two; edges lose a little."""
    layer, data, weights = LAYERS[name]
    rng = np.random.default_rng(1)
    x = rng.normal(size=data)
    first = np.mean(x**2)
    for _ in range(10):
        x = activation(layer(x, make(weights, rng)))
    lost = (1 if name == "matrix" else 0.2) * (1 if make is glorot else 0.5)
    assert lost / 2 < np.mean(x**2) / first < 2


@each
@either
def test_dtypes_round_the_same_numbers(make, distribution):
    draws = {dtype: make((4, 3), np.random.default_rng(0), distribution=distribution, dtype=dtype) for dtype in "efd"}
    for dtype, w in draws.items():
        assert w.dtype == np.dtype(dtype)
        np.testing.assert_array_equal(w, draws["d"].astype(dtype))


@each
def test_the_generator_goes_on(make):
    rng, same = np.random.default_rng(0), np.random.default_rng(0)
    first, second = make((2, 2), rng), make((2, 2), rng)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(make((2, 2), same), first)
    np.testing.assert_array_equal(make([2, 2], same), second)


@each
@pytest.mark.parametrize(
    ("rng", "said"),
    [
        (7, r"expected rng to be a generator of random numbers, got 7; make one, np\.random\.default_rng\(7\), and"),
        (None, r"got None; make one, np\.random\.default_rng\(0\), and pass it to every call"),
        (np.random.RandomState(0), r"got RandomState\(MT19937\).*make one, np\.random\.default_rng\(0\)"),
    ],
    ids=["seed", "None", "RandomState"],
)
def test_generators(make, rng, said):
    with pytest.raises(TypeError, match=said):
        make((2, 2), rng)


@each
def test_the_shape_comes_first(make):
    with pytest.raises(TypeError, match=rf"expected the shape first, .* write {make.__name__}\(shape, rng\)"):
        make(np.random.default_rng(0), (2, 2))


@each
@pytest.mark.parametrize("shape", [0, (3, 0), (-1, 2), (2.0, 2), "22", None], ids=repr)
def test_shapes(make, shape):
    with pytest.raises(ValueError, match="expected each axis of shape to be a whole number of at least 1, got"):
        make(shape, np.random.default_rng(0))


@each
def test_a_single_number(make):
    with pytest.raises(ValueError, match=r"a shape with at least one axis, got \(\)"):
        make((), np.random.default_rng(0))


@each
def test_distributions_and_dtypes(make):
    with pytest.raises(ValueError, match="expected distribution to be 'normal' or 'uniform', got 'gaussian'"):
        make(3, np.random.default_rng(0), distribution="gaussian")
    with pytest.raises(TypeError, match="expected a dtype of floating-point numbers, got int64"):
        make(3, np.random.default_rng(0), dtype=np.int64)
