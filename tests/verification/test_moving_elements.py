"""Shaping, joining, padding and their kin, where the op table does not reach: edges, errors, closed forms."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd_lite as ag

RNG = np.random.default_rng(0)
MATRIX = RNG.normal(size=(3, 4))


def moved(function, x):
    """Return where an op takes the elements of an array, and its gradient for the cotangents 1, 2, 3, ..."""
    weights = np.arange(1.0, np.size(function(x)) + 1)
    return ag.grad(lambda t: np.sum(np.ravel(function(t)) * weights))(x)


PERMUTING = {  # each element goes to one place, so that its gradient is the number of that place
    "ravel F": lambda x: np.ravel(x, order="F"),
    "flatten": lambda x: x.flatten(),
    "rot90": lambda x: np.rot90(x, 3),
    "fliplr": np.fliplr,
    "roll": lambda x: np.roll(x, (1, 2), (0, 1)),
    "vsplit": lambda x: np.concatenate(np.vsplit(x, 3)[::-1]),
    "unstacked": lambda x: np.stack(list(np.moveaxis(x, 1, 0))),
    "block": lambda x: np.block([[x[:1, :2], x[:1, 2:]], [x[1:]]]),
    "sliced dsplit": lambda x: np.dstack(np.dsplit(x[None], 2)[::-1]),
    "column_stack": lambda x: np.column_stack([x[:, 1], x[:, [0, 3]], x[:, 2]]),
    "hstack": lambda x: np.hstack(np.hsplit(x, [3, 1, 4])[1:] + np.hsplit(x, [1])[:1]),
    "keyword inputs": lambda x: np.expand_dims(a=np.swapaxes(a=x, axis1=0, axis2=1), axis=0),
}


@pytest.mark.parametrize("name", PERMUTING)
def test_gradients_go_where_the_elements_came_from(name):
    function = PERMUTING[name]
    source = np.ravel(function(np.arange(12.0).reshape(3, 4))).astype(int)
    expected = np.bincount(source, np.arange(1.0, source.size + 1), 12).reshape(3, 4)
    np.testing.assert_array_equal(moved(function, MATRIX), expected)


@given(
    x=hnp.arrays(float, hnp.array_shapes(max_dims=3, max_side=4), elements=st.floats(-9, 9)),
    cuts=st.lists(st.integers(-5, 5), max_size=4),
    data=st.data(),
)
def test_split_cuts_as_numpy_does(x, cuts, data):
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    t = ag.Tensor(x)
    parts, expected = np.split(t, cuts, axis), np.split(x, cuts, axis)
    assert isinstance(parts, list)
    for part, array in zip(parts, expected, strict=True):
        np.testing.assert_array_equal(part.value, array, strict=True)
    np.concatenate([np.ravel(part) for part in parts]).sum().backward()
    places = np.arange(x.size).reshape(x.shape)
    counts = np.bincount(np.concatenate([np.ravel(p) for p in np.split(places, cuts, axis)]), minlength=x.size)
    np.testing.assert_array_equal(t.grad, counts.reshape(x.shape))


def test_concatenate_asks_for_no_gradient_of_constants():
    t = ag.Tensor(np.ones(2))
    joined = np.concatenate([np.zeros(3), t, [4, 5]])
    np.testing.assert_array_equal(joined.value, [0, 0, 0, 1, 1, 4, 5])
    joined.backward(np.arange(7.0))
    np.testing.assert_array_equal(t.grad, [3, 4])
    assert [type(x) for x in joined.inputs] == [np.ndarray, ag.Tensor, np.ndarray]


def test_sequences_of_scalars_stack_as_numpy_stacks_them():
    singles = [np.float32(1), np.float32(2)]
    assert np.stack([ag.Tensor(x) for x in singles]).dtype == np.float32
    assert np.stack([ag.Tensor(singles[0]), 2.0]).dtype == np.stack([singles[0], 2.0]).dtype
    with pytest.raises(ValueError, match="same shape"):
        np.stack([ag.Tensor(1.0), np.ones(2)])


def test_a_tensor_is_a_sequence_of_its_rows():
    np.testing.assert_array_equal(moved(np.concatenate, MATRIX), np.arange(1.0, 13).reshape(3, 4))
    np.testing.assert_array_equal(moved(np.vstack, MATRIX), np.arange(1.0, 13).reshape(3, 4))


def test_zeros_at_the_ends_are_trimmed_by_value():
    padded = np.array([0.0, 0.0, 2.0, 0.0, 3.0, 0.0])
    np.testing.assert_array_equal(moved(np.trim_zeros, padded), [0, 0, 1, 2, 3, 0])
    np.testing.assert_array_equal(moved(lambda x: np.trim_zeros(x, "b"), padded), [1, 2, 3, 4, 5, 0])
    assert np.trim_zeros(ag.Tensor(np.zeros(3))).shape == (0,)


def test_an_open_mesh_takes_masks_beside_tensors():
    found = np.ix_(ag.Tensor([1.0, 2.0]), np.array([True, False, True]))
    np.testing.assert_array_equal(found[0].value, [[1.0], [2.0]])
    np.testing.assert_array_equal(found[1], [[0, 2]])


def test_filling_keeps_the_record_of_the_value():
    assert ag.grad(lambda v: np.sum(np.full_like(ag.Tensor(MATRIX), v)))(2.0) == 12
    assert type(np.full_like(ag.Tensor(MATRIX), 2.0)) is np.ndarray
    with pytest.raises(TypeError, match=r"np\.copyto cannot store a Tensor in a plain array"):
        np.full_like(MATRIX, ag.Tensor(2.0))


def test_a_polynomial_that_is_zero_is_multiplied():
    product = np.polymul(ag.Tensor([0.0, 0.0]), [1.0, 2.0])
    np.testing.assert_array_equal(product.value, np.polymul([0.0, 0.0], [1.0, 2.0]))


# interpolation: kinks at knots


@pytest.mark.parametrize(("x", "slope"), [(0.0, 2.0), (1.0, -3.0), (2.0, -3.0), (-0.5, 0.0), (2.5, 0.0)])
def test_interpolation_has_the_slope_to_the_right(x, slope):
    knots, values = np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0, 0.0])
    assert ag.grad(np.interp)(x, knots, values) == slope
    assert ag.value_and_grad(np.interp)(x, knots, values)[0] == np.interp(x, knots, values)


def test_interpolation_stays_finite_where_knots_coincide():
    knots, values = np.array([0.0, 1.0, 1.0]), np.array([1.0, 3.0, 5.0])
    assert np.isfinite(ag.grad(np.interp)(1.0, knots, values))
    assert np.isnan(np.interp(ag.Tensor(np.nan), knots, values).value)


# Fourier transforms: closed forms


@pytest.mark.parametrize("n", [1, 4, 7])
def test_energy_is_kept_by_transforms(n):
    """Parseval: the sum of squares is that of the orthonormal transform, and so is its gradient."""
    x = RNG.normal(size=n)
    energy = lambda x: np.sum(np.abs(np.fft.fft(x, norm="ortho")) ** 2)  # noqa: E731
    np.testing.assert_allclose(ag.grad(energy)(x), 2 * x, rtol=1e-12)
    np.testing.assert_allclose(ag.hessian(energy)(x), 2 * np.eye(n), atol=1e-12)


def test_gradients_of_real_inputs_are_real():
    x = RNG.normal(size=6)
    gradient = ag.grad(lambda x: np.sum(np.real(np.fft.rfft(x) * 1j)))(x)
    assert gradient.dtype == np.float64


def test_imaginary_parts_that_have_no_effect_have_no_gradient():
    spectrum = RNG.normal(size=4) + 1j * RNG.normal(size=4)
    gradient = ag.grad(lambda c: np.sum(np.fft.irfft(c) * np.arange(6.0)))(spectrum)
    np.testing.assert_array_equal(gradient[[0, -1]].imag, 0)
    assert np.all(gradient[1:-1].imag != 0)


# errors


ERRORS: dict[str, tuple[Any, ...]] = {
    "reshape K": (lambda t: np.ravel(t, order="K"), ValueError, "use 'C' or 'F'"),
    "reshape sizes": (lambda t: t.reshape(5, 5), ValueError, "cannot reshape"),
    "swapaxes": (lambda t: np.swapaxes(t, 0, 2), np.exceptions.AxisError, "out of bounds"),
    "rollaxis": (lambda t: np.rollaxis(t, 3), np.exceptions.AxisError, "out of bounds"),
    "fliplr": (lambda t: np.fliplr(t[0]), np.exceptions.AxisError, "out of bounds"),
    "squeeze": (lambda t: np.squeeze(t, 0), ValueError, "size not equal to one"),
    "concatenate": (lambda t: np.concatenate([t, t[:, 1:]]), ValueError, "must match exactly"),
    "concatenate out": (lambda t: np.concatenate([t, t], out=np.ones((6, 4))), TypeError, "does not take 'out='"),
    "split": (lambda t: np.split(t, 2), ValueError, "equal division"),
    "vsplit": (lambda t: np.vsplit(t[0], 2), ValueError, "2 or more axes"),
    "dsplit": (lambda t: np.dsplit(t, 2), ValueError, "3 or more axes"),
    "unstack": (lambda t: ag.unstack(t[0, 0]), ValueError, "at least one axis"),
    "block depths": (lambda t: np.block([[t], t]), ValueError, r"equally deep.*\[\[\*\], \*\]"),
    "block empty": (lambda t: np.block([[t], []]), ValueError, "not empty"),
    "block tuple": (lambda t: np.block([(t, t)]), TypeError, "tuple"),
    "ix_": (lambda t: np.ix_(t, [1]), ValueError, r"vectors.*\(3, 4\)"),
    "meshgrid": (lambda t: np.meshgrid(t[0], indexing="yx"), ValueError, "'xy' or 'ij'"),  # type: ignore[call-overload]
    "repeat": (lambda t: np.repeat(t, [1, 2], axis=0), ValueError, "broadcast"),
    "along nothing": (lambda t: np.apply_along_axis(np.sum, 0, t[:, :0]), ValueError, "no vector"),
    "over too many": (lambda t: np.apply_over_axes(lambda x, _: np.sum(x), t, 0), ValueError, "fold one axis"),
    "pad median": (lambda t: np.pad(t, 1, "median"), NotImplementedError, "'median'.*'constant', 'edge'"),
    "pad function": (lambda t: np.pad(t, 1, lambda *_: None), NotImplementedError, "expected one of"),
    "pad unknown": (lambda t: np.pad(t, 1, "mirror"), ValueError, "mirror"),  # type: ignore[call-overload]
    "pad width": (lambda t: np.pad(t, (1, 2, 3)), ValueError, "broadcast"),
    "windows": (lambda t: np.lib.stride_tricks.sliding_window_view(t, (9, 9)), ValueError, "larger"),
    "strides": (lambda t: np.lib.stride_tricks.as_strided(t, (2, 2)), TypeError, "plain array"),
    "diag": (lambda t: np.diag(t[None]), ValueError, r"\(1, 3, 4\)"),
    "diff of a number": (lambda t: np.diff(t[0, 0]), ValueError, "at least one axis"),
    "diff order": (lambda t: np.diff(t, -1), ValueError, "n=-1"),
    "gradient samples": (lambda t: np.gradient(t[:2], edge_order=2), ValueError, "3 samples along axis 0"),
    "gradient spacing": (lambda t: np.gradient(t, [1.0, 2.0], axis=0), ValueError, "3 coordinates"),
    "gradient spacings": (lambda t: np.gradient(t, 1.0, 1.0, 1.0), TypeError, "each of 2 axes; got 3"),
    "gradient order": (lambda t: np.gradient(t, edge_order=3), ValueError, "1 or 2, got 3"),  # type: ignore[call-overload]
    "interp": (lambda t: np.interp(t, [0, 1], [0, 1, 2]), ValueError, r"\(2,\) and \(3,\)"),
    "interp period": (lambda t: np.interp(t, [0, 1], [0, 1], period=0), ValueError, "other than zero"),
    "convolve": (lambda t: np.convolve(t[0, :0], t[0]), ValueError, "empty"),
    "fft norm": (lambda t: np.fft.ihfft(t, norm="unit"), ValueError, "unit"),  # type: ignore[arg-type]
    "fft lengths": (lambda t: np.fft.fftn(t, (3,), (0, 1)), ValueError, "one length for each axis"),
    "geomspace": (lambda t: np.geomspace(t[0, 0] * 0, 1), ValueError, "other than zero"),
    "linspace": (lambda t: np.linspace(t[0, 0], 1, -1), ValueError, "negative|non-negative"),
    "vander": (np.vander, ValueError, r"\(3, 4\)"),
    "poly": (np.poly, NotImplementedError, "eigvals"),
    "polyder": (lambda t: np.polyder(t[0], -1), ValueError, "polyint"),
    "polyint": (lambda t: np.polyint(t[0], 3, [1.0, 2.0]), ValueError, "m=3.*got 2"),
    "polyfit": (lambda t: np.polyfit(t[0], t[1], 1, full=True), NotImplementedError, "full="),
    "save": (lambda t: np.save("never", t), NotImplementedError, r"\.value"),
    "histogram": (np.histogram, NotImplementedError, "counts"),
    "unravel_index": (lambda t: np.unravel_index(t, (3, 4)), NotImplementedError, "integers"),
    "asarray": (np.asarray, TypeError, r"\.value"),
    "require": (np.require, TypeError, r"\.value"),
    "full": (lambda t: np.full((3, 4), t), (TypeError, NotImplementedError), "np.stack|np.where"),
    "astype": (lambda t: t.astype(int), TypeError, "no derivative"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_name_what_was_expected(name):
    call, error, match = ERRORS[name]
    t = ag.Tensor(MATRIX)
    with pytest.raises(error, match=match):
        call(t)
    np.sum(t).backward()  # the record is still usable
    np.testing.assert_array_equal(t.grad, 1)


TOLD: dict[str, tuple[Any, Any]] = {
    "result_type": (np.result_type, (np.float32,)),
    "can_cast": (lambda t: np.can_cast(t, np.float64), ()),
    "min_scalar_type": (np.min_scalar_type, ()),
    "common_type": (np.common_type, ()),
    "may_share_memory": (lambda t: np.may_share_memory(t, t), ()),
    "shares_memory": (lambda t: np.shares_memory(t, t), ()),
    "array2string": (np.array2string, (2,)),
    "array_repr": (np.array_repr, ()),
    "array_str": (np.array_str, ()),
    "diag_indices_from": (lambda t: [i.tolist() for i in np.diag_indices_from(t[:, :3])], ()),
    "tril_indices_from": (lambda t: [i.tolist() for i in np.tril_indices_from(t, -1)], ()),
    "triu_indices_from": (lambda t: [i.tolist() for i in np.triu_indices_from(t, 1)], ()),
}


@pytest.mark.parametrize("name", TOLD)
def test_what_numpy_tells_of_an_array_it_tells_of_a_tensor(name):
    function, more = TOLD[name]
    assert function(ag.Tensor(MATRIX), *more) == function(MATRIX, *more)
