"""Where reductions, running results and sorting are delicate: zeros, ties, NaNs, all elements equal, keywords."""

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Tensor
from autograd_lite.core.tensor import raw
from autograd_lite.testing.cases import Case
from tests.support.kinks import SHARED, SUBGRADIENTS

T = Tensor([[3.0, 1.0, 2.0], [0.5, 4.0, 5.0]])


def assert_differentiable(function, x, orders=2, **how):
    case = Case(function, (x,), **how)
    for _ in range(orders):
        assert case.wrong() is None
        case = case.derivative()
    assert case.wrong() is None


@pytest.mark.parametrize("product", [np.prod, np.cumprod, np.nanprod], ids=lambda f: f.__name__)
@pytest.mark.parametrize("zeros", [[0], [2], [1, 4], [0, 1, 2], range(5), range(0)], ids=str)
def test_products_with_zeros_are_exact_to_third_order(product, zeros):
    x = np.array([2.0, -1.5, 3.0, 0.5, -2.0])
    x[list(zeros)] = 0
    assert_differentiable(product, x)


@pytest.mark.parametrize(("function", "x", "expected"), SUBGRADIENTS)
def test_subgradients_are_the_documented_ones(function, x, expected):
    gradient = ag.grad(function)(np.array(x, float))
    np.testing.assert_array_equal(gradient, np.array(expected, float))
    assert np.isfinite(ag.hessian(function)(np.array(x, float))).all()


def test_the_largest_of_a_nan_passes_nothing_on():
    np.testing.assert_array_equal(ag.grad(np.max)(np.array([1.0, np.nan])), [0, 0])


NAN_FUNCTIONS: dict[str, dict[str, Any]] = {
    "nansum": {},
    "nanprod": {},
    "nanmean": {},
    "nanvar": {"ddof": 1},
    "nanstd": {},
    "nanmax": {},
    "nanmin": {},
    "nanmedian": {},
    "nanquantile": {"q": [0.2, 0.7]},
    "nanpercentile": {"q": 30.0},
    "nancumsum": {},
    "nancumprod": {},
}
MASK = np.array([[False, True, False, False], [True, False, False, False], [False, False, True, False]])


@pytest.mark.parametrize("axis", [0, 1, None])
@pytest.mark.parametrize("name", NAN_FUNCTIONS)
def test_nans_are_left_out(name, axis):
    """Of finite numbers, some of which are then replaced by NaN: so that differences of values can be taken."""

    def function(x):
        return getattr(np, name)(np.where(MASK, np.nan, x), axis=axis, **NAN_FUNCTIONS[name])

    x = np.random.default_rng(0).uniform(0.5, 3, MASK.shape)
    np.testing.assert_array_equal(function(Tensor(x)).value, function(x), strict=True)
    assert_differentiable(function, x, orders=1)
    assert (ag.grad(lambda x: np.sum(function(x)))(x)[MASK] == 0).all()


METHODS = ["linear", "lower", "higher", "midpoint", "nearest", "inverted_cdf", "averaged_inverted_cdf"]
METHODS += ["closest_observation", "interpolated_inverted_cdf", "hazen", "weibull"]
METHODS += ["median_unbiased", "normal_unbiased"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ["quantile", "nanquantile"])
def test_quantiles_by_every_method(name, method):
    x = np.random.default_rng(0).standard_normal((2, 7))
    q = [0.0, 0.13, 0.5, 0.77, 1.0]
    assert_differentiable(lambda x: getattr(np, name)(x, q, axis=1, method=method), x, orders=0)


def about_mean(function):
    return lambda t: function(t, axis=0, ddof=1, mean=np.mean(t, axis=0, keepdims=True))


@pytest.mark.parametrize("function", [np.var, np.std], ids=lambda f: f.__name__)
def test_a_mean_that_is_given_is_differentiated(function):
    x = np.random.default_rng(0).standard_normal((4, 2))
    np.testing.assert_array_equal(about_mean(function)(Tensor(x)).value, function(x, axis=0, ddof=1))
    assert_differentiable(about_mean(function), x)


