"""Norms of trees, where squares would overflow or vanish too, and gradients that are cut to a limit."""

from collections import namedtuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite.core import trees
from autograd_lite.optim import clip_by_norm, global_norm

Layer = namedtuple("Layer", ["w", "b"])

NORMS = {
    "nothing": ({}, 0.0),
    "a number": (-3.0, 3.0),
    "an integer": ([3, 4], 5.0),
    "zeros": ({"w": np.zeros((2, 3)), "b": 0.0}, 0.0),
    "an empty array": ([np.zeros((0, 2))], 0.0),
    "a tree": ({"layers": [Layer(np.array([[1.0, -2.0]]), 4.0)], "scale": np.array([2.0])}, 5.0),
    "complex": ([np.array([3j, 4.0])], 5.0),
    "large squares": ([3e200, np.array([4e200])], 5e200),
    "small squares": ([3e-200, np.array([4e-200])], 5e-200),
    "subnormal": ([3 * 5e-324, 4 * 5e-324], 5 * 5e-324),
    "large squares in float32": (np.array([3e30, 4e30], np.float32), 5e30),
    "many in float16": (np.full(10_000, 3.0, np.float16), 300.0),
    "infinite": ([1.0, np.array([np.inf])], np.inf),
    "not a number": ([np.nan, np.inf], np.nan),
    "too large": ([1.7e308, 1.7e308], np.inf),
}


@pytest.mark.parametrize("name", NORMS)
def test_norms(name):
    tree, norm = NORMS[name]
    found = global_norm(tree)
    assert type(found) is float
    assert found == pytest.approx(norm, rel=1e-6 if "float32" in name else 1e-15, abs=0.0, nan_ok=True)


@pytest.mark.parametrize("name", [name for name, (_, norm) in NORMS.items() if np.isfinite(norm)])
@pytest.mark.parametrize("share", [0.1, 0.999, 1.001, 10.0])
def test_clipped_to(name, share):
    tree, norm = NORMS[name]
    limit = share * norm or 1.0
    clipped = clip_by_norm(tree, limit)
    assert trees.describe(clipped) == trees.describe(tree)
    for x, y in zip(trees.flatten(clipped)[0], trees.flatten(tree)[0], strict=True):
        assert np.shape(x) == np.shape(y)
        assert np.asarray(x).dtype == np.result_type(y, np.float16) if hasattr(y, "dtype") else np.float64
        if share > 1 or not norm:
            np.testing.assert_array_equal(x, y)
        elif name != "subnormal":  # which has no digits to spare
            rtol = 8 * np.finfo(np.asarray(x).dtype).eps
            np.testing.assert_allclose(x, np.asarray(y) * (limit / norm), rtol=rtol)


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=5), st.floats(1e-3, 1e3))
def test_the_direction_stays(values, limit):
    x = np.array(values)
    y = clip_by_norm({"x": x}, limit)["x"]
    assert np.linalg.norm(y) <= limit * (1 + 1e-12) or np.array_equal(x, y)
    np.testing.assert_allclose(y * np.linalg.norm(x), x * min(np.linalg.norm(x), limit), rtol=1e-12, atol=1e-290)


def test_nothing_is_shared():
    x = np.array([3.0, 4.0])
    for limit in (1.0, 10.0):
        clip_by_norm([x], limit)[0][:] = 0.0
    np.testing.assert_array_equal(x, [3.0, 4.0])


GRADIENTS = {"layers": [Layer(np.ones(2), 1.0), Layer(np.array([1.0, -np.inf, np.nan]), np.nan)], "scale": np.nan}


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        (GRADIENTS, r"^gradients\['layers'\]\[1\]\.w holds -inf \(2 of 3 elements are not finite\).*ag\.debug\(\)$"),
        ({"a": 1.0, "b": np.nan}, r"^gradients\['b'\] holds nan \(1 of 1 elements"),
        (np.inf, r"^gradients holds inf \(1 of 1"),
        ([1.7e308, 1.7e308], "^the norm of the gradients is too large for float64$"),
    ],
    ids=["nested", "a dict", "a number", "too large"],
)
def test_what_is_not_finite_is_named(tree, said):
    with pytest.raises(FloatingPointError, match=said):
        clip_by_norm(tree, 1.0)


@pytest.mark.parametrize("limit", [0.0, -1.0, np.nan, np.inf, "1", None], ids=repr)
def test_limits(limit):
    with pytest.raises(ValueError, match="expected limit to be finite and positive, got"):
        clip_by_norm([1.0], limit)


@pytest.mark.parametrize("f", [global_norm, lambda tree: clip_by_norm(tree, 1.0)])
def test_what_is_no_number(f):
    with pytest.raises(TypeError, match="expected real or complex numbers, got str"):
        f({"w": np.ones(2), "name": "w"})


def test_the_subgradient_at_zero():
    assert ag.grad(lambda x: global_norm([x]) + 3 * x)(0.0) == 3.0


@pytest.mark.parametrize("limit", [0.5, 10.0])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_they_can_be_differentiated(limit, dtype):
    a, b = np.array([0.5, -1.0], dtype), dtype(2.0)

    def f(tree):
        clipped = clip_by_norm(tree, limit)
        assert {x.dtype for x in trees.flatten(clipped)[0]} == {np.dtype(dtype)}
        return np.sum(clipped["a"] ** 2) + 3 * clipped["b"] + global_norm(tree)

    gradient = ag.grad(f)({"a": a, "b": b})
    norm, scale = np.sqrt(5.25), limit / np.sqrt(5.25)
    if limit > norm:
        expected = [2 * a + a / norm, 3 + b / norm]
    else:
        inner = scale**2 * 2 * (a @ a) + scale * 3 * b  # times -x / norm**2: the derivative of the scale
        expected = [scale**2 * 2 * a - inner * a / norm**2 + a / norm, scale * 3 - inner * b / norm**2 + b / norm]
    np.testing.assert_allclose(gradient["a"], expected[0], rtol=1e-5 if dtype is np.float32 else 1e-12)
    np.testing.assert_allclose(gradient["b"], expected[1], rtol=1e-5 if dtype is np.float32 else 1e-12)


def test_the_norm_of_large_complex64_numbers():
    assert global_norm(np.array([3e38 + 3e38j], np.complex64)) == pytest.approx(3e38 * 2**0.5, rel=1e-6)
