"""Reverse-mode automatic differentiation over NumPy: gradients that you can import, extend and verify.

This file is generated from the op table by `make docs`.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd_lite import optim as optim
from autograd_lite import testing as testing
from autograd_lite.core.op import op as op
from autograd_lite.core.tensor import Tensor as Tensor
from autograd_lite.core.transforms import grad as grad
from autograd_lite.core.transforms import hessian as hessian
from autograd_lite.core.transforms import hvp as hvp
from autograd_lite.core.transforms import jacobian as jacobian
from autograd_lite.core.transforms import jvp as jvp
from autograd_lite.core.transforms import stop_gradient as stop_gradient
from autograd_lite.core.transforms import value_and_grad as value_and_grad
from autograd_lite.core.transforms import vjp as vjp
from autograd_lite.debugging import debug as debug
from autograd_lite.program.trace import Program as Program
from autograd_lite.program.trace import trace as trace
from autograd_lite.readings.drawing.picture import draw as draw
from autograd_lite.readings.explanation.table import explain as explain
from autograd_lite.readings.source.module import source as source
from autograd_lite.testing import check_grads as check_grads
from autograd_lite.verification.report import Report as Report
from autograd_lite.verification.verify import verify as verify

__version__: str
__all__: list[str]

_Value = TypeVar("_Value", Tensor, NDArray[Any])

# An op of Tensors gives Tensors. Of arrays it gives arrays, or NumPy scalars where nothing is left of the axes.
@overload
def abs(x: _Value, /) -> _Value: ...
@overload
def abs(x: ArrayLike, /) -> Any:
    """Return the absolute value, of real and of complex numbers."""

@overload
def absolute(x: _Value, /) -> _Value: ...
@overload
def absolute(x: ArrayLike, /) -> Any:
    """Return the absolute value, of real and of complex numbers."""

@overload
def acos(x: _Value, /) -> _Value: ...
@overload
def acos(x: ArrayLike, /) -> Any:
    """Return the angle whose cosine is x."""

@overload
def acosh(x: _Value, /) -> _Value: ...
@overload
def acosh(x: ArrayLike, /) -> Any:
    """Return the number whose hyperbolic cosine is x."""

@overload
def add(x: Tensor, y: ArrayLike, /) -> Tensor: ...
@overload
def add(x: ArrayLike, y: Tensor, /) -> Tensor: ...
@overload
def add(x: ArrayLike, y: ArrayLike, /) -> Any:
    """Add arguments element-wise."""

@overload
def add_patches(
    x: Tensor, /, lengths: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...] = (1, 1)
) -> Tensor: ...
@overload
def add_patches(
    x: ArrayLike, /, lengths: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...] = (1, 1)
) -> Any:
    """Return the sum of windows, each in its place on axes of these lengths: the transpose of `patches`."""

@overload
def angle(z: Tensor, /, deg: bool = False) -> Tensor: ...
@overload
def angle(z: ArrayLike, /, deg: bool = False) -> Any:
    """Return the angle of complex numbers in the plane, in radians or degrees."""

@overload
def append(arr: Tensor, values: ArrayLike, axis: int | None = None) -> Tensor: ...
@overload
def append(arr: ArrayLike, values: Tensor, axis: int | None = None) -> Tensor: ...
@overload
def append(arr: ArrayLike, values: ArrayLike, axis: int | None = None) -> Any:
    """Return the array with ``values`` after its end along ``axis``; both flattened where it is None."""

def apply_along_axis(func1d: Callable[..., Any], axis: int, arr: ArrayLike, /, *args: Any) -> Any:
    """Return the results of a function of each vector along an axis, put together in that axis's place."""

@overload
def apply_over_axes(func: Callable[..., Any], a: Tensor, /, axes: Any) -> Tensor: ...
@overload
def apply_over_axes(func: Callable[..., Any], a: ArrayLike, /, axes: Any) -> Any:
    """Return the array with ``func(array, axis)`` applied over one axis after the other; folded axes are kept."""

@overload
def arccos(x: _Value, /) -> _Value: ...
@overload
def arccos(x: ArrayLike, /) -> Any:
    """Return the angle whose cosine is x."""

@overload
def arccosh(x: _Value, /) -> _Value: ...
@overload
def arccosh(x: ArrayLike, /) -> Any:
    """Return the number whose hyperbolic cosine is x."""

@overload
def arcsin(x: _Value, /) -> _Value: ...
@overload
def arcsin(x: ArrayLike, /) -> Any:
    """Return the angle whose sine is x."""

@overload
def arcsinh(x: _Value, /) -> _Value: ...
@overload
def arcsinh(x: ArrayLike, /) -> Any:
    """Inverse hyperbolic sine element-wise."""

@overload
def arctan(x: _Value, /) -> _Value: ...
@overload
def arctan(x: ArrayLike, /) -> Any:
    """Trigonometric inverse tangent, element-wise."""

@overload
def arctan2(x: Tensor, y: ArrayLike, /) -> Tensor: ...
@overload
def arctan2(x: ArrayLike, y: Tensor, /) -> Tensor: ...
@overload
def arctan2(x: ArrayLike, y: ArrayLike, /) -> Any:
    """Return the angle of the point (y, x): the first argument is its height."""

@overload
def arctanh(x: _Value, /) -> _Value: ...
@overload
def arctanh(x: ArrayLike, /) -> Any:
    """Inverse hyperbolic tangent element-wise."""