@pytest.mark.parametrize(
    "function",
    [
        lambda w: np.average(np.arange(6.0).reshape(2, 3), axis=1, weights=w),
        lambda w: np.cov(np.arange(6.0).reshape(2, 3) ** 2, aweights=w, fweights=[1, 2, 1]),
        lambda x: np.trapezoid(np.arange(3.0) ** 2, x),
        lambda dx: np.trapezoid(np.arange(12.0).reshape(3, 4) ** 2, dx=dx),
    ],
    ids=["average", "cov", "trapezoid", "trapezoid dx"],
)
def test_weights_and_spacings_are_differentiated(function):
    assert_differentiable(function, np.array([0.5, 1.5, 2.5]))


COMPLEX = {
    "sum": {}, "mean": {}, "prod": {"axis": 1}, "var": {"ddof": 1}, "std": {"axis": 0}, "cumsum": {}, "cumprod": {},
    "cov": {}, "corrcoef": {}, "nansum": {}, "nanmean": {}, "nanvar": {}, "sort": {}, "max": {}, "ptp": {},
}  # fmt: skip


@pytest.mark.parametrize("name", COMPLEX)
def test_complex_numbers(name):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((3, 4)) + 1j * rng.standard_normal((3, 4))
    assert_differentiable(lambda x: getattr(np, name)(x, **COMPLEX[name]), x, orders=1)


X = T.value


@pytest.mark.parametrize(
    ("method", "function"),
    [
        (np.add.reduce, lambda t: np.sum(t, axis=0)),
        (np.multiply.reduce, lambda t: np.prod(t, axis=0)),
        (np.maximum.reduce, lambda t: np.max(t, axis=0)),
        (np.minimum.reduce, lambda t: np.min(t, axis=0)),
        (lambda t: np.add.reduce(t, None, keepdims=True), lambda t: np.sum(t, keepdims=True)),
        (lambda t: np.add.reduce(t, initial=2.0), lambda t: np.sum(t, axis=0, initial=2.0)),
        (lambda t: np.multiply.reduce(t, 1, where=X > 1), lambda t: np.prod(t, axis=1, where=X > 1)),
        (lambda t: np.minimum.reduce(t, None, initial=0.75), lambda t: np.min(t, initial=0.75)),
        (lambda t: t.sum(where=X > 1), lambda t: np.sum(t, where=X > 1)),
        (lambda t: t.max(axis=1, initial=2.5), lambda t: np.max(t, axis=1, initial=2.5)),
        (lambda t: np.multiply.accumulate(t, 1), lambda t: np.cumprod(t, axis=1)),
        (np.add.accumulate, lambda t: np.cumsum(t, axis=0)),
        (lambda t: np.subtract.outer(t[0], t), lambda t: t[0][:, None, None] - t),
        (lambda t: np.power.outer(X[1], t[0]), lambda t: X[1][:, None] ** t[0]),
        (lambda t: np.add.outer(t[0], 2.0), lambda t: t[0] + 2),
    ],
)
def test_methods_of_ufuncs(method, function):
    np.testing.assert_array_equal(method(T).value, function(X), strict=True)
    np.testing.assert_array_equal(*(ag.grad(lambda t, f=f: np.sum(np.sin(f(t))))(X) for f in (method, function)))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ag.median(T, where=T.value > 1), r"does not take 'where='.*np\.where\(mask, a, np\.nan\)"),  # type: ignore[call-overload]
        (lambda: ag.mean(T, initial=0), "does not take 'initial='.*combine the value with the result"),  # type: ignore[call-overload]
        (lambda: ag.mean(T, initial=Tensor(0.0)), "does not take 'initial='"),  # type: ignore[call-overload]
        (lambda: ag.max(T, initial=T), "shape"),
        (lambda: T.mean(where=[1, 0, 2]), r"expected where= of booleans, got \[1, 0, 2\]"),
        (lambda: T.var(where=[1, 0, 2], mean=T[:, :1]), "expected where= of booleans"),
        (lambda: np.max(T, where=T.value > 1), "has to specify 'initial'"),
        (lambda: np.sum(T[0], where=T.value > 1), "more dimensions"),
        (lambda: np.mean(T, out=np.zeros(())), "does not take 'out='"),
        (lambda: np.sum(T, dtype=int), "dtype=int64 rounds to integers"),
        (lambda: np.std(T, correction=1, ddof=1), "expected either ddof= or correction=, got both"),
        (lambda: np.quantile(T, Tensor(0.5)), "'q' is a parameter that is not differentiated"),
        (lambda: np.quantile(T, 0.5, weights=np.ones(6)), "does not take 'weights='"),
        (lambda: np.average(T, axis=0, weights=np.ones(3)), r"weights of shape \(2, 3\) or \(2,\), got \(3,\)"),
        (lambda: np.average(T, weights=np.ones(3)), "expected axis="),
        (lambda: np.average(T, weights=np.zeros((2, 3))), "a sum other than zero"),
        (lambda: np.cov(T, aweights=np.ones(2)), "a weight for each of 3 observations"),
        (lambda: ag.cumulative_sum(T), "expected axis= for an array of 2 dimensions"),
        (lambda: np.max(Tensor(np.ones((0, 2))), axis=0), "zero-size array"),
        (lambda: np.sum(T, axis=2), "axis 2 is out of bounds"),
    ],
)
def test_what_reductions_do_not_take(call, message):
    with pytest.raises((TypeError, ValueError, ZeroDivisionError), match=message):
        call()


