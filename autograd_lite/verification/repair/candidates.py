"""Edits of the user's source that may be the repair: of one place, and the same one at all places that look alike."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from autograd_lite.verification.repair.grammar import RULES, Rule
from autograd_lite.verification.repair.rewriting import Words
from autograd_lite.verification.repair.site import Site
from autograd_lite.verification.repair.source import Statement, Unit
from autograd_lite.verification.repair.statements import STATEMENT_RULES
from autograd_lite.verification.repair.syntax import called

LINEAR = ("dot", "outer", "matmul", "sum", "mean", "einsum")
"""What scales an argument of these scales their result."""
WRITING = ("at", "fill_diagonal", "copyto", "put", "put_along_axis")
"""These write to their first argument."""


@dataclass(frozen=True, eq=False)
class Change:
    """A part of a syntax tree that is replaced."""

    parent: ast.AST
    field: str
    index: int | None
    new: Any

    def swap(self, node: Any) -> Any:
        """Put a node in the place, and return what was there."""
        if self.index is None:
            old = getattr(self.parent, self.field)
            setattr(self.parent, self.field, node)
        else:
            held = getattr(self.parent, self.field)
            old, held[self.index] = held[self.index], node
        return old


@dataclass(eq=False)
class Candidate:
    """An edit that may be the repair."""

    unit: Unit
    statement: Statement
    rule: str
    words: str | Words
    changes: tuple[Change, ...]
    cost: float
    pattern: str = ""
    order: int = 0
    weight: float = 0
    print: bytes = b""
    stand_in: Any = None
    located: bool = False
    part: float = 0
    once: bool = False


def edits_of(site: Site) -> Iterator[Candidate]:
    """Yield the edits of one statement."""
    penalty = 1.0 if isinstance(site.statement, (ast.Return, ast.expr)) else 0.0
    skeletons = Skeletons()
    for parent, name, index, node in expressions(site.statement, site.unit):
        for rule in rules_for(site.statement, parent, name, node):
            for c in _of_rule(rule, site, Change(parent, name, index, None), node, penalty):
                c.pattern = skeletons.of(rule, node, c.changes[0].new)
                yield c
    if isinstance(site.statement, ast.stmt):
        for s_rule in STATEMENT_RULES:
            for changes, words in s_rule.propose(site):
                for *_, new in changes:
                    locate(new, site.statement)
                made = tuple(Change(*c) for c in changes)
                yield Candidate(site.unit, site.statement, s_rule.name, words, made, s_rule.tokens + s_rule.weight)


def _of_rule(rule: Rule, site: Site, place: Change, node: ast.expr, penalty: float) -> Iterator[Candidate]:
    neutral = _neutral(place.parent)
    for new, words in rule.propose(node, site):
        if isinstance(new, ast.Constant) and new.value == neutral:
            continue  # the operand is dropped
        locate(new, node)
        change = Change(place.parent, place.field, place.index, new)
        yield Candidate(
            site.unit,
            site.statement,
            rule.name,
            words,
            (change,),
            rule.tokens + rule.weight + penalty,
            weight=max(0, rule.weight / 2) + penalty,
        )


def alike(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return the same edit made at all places that look alike."""
    groups: dict[tuple[Unit, str], list[Candidate]] = {}
    for c in candidates:
        if c.pattern:
            (change,) = c.changes
            operator = type(getattr(change.parent, "op", None)).__name__
            around = f"{type(change.parent).__name__} {operator} {change.field}"
            groups.setdefault((c.unit, c.pattern), []).append(c)
            groups.setdefault((c.unit, f"{c.pattern} in {around}"), []).append(c)
    found = []
    for (unit, _), group in groups.items():
        several = {(id(c.changes[0].parent), c.changes[0].field, c.changes[0].index): c for c in reversed(group)}
        members = sorted(several.values(), key=lambda c: c.order)
        if 1 < len(members) <= 8:
            changes = tuple(c.changes[0] for c in members)
            first = members[0]
            cost = min(c.cost - c.part for c in members) + 1.5 * (len(members) - 1)
            found.append(Candidate(unit, first.statement, first.rule, first.words, changes, cost, order=first.order))
    return found


def rules_for(statement: Statement, parent: ast.AST, name: str, node: ast.expr) -> Iterator[Rule]:
    """Yield the rules for an expression; what scales a factor of a product is left to the product."""
    stored = not isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
    header = isinstance(statement, (ast.For, ast.While, ast.If, ast.With))
    product = isinstance(parent, ast.BinOp) and isinstance(parent.op, (ast.Mult, ast.MatMult, ast.Div))
    linear = product or isinstance(parent, ast.UnaryOp) or called(parent) in LINEAR
    sum_or_difference = isinstance(parent, ast.BinOp) and isinstance(parent.op, (ast.Add, ast.Sub))
    signed = isinstance(parent, ast.AugAssign) or (sum_or_difference and name == "right")
    written = isinstance(parent, ast.Subscript) and not isinstance(parent.ctx, ast.Load) and name == "value"
    written |= called(parent) in WRITING and node is parent.args[0]  # type: ignore[attr-defined]
    for rule in RULES:
        if stored:
            chosen = rule.name in ("index", "elsewhere")
        elif written:
            chosen = rule.name == "name"
        elif header:
            chosen = rule.on_headers
        else:
            chosen = not (linear and rule.scales) and not (signed and rule.name == "sign")
        if chosen:
            yield rule


