"""Transforms: functions made from functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any

import numpy as np

from autograd_lite import trees
from autograd_lite.backward import own, seed, sweep
from autograd_lite.graph import Tensor, now, raw, tracing
from autograd_lite.op import Op

Argnums = int | Sequence[int]

alias = Op(lambda x: x, (lambda g, z, x: g,), name="alias", core=0)
"""An argument that is a Tensor already enters a transform as a node of its own."""


def grad(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """Return the function that computes the gradient of ``f``.

    Parameters
    ----------
    f : callable
        Takes trees (tuples, lists, dicts) of arrays and returns one real number, or an array of size 1.
    argnums : int or sequence of int
        Which positional arguments to differentiate with respect to.

    Returns
    -------
    callable
        Takes the arguments of ``f``. Returns the gradient: a tree of arrays, of the shapes and dtypes of the argument
        (integers count as float64); a tuple of such trees where ``argnums`` is a sequence.

    Raises
    ------
    ValueError
        Where the result of ``f`` is not of size 1, or complex.
    TypeError
        Where an argument is not numeric, or ``argnums`` names none.

    Examples
    --------
    >>> float(grad(grad(lambda x: x**3))(2.0))
    12.0
    """
    of_value = value_and_grad(f, argnums)

    @wraps(f)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        return of_value(*args, **kwargs)[1]

    return gradient


def value_and_grad(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """Return the function that computes ``f`` and its gradient at once, as the pair (value, gradient).

    Arguments, results and errors are those of `grad`.
    """
    check_callable(f, "value_and_grad")

    @wraps(f)
    def value_and_gradient(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        trace = Trace(f, args, kwargs, argnums)
        result = trace.result
        if type(result) is not Tensor:
            return result, trace.zeros()
        gradient, recorded = trace.pull(result, seed(result))
        return (result if recorded else result.value), gradient

    return value_and_gradient


class Trace:
    """One call of a function with fresh Tensors in the place of the arguments that are differentiated.

    Attributes
    ----------
    result : what the function returned
    leaves : list of Tensor
    since : int
        Tensors of a smaller serial are from outside the call.
    """

    def __init__(self, f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], argnums: Argnums) -> None:
        self.since = now()
        self.single = isinstance(argnums, int)
        positions = (argnums,) if isinstance(argnums, int) else tuple(argnums)
        wrapped = list(args)
        self.leaves: list[Tensor] = []
        self.rebuilds = []
        for position in positions:
            if not -len(args) <= position < len(args):
                raise TypeError(
                    f"argnums={argnums} names argument {position} of {f.__name__}(), which got {len(args)} "
                    "positional argument(s)"
                )
            leaves, rebuild = trees.flatten(args[position])
            made = [self._enter(leaf, f, position) for leaf in leaves]
            wrapped[position] = rebuild(made)
            self.rebuilds.append((len(made), rebuild))
            self.leaves += made
        with transforming():
            self.result = f(*wrapped, **kwargs)

    def _enter(self, x: Any, f: Callable[..., Any], position: int) -> Tensor:
        """Return the Tensor that stands for one array of an argument: no copy is made."""
        if type(x) is Tensor:
            return alias(x)  # type: ignore[no-any-return]
        try:
            return Tensor(x, copy=False)
        except TypeError as error:
            raise TypeError(f"argument {position} of {f.__name__}() cannot be differentiated: {error}") from None

    def pull(self, result: Tensor, cotangent: Any) -> tuple[Any, bool]:
        """Return the gradient of a result, in the trees of the arguments, and whether it was recorded."""
        wrt = set(self.leaves)
        found, recorded = sweep(result, cotangent, wrt, self.since) if result.serial > self.since else ({}, False)
        gradients = [own(found[leaf]) if leaf in found else _zero(leaf) for leaf in self.leaves]
        return self._arrange(gradients), recorded

    def zeros(self) -> Any:
        """Return the gradient of a result that depends on no argument."""
        return self._arrange([_zero(leaf) for leaf in self.leaves])

    def _arrange(self, gradients: list[Any]) -> Any:
        parts, start = [], 0
        for n, rebuild in self.rebuilds:
            parts.append(rebuild(gradients[start : start + n]))
            start += n
        return parts[0] if self.single else tuple(parts)


@contextmanager
def transforming() -> Iterator[None]:
    """Mark that a function is being traced: conversions to plain numbers are errors meanwhile."""
    tracing.depth += 1
    try:
        yield
    finally:
        tracing.depth -= 1


def check_callable(f: Any, transform: str) -> None:
    """Raise TypeError for anything that cannot be called."""
    if not callable(f):
        raise TypeError(
            f"ag.{transform} takes a function, got {type(f).__name__}; write ag.{transform}(f)(x), not (f(x))"
        )


def _zero(leaf: Tensor) -> Any:
    return np.zeros_like(leaf._value)[()]


def stop_gradient(x: Any) -> Any:
    """Return a tree with its Tensors replaced by their values: constants from here on, for every order."""
    return trees.map_tree(raw, x)