WITH_A_MASK: dict[str, dict[str, Any]] = {
    "sum": {}, "prod": {"initial": 2.0}, "mean": {"axis": 1, "keepdims": True}, "var": {"ddof": 1}, "std": {"axis": 0},
    "max": {"initial": 0.0}, "min": {"initial": 9.0}, "amax": {"initial": 2.5}, "amin": {"axis": 1, "initial": 1.5},
    "nansum": {"initial": 2.0}, "nanprod": {}, "nanmean": {"axis": 0}, "nanvar": {}, "nanstd": {},
    "nanmax": {"initial": 0.0}, "nanmin": {"axis": 0, "initial": 3.5},
}  # fmt: skip


@pytest.mark.parametrize("name", WITH_A_MASK)
def test_what_a_mask_leaves_out_does_not_matter(name):
    """Not even where it is NaN or infinite; and the mask may come from the array itself."""
    mask = np.array([[True, False, True], [True, True, False]])

    def function(t):
        return np.sum(getattr(np, name)(t, where=mask, **WITH_A_MASK[name]) * 1.5)

    x = np.where(mask, X, np.nan)
    assert_differentiable(function, X, orders=1)
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(ag.grad(function)(x), np.where(mask, ag.grad(function)(X), 0.0))
        np.testing.assert_array_equal(ag.grad(lambda t: function(np.where(mask, t, np.inf)))(X), ag.grad(function)(x))


@pytest.mark.parametrize("name", ["var", "std"])
def test_a_mean_that_is_given_with_a_mask(name):
    def function(t):
        mean = np.mean(t, axis=1, keepdims=True, where=X > 1)
        return getattr(np, name)(t, axis=1, where=X > 1, mean=mean)

    np.testing.assert_allclose(function(T).value, getattr(np, name)(X, axis=1, where=X > 1), rtol=1e-15)
    assert_differentiable(function, X)


@pytest.mark.parametrize("name", ["any", "all", "count_nonzero"])
def test_questions_are_asked_of_values(name):
    assert getattr(np, name)(T > 2) == getattr(np, name)(X > 2)
    if name != "count_nonzero":
        assert getattr(np, name)(T, where=X > 2) == getattr(np, name)(X, where=X > 2)


