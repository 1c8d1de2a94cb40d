"""The calls of the op table that do not run on arrays of another library, or give the same number but for rounding."""

from numpy import __version__ as numpy_version
from numpy.lib import NumpyVersion

TOO_LITTLE = {
    "nanquantile": "CuPy has no nanquantile",
    "nanpercentile": "CuPy has no nanpercentile",
    "maximum_accumulate": "CuPy has no maximum.accumulate",
    "minimum_accumulate": "CuPy has no minimum.accumulate",
    "insert-4": "CuPy has no insert, so that the places have to be NumPy's or a list",
    "svd-7": "CuPy's svd has no hermitian=",
    "svd-8": "CuPy's svd has no hermitian=",
    "pinv-6": "CuPy's pinv has no hermitian=",
    "pinv-7": "CuPy's pinv has no hermitian=",
}
"""Ops, and calls of them, that raise, and why."""

ROUNDED = {
    "multi_dot": "multiplied from left to right, not in the order that costs least",
    "logaddexp_reduce": "the logarithm of a sum, since CuPy has no logaddexp.reduce",
    "deviation": "a mean of some elements alone, and then a mean of squares, where CuPy has no where=",
    "nansum": "the initial value is added last, where CuPy has no initial=",
    "nanprod": "the initial value is multiplied last, where CuPy has no initial=",
    "prod": "the initial value is multiplied last, where CuPy has no initial=",
    "sign": "NumPy's scalars divide complex numbers in another way",
    "slogdet": "NumPy's scalars divide complex numbers in another way",
    "logaddexp": "the sigmoid of one number has another form in NumPy's scalars",
    "logaddexp2": "the sigmoid of one number has another form in NumPy's scalars",
    "binary_cross_entropy": "the sigmoid of one number has another form in NumPy's scalars",
} | ({"vector_norm": "its other last digit is that of NumPy 2.0"} if NumpyVersion(numpy_version) < "2.1.0" else {})
"""Ops of which some calls give other last digits, and why."""
