"""Layers and losses by what defines them: invariances, closed forms, other functions of NumPy, and their errors."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as ag

RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.standard_normal(shape)


@given(st.integers(1, 9), st.integers(1, 4))
def test_one_channel_correlates_as_numpy_does(length, size):
    rng = np.random.default_rng(length)
    x, kernel = rng.standard_normal(length), rng.standard_normal(min(size, length))
    found = ag.conv1d(x[None, None], kernel[None, None])[0, 0]
    np.testing.assert_allclose(found, np.correlate(x, kernel, "valid"), atol=1e-14)


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("size", [1, 2, 3, 4])
@pytest.mark.parametrize("length", [4, 5, 6])
def test_same_padding_has_a_place_for_each_step(length, size, stride):
    z = ag.conv1d(normal(1, 1, length), normal(1, 1, size), stride=stride, padding="same")
    assert z.shape == (1, 1, -(-length // stride))


def test_a_kernel_of_one_element_mixes_channels():
    x, kernel, bias = normal(2, 3, 4, 5), normal(6, 3, 1, 1), normal(6)
    expected = np.einsum("bchw,oc->bohw", x, kernel[:, :, 0, 0]) + bias[:, None, None]
    np.testing.assert_allclose(ag.conv2d(x, kernel, bias), expected, atol=1e-13)


def test_the_gradient_of_a_convolution_is_its_transpose():
    x, kernel = normal(2, 3, 7, 6), normal(4, 3, 3, 2)
    options = {"stride": (2, 1), "padding": (1, 0), "dilation": (1, 2)}
    z, pullback = ag.vjp(lambda x, kernel: ag.conv2d(x, kernel, **options), x, kernel)
    g = normal(*z.shape)
    dx, dkernel = pullback(g)
    np.testing.assert_allclose(np.sum(dx * x), np.sum(g * z))
    np.testing.assert_allclose(np.sum(dkernel * kernel), np.sum(g * z))


def test_a_convolution_keeps_float32_and_its_inputs():
    x, kernel = normal(1, 2, 5).astype("f4"), normal(2, 2, 3).astype("f4")
    before = x.copy()
    dx, dkernel = ag.grad(lambda x, k: np.sum(np.square(ag.conv1d(x, k, padding=1))), (0, 1))(x, kernel)
    assert dx.dtype == dkernel.dtype == np.float32
    np.testing.assert_array_equal(x, before)


def test_pooling_everything_is_a_reduction():
    x = normal(2, 3, 4, 5)
    np.testing.assert_array_equal(ag.max_pool2d(x, (4, 5))[..., 0, 0], x.max(axis=(-2, -1)))
    np.testing.assert_allclose(ag.avg_pool2d(x, (4, 5))[..., 0, 0], x.mean(axis=(-2, -1)))


def test_padding_is_never_the_largest_and_counts_as_zero_in_a_mean():
    x = np.array([-1.0, -2.0, -3.0])
    np.testing.assert_array_equal(ag.max_pool1d(x, 2, padding=1), [-1, -2])
    np.testing.assert_array_equal(ag.avg_pool1d(x, 2, padding=1), [-0.5, -2.5])


def test_ties_of_a_window_share_alike():
    g = ag.grad(lambda x: np.sum(ag.max_pool1d(x, 4)))(np.array([1.0, 3.0, 3.0, 3.0]))
    np.testing.assert_allclose(g, [0, 1 / 3, 1 / 3, 1 / 3])


def test_standardized_values_forget_offset_and_scale():
    x = normal(3, 50)
    z = ag.standardize(x, eps=0.0)
    np.testing.assert_allclose(z.mean(axis=-1), 0, atol=1e-14)
    np.testing.assert_allclose(z.var(axis=-1), 1)
    np.testing.assert_allclose(ag.standardize(5 * x + 7, eps=0.0), z, atol=1e-12)
    gradient = ag.grad(lambda x: np.sum(normal_like(x) * ag.standardize(x, eps=0.0)))(x)
    np.testing.assert_allclose(gradient.sum(axis=-1), 0, atol=1e-12)
    np.testing.assert_allclose(np.sum(gradient * x, axis=-1), 0, atol=1e-12)


def normal_like(x):
    return np.random.default_rng(1).standard_normal(x.shape)


def test_a_constant_row_is_standardized_without_nan():
    x = np.full((2, 3), 4.0)
    np.testing.assert_array_equal(ag.layer_norm(x), 0)
    assert np.isfinite(ag.grad(lambda x: np.sum(normal_like(x) * ag.layer_norm(x)))(x)).all()


def test_gains_and_biases_are_differentiated():
    x, gain, bias = normal(2, 3), normal(3), normal(3)
    dgain, dbias = ag.grad(lambda a, b: np.sum(ag.layer_norm(x, a, b)), (0, 1))(gain, bias)
    np.testing.assert_allclose(dgain, ag.standardize(x).sum(axis=0))
    np.testing.assert_array_equal(dbias, 2)
    scaled = ag.grad(lambda a: np.sum(ag.rms_norm(x, a)))(gain)
    np.testing.assert_allclose(scaled, ag.rms_norm(x).sum(axis=0))


def test_dropout_keeps_the_mean_and_repeats_itself():
    x = np.ones(100_000)
    z = ag.dropout(x, 0.2, rng=3)
    assert set(np.unique(z)) == {0.0, 1.25}
    assert z.mean() == pytest.approx(1, abs=0.01)
    np.testing.assert_array_equal(z, ag.dropout(x, 0.2, rng=3))
    rng = np.random.default_rng(3)
    np.testing.assert_array_equal(z, ag.dropout(x, 0.2, rng=rng))
    assert not np.array_equal(z, ag.dropout(x, 0.2, rng=rng))


def test_the_gradient_drops_what_dropout_dropped():
    x = normal(1000)
    g = ag.grad(lambda x: np.sum(ag.dropout(x, 0.5, rng=1)))(x)
    np.testing.assert_array_equal(g * x, ag.dropout(x, 0.5, rng=1))


@pytest.mark.parametrize(("rate", "expected"), [(0.0, 1.0), (1.0, 0.0)])
def test_dropout_of_nothing_and_of_everything(rate, expected):
    np.testing.assert_array_equal(ag.dropout(np.ones(5), rate, rng=0), expected)


def test_labels_are_one_hot_probabilities():
    logits, labels = normal(5, 4), np.array([0, 3, 1, 1, 2])
    hard = ag.cross_entropy(logits, labels)
    np.testing.assert_allclose(hard, ag.cross_entropy(logits, ag.one_hot(labels, 4)))
    np.testing.assert_allclose(hard, ag.cross_entropy(logits.T, labels, axis=0))
    gradient = ag.grad(lambda x: np.sum(ag.cross_entropy(x, labels)))(logits)
    np.testing.assert_allclose(gradient, ag.softmax(logits) - np.eye(4)[labels], atol=1e-15)


def test_an_impossible_class_is_no_nan():
    logits = np.array([-np.inf, 1.0, 2.0])
    assert ag.cross_entropy(logits, np.array([0.0, 0.5, 0.5])) == pytest.approx(np.log1p(np.e) - 0.5)
    assert np.isfinite(ag.grad(ag.cross_entropy)(logits, np.array([0.0, 0.5, 0.5]))).all()
    assert np.isfinite(ag.grad(ag.cross_entropy)(logits, 1)).all()


def test_two_classes_are_one_logit():
    logit = normal(6)
    two = np.stack([np.zeros(6), logit], axis=-1)
    for label in (0, 1):
        expected = ag.cross_entropy(two, np.full(6, label))
        np.testing.assert_allclose(ag.binary_cross_entropy(logit, float(label)), expected)


def test_a_query_that_may_look_nowhere_gives_zeros():
    query, key, value = normal(2, 3), normal(4, 3), normal(4, 2)
    mask = np.array([[True, True, False, False], [False] * 4])

    def attended(query, key, value):
        return ag.attention(query, key, value, mask)

    z = attended(query, key, value)
    np.testing.assert_array_equal(z[1], 0)
    np.testing.assert_allclose(z[0], ag.attention(query, key[:2], value[:2])[0])
    for g in ag.grad(lambda *args: np.sum(attended(*args)), (0, 1, 2))(query, key, value):
        assert np.isfinite(g).all()


ERRORS = {
    "conv1d() takes x of shape (batch, channels, length)": lambda: ag.conv1d(normal(3, 5), normal(1, 3, 2)),
    "got shapes (1, 2, 5, 5) and (1, 3, 2, 2)": lambda: ag.conv2d(normal(1, 2, 5, 5), normal(1, 3, 2, 2)),
    "a bias of shape (4,), one for each output channel; got (3,)": lambda: ag.conv1d(
        normal(1, 2, 5), normal(4, 2, 2), normal(3)
    ),
    "stride= an int of at least 1, got 0": lambda: ag.conv1d(normal(1, 1, 5), normal(1, 1, 2), stride=0),
    "padding= an int or 2 ints of at least 0, got (1, 2, 3)": lambda: ag.conv2d(
        normal(1, 1, 5, 5), normal(1, 1, 2, 2), padding=(1, 2, 3)
    ),
    "padding= an int of at least 0, got 'full'": lambda: ag.conv1d(normal(1, 1, 5), normal(1, 1, 2), padding="full"),
    "does not fit into (3,)": lambda: ag.conv1d(normal(1, 1, 3), normal(1, 1, 2), dilation=3),
    "at least 2 axes, got shape (3,)": lambda: ag.max_pool2d(normal(3), 2),
    "less padding than the size": lambda: ag.max_pool1d(normal(6), 2, padding=2),
    "integer labels of shape (2,), or probabilities of shape (2, 3); got int64 labels of shape (3,)": lambda: (
        ag.cross_entropy(normal(2, 3), np.array([0, 1, 2]))
    ),
    "labels from 0 to 2, got labels from -1 to 1": lambda: ag.cross_entropy(normal(2, 3), np.array([-1, 1])),
    "one_hot() of 2 classes takes labels from 0 to 1, got labels from 0 to 2": lambda: ag.one_hot(np.arange(3), 2),
    "a rate from 0 to 1, got 1.5": lambda: ag.dropout(normal(3), 1.5, rng=0),
    "approximate=None or 'tanh', got 'none'": lambda: ag.gelu(normal(3), approximate="none"),
    "an axis of even length, got shape (3,)": lambda: ag.glu(normal(3)),
}


@pytest.mark.parametrize("message", ERRORS)
def test_errors_say_what_was_expected(message):
    with pytest.raises(ValueError, match=re.escape(message)):
        ERRORS[message]()


def test_errors_of_type_say_what_was_expected():
    with pytest.raises(TypeError, match="integer labels, got float64"):
        ag.one_hot(np.array([1.0]), 2)
    with pytest.raises(TypeError, match="without it no run could be repeated"):
        ag.dropout(normal(3), rng=None)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="a mask of booleans"):
        ag.attention(normal(2, 3), normal(2, 3), normal(2, 3), np.zeros((2, 2)))