@pytest.mark.parametrize(
    "function",
    [
        lambda t: np.mean(np.exp(t), where=t > 1),
        lambda t: np.max(t * t, initial=2.0, where=t < 4),
        lambda t: np.sum(3 * t, initial=1.0) + np.sum(np.sum(2 * t, axis=0, keepdims=True, where=t > 1, initial=5.0)),
        lambda t: np.sum(t) / np.sum(t > 1),  # a mask that is counted
    ],
)
def test_masks_in_written_source(function):
    source = ag.source(function, X)
    names: dict[str, Any] = {}
    exec(source, names)
    (written,) = [f for name, f in names.items() if name.endswith("_and_gradient")]
    value, gradient = written(X)
    np.testing.assert_allclose(value, function(X), rtol=1e-14)
    np.testing.assert_allclose(gradient, ag.grad(function)(X), rtol=1e-14)


TRUE_OR_NOT: Any = [[1, 0, 1], [1, 1, 0]]


@pytest.mark.parametrize("name", WITH_A_MASK)
def test_a_mask_may_be_numbers_that_are_true_or_not(name):
    def function(t, where):
        return np.sum(getattr(np, name)(t, where=where, **WITH_A_MASK[name]))

    mask = np.array(TRUE_OR_NOT, bool)
    np.testing.assert_array_equal(function(T, TRUE_OR_NOT).value, function(X, TRUE_OR_NOT))
    found, expected = (ag.grad(lambda t, w=w: function(t, w))(X) for w in (TRUE_OR_NOT, mask))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("function", [np.var, np.std], ids=lambda f: f.__name__)
def test_a_mean_that_is_given_with_numbers_that_are_true_or_not(function):
    x = np.where(np.array(TRUE_OR_NOT, bool), X, np.nan)
    mean = np.mean(x, axis=1, keepdims=True, where=TRUE_OR_NOT)
    z = function(Tensor(x), axis=1, where=TRUE_OR_NOT, mean=mean)
    np.testing.assert_allclose(z.value, function(x, axis=1, where=TRUE_OR_NOT), rtol=1e-15)
    gradient = ag.grad(lambda t: np.sum(function(t, axis=1, where=TRUE_OR_NOT, mean=mean)))(x)
    expected = ag.grad(lambda t: np.sum(function(t, axis=1, where=np.array(TRUE_OR_NOT, bool))))(X)
    np.testing.assert_allclose(gradient, expected, rtol=1e-14)


BEGUN = [ag.sum, ag.prod, ag.max, ag.min, ag.nansum, ag.nanprod, ag.nanmax, ag.nanmin, ag.logaddexp_reduce]


@pytest.mark.parametrize("where", [True, (np.arange(12) % 5 != 0).reshape(3, 1, 4)], ids=["all", "some"])
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, 0, (1, -1), (0, 1), (0, 1, 2), ()], ids=str)
@pytest.mark.parametrize("function", BEGUN, ids=lambda f: f.name)
def test_an_initial_value_is_differentiated(function, axis, keepdims, where):
    x = np.random.default_rng(0).uniform(0.5, 2, (3, 2, 4))
    kwargs = {"axis": axis, "keepdims": keepdims, "where": where}
    expected = function(x, initial=1.3, **kwargs)
    for found in (function(Tensor(x), initial=Tensor(1.3), **kwargs), function(x, initial=Tensor(1.3), **kwargs)):
        np.testing.assert_allclose(found.value, expected, rtol=1e-14, strict=True)
    case = Case(lambda x, start: function(x, initial=start, **kwargs), (x, 1.3))
    assert case.wrong() is None
    assert case.derivative().wrong() is None


