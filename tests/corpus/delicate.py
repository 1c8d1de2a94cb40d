"""Right gradients that a careless checker condemns, and wrong ones that it lets pass."""

import numpy as np

from tests.corpus.case import right, wrong

rng = np.random.default_rng(91)

# kinks: any subgradient will do


def absolute(x):
    return np.sum(np.abs(x))


AT_ZERO = (np.array([0.0, -1.5, 0.0, 2.0]),)


@right(absolute, AT_ZERO, "right|kink")
def abs_at_zero_is_zero(x):
    return np.sign(x)


@right(absolute, AT_ZERO, "right|kink")
def abs_at_zero_is_one(x):
    return np.where(x < 0, -1.0, 1.0)


@wrong("rows, wrong derivative", absolute, AT_ZERO)
def abs_at_zero_is_two(x):
    return np.where(x == 0, 2.0, np.sign(x))


@wrong("missing derivative", absolute, AT_ZERO)
def abs_without_its_sign(x):
    return np.ones_like(x)


def rectified(x, w):
    z = x * w
    return np.sum(np.maximum(z, 0) ** 1 * np.array([1.0, 2.0, 3.0]))


DEAD = (np.array([0.0, 1.0, -2.0]), np.array([0.7, -0.4, -1.1]))


@right(rectified, DEAD, "right|kink")
def relu_at_zero_is_open(x, w):
    g = (x * w >= 0) * np.array([1.0, 2.0, 3.0])
    return g * w, g * x


@right(rectified, DEAD, "right|kink")
def relu_at_zero_is_closed(x, w):
    g = (x * w > 0) * np.array([1.0, 2.0, 3.0])
    return g * w, g * x


def largest(x):
    return np.max(x) ** 2


TIED = (np.array([1.5, 3.0, 3.0, -2.0]),)


@right(largest, TIED, "right|kink")
def all_to_the_first_of_equals(x):
    dx = np.zeros_like(x)
    dx[np.argmax(x)] = 2 * np.max(x)
    return dx


@right(largest, TIED, "right|kink")
def shared_among_equals(x):
    top = x == x.max()
    return 2 * x.max() * top / top.sum()


def two_inputs(a, b):
    return np.sum(np.maximum(a, b) * np.array([1.0, -2.0]))


@right(two_inputs, (np.array([1.0, 2.0]), np.array([1.0, 0.0])), "right|kink")
def a_tie_goes_to_the_second(a, b):
    v = np.array([1.0, -2.0])
    return np.where(a > b, v, 0.0), np.where(a > b, 0.0, v)


def clipped(x):
    return np.sum(np.clip(x, -1, 1) * np.array([3.0, 1.0, 2.0]))


@right(clipped, (np.array([1.0, 0.2, -4.0]),), "right|kink")
def clip_at_its_bound(x):
    return np.array([3.0, 1.0, 2.0]) * (np.abs(x) < 1)


@wrong("missing derivative", clipped, (np.array([1.7, 0.2, -4.0]),))
def clip_passes_everything(x):
    return np.array([3.0, 1.0, 2.0]) + 0 * x


# sizes


def tiny(x):
    return 1e-12 * np.sum(x**3)


def huge(x):
    return 1e12 * np.sum(np.sin(x))


@right(tiny, (rng.normal(size=4),))
def a_tiny_gradient(x):
    return 3e-12 * x * x


@wrong("zero", tiny, (rng.normal(size=4),))
def zero_for_a_tiny_gradient(x):
    return np.zeros_like(x)


@wrong("factor, wrong derivative", tiny, (rng.normal(size=4),))
def a_tiny_gradient_with_a_wrong_factor(x):
    return 2e-12 * x * x


@right(huge, (rng.normal(size=4),))
def a_huge_gradient(x):
    return 1e12 * np.cos(x)


@right(lambda x: np.sum((1e12 * x) ** 2 + 1e12 * x), (1e-12 * rng.normal(size=3),))
def arguments_of_a_tiny_scale(x):
    return 1e12 + 2e24 * x


@right(lambda x, y: np.sum(x * y), (1e-200 * rng.normal(size=3), 1e-100 * rng.normal(size=3)))
def products_near_the_smallest_numbers(x, y):
    return y, x


def mixed(x):
    return np.sum(np.exp(x * np.array([1e-6, 1.0, 1e6])))


@right(mixed, (np.array([1.0e6, 0.5, -2e-6]),))
def mixed_scales_in_one_argument(x):
    c = np.array([1e-6, 1.0, 1e6])
    return c * np.exp(c * x)


@wrong("rows, wrong derivative", mixed, (np.array([1.0e6, 0.5, -2e-6]),))
def the_small_element_is_wrong(x):
    c = np.array([1e-6, 1.0, 1e6])
    dx = c * np.exp(c * x)
    dx[0] = 1e-6  # <- wrong
    return dx


# saturation and cancellation


def saturated(w, x):
    p = 1 / (1 + np.exp(-(w @ x)))
    return p * (1 - p)


@right(saturated, (np.array([12.0, 9.0]), np.array([1.1, 1.3])))
def a_saturated_sigmoid(w, x):
    e = np.exp(-(w @ x))
    slope = e * (e - 1) / (1 + e) ** 3
    return slope * x, slope * w


def saturated_tanh(x):
    return np.sum(np.tanh(x))


