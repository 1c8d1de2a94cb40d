"""Hand gradients under pytest: the whole report is the message, and hypothesis finds the simplest wrong point."""

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest

import autograd_lite as ag

numbers = st.floats(-4, 4, width=32).map(float)


def loss(w, x):
    h = np.maximum(w * x, 0)
    return np.square(h)


def right(w, x):
    h = np.maximum(w * x, 0)
    return 2 * h * x


def wrong_below_zero(w, x):
    dh = 2 * np.maximum(w * x, 0) + (w * x < 0)
    return dh * x


def test_a_right_gradient_passes():
    ag.testing.assert_gradient(loss, right, 1.5, 2.0)
    ag.testing.assert_gradient_everywhere(loss, right, numbers, numbers)


def test_a_wrong_one_fails_with_the_report():
    with pytest.raises(AssertionError) as caught:
        ag.testing.assert_gradient(loss, wrong_below_zero, -1.5, 2.0)
    assert "wrong_below_zero, the gradient of loss: WRONG" in str(caught.value)
    assert "dh = 2 * np.maximum(w * x, 0) + (w * x < 0)" in str(caught.value)


def test_the_simplest_wrong_point_is_found():
    ag.testing.assert_gradient(loss, wrong_below_zero, 1.5, 2.0)  # right at this point
    with pytest.raises(AssertionError) as caught:
        ag.testing.assert_gradient_everywhere(loss, wrong_below_zero, numbers, numbers)
    point = str(caught.value).rpartition("point  ")[2]
    w, x = (float(part) for part in point.split(", "))
    assert w * x < 0
    assert abs(w) == abs(x) == 1


def test_a_value_in_the_place_of_a_strategy_is_refused():
    matrix: Any = np.ones((2, 3))
    with pytest.raises(
        TypeError, match=r"a strategy for each argument, got ndarray; write ag\.testing\.arrays\(\(2, 3\)\)"
    ):
        ag.testing.assert_gradient_everywhere(loss, right, matrix, numbers)
