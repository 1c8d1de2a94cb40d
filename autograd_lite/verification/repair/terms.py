"""Expressions that are made up: forms with operands, in the names by which the user's module knows NumPy."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property
from operator import attrgetter
from typing import Any

import numpy as np

from autograd_lite.verification.repair.idioms import ITSELF, PRODUCT, Form
from autograd_lite.verification.repair.scope import Scope


@dataclass(frozen=True, eq=False)
class Term:
    """A form and its operands; without operands, a name."""

    form: Form
    parts: tuple[Term, ...] = ()

    @classmethod
    def name(cls, text: str, cost: float) -> Term:
        """Return a name of a given cost."""
        return cls(Form(text, weight=cost - Form(text).tokens))

    @cached_property
    def cost(self) -> float:
        """Its length in tokens, with the weights of the forms in it."""
        holes = zip(("{a}", "{b}"), self.parts, strict=False)
        return self.form.tokens + sum(self.form.text.count(hole) * part.cost for hole, part in holes)

    @cached_property
    def weight(self) -> float:
        """The weights of the forms in it."""
        return sum(part.weight for part in self.parts) + self.form.weight if self.parts else 0

    @cached_property
    def text(self) -> str:
        """Its source, each operand in parentheses."""
        return self.form.text.format(**self.holes("({})")) if self.parts else self.form.text

    @cached_property
    def source(self) -> str:
        """Its source, as a person writes it."""
        return ast.unparse(self.tree)

    @property
    def tree(self) -> ast.expr:
        """Its syntax tree, simplified."""
        return tidy(ast.parse(self.text, mode="eval").body)

    @cached_property
    def names(self) -> frozenset[str]:
        """The names in it."""
        return frozenset().union(*(part.names for part in self.parts)) if self.parts else frozenset([self.text])

    @property
    def words(self) -> str:
        """What it is, in a few words; empty where nothing is known of it."""
        if self.form.words and self.parts:
            return self.form.words.format(**{hole: part.source for hole, part in zip("ab", self.parts, strict=False)})
        known = [part for part in self.parts if part.words]
        others = [part for part in self.parts if not part.words]
        if self.form is PRODUCT and known and others and not others[0].parts:
            (other,) = others
            return f"{known[0].words} times {other.source}"
        return ", ".join(dict.fromkeys(part.words for part in known))

    def holes(self, pattern: str) -> dict[str, str]:
        """Return the source of each operand."""
        return {hole: pattern.format(part.text) for hole, part in zip("ab", self.parts, strict=False)}


def wrapped(form: Form, more: tuple[Term, ...], term: Term) -> Iterator[Term]:
    """Yield a term with the factor that a form writes; a number in it is no factor as well."""
    if form == ITSELF:
        yield term
    elif not {term, *term.parts} & {*more}:
        yield Term(form, (term, *more))


@dataclass(eq=False)
class Vocabulary:
    """What an expression may call: the user's functions, and NumPy's by the names that they have here."""

    scope: Scope

    def __post_init__(self) -> None:
        fixed = {name: value for name, value in self.scope.fixed.items() if name not in self.scope.locals[0]}
        self.module = next((name for name, value in fixed.items() if value is np), None)
        self.direct = {id(value): name for name, value in fixed.items() if callable(value)}
        self.functions = [form for item in self.scope.functions.items() for form in calls(*item)]
        self.named = cache(self._named)

    def _named(self, form: Form) -> Form | None:
        """Return a form in the user's names; None where NumPy's function has none and is no method."""
        try:
            text = re.sub(r"\bnp\.([\w.]+)", lambda found: self._name(found[1]), form.text)
        except LookupError:
            text = re.sub(r"\bnp\.(sum|mean|max|std)\(({\w})(?:, )?", r"\2.\1(", form.text)
        return replace(form, text=text) if "np." not in text or self.module == "np" else None

    def _name(self, function: str) -> str:
        return f"{self.module}.{function}" if self.module else self.direct[id(attrgetter(function)(np))]

    def known(self, table: Iterable[Form]) -> Iterator[tuple[Form, Form]]:
        """Yield the forms that can be written in the user's names, and as they are written so."""
        return ((form, named) for form in table if (named := self.named(form)) is not None)

    def compute(self, form: Form, *values: Any) -> Any:
        """Return the value of a form of some values, which it may not change; None where it has none."""
        held = {hole: protected(value) for hole, value in zip("ab", values, strict=False)}
        try:
            return eval(compiled(form.text), {"np": np, **self.scope.functions}, held)
        except Exception:
            return None


@cache
def compiled(text: str) -> Any:
    """Return the code of a form."""
    return compile(text.format(a="a", b="b"), "<repair>", "eval")


def protected(value: Any) -> Any:
    """Return a view of an array that cannot be written to."""
    if isinstance(value, np.ndarray):
        value = value.view()
        value.flags.writeable = False
    return value


def calls(name: str, function: Callable[..., Any]) -> list[Form]:
    """Return how a function of one argument is called: with it alone, and with each flag such as ``deriv=True``."""
    try:
        first, *others = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    if first.kind > 1 or any(p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in others):
        return []
    flags = [p.name for p in others if p.default is False]
    return [Form(f"{name}({{a}})"), *(Form(f"{name}({{a}}, {flag}=True)") for flag in flags)]


class Tidy(ast.NodeTransformer):
    """Writes `a * (b * c)` as `a * b * c`, `-(a * b)` as `-a * b`, `-(a - b)` as `b - a`, `a * (1 / b)` as `a / b`."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        """Return a binary operation, its operands first."""
        node = ast.BinOp(self.visit(node.left), node.op, self.visit(node.right))
        left, op, right = node.left, node.op, node.right
        for outer, inner in ((ast.Mult, (ast.Mult, ast.Div)), (ast.Add, (ast.Add, ast.Sub))):
            if isinstance(op, outer) and isinstance(right, ast.BinOp) and isinstance(right.op, inner):
                return self.visit_BinOp(ast.BinOp(ast.BinOp(left, op, right.left), right.op, right.right))
        if isinstance(op, ast.Mult) and isinstance(left, ast.Name) and ast.dump(left) == ast.dump(right):
            return ast.BinOp(left, ast.Pow(), ast.Constant(2))
        if isinstance(op, ast.Mult) and any(isinstance(x, ast.Constant) and x.value == 1 for x in (left, right)):
            return left if isinstance(right, ast.Constant) and right.value == 1 else right
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        """Return an operation on one operand, that first."""
        operand = self.visit(node.operand)
        if isinstance(node.op, ast.USub) and isinstance(operand, ast.BinOp):
            if isinstance(operand.op, (ast.Mult, ast.Div, ast.MatMult)):
                return ast.BinOp(self.visit(ast.UnaryOp(node.op, operand.left)), operand.op, operand.right)
            if isinstance(operand.op, ast.Sub):
                return ast.BinOp(operand.right, operand.op, operand.left)
        if isinstance(node.op, ast.USub) and isinstance(operand, ast.UnaryOp) and isinstance(operand.op, ast.USub):
            return operand.operand
        return ast.UnaryOp(node.op, operand)


def tidy(tree: ast.expr) -> ast.expr:
    """Return a simpler tree of the same value."""
    simple = Tidy().visit(tree)
    assert isinstance(simple, ast.expr)
    return simple
