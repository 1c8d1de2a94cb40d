"""One call of a function, held to differences of its values: first and second order, dtypes, purity."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import Any, NamedTuple

import numpy as np

from autograd_lite import numerical
from autograd_lite.core import toposort
from autograd_lite.core.op import Op
from autograd_lite.core.tensor import Tensor, raw
from autograd_lite.core.transforms import vjp
from autograd_lite.core.trees import flatten
from autograd_lite.numerical import close
from autograd_lite.numerical.streams import stream

JUDGED = 5
"""Digits to which differences must know a derivative to judge rules by it."""
UNJUDGED = "differences of values cannot judge"


class Slope(NamedTuple):
    """A derivative along a direction, from values of the function alone."""

    value: float
    error: float


class Case:
    """A function at one point, with random tangents and cotangents.

    The derivative is seen through one number that differences of values can tell as well: the product of the
    cotangents, the Jacobian and the tangents. Any wrong rule shows in it, whatever the number of elements, but for
    tangents of measure zero.

    Parameters
    ----------
    function : callable
        Differentiable NumPy, of arrays or trees of them; returns an array or a tree of arrays.
    inputs : sequence
        Its arguments. Leaves of a real or complex dtype are differentiated, others are constants.
    params : dict, optional
        Keyword arguments, which are constants.
    seed : int
        For the tangents and cotangents.
    analytic : bool
        Whether the function may take complex numbers in the place of real ones.

    Attributes
    ----------
    leaves : list of arrays and numbers, those that are differentiated
    outputs : list of arrays, the values of the function
    """

    def __init__(
        self,
        function: Callable[..., Any],
        inputs: Sequence[Any],
        params: dict[str, Any] | None = None,
        *,
        seed: int = 0,
        analytic: bool = True,
    ) -> None:
        self.function, self.params, self.seed = function, params or {}, seed
        self.all, self.rebuild = flatten(tuple(inputs))
        self.places = [i for i, leaf in enumerate(self.all) if is_inexact(leaf)]
        self.leaves = [self.all[i] for i in self.places]
        self.analytic = analytic and not any(np.iscomplexobj(x) for x in self.leaves)
        self.outputs = self.call(*self.leaves)
        rng = stream("tangents", seed)
        self.tangents = [_normal(rng, leaf) for leaf in self.leaves]
        self.cotangents = [_normal(rng, z) for z in self.outputs if is_inexact(z)]

    def call(self, *leaves: Any) -> list[Any]:
        """Return the leaves of the function's result."""
        full = list(self.all)
        for place, leaf in zip(self.places, leaves, strict=True):
            full[place] = leaf
        return flatten(self.function(*self.rebuild(full), **self.params))[0]

    def moved(self, *leaves: Any) -> list[Any]:
        """Return those leaves of the result that have a derivative."""
        return [z for z, before in zip(self.call(*leaves), self.outputs, strict=True) if is_inexact(before)]

    def paired(self, *leaves: Any) -> Any:
        """Return the real number that the cotangents make of plain outputs."""
        return _inner(self.cotangents, self.moved(*leaves))

    def gradient(self, *leaves: Any) -> tuple[Any, ...]:
        """Return the gradient of `paired`, by the rules alone."""
        return vjp(self.moved, *leaves)[1](self.cotangents)

    def derivative(self) -> Case:
        """Return the gradients as a function of leaves and cotangents: the case of the next order."""
        n = len(self.leaves)

        def gradients(*arrays: Any) -> list[Any]:
            return list(vjp(self.moved, *arrays[:n])[1](list(arrays[n:])))

        return Case(gradients, [*self.leaves, *self.cotangents], seed=self.seed + 1, analytic=False)

    @cached_property
    def slope(self) -> Slope:
        """The derivative of `paired` along the tangents, from its values."""
        primals, tangents = tuple(self.leaves), tuple(self.tangents)
        if self.analytic:
            exact = numerical.complex_directional(self.paired, primals, tangents)
            if exact.trusted:
                return Slope(float(exact.value), 0.0)
            estimate = exact.differences
        else:
            estimate = numerical.directional(self.paired, primals, tangents)
        value, error = float(np.real(estimate.value)), float(estimate.error)
        return Slope(value, error + abs(value) if abs(value) <= 2 * error else error)  # the first: it may as well be 0

    def wrong(self) -> str | None:
        """Compare the rules with differences of values. Returns what is wrong, or None."""
        gradients = self.gradient(*self.leaves)
        terms = [np.real(np.asarray(g) * t) for g, t in zip(gradients, self.tangents, strict=True)]
        given = sum(float(np.sum(term)) for term in terms)
        value, error = self.slope
        scale = sum(float(np.sum(abs(term))) for term in terms) + abs(value)
        size = abs(float(self.paired(*self.leaves)))
        if not close.known(error, max(scale, size, close.digits(3)), JUDGED):  # tangents and cotangents are near 1
            return f"{UNJUDGED} the {given:.6g} of the rules: {value:.6g} ± {error:.1g}"
        numbers = [x for x in (*self.leaves, *self.outputs) if is_inexact(x)]
        if not abs(given - value) <= error + close.of_exact_rules(scale, size, *numbers):
            return f"along a random direction the rules give {given:.12g}, differences of values {value:.12g}"
        return None

    def worst_element(self) -> tuple[int, tuple[int, ...], Any, Any] | None:
        """Return which leaf's gradient is farthest off, at which index, what the rule gives there and what is right."""
        worst, found = 0.0, None
        for i, g in enumerate(self.gradient(*self.leaves)):
            estimate = numerical.gradient(self.paired, tuple(self.leaves), i)
            off = np.where(estimate.agrees(g), 0.0, abs(np.asarray(g) - estimate.value))
            if off.size and not off.max() <= worst:
                index = tuple(int(k) for k in np.unravel_index(np.argmax(off), off.shape))
                worst, found = float(off.max()), (i, index, np.asarray(g)[index], estimate.value[index])
        return found


