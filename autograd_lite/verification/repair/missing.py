"""What is missing: the term, or the factor, with which a part of a statement holds what it has to, found by value.

A stand-in takes the place of an expression while the hand runs: it notes what the variables hold, and gives what
belongs there, turn by turn. What each part of the expression has to hold then follows from the others, operation by
operation, and what that lacks is looked up among the values in scope, at all turns: few expressions fit by chance.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.verification.repair.names import is_number
from autograd_lite.verification.repair.scope import Scope, Wanted
from autograd_lite.verification.repair.source import STAND_IN
from autograd_lite.verification.repair.syntax import binary, call, name, parsed, replaced, text
from autograd_lite.verification.repair.values import agrees, expressions
from autograd_lite.verification.repair.visits import copied

EACH = 3
"""So many expressions are written for what is missing."""
OPERANDS = 3
"""What has more names and numbers is not what was left out, but fits by chance."""
SHORT = 3
"""The elements of vectors that are no longer stand for themselves."""
VALUES = 10
"""So many values are looked up at most."""
TURNS = 8
"""So many turns are looked at, the last ones."""


class StandIn:
    """What stands for an expression: it notes what the variables hold, and gives other values turn by turn.

    Parameters
    ----------
    values : sequence
        After these, the expression's own.
    """

    def __init__(self, values: Sequence[Any]) -> None:
        self.values, self.turn = values, 0
        self.noted: Turns = []

    def __call__(self, variables: Mapping[str, Any], own: Any) -> Any:
        """Return the next value."""
        self.turn += 1
        if self.turn > len(self.values):
            return own
        value = np.array(self.values[self.turn - 1])[()]
        if self.turn > len(self.values) - TURNS:
            self.noted.append(({key: copied(x) for key, x in variables.items()}, value))
        return value

    @property
    def turns(self) -> Turns:
        """The variables, and what was given, at those turns that had all variables."""
        names = set(self.noted[-1][0]) if self.noted else set()
        return [turn for turn in self.noted if names <= turn[0].keys()]


Turns = list[tuple[Mapping[str, Any], Any]]
"""The variables at each turn, and what an expression is to be there."""


def together(turns: Turns) -> tuple[Mapping[str, Any], Any]:
    """Return all turns as one: what varies has them along a first axis; what has another shape is left out."""
    goals, held = np.stack([goal for _, goal in turns]), dict[str, Any]()
    each = [_with_elements(variables) for variables, _ in turns]
    for key in (key for key in each[-1] if all(key in variables for variables in each)):
        values = [variables[key] for variables in each]
        if not is_number(values[-1]):
            held[key] = values[-1]
        elif all(np.array_equal(values[-1], x) for x in values):
            if np.ndim(values[-1]) < goals.ndim:  # else its elements would be taken for turns
                held[key] = values[-1]
        elif {np.shape(x) for x in values} == {goals.shape[1:]}:
            held[key] = np.stack(values)
        elif {np.shape(x) for x in values} == {()}:
            held[key] = np.reshape(values, (len(values), *(1 for _ in goals.shape[1:])))
    return held, goals


def standing_in(tree: ast.expr) -> ast.expr:
    """Return the call of a stand-in that goes in the place of an expression."""
    return call(ast.Constant(STAND_IN), call(name("locals")), tree)


class Part(NamedTuple):
    """A part of an expression, what it holds, and what it has to hold for the whole to be right."""

    tree: ast.expr
    own: list[Any]
    goals: list[Any]


_INVERSES: dict[type[ast.operator], tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]] = {
    ast.Add: (np.subtract, np.subtract),
    ast.Sub: (np.add, lambda goal, left: left - goal),
    ast.Mult: (np.divide, np.divide),
    ast.Div: (np.multiply, lambda goal, left: np.divide(left, goal)),
}
"""What the left operand has to be, by the goal and the right one; and the right one, by the goal and the left one."""


def parts(tree: ast.expr, goals: list[Any], scope: Scope) -> Iterator[Part]:
    """Yield an expression and its operands, each with what it has to hold."""
    own = scope.evaluate(tree)
    if isinstance(tree, ast.Constant) or not all(map(is_number, own)):
        return
    yield Part(tree, own, goals)
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
        yield from parts(tree.operand, [-goal for goal in goals], scope)
    if isinstance(tree, ast.BinOp) and type(tree.op) in _INVERSES:
        for this, other, inverse in zip(
            (tree.left, tree.right), (tree.right, tree.left), _INVERSES[type(tree.op)], strict=True
        ):
            with np.errstate(all="ignore"):
                found = [inverse(g, x) for g, x in zip(goals, scope.evaluate(other), strict=True)]
            yield from parts(this, found, scope)


def completed(
    tree: ast.expr, turns: Turns, scope: Scope, words: str, numbers: Mapping[str, float]
) -> Iterator[tuple[ast.expr, str]]:
    """Yield an expression with another operand, a further term or a further factor, so that it has a wanted value.

    Parameters
    ----------
    tree : ast.expr
    turns : list of (variables, array)
        What it is to be.
    scope : Scope
        What can be named beside these variables.
    words : str
        What that is.
    numbers : mapping from expression to float
        What may be a factor, too.
    """
    scope = replace(scope, locals=[_with_elements(variables) for variables, _ in turns])
    goals = [goal for _, goal in turns]
    for part, wanted, op in islice(_lacking(tree, goals, scope, words), VALUES):
        factors = numbers if op is ast.Mult else {}
        found = [
            parsed(key) for key, x in factors.items() if all(agrees(x, np.asarray(v), True) for v in wanted.values)
        ]
        found += [p.tree for p in islice(expressions(scope, wanted, most=EACH, broadcast=True), EACH)]
        for new in found:
            if _operands(new) <= OPERANDS:
                yield _put(tree, part, joined(part, op, new) if op else new), _words(op, new, part)


def _operands(tree: ast.AST) -> int:
    """Return how many names and numbers an expression has; an attribute or an element of one is as good as a name."""
    if isinstance(tree, (ast.Name, ast.Constant, ast.Attribute, ast.Subscript)):
        return 1
    inner = [*tree.args, *tree.keywords] if isinstance(tree, ast.Call) else ast.iter_child_nodes(tree)
    return sum(map(_operands, inner))


def _with_elements(variables: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the elements of short vectors beside the variables: ``a[0]``."""
    vectors = {key: x for key, x in variables.items() if isinstance(x, np.ndarray) and x.ndim == 1 and len(x) <= SHORT}
    return {**variables, **{f"{key}[{i}]": x[i] for key, x in vectors.items() for i in range(len(x))}}


