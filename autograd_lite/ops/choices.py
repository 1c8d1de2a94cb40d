"""Ops that choose between values, element by element: the larger, the clipped, the one that a mask names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite.core.ducks import beside, ducks
from autograd_lite.core.general import is_general
from autograd_lite.core.lists import stacked
from autograd_lite.core.op import op
from autograd_lite.core.shapes import Cotangent, Value
from autograd_lite.core.tape import registry
from autograd_lite.core.tensor import Tensor, raw
from autograd_lite.ops import samples
from autograd_lite.ops.indexing import scatter

_INTEGERS: dict[Any, np.dtype[Any]] = {np.dtype(f"f{n}"): np.dtype(f"i{n}") for n in (2, 4, 8)}
_BOOLEAN = np.dtype(bool)
_MASK = samples.constant(np.array([[True, False, True], [False, False, True]]))


@op(
    elementwise=True,
    template="np.where({}, {}, 0)",
    rules=(None, lambda g, z, mask, x: np.where(mask, g, 0)),
    samples=(samples.sample(_MASK, (2, 3)), samples.sample(_MASK, (3,)), samples.sample(_MASK, ())),
)
def masked(mask: Value, x: Value, /) -> Value:
    """Return x where the mask is True, and 0 elsewhere, where ``x * mask`` would make NaN of an infinity."""
    integers = _INTEGERS.get(getattr(x, "dtype", None))
    if integers is None or getattr(mask, "dtype", None) != _BOOLEAN:
        return np.where(mask, x, 0)[()]
    return np.multiply(x.view(integers), mask, dtype=integers).view(x.dtype)  # six times as fast as np.where


@masked.write
def _masked_into(mask: Value, x: Value, /, out: Any = None) -> Value:
    integers = _INTEGERS.get(getattr(x, "dtype", None))
    if out is None:
        return masked.forward(mask, x)
    if integers is None or mask.dtype != _BOOLEAN or not x.ndim:
        np.copyto(out, np.where(mask, x, 0))
    else:
        np.multiply(x.view(integers), mask, dtype=integers, out=out.view(integers))
    return out


def kept_where(mask: Value, g: Cotangent) -> Cotangent:
    """Return `masked`, in a rule: of arrays at half the price."""
    return masked(mask, g) if Tensor in (type(mask), type(g)) else masked.forward(mask, g)


def _split_again(c: Cotangent, z: Value, g: Value, won: Value, tied: Value) -> Cotangent:
    return _split_ties(c, won, tied)


@op(elementwise=True, rules=(_split_again, None, None))
def _split_ties(g: Value, won: Value, tied: Value, /) -> Value:
    """Return g where an input was chosen, half of it at ties, and 0 elsewhere."""
    return np.where(won, g, np.where(tied, g / 2, 0))


@_split_ties.write
def _(g: Value, won: Value, tied: Value, /, out: Any = None) -> Value:
    if not np.count_nonzero(tied):
        return _masked_into(won, g, out)
    share = _split_ties.forward(g, won, tied)
    if out is None:
        return share
    np.copyto(out, share)
    return out


def _share(g: Cotangent, won: Value, tied: Value) -> Cotangent:
    """Return `_split_ties`: as one op of programs that hold for other values, else without ties in half the time."""
    if is_general():
        return _split_ties(g, won, tied)
    share = kept_where(won, g)
    return share + kept_where(tied, g) / 2 if type(tied) is Tensor or np.count_nonzero(tied) else share


@op(numpy=np.maximum, template="np.maximum({}, {})", elementwise=True)
def maximum(x: Value, y: Value, /) -> Value:
    """Return the larger of x and y; NaN where either is.

    Subgradient: at ties, 1/2 for each.
    """
    return np.maximum(x, y)


@maximum.vjp
def _(g: Cotangent, z: Value, x: Value, y: Value) -> Cotangent:
    return _share(g, x > y, x == y)


@maximum.vjp
def _(g: Cotangent, z: Value, x: Value, y: Value) -> Cotangent:
    return _share(g, y > x, x == y)


@op(numpy=np.minimum, template="np.minimum({}, {})", elementwise=True)
def minimum(x: Value, y: Value, /) -> Value:
    """Return the smaller of x and y; NaN where either is.

    Subgradient: at ties, 1/2 for each.
    """
    return np.minimum(x, y)


@minimum.vjp
def _(g: Cotangent, z: Value, x: Value, y: Value) -> Cotangent:
    return _share(g, x < y, x == y)


@minimum.vjp
def _(g: Cotangent, z: Value, x: Value, y: Value) -> Cotangent:
    return _share(g, y < x, x == y)


@op(numpy=np.fmax, template="np.fmax({}, {})", elementwise=True)
def fmax(x: Value, y: Value, /) -> Value:
    """Return the larger of x and y; where one is NaN, the other.

    Subgradient: at ties, 1/2 for each.
    """
    return np.fmax(x, y)


@fmax.vjp
def _(g: Cotangent, z: Value, x: Value, y: Value) -> Cotangent:
    return _share(g, (x > y) | np.isnan(y), x == y)


@fmax.vjp
def _(g: Cotangent, z: Value, x: Value, y: Value) -> Cotangent:
    return _share(g, (y > x) | np.isnan(x), x == y)


@op(numpy=np.fmin, template="np.fmin({}, {})", elementwise=True)
def fmin(x: Value, y: Value, /) -> Value:
    """Return the smaller of x and y; where one is NaN, the other.

    Subgradient: at ties, 1/2 for each.
    """
    return np.fmin(x, y)


@fmin.vjp
def _(g: Cotangent, z: Value, x: Value, y: Value) -> Cotangent:
    return _share(g, (x < y) | np.isnan(y), x == y)


@fmin.vjp
def _(g: Cotangent, z: Value, x: Value, y: Value) -> Cotangent:
    return _share(g, (y < x) | np.isnan(x), x == y)


@op(
    numpy=np.heaviside,
    template="np.heaviside({}, {})",
    elementwise=True,
    rules=(None, lambda g, z, x, y: kept_where(x == 0, g)),
)
def heaviside(x: Value, y: Value, /) -> Value:
    """Return 0 where x < 0, y where x is 0, and 1 where x > 0.

    Subgradient: 0 by x, at the step too.
    """
    return np.heaviside(x, y)


_ENDS = (samples.Domain(-2.0, -0.5), samples.Domain(0.5, 2.0))


@op(
    elementwise=True,
    template="np.clip({}, {}, {})",
    domain=(samples.real, *_ENDS),
    samples=(
        samples.sample((3, 4), _ENDS[0](3, 1), _ENDS[1](4)),
        samples.sample((3,), (3,), (3,)),
        samples.sample((), _ENDS[0](), _ENDS[1]()),
        samples.sample((0,), _ENDS[0](1), _ENDS[1]()),
        samples.sample((5,), samples.constant(None), _ENDS[1](5)),
        samples.sample((5,), _ENDS[0](5), samples.constant(None)),
    ),
)
def clip_between(x: Value, low: Value, high: Value, /) -> Value:
    """Return x limited to the interval from low to high; None stands for no limit.

    Subgradient: at an end of the interval, 1 by x and 0 by the end. An interval of one point is high: 1 by it alone.
    """
    return np.clip(x, low, high)


@clip_between.vjp
def _(g: Cotangent, z: Value, x: Value, low: Value, high: Value) -> Cotangent:
    return kept_where(z == x if low is None or high is None else (z == x) & (low < high), g)


@clip_between.vjp
def _(g: Cotangent, z: Value, x: Value, low: Value, high: Value) -> Cotangent:
    return kept_where(x < low if high is None else (x < low) & (low < high), g)


@clip_between.vjp
def _(g: Cotangent, z: Value, x: Value, low: Value, high: Value) -> Cotangent:
    return kept_where(x > high if low is None else (x > high) | (low >= high), g)


@op(
    numpy=np.clip,
    samples=(
        samples.sample((3, 4), a_min=-1.0, a_max=1.5),
        samples.sample((), a_min=None, a_max=1),
        samples.sample((4,), a_min=np.array([-1.0, 0.0, 0.5, 1.0]), a_max=None),
    ),
)
def clip(a: Value, /, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Value:
    """Return a limited to the interval from a_min to a_max, which may be Tensors too; None stands for no limit.

    Subgradient: at an end of the interval, 1 by a and 0 by the end.
    """
    if (min is not None and a_min is not None) or (max is not None and a_max is not None):
        raise ValueError("clip() takes a_min and a_max, or min and max, not both")
    low, high = a_min if min is None else min, a_max if max is None else max
    return np.copy(a) if low is None and high is None else clip_between(a, low, high)


@op(
    numpy=np.where,
    template="np.where({}, {}, {})",
    elementwise=True,
    rules=(
        None,
        lambda g, z, c, x, y: np.where(c, g, 0) if type(g) is Tensor else kept_where(c, g),
        lambda g, z, c, x, y: np.where(c, 0, g) if type(g) is Tensor else kept_where(np.logical_not(c), g),
    ),
    samples=(samples.sample(_MASK, (2, 3), (3,)), samples.sample(_MASK, (), (2, 1))),
)
def where(condition: Value, x: Value, y: Value, /) -> Value:
    """Return x where the condition holds, and y elsewhere."""
    chosen: Value = np.where(condition, x, y)
    return chosen[()]


def _where(condition: Value, *branches: Value, **named: Any) -> Value:
    """Answer for np.where, which lists the places where the condition holds if it is given nothing else."""
    return where(condition, *branches, **named) if branches or named else np.nonzero(condition)


registry[np.where] = _where


@op(
    numpy=np.nan_to_num,
    elementwise=True,
    samples=(samples.sample((3, 4)), samples.sample((), nan=1.0), samples.sample((2,), posinf=1.0, neginf=-1.0)),
)
def nan_to_num(x: Value, /, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Value:
    """Return x with NaN and infinities replaced by numbers; a Tensor is never changed in place.

    Subgradient: 0 where an element is replaced.
    """
    return np.nan_to_num(x, copy, nan, posinf, neginf)


@nan_to_num.vjp
def _(g: Cotangent, z: Value, x: Value, **params: Any) -> Cotangent:
    if not np.iscomplexobj(raw(x)):
        return kept_where(np.isfinite(x), g)
    return kept_where(np.isfinite(np.real(x)), np.real(g)) + 1j * kept_where(np.isfinite(np.imag(x)), np.imag(g))


def _two_conditions(rng: np.random.Generator) -> list[Any]:
    return [np.array([True, True, False]), np.array([[False, True, False], [True, False, False]])]


def _two_choices(rng: np.random.Generator) -> list[Any]:
    return [rng.standard_normal(3), rng.standard_normal((2, 1))]


@op(
    numpy=np.select,
    lists=True,
    samples=(samples.sample(_two_conditions, _two_choices), samples.sample(_two_conditions, _two_choices, (3,))),
)
def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0, /) -> Value:
    """Return, element by element, the choice of the first condition that holds; the default where none does.

    Raises
    ------
    ValueError
        For lists of different lengths, or empty ones.
    """
    if not len(condlist) or len(condlist) != len(choicelist):
        raise ValueError(f"np.select takes a choice for each condition, got {len(condlist)} and {len(choicelist)}")
    z = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        z = where(condition, stacked(choice), z)
    return z


_BELOW_ABOVE = [np.array([True, False, False]), np.array([False, False, True])]


@op(
    numpy=np.piecewise,
    varies="how many elements each function gets depends on the conditions; write np.where or np.select",
    lists=True,
    samples=(
        samples.sample((3,), condlist=_BELOW_ABOVE, funclist=[np.sin, np.exp]),
        samples.sample((3,), condlist=_BELOW_ABOVE, funclist=[2, np.square, lambda x: -x]),
        samples.sample((), condlist=[True], funclist=[np.sin]),
    ),
)
def piecewise(x: Value, /, condlist: Value, funclist: Sequence[Callable[..., Any] | complex]) -> Value:
    """Return, where each condition holds, its function of those elements of x alone, or its constant; 0 elsewhere.

    Where several conditions hold, the last one counts. One more function than conditions is that of the elements for
    which no condition holds.

    Raises
    ------
    ValueError
        For any other number of functions.
    """
    if ducks[type(raw(x))]:
        condlist = [beside(x, np.broadcast_to(c, x.shape)) for c in condlist]
    piece = np.piecewise(beside(x, np.zeros(x.shape, int)), condlist, list(range(1, len(funclist) + 1))).ravel()
    flat = np.reshape(x, -1)
    z = beside(x, np.zeros(piece.shape, x.dtype))
    for k, function in enumerate(funclist, 1):
        mask = piece == k
        if mask.any():
            values = function(flat[mask]) if callable(function) else beside(x, np.asarray(function, x.dtype))
            z = z + scatter(np.broadcast_to(values, int(np.sum(mask))), index=mask, shape=piece.shape)
    return np.reshape(z, x.shape)
