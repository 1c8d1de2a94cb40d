"""The names of a program's values, each for one thing: all of them are chosen here.

An input is called as its parameter, or as its key in a tree of arguments; a value as the user's variable that holds it;
a derivative ``d<of>_d<by>``; what has no name of its own after the op that makes it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from itertools import count
from typing import Any

import numpy as np

from autograd_lite.core.shapes import Value
from autograd_lite.core.tensor import Tensor
from autograd_lite.core.trees import paths
from autograd_lite.program.expressions import Expressions, Node, is_output
from autograd_lite.program.frames import Place
from autograd_lite.program.identifiers import identifier, unique_names
from autograd_lite.program.variables import Names

_SHORT = 16  # letters of a name that is made part of another


class Namespace:
    """The names that are taken in a program, and what its values are to be called.

    Parameters
    ----------
    names : Names
        What the user's variables call the Tensors of the record.
    expressions : Expressions
        Which node stands for which of them.
    arrays : dict from id to name, of constant arguments

    Attributes
    ----------
    taken : set of str
    wanted : dict from Node to str
        What forward steps are to be called, before it is seen that several want the same name.
    """

    def __init__(self, names: Names, expressions: Expressions, arrays: dict[int, str]) -> None:
        self.names = names
        self.taken: set[str] = set()
        self.wanted: dict[Node, str] = {}
        self._expressions = expressions
        self._arrays = {**{key: name for key, (name, _) in names.arrays.items()}, **arrays}
        self._numbers = names.numbers()
        self._derivatives: dict[str, tuple[str, list[str]]] = {}

    def claim(self, name: str) -> str:
        """Take a name, numbered where it is taken already."""
        name = unique = identifier(name)
        numbers = count(1)
        while unique in self.taken:
            unique = f"{name}_{next(numbers)}"
        self.taken.add(unique)
        return unique

    def claim_all(self, wanted: Iterable[tuple[Node, str]], beside: Iterable[str] = ()) -> dict[Node, str]:
        """Take a name for each node; where several want the same one, all of them are numbered."""
        named: dict[Node, str] = unique_names(wanted, self.taken.union(beside))
        self.taken.update(named.values())
        return named

    def constant(self, tensor: Tensor, position: int, value: Value) -> str | None:
        """Return what the user calls a constant input of a Tensor, or an array in its parameters (position -1)."""
        name = self.names.constants.get((tensor, position))
        if not isinstance(value, np.ndarray):
            return identifier(name) if name in self._numbers and name is not None else None
        name = name or self._arrays.get(id(value))
        if name is None:
            return None
        self._arrays[id(value)] = name  # the rules that meet the same array call it the same
        return identifier(name)

    def result(self, title: str, tensor: Tensor) -> str:
        """Return what a program is called: as given, or as the derivative that it computes."""
        if tensor not in self.names.derivatives:
            return title
        of, by = self.names.derivatives[tensor]
        return self.derivative(self._called(of) or self.result(title, of), self._called(by) or "x")

    def of_user(self, node: Node) -> str | None:
        """Return the name of the user's variable that holds a node, or that of the derivative that it is."""
        tensors = self._expressions.tensors[node]
        best = min((best for t in tensors if (best := self.names.best(t))), default=None)
        if best:
            return best[2]
        for root, x in (self.names.derivatives[t] for t in tensors if t in self.names.derivatives):
            of, by = self._called(root), self._called(x)
            if of and by:
                return self.derivative(of, by)
        return None

    def place(self, node: Node) -> Place | None:
        """Return where the user's code recorded a node."""
        places = self.names.places
        return next((places[t] for t in self._expressions.tensors[node] if t in places), None)

    def _called(self, tensor: Tensor) -> str | None:
        node = self._expressions.nodes.get(tensor)
        return (node.name if node else None) or self.names.name_of(tensor)

    def derivative(self, of: str, by: str) -> str:
        """Name the derivative of one value by another: ``derror_dbias``, and of a derivative ``d2error_dbias2``."""
        base, variables = self._derivatives.get(of, (of, []))
        variables = [*variables, by]
        powers = {v: variables.count(v) for v in variables}
        below = "_".join(f"d{v}{n}" if n > 1 else f"d{v}" for v, n in powers.items())
        name = f"d{len(variables)}{base}_{below}" if len(variables) > 1 else f"d{base}_{below}"
        self._derivatives[name] = base, variables
        return name

    def claim_wanted(self, nodes: Iterable[Node], beside: Iterable[str] = ()) -> None:
        """Give nodes the names that are wanted for them."""
        for node, name in self.claim_all(((node, self.wanted[node]) for node in nodes), beside).items():
            node.name = name
            if self.wanted[node] in self._derivatives:
                self._derivatives[name] = self._derivatives[self.wanted[node]]