def _put(tree: ast.expr, old: ast.expr, new: ast.expr) -> Any:
    return replaced(tree, lambda n: new if n is old else None)


def _lacking(
    tree: ast.expr, goals: list[Any], scope: Scope, words: str
) -> Iterator[tuple[ast.expr, Wanted, type[ast.operator] | None]]:
    """Yield what a part lacks as a term and as a factor, and what would be another operand."""
    seen = set()
    for part in parts(tree, goals, scope):
        with np.errstate(all="ignore"):
            terms = [g - x for g, x in zip(part.goals, part.own, strict=True)]
            factors = [np.divide(g, x) for g, x in zip(part.goals, part.own, strict=True)]
        for values, op in ((terms, ast.Add), (factors, ast.Mult), (part.goals, None)):
            key = b"".join(np.round(np.asarray(value), 9).tobytes() for value in values)
            usable = not any(np.isinf(value).any() or np.isnan(value).all() for value in values)
            if usable and key not in seen and any(np.any(value) for value in values) and (op or part.tree is not tree):
                seen.add(key)
                yield part.tree, Wanted(values, words), op


def joined(tree: ast.expr, op: type[ast.operator], other: ast.expr) -> ast.expr:
    """Return a sum or a product; a difference for a term with a sign."""
    positive = unsigned(other) if op is ast.Add else None
    return binary(tree, ast.Sub, positive) if positive else binary(tree, op, other)


def unsigned(tree: ast.expr) -> ast.expr | None:
    """Return an expression without the sign that it begins with; None where it has none."""
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
        return tree.operand
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, (ast.Mult, ast.Div, ast.MatMult)):
        left = unsigned(tree.left)
        return left and ast.BinOp(left, tree.op, tree.right)
    return None


def _words(op: type[ast.operator] | None, found: ast.expr, part: ast.expr) -> str:
    if op is None:
        return f"{text(part)}, where {text(found)} belongs"
    return f"missing {'term' if op is ast.Add else 'factor'} {text(found)}"
