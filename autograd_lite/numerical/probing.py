"""A function under test, called on copies of its arguments shifted along elements or along a direction."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from autograd_lite.core.trees import describe, flatten, flatten_like, is_node, map_tree
from autograd_lite.numerical.close import DOUBLE, SINGLE, Array
from autograd_lite.numerical.extrapolation import Lines, scatter
from autograd_lite.numerical.streams import stream

START = 0.118  # first step, in units of the argument's scale
NARROW_START = 0.35  # the same for results in float32 or less, where rounding is the larger error
LARGE = 2**20  # bytes: where allocating a copy costs more than making it
COARSER = 2.0**-15  # than the numbers of float32


@contextmanager
def quiet() -> Iterator[None]:
    """Silence NumPy's and Python's warnings: next to the user's point they are nobody's business."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


class Function:
    """A function and its arguments as flat lists of leaves; its results as flat arrays.

    float32 and float16 leaves are passed as float64 if the function takes them, which costs it no accuracy.

    Attributes
    ----------
    leaves : list
        The arguments, widened.
    base : array (n,)
        The result at the arguments: float64 or complex128 (longdouble stays).
    shape : tuple of int
        The result's shape.
    eps : float
        Relative spacing of the result's own dtype.
    start : float
        First step, in units of the argument's scale.
    calls : int
    """

    def __init__(self, f: Callable[..., Any], primals: Sequence[Any], caller: str) -> None:
        if not isinstance(primals, (tuple, list)):
            raise TypeError(
                f"{caller}: primals must be a tuple of arguments, got {type(primals).__name__}; "
                "for a function of one argument x, pass (x,)"
            )
        self.f, self.caller, self.calls, self.primals = f, caller, 0, tuple(primals)
        self.copies: dict[int, Array] = {}
        given, self.rebuild = flatten(self.primals)
        self.leaves = [_widen(leaf) for leaf in given]
        try:
            result = self._call(self.leaves)
        except Exception:
            if all(wide is leaf for wide, leaf in zip(self.leaves, given, strict=True)):
                raise
            self.leaves, self.copies = given, {}
            result = self._call(self.leaves)
        self.shape = result.shape
        self.eps = DOUBLE if result.dtype.kind in "biu" else float(np.finfo(result.dtype).eps)
        self.start = START if self.eps < SINGLE else NARROW_START
        self.base = _widest(result).ravel()

    def at(self, leaves: Sequence[Any], analytic: bool = False) -> Array:
        """Return the result (n,) at other leaves, new ones or those of ``leaves``; NaN where the function fails.

        A complex number where the base is real is a failure too, unless ``analytic`` (a complex step).
        """
        try:
            result = self._call(leaves)
        except Exception:
            return np.full_like(self.base, np.nan)
        strays = np.iscomplexobj(result) and not np.iscomplexobj(self.base) and not analytic
        return np.full_like(self.base, np.nan) if strays or result.shape != self.shape else _widest(result).ravel()

    def fresh(self, i: int) -> Any:
        """Return leaf ``i`` as a copy that the function may keep or change; large ones share memory between calls."""
        leaf = self.leaves[i]
        if not isinstance(leaf, np.ndarray):
            return leaf
        if leaf.nbytes < LARGE:
            return leaf.copy(order="K")
        if i in self.copies:
            np.copyto(self.copies[i], leaf)
        else:
            self.copies[i] = leaf.copy(order="K")
        return self.copies[i][...]

    def _call(self, leaves: Sequence[Any]) -> Array:
        self.calls += 1
        own = [self.fresh(i) if leaf is self.leaves[i] else leaf for i, leaf in enumerate(leaves)]
        result = self.f(*self.rebuild(own))
        array = np.asarray(result)
        if array.dtype.kind not in "biufc":
            raise TypeError(
                f"{self.caller}: the function must return a real or complex number or array, "
                f"got {type(result).__name__}" + (f" of dtype {array.dtype}" if result is array else "")
            )
        return array

    def noise(self, at: Callable[[float], Array]) -> Array:
        """Measure the rounding error (n,) of the result close to the arguments.

        Parameters
        ----------
        at : callable
            ``at(s)`` is the result at the arguments shifted by about ``s`` of their size.
        """
        fine = np.stack([at(k * self.eps) if k else self.base for k in range(-3, 4)])
        noise, stands = scatter(fine), (fine == self.base).all(axis=0)
        if stands.any():  # it may be rounded to something coarser inside, which a power of two could meet exactly
            shift = 1.37 * (SINGLE if self.eps < SINGLE else COARSER)
            coarse = np.stack([at(k * shift) if k else self.base for k in range(-3, 4)])
            noise = np.where(stands, scatter(coarse), noise)
        return np.asarray(np.fmax(noise, self.eps / 2 * abs(self.base)))