def array_split(ary: ArrayLike, /, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Return the array cut along an axis: into nearly equal parts, or at given positions."""

@overload
def asin(x: _Value, /) -> _Value: ...
@overload
def asin(x: ArrayLike, /) -> Any:
    """Return the angle whose sine is x."""

@overload
def asinh(x: _Value, /) -> _Value: ...
@overload
def asinh(x: ArrayLike, /) -> Any:
    """Inverse hyperbolic sine element-wise."""

@overload
def astype(x: Tensor, /, dtype: Any, *, copy: bool = True) -> Tensor: ...
@overload
def astype(x: ArrayLike, /, dtype: Any, *, copy: bool = True) -> Any:
    """Return the array in another real or complex dtype."""

@overload
def at_add(x: Tensor, values: ArrayLike, /, index: Any) -> Tensor: ...
@overload
def at_add(x: ArrayLike, values: Tensor, /, index: Any) -> Tensor: ...
@overload
def at_add(x: ArrayLike, values: ArrayLike, /, index: Any) -> Any:
    """Return ``x`` with ``values`` added in the places ``x[index]``; all values for one place."""

@overload
def at_set(x: Tensor, values: ArrayLike, /, index: Any) -> Tensor: ...
@overload
def at_set(x: ArrayLike, values: Tensor, /, index: Any) -> Tensor: ...
@overload
def at_set(x: ArrayLike, values: ArrayLike, /, index: Any) -> Any:
    """Return ``x`` with ``values`` in the places ``x[index]``; of values for one place, the last stays."""

@overload
def atan(x: _Value, /) -> _Value: ...
@overload
def atan(x: ArrayLike, /) -> Any:
    """Trigonometric inverse tangent, element-wise."""

@overload
def atan2(x: Tensor, y: ArrayLike, /) -> Tensor: ...
@overload
def atan2(x: ArrayLike, y: Tensor, /) -> Tensor: ...
@overload
def atan2(x: ArrayLike, y: ArrayLike, /) -> Any:
    """Return the angle of the point (y, x): the first argument is its height."""

@overload
def atanh(x: _Value, /) -> _Value: ...
@overload
def atanh(x: ArrayLike, /) -> Any:
    """Inverse hyperbolic tangent element-wise."""

def atleast_1d(*arys: Any) -> Any:
    """Return arrays of at least one axis."""

def atleast_2d(*arys: Any) -> Any:
    """Return arrays of at least two axes; new ones come first."""

def atleast_3d(*arys: Any) -> Any:
    """Return arrays of at least three axes; a vector becomes (1, n, 1), a matrix (m, n, 1)."""

@overload
def attention(query: Tensor, key: ArrayLike, value: ArrayLike, /, mask: Any = None) -> Tensor: ...
@overload
def attention(query: ArrayLike, key: Tensor, value: ArrayLike, /, mask: Any = None) -> Tensor: ...
@overload
def attention(query: ArrayLike, key: ArrayLike, value: Tensor, /, mask: Any = None) -> Tensor: ...
@overload
def attention(query: ArrayLike, key: ArrayLike, value: ArrayLike, /, mask: Any = None) -> Any:
    """Return softmax(query @ key.mT / sqrt(d)) @ value: for each query, a mean of the values."""

def average(
    a: ArrayLike,
    /,
    axis: int | tuple[int, ...] | None = None,
    weights: Any = None,
    returned: bool = False,
    *,
    keepdims: bool = False,
) -> Any:
    """Return the weighted mean over ``axis``, and the sum of the weights if ``returned``. Weights are differentiated."""

@overload
def avg_pool1d(x: Tensor, /, size: int, stride: int | None = None, padding: int = 0) -> Tensor: ...
@overload
def avg_pool1d(x: ArrayLike, /, size: int, stride: int | None = None, padding: int = 0) -> Any:
    """Return the mean of each window of the last axis. Padding counts as zeros."""

@overload
def avg_pool2d(
    x: Tensor,
    /,
    size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | tuple[int, ...] = 0,
) -> Tensor: ...
@overload
def avg_pool2d(
    x: ArrayLike,
    /,
    size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | tuple[int, ...] = 0,
) -> Any:
    """Return the mean of each window of the last two axes. Padding counts as zeros."""

@overload
def binary_cross_entropy(logits: Tensor, labels: ArrayLike, /) -> Tensor: ...
@overload
def binary_cross_entropy(logits: ArrayLike, labels: Tensor, /) -> Tensor: ...
@overload
def binary_cross_entropy(logits: ArrayLike, labels: ArrayLike, /) -> Any:
    """Return -labels * log(p) - (1 - labels) * log(1 - p) for p = sigmoid(logits), without overflow."""

def bincount(x: ArrayLike, weights: Any = None, minlength: int = 0) -> Any:
    """Return how often each integer is in ``x``, or the sum of its ``weights``, which are differentiated."""

@overload
def block(arrays: Tensor, /) -> Tensor: ...
@overload
def block(arrays: ArrayLike, /) -> Any:
    """Return the array that nested lists of blocks make up."""

def broadcast_arrays(*args: Any, subok: bool = False) -> Any:
    """Return arrays stretched to their common shape."""

@overload
def broadcast_to(array: Tensor, /, shape: int | tuple[int, ...]) -> Tensor: ...
@overload
def broadcast_to(array: ArrayLike, /, shape: int | tuple[int, ...]) -> Any:
    """Return the array stretched to ``shape``."""

@overload
def cbrt(x: _Value, /) -> _Value: ...
@overload
def cbrt(x: ArrayLike, /) -> Any:
    """Return the cube root."""

@overload
def cholesky(a: Tensor, /, *, upper: bool = False) -> Tensor: ...
@overload
def cholesky(a: ArrayLike, /, *, upper: bool = False) -> Any:
    """Return the triangular factor of positive definite matrices: ``a = z @ z.mT.conj()``, adjoint if ``upper``."""

@overload
def choose(a: ArrayLike, choices: Tensor, *, mode: Any = "raise") -> Tensor: ...
@overload
def choose(a: ArrayLike, choices: ArrayLike, *, mode: Any = "raise") -> Any:
    """Return, for each element of the integer array ``a``, the element in its place of the array that it names."""

@overload
def clip(a: Tensor, /, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Tensor: ...
@overload
def clip(a: ArrayLike, /, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Any:
    """Return a limited to the interval from a_min to a_max, which may be Tensors too; None stands for no limit."""

@overload
def clip_between(x: Tensor, low: ArrayLike, high: ArrayLike, /) -> Tensor: ...
@overload
def clip_between(x: ArrayLike, low: Tensor, high: ArrayLike, /) -> Tensor: ...
@overload
def clip_between(x: ArrayLike, low: ArrayLike, high: Tensor, /) -> Tensor: ...
@overload
def clip_between(x: ArrayLike, low: ArrayLike, high: ArrayLike, /) -> Any:
    """Return x limited to the interval from low to high; None stands for no limit."""

@overload
def cofactors(a: Tensor, /) -> Tensor: ...
@overload
def cofactors(a: ArrayLike, /) -> Any:
    """Return the matrices of cofactors: the derivatives of the determinant by the elements."""

def column_stack(tup: Sequence[Any], /) -> Any:
    """Return vectors and matrices joined as the columns of a matrix."""

@overload
def compress(condition: ArrayLike, a: Tensor, axis: int | None = None) -> Tensor: ...
@overload
def compress(condition: ArrayLike, a: ArrayLike, axis: int | None = None) -> Any:
    """Return the slices along ``axis`` whose entry in the 1-d ``condition`` is true."""

def concatenate(
    arrays: Sequence[Any], /, axis: int | None = 0, *, dtype: Any = None, casting: Any = "same_kind"
) -> Any:
    """Return the arrays joined along an axis; all their elements in one row where ``axis`` is None."""

@overload
def cond(x: Tensor, /, p: Any = None) -> Tensor: ...
@overload
def cond(x: ArrayLike, /, p: Any = None) -> Any:
    """Return the condition number of matrices."""

@overload
def conj(x: _Value, /) -> _Value: ...
@overload
def conj(x: ArrayLike, /) -> Any:
    """Return the complex conjugate."""

@overload
def conjugate(x: _Value, /) -> _Value: ...
@overload
def conjugate(x: ArrayLike, /) -> Any:
    """Return the complex conjugate."""

def contraction(
    *operands: Any, subscripts: str, optimize: Any = False, dtype: Any = None, order: Any = "K", casting: Any = "safe"
) -> Any:
    """Return the sums of products of arrays over the axes that ``subscripts`` labels (`einsum`)."""

@overload
def conv1d(
    x: Tensor,
    kernel: ArrayLike,
    bias: ArrayLike | None = None,
    /,
    stride: int = 1,
    padding: int | str = 0,
    dilation: int = 1,
) -> Tensor: ...
@overload
def conv1d(
    x: ArrayLike,
    kernel: Tensor,
    bias: ArrayLike | None = None,
    /,
    stride: int = 1,
    padding: int | str = 0,
    dilation: int = 1,
) -> Tensor: ...
@overload
def conv1d(
    x: ArrayLike,
    kernel: ArrayLike,
    bias: ArrayLike | None = None,
    /,
    stride: int = 1,
    padding: int | str = 0,
    dilation: int = 1,
) -> Any:
    """Return the convolution of sequences with a kernel, as networks have it: the kernel is not reversed."""

@overload
def conv2d(
    x: Tensor,
    kernel: ArrayLike,
    bias: ArrayLike | None = None,
    /,
    stride: int | tuple[int, ...] = 1,
    padding: int | tuple[int, ...] | str = 0,
    dilation: int | tuple[int, ...] = 1,
) -> Tensor: ...
@overload
def conv2d(
    x: ArrayLike,
    kernel: Tensor,
    bias: ArrayLike | None = None,
    /,
    stride: int | tuple[int, ...] = 1,
    padding: int | tuple[int, ...] | str = 0,
    dilation: int | tuple[int, ...] = 1,
) -> Tensor: ...
@overload
def conv2d(
    x: ArrayLike,
    kernel: ArrayLike,
    bias: ArrayLike | None = None,
    /,
    stride: int | tuple[int, ...] = 1,
    padding: int | tuple[int, ...] | str = 0,
    dilation: int | tuple[int, ...] = 1,
) -> Any:
    """Return the convolution of images with a kernel, as networks have it: the kernel is not reversed."""

@overload
def convolve(a: Tensor, v: ArrayLike, /, mode: Any = "full") -> Tensor: ...
@overload
def convolve(a: ArrayLike, v: Tensor, /, mode: Any = "full") -> Tensor: ...
@overload
def convolve(a: ArrayLike, v: ArrayLike, /, mode: Any = "full") -> Any:
    """Return the discrete convolution of two vectors."""

@overload
def copy(a: Tensor, order: Any = "K", subok: Any = False) -> Tensor: ...
@overload
def copy(a: ArrayLike, order: Any = "K", subok: Any = False) -> Any:
    """Return an array copy of the given object."""

@overload
def copysign(x: Tensor, y: ArrayLike, /) -> Tensor: ...
@overload
def copysign(x: ArrayLike, y: Tensor, /) -> Tensor: ...
@overload
def copysign(x: ArrayLike, y: ArrayLike, /) -> Any:
    """Return the magnitude of x with the sign of y."""

@overload
def corrcoef(x: Tensor, /, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Tensor: ...
@overload
def corrcoef(x: ArrayLike, /, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    """Return the correlation matrix of variables, a row each (a column, where not ``rowvar``), with those of ``y``."""

@overload
def correlate(a: Tensor, v: ArrayLike, /, mode: Any = "valid") -> Tensor: ...
@overload
def correlate(a: ArrayLike, v: Tensor, /, mode: Any = "valid") -> Tensor: ...
@overload
def correlate(a: ArrayLike, v: ArrayLike, /, mode: Any = "valid") -> Any:
    """Return the cross-correlation of two vectors, the second one conjugated."""

@overload
def correlate_channels(
    x: Tensor, kernel: ArrayLike, /, stride: tuple[int, ...], dilation: tuple[int, ...]
) -> Tensor: ...
@overload
def correlate_channels(
    x: ArrayLike, kernel: Tensor, /, stride: tuple[int, ...], dilation: tuple[int, ...]
) -> Tensor: ...
@overload
def correlate_channels(x: ArrayLike, kernel: ArrayLike, /, stride: tuple[int, ...], dilation: tuple[int, ...]) -> Any:
    """Return, for each output channel and place of the kernel on x, the sum of products over all input channels."""

@overload
def correlate_images(
    x: Tensor, g: ArrayLike, /, size: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]
) -> Tensor: ...
@overload
def correlate_images(
    x: ArrayLike, g: Tensor, /, size: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]
) -> Tensor: ...
@overload
def correlate_images(
    x: ArrayLike, g: ArrayLike, /, size: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]
) -> Any:
    """Return the cotangent of the kernel: the sum of products of g with what lay under each element of the kernel."""

@overload
def cos(x: _Value, /) -> _Value: ...
@overload
def cos(x: ArrayLike, /) -> Any:
    """Cosine element-wise."""

@overload
def cosh(x: _Value, /) -> _Value: ...
@overload
def cosh(x: ArrayLike, /) -> Any:
    """Hyperbolic cosine, element-wise."""

@overload
def cov(
    m: Tensor,
    /,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: float | None = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Tensor: ...
@overload
def cov(
    m: ArrayLike,
    /,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: float | None = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    """Return the covariance matrix of variables, a row each (a column, where not ``rowvar``), with those of ``y``."""

@overload
def cross(
    a: Tensor, b: ArrayLike, /, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Tensor: ...
@overload
def cross(
    a: ArrayLike, b: Tensor, /, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Tensor: ...
@overload
def cross(
    a: ArrayLike, b: ArrayLike, /, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Any:
    """Return the cross products of vectors; those of two components, which NumPy has deprecated, lie in a plane."""

@overload
def cross_entropy(logits: Tensor, labels: ArrayLike, /, axis: int = -1) -> Tensor: ...
@overload
def cross_entropy(logits: ArrayLike, labels: Tensor, /, axis: int = -1) -> Tensor: ...
@overload
def cross_entropy(logits: ArrayLike, labels: ArrayLike, /, axis: int = -1) -> Any:
    """Return -log of the probability that softmax(logits) gives to the right class, without overflow."""

@overload
def cumprod(a: Tensor, /, axis: int | None = None, dtype: Any = None) -> Tensor: ...
@overload
def cumprod(a: ArrayLike, /, axis: int | None = None, dtype: Any = None) -> Any:
    """Return the running product along ``axis``; of the flattened array where it is None."""

@overload
def cumsum(a: Tensor, /, axis: int | None = None, dtype: Any = None) -> Tensor: ...
@overload
def cumsum(a: ArrayLike, /, axis: int | None = None, dtype: Any = None) -> Any:
    """Return the running sum along ``axis``; of the flattened array where it is None."""

@overload
def cumulative_prod(
    x: Tensor, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Tensor: ...
@overload
def cumulative_prod(
    x: ArrayLike, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Any:
    """Return the running product along ``axis``, after a one if ``include_initial``."""

@overload
def cumulative_sum(
    x: Tensor, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Tensor: ...
@overload
def cumulative_sum(
    x: ArrayLike, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Any:
    """Return the running sum along ``axis``, after a zero if ``include_initial``."""

@overload
def deg2rad(x: _Value, /) -> _Value: ...
@overload
def deg2rad(x: ArrayLike, /) -> Any:
    """Convert angles from degrees to radians."""

@overload
def degrees(x: _Value, /) -> _Value: ...
@overload
def degrees(x: ArrayLike, /) -> Any:
    """Convert angles from radians to degrees."""

@overload
def delete(arr: Tensor, obj: ArrayLike, axis: int | None = None) -> Tensor: ...
@overload
def delete(arr: ArrayLike, obj: ArrayLike, axis: int | None = None) -> Any:
    """Return the array without the places ``obj`` along ``axis``; of the flattened array where it is None."""

@overload
def det(a: Tensor, /) -> Tensor: ...
@overload
def det(a: ArrayLike, /) -> Any:
    """Return the determinant of square matrices; singular ones have derivatives of every order too."""

@overload
def deviation(
    a: Tensor,
    /,
    axis: int | tuple[int, ...] | None = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
) -> Tensor: ...
@overload
def deviation(
    a: ArrayLike,
    /,
    axis: int | tuple[int, ...] | None = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
) -> Any:
    """Return the standard deviation over ``axis``, about the mean of the elements themselves."""

@overload
def diag(v: Tensor, /, k: int = 0) -> Tensor: ...
@overload
def diag(v: ArrayLike, /, k: int = 0) -> Any:
    """Return the matrix with a vector as its diagonal, or the diagonal of a matrix."""

@overload
def diagflat(v: Tensor, /, k: int = 0) -> Tensor: ...
@overload
def diagflat(v: ArrayLike, /, k: int = 0) -> Any:
    """Return the matrix with all elements of an array as its diagonal."""

@overload
def diagonal(a: Tensor, /, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor: ...
@overload
def diagonal(a: ArrayLike, /, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Return the diagonals over two axes, along a new last axis."""

@overload
def diff(a: Tensor, /, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Tensor: ...
@overload
def diff(a: ArrayLike, /, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """Return the differences of neighbours along an axis, ``n`` times over."""

@overload
def divide(x: Tensor, y: ArrayLike, /) -> Tensor: ...
@overload
def divide(x: ArrayLike, y: Tensor, /) -> Tensor: ...
@overload
def divide(x: ArrayLike, y: ArrayLike, /) -> Any:
    """Divide arguments element-wise."""

def divmod(x: ArrayLike, y: ArrayLike, /) -> tuple[Any, Any]:
    """Return floor(x / y), which is a constant, and the remainder."""

@overload
def dot(a: Tensor, b: ArrayLike, /) -> Tensor: ...
@overload
def dot(a: ArrayLike, b: Tensor, /) -> Tensor: ...
@overload
def dot(a: ArrayLike, b: ArrayLike, /) -> Any:
    """Return the inner product over the last axis of ``a`` and the last but one of ``b`` (or its only one)."""

@overload
def dropout(x: Tensor, /, rate: float = 0.5, *, rng: np.random.Generator | int) -> Tensor: ...
@overload
def dropout(x: ArrayLike, /, rate: float = 0.5, *, rng: np.random.Generator | int) -> Any:
    """Return x with elements zeroed at random, and the others divided by 1 - rate: the same mean."""

def dsplit(ary: ArrayLike, /, indices_or_sections: Any) -> Any:
    """Return the array of three or more axes cut along its third."""

def dstack(tup: Sequence[Any], /) -> Any:
    """Return the arrays joined along the third axis."""

@overload
def ediff1d(ary: Tensor, /, to_end: Any = None, to_begin: Any = None) -> Tensor: ...
@overload
def ediff1d(ary: ArrayLike, /, to_end: Any = None, to_begin: Any = None) -> Any:
    """Return the differences of neighbours among all elements, with values before and after them."""

def eig(a: ArrayLike, /) -> Any:
    """Return eigenvalues and eigenvectors of square matrices."""

def eigh(a: ArrayLike, /, UPLO: Any = "L") -> Any:
    """Return eigenvalues and eigenvectors of Hermitian matrices (Giles 2008, 3.1; Boeddeker et al. 2017 for complex)."""

@overload
def eigvals(a: Tensor, /) -> Tensor: ...
@overload
def eigvals(a: ArrayLike, /) -> Any:
    """Return the eigenvalues of square matrices; of a Tensor, in the order in which ``np.linalg.eig`` finds them."""

@overload
def eigvalsh(a: Tensor, /, UPLO: Any = "L") -> Tensor: ...
@overload
def eigvalsh(a: ArrayLike, /, UPLO: Any = "L") -> Any:
    """Return the eigenvalues of Hermitian matrices, in ascending order."""

def einsum(*operands: Any, optimize: Any = False, dtype: Any = None, order: Any = "K", casting: Any = "safe") -> Any:
    """Return sums of products over labelled axes, written in any of NumPy's ways."""

@overload
def elu(x: _Value, /, alpha: float = 1.0) -> _Value: ...
@overload
def elu(x: ArrayLike, /, alpha: float = 1.0) -> Any:
    """Return x where x > 0, and alpha * (exp(x) - 1) elsewhere (Clevert, Unterthiner and Hochreiter, 2016)."""

@overload
def embed_diagonal(x: Tensor, /, shape: tuple[int, ...], offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor: ...
@overload
def embed_diagonal(x: ArrayLike, /, shape: tuple[int, ...], offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Return zeros of ``shape`` with ``x`` on the diagonals over two axes: the transpose of `diagonal`."""

@overload
def exp(x: _Value, /) -> _Value: ...
@overload
def exp(x: ArrayLike, /) -> Any:
    """Calculate the exponential of all elements in the input array."""

@overload
def exp2(x: _Value, /) -> _Value: ...
@overload
def exp2(x: ArrayLike, /) -> Any:
    """Calculate `2**p` for all `p` in the input array."""

@overload
def expand_dims(a: Tensor, /, axis: int | tuple[int, ...]) -> Tensor: ...
@overload
def expand_dims(a: ArrayLike, /, axis: int | tuple[int, ...]) -> Any:
    """Return the array with new axes of length 1."""

@overload
def expm1(x: _Value, /) -> _Value: ...
@overload
def expm1(x: ArrayLike, /) -> Any:
    """Calculate ``exp(x) - 1`` for all elements in the array."""

@overload
def extract(condition: ArrayLike, arr: Tensor) -> Tensor: ...
@overload
def extract(condition: ArrayLike, arr: ArrayLike) -> Any:
    """Return the elements of ``arr`` where ``condition`` is true."""

@overload
def fabs(x: _Value, /) -> _Value: ...
@overload
def fabs(x: ArrayLike, /) -> Any:
    """Return the absolute value of real numbers."""

@overload
def fft(a: Tensor, /, n: int | None = None, axis: int = -1, norm: Any = None) -> Tensor: ...
@overload
def fft(a: ArrayLike, /, n: int | None = None, axis: int = -1, norm: Any = None) -> Any:
    """Return the discrete Fourier transform along an axis."""

@overload
def fft2(a: Tensor, /, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Tensor: ...
@overload
def fft2(a: ArrayLike, /, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    """Return the discrete Fourier transform over two axes."""

@overload
def fftn(a: Tensor, /, s: Any = None, axes: Any = None, norm: Any = None) -> Tensor: ...
@overload
def fftn(a: ArrayLike, /, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
    """Return the discrete Fourier transform over several axes."""

@overload
def fftshift(x: Tensor, /, axes: Any = None) -> Tensor: ...
@overload
def fftshift(x: ArrayLike, /, axes: Any = None) -> Any:
    """Return a transform with the frequency zero moved to the middle."""

@overload
def flip(m: Tensor, axis: Any = None) -> Tensor: ...
@overload
def flip(m: ArrayLike, axis: Any = None) -> Any:
    """Reverse the order of elements in an array along the given axis."""

@overload
def fliplr(m: Tensor, /) -> Tensor: ...
@overload
def fliplr(m: ArrayLike, /) -> Any:
    """Return the array with its second axis reversed."""

@overload
def flipud(m: Tensor, /) -> Tensor: ...
@overload
def flipud(m: ArrayLike, /) -> Any:
    """Return the array with its first axis reversed."""

@overload
def float_power(x: Tensor, y: ArrayLike, /) -> Tensor: ...
@overload
def float_power(x: ArrayLike, y: Tensor, /) -> Tensor: ...
@overload
def float_power(x: ArrayLike, y: ArrayLike, /) -> Any:
    """Return x to the power of y, computed and returned in at least float64."""

@overload
def fmax(x: Tensor, y: ArrayLike, /) -> Tensor: ...
@overload
def fmax(x: ArrayLike, y: Tensor, /) -> Tensor: ...
@overload
def fmax(x: ArrayLike, y: ArrayLike, /) -> Any:
    """Return the larger of x and y; where one is NaN, the other."""

@overload
def fmin(x: Tensor, y: ArrayLike, /) -> Tensor: ...
@overload
def fmin(x: ArrayLike, y: Tensor, /) -> Tensor: ...
@overload
def fmin(x: ArrayLike, y: ArrayLike, /) -> Any:
    """Return the smaller of x and y; where one is NaN, the other."""

@overload
def fmod(x: Tensor, y: ArrayLike, /) -> Tensor: ...
@overload
def fmod(x: ArrayLike, y: Tensor, /) -> Tensor: ...
@overload
def fmod(x: ArrayLike, y: ArrayLike, /) -> Any:
    """Return x - y * trunc(x / y)."""

def frexp(x: ArrayLike, /) -> tuple[Any, Any]:
    """Return the mantissa, and the exponent of 2, which is a constant: x is mantissa * 2**exponent."""

@overload
def full_like(
    a: Tensor,
    fill_value: ArrayLike,
    /,
    dtype: Any = None,
    order: Any = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> Tensor: ...
@overload
def full_like(
    a: ArrayLike,
    fill_value: Tensor,
    /,
    dtype: Any = None,
    order: Any = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> Tensor: ...
@overload
def full_like(
    a: ArrayLike,
    fill_value: ArrayLike,
    /,
    dtype: Any = None,
    order: Any = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> Any:
    """Return an array in the shape and dtype of another, filled with a value; ``order`` has no effect."""

@overload
def gelu(x: _Value, /, approximate: str | None = None) -> _Value: ...
@overload
def gelu(x: ArrayLike, /, approximate: str | None = None) -> Any:
    """Return x * normal_cdf(x), the Gaussian error linear unit."""

@overload
def geomspace(
    start: Tensor, stop: ArrayLike, /, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Tensor: ...
@overload
def geomspace(
    start: ArrayLike, stop: Tensor, /, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Tensor: ...
@overload
def geomspace(
    start: ArrayLike, stop: ArrayLike, /, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Any:
    """Return numbers between two ends, each the one before it times the same factor, along a new axis."""

@overload
def getitem(x: Tensor, /, index: Any) -> Tensor: ...
@overload
def getitem(x: ArrayLike, /, index: Any) -> Any:
    """Return ``x[index]``, for every index that NumPy has."""

@overload
def glu(x: Tensor, /, axis: int = -1) -> Tensor: ...
@overload
def glu(x: ArrayLike, /, axis: int = -1) -> Any:
    """Return a * sigmoid(b), of the halves a and b of x along the axis (Dauphin, Fan, Auli and Grangier, 2017)."""

def gradient(f: ArrayLike, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Return the slopes of a sampled function: central differences inside, one-sided ones at both ends."""

@overload
def hard_sigmoid(x: _Value, /) -> _Value: ...
@overload
def hard_sigmoid(x: ArrayLike, /) -> Any:
    """Return x / 6 + 1/2 limited to the interval from 0 to 1."""

@overload
def hard_swish(x: _Value, /) -> _Value: ...
@overload
def hard_swish(x: ArrayLike, /) -> Any:
    """Return x * hard_sigmoid(x) (Howard et al., 2019)."""

@overload
def hardtanh(x: _Value, /, low: float = -1.0, high: float = 1.0) -> _Value: ...
@overload
def hardtanh(x: ArrayLike, /, low: float = -1.0, high: float = 1.0) -> Any:
    """Return x limited to the interval from low to high."""

@overload
def heaviside(x: Tensor, y: ArrayLike, /) -> Tensor: ...
@overload
def heaviside(x: ArrayLike, y: Tensor, /) -> Tensor: ...
@overload
def heaviside(x: ArrayLike, y: ArrayLike, /) -> Any:
    """Return 0 where x < 0, y where x is 0, and 1 where x > 0."""

@overload
def hfft(a: Tensor, /, n: int | None = None, axis: int = -1, norm: Any = None) -> Tensor: ...
@overload
def hfft(a: ArrayLike, /, n: int | None = None, axis: int = -1, norm: Any = None) -> Any:
    """Return the transform, which is real, of a signal whose other half is the mirror image of this one."""

def hsplit(ary: ArrayLike, /, indices_or_sections: Any) -> Any:
    """Return the array cut along its second axis, a vector along its only one."""

def hstack(tup: Sequence[Any], /, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    """Return the arrays joined along the second axis, vectors along their only one."""

@overload
def huber(prediction: Tensor, target: ArrayLike, /, delta: float = 1.0) -> Tensor: ...
@overload
def huber(prediction: ArrayLike, target: Tensor, /, delta: float = 1.0) -> Tensor: ...
@overload
def huber(prediction: ArrayLike, target: ArrayLike, /, delta: float = 1.0) -> Any:
    """Return r**2 / 2 where abs(r) <= delta, and delta * (abs(r) - delta / 2) elsewhere, with r = prediction - target."""

@overload
def hypot(x: Tensor, y: ArrayLike, /) -> Tensor: ...
@overload
def hypot(x: ArrayLike, y: Tensor, /) -> Tensor: ...
@overload
def hypot(x: ArrayLike, y: ArrayLike, /) -> Any:
    """Return sqrt(x**2 + y**2)."""

@overload
def i0(x: _Value) -> _Value: ...
@overload
def i0(x: ArrayLike) -> Any:
    """Modified Bessel function of the first kind, order 0."""

@overload
def i0_derivative(x: _Value, /, order: int) -> _Value: ...
@overload
def i0_derivative(x: ArrayLike, /, order: int) -> Any:
    """Return the derivative, of any order k, of the modified Bessel function of the first kind and order 0."""

@overload
def ifft(a: Tensor, /, n: int | None = None, axis: int = -1, norm: Any = None) -> Tensor: ...
@overload
def ifft(a: ArrayLike, /, n: int | None = None, axis: int = -1, norm: Any = None) -> Any:
    """Return the inverse of `fft`."""

@overload
def ifft2(a: Tensor, /, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Tensor: ...
@overload
def ifft2(a: ArrayLike, /, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    """Return the inverse of `fft2`."""

@overload
def ifftn(a: Tensor, /, s: Any = None, axes: Any = None, norm: Any = None) -> Tensor: ...
@overload
def ifftn(a: ArrayLike, /, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
    """Return the inverse of `fftn`."""

@overload
def ifftshift(x: Tensor, /, axes: Any = None) -> Tensor: ...
@overload
def ifftshift(x: ArrayLike, /, axes: Any = None) -> Any:
    """Return the inverse of `fftshift`."""

@overload
def ihfft(a: Tensor, /, n: int | None = None, axis: int = -1, norm: Any = None) -> Tensor: ...
@overload
def ihfft(a: ArrayLike, /, n: int | None = None, axis: int = -1, norm: Any = None) -> Any:
    """Return the inverse of `hfft`."""

@overload
def imag(x: _Value, /) -> _Value: ...
@overload
def imag(x: ArrayLike, /) -> Any:
    """Return the imaginary part: 0 for real numbers."""

@overload
def inner(a: Tensor, b: ArrayLike, /) -> Tensor: ...
@overload
def inner(a: ArrayLike, b: Tensor, /) -> Tensor: ...
@overload
def inner(a: ArrayLike, b: ArrayLike, /) -> Any:
    """Return the sums of products over the last axis of each: ``z[i..., j...]`` is that of a[i...] and b[j...]."""

@overload
def insert(arr: Tensor, obj: ArrayLike, values: ArrayLike, axis: int | None = None) -> Tensor: ...
@overload
def insert(arr: ArrayLike, obj: ArrayLike, values: Tensor, axis: int | None = None) -> Tensor: ...
@overload
def insert(arr: ArrayLike, obj: ArrayLike, values: ArrayLike, axis: int | None = None) -> Any:
    """Return the array with ``values`` inserted before the places ``obj`` along ``axis``."""

@overload
def interp(
    x: Tensor, xp: ArrayLike, fp: ArrayLike, /, left: Any = None, right: Any = None, period: Any = None
) -> Tensor: ...
@overload
def interp(
    x: ArrayLike, xp: Tensor, fp: ArrayLike, /, left: Any = None, right: Any = None, period: Any = None
) -> Tensor: ...
@overload
def interp(
    x: ArrayLike, xp: ArrayLike, fp: Tensor, /, left: Any = None, right: Any = None, period: Any = None
) -> Tensor: ...
@overload
def interp(
    x: ArrayLike, xp: ArrayLike, fp: ArrayLike, /, left: Any = None, right: Any = None, period: Any = None
) -> Any:
    """Return the piecewise linear function through the points (xp, fp), at x."""

@overload
def inv(a: Tensor, /) -> Tensor: ...
@overload
def inv(a: ArrayLike, /) -> Any:
    """Return the inverse of square matrices (Giles 2.2.3)."""

@overload
def irfft(a: Tensor, /, n: int | None = None, axis: int = -1, norm: Any = None) -> Tensor: ...
@overload
def irfft(a: ArrayLike, /, n: int | None = None, axis: int = -1, norm: Any = None) -> Any:
    """Return the inverse of `rfft`: n real numbers, 2 (m - 1) of m complex ones if ``n`` is left out."""

@overload
def irfft2(a: Tensor, /, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Tensor: ...
@overload
def irfft2(a: ArrayLike, /, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    """Return the inverse of `rfft2`."""

@overload
def irfftn(a: Tensor, /, s: Any = None, axes: Any = None, norm: Any = None) -> Tensor: ...
@overload
def irfftn(a: ArrayLike, /, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
    """Return the inverse of `rfftn`."""

def ix_(*args: Any) -> Any:
    """Return vectors, each along an axis of its own: an open mesh. Vectors of booleans become indices."""

@overload
def kron(a: Tensor, b: ArrayLike, /) -> Tensor: ...
@overload
def kron(a: ArrayLike, b: Tensor, /) -> Tensor: ...
@overload
def kron(a: ArrayLike, b: ArrayLike, /) -> Any:
    """Return the Kronecker product: blocks of ``b``, one for each element of ``a`` and multiplied by it."""

@overload
def layer_norm(
    x: Tensor, /, gain: Any = None, bias: Any = None, axis: int | tuple[int, ...] | None = -1, eps: float = 1e-05
) -> Tensor: ...
@overload
def layer_norm(
    x: ArrayLike, /, gain: Any = None, bias: Any = None, axis: int | tuple[int, ...] | None = -1, eps: float = 1e-05
) -> Any:
    """Return gain * (x - mean) / sqrt(variance + eps) + bias, with mean and variance over the axis."""

@overload
def ldexp(x: Tensor, y: ArrayLike, /) -> Tensor: ...
@overload
def ldexp(x: ArrayLike, y: ArrayLike, /) -> Any:
    """Return x * 2**y, of integers y."""

@overload
def leaky_relu(x: _Value, /, slope: float = 0.01) -> _Value: ...
@overload
def leaky_relu(x: ArrayLike, /, slope: float = 0.01) -> Any:
    """Return x where x > 0, and slope * x elsewhere (Maas, Hannun and Ng, 2013)."""

@overload
def linalg_cross(x1: Tensor, x2: ArrayLike, /, *, axis: int = -1) -> Tensor: ...
@overload
def linalg_cross(x1: ArrayLike, x2: Tensor, /, *, axis: int = -1) -> Tensor: ...
@overload
def linalg_cross(x1: ArrayLike, x2: ArrayLike, /, *, axis: int = -1) -> Any:
    """Return the cross products of vectors of three components (``np.linalg.cross``)."""

@overload
def linalg_diagonal(x: Tensor, /, *, offset: int = 0) -> Tensor: ...
@overload
def linalg_diagonal(x: ArrayLike, /, *, offset: int = 0) -> Any:
    """Return the diagonals over the last two axes (``np.linalg.diagonal``)."""

@overload
def linalg_outer(x1: Tensor, x2: ArrayLike, /) -> Tensor: ...
@overload
def linalg_outer(x1: ArrayLike, x2: Tensor, /) -> Tensor: ...
@overload
def linalg_outer(x1: ArrayLike, x2: ArrayLike, /) -> Any:
    """Return the outer product of two vectors (``np.linalg.outer``, which takes nothing else)."""

@overload
def linalg_trace(x: Tensor, /, *, offset: int = 0, dtype: Any = None) -> Tensor: ...
@overload
def linalg_trace(x: ArrayLike, /, *, offset: int = 0, dtype: Any = None) -> Any:
    """Return the sum along a diagonal of the last two axes (``np.linalg.trace``)."""

@overload
def linalg_vecdot(x1: Tensor, x2: ArrayLike, /, *, axis: int = -1) -> Tensor: ...
@overload
def linalg_vecdot(x1: ArrayLike, x2: Tensor, /, *, axis: int = -1) -> Tensor: ...
@overload
def linalg_vecdot(x1: ArrayLike, x2: ArrayLike, /, *, axis: int = -1) -> Any:
    """Return the inner products over ``axis`` (``np.linalg.vecdot``)."""

def linspace(
    start: ArrayLike,
    stop: ArrayLike,
    /,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    *,
    device: Any = None,
) -> Any:
    """Return evenly spaced numbers between two ends, along a new axis; also their distance where ``retstep``."""

@overload
def log(x: _Value, /) -> _Value: ...
@overload
def log(x: ArrayLike, /) -> Any:
    """Natural logarithm, element-wise."""

@overload
def log10(x: _Value, /) -> _Value: ...
@overload
def log10(x: ArrayLike, /) -> Any:
    """Return the base 10 logarithm of the input array, element-wise."""

@overload
def log1p(x: _Value, /) -> _Value: ...
@overload
def log1p(x: ArrayLike, /) -> Any:
    """Return the natural logarithm of one plus the input array, element-wise."""

@overload
def log2(x: _Value, /) -> _Value: ...
@overload
def log2(x: ArrayLike, /) -> Any:
    """Base-2 logarithm of `x`."""

@overload
def log_cosh(x: _Value, /) -> _Value: ...
@overload
def log_cosh(x: ArrayLike, /) -> Any:
    """Return log(cosh(x)), of residuals x: x**2 / 2 near 0, and abs(x) - log(2) far away, without overflow."""

@overload
def log_sigmoid(x: _Value, /) -> _Value: ...
@overload
def log_sigmoid(x: ArrayLike, /) -> Any:
    """Return log(sigmoid(x)), which is -softplus(-x), for any x without overflow and to full relative precision."""

@overload
def log_softmax(x: Tensor, /, axis: int | tuple[int, ...] | None = -1) -> Tensor: ...
@overload
def log_softmax(x: ArrayLike, /, axis: int | tuple[int, ...] | None = -1) -> Any:
    """Return x - log(sum(exp(x))) over the axis, without overflow. A slice of -inf alone stays as it is."""

@overload
def logaddexp(x: Tensor, y: ArrayLike, /) -> Tensor: ...
@overload
def logaddexp(x: ArrayLike, y: Tensor, /) -> Tensor: ...
@overload
def logaddexp(x: ArrayLike, y: ArrayLike, /) -> Any:
    """Logarithm of the sum of exponentiations of the inputs."""

@overload
def logaddexp2(x: Tensor, y: ArrayLike, /) -> Tensor: ...
@overload
def logaddexp2(x: ArrayLike, y: Tensor, /) -> Tensor: ...
@overload
def logaddexp2(x: ArrayLike, y: ArrayLike, /) -> Any:
    """Logarithm of the sum of exponentiations of the inputs in base-2."""

@overload
def logaddexp_reduce(
    a: Tensor, /, axis: int | tuple[int, ...] | None = None, dtype: Any = None, *, keepdims: bool = False
) -> Tensor: ...
@overload
def logaddexp_reduce(
    a: ArrayLike, /, axis: int | tuple[int, ...] | None = None, dtype: Any = None, *, keepdims: bool = False
) -> Any:
    """Return the logarithm of the sum of exponentials over ``axis``: ``np.logaddexp.reduce``."""

@overload
def logspace(
    start: Tensor,
    stop: ArrayLike,
    /,
    num: int = 50,
    endpoint: bool = True,
    base: Any = 10.0,
    dtype: Any = None,
    axis: int = 0,
) -> Tensor: ...
@overload
def logspace(
    start: ArrayLike,
    stop: Tensor,
    /,
    num: int = 50,
    endpoint: bool = True,
    base: Any = 10.0,
    dtype: Any = None,
    axis: int = 0,
) -> Tensor: ...
@overload
def logspace(
    start: ArrayLike,
    stop: ArrayLike,
    /,
    num: int = 50,
    endpoint: bool = True,
    base: Any = 10.0,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """Return powers of ``base`` whose exponents are evenly spaced."""

@overload
def logsumexp(x: Tensor, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Tensor: ...
@overload
def logsumexp(x: ArrayLike, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Any:
    """Return log(sum(exp(x))) over the axis, without overflow: a smooth maximum."""

def lstsq(a: ArrayLike, b: ArrayLike, /, rcond: Any = None) -> Any:
    """Return least-squares solution, residuals, rank and singular values."""

@overload
def masked(mask: ArrayLike, x: Tensor, /) -> Tensor: ...
@overload
def masked(mask: ArrayLike, x: ArrayLike, /) -> Any:
    """Return x where the mask is True, and 0 elsewhere, where ``x * mask`` would make NaN of an infinity."""

@overload
def matmul(x: Tensor, y: ArrayLike, /) -> Tensor: ...
@overload
def matmul(x: ArrayLike, y: Tensor, /) -> Tensor: ...
@overload
def matmul(x: ArrayLike, y: ArrayLike, /) -> Any:
    """Return the matrix product over the last two axes; the other axes broadcast."""

@overload
def matrix_norm(x: Tensor, /, *, keepdims: bool = False, ord: Any = "fro") -> Tensor: ...
@overload
def matrix_norm(x: ArrayLike, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """Return the norm of matrices, the Frobenius norm by default."""

@overload
def matrix_power(a: Tensor, /, n: int) -> Tensor: ...
@overload
def matrix_power(a: ArrayLike, /, n: int) -> Any:
    """Return square matrices multiplied with themselves; inverted first where ``n`` is negative."""

@overload
def matrix_transpose(x: Tensor, /) -> Tensor: ...
@overload
def matrix_transpose(x: ArrayLike, /) -> Any:
    """Transposes a matrix (or a stack of matrices) ``x``."""

@overload
def matvec(x1: Tensor, x2: ArrayLike, /) -> Tensor: ...
@overload
def matvec(x1: ArrayLike, x2: Tensor, /) -> Tensor: ...
@overload
def matvec(x1: ArrayLike, x2: ArrayLike, /) -> Any:
    """Return the product of matrices with vectors."""

@overload
def max(a: Tensor, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Tensor: ...
@overload
def max(a: ArrayLike, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Any:
    """Return the largest element over ``axis``."""

@overload
def max_pool1d(x: Tensor, /, size: int, stride: int | None = None, padding: int = 0) -> Tensor: ...
@overload
def max_pool1d(x: ArrayLike, /, size: int, stride: int | None = None, padding: int = 0) -> Any:
    """Return the largest element of each window of the last axis."""

@overload
def max_pool2d(
    x: Tensor,
    /,
    size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | tuple[int, ...] = 0,
) -> Tensor: ...
@overload
def max_pool2d(
    x: ArrayLike,
    /,
    size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | tuple[int, ...] = 0,
) -> Any:
    """Return the largest element of each window of the last two axes."""

@overload
def maximum(x: Tensor, y: ArrayLike, /) -> Tensor: ...
@overload
def maximum(x: ArrayLike, y: Tensor, /) -> Tensor: ...
@overload
def maximum(x: ArrayLike, y: ArrayLike, /) -> Any:
    """Return the larger of x and y; NaN where either is."""

@overload
def maximum_accumulate(a: Tensor, /, axis: int = 0, dtype: Any = None) -> Tensor: ...
@overload
def maximum_accumulate(a: ArrayLike, /, axis: int = 0, dtype: Any = None) -> Any:
    """Return the largest element so far along ``axis``: ``np.maximum.accumulate``."""

@overload
def mean(
    a: Tensor, /, axis: int | tuple[int, ...] | None = None, dtype: Any = None, *, keepdims: bool = False
) -> Tensor: ...
@overload
def mean(
    a: ArrayLike, /, axis: int | tuple[int, ...] | None = None, dtype: Any = None, *, keepdims: bool = False
) -> Any:
    """Return the mean over ``axis``."""

@overload
def median(
    a: Tensor, /, axis: int | tuple[int, ...] | None = None, *, overwrite_input: bool = False, keepdims: bool = False
) -> Tensor: ...
@overload
def median(
    a: ArrayLike, /, axis: int | tuple[int, ...] | None = None, *, overwrite_input: bool = False, keepdims: bool = False
) -> Any:
    """Return the median over ``axis``. The array is never written over, whatever ``overwrite_input`` allows."""

def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    """Return the coordinates of the grid whose axes are vectors; ``copy`` has no effect."""

@overload
def min(a: Tensor, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Tensor: ...
@overload
def min(a: ArrayLike, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Any:
    """Return the smallest element over ``axis``."""

@overload
def minimum(x: Tensor, y: ArrayLike, /) -> Tensor: ...
@overload
def minimum(x: ArrayLike, y: Tensor, /) -> Tensor: ...
@overload
def minimum(x: ArrayLike, y: ArrayLike, /) -> Any:
    """Return the smaller of x and y; NaN where either is."""

@overload
def minimum_accumulate(a: Tensor, /, axis: int = 0, dtype: Any = None) -> Tensor: ...
@overload
def minimum_accumulate(a: ArrayLike, /, axis: int = 0, dtype: Any = None) -> Any:
    """Return the smallest element so far along ``axis``: ``np.minimum.accumulate``."""

@overload
def mish(x: _Value, /) -> _Value: ...
@overload
def mish(x: ArrayLike, /) -> Any:
    """Return x * tanh(softplus(x)) (Misra, 2019)."""

@overload
def mod(x: Tensor, y: ArrayLike, /) -> Tensor: ...
@overload
def mod(x: ArrayLike, y: Tensor, /) -> Tensor: ...
@overload
def mod(x: ArrayLike, y: ArrayLike, /) -> Any:
    """Return x - y * floor(x / y)."""

def modf(x: ArrayLike, /) -> Any:
    """Return the fractional and integral parts of an array, element-wise."""

@overload
def moveaxis(a: Tensor, /, source: int | tuple[int, ...], destination: int | tuple[int, ...]) -> Tensor: ...
@overload
def moveaxis(a: ArrayLike, /, source: int | tuple[int, ...], destination: int | tuple[int, ...]) -> Any:
    """Return the array with some axes moved to other positions."""

def multi_dot(arrays: ArrayLike, /) -> Any:
    """Return the product of two or more matrices, multiplied in the order that costs least."""

@overload
def multiply(x: Tensor, y: ArrayLike, /) -> Tensor: ...
@overload
def multiply(x: ArrayLike, y: Tensor, /) -> Tensor: ...
@overload
def multiply(x: ArrayLike, y: ArrayLike, /) -> Any:
    """Multiply arguments element-wise."""

@overload
def nan_to_num(x: _Value, /, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> _Value: ...
@overload
def nan_to_num(x: ArrayLike, /, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """Return x with NaN and infinities replaced by numbers; a Tensor is never changed in place."""

@overload
def nancumprod(a: Tensor, /, axis: int | None = None, dtype: Any = None) -> Tensor: ...
@overload
def nancumprod(a: ArrayLike, /, axis: int | None = None, dtype: Any = None) -> Any:
    """Return the running product along ``axis`` of the elements that are no NaN."""

@overload
def nancumsum(a: Tensor, /, axis: int | None = None, dtype: Any = None) -> Tensor: ...
@overload
def nancumsum(a: ArrayLike, /, axis: int | None = None, dtype: Any = None) -> Any:
    """Return the running sum along ``axis`` of the elements that are no NaN."""

@overload
def nanmax(a: Tensor, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Tensor: ...
@overload
def nanmax(a: ArrayLike, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Any:
    """Return the largest element over ``axis`` that is no NaN."""

@overload
def nanmean(
    a: Tensor, /, axis: int | tuple[int, ...] | None = None, dtype: Any = None, *, keepdims: bool = False
) -> Tensor: ...
@overload
def nanmean(
    a: ArrayLike, /, axis: int | tuple[int, ...] | None = None, dtype: Any = None, *, keepdims: bool = False
) -> Any:
    """Return the mean over ``axis`` of the elements that are no NaN."""

@overload
def nanmedian(
    a: Tensor, /, axis: int | tuple[int, ...] | None = None, *, overwrite_input: bool = False, keepdims: bool = False
) -> Tensor: ...
@overload
def nanmedian(
    a: ArrayLike, /, axis: int | tuple[int, ...] | None = None, *, overwrite_input: bool = False, keepdims: bool = False
) -> Any:
    """Return the median over ``axis`` of the elements that are no NaN."""

@overload
def nanmin(a: Tensor, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Tensor: ...
@overload
def nanmin(a: ArrayLike, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Any:
    """Return the smallest element over ``axis`` that is no NaN."""

@overload
def nanpercentile(
    a: Tensor,
    /,
    q: Any,
    axis: int | tuple[int, ...] | None = None,
    *,
    overwrite_input: bool = False,
    method: Any = "linear",
    keepdims: bool = False,
) -> Tensor: ...
@overload
def nanpercentile(
    a: ArrayLike,
    /,
    q: Any,
    axis: int | tuple[int, ...] | None = None,
    *,
    overwrite_input: bool = False,
    method: Any = "linear",
    keepdims: bool = False,
) -> Any:
    """Return the quantiles ``q``, from 0 to 100, over ``axis`` of the elements that are no NaN."""

@overload
def nanprod(
    a: Tensor, /, axis: int | tuple[int, ...] | None = None, dtype: Any = None, *, keepdims: bool = False
) -> Tensor: ...
@overload
def nanprod(
    a: ArrayLike, /, axis: int | tuple[int, ...] | None = None, dtype: Any = None, *, keepdims: bool = False
) -> Any:
    """Return the product over ``axis`` of the elements that are no NaN."""

@overload
def nanquantile(
    a: Tensor,
    /,
    q: Any,
    axis: int | tuple[int, ...] | None = None,
    *,
    overwrite_input: bool = False,
    method: Any = "linear",
    keepdims: bool = False,
) -> Tensor: ...
@overload
def nanquantile(
    a: ArrayLike,
    /,
    q: Any,
    axis: int | tuple[int, ...] | None = None,
    *,
    overwrite_input: bool = False,
    method: Any = "linear",
    keepdims: bool = False,
) -> Any:
    """Return the quantiles ``q``, from 0 to 1, over ``axis`` of the elements that are no NaN."""

@overload
def nanstd(
    a: Tensor,
    /,
    axis: int | tuple[int, ...] | None = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
) -> Tensor: ...
@overload
def nanstd(
    a: ArrayLike,
    /,
    axis: int | tuple[int, ...] | None = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
) -> Any:
    """Return the standard deviation over ``axis`` of the elements that are no NaN."""

@overload
def nansum(
    a: Tensor, /, axis: int | tuple[int, ...] | None = None, dtype: Any = None, *, keepdims: bool = False
) -> Tensor: ...
@overload
def nansum(
    a: ArrayLike, /, axis: int | tuple[int, ...] | None = None, dtype: Any = None, *, keepdims: bool = False
) -> Any:
    """Return the sum over ``axis`` of the elements that are no NaN."""

@overload
def nanvar(
    a: Tensor,
    /,
    axis: int | tuple[int, ...] | None = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
) -> Tensor: ...
@overload
def nanvar(
    a: ArrayLike,
    /,
    axis: int | tuple[int, ...] | None = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
) -> Any:
    """Return the variance over ``axis`` of the elements that are no NaN, of n - ``ddof`` degrees of freedom."""

@overload
def negative(x: _Value, /) -> _Value: ...
@overload
def negative(x: ArrayLike, /) -> Any:
    """Numerical negative, element-wise."""

@overload
def norm(x: Tensor, /, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Tensor: ...
@overload
def norm(x: ArrayLike, /, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """Return the norm of vectors or matrices, of any order that NumPy has."""

@overload
def normal_cdf(x: _Value, /) -> _Value: ...
@overload
def normal_cdf(x: ArrayLike, /) -> Any:
    """Return the cumulative distribution function of the normal distribution, (1 + erf(x / sqrt(2))) / 2."""

def one_hot(labels: ArrayLike, /, classes: int, dtype: Any = ...) -> Any:
    """Return a vector for each label: 1 at the label's place, 0 elsewhere. It is a constant: labels have no derivative."""

@overload
def outer(a: Tensor, b: ArrayLike, /) -> Tensor: ...
@overload
def outer(a: ArrayLike, b: Tensor, /) -> Tensor: ...
@overload
def outer(a: ArrayLike, b: ArrayLike, /) -> Any:
    """Return the matrix of products of each element of ``a`` (rows) with each of ``b`` (columns)."""

@overload
def overlap_add(x: Tensor, /, shape: tuple[int, ...], window_shape: Any, axis: Any = None) -> Tensor: ...
@overload
def overlap_add(x: ArrayLike, /, shape: tuple[int, ...], window_shape: Any, axis: Any = None) -> Any:
    """Return the sum of windows, each added in its place: the transpose of `sliding_window_view`."""

@overload
def pad(
    array: Tensor,
    /,
    pad_width: Any,
    mode: Any = "constant",
    *,
    constant_values: Any = None,
    end_values: Any = None,
    reflect_type: str | None = None,
    stat_length: Any = None,
) -> Tensor: ...
@overload
def pad(
    array: ArrayLike,
    /,
    pad_width: Any,
    mode: Any = "constant",
    *,
    constant_values: Any = None,
    end_values: Any = None,
    reflect_type: str | None = None,
    stat_length: Any = None,
) -> Any:
    """Return the array with values added before and after each axis."""

@overload
def partition(a: Tensor, /, kth: Any, axis: int | None = -1, kind: Any = "introselect") -> Tensor: ...
@overload
def partition(a: ArrayLike, /, kth: Any, axis: int | None = -1, kind: Any = "introselect") -> Any:
    """Return the elements along ``axis`` with the ``kth`` in its sorted place, smaller ones before, larger after."""

@overload
def patches(
    x: Tensor, /, size: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...] = (1, 1)
) -> Tensor: ...
@overload
def patches(x: ArrayLike, /, size: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...] = (1, 1)) -> Any:
    """Return the windows that slide over the last axes: a view, with the windows' axes last."""

@overload
def percentile(
    a: Tensor,
    /,
    q: Any,
    axis: int | tuple[int, ...] | None = None,
    *,
    overwrite_input: bool = False,
    method: Any = "linear",
    keepdims: bool = False,
) -> Tensor: ...
@overload
def percentile(
    a: ArrayLike,
    /,
    q: Any,
    axis: int | tuple[int, ...] | None = None,
    *,
    overwrite_input: bool = False,
    method: Any = "linear",
    keepdims: bool = False,
) -> Any:
    """Return the quantiles ``q``, from 0 to 100, over ``axis``: first the axes of ``q``, then those that are left."""

@overload
def pick_last(x: Tensor, /, index: Any) -> Tensor: ...
@overload
def pick_last(x: ArrayLike, /, index: Any) -> Any:
    """Return ``x[index]``, with an element that it names more than once in the last place, and 0 in the others."""

@overload
def piecewise(x: Tensor, /, condlist: Any, funclist: Sequence[Callable[..., Any] | complex]) -> Tensor: ...
@overload
def piecewise(x: ArrayLike, /, condlist: Any, funclist: Sequence[Callable[..., Any] | complex]) -> Any:
    """Return, where each condition holds, its function of those elements of x alone, or its constant; 0 elsewhere."""

@overload
def pinv(a: Tensor, /, rcond: Any = None, hermitian: bool = False, *, rtol: Any = ...) -> Tensor: ...
@overload
def pinv(a: ArrayLike, /, rcond: Any = None, hermitian: bool = False, *, rtol: Any = ...) -> Any:
    """Return the Moore-Penrose inverse of matrices."""

@overload
def poly(seq_of_zeros: Tensor, /) -> Tensor: ...
@overload
def poly(seq_of_zeros: ArrayLike, /) -> Any:
    """Return the polynomial with the given roots, and 1 as its leading coefficient."""

@overload
def polyadd(a1: Tensor, a2: ArrayLike, /) -> Tensor: ...
@overload
def polyadd(a1: ArrayLike, a2: Tensor, /) -> Tensor: ...
@overload
def polyadd(a1: ArrayLike, a2: ArrayLike, /) -> Any:
    """Return the sum of two polynomials."""

@overload
def polyder(p: Tensor, /, m: int = 1) -> Tensor: ...
@overload
def polyder(p: ArrayLike, /, m: int = 1) -> Any:
    """Return the m-th derivative of a polynomial."""

def polydiv(u: ArrayLike, v: ArrayLike, /) -> Any:
    """Return the quotient and the remainder of two polynomials, by long division."""

@overload
def polyfit(
    x: Tensor, y: ArrayLike, /, deg: int, rcond: Any = None, full: bool = False, w: Any = None, cov: Any = False
) -> Tensor: ...
@overload
def polyfit(
    x: ArrayLike, y: Tensor, /, deg: int, rcond: Any = None, full: bool = False, w: Any = None, cov: Any = False
) -> Tensor: ...
@overload
def polyfit(
    x: ArrayLike, y: ArrayLike, /, deg: int, rcond: Any = None, full: bool = False, w: Any = None, cov: Any = False
) -> Any:
    """Return the polynomial of a degree that fits samples best, in the sense of least (weighted) squares."""

@overload
def polyint(p: Tensor, /, m: int = 1, k: Any = None) -> Tensor: ...
@overload
def polyint(p: ArrayLike, /, m: int = 1, k: Any = None) -> Any:
    """Return the m-th antiderivative of a polynomial, with the constants of integration ``k``."""

@overload
def polymul(a1: Tensor, a2: ArrayLike, /) -> Tensor: ...
@overload
def polymul(a1: ArrayLike, a2: Tensor, /) -> Tensor: ...
@overload
def polymul(a1: ArrayLike, a2: ArrayLike, /) -> Any:
    """Return the product of two polynomials; leading zeros are dropped."""

@overload
def polysub(a1: Tensor, a2: ArrayLike, /) -> Tensor: ...
@overload
def polysub(a1: ArrayLike, a2: Tensor, /) -> Tensor: ...
@overload
def polysub(a1: ArrayLike, a2: ArrayLike, /) -> Any:
    """Return the difference of two polynomials."""

@overload
def polyval(p: Tensor, x: ArrayLike, /) -> Tensor: ...
@overload
def polyval(p: ArrayLike, x: Tensor, /) -> Tensor: ...
@overload
def polyval(p: ArrayLike, x: ArrayLike, /) -> Any:
    """Return the values of a polynomial, by Horner's rule."""

@overload
def positive(x: _Value, /) -> _Value: ...
@overload
def positive(x: ArrayLike, /) -> Any:
    """Numerical positive, element-wise."""

@overload
def pow(x: Tensor, y: ArrayLike, /) -> Tensor: ...
@overload
def pow(x: ArrayLike, y: Tensor, /) -> Tensor: ...
@overload
def pow(x: ArrayLike, y: ArrayLike, /) -> Any:
    """Return x to the power of y."""

@overload
def power(x: Tensor, y: ArrayLike, /) -> Tensor: ...
@overload
def power(x: ArrayLike, y: Tensor, /) -> Tensor: ...
@overload
def power(x: ArrayLike, y: ArrayLike, /) -> Any:
    """Return x to the power of y."""

@overload
def prod(
    a: Tensor, /, axis: int | tuple[int, ...] | None = None, dtype: Any = None, *, keepdims: bool = False
) -> Tensor: ...
@overload
def prod(
    a: ArrayLike, /, axis: int | tuple[int, ...] | None = None, dtype: Any = None, *, keepdims: bool = False
) -> Any:
    """Return the product over ``axis``. Its derivatives are products too: exact where factors are zero."""

@overload
def ptp(a: Tensor, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Tensor: ...
@overload
def ptp(a: ArrayLike, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Any:
    """Return the largest element minus the smallest over ``axis``."""

def qr(a: ArrayLike, /, mode: Any = "reduced") -> Any:
    """Return matrices with orthonormal columns and upper triangular ones whose product is ``a``."""

@overload
def quantile(
    a: Tensor,
    /,
    q: Any,
    axis: int | tuple[int, ...] | None = None,
    *,
    overwrite_input: bool = False,
    method: Any = "linear",
    keepdims: bool = False,
) -> Tensor: ...
@overload
def quantile(
    a: ArrayLike,
    /,
    q: Any,
    axis: int | tuple[int, ...] | None = None,
    *,
    overwrite_input: bool = False,
    method: Any = "linear",
    keepdims: bool = False,
) -> Any:
    """Return the quantiles ``q``, from 0 to 1, over ``axis``: first the axes of ``q``, then those that are left."""

@overload
def rad2deg(x: _Value, /) -> _Value: ...
@overload
def rad2deg(x: ArrayLike, /) -> Any:
    """Convert angles from radians to degrees."""

@overload
def radians(x: _Value, /) -> _Value: ...
@overload
def radians(x: ArrayLike, /) -> Any:
    """Convert angles from degrees to radians."""

@overload
def ravel(a: Tensor, /, order: Any = "C") -> Tensor: ...
@overload
def ravel(a: ArrayLike, /, order: Any = "C") -> Any:
    """Return the elements in one row."""

@overload
def real(x: _Value, /) -> _Value: ...
@overload
def real(x: ArrayLike, /) -> Any:
    """Return the real part."""

@overload
def real_if_close(a: Tensor, /, tol: float = 100) -> Tensor: ...
@overload
def real_if_close(a: ArrayLike, /, tol: float = 100) -> Any:
    """Return the real part of complex numbers whose imaginary parts are within rounding of 0; else the numbers."""

@overload
def reciprocal(x: _Value, /) -> _Value: ...
@overload
def reciprocal(x: ArrayLike, /) -> Any:
    """Return the reciprocal of the argument, element-wise."""

@overload
def relu(x: _Value, /) -> _Value: ...
@overload
def relu(x: ArrayLike, /) -> Any:
    """Return max(x, 0), the rectified linear unit."""

@overload
def remainder(x: Tensor, y: ArrayLike, /) -> Tensor: ...
@overload
def remainder(x: ArrayLike, y: Tensor, /) -> Tensor: ...
@overload
def remainder(x: ArrayLike, y: ArrayLike, /) -> Any:
    """Return x - y * floor(x / y)."""

@overload
def repeat(a: Tensor, /, repeats: Any, axis: int | None = None) -> Tensor: ...
@overload
def repeat(a: ArrayLike, /, repeats: Any, axis: int | None = None) -> Any:
    """Return the array with each element repeated, along an axis or in one row."""

@overload
def reshape(a: Tensor, /, shape: Any = None, order: Any = "C", *, newshape: Any = None, copy: Any = None) -> Tensor: ...
@overload
def reshape(a: ArrayLike, /, shape: Any = None, order: Any = "C", *, newshape: Any = None, copy: Any = None) -> Any:
    """Return the elements in another shape."""

def resize(a: ArrayLike, /, new_shape: int | tuple[int, ...]) -> Any:
    """Return the elements in another shape of any size, repeated or cut off."""

@overload
def rfft(a: Tensor, /, n: int | None = None, axis: int = -1, norm: Any = None) -> Tensor: ...
@overload
def rfft(a: ArrayLike, /, n: int | None = None, axis: int = -1, norm: Any = None) -> Any:
    """Return the first half of the discrete Fourier transform of real numbers; the rest is its mirror image."""

@overload
def rfft2(a: Tensor, /, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Tensor: ...
@overload
def rfft2(a: ArrayLike, /, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    """Return the discrete Fourier transform of real numbers over two axes, the first half of the last one."""

@overload
def rfftn(a: Tensor, /, s: Any = None, axes: Any = None, norm: Any = None) -> Tensor: ...
@overload
def rfftn(a: ArrayLike, /, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
    """Return the discrete Fourier transform of real numbers over several axes, the first half of the last one."""

@overload
def rms_norm(x: Tensor, /, gain: Any = None, axis: int | tuple[int, ...] | None = -1, eps: float = 1e-05) -> Tensor: ...
@overload
def rms_norm(x: ArrayLike, /, gain: Any = None, axis: int | tuple[int, ...] | None = -1, eps: float = 1e-05) -> Any:
    """Return gain * x / sqrt(mean(x**2) + eps), with the mean over the axis (Zhang and Sennrich, 2019)."""

@overload
def roll(a: Tensor, /, shift: int | tuple[int, ...], axis: Any = None) -> Tensor: ...
@overload
def roll(a: ArrayLike, /, shift: int | tuple[int, ...], axis: Any = None) -> Any:
    """Return the array with its elements shifted along axes, those at the end coming in at the start."""

@overload
def rollaxis(a: Tensor, /, axis: int, start: int = 0) -> Tensor: ...
@overload
def rollaxis(a: ArrayLike, /, axis: int, start: int = 0) -> Any:
    """Return the array with one axis moved to before the axis ``start``."""

@overload
def roots(p: Tensor, /) -> Tensor: ...
@overload
def roots(p: ArrayLike, /) -> Any:
    """Return the roots of a polynomial."""

@overload
def rot90(m: Tensor, k: Any = 1, axes: Any = (0, 1)) -> Tensor: ...
@overload
def rot90(m: ArrayLike, k: Any = 1, axes: Any = (0, 1)) -> Any:
    """Rotate an array by 90 degrees in the plane specified by axes."""

@overload
def scatter(x: Tensor, /, index: Any, shape: tuple[int, ...]) -> Tensor: ...
@overload
def scatter(x: ArrayLike, /, index: Any, shape: tuple[int, ...]) -> Any:
    """Return zeros of ``shape`` with ``x`` added at ``index``: the transpose of picking."""

def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: ArrayLike = 0, /) -> Any:
    """Return, element by element, the choice of the first condition that holds; the default where none does."""

@overload
def selu(x: _Value, /) -> _Value: ...
@overload
def selu(x: ArrayLike, /) -> Any:
    """Return scale * elu(x, alpha), of the two numbers that keep mean 0 and variance 1 through layers."""

@overload
def sigmoid(x: _Value, /) -> _Value: ...
@overload
def sigmoid(x: ArrayLike, /) -> Any:
    """Return 1 / (1 + exp(-x)), for any x without overflow and to full relative precision."""

@overload
def sign(x: _Value, /) -> _Value: ...
@overload
def sign(x: ArrayLike, /) -> Any:
    """Return x / abs(x), and 0 for 0. That of real numbers is a constant: a plain array."""

@overload
def silu(x: _Value, /) -> _Value: ...
@overload
def silu(x: ArrayLike, /) -> Any:
    """Return x * sigmoid(x), also known as swish (Elfwing, Uchibe and Doya, 2018)."""

@overload
def sin(x: _Value, /) -> _Value: ...
@overload
def sin(x: ArrayLike, /) -> Any:
    """Trigonometric sine, element-wise."""

@overload
def sinc(x: _Value) -> _Value: ...
@overload
def sinc(x: ArrayLike) -> Any:
    """Return the normalized sinc function."""

@overload
def sinh(x: _Value, /) -> _Value: ...
@overload
def sinh(x: ArrayLike, /) -> Any:
    """Hyperbolic sine, element-wise."""

@overload
def sliding_window_view(x: Tensor, /, window_shape: Any, axis: Any = None, *, subok: bool = False) -> Tensor: ...
@overload
def sliding_window_view(x: ArrayLike, /, window_shape: Any, axis: Any = None, *, subok: bool = False) -> Any:
    """Return all windows of a shape, along new last axes; the places that they can take are along the old ones."""

def slogdet(a: ArrayLike, /) -> Any:
    """Return sign and logarithm of the absolute value of the determinant."""

@overload
def softmax(x: Tensor, /, axis: int | tuple[int, ...] | None = -1) -> Tensor: ...
@overload
def softmax(x: ArrayLike, /, axis: int | tuple[int, ...] | None = -1) -> Any:
    """Return exp(x) / sum(exp(x)) over the axis, without overflow. A slice of -inf alone gives zeros."""

@overload
def softplus(x: _Value, /) -> _Value: ...
@overload
def softplus(x: ArrayLike, /) -> Any:
    """Return log(1 + exp(x)), for any x without overflow and to full relative precision."""

@overload
def softsign(x: _Value, /) -> _Value: ...
@overload
def softsign(x: ArrayLike, /) -> Any:
    """Return x / (1 + abs(x))."""

@overload
def solve(a: Tensor, b: ArrayLike, /) -> Tensor: ...
@overload
def solve(a: ArrayLike, b: Tensor, /) -> Tensor: ...
@overload
def solve(a: ArrayLike, b: ArrayLike, /) -> Any:
    """Return the solution of ``a @ z = b`` (Giles 2.2.3); ``b`` is a vector if it has one axis, else of columns."""

@overload
def sort(a: Tensor, /, axis: int | None = -1, kind: Any = None, *, stable: bool | None = None) -> Tensor: ...
@overload
def sort(a: ArrayLike, /, axis: int | None = -1, kind: Any = None, *, stable: bool | None = None) -> Any:
    """Return the elements in ascending order along ``axis``; of the flattened array where it is None."""

@overload
def sort_complex(a: Tensor, /) -> Tensor: ...
@overload
def sort_complex(a: ArrayLike, /) -> Any:
    """Return the elements as complex numbers, in ascending order along the last axis."""

@overload
def sort_like(x: Tensor, a: ArrayLike, /, axis: int = -1) -> Tensor: ...
@overload
def sort_like(x: ArrayLike, a: Tensor, /, axis: int = -1) -> Tensor: ...
@overload
def sort_like(x: ArrayLike, a: ArrayLike, /, axis: int = -1) -> Any:
    """Return ``x`` in the order that sorts ``a`` along ``axis``; the mean of those of equal elements of ``a``."""

@overload
def spherical_bessel(x: _Value, /, order: int) -> _Value: ...
@overload
def spherical_bessel(x: ArrayLike, /, order: int) -> Any:
    """Return the spherical Bessel function of the first kind: sin(x) / x for order 0, and of x to the order near 0."""

def split(ary: ArrayLike, /, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Return the array cut along an axis: into equal parts, or at given positions."""

@overload
def spread_channels(
    g: Tensor, kernel: ArrayLike, /, lengths: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]
) -> Tensor: ...
@overload
def spread_channels(
    g: ArrayLike, kernel: Tensor, /, lengths: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]
) -> Tensor: ...
@overload
def spread_channels(
    g: ArrayLike, kernel: ArrayLike, /, lengths: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]
) -> Any:
    """Return the cotangent of x: the kernel times g, added wherever it lay."""

@overload
def sqrt(x: _Value, /) -> _Value: ...
@overload
def sqrt(x: ArrayLike, /) -> Any:
    """Return the square root."""

@overload
def square(x: _Value, /) -> _Value: ...
@overload
def square(x: ArrayLike, /) -> Any:
    """Return the element-wise square of the input."""

@overload
def squared_error(prediction: Tensor, target: ArrayLike, /) -> Tensor: ...
@overload
def squared_error(prediction: ArrayLike, target: Tensor, /) -> Tensor: ...
@overload
def squared_error(prediction: ArrayLike, target: ArrayLike, /) -> Any:
    """Return (prediction - target)**2, element by element."""

@overload
def squeeze(a: Tensor, axis: Any = None) -> Tensor: ...
@overload
def squeeze(a: ArrayLike, axis: Any = None) -> Any:
    """Remove axes of length one from `a`."""

def stack(arrays: Sequence[Any], /, axis: int = 0, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    """Return arrays of one shape joined along a new axis."""

@overload
def standardize(x: Tensor, /, axis: int | tuple[int, ...] | None = -1, eps: float = 1e-05) -> Tensor: ...
@overload
def standardize(x: ArrayLike, /, axis: int | tuple[int, ...] | None = -1, eps: float = 1e-05) -> Any:
    """Return (x - mean) / sqrt(variance + eps) over the axis: mean 0 and variance 1."""

@overload
def std(
    a: Tensor,
    /,
    axis: int | tuple[int, ...] | None = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    mean: Any = None,
    correction: float | None = None,
) -> Tensor: ...
@overload
def std(
    a: ArrayLike,
    /,
    axis: int | tuple[int, ...] | None = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    mean: Any = None,
    correction: float | None = None,
) -> Any:
    """Return the standard deviation over ``axis``, of n - ``ddof`` degrees of freedom."""

@overload
def subtract(x: Tensor, y: ArrayLike, /) -> Tensor: ...
@overload
def subtract(x: ArrayLike, y: Tensor, /) -> Tensor: ...
@overload
def subtract(x: ArrayLike, y: ArrayLike, /) -> Any:
    """Subtract arguments, element-wise."""

@overload
def sum(
    a: Tensor, /, axis: int | tuple[int, ...] | None = None, dtype: Any = None, *, keepdims: bool = False
) -> Tensor: ...
@overload
def sum(
    a: ArrayLike, /, axis: int | tuple[int, ...] | None = None, dtype: Any = None, *, keepdims: bool = False
) -> Any:
    """Return the sum over ``axis``."""

def svd(a: ArrayLike, /, full_matrices: bool = True, compute_uv: Any = True, hermitian: bool = False) -> Any:
    """Return singular vectors and values, ``a = u @ diag(s) @ vh`` (J. Townsend, "Differentiating the SVD", 2016)."""

@overload
def svdvals(x: Tensor, /) -> Tensor: ...
@overload
def svdvals(x: ArrayLike, /) -> Any:
    """Return the singular values of matrices, in descending order; their derivatives are those of `svd`."""

@overload
def swapaxes(a: Tensor, /, axis1: int, axis2: int) -> Tensor: ...
@overload
def swapaxes(a: ArrayLike, /, axis1: int, axis2: int) -> Any:
    """Return the array with two axes interchanged."""

@overload
def take(a: Tensor, /, indices: Any, axis: int | None = None, *, mode: Any = "raise") -> Tensor: ...
@overload
def take(a: ArrayLike, /, indices: Any, axis: int | None = None, *, mode: Any = "raise") -> Any:
    """Return the elements at ``indices`` along ``axis``; of the flattened array where it is None."""

@overload
def take_along_axis(arr: Tensor, /, indices: Any, axis: int | None = -1) -> Tensor: ...
@overload
def take_along_axis(arr: ArrayLike, /, indices: Any, axis: int | None = -1) -> Any:
    """Return the elements that ``indices`` picks along ``axis``, one for each of its elements."""

@overload
def tan(x: _Value, /) -> _Value: ...
@overload
def tan(x: ArrayLike, /) -> Any:
    """Compute tangent element-wise."""

@overload
def tanh(x: _Value, /) -> _Value: ...
@overload
def tanh(x: ArrayLike, /) -> Any:
    """Compute hyperbolic tangent element-wise."""

@overload
def tensordot(a: Tensor, b: ArrayLike, /, axes: Any = 2) -> Tensor: ...
@overload
def tensordot(a: ArrayLike, b: Tensor, /, axes: Any = 2) -> Tensor: ...
@overload
def tensordot(a: ArrayLike, b: ArrayLike, /, axes: Any = 2) -> Any:
    """Return the sum of products over the axes of ``a`` and ``b`` that ``axes`` pairs."""

@overload
def tensorinv(a: Tensor, /, ind: int = 2) -> Tensor: ...
@overload
def tensorinv(a: ArrayLike, /, ind: int = 2) -> Any:
    """Return the inverse with respect to ``tensordot`` over the first ``ind`` axes."""

@overload
def tensorsolve(a: Tensor, b: ArrayLike, /, axes: Any = None) -> Tensor: ...
@overload
def tensorsolve(a: ArrayLike, b: Tensor, /, axes: Any = None) -> Tensor: ...
@overload
def tensorsolve(a: ArrayLike, b: ArrayLike, /, axes: Any = None) -> Any:
    """Return the solution of ``tensordot(a, z, z.ndim) = b``; ``axes`` of ``a`` are moved to the end first."""

@overload
def tile(A: Tensor, /, reps: Any) -> Tensor: ...
@overload
def tile(A: ArrayLike, /, reps: Any) -> Any:
    """Return the array repeated as a whole, ``reps`` times along each axis."""

@overload
def transpose(a: Tensor, /, axes: Any = None) -> Tensor: ...
@overload
def transpose(a: ArrayLike, /, axes: Any = None) -> Any:
    """Return the array with its axes permuted; reversed where ``axes`` is None."""

@overload
def trapezoid(y: Tensor, /, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Tensor: ...
@overload
def trapezoid(y: ArrayLike, /, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """Return the integral of samples ``y`` by the trapezoidal rule; ``x`` and ``dx`` are differentiated too."""

@overload
def tril(m: Tensor, /, k: int = 0) -> Tensor: ...
@overload
def tril(m: ArrayLike, /, k: int = 0) -> Any:
    """Return matrices with zeros above the diagonal ``k``; a vector counts as equal rows."""

@overload
def trim_zeros(filt: Tensor, /, trim: Any = "fb", axis: Any = None) -> Tensor: ...
@overload
def trim_zeros(filt: ArrayLike, /, trim: Any = "fb", axis: Any = None) -> Any:
    """Return the array without the zeros at its start and end, which count as constants."""

@overload
def triu(m: Tensor, /, k: int = 0) -> Tensor: ...
@overload
def triu(m: ArrayLike, /, k: int = 0) -> Any:
    """Return matrices with zeros below the diagonal ``k``; a vector counts as equal rows."""

@overload
def true_divide(x: Tensor, y: ArrayLike, /) -> Tensor: ...
@overload
def true_divide(x: ArrayLike, y: Tensor, /) -> Tensor: ...
@overload
def true_divide(x: ArrayLike, y: ArrayLike, /) -> Any:
    """Divide arguments element-wise."""

@overload
def unsort(x: Tensor, a: ArrayLike, /, axis: int = -1) -> Tensor: ...
@overload
def unsort(x: ArrayLike, a: Tensor, /, axis: int = -1) -> Tensor: ...
@overload
def unsort(x: ArrayLike, a: ArrayLike, /, axis: int = -1) -> Any:
    """Return ``x``, given in the order of the sorted ``a``, in the order of ``a``: the transpose of `sort_like`."""

def unstack(x: ArrayLike, /, *, axis: int = 0) -> Any:
    """Return the slices along an axis, as a tuple."""

@overload
def unwrap(p: Tensor, /, discont: Any = None, axis: int = -1, *, period: Any = 6.283185307179586) -> Tensor: ...
@overload
def unwrap(p: ArrayLike, /, discont: Any = None, axis: int = -1, *, period: Any = 6.283185307179586) -> Any:
    """Return angles with multiples of the period added, so that neighbours differ by at most half of it."""

@overload
def vander(x: Tensor, /, N: int | None = None, increasing: bool = False) -> Tensor: ...
@overload
def vander(x: ArrayLike, /, N: int | None = None, increasing: bool = False) -> Any:
    """Return the powers of a vector's elements, those of each in a row."""

@overload
def var(
    a: Tensor,
    /,
    axis: int | tuple[int, ...] | None = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    mean: Any = None,
    correction: float | None = None,
) -> Tensor: ...
@overload
def var(
    a: ArrayLike,
    /,
    axis: int | tuple[int, ...] | None = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    mean: Any = None,
    correction: float | None = None,
) -> Any:
    """Return the variance over ``axis``, of n - ``ddof`` degrees of freedom."""

@overload
def variance(
    a: Tensor,
    /,
    axis: int | tuple[int, ...] | None = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
) -> Tensor: ...
@overload
def variance(
    a: ArrayLike,
    /,
    axis: int | tuple[int, ...] | None = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
) -> Any:
    """Return the variance over ``axis``, about the mean of the elements themselves."""

@overload
def vdot(a: Tensor, b: ArrayLike, /) -> Tensor: ...
@overload
def vdot(a: ArrayLike, b: Tensor, /) -> Tensor: ...
@overload
def vdot(a: ArrayLike, b: ArrayLike, /) -> Any:
    """Return the sum of products of all elements, those of ``a`` conjugated."""

@overload
def vecdot(x1: Tensor, x2: ArrayLike, /) -> Tensor: ...
@overload
def vecdot(x1: ArrayLike, x2: Tensor, /) -> Tensor: ...
@overload
def vecdot(x1: ArrayLike, x2: ArrayLike, /) -> Any:
    """Return the inner products over the last axis, the first vector conjugated; the other axes broadcast."""

@overload
def vecmat(x1: Tensor, x2: ArrayLike, /) -> Tensor: ...
@overload
def vecmat(x1: ArrayLike, x2: Tensor, /) -> Tensor: ...
@overload
def vecmat(x1: ArrayLike, x2: ArrayLike, /) -> Any:
    """Return the product of vectors, conjugated, with matrices."""

@overload
def vector_norm(x: Tensor, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Tensor: ...
@overload
def vector_norm(x: ArrayLike, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    """Return the norm over axes, all elements of which count as one vector."""

def vsplit(ary: ArrayLike, /, indices_or_sections: Any) -> Any:
    """Return the array of two or more axes cut along its first."""

def vstack(tup: Sequence[Any], /, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    """Return the arrays joined along the first axis, vectors as rows."""

@overload
def where(condition: ArrayLike, x: Tensor, y: ArrayLike, /) -> Tensor: ...
@overload
def where(condition: ArrayLike, x: ArrayLike, y: Tensor, /) -> Tensor: ...
@overload
def where(condition: ArrayLike, x: ArrayLike, y: ArrayLike, /) -> Any:
    """Return x where the condition holds, and y elsewhere."""
