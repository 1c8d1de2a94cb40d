"""What can be named where a statement of a hand gradient begins to run, and what is wanted of it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.core.tensor import Tensor

FAILED = object()
"""The value of an expression that raises."""


@dataclass(frozen=True, eq=False)
class Scope:
    """The names that a statement may use.

    Attributes
    ----------
    locals : sequence of mapping from name to value
        What the function's variables hold as the statement begins to run for the first time: a mapping for each of
        several points, with the same names. Arrays in them are copies.
    fixed : mapping from name to value
        The globals and the variables of enclosing functions that the function uses: modules such as ``np``, constants.
    functions : mapping from name to callable
        The user's functions that the hand or the function calls, by the name that calls them here: only these may be
        called by an expression that is made up.
    """

    locals: Sequence[Mapping[str, Any]]
    fixed: Mapping[str, Any]
    functions: Mapping[str, Callable[..., Any]]

    def evaluate(self, tree: ast.expr) -> list[Any]:
        """Return the value of an expression at each point; ``FAILED`` where it raises."""
        return self._evaluate(tree, self.locals)

    def first(self, tree: ast.expr) -> Any:
        """Return its value at the first point."""
        return self._evaluate(tree, self.locals[:1])[0]

    def _evaluate(self, tree: ast.expr, among: Sequence[Mapping[str, Any]]) -> list[Any]:
        try:
            code = compile(ast.fix_missing_locations(ast.Expression(tree)), "<repair>", "eval")
        except (ValueError, SyntaxError, TypeError):  # what is stored to has no value
            return [FAILED] * len(among)
        values = []
        with np.errstate(all="ignore"):
            for variables in among:
                try:
                    values.append(eval(code, {**self.fixed, **self.functions, **variables}))
                except Exception:
                    values.append(FAILED)
        return values


@dataclass(frozen=True, eq=False)
class Wanted:
    """A value that an expression should have.

    Attributes
    ----------
    values : sequence of array
        At each of the points of a `Scope`.
    text : str
        What it is: "the derivative of the result with respect to z1".
    tensor : Tensor or None
        That of the record at the first point which has this value, or this cotangent.
    cotangent : bool
        Whether it is the cotangent of ``tensor``, and not its value.
    """

    values: Sequence[Any]
    text: str
    tensor: Tensor | None = None
    cotangent: bool = False

    def times(self, factor: float) -> Wanted:
        """Return a multiple of it."""
        return Wanted([factor * np.asarray(x) for x in self.values], f"{factor:.4g} times {self.text}", self.tensor)


@dataclass(frozen=True, eq=False)
class Proposal:
    """An expression in the words of the hand gradient, to be put where another one stands.

    Attributes
    ----------
    tree : ast.expr
    words : str
        Why it belongs there, as a teacher would say it in a few words: "the derivative of tanh at its output".
    weight : float
        How unlikely it is that it is meant, in tokens: 0 for what everybody writes.
    """

    tree: ast.expr
    words: str = ""
    weight: float = 0