class Elements:
    """Lines along the elements of one argument of a scalar function: (x + t e_i), and (x + i t e_i) if complex."""

    def __init__(self, function: Function, argnum: int, indices: ArrayLike | None) -> None:
        caller, primals = function.caller, function.primals
        if not -len(primals) <= argnum < len(primals):
            raise IndexError(f"{caller}: argnum {argnum} is out of range for {len(primals)} arguments")
        argnum %= len(primals)
        if is_node(primals[argnum]):
            raise TypeError(
                f"{caller}: argument {argnum} must be an array or a number, got {describe(primals[argnum])}; "
                "differentiate one leaf at a time, or use directional"
            )
        if function.base.size != 1 or np.iscomplexobj(function.base):
            kind = "complex " if np.iscomplexobj(function.base) else ""
            error = TypeError if function.base.size == 1 else ValueError
            raise error(
                f"{caller}: the function must return one real number, got a {kind}result of shape {function.shape}; "
                "use directional for such functions"
            )
        self.function, self.leaf = function, len(flatten(primals[:argnum])[0])
        self.scalar = not isinstance(function.leaves[self.leaf], np.ndarray)
        self.x = require_float(function.leaves[self.leaf], f"{caller}: argument {argnum}")
        self.flat = np.arange(self.x.size) if indices is None else _check_indices(indices, self.x.size, caller)
        self.shape = self.x.shape if indices is None else self.flat.shape
        self.flat = self.flat.ravel()
        self.size = self.flat.size
        unit: list[complex] = [1.0, 1.0j] if np.iscomplexobj(self.x) else [1.0]
        self.columns = np.tile(self.flat, len(unit))
        self.units = np.repeat(unit, self.size)

    def lines(self) -> Lines:
        """Return the lines, with steps for the scale of each element and the noise of the function."""
        noise = self.function.noise(self._all_at)
        magnitude = abs(self.x.ravel()[self.columns])
        step = self.function.start * scale(self.x).ravel()[self.columns]
        n = self.columns.size
        return Lines(
            self._sample,
            np.repeat(self.function.base, n),
            np.repeat(noise, n),
            self.function.eps,
            step,
            np.where(magnitude > 0, 64 * self.function.eps * magnitude, 2.0**-60 * step),
            shared=False,
        )

    def shifted(self, column: int, t: Any) -> tuple[list[Any], Array]:
        """Return the leaves with one element shifted by ``t`` (real or complex), and the element's new value."""
        dtype = np.result_type(self.x.dtype, np.complex64) if isinstance(t, complex) else self.x.dtype
        x = np.asarray(self.function.fresh(self.leaf)).astype(dtype, copy=self.scalar)
        x.flat[self.columns[column]] += t
        leaves = [*self.function.leaves]
        leaves[self.leaf] = x[()] if self.scalar else x
        return leaves, x.flat[self.columns[column]]

    def _sample(self, t: Array, active: Array) -> tuple[Array, Array]:
        values, taken = np.full(t.shape, np.nan, self.function.base.dtype), t.astype(self.x.real.dtype)
        for column in np.flatnonzero(active).tolist():
            unit, old = self.units[column], self.x.flat[self.columns[column]]
            shift = t[column] * unit
            leaves, new = self.shifted(column, shift if np.iscomplexobj(self.x) else shift.real)
            values[column] = self.function.at(leaves)[0]
            taken[column] = ((new - old) / unit).real
        return values, taken

    def _all_at(self, s: float) -> Array:
        """Shift all elements by an odd number of units in the last place each, which needs no rounding."""
        x = self.x
        odd = stream("units").choice([-13, -11, -9, -7, -5, 5, 7, 9, 11, 13], x.shape)
        size = np.where(x == 0, scale(x), abs(x))
        shift = s * odd * 2.0 ** np.floor(np.log2(size))
        moved = (x + (shift * (1 + 1j) if np.iscomplexobj(x) else shift)).astype(x.dtype)
        leaves = [*self.function.leaves]
        leaves[self.leaf] = moved[()] if self.scalar else moved
        return self.function.at(leaves)


class Direction:
    """One line through all the arguments: primals + t * tangents."""

    def __init__(self, function: Function, tangents: Sequence[Any]) -> None:
        self.function = function
        self.tangents = _match(function, tangents)
        moved = [
            (require_float(leaf, f"{function.caller}: a leaf to be moved"), v)
            for leaf, v in zip(function.leaves, self.tangents, strict=True)
            if v is not None and np.any(v)
        ]
        self.moves, self.complex = bool(moved), any(np.iscomplexobj(x) for x, _ in moved)
        reach = [(scale(x)[v != 0] / abs(v[v != 0])).min() for x, v in moved]
        self.reach = float(min(reach, default=1.0))

    def lines(self) -> Lines:
        """Return one line for each element of the result."""
        base = self.function.base
        noise = self.function.noise(lambda s: self.at(9 * s * self.reach))
        step = np.full(base.shape, self.function.start * self.reach)

        def sample(t: Array, active: Array) -> tuple[Array, Array]:
            return self.at(float(t[0])), t

        return Lines(sample, base, noise, self.function.eps, step, 2.0**-46 * step, shared=True)

    def at(self, t: float | complex) -> Array:
        """Return the result (n,) at ``t``."""
        pairs = zip(self.function.leaves, self.tangents, strict=True)
        leaves = [leaf if v is None else _shift(leaf, t * v) for leaf, v in pairs]
        return self.function.at(leaves, analytic=isinstance(t, complex))


