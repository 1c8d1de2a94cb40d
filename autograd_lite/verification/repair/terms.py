"""Expressions that are made up: forms with operands, in the names by which the user's module knows NumPy."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, cached_property
from operator import attrgetter
from typing import Any

import numpy as np

from autograd_lite.numerical import quiet
from autograd_lite.verification.repair.idioms import ITSELF, PRODUCT, Form
from autograd_lite.verification.repair.scope import Scope
from autograd_lite.verification.repair.spelling import tidy
from autograd_lite.verification.repair.syntax import parsed, text


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
        return filled(self.form.text, [f"({part.text})" for part in self.parts]) if self.parts else self.form.text

    @cached_property
    def tree(self) -> ast.expr:
        """Its syntax tree, simplified."""
        return tidy(parsed(self.text))

    @cached_property
    def names(self) -> frozenset[str]:
        """The names in it."""
        return frozenset().union(*(part.names for part in self.parts)) if self.parts else frozenset([self.text])

    @property
    def words(self) -> str:
        """What it is, in a few words; empty where nothing is known of it."""
        if self.form.words and self.parts:
            return filled(self.form.words, [text(part.tree) for part in self.parts])
        known = [part for part in self.parts if part.words]
        others = [part for part in self.parts if not part.words]
        if self.form is PRODUCT and known and others and not others[0].parts:
            (other,) = others
            return f"{known[0].words} times {text(other.tree)}"
        return ", ".join(dict.fromkeys(part.words for part in known))


def filled(pattern: str, parts: Sequence[str]) -> str:
    """Return a pattern with parts in the place of its holes."""
    return pattern.format(**dict(zip("ab", parts, strict=False)))


def wrapped(form: Form, more: tuple[Term, ...], term: Term) -> Iterator[Term]:
    """Yield a term with the factor that a form writes; a number in it is no factor as well."""
    if form == ITSELF:
        yield term
    elif not {term, *term.parts} & {*more}:
        yield Term(form, (term, *more))


class Vocabulary:
    """What an expression may call: the user's functions, and NumPy's by the names that they have here."""

    def __init__(self, scope: Scope) -> None:
        fixed = {name: value for name, value in scope.fixed.items() if name not in scope.locals[0]}
        self.module = next((name for name, value in fixed.items() if value is np), None)
        self.direct = {id(value): name for name, value in fixed.items() if callable(value)}
        self.names = {**fixed, **scope.functions}
        self.functions = [form for item in scope.functions.items() for form in calls(*item)]
        self.named = cache(self._named)

    def _named(self, form: Form) -> Form | None:
        """Return a form in the user's names; None where NumPy's function has none and is no method."""
        try:
            text = re.sub(r"\bnp\.([\w.]+)", lambda found: self._name(found[1]), form.text)
        except LookupError:
            text = re.sub(r"\bnp\.(sum|mean|max|std)\(({\w})(?:, )?", r"\2.\1(", form.text)
        if "np." in text and self.module != "np":
            return None
        return form if text == form.text else replace(form, text=text)

    def _name(self, function: str) -> str:
        return f"{self.module}.{function}" if self.module else self.direct[id(attrgetter(function)(np))]

    def known(self, table: Iterable[Form]) -> list[Form]:
        """Return the forms that can be written in the user's names, as they are written so."""
        return [named for form in table if (named := self.named(form)) is not None]

    def compute(self, form: Form, *values: Any) -> Any:
        """Return the value of a form in the user's names, of values that it may not change; None where it has none."""
        held = dict(zip("ab", map(protected, values), strict=False))
        with quiet(), suppress(Exception):
            return eval(compiled(form.text), self.names, held)
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
