"""Reverse-mode automatic differentiation over NumPy: gradients that you can import, extend and verify.

This file is generated from the op table by `make docs`.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

from autograd_lite import optim as optim
from autograd_lite import testing as testing
from autograd_lite.compiled.function import compile as compile
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
from autograd_lite.core.vectors import ravel as ravel
from autograd_lite.debugging import debug as debug
from autograd_lite.program.trace import Program as Program
from autograd_lite.program.trace import trace as trace
from autograd_lite.readings.drawing.picture import draw as draw
from autograd_lite.readings.explanation.table import explain as explain
from autograd_lite.readings.source.module import source as source
from autograd_lite.saving import load as load
from autograd_lite.saving import save as save
from autograd_lite.testing import check_grads as check_grads
from autograd_lite.verification.report import Report as Report
from autograd_lite.verification.verify import verify as verify

__version__: str
__all__: list[str]

_Plain: TypeAlias = NDArray[Any] | np.generic | complex | Sequence[Any]
_Value: TypeAlias = _Plain | Tensor

# Of plain arrays an op gives arrays, or NumPy scalars where no axis is left; where one input is a Tensor, a Tensor.
# What is plain comes first: mypy takes the first spelling where an op is passed to grad.
@overload
def abs(x: _Plain, /) -> Any: ...
@overload
def abs(x: Tensor, /) -> Tensor:
    """Return the absolute value, of real and of complex numbers."""

@overload
def absolute(x: _Plain, /) -> Any: ...
@overload
def absolute(x: Tensor, /) -> Tensor:
    """Return the absolute value, of real and of complex numbers."""

@overload
def acos(x: _Plain, /) -> Any: ...
@overload
def acos(x: Tensor, /) -> Tensor:
    """Return the angle whose cosine is x."""

@overload
def acosh(x: _Plain, /) -> Any: ...
@overload
def acosh(x: Tensor, /) -> Tensor:
    """Return the number whose hyperbolic cosine is x."""

@overload
def add(x: _Plain, y: _Plain, /) -> Any: ...
@overload
def add(x: Tensor, y: _Value, /) -> Tensor: ...
@overload
def add(x: _Plain, y: Tensor, /) -> Tensor:
    """Add arguments element-wise."""

@overload
def add_patches(
    x: _Plain, /, lengths: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...] = (1, 1)
) -> Any: ...
@overload
def add_patches(
    x: Tensor, /, lengths: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...] = (1, 1)
) -> Tensor:
    """Return the sum of windows, each in its place on axes of these lengths: the transpose of `patches`."""

@overload
def angle(z: _Plain, /, deg: bool = False) -> Any: ...
@overload
def angle(z: Tensor, /, deg: bool = False) -> Tensor:
    """Return the angle of complex numbers in the plane, in radians or degrees."""

@overload
def append(arr: _Plain, values: _Plain, axis: int | None = None) -> Any: ...
@overload
def append(arr: Tensor, values: _Value, axis: int | None = None) -> Tensor: ...
@overload
def append(arr: _Plain, values: Tensor, axis: int | None = None) -> Tensor:
    """Return the array with ``values`` after its end along ``axis``; both flattened where it is None."""

def apply_along_axis(func1d: Callable[..., Any], axis: int, arr: _Value, /, *args: Any) -> Any:
    """Return the results of a function of each vector along an axis, put together in that axis's place."""

@overload
def apply_over_axes(func: Callable[..., Any], a: _Plain, /, axes: Any) -> Any: ...
@overload
def apply_over_axes(func: Callable[..., Any], a: Tensor, /, axes: Any) -> Tensor:
    """Return the array with ``func(array, axis)`` applied over one axis after the other; folded axes are kept."""

@overload
def arccos(x: _Plain, /) -> Any: ...
@overload
def arccos(x: Tensor, /) -> Tensor:
    """Return the angle whose cosine is x."""

@overload
def arccosh(x: _Plain, /) -> Any: ...
@overload
def arccosh(x: Tensor, /) -> Tensor:
    """Return the number whose hyperbolic cosine is x."""

@overload
def arcsin(x: _Plain, /) -> Any: ...
@overload
def arcsin(x: Tensor, /) -> Tensor:
    """Return the angle whose sine is x."""

@overload
def arcsinh(x: _Plain, /) -> Any: ...
@overload
def arcsinh(x: Tensor, /) -> Tensor:
    """Inverse hyperbolic sine element-wise."""

@overload
def arctan(x: _Plain, /) -> Any: ...
@overload
def arctan(x: Tensor, /) -> Tensor:
    """Return the angle whose tangent is x."""

@overload
def arctan2(x: _Plain, y: _Plain, /) -> Any: ...
@overload
def arctan2(x: Tensor, y: _Value, /) -> Tensor: ...
@overload
def arctan2(x: _Plain, y: Tensor, /) -> Tensor:
    """Return the angle of the point (y, x): the first argument is its height."""

@overload
def arctanh(x: _Plain, /) -> Any: ...
@overload
def arctanh(x: Tensor, /) -> Tensor:
    """Inverse hyperbolic tangent element-wise."""

