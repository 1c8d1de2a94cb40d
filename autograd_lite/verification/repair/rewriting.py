"""Rewriting by patterns that read as the source that they match: ``a * b -> a / b``.

Each line of a table is a pattern, what may stand in its place, and after ``#`` the words for it. A single letter stands
for an expression, and for the same one on both sides; `Sorts` says which ones a letter takes. A letter that the pattern
lacks goes through all that may stand for it. ``np`` is NumPy, whatever its name is here. A function ``sum(a, axis=b)``
is `np.sum`, a method or a bare name, and what takes its place is written in the same style, as is ``a @ b`` for
``np.dot(a, b)``; ``*r`` are the other arguments, ``**q`` the other keywords. In words, ``{a}`` is an expression, and
``{}`` the one that is put in the place.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any, Protocol

from autograd_lite.verification.repair.syntax import (
    attribute,
    called,
    name,
    number,
    number_of,
    parsed,
    text,
    transposed,
)

PAIR = {"l": "i"}
"""Letters that go through the same: two of these are taken in one order alone."""
Held = dict[str, Any]
"""What the letters stand for: expressions, or lists of arguments."""


class Sorts(Protocol):
    """What the letters of patterns may stand for at some place."""

    @property
    def numpy(self) -> str:
        """What NumPy is called."""

    def takes(self, letter: str, node: ast.expr) -> bool:
        """Whether a letter of a pattern may stand for an expression."""

    def choices(self, letter: str, node: ast.expr) -> Iterable[ast.expr]:
        """Return what may be put for a letter of the result alone, beside ``a``, or beside the whole expression."""

    def is_module(self, node: ast.expr) -> bool:
        """Whether an expression is a module."""


class Words:
    """What is wrong, in words that are only made when somebody asks for them."""

    def __init__(self, pattern: str, held: Held, new: ast.expr | None = None) -> None:
        self.pattern, self.held, self.new = pattern, held, new

    def __str__(self) -> str:
        """Return the words."""
        return re.sub(r"{(.*?)}", self._filled, self.pattern)

    def _filled(self, hole: re.Match[str]) -> str:
        made = Builder(self.held, "np").build(parsed(hole[1])) if hole[1] else self.new
        return text(made) if made else ""


@dataclass(frozen=True)
class Rewrite:
    """A line of a table."""

    pattern: ast.expr
    result: ast.expr
    words: str

    @cached_property
    def free(self) -> list[str]:
        """The letters of the result that are not in the pattern."""
        return sorted(_letters(self.result) - _letters(self.pattern))

    @cached_property
    def root(self) -> tuple[Any, ...] | None:
        """What a node has to be at least; None if it may be anything."""
        p = self.pattern
        if isinstance(p, ast.Name):
            return None
        return (ast.BinOp, ast.Call) if isinstance(getattr(p, "op", None), ast.MatMult) else (type(p),)

    def of(self, node: ast.expr, sorts: Sorts) -> Iterator[tuple[ast.expr, Words]]:
        """Yield what may stand in the place of an expression."""
        if self.root is not None and not isinstance(node, self.root):
            return
        matcher = Matcher(sorts)
        if not matcher.matches(self.pattern, node):
            return
        seen = set()
        for parts in product(*(sorts.choices(x, matcher.held.get("a", node)) for x in self.free)):
            key = frozenset((PAIR.get(x, x), part) for x, part in zip(self.free, parts, strict=True))
            if key not in seen and len(set(parts)) == len(parts) and not matcher.holds(parts):
                seen.add(key)
                held = matcher.held | dict(zip(self.free, parts, strict=True))
                new = Builder(held, sorts.numpy).build(self.result)
                if new is not None and not _is_plainly(new, node):
                    yield new, Words(self.words, held, new)


def _is_plainly(new: Any, old: Any) -> bool:
    """Whether two expressions are the same name, or the same number."""
    if isinstance(new, ast.Name) and isinstance(old, ast.Name):
        return new.id == old.id
    x = number_of(new) if isinstance(old, (ast.Constant, ast.UnaryOp)) else None
    return x is not None and x == (y := number_of(old)) and type(x) is type(y)


def table(lines: str) -> tuple[Rewrite, ...]:
    """Return the rewrites of a table."""
    rows = (re.fullmatch(r"(.*?) +-> (.*?)(?: +# (.*))?", line.strip()) for line in lines.strip().splitlines())
    return tuple(Rewrite(parsed(row[1]), parsed(row[2]), row[3] or "") for row in rows if row)


def rewrites(lines: str) -> Callable[[ast.expr, Sorts], Iterator[tuple[ast.expr, Words]]]:
    """Return what goes through all rewrites of a table."""
    rows = table(lines)

    def propose(node: ast.expr, sorts: Sorts) -> Iterator[tuple[ast.expr, Words]]:
        for row in rows:
            yield from row.of(node, sorts)

    return propose


def _letters(tree: ast.expr) -> set[str]:
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and len(n.id) == 1}


def is_same(a: Any, b: Any) -> bool:
    """Whether two trees read the same."""
    return a is b or (type(a) is type(b) and isinstance(a, ast.AST) and ast.dump(a) == ast.dump(b))


class Matcher:
    """Compares expressions with patterns, and keeps what the letters stand for."""

    def __init__(self, sorts: Sorts) -> None:
        self.sorts = sorts
        self.held: Held = {}

    def matches(self, pattern: Any, node: Any) -> bool:
        """Whether an expression is as a pattern has it."""
        if isinstance(pattern, ast.Name) and len(pattern.id) == 1:
            return self._takes(pattern.id, node)
        if isinstance(pattern, ast.Call):
            return isinstance(node, ast.Call) and self._call(pattern, node)
        if isinstance(node, ast.Call) and isinstance(pattern, ast.BinOp) and isinstance(pattern.op, ast.MatMult):
            dot = ast.Call(node.func, [pattern.left, pattern.right], [])
            return called(node) in ("dot", "matmul") and self._call(dot, node)
        if type(pattern) is not type(node):
            return False
        if isinstance(pattern, ast.AST):
            fields = (f for f in pattern._fields if f not in ("ctx", "kind"))
            return all(self.matches(getattr(pattern, f), getattr(node, f)) for f in fields)
        if isinstance(pattern, list):
            return len(pattern) == len(node) and all(map(self.matches, pattern, node))
        return bool(pattern == node)

    def holds(self, parts: Iterable[ast.expr]) -> bool:
        """Whether a letter stands for one of these."""
        return any(_is_plainly(part, held) for part in parts for held in self.held.values())

    def _takes(self, letter: str, node: Any) -> bool:
        if letter in self.held:
            return is_same(self.held[letter], node)
        self.held[letter] = node
        if node is None:  # of a slice
            return letter in "bw"
        return isinstance(node, ast.expr) and self.sorts.takes(letter, node)

    def _call(self, pattern: ast.Call, node: ast.Call) -> bool:
        """Whether a call is as a pattern has it, in whatever style it is written."""
        style = Style(node, self.sorts)
        if isinstance(pattern.func, ast.Name) and len(pattern.func.id) == 1:
            if not self._takes(pattern.func.id, node.func):
                return False
        elif called(pattern) != style.name:
            return False
        starred = [a.value.id for a in pattern.args if isinstance(a, ast.Starred) and isinstance(a.value, ast.Name)]
        rest = starred[0] if starred else None
        wanted = [a for a in pattern.args if not isinstance(a, ast.Starred)]
        keywords = dict(style.keywords)
        for k in pattern.keywords:
            if k.arg is None:
                self.held[k.value.id] = keywords  # type: ignore[attr-defined]
            elif k.arg not in keywords or not self.matches(k.value, keywords.pop(k.arg)):
                return False
        if keywords and not any(k.arg is None for k in pattern.keywords):
            return False
        if len(style.args) < len(wanted) or (len(style.args) > len(wanted) and rest is None):
            return False
        if rest:
            self.held[rest] = style.args[len(wanted) :]
        self.held["()"] = style
        return all(map(self.matches, wanted, style.args))


class Style:
    """How a call is written: as a function of a module, a method of its first argument, or by a bare name."""

    def __init__(self, node: ast.Call, sorts: Sorts) -> None:
        self.func, self.name = node.func, called(node)
        self.is_method = isinstance(node.func, ast.Attribute) and not sorts.is_module(node.func.value)
        self.args = [*([node.func.value] if self.is_method else []), *node.args]  # type: ignore[attr-defined]
        self.keywords = {str(k.arg): k.value for k in node.keywords}
        self.has_bare_axis = self.name in REDUCTIONS and len(self.args) == 2
        if self.has_bare_axis:
            self.keywords["axis"] = self.args.pop()

    def call(self, name: str, args: list[ast.expr], keywords: Mapping[str, ast.expr]) -> ast.Call:
        """Return another call in this style."""
        f: ast.expr = ast.Name(name, ast.Load()) if isinstance(self.func, ast.Name) else self.func
        if self.has_bare_axis and "axis" in keywords:
            args, keywords = [*args, keywords["axis"]], {k: v for k, v in keywords.items() if k != "axis"}
        if self.is_method:
            f, args = attribute(args[0], name), args[1:]
        elif isinstance(f, ast.Attribute):
            f = attribute(f.value, name)
        return ast.Call(f, args, [ast.keyword(k, v) for k, v in keywords.items()])


REDUCTIONS = frozenset(("sum", "mean", "max", "min", "prod", "var", "std", "cumsum", "cumprod", "argmax", "argmin"))


class Builder:
    """Makes expressions of patterns and what the letters stand for; sums of numbers are added up."""

    def __init__(self, held: Held, numpy: str) -> None:
        self.held, self.numpy = held, numpy

    def build(self, pattern: Any) -> Any:
        """Return the expression; None where the letters cannot stand there."""
        if isinstance(pattern, ast.Name):
            return (
                self.held.get(pattern.id)
                if len(pattern.id) == 1
                else name(self.numpy if pattern.id == "np" else pattern.id)
            )
        if isinstance(pattern, ast.Constant) or not isinstance(pattern, (ast.expr, list)):
            return pattern
        if isinstance(pattern, list):
            return list(map(self.build, pattern))
        if isinstance(pattern, ast.Call):
            return self._call(pattern)
        made = type(pattern)(**{f: self.build(x) for f, x in ast.iter_fields(pattern)})
        if isinstance(made, ast.Attribute) and made.attr == "T":
            return transposed(made.value)
        if isinstance(made, ast.BinOp):
            return self._binary(made)
        return made

    def _binary(self, made: ast.BinOp) -> ast.expr | None:
        a, b = number_of(made.left), number_of(made.right)
        style = self.held.get("()")
        if isinstance(made.op, ast.MatMult) and style and style.name in ("dot", "matmul"):
            made = style.call(style.name, [made.left, made.right], {})
        elif isinstance(made.op, (ast.Add, ast.Sub)) and b is not None and isinstance(made.right, ast.Constant):
            return moved(made.left, b if isinstance(made.op, ast.Add) else -b)
        elif a is not None and b is not None and isinstance(made.op, (ast.Mult, ast.Div)):
            result = a * b if isinstance(made.op, ast.Mult) else a / b if b else a
            return number(int(result) if type(a) is type(b) is int and result == int(result) else result)
        return made

    def _call(self, pattern: ast.Call) -> ast.Call | None:
        args: list[ast.expr] = []
        for a in pattern.args:
            args += self.held[a.value.id] if isinstance(a, ast.Starred) else [self.build(a)]  # type: ignore[attr-defined]
        keywords: dict[str, ast.expr] = {}
        for k in pattern.keywords:
            more = self.held[k.value.id] if k.arg is None else {k.arg: self.build(k.value)}  # type: ignore[attr-defined]
            if keywords.keys() & more.keys():
                return None
            keywords |= more
        f, style = pattern.func, self.held.get("()")
        if isinstance(f, ast.Name) and len(f.id) == 1 and style and style.func is self.held[f.id]:
            return style.call(style.name, args, keywords)  # type: ignore[no-any-return]
        if isinstance(f, ast.Name) and len(f.id) > 1 and style:
            return style.call(f.id, args, keywords)  # type: ignore[no-any-return]
        return ast.Call(self.build(f), args, [ast.keyword(k, v) for k, v in keywords.items()])


def moved(tree: ast.expr | None, step: float) -> ast.expr:
    """Return an expression plus a number: ``i + 1`` for ``i``, ``i`` for ``i - 1``."""
    x = 0 if tree is None else number_of(tree)
    if x is not None:
        return number(x + step)
    assert tree is not None
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, (ast.Add, ast.Sub)):
        held = number_of(tree.right)
        if isinstance(held, int):
            step += held if isinstance(tree.op, ast.Add) else -held
            tree = tree.left
    return ast.BinOp(tree, ast.Add() if step > 0 else ast.Sub(), number(abs(step))) if step else tree
