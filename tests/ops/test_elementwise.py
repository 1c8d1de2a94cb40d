"""Elementwise rules where they are hard: at kinks, at infinities, far out, and where naive formulas cancel."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite.core.tensor import raw
from autograd_lite.ops.samples import Domain
from autograd_lite.testing import check_op
from tests.support.kinks import KINKS

INF = math.inf


def nested(f, order):
    for _ in range(order):
        f = ag.grad(f)
    return f


def reciprocal_root(x):
    """1 / sqrt(1 - x**2) of a float, whose difference from 1 is exact as a fraction."""
    return 1 / math.sqrt((1 - Fraction(x)) * (1 + Fraction(x)))


TINY_STEP = 1 - 2.0**-40

STEEP_OR_FAR = [  # function, point, derivative
    (np.expm1, -40.0, math.exp(-40)),
    (np.log1p, 1e-20, 1.0),
    (np.log1p, -1 + 2.0**-40, 2.0**40),
    (np.log2, 2.0**-1000, 2.0**1000 / math.log(2)),
    (np.log10, 1e300, 1e-300 / math.log(10)),
    (np.cbrt, -1e-300, 1e200 / 3),
    (np.arctan, 1e200, 0.0),
    (np.arctan, -1e100, 1e-200),
    (np.arcsinh, 1e200, 1e-200),
    (np.arccosh, 1e200, 1e-200),
    (np.arccosh, 1 + 2.0**-40, 1 / math.sqrt(2.0**-40 * (2 + 2.0**-40))),
    (np.arcsin, TINY_STEP, reciprocal_root(TINY_STEP)),
    (np.arccos, -TINY_STEP, -reciprocal_root(TINY_STEP)),
    (np.arctanh, TINY_STEP, 1 / (2.0**-40 * (2 - 2.0**-40))),
    (np.sinc, 1e-9, -1e-9 * math.pi**2 / 3),
    (np.i0, 1e-9, 5e-10),
    (lambda x: np.hypot(x, 1e200), 1e200, math.sqrt(0.5)),
    (lambda x: np.hypot(x, 1e-200), 1e-200, math.sqrt(0.5)),
    (lambda x: np.arctan2(x, 1e200), 1e200, 5e-201),
    (lambda x: np.logaddexp(x, 1e6), 1e6 + 1, 1 / (1 + math.exp(-1))),
    (lambda x: np.logaddexp2(x, 1e6), 1e6 + 1, 2 / 3),
    (lambda x: np.logaddexp(x, 0), -700.0, math.exp(-700)),
    (lambda x: np.fmod(0.3, x), 0.1, -2.0),
    (lambda x: np.remainder(-1.0, x), 1e20, 1.0),
    (ag.sigmoid, -700.0, math.exp(-700)),
    (ag.softplus, -700.0, math.exp(-700)),
    (ag.softplus, 1e300, 1.0),
    (ag.log_sigmoid, 700.0, math.exp(-700)),
    (ag.log_sigmoid, -1e300, 1.0),
    (ag.silu, 1e300, 1.0),
    (ag.silu, -1e300, 0.0),
    (ag.gelu, 1e300, 1.0),
    (ag.gelu, -1e300, 0.0),
    (lambda x: ag.gelu(x, approximate="tanh"), -1e300, 0.0),
    (lambda x: ag.gelu(x, approximate="tanh"), 1e300, 1.0),
    (ag.mish, -1e300, 0.0),
    (ag.softsign, 1e200, 0.0),
    (ag.softsign, 1e100, 1e-200),
    (ag.elu, -700.0, math.exp(-700)),
    (ag.log_cosh, 1e-9, 1e-9),
    (ag.log_cosh, 1e300, 1.0),
    (lambda x: ag.huber(x, 0.0), 1e300, 1.0),
    (lambda x: ag.binary_cross_entropy(x, 1.0), 700.0, -math.exp(-700)),
    (lambda x: ag.binary_cross_entropy(x, 0.0), -700.0, math.exp(-700)),
]


@pytest.mark.parametrize(("f", "x", "expected"), STEEP_OR_FAR)
def test_no_digit_is_lost_far_out_and_nothing_overflows(f, x, expected):
    assert ag.grad(f)(x) == pytest.approx(expected, rel=1e-13, abs=1e-320)


@pytest.mark.parametrize(("f", "x", "expected"), KINKS)
def test_subgradients(f, x, expected):
    np.testing.assert_array_equal(ag.grad(f)(x), expected)


@pytest.mark.parametrize("order", [2, 3])
@pytest.mark.parametrize("f", [f for f, x, _ in KINKS if math.isfinite(x)])
def test_higher_orders_at_kinks_are_finite(f, order):
    x = next(x for g, x, _ in KINKS if g is f)
    assert math.isfinite(nested(f, order)(x))


@pytest.mark.parametrize("steep", [np.sqrt, np.cbrt, lambda x: x**0.5])
def test_an_infinite_derivative_says_so_and_stays_in_its_place(steep):
    x = np.array([0.0, 4.0])
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        rows = ag.jacobian(steep)(x)
    np.testing.assert_array_equal(rows, [[INF, 0], [0, rows[1, 1]]])
    assert math.isfinite(rows[1, 1])


@pytest.mark.parametrize("choose", [ag.relu, lambda x: np.maximum(x, 0), lambda x: np.clip(x, 0, None)])
def test_infinite_cotangents_stop_at_what_was_not_chosen(choose):
    _, pullback = ag.vjp(choose, np.array([-1.0, 2.0]))
    np.testing.assert_array_equal(pullback(np.array([INF, 1.0]))[0], [0.0, 1.0])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble, np.complex64])
def test_what_is_not_chosen_gives_zeros_of_the_dtype(dtype):
    x = np.array([1, 2, 3], dtype)
    g = ag.grad(lambda x: np.real(np.sum(np.where(np.real(x) > 1, x, 0))))(x)
    assert g.dtype == dtype
    np.testing.assert_array_equal(g, [0, 1, 1])


SMOOTH = (np.tanh, np.sinc, np.i0, ag.sigmoid, ag.softplus, ag.gelu, ag.silu, ag.log_cosh, ag.softsign, ag.normal_cdf)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("f", SMOOTH)
def test_third_derivatives_keep_the_precision_of_the_input(f, dtype):
    third = nested(lambda x: f(x), 3)(dtype(0.75))
    assert type(third) is dtype
    assert third == pytest.approx(float(nested(lambda x: f(x), 3)(0.75)), rel=float(2e3 * np.finfo(dtype).eps))


FIFTH: dict[Any, list[float]] = {  # derivatives of orders 0 to 5 at 0, of Taylor coefficients
    np.sinc: [1, 0, -(math.pi**2) / 3, 0, math.pi**4 / 5, 0],
    np.i0: [1, 0, 1 / 2, 0, 3 / 8, 0],
    ag.sigmoid: [1 / 2, 1 / 4, 0, -1 / 8, 0, 1 / 4],
    ag.log_cosh: [0, 0, 1, 0, -2, 0],
    np.arctan: [0, 1, 0, -2, 0, 24],
    np.arcsinh: [0, 1, 0, -1, 0, 9],
}


@pytest.mark.parametrize("order", range(6))
@pytest.mark.parametrize("f", FIFTH)
def test_derivatives_of_high_order_are_those_of_the_taylor_series(f, order):
    assert nested(lambda x: f(x), order)(0.0) == pytest.approx(FIFTH[f][order], rel=1e-13, abs=1e-15)


@given(x=st.floats(-36, 36), scale=st.sampled_from([1.0, 1e-3]))
def test_normal_cdf_keeps_its_digits_in_the_tail(x, scale):
    x = x * scale
    exact = math.erfc(-x / math.sqrt(2)) / 2
    assert ag.normal_cdf(x) == pytest.approx(exact, rel=1e-15 * (1 + x * x))


@given(x=st.floats(-1e300, 1e300))
def test_the_quick_gelu_is_close(x):
    assert ag.gelu(x, approximate="tanh") == pytest.approx(ag.gelu(x), abs=5e-4, rel=1e-12)


@given(st.lists(st.floats(-30, 30), min_size=1, max_size=6), st.sampled_from([0.0, 1e5, -1e5]))
def test_shifting_all_elements_shifts_logsumexp_and_no_probability(x, shift):
    x = np.round(np.array(x), 6)
    np.testing.assert_allclose(ag.softmax(x + shift), ag.softmax(x), rtol=1e-9)
    np.testing.assert_allclose(ag.logsumexp(x + shift), ag.logsumexp(x) + shift, atol=1e-10, rtol=1e-14)
    np.testing.assert_allclose(np.sum(ag.softmax(x + shift)), 1, rtol=1e-14)
    np.testing.assert_allclose(ag.grad(ag.logsumexp)(x + shift), ag.softmax(x), rtol=1e-9)


@pytest.mark.parametrize("f", [ag.softmax, ag.log_softmax, ag.logsumexp])
def test_impossible_events_are_no_nan(f):
    x = np.array([[-INF, 0.0, 1.0], [-INF, -INF, -INF]])
    value = f(x, axis=1)
    assert not np.isnan(value).any()
    gradient = ag.grad(lambda x: np.sum(np.where(np.isfinite(value), f(x, axis=1), 0)))(x)
    assert np.isfinite(gradient).all()
    np.testing.assert_array_equal(gradient[:, 0], 0)
    np.testing.assert_array_equal(gradient[1], 0)


def test_operators_are_pythons():
    t = ag.Tensor([7.0, -7.0])
    np.testing.assert_array_equal((t % 3).value, [1.0, 2.0])
    np.testing.assert_array_equal((10 % t).value, [3.0, -4.0])
    np.testing.assert_array_equal(t // 3, [2.0, -3.0])
    np.testing.assert_array_equal(10 // t, [1.0, -2.0])
    quotient, rest = divmod(t, 3)
    np.testing.assert_array_equal(quotient * 3 + rest.value, t.value)
    np.testing.assert_array_equal((+t).value, t.value)
    assert type(quotient) is np.ndarray


def test_parts_of_numbers_put_together_are_the_numbers():
    t = ag.Tensor([2.75, -0.3])
    fraction, whole = np.modf(t)
    np.testing.assert_array_equal((fraction + whole).value, t.value)
    mantissa, exponent = np.frexp(t)
    np.testing.assert_array_equal(np.ldexp(mantissa, exponent).value, t.value)
    assert exponent.dtype.kind == "i"


def test_clip_is_spelled_in_every_way_of_numpy():
    x, low = np.array([-2.0, 0.5, 2.0]), ag.Tensor([-1.0, 1.0, 1.0])
    clip = np.clip if np.lib.NumpyVersion(np.__version__) >= "2.1.0" else ag.clip  # without min= before
    for call in (
        lambda t: np.clip(t, low, 1.5),
        lambda t: np.clip(t, a_min=low, a_max=1.5),
        lambda t: clip(t, min=low, max=1.5),
        lambda t: t.clip(low, 1.5),
        lambda t: t.clip(min=low, max=1.5),
    ):
        np.testing.assert_array_equal(call(ag.Tensor(x)).value, [-1.0, 1.0, 1.5])
    np.testing.assert_array_equal(np.clip(x, low, 1.5).value, [-1.0, 1.0, 1.5])
    with pytest.raises(ValueError, match="not both"):
        clip(low, 0, 1, min=0)


def test_where_with_a_condition_alone_lists_the_places():
    t = ag.Tensor([0.0, 3.0])
    (places,) = np.where(t)
    np.testing.assert_array_equal(places, [1])


def test_piecewise_runs_each_function_on_its_own_elements():
    x = np.array([-1.0, 0.0, 4.0])
    g = ag.grad(lambda x: np.sum(np.piecewise(x, [x > 0, x < 0], [np.sqrt, 3.0, lambda x: 5 * x])))(x)
    np.testing.assert_array_equal(g, [0.0, 5.0, 0.25])
    with pytest.raises(ValueError, match="function"):
        np.piecewise(ag.Tensor(x), [x > 0], [1, 2, 3])


@pytest.mark.parametrize("conditions", [[], [np.array([True])] * 2])
def test_select_of_lists_that_do_not_match(conditions):
    with pytest.raises(ValueError, match="a choice for each condition"):
        np.select(conditions, [ag.Tensor([1.0])])


def test_the_sign_of_real_numbers_is_constant_and_of_complex_ones_is_not():
    assert type(np.sign(ag.Tensor([1.0, -2.0]))) is np.ndarray
    x = 3 + 4j
    g = ag.grad(lambda x: np.real(np.sign(x)))(x)
    r, (a, b) = 5.0, (3.0, 4.0)
    assert g == pytest.approx((b * b + 1j * a * b) / r**3)  # d(a / r)/da - i d(a / r)/db


def test_real_if_close_is_differentiated_either_way():
    near, far = np.array([1 + 1e-16j, 2.0]), np.array([1 + 1j, 2.0])
    assert np.real_if_close(ag.Tensor(near)).dtype == np.float64
    assert np.real_if_close(ag.Tensor(far)).dtype == np.complex128
    np.testing.assert_array_equal(ag.grad(lambda x: np.sum(np.square(np.real_if_close(x))))(near), [2, 4])


@pytest.mark.parametrize(
    ("f", "why"), [(np.nextafter, "no derivative"), (np.spacing, "no derivative"), (np.gcd, "integers")]
)
def test_refused_ufuncs_say_why(f, why):
    with pytest.raises(NotImplementedError, match=why):
        f(*[ag.Tensor(1.0)] * f.nin)


@pytest.mark.parametrize("f", [np.floor, np.ceil, np.rint, np.trunc, np.round, np.isinf, np.signbit, np.isreal])
def test_steps_and_questions_are_plain_arrays(f):
    x = np.array([1.25, -2.5])
    found = f(ag.Tensor(x))
    assert type(found) is np.ndarray
    np.testing.assert_array_equal(found, f(x))


@ag.op(elementwise=True, domain=Domain(0.5, 3.0))
def polar(x, y):
    """Return radius and angle."""
    return np.hypot(x, y), np.arctan2(y, x)


polar.vjp(lambda g, z, x, y: g[0] * x / z[0] - g[1] * y / z[0] ** 2)
polar.vjp(lambda g, z, x, y: g[0] * y / z[0] + g[1] * x / z[0] ** 2)


class TestSeveralOutputs:
    X, Y = np.array([[1.0], [2.0], [0.5]]), np.array([1.5, 0.75, 2.0, 3.0])
    OF_BOTH = (lambda r, angle: r * np.sin(angle) ** 2, lambda r, angle: np.sqrt(r), lambda r, angle: np.exp(angle))

    @pytest.mark.parametrize("of", OF_BOTH)
    @pytest.mark.parametrize(
        "derivative",
        [
            lambda f: ag.grad(f, argnums=(0, 1)),
            lambda f: ag.hessian(f, argnums=1),
            lambda f: ag.grad(lambda x, y: np.sum(np.sin(ag.hessian(f)(x, y))), argnums=(0, 1)),
            lambda f: lambda x, y: ag.jvp(f, (x, y), (np.cos(x), np.sin(y))),
        ],
        ids=["first", "second", "third", "forward"],
    )
    def test_broadcast(self, of, derivative):
        def by_the_op(x, y):
            return np.sum(of(*polar(x, y)))

        def by_numpy(x, y):
            return np.sum(of(np.hypot(x, y), np.arctan2(y, x)))

        for found, expected in zip(
            derivative(by_the_op)(self.X, self.Y), derivative(by_numpy)(self.X, self.Y), strict=True
        ):
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12, strict=True)

    def test_check_op(self):
        check_op(polar)

    @pytest.mark.parametrize("f", [np.divmod, np.modf, np.frexp], ids=lambda f: f.__name__)
    def test_numpy_functions(self, f):
        inputs = (self.X, self.Y)[: f.nin]
        for found, expected in zip(f(*map(ag.Tensor, inputs)), f(*inputs), strict=True):
            np.testing.assert_array_equal(raw(found), expected)
