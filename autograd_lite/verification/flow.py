"""What the lines of a function assign, and from what: read from its source."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import CodeType

_GRADIENTS = re.compile(r"(d|g|grads?|gradients?|derivs?|derivatives?|nablas?)_?", re.IGNORECASE)


@dataclass(frozen=True)
class Target:
    """What a statement assigns to: a variable, or what a container or an object holds under a name.

    ``name`` is what it is called: of ``grads["W"]`` it is ``grad_W``, of ``self.dW`` it is ``dW``.
    """

    variable: str
    name: str
    key: str | None = None
    attribute: bool = False


@dataclass(frozen=True)
class Statement:
    """An assignment: the lines that it is on, what it assigns to, and the variables and functions that it reads."""

    first: int
    last: int
    targets: tuple[Target, ...]
    reads: frozenset[str]
    loop: bool = False


@dataclass(frozen=True)
class Part:
    """A part of what is returned: the variables that it reads, and whether it is nothing but a variable."""

    reads: frozenset[str]
    bare: bool


@dataclass(frozen=True)
class Flow:
    """The assignments of a function, and its return statements: their first and last lines, and their parts."""

    statements: tuple[Statement, ...] = ()
    returns: tuple[tuple[int, int, tuple[Part, ...]], ...] = ()

    def at(self, line: int) -> list[Statement]:
        """Return the assignments on a line, innermost last."""
        return [s for s in self.statements if s.first <= line <= s.last]

    def targets(self, line: int) -> list[Target]:
        """Return what is assigned on a line."""
        return [target for s in self.at(line) for target in s.targets]

    def parts(self, line: int) -> tuple[Part, ...]:
        """Return the parts of the tuple returned on a line; one part where it is no tuple."""
        return next((parts for first, last, parts in self.returns if first <= line <= last), ())

    def sources(self, names: frozenset[str]) -> frozenset[str]:
        """Return the variables that some are made from, in any number of steps, and these themselves."""
        reached = set(names)
        while True:
            more = {name for s in self.statements if any(t.variable in reached for t in s.targets) for name in s.reads}
            if more <= reached:
                return frozenset(reached)
            reached |= more


@cache
def flow(code: CodeType) -> Flow:
    """Read the assignments of a function; none where there is no source."""
    try:
        lines, start = inspect.getsourcelines(code)
        tree = _parse(textwrap.dedent("".join(lines)))
    except (OSError, SyntaxError, TypeError):
        return Flow()
    if tree is None:
        return Flow()
    shift = max(start, 1) - 1
    statements, returns = [], []
    for node in ast.walk(tree):
        first, last = getattr(node, "lineno", 0) + shift, getattr(node, "end_lineno", 0) + shift
        if isinstance(node, ast.Return) and node.value is not None:
            returns.append((first, last, _parts(node.value)))
        elif isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            reads = _names(node.value) if node.value is not None else frozenset()
            if isinstance(node, ast.AugAssign):
                reads |= _names(node.target)
            for target in targets:
                reads |= _names(target) if isinstance(target, ast.Subscript) else frozenset()
            statements.append(Statement(first, last, tuple(t for x in targets for t in _targets(x)), reads))
        elif isinstance(node, ast.For):
            loop = tuple(Target(name, name) for name in sorted(_names(node.target)))
            statements.append(Statement(first, first, loop, _names(node.iter), loop=True))
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            statements += _calls(node.value, first, last)
        elif isinstance(node, ast.Lambda):
            returns.append((first, last, _parts(node.body)))
    return Flow(tuple(statements), tuple(returns))


def _parse(source: str) -> ast.AST | None:
    try:
        return ast.parse(source)
    except SyntaxError:  # a lambda in the middle of a call: its expression alone
        start = source.find("lambda")
        for end in range(len(source), start, -1) if start >= 0 and len(source) < 2000 else ():
            try:
                return ast.parse(f"({source[start:end]})")
            except SyntaxError:
                continue
    return None


def _calls(call: ast.Call, first: int, last: int) -> Iterator[Statement]:
    """Yield a call for its effect, as np.add.at(dW, i, g) and d.append(x), as an assignment to what it changes."""
    changed = call.func.value if isinstance(call.func, ast.Attribute) else None
    if isinstance(changed, ast.Name) and changed.id not in ("np", "numpy"):
        yield Statement(first, last, (Target(changed.id, changed.id),), _names(call))
    elif call.args and isinstance(call.args[0], ast.Name):
        yield Statement(first, last, (Target(call.args[0].id, call.args[0].id),), _names(call))


def _parts(value: ast.expr) -> tuple[Part, ...]:
    parts = [value]
    if isinstance(value, (ast.Tuple, ast.List)):
        parts = value.elts
    elif isinstance(value, ast.Dict):
        parts = value.values
    return tuple(Part(_names(part), isinstance(part, ast.Name)) for part in parts)


def _names(tree: ast.AST) -> frozenset[str]:
    return frozenset(x.id for x in ast.walk(tree) if isinstance(x, ast.Name))


def _targets(target: ast.expr) -> list[Target]:
    if isinstance(target, ast.Name):
        return [Target(target.id, target.id)]
    if isinstance(target, (ast.Tuple, ast.List)):
        return [t for part in target.elts for t in _targets(part)]
    if isinstance(target, ast.Starred):
        return _targets(target.value)
    if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
        return [Target(target.value.id, target.attr, target.attr, attribute=True)]
    if isinstance(target, ast.Subscript):
        held, key = target.value, target.slice
        if isinstance(held, ast.Name) and isinstance(key, ast.Constant) and isinstance(key.value, str):
            plain = _GRADIENTS.fullmatch(held.id) and not re.match(r"d|grad|g_", key.value)
            return [Target(held.id, f"grad_{key.value}" if plain else key.value, key.value)]
        return [Target(t.variable, t.name, t.key, t.attribute) for t in _targets(held)]
    return []