def array_split(ary: _Value, /, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Return the array cut along an axis: into nearly equal parts, or at given positions."""

@overload
def asin(x: _Plain, /) -> Any: ...
@overload
def asin(x: Tensor, /) -> Tensor:
    """Return the angle whose sine is x."""

@overload
def asinh(x: _Plain, /) -> Any: ...
@overload
def asinh(x: Tensor, /) -> Tensor:
    """Inverse hyperbolic sine element-wise."""

@overload
def astype(x: _Plain, /, dtype: Any, *, copy: bool = True) -> Any: ...
@overload
def astype(x: Tensor, /, dtype: Any, *, copy: bool = True) -> Tensor:
    """Return the array in another real or complex dtype."""

@overload
def at_add(x: _Plain, values: _Plain, /, index: Any) -> Any: ...
@overload
def at_add(x: Tensor, values: _Value, /, index: Any) -> Tensor: ...
@overload
def at_add(x: _Plain, values: Tensor, /, index: Any) -> Tensor:
    """Return ``x`` with ``values`` added in the places ``x[index]``; all values for one place."""

@overload
def at_set(x: _Plain, values: _Plain, /, index: Any) -> Any: ...
@overload
def at_set(x: Tensor, values: _Value, /, index: Any) -> Tensor: ...
@overload
def at_set(x: _Plain, values: Tensor, /, index: Any) -> Tensor:
    """Return ``x`` with ``values`` in the places ``x[index]``; of values for one place, the last stays."""

@overload
def atan(x: _Plain, /) -> Any: ...
@overload
def atan(x: Tensor, /) -> Tensor:
    """Return the angle whose tangent is x."""

@overload
def atan2(x: _Plain, y: _Plain, /) -> Any: ...
@overload
def atan2(x: Tensor, y: _Value, /) -> Tensor: ...
@overload
def atan2(x: _Plain, y: Tensor, /) -> Tensor:
    """Return the angle of the point (y, x): the first argument is its height."""

@overload
def atanh(x: _Plain, /) -> Any: ...
@overload
def atanh(x: Tensor, /) -> Tensor:
    """Inverse hyperbolic tangent element-wise."""

def atleast_1d(*arys: Any) -> Any:
    """Return arrays of at least one axis."""

def atleast_2d(*arys: Any) -> Any:
    """Return arrays of at least two axes; new ones come first."""

def atleast_3d(*arys: Any) -> Any:
    """Return arrays of at least three axes; a vector becomes (1, n, 1), a matrix (m, n, 1)."""

@overload
def attention(query: _Plain, key: _Plain, value: _Plain, /, mask: Any = None) -> Any: ...
@overload
def attention(query: Tensor, key: _Value, value: _Value, /, mask: Any = None) -> Tensor: ...
@overload
def attention(query: _Plain, key: Tensor, value: _Value, /, mask: Any = None) -> Tensor: ...
@overload
def attention(query: _Plain, key: _Plain, value: Tensor, /, mask: Any = None) -> Tensor:
    """Return softmax(query @ key.mT / sqrt(d)) @ value: for each query, a mean of the values."""

def average(
    a: _Value,
    /,
    axis: int | tuple[int, ...] | None = None,
    weights: Any = None,
    returned: bool = False,
    *,
    keepdims: bool = False,
) -> Any:
    """Return the weighted mean over ``axis``, and the sum of the weights if ``returned``. Weights are differentiated."""

@overload
def avg_pool1d(x: _Plain, /, size: int, stride: int | None = None, padding: int = 0) -> Any: ...
@overload
def avg_pool1d(x: Tensor, /, size: int, stride: int | None = None, padding: int = 0) -> Tensor:
    """Return the mean of each window of the last axis. Padding counts as zeros."""

@overload
def avg_pool2d(
    x: _Plain,
    /,
    size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | tuple[int, ...] = 0,
) -> Any: ...
@overload
def avg_pool2d(
    x: Tensor,
    /,
    size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | tuple[int, ...] = 0,
) -> Tensor:
    """Return the mean of each window of the last two axes. Padding counts as zeros."""

@overload
def binary_cross_entropy(logits: _Plain, labels: _Plain, /) -> Any: ...
@overload
def binary_cross_entropy(logits: Tensor, labels: _Value, /) -> Tensor: ...
@overload
def binary_cross_entropy(logits: _Plain, labels: Tensor, /) -> Tensor:
    """Return -labels * log(p) - (1 - labels) * log(1 - p) for p = sigmoid(logits), without overflow."""

def bincount(x: _Value, weights: Any = None, minlength: int = 0) -> Any:
    """Return how often each integer is in ``x``, or the sum of its ``weights``, which are differentiated."""

@overload
def block(arrays: _Plain, /) -> Any: ...
@overload
def block(arrays: Tensor, /) -> Tensor:
    """Return the array that nested lists of blocks make up."""

def broadcast_arrays(*args: Any, subok: bool = False) -> Any:
    """Return arrays stretched to their common shape."""

@overload
def broadcast_to(array: _Plain, /, shape: int | tuple[int, ...]) -> Any: ...
@overload
def broadcast_to(array: Tensor, /, shape: int | tuple[int, ...]) -> Tensor:
    """Return the array stretched to ``shape``."""

@overload
def cbrt(x: _Plain, /) -> Any: ...
@overload
def cbrt(x: Tensor, /) -> Tensor:
    """Return the cube root."""

@overload
def cholesky(a: _Plain, /, *, upper: bool = False) -> Any: ...
@overload
def cholesky(a: Tensor, /, *, upper: bool = False) -> Tensor:
    """Return the triangular factor of positive definite matrices: ``a = z @ z.mT.conj()``, adjoint if ``upper``."""

@overload
def choose(a: _Value, choices: _Plain, *, mode: Any = "raise") -> Any: ...
@overload
def choose(a: _Value, choices: Tensor, *, mode: Any = "raise") -> Tensor:
    """Return, for each element of the integer array ``a``, the element in its place of the array that it names."""

@overload
def class_cross_entropy(logits: _Plain, labels: _Value, /) -> Any: ...
@overload
def class_cross_entropy(logits: Tensor, labels: _Value, /) -> Tensor:
    """Return `cross_entropy` of integer labels, with the classes along the last axis of the logits."""

@overload
def clip(a: _Plain, /, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Any: ...
@overload
def clip(a: Tensor, /, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Tensor:
    """Return a limited to the interval from a_min to a_max, which may be Tensors too; None stands for no limit."""

@overload
def clip_between(x: _Plain, low: _Plain, high: _Plain, /) -> Any: ...
@overload
def clip_between(x: Tensor, low: _Value, high: _Value, /) -> Tensor: ...
@overload
def clip_between(x: _Plain, low: Tensor, high: _Value, /) -> Tensor: ...
@overload
def clip_between(x: _Plain, low: _Plain, high: Tensor, /) -> Tensor:
    """Return x limited to the interval from low to high; None stands for no limit."""

@overload
def cofactors(a: _Plain, /) -> Any: ...
@overload
def cofactors(a: Tensor, /) -> Tensor:
    """Return the matrices of cofactors: the derivatives of the determinant by the elements."""

def column_stack(tup: _Value, /) -> Any:
    """Return vectors and matrices joined as the columns of a matrix."""

@overload
def compress(condition: _Value, a: _Plain, axis: int | None = None) -> Any: ...
@overload
def compress(condition: _Value, a: Tensor, axis: int | None = None) -> Tensor:
    """Return the slices along ``axis`` whose entry in the 1-d ``condition`` is true."""

def concatenate(arrays: _Value, /, axis: int | None = 0, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    """Return the arrays joined along an axis; all their elements in one row where ``axis`` is None."""

@overload
def cond(x: _Plain, /, p: Any = None) -> Any: ...
@overload
def cond(x: Tensor, /, p: Any = None) -> Tensor:
    """Return the condition number of matrices."""

@overload
def conj(x: _Plain, /) -> Any: ...
@overload
def conj(x: Tensor, /) -> Tensor:
    """Return the complex conjugate."""

@overload
def conjugate(x: _Plain, /) -> Any: ...
@overload
def conjugate(x: Tensor, /) -> Tensor:
    """Return the complex conjugate."""

def contraction(
    *operands: Any, subscripts: str, optimize: Any = False, dtype: Any = None, order: Any = "K", casting: Any = "safe"
) -> Any:
    """Return the sums of products of arrays over the axes that ``subscripts`` labels (`einsum`)."""

@overload
def conv1d(
    x: _Plain, kernel: _Plain, bias: _Value | None = None, /, stride: int = 1, padding: int | str = 0, dilation: int = 1
) -> Any: ...
@overload
def conv1d(
    x: Tensor, kernel: _Value, bias: _Value | None = None, /, stride: int = 1, padding: int | str = 0, dilation: int = 1
) -> Tensor: ...
@overload
def conv1d(
    x: _Plain, kernel: Tensor, bias: _Value | None = None, /, stride: int = 1, padding: int | str = 0, dilation: int = 1
) -> Tensor:
    """Return the convolution of sequences with a kernel, as networks have it: the kernel is not reversed."""

@overload
def conv2d(
    x: _Plain,
    kernel: _Plain,
    bias: _Value | None = None,
    /,
    stride: int | tuple[int, ...] = 1,
    padding: int | tuple[int, ...] | str = 0,
    dilation: int | tuple[int, ...] = 1,
) -> Any: ...
@overload
def conv2d(
    x: Tensor,
    kernel: _Value,
    bias: _Value | None = None,
    /,
    stride: int | tuple[int, ...] = 1,
    padding: int | tuple[int, ...] | str = 0,
    dilation: int | tuple[int, ...] = 1,
) -> Tensor: ...
@overload
def conv2d(
    x: _Plain,
    kernel: Tensor,
    bias: _Value | None = None,
    /,
    stride: int | tuple[int, ...] = 1,
    padding: int | tuple[int, ...] | str = 0,
    dilation: int | tuple[int, ...] = 1,
) -> Tensor:
    """Return the convolution of images with a kernel, as networks have it: the kernel is not reversed."""

@overload
def convolve(a: _Plain, v: _Plain, /, mode: Any = "full") -> Any: ...
@overload
def convolve(a: Tensor, v: _Value, /, mode: Any = "full") -> Tensor: ...
@overload
def convolve(a: _Plain, v: Tensor, /, mode: Any = "full") -> Tensor:
    """Return the discrete convolution of two vectors."""

@overload
def copy(a: _Plain, order: Any = "K", subok: Any = False) -> Any: ...
@overload
def copy(a: Tensor, order: Any = "K", subok: Any = False) -> Tensor:
    """Return an array copy of the given object."""

@overload
def copysign(x: _Plain, y: _Plain, /) -> Any: ...
@overload
def copysign(x: Tensor, y: _Value, /) -> Tensor: ...
@overload
def copysign(x: _Plain, y: Tensor, /) -> Tensor:
    """Return the magnitude of x with the sign of y."""

@overload
def corrcoef(x: _Plain, /, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any: ...
@overload
def corrcoef(x: Tensor, /, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Tensor:
    """Return the correlation matrix of variables, a row each (a column, where not ``rowvar``), with those of ``y``."""

@overload
def correlate(a: _Plain, v: _Plain, /, mode: Any = "valid") -> Any: ...
@overload
def correlate(a: Tensor, v: _Value, /, mode: Any = "valid") -> Tensor: ...
@overload
def correlate(a: _Plain, v: Tensor, /, mode: Any = "valid") -> Tensor:
    """Return the cross-correlation of two vectors, the second one conjugated."""

@overload
def correlate_channels(x: _Plain, kernel: _Plain, /, stride: tuple[int, ...], dilation: tuple[int, ...]) -> Any: ...
@overload
def correlate_channels(x: Tensor, kernel: _Value, /, stride: tuple[int, ...], dilation: tuple[int, ...]) -> Tensor: ...
@overload
def correlate_channels(x: _Plain, kernel: Tensor, /, stride: tuple[int, ...], dilation: tuple[int, ...]) -> Tensor:
    """Return, for each output channel and place of the kernel on x, the sum of products over all input channels."""

@overload
def correlate_images(
    x: _Plain, g: _Plain, /, size: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]
) -> Any: ...
@overload
def correlate_images(
    x: Tensor, g: _Value, /, size: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]
) -> Tensor: ...
@overload
def correlate_images(
    x: _Plain, g: Tensor, /, size: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]
) -> Tensor:
    """Return the cotangent of the kernel: the sum of products of g with what lay under each element of the kernel."""

@overload
def cos(x: _Plain, /) -> Any: ...
@overload
def cos(x: Tensor, /) -> Tensor:
    """Cosine element-wise."""

@overload
def cosh(x: _Plain, /) -> Any: ...
@overload
def cosh(x: Tensor, /) -> Tensor:
    """Hyperbolic cosine, element-wise."""

@overload
def cov(
    m: _Plain,
    /,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: float | None = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any: ...
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
) -> Tensor:
    """Return the covariance matrix of variables, a row each (a column, where not ``rowvar``), with those of ``y``."""

@overload
def cross(
    a: _Plain, b: _Plain, /, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Any: ...
@overload
def cross(
    a: Tensor, b: _Value, /, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Tensor: ...
@overload
def cross(
    a: _Plain, b: Tensor, /, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Tensor:
    """Return the cross products of vectors; those of two components, which NumPy has deprecated, lie in a plane."""

@overload
def cross_entropy(logits: _Plain, labels: _Plain, /, axis: int = -1) -> Any: ...
@overload
def cross_entropy(logits: Tensor, labels: _Value, /, axis: int = -1) -> Tensor: ...
@overload
def cross_entropy(logits: _Plain, labels: Tensor, /, axis: int = -1) -> Tensor:
    """Return -log of the probability that softmax(logits) gives to the right class, without overflow."""

@overload
def cumprod(a: _Plain, /, axis: int | None = None, dtype: Any = None) -> Any: ...
@overload
def cumprod(a: Tensor, /, axis: int | None = None, dtype: Any = None) -> Tensor:
    """Return the running product along ``axis``; of the flattened array where it is None."""

@overload
def cumsum(a: _Plain, /, axis: int | None = None, dtype: Any = None) -> Any: ...
@overload
def cumsum(a: Tensor, /, axis: int | None = None, dtype: Any = None) -> Tensor:
    """Return the running sum along ``axis``; of the flattened array where it is None."""

@overload
def cumulative_prod(
    x: _Plain, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Any: ...
@overload
def cumulative_prod(
    x: Tensor, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Tensor:
    """Return the running product along ``axis``, after a one if ``include_initial``."""

@overload
def cumulative_sum(
    x: _Plain, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Any: ...
@overload
def cumulative_sum(
    x: Tensor, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Tensor:
    """Return the running sum along ``axis``, after a zero if ``include_initial``."""

@overload
def deg2rad(x: _Plain, /) -> Any: ...
@overload
def deg2rad(x: Tensor, /) -> Tensor:
    """Convert angles from degrees to radians."""

@overload
def degrees(x: _Plain, /) -> Any: ...
@overload
def degrees(x: Tensor, /) -> Tensor:
    """Convert angles from radians to degrees."""

@overload
def delete(arr: _Plain, obj: _Value, axis: int | None = None) -> Any: ...
@overload
def delete(arr: Tensor, obj: _Value, axis: int | None = None) -> Tensor:
    """Return the array without the places ``obj`` along ``axis``; of the flattened array where it is None."""

@overload
def det(a: _Plain, /) -> Any: ...
@overload
def det(a: Tensor, /) -> Tensor:
    """Return the determinant of square matrices; singular ones have derivatives of every order too."""

@overload
def deviation(
    a: _Plain,
    /,
    axis: int | tuple[int, ...] | None = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
) -> Any: ...
@overload
def deviation(
    a: Tensor,
    /,
    axis: int | tuple[int, ...] | None = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
) -> Tensor:
    """Return the standard deviation over ``axis``, about the mean of the elements themselves."""

@overload
def diag(v: _Plain, /, k: int = 0) -> Any: ...
@overload
def diag(v: Tensor, /, k: int = 0) -> Tensor:
    """Return the matrix with a vector as its diagonal, or the diagonal of a matrix."""

@overload
def diagflat(v: _Plain, /, k: int = 0) -> Any: ...
@overload
def diagflat(v: Tensor, /, k: int = 0) -> Tensor:
    """Return the matrix with all elements of an array as its diagonal."""

@overload
def diagonal(a: _Plain, /, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any: ...
@overload
def diagonal(a: Tensor, /, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """Return the diagonals over two axes, along a new last axis."""

@overload
def diff(a: _Plain, /, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any: ...
@overload
def diff(a: Tensor, /, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Tensor:
    """Return the differences of neighbours along an axis, ``n`` times over."""

@overload
def divide(x: _Plain, y: _Plain, /) -> Any: ...
@overload
def divide(x: Tensor, y: _Value, /) -> Tensor: ...
@overload
def divide(x: _Plain, y: Tensor, /) -> Tensor:
    """Divide arguments element-wise."""

def divmod(x: _Value, y: _Value, /) -> tuple[Any, Any]:
    """Return floor(x / y), which is a constant, and the remainder."""

@overload
def dot(a: _Plain, b: _Plain, /) -> Any: ...
@overload
def dot(a: Tensor, b: _Value, /) -> Tensor: ...
@overload
def dot(a: _Plain, b: Tensor, /) -> Tensor:
    """Return the inner product over the last axis of ``a`` and the last but one of ``b`` (or its only one)."""

@overload
def dropout(x: _Plain, /, rate: float = 0.5, *, rng: np.random.Generator | int) -> Any: ...
@overload
def dropout(x: Tensor, /, rate: float = 0.5, *, rng: np.random.Generator | int) -> Tensor:
    """Return x with elements zeroed at random, and the others divided by 1 - rate: the same mean."""

def dsplit(ary: _Value, /, indices_or_sections: Any) -> Any:
    """Return the array of three or more axes cut along its third."""

def dstack(tup: _Value, /) -> Any:
    """Return the arrays joined along the third axis."""

@overload
def ediff1d(ary: _Plain, /, to_end: Any = None, to_begin: Any = None) -> Any: ...
@overload
def ediff1d(ary: Tensor, /, to_end: Any = None, to_begin: Any = None) -> Tensor:
    """Return the differences of neighbours among all elements, with values before and after them."""

def eig(a: _Value, /) -> Any:
    """Return eigenvalues and eigenvectors of square matrices."""

def eigh(a: _Value, /, UPLO: Any = "L") -> Any:
    """Return eigenvalues and eigenvectors of Hermitian matrices (Giles 2008, 3.1; Boeddeker et al. 2017 for complex)."""

@overload
def eigvals(a: _Plain, /) -> Any: ...
@overload
def eigvals(a: Tensor, /) -> Tensor:
    """Return the eigenvalues of square matrices; of a Tensor, in the order in which ``np.linalg.eig`` finds them."""

@overload
def eigvalsh(a: _Plain, /, UPLO: Any = "L") -> Any: ...
@overload
def eigvalsh(a: Tensor, /, UPLO: Any = "L") -> Tensor:
    """Return the eigenvalues of Hermitian matrices, in ascending order."""

def einsum(*operands: Any, optimize: Any = False, dtype: Any = None, order: Any = "K", casting: Any = "safe") -> Any:
    """Return sums of products over labelled axes, written in any of NumPy's ways."""

@overload
def elu(x: _Plain, /, alpha: float = 1.0) -> Any: ...
@overload
def elu(x: Tensor, /, alpha: float = 1.0) -> Tensor:
    """Return x where x > 0, and alpha * (exp(x) - 1) elsewhere (Clevert, Unterthiner and Hochreiter, 2016)."""

@overload
def embed_diagonal(x: _Plain, /, shape: tuple[int, ...], offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any: ...
@overload
def embed_diagonal(x: Tensor, /, shape: tuple[int, ...], offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """Return zeros of ``shape`` with ``x`` on the diagonals over two axes: the transpose of `diagonal`."""

@overload
def exp(x: _Plain, /) -> Any: ...
@overload
def exp(x: Tensor, /) -> Tensor:
    """Calculate the exponential of all elements in the input array."""

@overload
def exp2(x: _Plain, /) -> Any: ...
@overload
def exp2(x: Tensor, /) -> Tensor:
    """Calculate `2**p` for all `p` in the input array."""

@overload
def expand_dims(a: _Plain, /, axis: int | tuple[int, ...]) -> Any: ...
@overload
def expand_dims(a: Tensor, /, axis: int | tuple[int, ...]) -> Tensor:
    """Return the array with new axes of length 1."""

@overload
def expm1(x: _Plain, /) -> Any: ...
@overload
def expm1(x: Tensor, /) -> Tensor:
    """Calculate ``exp(x) - 1`` for all elements in the array."""

@overload
def extract(condition: _Value, arr: _Plain) -> Any: ...
@overload
def extract(condition: _Value, arr: Tensor) -> Tensor:
    """Return the elements of ``arr`` where ``condition`` is true."""

@overload
def fabs(x: _Plain, /) -> Any: ...
@overload
def fabs(x: Tensor, /) -> Tensor:
    """Return the absolute value of real numbers."""

@overload
def fft(a: _Plain, /, n: int | None = None, axis: int = -1, norm: Any = None) -> Any: ...
@overload
def fft(a: Tensor, /, n: int | None = None, axis: int = -1, norm: Any = None) -> Tensor:
    """Return the discrete Fourier transform along an axis."""

@overload
def fft2(a: _Plain, /, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any: ...
@overload
def fft2(a: Tensor, /, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Tensor:
    """Return the discrete Fourier transform over two axes."""

@overload
def fftn(a: _Plain, /, s: Any = None, axes: Any = None, norm: Any = None) -> Any: ...
@overload
def fftn(a: Tensor, /, s: Any = None, axes: Any = None, norm: Any = None) -> Tensor:
    """Return the discrete Fourier transform over several axes."""

@overload
def fftshift(x: _Plain, /, axes: Any = None) -> Any: ...
@overload
def fftshift(x: Tensor, /, axes: Any = None) -> Tensor:
    """Return a transform with the frequency zero moved to the middle."""

@overload
def flip(m: _Plain, axis: Any = None) -> Any: ...
@overload
def flip(m: Tensor, axis: Any = None) -> Tensor:
    """Reverse the order of elements in an array along the given axis."""

@overload
def fliplr(m: _Plain, /) -> Any: ...
@overload
def fliplr(m: Tensor, /) -> Tensor:
    """Return the array with its second axis reversed."""

@overload
def flipud(m: _Plain, /) -> Any: ...
@overload
def flipud(m: Tensor, /) -> Tensor:
    """Return the array with its first axis reversed."""

@overload
def float_power(x: _Plain, y: _Plain, /) -> Any: ...
@overload
def float_power(x: Tensor, y: _Value, /) -> Tensor: ...
@overload
def float_power(x: _Plain, y: Tensor, /) -> Tensor:
    """Return x to the power of y, computed and returned in at least float64."""

@overload
def fmax(x: _Plain, y: _Plain, /) -> Any: ...
@overload
def fmax(x: Tensor, y: _Value, /) -> Tensor: ...
@overload
def fmax(x: _Plain, y: Tensor, /) -> Tensor:
    """Return the larger of x and y; where one is NaN, the other."""

@overload
def fmin(x: _Plain, y: _Plain, /) -> Any: ...
@overload
def fmin(x: Tensor, y: _Value, /) -> Tensor: ...
@overload
def fmin(x: _Plain, y: Tensor, /) -> Tensor:
    """Return the smaller of x and y; where one is NaN, the other."""

@overload
def fmod(x: _Plain, y: _Plain, /) -> Any: ...
@overload
def fmod(x: Tensor, y: _Value, /) -> Tensor: ...
@overload
def fmod(x: _Plain, y: Tensor, /) -> Tensor:
    """Return x - y * trunc(x / y)."""

def frexp(x: _Value, /) -> tuple[Any, Any]:
    """Return the mantissa, and the exponent of 2, which is a constant: x is mantissa * 2**exponent."""

@overload
def full_like(
    a: _Plain,
    fill_value: _Plain,
    /,
    dtype: Any = None,
    order: Any = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> Any: ...
@overload
def full_like(
    a: Tensor,
    fill_value: _Value,
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
    a: _Plain,
    fill_value: Tensor,
    /,
    dtype: Any = None,
    order: Any = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> Tensor:
    """Return an array in the shape and dtype of another, filled with a value; ``order`` has no effect."""

@overload
def gelu(x: _Plain, /, approximate: str | None = None) -> Any: ...
@overload
def gelu(x: Tensor, /, approximate: str | None = None) -> Tensor:
    """Return x * normal_cdf(x), the Gaussian error linear unit."""

@overload
def geomspace(
    start: _Plain, stop: _Plain, /, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Any: ...
@overload
def geomspace(
    start: Tensor, stop: _Value, /, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Tensor: ...
@overload
def geomspace(
    start: _Plain, stop: Tensor, /, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Tensor:
    """Return numbers between two ends, each the one before it times the same factor, along a new axis."""

@overload
def getitem(x: _Plain, /, index: Any) -> Any: ...
@overload
def getitem(x: Tensor, /, index: Any) -> Tensor:
    """Return ``x[index]``, for every index that NumPy has."""

@overload
def glu(x: _Plain, /, axis: int = -1) -> Any: ...
@overload
def glu(x: Tensor, /, axis: int = -1) -> Tensor:
    """Return a * sigmoid(b), of the halves a and b of x along the axis (Dauphin, Fan, Auli and Grangier, 2017)."""

def gradient(f: _Value, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Return the slopes of a sampled function: central differences inside, one-sided ones at both ends."""

@overload
def hard_sigmoid(x: _Plain, /) -> Any: ...
@overload
def hard_sigmoid(x: Tensor, /) -> Tensor:
    """Return x / 6 + 1/2 limited to the interval from 0 to 1."""

@overload
def hard_swish(x: _Plain, /) -> Any: ...
@overload
def hard_swish(x: Tensor, /) -> Tensor:
    """Return x * hard_sigmoid(x) (Howard et al., 2019)."""

@overload
def hardtanh(x: _Plain, /, low: float = -1.0, high: float = 1.0) -> Any: ...
@overload
def hardtanh(x: Tensor, /, low: float = -1.0, high: float = 1.0) -> Tensor:
    """Return x limited to the interval from low to high."""

@overload
def heaviside(x: _Plain, y: _Plain, /) -> Any: ...
@overload
def heaviside(x: Tensor, y: _Value, /) -> Tensor: ...
@overload
def heaviside(x: _Plain, y: Tensor, /) -> Tensor:
    """Return 0 where x < 0, y where x is 0, and 1 where x > 0."""

@overload
def hfft(a: _Plain, /, n: int | None = None, axis: int = -1, norm: Any = None) -> Any: ...
@overload
def hfft(a: Tensor, /, n: int | None = None, axis: int = -1, norm: Any = None) -> Tensor:
    """Return the transform, which is real, of a signal whose other half is the mirror image of this one."""

def hsplit(ary: _Value, /, indices_or_sections: Any) -> Any:
    """Return the array cut along its second axis, a vector along its only one."""

def hstack(tup: _Value, /, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    """Return the arrays joined along the second axis, vectors along their only one."""

@overload
def huber(prediction: _Plain, target: _Plain, /, delta: float = 1.0) -> Any: ...
@overload
def huber(prediction: Tensor, target: _Value, /, delta: float = 1.0) -> Tensor: ...
@overload
def huber(prediction: _Plain, target: Tensor, /, delta: float = 1.0) -> Tensor:
    """Return r**2 / 2 where abs(r) <= delta, and delta * (abs(r) - delta / 2) elsewhere, with r = prediction - target."""

@overload
def hypot(x: _Plain, y: _Plain, /) -> Any: ...
@overload
def hypot(x: Tensor, y: _Value, /) -> Tensor: ...
@overload
def hypot(x: _Plain, y: Tensor, /) -> Tensor:
    """Return sqrt(x**2 + y**2)."""

@overload
def i0(x: _Plain) -> Any: ...
@overload
def i0(x: Tensor) -> Tensor:
    """Modified Bessel function of the first kind, order 0."""

@overload
def i0_derivative(x: _Plain, /, order: int) -> Any: ...
@overload
def i0_derivative(x: Tensor, /, order: int) -> Tensor:
    """Return the derivative, of any order k, of the modified Bessel function of the first kind and order 0."""

@overload
def ifft(a: _Plain, /, n: int | None = None, axis: int = -1, norm: Any = None) -> Any: ...
@overload
def ifft(a: Tensor, /, n: int | None = None, axis: int = -1, norm: Any = None) -> Tensor:
    """Return the inverse of `fft`."""

@overload
def ifft2(a: _Plain, /, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any: ...
@overload
def ifft2(a: Tensor, /, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Tensor:
    """Return the inverse of `fft2`."""

@overload
def ifftn(a: _Plain, /, s: Any = None, axes: Any = None, norm: Any = None) -> Any: ...
@overload
def ifftn(a: Tensor, /, s: Any = None, axes: Any = None, norm: Any = None) -> Tensor:
    """Return the inverse of `fftn`."""

@overload
def ifftshift(x: _Plain, /, axes: Any = None) -> Any: ...
@overload
def ifftshift(x: Tensor, /, axes: Any = None) -> Tensor:
    """Return the inverse of `fftshift`."""

@overload
def ihfft(a: _Plain, /, n: int | None = None, axis: int = -1, norm: Any = None) -> Any: ...
@overload
def ihfft(a: Tensor, /, n: int | None = None, axis: int = -1, norm: Any = None) -> Tensor:
    """Return the inverse of `hfft`."""

@overload
def imag(x: _Plain, /) -> Any: ...
@overload
def imag(x: Tensor, /) -> Tensor:
    """Return the imaginary part: 0 for real numbers."""

@overload
def inner(a: _Plain, b: _Plain, /) -> Any: ...
@overload
def inner(a: Tensor, b: _Value, /) -> Tensor: ...
@overload
def inner(a: _Plain, b: Tensor, /) -> Tensor:
    """Return the sums of products over the last axis of each: ``z[i..., j...]`` is that of a[i...] and b[j...]."""

@overload
def insert(arr: _Plain, obj: _Value, values: _Plain, axis: int | None = None) -> Any: ...
@overload
def insert(arr: Tensor, obj: _Value, values: _Value, axis: int | None = None) -> Tensor: ...
@overload
def insert(arr: _Plain, obj: _Value, values: Tensor, axis: int | None = None) -> Tensor:
    """Return the array with ``values`` inserted before the places ``obj`` along ``axis``."""

@overload
def interp(x: _Plain, xp: _Plain, fp: _Plain, /, left: Any = None, right: Any = None, period: Any = None) -> Any: ...
@overload
def interp(x: Tensor, xp: _Value, fp: _Value, /, left: Any = None, right: Any = None, period: Any = None) -> Tensor: ...
@overload
def interp(x: _Plain, xp: Tensor, fp: _Value, /, left: Any = None, right: Any = None, period: Any = None) -> Tensor: ...
@overload
def interp(x: _Plain, xp: _Plain, fp: Tensor, /, left: Any = None, right: Any = None, period: Any = None) -> Tensor:
    """Return the piecewise linear function through the points (xp, fp), at x."""

@overload
def inv(a: _Plain, /) -> Any: ...
@overload
def inv(a: Tensor, /) -> Tensor:
    """Return the inverse of square matrices (Giles 2.2.3)."""

@overload
def irfft(a: _Plain, /, n: int | None = None, axis: int = -1, norm: Any = None) -> Any: ...
@overload
def irfft(a: Tensor, /, n: int | None = None, axis: int = -1, norm: Any = None) -> Tensor:
    """Return the inverse of `rfft`: n real numbers, 2 (m - 1) of m complex ones if ``n`` is left out."""

@overload
def irfft2(a: _Plain, /, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any: ...
@overload
def irfft2(a: Tensor, /, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Tensor:
    """Return the inverse of `rfft2`."""

@overload
def irfftn(a: _Plain, /, s: Any = None, axes: Any = None, norm: Any = None) -> Any: ...
@overload
def irfftn(a: Tensor, /, s: Any = None, axes: Any = None, norm: Any = None) -> Tensor:
    """Return the inverse of `rfftn`."""

def ix_(*args: Any) -> Any:
    """Return vectors, each along an axis of its own: an open mesh. Vectors of booleans become indices."""

@overload
def kron(a: _Plain, b: _Plain, /) -> Any: ...
@overload
def kron(a: Tensor, b: _Value, /) -> Tensor: ...
@overload
def kron(a: _Plain, b: Tensor, /) -> Tensor:
    """Return the Kronecker product: blocks of ``b``, one for each element of ``a`` and multiplied by it."""

@overload
def layer_norm(
    x: _Plain, /, gain: Any = None, bias: Any = None, axis: int | tuple[int, ...] | None = -1, eps: float = 1e-05
) -> Any: ...
@overload
def layer_norm(
    x: Tensor, /, gain: Any = None, bias: Any = None, axis: int | tuple[int, ...] | None = -1, eps: float = 1e-05
) -> Tensor:
    """Return gain * (x - mean) / sqrt(variance + eps) + bias, with mean and variance over the axis."""

@overload
def ldexp(x: _Plain, y: _Value, /) -> Any: ...
@overload
def ldexp(x: Tensor, y: _Value, /) -> Tensor:
    """Return x * 2**y, of integers y."""

@overload
def leaky_relu(x: _Plain, /, slope: float = 0.01) -> Any: ...
@overload
def leaky_relu(x: Tensor, /, slope: float = 0.01) -> Tensor:
    """Return x where x > 0, and slope * x elsewhere (Maas, Hannun and Ng, 2013)."""

@overload
def linalg_cross(x1: _Plain, x2: _Plain, /, *, axis: int = -1) -> Any: ...
@overload
def linalg_cross(x1: Tensor, x2: _Value, /, *, axis: int = -1) -> Tensor: ...
@overload
def linalg_cross(x1: _Plain, x2: Tensor, /, *, axis: int = -1) -> Tensor:
    """Return the cross products of vectors of three components (``np.linalg.cross``)."""

@overload
def linalg_diagonal(x: _Plain, /, *, offset: int = 0) -> Any: ...
@overload
def linalg_diagonal(x: Tensor, /, *, offset: int = 0) -> Tensor:
    """Return the diagonals over the last two axes (``np.linalg.diagonal``)."""

@overload
def linalg_outer(x1: _Plain, x2: _Plain, /) -> Any: ...
@overload
def linalg_outer(x1: Tensor, x2: _Value, /) -> Tensor: ...
@overload
def linalg_outer(x1: _Plain, x2: Tensor, /) -> Tensor:
    """Return the outer product of two vectors (``np.linalg.outer``, which takes nothing else)."""

@overload
def linalg_trace(x: _Plain, /, *, offset: int = 0, dtype: Any = None) -> Any: ...
@overload
def linalg_trace(x: Tensor, /, *, offset: int = 0, dtype: Any = None) -> Tensor:
    """Return the sum along a diagonal of the last two axes (``np.linalg.trace``)."""

@overload
def linalg_vecdot(x1: _Plain, x2: _Plain, /, *, axis: int = -1) -> Any: ...
@overload
def linalg_vecdot(x1: Tensor, x2: _Value, /, *, axis: int = -1) -> Tensor: ...
@overload
def linalg_vecdot(x1: _Plain, x2: Tensor, /, *, axis: int = -1) -> Tensor:
    """Return the inner products over ``axis`` (``np.linalg.vecdot``)."""

def linspace(
    start: _Value,
    stop: _Value,
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
def log(x: _Plain, /) -> Any: ...
@overload
def log(x: Tensor, /) -> Tensor:
    """Natural logarithm, element-wise."""

@overload
def log10(x: _Plain, /) -> Any: ...
@overload
def log10(x: Tensor, /) -> Tensor:
    """Return the base 10 logarithm of the input array, element-wise."""

@overload
def log1p(x: _Plain, /) -> Any: ...
@overload
def log1p(x: Tensor, /) -> Tensor:
    """Return the natural logarithm of one plus the input array, element-wise."""

@overload
def log2(x: _Plain, /) -> Any: ...
@overload
def log2(x: Tensor, /) -> Tensor:
    """Base-2 logarithm of `x`."""

@overload
def log_cosh(x: _Plain, /) -> Any: ...
@overload
def log_cosh(x: Tensor, /) -> Tensor:
    """Return log(cosh(x)), of residuals x: x**2 / 2 near 0, and abs(x) - log(2) far away, without overflow."""

@overload
def log_sigmoid(x: _Plain, /) -> Any: ...
@overload
def log_sigmoid(x: Tensor, /) -> Tensor:
    """Return log(sigmoid(x)), which is -softplus(-x), for any x without overflow and to full relative precision."""

@overload
def log_softmax(x: _Plain, /, axis: int | tuple[int, ...] | None = -1) -> Any: ...
@overload
def log_softmax(x: Tensor, /, axis: int | tuple[int, ...] | None = -1) -> Tensor:
    """Return x - log(sum(exp(x))) over the axis, without overflow. A slice of -inf alone stays as it is."""

@overload
def log_sum_exp(x: _Plain, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Any: ...
@overload
def log_sum_exp(x: Tensor, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Tensor:
    """Return log(sum(exp(x))) over the axis, without overflow: what `logsumexp` records where it has no weights."""

@overload
def logaddexp(x: _Plain, y: _Plain, /) -> Any: ...
@overload
def logaddexp(x: Tensor, y: _Value, /) -> Tensor: ...
@overload
def logaddexp(x: _Plain, y: Tensor, /) -> Tensor:
    """Logarithm of the sum of exponentiations of the inputs."""

@overload
def logaddexp2(x: _Plain, y: _Plain, /) -> Any: ...
@overload
def logaddexp2(x: Tensor, y: _Value, /) -> Tensor: ...
@overload
def logaddexp2(x: _Plain, y: Tensor, /) -> Tensor:
    """Logarithm of the sum of exponentiations of the inputs in base-2."""

@overload
def logaddexp_reduce(
    a: _Plain,
    /,
    axis: int | tuple[int, ...] | None = None,
    dtype: Any = None,
    *,
    keepdims: bool = False,
    initial: Any = ...,
    where: Any = True,
) -> Any: ...
@overload
def logaddexp_reduce(
    a: Tensor,
    /,
    axis: int | tuple[int, ...] | None = None,
    dtype: Any = None,
    *,
    keepdims: bool = False,
    initial: Any = ...,
    where: Any = True,
) -> Tensor:
    """Return the logarithm of the sum of exponentials over ``axis``: ``np.logaddexp.reduce``."""

@overload
def logspace(
    start: _Plain,
    stop: _Plain,
    /,
    num: int = 50,
    endpoint: bool = True,
    base: Any = 10.0,
    dtype: Any = None,
    axis: int = 0,
) -> Any: ...
@overload
def logspace(
    start: Tensor,
    stop: _Value,
    /,
    num: int = 50,
    endpoint: bool = True,
    base: Any = 10.0,
    dtype: Any = None,
    axis: int = 0,
) -> Tensor: ...
@overload
def logspace(
    start: _Plain,
    stop: Tensor,
    /,
    num: int = 50,
    endpoint: bool = True,
    base: Any = 10.0,
    dtype: Any = None,
    axis: int = 0,
) -> Tensor:
    """Return powers of ``base`` whose exponents are evenly spaced."""

def logsumexp(
    x: _Value,
    /,
    axis: int | tuple[int, ...] | None = None,
    b: Any = None,
    *,
    keepdims: bool = False,
    return_sign: bool = False,
) -> Any:
    """Return log(sum(b * exp(x))) over the axis, without overflow: a smooth maximum."""

def lstsq(a: _Value, b: _Value, /, rcond: Any = None) -> Any:
    """Return least-squares solution, residuals, rank and singular values."""

@overload
def masked(mask: _Value, x: _Plain, /) -> Any: ...
@overload
def masked(mask: _Value, x: Tensor, /) -> Tensor:
    """Return x where the mask is True, and 0 elsewhere, where ``x * mask`` would make NaN of an infinity."""

@overload
def matmul(x: _Plain, y: _Plain, /) -> Any: ...
@overload
def matmul(x: Tensor, y: _Value, /) -> Tensor: ...
@overload
def matmul(x: _Plain, y: Tensor, /) -> Tensor:
    """Return the matrix product over the last two axes; the other axes broadcast."""

@overload
def matrix_norm(x: _Plain, /, *, keepdims: bool = False, ord: Any = "fro") -> Any: ...
@overload
def matrix_norm(x: Tensor, /, *, keepdims: bool = False, ord: Any = "fro") -> Tensor:
    """Return the norm of matrices, the Frobenius norm by default."""

@overload
def matrix_power(a: _Plain, /, n: int) -> Any: ...
@overload
def matrix_power(a: Tensor, /, n: int) -> Tensor:
    """Return square matrices multiplied with themselves; inverted first where ``n`` is negative."""

@overload
def matrix_transpose(x: _Plain, /) -> Any: ...
@overload
def matrix_transpose(x: Tensor, /) -> Tensor:
    """Transposes a matrix (or a stack of matrices) ``x``."""

@overload
def matvec(x1: _Plain, x2: _Plain, /) -> Any: ...
@overload
def matvec(x1: Tensor, x2: _Value, /) -> Tensor: ...
@overload
def matvec(x1: _Plain, x2: Tensor, /) -> Tensor:
    """Return the product of matrices with vectors."""

@overload
def max(
    a: _Plain,
    /,
    axis: int | tuple[int, ...] | None = None,
    *,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Any: ...
@overload
def max(
    a: Tensor,
    /,
    axis: int | tuple[int, ...] | None = None,
    *,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Tensor:
    """Return the largest over ``axis`` of the elements chosen by ``where``, and of ``initial``."""

@overload
def max_pool1d(x: _Plain, /, size: int, stride: int | None = None, padding: int = 0) -> Any: ...
@overload
def max_pool1d(x: Tensor, /, size: int, stride: int | None = None, padding: int = 0) -> Tensor:
    """Return the largest element of each window of the last axis."""

@overload
def max_pool2d(
    x: _Plain,
    /,
    size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | tuple[int, ...] = 0,
) -> Any: ...
@overload
def max_pool2d(
    x: Tensor,
    /,
    size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | tuple[int, ...] = 0,
) -> Tensor:
    """Return the largest element of each window of the last two axes."""

@overload
def maximum(x: _Plain, y: _Plain, /) -> Any: ...
@overload
def maximum(x: Tensor, y: _Value, /) -> Tensor: ...
@overload
def maximum(x: _Plain, y: Tensor, /) -> Tensor:
    """Return the larger of x and y; NaN where either is."""

@overload
def maximum_accumulate(a: _Plain, /, axis: int = 0, dtype: Any = None) -> Any: ...
@overload
def maximum_accumulate(a: Tensor, /, axis: int = 0, dtype: Any = None) -> Tensor:
    """Return the largest element so far along ``axis``: ``np.maximum.accumulate``."""

@overload
def mean(
    a: _Plain,
    /,
    axis: int | tuple[int, ...] | None = None,
    dtype: Any = None,
    *,
    keepdims: bool = False,
    where: Any = True,
) -> Any: ...
@overload
def mean(
    a: Tensor,
    /,
    axis: int | tuple[int, ...] | None = None,
    dtype: Any = None,
    *,
    keepdims: bool = False,
    where: Any = True,
) -> Tensor:
    """Return the mean over ``axis`` of the elements chosen by ``where``."""

@overload
def median(
    a: _Plain, /, axis: int | tuple[int, ...] | None = None, *, overwrite_input: bool = False, keepdims: bool = False
) -> Any: ...
@overload
def median(
    a: Tensor, /, axis: int | tuple[int, ...] | None = None, *, overwrite_input: bool = False, keepdims: bool = False
) -> Tensor:
    """Return the median over ``axis``. The array is never written over, whatever ``overwrite_input`` allows."""

def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    """Return the coordinates of the grid whose axes are vectors."""

@overload
def min(
    a: _Plain,
    /,
    axis: int | tuple[int, ...] | None = None,
    *,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Any: ...
@overload
def min(
    a: Tensor,
    /,
    axis: int | tuple[int, ...] | None = None,
    *,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Tensor:
    """Return the smallest over ``axis`` of the elements chosen by ``where``, and of ``initial``."""

@overload
def minimum(x: _Plain, y: _Plain, /) -> Any: ...
@overload
def minimum(x: Tensor, y: _Value, /) -> Tensor: ...
@overload
def minimum(x: _Plain, y: Tensor, /) -> Tensor:
    """Return the smaller of x and y; NaN where either is."""

@overload
def minimum_accumulate(a: _Plain, /, axis: int = 0, dtype: Any = None) -> Any: ...
@overload
def minimum_accumulate(a: Tensor, /, axis: int = 0, dtype: Any = None) -> Tensor:
    """Return the smallest element so far along ``axis``: ``np.minimum.accumulate``."""

@overload
def mish(x: _Plain, /) -> Any: ...
@overload
def mish(x: Tensor, /) -> Tensor:
    """Return x * tanh(softplus(x)) (Misra, 2019)."""

@overload
def mod(x: _Plain, y: _Plain, /) -> Any: ...
@overload
def mod(x: Tensor, y: _Value, /) -> Tensor: ...
@overload
def mod(x: _Plain, y: Tensor, /) -> Tensor:
    """Return x - y * floor(x / y)."""

def modf(x: _Value, /) -> Any:
    """Return the fractional and integral parts of an array, element-wise."""

@overload
def moveaxis(a: _Plain, /, source: int | tuple[int, ...], destination: int | tuple[int, ...]) -> Any: ...
@overload
def moveaxis(a: Tensor, /, source: int | tuple[int, ...], destination: int | tuple[int, ...]) -> Tensor:
    """Return the array with some axes moved to other positions."""

def multi_dot(arrays: _Value, /) -> Any:
    """Return the product of two or more matrices, multiplied in the order that costs least."""

@overload
def multiply(x: _Plain, y: _Plain, /) -> Any: ...
@overload
def multiply(x: Tensor, y: _Value, /) -> Tensor: ...
@overload
def multiply(x: _Plain, y: Tensor, /) -> Tensor:
    """Multiply arguments element-wise."""

@overload
def nan_to_num(x: _Plain, /, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any: ...
@overload
def nan_to_num(x: Tensor, /, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Tensor:
    """Return x with NaN and infinities replaced by numbers; a Tensor is never changed in place."""

@overload
def nancumprod(a: _Plain, /, axis: int | None = None, dtype: Any = None) -> Any: ...
@overload
def nancumprod(a: Tensor, /, axis: int | None = None, dtype: Any = None) -> Tensor:
    """Return the running product along ``axis`` of the elements that are no NaN."""

@overload
def nancumsum(a: _Plain, /, axis: int | None = None, dtype: Any = None) -> Any: ...
@overload
def nancumsum(a: Tensor, /, axis: int | None = None, dtype: Any = None) -> Tensor:
    """Return the running sum along ``axis`` of the elements that are no NaN."""

@overload
def nanmax(
    a: _Plain,
    /,
    axis: int | tuple[int, ...] | None = None,
    *,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Any: ...
@overload
def nanmax(
    a: Tensor,
    /,
    axis: int | tuple[int, ...] | None = None,
    *,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Tensor:
    """Return the largest over ``axis`` of the elements chosen by ``where`` that are no NaN, and of ``initial``."""

@overload
def nanmean(
    a: _Plain,
    /,
    axis: int | tuple[int, ...] | None = None,
    dtype: Any = None,
    *,
    keepdims: bool = False,
    where: Any = True,
) -> Any: ...
@overload
def nanmean(
    a: Tensor,
    /,
    axis: int | tuple[int, ...] | None = None,
    dtype: Any = None,
    *,
    keepdims: bool = False,
    where: Any = True,
) -> Tensor:
    """Return the mean over ``axis`` of the elements chosen by ``where`` that are no NaN."""

@overload
def nanmedian(
    a: _Plain, /, axis: int | tuple[int, ...] | None = None, *, overwrite_input: bool = False, keepdims: bool = False
) -> Any: ...
@overload
def nanmedian(
    a: Tensor, /, axis: int | tuple[int, ...] | None = None, *, overwrite_input: bool = False, keepdims: bool = False
) -> Tensor:
    """Return the median over ``axis`` of the elements that are no NaN."""

@overload
def nanmin(
    a: _Plain,
    /,
    axis: int | tuple[int, ...] | None = None,
    *,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Any: ...
@overload
def nanmin(
    a: Tensor,
    /,
    axis: int | tuple[int, ...] | None = None,
    *,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Tensor:
    """Return the smallest over ``axis`` of the elements chosen by ``where`` that are no NaN, and of ``initial``."""

@overload
def nanpercentile(
    a: _Plain,
    /,
    q: Any,
    axis: int | tuple[int, ...] | None = None,
    *,
    overwrite_input: bool = False,
    method: Any = "linear",
    keepdims: bool = False,
) -> Any: ...
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
) -> Tensor:
    """Return the quantiles ``q``, from 0 to 100, over ``axis`` of the elements that are no NaN."""

@overload
def nanprod(
    a: _Plain,
    /,
    axis: int | tuple[int, ...] | None = None,
    dtype: Any = None,
    *,
    keepdims: bool = False,
    initial: Any = 1,
    where: Any = True,
) -> Any: ...
@overload
def nanprod(
    a: Tensor,
    /,
    axis: int | tuple[int, ...] | None = None,
    dtype: Any = None,
    *,
    keepdims: bool = False,
    initial: Any = 1,
    where: Any = True,
) -> Tensor:
    """Return the product over ``axis`` of the elements chosen by ``where`` that are no NaN, and of ``initial``."""

@overload
def nanquantile(
    a: _Plain,
    /,
    q: Any,
    axis: int | tuple[int, ...] | None = None,
    *,
    overwrite_input: bool = False,
    method: Any = "linear",
    keepdims: bool = False,
) -> Any: ...
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
) -> Tensor:
    """Return the quantiles ``q``, from 0 to 1, over ``axis`` of the elements that are no NaN."""

@overload
def nanstd(
    a: _Plain,
    /,
    axis: int | tuple[int, ...] | None = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
) -> Any: ...
@overload
def nanstd(
    a: Tensor,
    /,
    axis: int | tuple[int, ...] | None = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
) -> Tensor:
    """Return the standard deviation over ``axis`` of the elements chosen by ``where`` that are no NaN."""

@overload
def nansum(
    a: _Plain,
    /,
    axis: int | tuple[int, ...] | None = None,
    dtype: Any = None,
    *,
    keepdims: bool = False,
    initial: Any = 0,
    where: Any = True,
) -> Any: ...
@overload
def nansum(
    a: Tensor,
    /,
    axis: int | tuple[int, ...] | None = None,
    dtype: Any = None,
    *,
    keepdims: bool = False,
    initial: Any = 0,
    where: Any = True,
) -> Tensor:
    """Return the sum over ``axis`` of the elements chosen by ``where`` that are no NaN, and of ``initial``."""

@overload
def nanvar(
    a: _Plain,
    /,
    axis: int | tuple[int, ...] | None = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
) -> Any: ...
@overload
def nanvar(
    a: Tensor,
    /,
    axis: int | tuple[int, ...] | None = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
) -> Tensor:
    """Return the variance over ``axis`` of the elements chosen by ``where`` that are no NaN."""

@overload
def negative(x: _Plain, /) -> Any: ...
@overload
def negative(x: Tensor, /) -> Tensor:
    """Numerical negative, element-wise."""

@overload
def norm(x: _Plain, /, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any: ...
@overload
def norm(x: Tensor, /, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Return the norm of vectors or matrices, of any order that NumPy has."""

@overload
def normal_cdf(x: _Plain, /) -> Any: ...
@overload
def normal_cdf(x: Tensor, /) -> Tensor:
    """Return the cumulative distribution function of the normal distribution, (1 + erf(x / sqrt(2))) / 2."""

def one_hot(labels: _Value, /, classes: int, dtype: Any = ...) -> Any:
    """Return a vector for each label: 1 at the label's place, 0 elsewhere. It is a constant: labels have no derivative."""

@overload
def outer(a: _Plain, b: _Plain, /) -> Any: ...
@overload
def outer(a: Tensor, b: _Value, /) -> Tensor: ...
@overload
def outer(a: _Plain, b: Tensor, /) -> Tensor:
    """Return the matrix of products of each element of ``a`` (rows) with each of ``b`` (columns)."""

@overload
def overlap_add(x: _Plain, /, shape: tuple[int, ...], window_shape: Any, axis: Any = None) -> Any: ...
@overload
def overlap_add(x: Tensor, /, shape: tuple[int, ...], window_shape: Any, axis: Any = None) -> Tensor:
    """Return the sum of windows, each added in its place: the transpose of `sliding_window_view`."""

@overload
def pad(
    array: _Plain,
    /,
    pad_width: Any,
    mode: Any = "constant",
    *,
    constant_values: Any = None,
    end_values: Any = None,
    reflect_type: str | None = None,
    stat_length: Any = None,
) -> Any: ...
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
) -> Tensor:
    """Return the array with values added before and after each axis."""

@overload
def partition(a: _Plain, /, kth: Any, axis: int | None = -1, kind: Any = "introselect") -> Any: ...
@overload
def partition(a: Tensor, /, kth: Any, axis: int | None = -1, kind: Any = "introselect") -> Tensor:
    """Return the elements along ``axis`` with the ``kth`` in its sorted place, smaller ones before, larger after."""

@overload
def patches(
    x: _Plain, /, size: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...] = (1, 1)
) -> Any: ...
@overload
def patches(x: Tensor, /, size: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...] = (1, 1)) -> Tensor:
    """Return the windows that slide over the last axes, with the windows' axes last."""

@overload
def percentile(
    a: _Plain,
    /,
    q: Any,
    axis: int | tuple[int, ...] | None = None,
    *,
    overwrite_input: bool = False,
    method: Any = "linear",
    keepdims: bool = False,
) -> Any: ...
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
) -> Tensor:
    """Return the quantiles ``q``, from 0 to 100, over ``axis``: first the axes of ``q``, then those that are left."""

@overload
def pick_last(x: _Plain, /, index: Any) -> Any: ...
@overload
def pick_last(x: Tensor, /, index: Any) -> Tensor:
    """Return ``x[index]``, with an element that it names more than once in the last place, and 0 in the others."""

@overload
def piecewise(x: _Plain, /, condlist: Any, funclist: Sequence[Callable[..., Any] | complex]) -> Any: ...
@overload
def piecewise(x: Tensor, /, condlist: Any, funclist: Sequence[Callable[..., Any] | complex]) -> Tensor:
    """Return, where each condition holds, its function of those elements of x alone, or its constant; 0 elsewhere."""

@overload
def pinv(a: _Plain, /, rcond: Any = None, hermitian: bool = False, *, rtol: Any = ...) -> Any: ...
@overload
def pinv(a: Tensor, /, rcond: Any = None, hermitian: bool = False, *, rtol: Any = ...) -> Tensor:
    """Return the Moore-Penrose inverse of matrices."""

@overload
def poly(seq_of_zeros: _Plain, /) -> Any: ...
@overload
def poly(seq_of_zeros: Tensor, /) -> Tensor:
    """Return the polynomial with the given roots, and 1 as its leading coefficient."""

@overload
def polyadd(a1: _Plain, a2: _Plain, /) -> Any: ...
@overload
def polyadd(a1: Tensor, a2: _Value, /) -> Tensor: ...
@overload
def polyadd(a1: _Plain, a2: Tensor, /) -> Tensor:
    """Return the sum of two polynomials."""

@overload
def polyder(p: _Plain, /, m: int = 1) -> Any: ...
@overload
def polyder(p: Tensor, /, m: int = 1) -> Tensor:
    """Return the m-th derivative of a polynomial."""

def polydiv(u: _Value, v: _Value, /) -> Any:
    """Return the quotient and the remainder of two polynomials, by long division."""

@overload
def polyfit(
    x: _Plain, y: _Plain, /, deg: int, rcond: Any = None, full: bool = False, w: Any = None, cov: bool | str = False
) -> Any: ...
@overload
def polyfit(
    x: Tensor, y: _Value, /, deg: int, rcond: Any = None, full: bool = False, w: Any = None, cov: bool | str = False
) -> Tensor: ...
@overload
def polyfit(
    x: _Plain, y: Tensor, /, deg: int, rcond: Any = None, full: bool = False, w: Any = None, cov: bool | str = False
) -> Tensor:
    """Return the polynomial of a degree that fits samples best, in the sense of least (weighted) squares."""

@overload
def polyint(p: _Plain, /, m: int = 1, k: Any = None) -> Any: ...
@overload
def polyint(p: Tensor, /, m: int = 1, k: Any = None) -> Tensor:
    """Return the m-th antiderivative of a polynomial, with the constants of integration ``k``."""

@overload
def polymul(a1: _Plain, a2: _Plain, /) -> Any: ...
@overload
def polymul(a1: Tensor, a2: _Value, /) -> Tensor: ...
@overload
def polymul(a1: _Plain, a2: Tensor, /) -> Tensor:
    """Return the product of two polynomials; leading zeros are dropped."""

@overload
def polysub(a1: _Plain, a2: _Plain, /) -> Any: ...
@overload
def polysub(a1: Tensor, a2: _Value, /) -> Tensor: ...
@overload
def polysub(a1: _Plain, a2: Tensor, /) -> Tensor:
    """Return the difference of two polynomials."""

@overload
def polyval(p: _Plain, x: _Plain, /) -> Any: ...
@overload
def polyval(p: Tensor, x: _Value, /) -> Tensor: ...
@overload
def polyval(p: _Plain, x: Tensor, /) -> Tensor:
    """Return the values of a polynomial, by Horner's rule."""

@overload
def positive(x: _Plain, /) -> Any: ...
@overload
def positive(x: Tensor, /) -> Tensor:
    """Numerical positive, element-wise."""

@overload
def pow(x: _Plain, y: _Plain, /) -> Any: ...
@overload
def pow(x: Tensor, y: _Value, /) -> Tensor: ...
@overload
def pow(x: _Plain, y: Tensor, /) -> Tensor:
    """Return x to the power of y."""

@overload
def power(x: _Plain, y: _Plain, /) -> Any: ...
@overload
def power(x: Tensor, y: _Value, /) -> Tensor: ...
@overload
def power(x: _Plain, y: Tensor, /) -> Tensor:
    """Return x to the power of y."""

@overload
def prod(
    a: _Plain,
    /,
    axis: int | tuple[int, ...] | None = None,
    dtype: Any = None,
    *,
    keepdims: bool = False,
    initial: Any = 1,
    where: Any = True,
) -> Any: ...
@overload
def prod(
    a: Tensor,
    /,
    axis: int | tuple[int, ...] | None = None,
    dtype: Any = None,
    *,
    keepdims: bool = False,
    initial: Any = 1,
    where: Any = True,
) -> Tensor:
    """Return the product over ``axis`` of the elements chosen by ``where``, and of ``initial``."""

@overload
def ptp(a: _Plain, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Any: ...
@overload
def ptp(a: Tensor, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Tensor:
    """Return the largest element minus the smallest over ``axis``."""

def qr(a: _Value, /, mode: Any = "reduced") -> Any:
    """Return matrices with orthonormal columns and upper triangular ones whose product is ``a``."""

@overload
def quantile(
    a: _Plain,
    /,
    q: Any,
    axis: int | tuple[int, ...] | None = None,
    *,
    overwrite_input: bool = False,
    method: Any = "linear",
    keepdims: bool = False,
) -> Any: ...
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
) -> Tensor:
    """Return the quantiles ``q``, from 0 to 1, over ``axis``: first the axes of ``q``, then those that are left."""

@overload
def rad2deg(x: _Plain, /) -> Any: ...
@overload
def rad2deg(x: Tensor, /) -> Tensor:
    """Convert angles from radians to degrees."""

@overload
def radians(x: _Plain, /) -> Any: ...
@overload
def radians(x: Tensor, /) -> Tensor:
    """Convert angles from degrees to radians."""

@overload
def real(x: _Plain, /) -> Any: ...
@overload
def real(x: Tensor, /) -> Tensor:
    """Return the real part."""

@overload
def real_if_close(a: _Plain, /, tol: float = 100) -> Any: ...
@overload
def real_if_close(a: Tensor, /, tol: float = 100) -> Tensor:
    """Return the real part of complex numbers whose imaginary parts are within rounding of 0; else the numbers."""

@overload
def reciprocal(x: _Plain, /) -> Any: ...
@overload
def reciprocal(x: Tensor, /) -> Tensor:
    """Return the reciprocal of the argument, element-wise."""

@overload
def relu(x: _Plain, /) -> Any: ...
@overload
def relu(x: Tensor, /) -> Tensor:
    """Return max(x, 0), the rectified linear unit."""

@overload
def remainder(x: _Plain, y: _Plain, /) -> Any: ...
@overload
def remainder(x: Tensor, y: _Value, /) -> Tensor: ...
@overload
def remainder(x: _Plain, y: Tensor, /) -> Tensor:
    """Return x - y * floor(x / y)."""

@overload
def repeat(a: _Plain, /, repeats: Any, axis: int | None = None) -> Any: ...
@overload
def repeat(a: Tensor, /, repeats: Any, axis: int | None = None) -> Tensor:
    """Return the array with each element repeated, along an axis or in one row."""

@overload
def reshape(a: _Plain, /, shape: Any = None, order: Any = "C", *, newshape: Any = None, copy: Any = None) -> Any: ...
@overload
def reshape(a: Tensor, /, shape: Any = None, order: Any = "C", *, newshape: Any = None, copy: Any = None) -> Tensor:
    """Return the elements in another shape."""

def resize(a: _Value, /, new_shape: int | tuple[int, ...]) -> Any:
    """Return the elements in another shape of any size, repeated or cut off."""

@overload
def rfft(a: _Plain, /, n: int | None = None, axis: int = -1, norm: Any = None) -> Any: ...
@overload
def rfft(a: Tensor, /, n: int | None = None, axis: int = -1, norm: Any = None) -> Tensor:
    """Return the first half of the discrete Fourier transform of real numbers; the rest is its mirror image."""

@overload
def rfft2(a: _Plain, /, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any: ...
@overload
def rfft2(a: Tensor, /, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Tensor:
    """Return the discrete Fourier transform of real numbers over two axes, the first half of the last one."""

@overload
def rfftn(a: _Plain, /, s: Any = None, axes: Any = None, norm: Any = None) -> Any: ...
@overload
def rfftn(a: Tensor, /, s: Any = None, axes: Any = None, norm: Any = None) -> Tensor:
    """Return the discrete Fourier transform of real numbers over several axes, the first half of the last one."""

@overload
def rms_norm(x: _Plain, /, gain: Any = None, axis: int | tuple[int, ...] | None = -1, eps: float = 1e-05) -> Any: ...
@overload
def rms_norm(x: Tensor, /, gain: Any = None, axis: int | tuple[int, ...] | None = -1, eps: float = 1e-05) -> Tensor:
    """Return gain * x / sqrt(mean(x**2) + eps), with the mean over the axis (Zhang and Sennrich, 2019)."""

@overload
def roll(a: _Plain, /, shift: int | tuple[int, ...], axis: Any = None) -> Any: ...
@overload
def roll(a: Tensor, /, shift: int | tuple[int, ...], axis: Any = None) -> Tensor:
    """Return the array with its elements shifted along axes, those at the end coming in at the start."""

@overload
def rollaxis(a: _Plain, /, axis: int, start: int = 0) -> Any: ...
@overload
def rollaxis(a: Tensor, /, axis: int, start: int = 0) -> Tensor:
    """Return the array with one axis moved to before the axis ``start``."""

@overload
def roots(p: _Plain, /) -> Any: ...
@overload
def roots(p: Tensor, /) -> Tensor:
    """Return the roots of a polynomial."""

@overload
def rot90(m: _Plain, k: Any = 1, axes: Any = (0, 1)) -> Any: ...
@overload
def rot90(m: Tensor, k: Any = 1, axes: Any = (0, 1)) -> Tensor:
    """Rotate an array by 90 degrees in the plane specified by axes."""

@overload
def scatter(x: _Plain, /, index: Any, shape: tuple[int, ...]) -> Any: ...
@overload
def scatter(x: Tensor, /, index: Any, shape: tuple[int, ...]) -> Tensor:
    """Return zeros of ``shape`` with ``x`` added at ``index``: the transpose of picking."""

def select(condlist: _Value, choicelist: _Value, default: _Value = 0, /) -> Any:
    """Return, element by element, the choice of the first condition that holds; the default where none does."""

@overload
def selu(x: _Plain, /) -> Any: ...
@overload
def selu(x: Tensor, /) -> Tensor:
    """Return scale * elu(x, alpha), of the two numbers that keep mean 0 and variance 1 through layers."""

@overload
def sigmoid(x: _Plain, /) -> Any: ...
@overload
def sigmoid(x: Tensor, /) -> Tensor:
    """Return 1 / (1 + exp(-x)), for any x without overflow and to full relative precision."""

@overload
def sign(x: _Plain, /) -> Any: ...
@overload
def sign(x: Tensor, /) -> Tensor:
    """Return x / abs(x), and 0 for 0. That of real numbers is a constant: a plain array."""

@overload
def silu(x: _Plain, /) -> Any: ...
@overload
def silu(x: Tensor, /) -> Tensor:
    """Return x * sigmoid(x), also known as swish (Elfwing, Uchibe and Doya, 2018)."""

@overload
def sin(x: _Plain, /) -> Any: ...
@overload
def sin(x: Tensor, /) -> Tensor:
    """Trigonometric sine, element-wise."""

@overload
def sinc(x: _Plain) -> Any: ...
@overload
def sinc(x: Tensor) -> Tensor:
    """Return the normalized sinc function."""

@overload
def sinh(x: _Plain, /) -> Any: ...
@overload
def sinh(x: Tensor, /) -> Tensor:
    """Hyperbolic sine, element-wise."""

@overload
def sliding_window_view(x: _Plain, /, window_shape: Any, axis: Any = None, *, subok: bool = False) -> Any: ...
@overload
def sliding_window_view(x: Tensor, /, window_shape: Any, axis: Any = None, *, subok: bool = False) -> Tensor:
    """Return all windows of a shape, along new last axes; the places that they can take are along the old ones."""

def slogdet(a: _Value, /) -> Any:
    """Return sign and logarithm of the absolute value of the determinant."""

@overload
def softmax(x: _Plain, /, axis: int | tuple[int, ...] | None = -1) -> Any: ...
@overload
def softmax(x: Tensor, /, axis: int | tuple[int, ...] | None = -1) -> Tensor:
    """Return exp(x) / sum(exp(x)) over the axis, without overflow. A slice of -inf alone gives zeros."""

@overload
def softplus(x: _Plain, /) -> Any: ...
@overload
def softplus(x: Tensor, /) -> Tensor:
    """Return log(1 + exp(x)), for any x without overflow and to full relative precision."""

@overload
def softsign(x: _Plain, /) -> Any: ...
@overload
def softsign(x: Tensor, /) -> Tensor:
    """Return x / (1 + abs(x))."""

@overload
def solve(a: _Plain, b: _Plain, /) -> Any: ...
@overload
def solve(a: Tensor, b: _Value, /) -> Tensor: ...
@overload
def solve(a: _Plain, b: Tensor, /) -> Tensor:
    """Return the solution of ``a @ z = b`` (Giles 2.2.3); ``b`` is a vector if it has one axis, else of columns."""

@overload
def sort(a: _Plain, /, axis: int | None = -1, kind: Any = None, *, stable: bool | None = None) -> Any: ...
@overload
def sort(a: Tensor, /, axis: int | None = -1, kind: Any = None, *, stable: bool | None = None) -> Tensor:
    """Return the elements in ascending order along ``axis``; of the flattened array where it is None."""

@overload
def sort_complex(a: _Plain, /) -> Any: ...
@overload
def sort_complex(a: Tensor, /) -> Tensor:
    """Return the elements as complex numbers, in ascending order along the last axis."""

@overload
def sort_like(x: _Plain, a: _Plain, /, axis: int = -1) -> Any: ...
@overload
def sort_like(x: Tensor, a: _Value, /, axis: int = -1) -> Tensor: ...
@overload
def sort_like(x: _Plain, a: Tensor, /, axis: int = -1) -> Tensor:
    """Return ``x`` in the order that sorts ``a`` along ``axis``; the mean of those of equal elements of ``a``."""

@overload
def spherical_bessel(x: _Plain, /, order: int) -> Any: ...
@overload
def spherical_bessel(x: Tensor, /, order: int) -> Tensor:
    """Return the spherical Bessel function of the first kind: sin(x) / x for order 0, and of x to the order near 0."""

def split(ary: _Value, /, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Return the array cut along an axis: into equal parts, or at given positions."""

@overload
def spread_channels(
    g: _Plain, kernel: _Plain, /, lengths: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]
) -> Any: ...
@overload
def spread_channels(
    g: Tensor, kernel: _Value, /, lengths: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]
) -> Tensor: ...
@overload
def spread_channels(
    g: _Plain, kernel: Tensor, /, lengths: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]
) -> Tensor:
    """Return the cotangent of x: the kernel times g, added wherever it lay."""

@overload
def sqrt(x: _Plain, /) -> Any: ...
@overload
def sqrt(x: Tensor, /) -> Tensor:
    """Return the square root."""

@overload
def square(x: _Plain, /) -> Any: ...
@overload
def square(x: Tensor, /) -> Tensor:
    """Return the element-wise square of the input."""

@overload
def squared_error(prediction: _Plain, target: _Plain, /) -> Any: ...
@overload
def squared_error(prediction: Tensor, target: _Value, /) -> Tensor: ...
@overload
def squared_error(prediction: _Plain, target: Tensor, /) -> Tensor:
    """Return (prediction - target)**2, element by element."""

@overload
def squeeze(a: _Plain, axis: Any = None) -> Any: ...
@overload
def squeeze(a: Tensor, axis: Any = None) -> Tensor:
    """Remove axes of length one from `a`."""

def stack(arrays: _Value, /, axis: int = 0, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    """Return arrays of one shape joined along a new axis."""

@overload
def standardize(x: _Plain, /, axis: int | tuple[int, ...] | None = -1, eps: float = 1e-05) -> Any: ...
@overload
def standardize(x: Tensor, /, axis: int | tuple[int, ...] | None = -1, eps: float = 1e-05) -> Tensor:
    """Return (x - mean) / sqrt(variance + eps) over the axis: mean 0 and variance 1."""

@overload
def std(
    a: _Plain,
    /,
    axis: int | tuple[int, ...] | None = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
    mean: Any = None,
    correction: float | None = None,
) -> Any: ...
@overload
def std(
    a: Tensor,
    /,
    axis: int | tuple[int, ...] | None = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
    mean: Any = None,
    correction: float | None = None,
) -> Tensor:
    """Return the standard deviation over ``axis``, of n - ``ddof`` degrees of freedom."""

@overload
def subtract(x: _Plain, y: _Plain, /) -> Any: ...
@overload
def subtract(x: Tensor, y: _Value, /) -> Tensor: ...
@overload
def subtract(x: _Plain, y: Tensor, /) -> Tensor:
    """Subtract arguments, element-wise."""

@overload
def sum(
    a: _Plain,
    /,
    axis: int | tuple[int, ...] | None = None,
    dtype: Any = None,
    *,
    keepdims: bool = False,
    initial: Any = 0,
    where: Any = True,
) -> Any: ...
@overload
def sum(
    a: Tensor,
    /,
    axis: int | tuple[int, ...] | None = None,
    dtype: Any = None,
    *,
    keepdims: bool = False,
    initial: Any = 0,
    where: Any = True,
) -> Tensor:
    """Return the sum over ``axis`` of the elements chosen by ``where``, and of ``initial``."""

def svd(a: _Value, /, full_matrices: bool = True, compute_uv: Any = True, hermitian: bool = False) -> Any:
    """Return singular vectors and values, ``a = u @ diag(s) @ vh`` (J. Townsend, "Differentiating the SVD", 2016)."""

@overload
def svdvals(x: _Plain, /) -> Any: ...
@overload
def svdvals(x: Tensor, /) -> Tensor:
    """Return the singular values of matrices, in descending order; their derivatives are those of `svd`."""

@overload
def swapaxes(a: _Plain, /, axis1: int, axis2: int) -> Any: ...
@overload
def swapaxes(a: Tensor, /, axis1: int, axis2: int) -> Tensor:
    """Return the array with two axes interchanged."""

@overload
def take(a: _Plain, /, indices: Any, axis: int | None = None, *, mode: Any = "raise") -> Any: ...
@overload
def take(a: Tensor, /, indices: Any, axis: int | None = None, *, mode: Any = "raise") -> Tensor:
    """Return the elements at ``indices`` along ``axis``; of the flattened array where it is None."""

@overload
def take_along_axis(arr: _Plain, /, indices: Any, axis: int | None = -1) -> Any: ...
@overload
def take_along_axis(arr: Tensor, /, indices: Any, axis: int | None = -1) -> Tensor:
    """Return the elements that ``indices`` picks along ``axis``, one for each of its elements."""

@overload
def tan(x: _Plain, /) -> Any: ...
@overload
def tan(x: Tensor, /) -> Tensor:
    """Compute tangent element-wise."""

@overload
def tanh(x: _Plain, /) -> Any: ...
@overload
def tanh(x: Tensor, /) -> Tensor:
    """Compute hyperbolic tangent element-wise."""

@overload
def tensordot(a: _Plain, b: _Plain, /, axes: Any = 2) -> Any: ...
@overload
def tensordot(a: Tensor, b: _Value, /, axes: Any = 2) -> Tensor: ...
@overload
def tensordot(a: _Plain, b: Tensor, /, axes: Any = 2) -> Tensor:
    """Return the sum of products over the axes of ``a`` and ``b`` that ``axes`` pairs."""

@overload
def tensorinv(a: _Plain, /, ind: int = 2) -> Any: ...
@overload
def tensorinv(a: Tensor, /, ind: int = 2) -> Tensor:
    """Return the inverse with respect to ``tensordot`` over the first ``ind`` axes."""

@overload
def tensorsolve(a: _Plain, b: _Plain, /, axes: Any = None) -> Any: ...
@overload
def tensorsolve(a: Tensor, b: _Value, /, axes: Any = None) -> Tensor: ...
@overload
def tensorsolve(a: _Plain, b: Tensor, /, axes: Any = None) -> Tensor:
    """Return the solution of ``tensordot(a, z, z.ndim) = b``; ``axes`` of ``a`` are moved to the end first."""

@overload
def tile(A: _Plain, /, reps: Any) -> Any: ...
@overload
def tile(A: Tensor, /, reps: Any) -> Tensor:
    """Return the array repeated as a whole, ``reps`` times along each axis."""

@overload
def transpose(a: _Plain, /, axes: Any = None) -> Any: ...
@overload
def transpose(a: Tensor, /, axes: Any = None) -> Tensor:
    """Return the array with its axes permuted; reversed where ``axes`` is None."""

@overload
def trapezoid(y: _Plain, /, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any: ...
@overload
def trapezoid(y: Tensor, /, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Tensor:
    """Return the integral of samples ``y`` by the trapezoidal rule; ``x`` and ``dx`` are differentiated too."""

@overload
def tril(m: _Plain, /, k: int = 0) -> Any: ...
@overload
def tril(m: Tensor, /, k: int = 0) -> Tensor:
    """Return matrices with zeros above the diagonal ``k``; a vector counts as equal rows."""

@overload
def trim_zeros(filt: _Plain, /, trim: Any = "fb", axis: Any = None) -> Any: ...
@overload
def trim_zeros(filt: Tensor, /, trim: Any = "fb", axis: Any = None) -> Tensor:
    """Return the array without the zeros at its start and end, which count as constants."""

@overload
def triu(m: _Plain, /, k: int = 0) -> Any: ...
@overload
def triu(m: Tensor, /, k: int = 0) -> Tensor:
    """Return matrices with zeros below the diagonal ``k``; a vector counts as equal rows."""

@overload
def true_divide(x: _Plain, y: _Plain, /) -> Any: ...
@overload
def true_divide(x: Tensor, y: _Value, /) -> Tensor: ...
@overload
def true_divide(x: _Plain, y: Tensor, /) -> Tensor:
    """Divide arguments element-wise."""

@overload
def unsort(x: _Plain, a: _Plain, /, axis: int = -1) -> Any: ...
@overload
def unsort(x: Tensor, a: _Value, /, axis: int = -1) -> Tensor: ...
@overload
def unsort(x: _Plain, a: Tensor, /, axis: int = -1) -> Tensor:
    """Return ``x``, given in the order of the sorted ``a``, in the order of ``a``: the transpose of `sort_like`."""

def unstack(x: _Value, /, *, axis: int = 0) -> Any:
    """Return the slices along an axis, as a tuple."""

@overload
def unwrap(p: _Plain, /, discont: Any = None, axis: int = -1, *, period: Any = 6.283185307179586) -> Any: ...
@overload
def unwrap(p: Tensor, /, discont: Any = None, axis: int = -1, *, period: Any = 6.283185307179586) -> Tensor:
    """Return angles with multiples of the period added, so that neighbours differ by at most half of it."""

@overload
def vander(x: _Plain, /, N: int | None = None, increasing: bool = False) -> Any: ...
@overload
def vander(x: Tensor, /, N: int | None = None, increasing: bool = False) -> Tensor:
    """Return the powers of a vector's elements, those of each in a row."""

@overload
def var(
    a: _Plain,
    /,
    axis: int | tuple[int, ...] | None = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
    mean: Any = None,
    correction: float | None = None,
) -> Any: ...
@overload
def var(
    a: Tensor,
    /,
    axis: int | tuple[int, ...] | None = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
    mean: Any = None,
    correction: float | None = None,
) -> Tensor:
    """Return the variance over ``axis``, of n - ``ddof`` degrees of freedom."""

@overload
def variance(
    a: _Plain,
    /,
    axis: int | tuple[int, ...] | None = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
) -> Any: ...
@overload
def variance(
    a: Tensor,
    /,
    axis: int | tuple[int, ...] | None = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
) -> Tensor:
    """Return the variance over ``axis``, about the mean of the elements themselves."""

@overload
def vdot(a: _Plain, b: _Plain, /) -> Any: ...
@overload
def vdot(a: Tensor, b: _Value, /) -> Tensor: ...
@overload
def vdot(a: _Plain, b: Tensor, /) -> Tensor:
    """Return the sum of products of all elements, those of ``a`` conjugated."""

@overload
def vecdot(x1: _Plain, x2: _Plain, /) -> Any: ...
@overload
def vecdot(x1: Tensor, x2: _Value, /) -> Tensor: ...
@overload
def vecdot(x1: _Plain, x2: Tensor, /) -> Tensor:
    """Return the inner products over the last axis, the first vector conjugated; the other axes broadcast."""

@overload
def vecmat(x1: _Plain, x2: _Plain, /) -> Any: ...
@overload
def vecmat(x1: Tensor, x2: _Value, /) -> Tensor: ...
@overload
def vecmat(x1: _Plain, x2: Tensor, /) -> Tensor:
    """Return the product of vectors, conjugated, with matrices."""

@overload
def vector_norm(x: _Plain, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any: ...
@overload
def vector_norm(x: Tensor, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Tensor:
    """Return the norm over axes, all elements of which count as one vector."""

def vsplit(ary: _Value, /, indices_or_sections: Any) -> Any:
    """Return the array of two or more axes cut along its first."""

def vstack(tup: _Value, /, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    """Return the arrays joined along the first axis, vectors as rows."""

def weighted_log_sum_exp(
    x: _Value,
    b: _Value,
    /,
    axis: int | tuple[int, ...] | None = None,
    *,
    keepdims: bool = False,
    return_sign: bool = False,
) -> Any:
    """Return log(sum(b * exp(x))) over the axis, of ``x`` and ``b`` of one shape: what `logsumexp` records."""

@overload
def weighted_softmax(x: _Plain, b: _Plain, /, axis: int | tuple[int, ...] | None = -1) -> Any: ...
@overload
def weighted_softmax(x: Tensor, b: _Value, /, axis: int | tuple[int, ...] | None = -1) -> Tensor: ...
@overload
def weighted_softmax(x: _Plain, b: Tensor, /, axis: int | tuple[int, ...] | None = -1) -> Tensor:
    """Return exp(x) / sum(b * exp(x)) over the axis, of ``x`` and ``b`` of one shape, without overflow."""

@overload
def where(condition: _Value, x: _Plain, y: _Plain, /) -> Any: ...
@overload
def where(condition: _Value, x: Tensor, y: _Value, /) -> Tensor: ...
@overload
def where(condition: _Value, x: _Plain, y: Tensor, /) -> Tensor:
    """Return x where the condition holds, and y elsewhere."""