@right(saturated_tanh, (np.array([0.5, 8.0, -15.0]),))
def tanh_as_one_minus_its_square(x):
    return 1 - np.tanh(x) ** 2


@right(saturated_tanh, (np.array([0.5, 8.0, -15.0]),))
def tanh_as_sech_squared(x):
    return 1 / np.cosh(x) ** 2


def difference(x):
    return np.sum((x + 1e7) ** 2 - 1e14)


@right(difference, (rng.normal(size=3),))
def a_difference_of_large_numbers(x):
    return 2 * x + 2e7


def near(x):
    return np.sum(np.sqrt(x + 1) - np.sqrt(x))


@right(near, (np.array([1e6, 3.0, 1e9]),))
def roots_that_nearly_cancel(x):
    return -0.5 / (np.sqrt(x) * np.sqrt(x + 1) * (np.sqrt(x) + np.sqrt(x + 1)))


# float32


def single(w, X):
    return np.mean(np.log1p(np.exp(X @ w)))


SINGLE = (rng.normal(size=3).astype(np.float32), rng.normal(size=(20, 3)).astype(np.float32))


@right(single, SINGLE)
def in_single_precision(w, X):
    p = 1 / (1 + np.exp(-(X @ w)))
    return X.T @ p / len(X)


@wrong("factor, averaged", single, SINGLE)
def in_single_precision_without_the_mean(w, X):
    p = 1 / (1 + np.exp(-(X @ w)))  # <- wrong
    return X.T @ p  # <- wrong


@wrong("factor, constant", single, SINGLE)
def in_single_precision_off_by_one_in_a_thousand(w, X):
    p = 1 / (1 + np.exp(-(X @ w)))
    return 1.001 * (X.T @ p) / len(X)


# zero gradients, ignored arguments, decisions, numbers and short arrays


def ignores(x, unused):
    return np.sum(x**2)


@right(ignores, (rng.normal(size=3), rng.normal(size=2)))
def an_ignored_argument(x, unused):
    return 2 * x, np.zeros_like(unused)


@wrong("extra term, swapped, offset", ignores, (rng.normal(size=3), rng.normal(size=2)), "right wrong")
def an_ignored_argument_with_a_gradient(x, unused):
    return 2 * x, np.ones_like(unused)


@right(lambda x: np.sum(x**2), (np.zeros(3),))
def at_the_minimum(x):
    return 2 * x


@right(lambda x: np.sum(np.floor(x) * x), (np.array([0.5, 1.7, -2.2]),))
def steps_are_constants(x):
    return np.floor(x)


@right(lambda x: x**4 - 2 * x, (1.3,))
def a_number(x):
    return 4 * x**3 - 2


@wrong("factor, weight of term, wrong derivative", lambda x: x**4 - 2 * x, (1.3,))
def a_number_with_a_wrong_exponent(x):
    return 3 * x**3 - 2


@wrong("not summed, shape", lambda x, b: np.sum((x + b) ** 2), (rng.normal(size=4), np.array([0.3])), "right wrong")
def a_short_bias_unsummed(x, b):
    return 2 * (x + b), 2 * (x + b)


@right(lambda x, b: np.sum((x + b) ** 2), (rng.normal(size=4), np.array([0.3])))
def a_short_bias_summed(x, b):
    return 2 * (x + b), np.sum(2 * (x + b), keepdims=True)


@right(lambda x: np.prod(x), (np.array([2.0, 0.0, -3.0]),))
def a_product_with_a_zero(x):
    return np.array([np.prod(np.delete(x, i)) for i in range(len(x))])


@wrong("overflow", lambda x: np.prod(x), (np.array([2.0, 0.0, -3.0]),))
def a_product_divided_by_zero(x):
    with np.errstate(all="ignore"):
        return np.prod(x) / x


@right(lambda x: np.sum(np.sort(x) * np.array([1.0, 2.0, 3.0])), (np.array([0.3, -1.0, 0.9]),))
def ranks(x):
    return 1.0 + np.argsort(np.argsort(x))


@right(lambda x: np.sum(np.where(x > 0, x, np.expm1(x))), (np.array([1.5, -0.4, 0.0]),))
def elu_is_smooth_at_zero(x):
    return np.where(x > 0, 1.0, np.exp(np.minimum(x, 0)))


def in_place(x):
    """Cannot be recorded: it writes into an array of its own."""
    y = np.zeros(3)
    y[:] = np.sin(x)
    return float(np.sum(y))


@right(in_place, (np.array([0.4, 1.1, -0.8]),), traceable=False)
def written_into_an_array(x):
    return np.cos(x)


@wrong("sign", in_place, (np.array([0.4, 1.1, -0.8]),), traceable=False)
def written_into_an_array_and_wrong(x):
    return -np.cos(x)


def one_element_in_a_hundred(w):
    return np.sum(np.sin(w) * np.arange(1.0, 101.0))


@wrong("rows, factor", one_element_in_a_hundred, (rng.normal(size=100),))
def one_wrong_element_of_a_hundred(w):
    dw = np.cos(w) * np.arange(1.0, 101.0)
    dw[37] *= 1 + 1e-7  # <- wrong
    return dw


@wrong("rows, sign", one_element_in_a_hundred, (rng.normal(size=100),))
def one_sign_of_a_hundred(w):
    dw = np.cos(w) * np.arange(1.0, 101.0)
    dw[37] = -dw[37]  # <- wrong
    return dw
