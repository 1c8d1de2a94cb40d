"""The parameters of a traced function, and where the inputs of its program stand in its arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.core.trees import Tree
from autograd_lite.program.expressions import Node


@dataclass(frozen=True)
class Argument:
    """One parameter of the traced function, and what it was called with.

    Attributes
    ----------
    parameter : inspect.Parameter
    tree : tree
        The argument, with a Node in the place of each input or constant of the program. The program holds for the other
        leaves as they are here: what the function made of them is no part of it.
    given : bool
        False where the parameter was left at its default.
    """

    parameter: inspect.Parameter
    tree: Tree
    given: bool = True


def arguments_of(f: Callable[..., Any], args: list[Tree], constants: Iterable[Node]) -> list[Argument]:
    """Return the parameters of a function with what they were called with."""
    try:
        signature = inspect.signature(f)
        given = signature.bind(*args).arguments
    except (TypeError, ValueError):  # a function that is written in C
        return [positional(f"x_{i}", tree) for i, tree in enumerate(args)]
    left = {n.name: n for n in constants if isinstance(n.value, (float, np.ndarray))}
    found = []
    for name, parameter in signature.parameters.items():
        node, default = left.get(name), parameter.default
        if node is not None and (node.value is default or (isinstance(default, float) and node.value == default)):
            default = node
        if name in given or default is not parameter.empty:
            found.append(Argument(parameter, given.get(name, default), name in given))
    return found


def positional(name: str, tree: Tree) -> Argument:
    """Return an argument that is given by its place."""
    return Argument(inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD), tree)