@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (3, 0)], ids=str)
def test_an_initial_value_beside_nothing_or_a_number(shape):
    x = np.ones(shape)
    for function in (ag.sum, ag.prod, ag.max):
        assert function(Tensor(x), initial=Tensor(1.5)).value == function(x, initial=1.5)
        assert ag.grad(lambda start, f=function: f(x, initial=start))(1.5) == 1.0


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.complex128])
@pytest.mark.parametrize("function", [np.sum, np.prod], ids=lambda f: f.__name__)
def test_an_initial_value_keeps_the_dtype(function, dtype):
    x = np.array([[1, 2, 3], [0.5, 1, 4]], dtype)
    begun = function(Tensor(x), initial=Tensor(2.0), axis=0)
    np.testing.assert_array_equal(begun.value, function(x, initial=2.0, axis=0), strict=True)


@pytest.mark.parametrize(("function", "args", "gradients"), SHARED)
def test_an_initial_value_shares_with_equal_elements(function, args, gradients):
    for found, expected in zip(ag.grad(function, range(len(args)))(*map(np.array, args)), gradients, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_an_initial_value_is_rounded_to_the_dtype_before_it_ties():
    x = np.array([0.1, 0.0], np.float32)
    np.testing.assert_array_equal(ag.grad(lambda x: np.max(x, initial=np.float64(0.1)))(x), [0.5, 0])


def test_sums_in_another_precision():
    x = Tensor(np.ones(3, np.float32))
    assert np.sum(x, dtype=np.float64).dtype == np.float64
    assert ag.grad(lambda t: np.sum(t, dtype=np.float64))(x.value).dtype == np.float32


def test_the_gradient_of_an_empty_mean_is_empty():
    with pytest.warns(RuntimeWarning):
        assert ag.grad(np.mean)(np.ones((0, 2))).shape == (0, 2)


class TestWeightedSumsOfExponentials:
    WEIGHTS = np.array([1.0, 0.0, 2.5])

    @pytest.mark.parametrize(
        "spelled", [ag.logsumexp, lambda x, b, axis: ag.logsumexp(x, axis, b)], ids=["=", "by place"]
    )
    def test_weights_broadcast_and_are_differentiated(self, spelled):
        def function(x, b):
            return np.sum(np.sin(spelled(x, b=b, axis=1)))

        def plainly(x, b):
            return np.sum(np.sin(np.log(np.sum(b * np.exp(x), axis=1))))

        for derivative in (lambda f: ag.grad(f, argnums=(0, 1)), lambda f: ag.hessian(f, argnums=1)):
            for found, expected in zip(
                derivative(function)(X, self.WEIGHTS), derivative(plainly)(X, self.WEIGHTS), strict=True
            ):
                np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)

    @pytest.mark.parametrize("shift", [-2000.0, 2000.0])
    def test_overflow(self, shift):
        x = np.append(X[0] + shift, 1e6)
        weights = np.append(self.WEIGHTS, 0.0)
        value, gradient = ag.value_and_grad(lambda x: ag.logsumexp(x, b=weights))(x)
        np.testing.assert_allclose(value, shift + np.log(np.sum(self.WEIGHTS * np.exp(X[0]))), rtol=1e-14)
        np.testing.assert_allclose(np.sum(gradient), 1.0, rtol=1e-14)

    def test_signs(self):
        size, sign = ag.logsumexp(T, axis=0, b=np.reshape([1, -2], (2, 1)), return_sign=True)
        total = np.sum([[1], [-2]] * np.exp(X), axis=0)
        np.testing.assert_allclose(size.value, np.log(np.abs(total)), rtol=1e-14)
        np.testing.assert_array_equal(raw(sign), np.sign(total))
        with pytest.warns(RuntimeWarning, match="invalid value"):
            assert np.isnan(ag.logsumexp(T[0], b=[-1, -1, -1]).value)

    def test_infinite_elements(self):
        x = np.array([np.inf, 1.0])
        assert ag.logsumexp(x, b=[2.0, 1.0]) == ag.logsumexp(x) == np.inf
        assert ag.logsumexp(x, b=[0.0, 1.0]) == 1.0

    def test_precision(self):
        x = X.astype(np.float32)
        assert ag.logsumexp(Tensor(x), b=x).dtype == ag.grad(lambda b: ag.logsumexp(x, b=b))(x).dtype == np.float32
