"""One call of a function on fresh Tensors: what every transform starts from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import get_ident
from typing import Any

import numpy as np

from autograd_lite.core import trees
from autograd_lite.core.backward import as_cotangent, own, sweep
from autograd_lite.core.ducks import dtype_of, ducks
from autograd_lite.core.memory import pending, settle
from autograd_lite.core.op import alias
from autograd_lite.core.protection import SMALL, kept
from autograd_lite.core.shapes import Array, Cotangent, Value
from autograd_lite.core.tape import Run, assignments, ended, latest_leaf, now, observers, running
from autograd_lite.core.tensor import Tensor, leaf, raw
from autograd_lite.core.toposort import order
from autograd_lite.core.values import as_value, is_foreign, kind_of, with_remedy
from autograd_lite.core.versions import original

Argnums = int | Sequence[int]


_BY_POSITION = "; pass it by position: grad(f)(x), not grad(f)(x=x)"


class Call(Run):
    """One call of a function with fresh Tensors in the place of the arguments that are differentiated.

    Attributes
    ----------
    leaves : list of Tensor
        What stands for the arrays of the arguments.
    outputs : list
        The arrays that the function returned: Tensors, or values that depend on none.
    since : int
        Tensors of a smaller serial are from outside the call.
    aux : tree
        What the function returned beside its result, with ``has_aux``.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        argnums: Argnums,
        has_aux: bool = False,
        copies: bool = False,
    ) -> None:
        if copies:
            self.copies = copies
        self.thread = get_ident()
        self.leaves = []
        self.since = now()
        self.f = f
        self.single = isinstance(argnums, int)
        self._branches: list[tuple[int, trees.Rebuild]] | None = None  # None: each argument is one leaf
        wrapped = list(args)
        position = 0
        try:
            for position in (argnums,) if isinstance(argnums, int) else argnums:
                x = wrapped[position]
                if trees.kinds[type(x)] is not None:
                    wrapped[position] = self._enter_tree(x)
                else:
                    wrapped[position] = self._enter(x)
        except IndexError:
            raise TypeError(
                f"argnums={argnums} names argument {position} of {self.name}(), which got {len(args)} "
                f"positional argument(s){_BY_POSITION if kwargs else ''}"
            ) from None
        except TypeError as error:
            raise TypeError(f"argument {position} of {self.name}() cannot be differentiated: {error}") from None
        running.append(self)  # what `with self` does, at a third of the price
        try:
            result = f(*wrapped, **kwargs)
        except BaseException as error:
            self.__exit__(None, error, None)
            raise
        ended(self)
        if assignments and assignments[0] > self.since:
            self.leaves = list(map(original, self.leaves))
        if has_aux:
            result, self.aux = self._pair(result)
        self.outputs: list[Value] = [result]
        self.rebuild_result: trees.Rebuild = trees.only
        if type(result) is not Tensor:
            self.outputs, self.rebuild_result = trees.flatten(result)
            self._check_outputs()

    @property
    def name(self) -> str:
        """Name of the function."""
        return getattr(self.f, "__name__", "f")

    def _enter(self, x: Value) -> Tensor:
        """Return the Tensor that stands for an array: no copy is made; one from outside enters as a node of its own."""
        if type(x) is not Tensor:
            if isinstance(x, np.ndarray) or (type(x) is not float and ducks[type(x)]):
                x = x.copy("K") if x.nbytes <= SMALL and type(x) is np.ndarray and not observers else self._kept(x)
            made = leaf(x)
        elif x.serial < self.since:
            made = alias(x) if x.dtype.kind in "fc" else x.astype(np.float64)
        else:
            raise TypeError("argnums names it twice; name it once")
        self.leaves.append(made)
        if self._branches is not None:
            self._branches.append((1, trees.only))
        return made

    def _kept(self, x: Array) -> Array:
        """Return what the record is to hold for an argument."""
        return kept(as_value(x, False), f"an argument of {self.name}()", self)

    def _enter_tree(self, tree: trees.Tree) -> trees.Tree:
        """Return the tree of Tensors that stands for a tree of arrays."""
        branches = self._branches or [(1, trees.only)] * len(self.leaves)
        self._branches = None
        arrays, rebuild = trees.flatten(tree)
        entered = rebuild([self._enter(x) for x in arrays])
        self._branches = [*branches, (len(arrays), rebuild)]
        return entered

    def arrange(self, items: Sequence[Value]) -> trees.Tree:
        """Put one item for each leaf together in the trees of the arguments."""
        if self._branches is not None:
            parts, start = [], 0
            for n, rebuild in self._branches:
                parts.append(rebuild(items[start : start + n]))
                start += n
            items = parts
        return items[0] if self.single else tuple(items)

    def _pair(self, result: Any) -> tuple[Any, trees.Tree]:
        """Return the two parts of what a function with ``has_aux`` returned."""
        if not isinstance(result, tuple) or len(result) != 2:
            given = f"{len(result)} values" if isinstance(result, tuple) else f"a {type(result).__name__}"
            raise TypeError(f"has_aux=True: expected {self.name}() to return a pair (result, aux), got {given}")
        return result

    def _check_outputs(self) -> None:
        for y in self.outputs:
            if type(y) is not Tensor and kind_of(y) not in "fciub":
                given = "None; does it return its result?" if y is None else f"a {type(y).__name__}"
                given = with_remedy(y) if is_foreign(y) else given
                raise TypeError(f"expected {self.name}() to return numbers or arrays of them, got {given}")
        if self.outputs and all(type(y) is not int and kind_of(raw(y)) in "biu" for y in self.outputs):
            dtype = dtype_of(raw(self.outputs[0]))
            raise TypeError(
                f"expected {self.name}() to return real or complex numbers, got a result of dtype {dtype}, whose "
                "gradient is 0 everywhere; return what is to be differentiated (np.max rather than np.argmax), and "
                "1.0 * result where a constant is meant"
            )

    def scalar(self) -> Value:
        """Return the one output, a Tensor or a number, of a function whose gradient is asked for."""
        if len(self.outputs) != 1:
            raise TypeError(
                f"expected {self.name}() to return one number, got {len(self.outputs)} values; return the loss alone, "
                "pass has_aux=True for a pair of it and what is not differentiated, or use ag.vjp or ag.jacobian for "
                "several results"
            )
        return self.outputs[0]

    def is_outside(self, y: Value) -> bool:
        """Whether the function returned a Tensor that it has not made: one that it closes over."""
        return type(y) is Tensor and y.serial < self.since

    def pull(self, cotangents: dict[Tensor, Cotangent]) -> tuple[list[Cotangent], bool]:
        """Return the cotangents of the leaves, and whether the sweep was recorded."""
        if pending:
            settle()
        if not cotangents:
            return [zero(x) for x in self.leaves], False
        inside = bool(self.leaves) and self.leaves[-1].serial == latest_leaf[0]
        found, recorded = sweep(cotangents, set(self.leaves), self.since, closed=True, inside=inside)
        if self.guard is not None:
            self.guard.check()
        return [own(found.pop(x)) if x in found else zero(x) for x in self.leaves], recorded

    def seeds(self, cotangent: trees.Tree) -> dict[Tensor, Cotangent]:
        """Sort the cotangent of the value by output; outputs that depend on no argument take none."""
        given = trees.flatten_like(self.rebuild_result(self.outputs), cotangent)
        if given is None:
            raise ValueError(
                f"expected a cotangent of the structure of the value of {self.name}(), "
                f"{trees.describe(self.rebuild_result(self.outputs))}, got {trees.describe(cotangent)}"
            )
        return self.seed_outputs([as_cotangent(g, y) for g, y in zip(given, self.outputs, strict=True)])

    def seed_outputs(self, cotangents: list[Cotangent]) -> dict[Tensor, Cotangent]:
        """Return the cotangents of the outputs made in this call; one that is returned twice has their sum."""
        seeds: dict[Tensor, Cotangent] = {}
        for i, y in enumerate(self.outputs):
            if type(y) is Tensor and y.serial > self.since:
                seeds[y] = seeds[y] + cotangents[i] if y in seeds else cotangents[i]
        return seeds

    def tangents(self, tangents: trees.Tree) -> list[Value]:
        """Return the tangents of the leaves, in order, from the trees that `arrange` gives."""
        given = trees.flatten_like(self.arrange(self.leaves), tangents)
        if given is None:
            raise ValueError(
                f"expected tangents of the structure of the primals, {trees.describe(self.arrange(self.leaves))}, "
                f"got {trees.describe(tangents)}"
            )
        return [as_cotangent(t, x, "tangent") for t, x in zip(given, self.leaves, strict=True)]

    def value(self) -> trees.Tree:
        """Return what the function returned, as arrays unless it depends on a Tensor from outside."""
        return self.rebuild_result(self._without_record(self.outputs))

    def aux_value(self) -> trees.Tree:
        """Return what the function returned beside its result, without its record as `value` is."""
        leaves, rebuild = trees.flatten(self.aux)
        return rebuild(self._without_record(leaves))

    def _without_record(self, values: list[Value]) -> list[Value]:
        made = [y for y in values if type(y) is Tensor]
        outside = bool(made) and order(made, since=self.since)[-1]
        return values if outside else [as_array(y) for y in values]


class Linear:
    """The backward pass of a call, recorded as the linear function of the cotangents that it is."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.cotangents = [Tensor(np.ones_like(raw(y)), copy=False) for y in call.outputs]
        seeds = call.seed_outputs(list(self.cotangents))
        with Run(self.cotangents):
            self.found = sweep(seeds, set(call.leaves), call.since)[0] if seeds else {}

    def push(self, tangents: list[Value]) -> trees.Tree:
        """Return the tangent of the value for tangents of the leaves."""
        seeds: dict[Tensor, Cotangent] = {}
        for x, t in zip(self.call.leaves, tangents, strict=True):
            g = self.found.get(x)
            if type(g) is Tensor:
                seeds[g] = seeds[g] + t if g in seeds else t
        found = sweep(seeds, set(self.cotangents), self.call.since)[0] if seeds else {}
        parts = [own(found.pop(u)) if u in found else zero(u) for u in self.cotangents]
        return self.call.rebuild_result(parts)


def zero(x: Tensor) -> Cotangent:
    """Return the cotangent of a Tensor that nothing depends on."""
    return np.zeros_like(x._value)[()]


def as_array(y: Value) -> Value:
    """Return an output without its record, as an array that the user may change."""
    return own(y._read()) if type(y) is Tensor else y