def _inner(a: Sequence[Any], b: Sequence[Any]) -> Any:
    """Return the sum of products, over all arrays: the real part, unless the arrays were made complex on purpose."""
    total: Any = 0.0
    for x, y in zip(a, b, strict=True):
        if np.shape(x) != np.shape(y):
            raise ValueError(f"the shape of a result depends on values: {np.shape(y)} here, {np.shape(x)} close by")
        term = np.sum(x * y)
        total = total + (np.real(term) if np.iscomplexobj(x) else term)
    return total


def is_inexact(x: Any) -> bool:
    """Whether x is an array or number of a real or complex dtype."""
    return isinstance(x, (float, complex, Tensor)) or (hasattr(x, "dtype") and x.dtype.kind in "fc")


def _normal(rng: np.random.Generator, like: Any) -> Any:
    """Draw normal numbers of the shape of an array, complex if it is."""
    shape = np.shape(like)
    x = rng.standard_normal(shape)
    return x + 1j * rng.standard_normal(shape) if np.iscomplexobj(like) else x


def apply(op: Op) -> Callable[..., Any]:
    """Return the op as a function of its inputs, each an argument."""
    return (lambda *inputs, **params: op(inputs, **params)) if op.spread else op


def plain_forward(
    op: Op, inputs: Sequence[Any], moving: Sequence[int], params: dict[str, Any]
) -> Callable[..., Any] | None:
    """Return an op's forward where it is real NumPy code that is differentiated without the op's own rules."""
    tensors = [Tensor(x) if i in moving and not isinstance(x, (list, tuple, dict)) else x for i, x in enumerate(inputs)]
    try:
        z = op.forward(*tensors, **params)
    except Exception:  # it calls what cannot be recorded
        return None
    recorded = op.rules is not None and isinstance(z, Tensor) and not np.iscomplexobj(z.value)
    own = recorded and not any(node.op is op for node in toposort.order([z])[0])
    return partial(op.forward, **params) if own else None


def cast(x: Any, dtype: Any) -> Any:
    """Return a leaf in the precision of ``dtype``, complex if it was; other leaves as they are."""
    if not is_inexact(x):
        return x
    return np.asarray(x).astype(np.result_type(dtype, np.complex64) if np.iscomplexobj(x) else dtype)[()]


def keeps_single(op: Op, inputs: Sequence[Any], params: dict[str, Any]) -> str | None:
    """Hold an op to NumPy's promotion in float32: its output on Tensors, and the cotangents that its rules give."""
    leaves, rebuild = flatten(tuple(inputs))
    singles = [cast(leaf, np.float32) for leaf in leaves]
    expected = [np.asarray(z).dtype for z in flatten(apply(op)(*rebuild(singles), **params))[0]]
    recorded = apply(op)(*rebuild([Tensor(x) if is_inexact(x) else x for x in singles]), **params)
    outputs = [raw(z) for z in flatten(recorded)[0]]
    found = [np.asarray(z).dtype for z in outputs]
    if found != expected:
        return f"of float32, plain arrays give {_names(expected)}, Tensors {_names(found)}"
    if op.rules is None:
        return None
    z = outputs[0] if len(outputs) == 1 else tuple(outputs)
    g = np.ones_like(z) if len(outputs) == 1 else tuple(np.ones_like(part) for part in outputs)
    widest = np.result_type(*outputs)  # a dtype= asked for by the user is kept
    rules = op.rules_for(len(inputs))
    for i, (x, rule) in enumerate(zip(rebuild(singles), rules, strict=True)):
        if rule is None or not is_inexact(x):
            continue
        dtype = np.asarray(rule(g, z, *rebuild(singles), **params)).dtype
        if np.finfo(dtype).eps < np.finfo(widest).eps:
            return f"of float32, the rule of input {i} gives {dtype.name}"
    return None


def _names(dtypes: Sequence[np.dtype[Any]]) -> str:
    return ", ".join(dtype.name for dtype in dtypes)