def random_tangents(
    primals: Sequence[Any], rng: np.random.Generator, argnums: Sequence[int] | None = None
) -> tuple[Any, ...]:
    """Draw a direction in which every element moves in proportion to its scale.

    Parameters
    ----------
    primals : sequence
        Arguments, or trees of them.
    rng : numpy.random.Generator
    argnums : sequence of int, optional
        Which arguments move; by default all. The others get None.

    Returns
    -------
    tuple
        For `numerical.directional`: float64 or complex128 of the structure and shapes of ``primals``; None also for
        leaves that are not floating point.
    """

    def draw(leaf: Any) -> Any:
        x = np.asarray(leaf)
        if x.dtype.kind not in "fc":
            return None
        parts = [rng.uniform(0.5, 1.0, x.shape) * rng.choice([-1.0, 1.0], x.shape) for _ in range(2)]
        return scale(x) * (parts[0] + 1j * parts[1] if x.dtype.kind == "c" else parts[0])

    moving = range(len(primals)) if argnums is None else [i % len(primals) for i in argnums]
    return tuple(map_tree(draw, x) if i in moving else None for i, x in enumerate(primals))


def scale(x: Array) -> Array:
    """Return the scale of each element: its magnitude, or the median magnitude of all that are not 0 if larger."""
    magnitude = abs(x)
    known = magnitude[(magnitude > 0) & np.isfinite(magnitude)]
    typical = np.median(known) if known.size else 1.0
    return np.asarray(np.fmax(magnitude, typical))  # a NaN stays one, however it is moved


def require_float(leaf: Any, what: str) -> Array:
    """Return a leaf as an array, or raise TypeError if it is not float or complex."""
    x = np.asarray(leaf)
    if x.dtype.kind not in "fc":
        raise TypeError(
            f"{what} has dtype {x.dtype}, which has no derivative; "
            "pass floating point numbers, for example x.astype(float)"
        )
    return x


def _match(function: Function, tangents: Sequence[Any]) -> list[Array | None]:
    """Return a tangent for each leaf of the primals, None where it does not move."""
    caller, primals = function.caller, function.primals
    if not isinstance(tangents, (tuple, list)) or len(tangents) != len(primals):
        given = len(tangents) if isinstance(tangents, (tuple, list)) else type(tangents).__name__
        raise ValueError(f"{caller}: expected a tuple of {len(primals)} tangents, one per argument, got {given}")
    leaves: list[Array | None] = []
    for i, (primal, tangent) in enumerate(zip(primals, tangents, strict=True)):
        parts = flatten(primal)[0]
        if tangent is None:
            leaves += [None] * len(parts)
            continue
        beside = flatten_like(primal, tangent)
        if beside is None:
            raise ValueError(
                f"{caller}: argument {i} has the structure {describe(primal)}, its tangent {describe(tangent)}"
            )
        for part, v in zip(parts, beside, strict=True):
            if v is not None and np.shape(part) != np.shape(v):
                raise ValueError(f"{caller}: argument {i} has shape {np.shape(part)}, its tangent {np.shape(v)}")
            if np.iscomplexobj(v) and not np.iscomplexobj(part):
                raise TypeError(f"{caller}: argument {i} is real, its tangent complex; pass its real part")
            leaves.append(None if v is None else np.asarray(v))
    return leaves


def _check_indices(indices: ArrayLike, size: int, caller: str) -> Array:
    array = np.asarray(indices)
    if array.size and array.dtype.kind not in "iu":
        raise TypeError(f"{caller}: indices must be integers, got dtype {array.dtype}")
    array = array.astype(np.intp)
    if array.size and not (-size <= array.min() and array.max() < size):
        raise IndexError(f"{caller}: indices must be within {-size} and {size - 1}, the flat indices of the argument")
    return array % max(size, 1)


def _shift(leaf: Any, shift: Array) -> Any:
    x = np.asarray(leaf)
    dtype = np.result_type(x.dtype, np.complex64) if np.iscomplexobj(shift) else x.dtype
    shifted = (x + shift).astype(dtype)
    return shifted if isinstance(leaf, np.ndarray) else shifted[()]


def _widen(leaf: Any) -> Any:
    """Return a float32, float16 or complex64 leaf in double precision, and any other as it is."""
    dtype = getattr(leaf, "dtype", None)
    if isinstance(leaf, (np.ndarray, np.generic)) and dtype in (np.float16, np.float32, np.complex64):
        return leaf.astype(np.complex128 if dtype == np.complex64 else np.float64)
    return leaf


def _widest(result: Array) -> Array:
    return result.astype(np.result_type(result.dtype, np.float64))