def _neutral(node: ast.AST) -> int | None:
    """Return the number that changes nothing as an operand."""
    if not isinstance(node, ast.BinOp):
        return None
    return 0 if isinstance(node.op, (ast.Add, ast.Sub)) else 1


def expressions(statement: Statement, unit: Unit) -> Iterator[tuple[ast.AST, str, int | None, ast.expr]]:
    """Yield the expressions of a statement, outermost first, with where each stands."""
    if isinstance(unit.tree, ast.Lambda) and statement is unit.tree.body:
        yield unit.tree, "body", None, unit.tree.body
    yield from _below(statement)


def _below(node: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.expr]]:
    for name, value in ast.iter_fields(node):
        if name in ("body", "orelse", "finalbody", "handlers", "func", "ctx") and not isinstance(node, ast.IfExp):
            if name == "func" and isinstance(value, ast.Attribute):
                yield from _below(value)
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.expr):
                yield node, name, index, child
            if isinstance(child, (ast.expr, ast.keyword, ast.comprehension)):
                yield from _below(child)


class Skeletons:
    """Says what edits are but for the names in them, to find the same one elsewhere."""

    def __init__(self) -> None:
        self._parts: dict[ast.AST, list[str]] = {}

    def of(self, rule: Rule, old: ast.AST, new: ast.AST) -> str:
        """Return the same for edits that are the same but for names."""
        names: dict[str, str] = {}
        parts = (*self.parts(old), *self.parts(new))
        return f"{rule.name}:{' '.join(names.setdefault(p, f'n{len(names)}') if p[0] == '$' else p for p in parts)}"

    def parts(self, node: ast.AST) -> list[str]:
        """Return the types of all nodes in a tree, with its numbers and names."""
        if node not in self._parts:
            children = [] if isinstance(node, ast.Name) else ast.iter_child_nodes(node)
            own = f"${node.id}" if isinstance(node, ast.Name) else type(node).__name__
            own = repr(node.value) if isinstance(node, ast.Constant) else own
            self._parts[node] = [own, *(part for child in children for part in self.parts(child))]
        return self._parts[node]


def slots(site: Site, *, whole: bool) -> Iterator[tuple[Change, ast.expr]]:
    """Yield the expressions that a statement stores or returns, and their places; or all the others in it."""
    s = site.statement
    outer: list[tuple[Change, ast.expr]] = []
    if isinstance(s, (ast.Assign, ast.AugAssign, ast.Return)) and s.value is not None:
        outer = [(Change(s, "value", None, None), s.value)]
        if isinstance(s.value, (ast.Tuple, ast.List)):
            outer = [(Change(s.value, "elts", i, None), part) for i, part in enumerate(s.value.elts)]
        elif isinstance(s.value, ast.Dict):
            outer = [(Change(s.value, "values", i, None), part) for i, part in enumerate(s.value.values)]
    elif isinstance(s, ast.expr):
        outer = [(Change(site.unit.tree, "body", None, None), s)]
    if whole:
        yield from outer
    else:
        heads = {id(node) for _, node in outer}
        for parent, name, index, node in expressions(s, site.unit):
            if id(node) not in heads and not isinstance(node, ast.Constant):
                yield Change(parent, name, index, None), node


def leading_to(statement: ast.stmt, unit: Unit) -> dict[Statement, float]:
    """Return the statements that a value is made from, and in how many steps but one; its own is the first."""
    found: dict[Statement, float] = {statement: 0}
    here: list[ast.stmt] = [statement]
    for step in range(10):
        names = {n.id for s in here for n in ast.walk(s) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        here = [s for s in unit.statements if isinstance(s, ast.stmt) and s not in found and stored_by(s) & names]
        found |= dict.fromkeys(here, step)
    return found


def stored_by(s: ast.stmt) -> set[str]:
    """Return the names of the variables that a statement sets or changes."""
    targets = s.targets if isinstance(s, ast.Assign) else [getattr(s, "target", None)]
    if isinstance(s, ast.Expr) and isinstance(s.value, ast.Call):
        targets = s.value.args[:1]
    stored = {n for t in targets if t is not None for n in ast.walk(t) if isinstance(n, (ast.Name, ast.Subscript))}
    indices = {n for t in stored if isinstance(t, ast.Subscript) for n in ast.walk(t.slice)}
    return {n.id for n in stored - indices if isinstance(n, ast.Name)}


def unread(unit: Unit) -> set[str]:
    """Return the variables that a function sets and never reads."""
    names = [n for n in ast.walk(unit.tree) if isinstance(n, ast.Name)]
    return {n.id for n in names} - {n.id for n in names if isinstance(n.ctx, ast.Load)}


def locate(new: ast.AST, node: Statement) -> None:
    """Let what is new in a tree stand where a node stands."""
    pending = [new]
    while pending:
        n = pending.pop()
        if not hasattr(n, "own"):
            if isinstance(n, (ast.expr, ast.stmt, ast.keyword, ast.alias)):
                n.lineno = n.end_lineno = node.lineno
                n.col_offset = n.end_col_offset = node.col_offset
            pending += ast.iter_child_nodes(n)