def describe(node: Node, wanted: Mapping[Node, str] | None = None) -> str:
    """Return a name for a node that no variable holds: ``exp_shifted``, ``mask``, ``sum``."""
    op = node.op.name if node.op else "constant"
    if is_output(node):
        whole, index = node.args[0], node.params["index"]
        fields = getattr(whole.value, "_fields", ())
        return fields[index] if fields else f"{whole.op.name if whole.op else 'output'}_{index + 1}"
    if node.dtype is not None and node.dtype.kind == "b":
        return "mask"
    named = [name for arg in node.args if (name := (wanted or {}).get(arg) or arg.name) and not arg.constant]
    short = len(node.args) == 1 and named and len(named[0]) <= _SHORT
    return f"{op}_{named[0]}" if short else op


# Inputs


def leaf_names(roots: Iterable[str], trees: Iterable[Any]) -> list[str]:
    """Return a name for each leaf of trees that have names: the tree's own, or the leaf's key in it."""
    return [name for name, _ in _leaf_paths(roots, trees)]


def leaf_paths(f: Callable[..., Any], args: tuple[Any, ...], positions: Iterable[int]) -> list[tuple[str, bool]]:
    """Name the leaves of the arguments at ``positions``; say of each if it is made of a place, as ``params_0_1`` is."""
    try:
        parameters = list(inspect.signature(f).bind(*args).arguments.items())
    except (TypeError, ValueError):
        parameters = []
    named: dict[int, str] = {}
    i = 0
    for name, value in parameters:
        variadic = isinstance(value, tuple) and i < len(args) and value is not args[i]
        for k in range(len(value)) if variadic else (None,):
            named[i] = name if k is None else f"{name}_{k}"
            i += 1
    chosen = list(positions)
    return _leaf_paths([named.get(i % len(args), f"x_{i}") for i in chosen], [args[i] for i in chosen])


def _leaf_paths(roots: Iterable[str], trees: Iterable[Any]) -> list[tuple[str, bool]]:
    found = [(root, path) for root, tree in zip(roots, trees, strict=True) for path in paths(tree)]
    short = [str(path[-1]) if path and isinstance(path[-1], str) else "" for _, path in found]
    short = [name if not path else key for (name, path), key in zip(found, short, strict=True)]
    unique = [bool(key) and short.count(key) == 1 for key in short]
    long = ["_".join([name, *map(str, path)]) for name, path in found]
    wanted = [key if alone else name for key, name, alone in zip(short, long, unique, strict=True)]
    names = unique_names(enumerate(wanted), ())
    return [(names[i], not alone) for i, alone in enumerate(unique)]


def better_names(paths: list[tuple[str, bool]], leaves: Mapping[str, Tensor], names: Names) -> dict[str, str]:
    """Return what variables call the leaves whose names are made up: ``W1`` for ``params_0_0``."""
    best = {name: names.variable(leaves[name]) for name, made_up in paths if made_up and name in leaves}
    wanted = [(name, found) for name, found in best.items() if found]
    return unique_names(wanted, leaves.keys() - {name for name, _ in wanted})


def named_leaves(leaves: Iterable[Tensor], names: Names) -> dict[str, Tensor]:
    """Return leaves that are no arguments by name: their own, or that of a variable that holds them."""
    wanted = [(t, t.name or names.name_of(t) or "x") for t in leaves]
    return {name: t for t, name in unique_names(wanted, ()).items()}
