"""The grammar of edits of whole statements: accumulated or not, left out, in another order, or one too many."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.verification.repair.grammar import indices
from autograd_lite.verification.repair.site import Site
from autograd_lite.verification.repair.source import Unit
from autograd_lite.verification.repair.syntax import (
    attribute,
    binary,
    call,
    name,
    names_in,
    parsed,
    replaced,
    text,
    transposed,
)

TURNS = 2
"""The numbers of so many turns are tried as ends of parts."""

Slot = tuple[ast.AST, str, int]
"""A node, its field, and the index in it."""
Place = tuple[ast.AST, str, int | None, Any]
"""Where a node stands, and what is to stand there."""
Found = Iterator[tuple[list[Place], str]]


def block(*statements: ast.stmt) -> ast.stmt:
    """Return several statements in the place of one."""
    made = ast.If(ast.Constant(True), list(statements), [])
    made.is_block = True  # type: ignore[attr-defined]
    return made


def place_of(statement: Any, unit: Unit) -> Slot | None:
    """Return the block that a statement is in: the node, the field, and the index in that."""
    for node in ast.walk(unit.tree):
        for field in ("body", "orelse", "finalbody"):
            held = getattr(node, field, None)
            if isinstance(held, list) and statement in held:
                return node, field, held.index(statement)
    return None


def _variable(site: Site) -> ast.Name | None:
    """Return the one variable that a statement sets."""
    targets = site.statement.targets if isinstance(site.statement, ast.Assign) else []
    return targets[0] if len(targets) == 1 and isinstance(targets[0], ast.Name) else None


def _stored(name: str) -> ast.Name:
    return ast.Name(name, ast.Store())


def _value(site: Site) -> ast.expr | None:
    """Return what a statement stores or returns."""
    s = site.statement
    return s.value if isinstance(s, (ast.Assign, ast.AugAssign, ast.Return)) else None


_OPPOSITE: dict[type[ast.operator], tuple[type[ast.operator], str]] = {
    ast.Add: (ast.Sub, "is to get less: the sign"),
    ast.Sub: (ast.Add, "is to get more: the sign"),
    ast.Mult: (ast.Div, "is multiplied, where it is divided"),
    ast.Div: (ast.Mult, "is divided, where it is multiplied"),
}


def accumulation(site: Site) -> Found:
    """Add up what is overwritten, or the other way round; change the operator."""
    s, at = site.statement, place_of(site.statement, site.unit)
    if at is None:
        return
    if isinstance(s, ast.Assign) and isinstance(target := s.targets[0], (ast.Name, ast.Subscript, ast.Attribute)):
        for op, words in (
            (ast.Add, "overwritten, where it adds up"),
            (ast.Sub, "overwritten, where it is taken off"),
            (ast.Mult, "overwritten, where it multiplies"),
        ):
            yield [(*at, ast.AugAssign(target, op(), s.value))], f"{text(target)} is {words}"
        if isinstance(target, ast.Subscript):
            yield [(*at, _adding_at(site, target, s.value))], "repeated indices are not added up"
    if isinstance(s, ast.AugAssign):
        yield [(*at, ast.Assign([s.target], s.value))], f"{text(s.target)} is added up, where it is set"
        opposite = _OPPOSITE.get(type(s.op))
        if opposite:
            yield [(*at, ast.AugAssign(s.target, opposite[0](), s.value))], f"{text(s.target)} {opposite[1]}"
        if isinstance(s.target, ast.Subscript) and isinstance(s.op, (ast.Add, ast.Sub)):
            value = s.value if isinstance(s.op, ast.Add) else ast.UnaryOp(ast.USub(), s.value)
            yield [(*at, _adding_at(site, s.target, value))], "repeated indices are not added up"


def _adding_at(site: Site, target: ast.Subscript, value: ast.expr) -> ast.stmt:
    add_at = attribute(attribute(name(site.numpy), "add"), "at")
    return ast.Expr(call(add_at, target.value, target.slice, value))


def scattering(site: Site) -> Found:
    """Put by an index on the other side of the assignment."""
    s, at = site.statement, place_of(site.statement, site.unit)
    if at is None or not isinstance(s, ast.Assign) or len(s.targets) != 1:
        return
    target, value = s.targets[0], s.value
    if isinstance(target, ast.Name) and isinstance(value, ast.Subscript) and site.array(name(target.id)) is not None:
        new: ast.expr = ast.Subscript(name(target.id), value.slice, ast.Store())
        yield [(*at, ast.Assign([new], value.value))], f"[{text(value.slice)}] belongs on the left"
    if isinstance(target, ast.Subscript) and np.ndim(site.array(target.slice)):
        new = ast.Subscript(target.value, ast.Slice(), ast.Store())
        picked = ast.Subscript(value, target.slice, ast.Load())
        yield [(*at, ast.Assign([new], picked))], f"[{text(target.slice)}] belongs on the right"


def scalings_afterwards(site: Site) -> Found:
    """Scale an array once a part of it was changed."""
    s, at = site.statement, place_of(site.statement, site.unit)
    if at is None or not isinstance(s, ast.AugAssign) or not isinstance(s.target, ast.Subscript):
        return
    held = s.target.value
    if isinstance(held, ast.Name) and site.kind(held) == "f":
        for n in site.scalars:
            new = ast.AugAssign(_stored(held.id), ast.Div(), n.tree)
            yield [(*at, block(s, new))], f"{held.id} is not divided by {n.text}"
        doubled = ast.AugAssign(_stored(held.id), ast.Mult(), ast.Constant(2))
        yield [(*at, block(s, doubled))], "missing factor 2"


def deletions(site: Site) -> Found:
    """Leave a statement out."""
    at = place_of(site.statement, site.unit)
    if at is not None and isinstance(site.statement, (ast.Assign, ast.AugAssign, ast.Expr)):
        yield [(*at, ast.Pass())], "this line does not belong there"
    if at is not None and isinstance(site.statement, ast.If) and not site.statement.orelse:
        yield [(*at, block(*site.statement.body))], "the condition does not belong there"


def order(site: Site) -> Found:
    """Move a statement up or down among its neighbours."""
    at = place_of(site.statement, site.unit)
    if at is None or not isinstance(site.statement, (ast.Assign, ast.AugAssign)):
        return
    node, field, index = at
    held = getattr(node, field)
    for to in range(max(0, index - 6), min(len(held), index + 7)):
        if to == index or isinstance(held[to], ast.Return):
            continue
        moved = block(site.statement, held[to]) if to < index else block(held[to], site.statement)
        yield [(node, field, index, ast.Pass()), (node, field, to, moved)], "the order of the lines"


def carries(site: Site) -> Found:
    """Set what a loop reads and never sets: what one turn hands on to the next."""
    loop = site.statement
    if not isinstance(loop, (ast.For, ast.While)):
        return
    stored, read = names_in(loop.body, ast.Store), names_in(loop.body, ast.Load)
    own = names_in([s for s in site.unit.statements if isinstance(s, ast.stmt)], ast.Store)
    variables = site.scope.locals[0]
    for carried in (n for n in read if n not in stored and n in own and isinstance(variables.get(n), _NUMBERS)):
        for tree in _products(list(stored), np.shape(variables[carried]), site):
            new = ast.Assign([_stored(carried)], tree)
            end: Place = (loop, "body", len(loop.body) - 1, block(loop.body[-1], new))
            yield [end], f"{carried} is not handed on to the next turn"


def new_carries(site: Site) -> Found:
    """Add what the turn before hands on: a variable that is 0 before the loop, and set at its end."""
    found = _in_a_loop(site)
    if found is None or site.kind(found.value) != "f":
        return
    s, loop = site.statement, found.loop
    carried = f"{found.variable.id}_next"
    start = ast.Assign([_stored(carried)], ast.Constant(0.0))
    added = binary(found.value, ast.Add, name(carried))
    for tree in _products(list(names_in(loop.body, ast.Store)), np.shape(site.array(found.value)), site):
        end = ast.Assign([_stored(carried)], tree)
        places: list[Place] = [
            (s, "value", None, added),
            (loop, "body", len(loop.body) - 1, block(loop.body[-1], end)),
            (*found.outer, block(start, loop)),
        ]
        yield places, f"what the turn before hands on to {found.variable.id} is missing"


_NUMBERS = (np.ndarray, np.generic, float, int)


def totals(site: Site) -> Found:
    """Add up what each turn of a loop sets anew, from 0 before the loop."""
    found = _in_a_loop(site)
    if found is None:
        return
    total = found.variable
    like = next((n for n in site.alike(site.array(found.value)) if n.text in total.id and n.text != total.id), None)
    zeros = call(attribute(name(site.numpy), "zeros_like"), like.tree) if like else ast.Constant(0)
    start = ast.Assign([_stored(total.id)], zeros)
    added: Place = (*found.place, ast.AugAssign(total, ast.Add(), found.value))
    yield [added, (*found.outer, block(start, found.loop))], f"{total.id} is overwritten, where it adds up"


class InALoop(NamedTuple):
    """A statement in a loop that sets a variable to a number or an array."""

    variable: ast.Name
    value: ast.expr
    loop: ast.For
    place: Slot
    outer: Slot


def _in_a_loop(site: Site) -> InALoop | None:
    variable, value, place = _variable(site), _value(site), place_of(site.statement, site.unit)
    if variable is None or value is None or place is None or not isinstance(place[0], ast.For):
        return None
    outer = place_of(place[0], site.unit)
    return InALoop(variable, value, place[0], place, outer) if outer and site.array(value) is not None else None


def _products(stored: list[str], shape: tuple[int, ...], site: Site) -> Iterator[ast.expr]:
    """Yield what a loop may hand on: what it sets, alone or times a matrix."""
    for x in stored:
        yield name(x)
    matrices = [n for n in site.names if np.ndim(n.value) == 2]
    for x in stored:
        for m in matrices:
            for tree, size in ((m.tree, np.shape(m.value)), (transposed(m.tree), np.shape(m.value)[::-1])):
                if shape and size[0] == shape[-1]:
                    yield binary(tree, ast.MatMult, name(x))
                if shape and size[1] == shape[-1]:
                    yield binary(name(x), ast.MatMult, tree)
        for n in site.names:
            if np.ndim(n.value) <= len(shape) and n.text != x:
                yield binary(name(x), ast.Mult, n.tree)


def exchanges(site: Site) -> Found:
    """Exchange two names everywhere in a statement."""
    value = _value(site)
    held = [n for n in names_in([value] if value else [], ast.Load) if site.array(name(n)) is not None]
    for a, b in combinations(held, 2):
        if value and np.shape(site.array(name(a))) == np.shape(site.array(name(b))):
            yield [(site.statement, "value", None, _renamed(value, {a: b, b: a}))], f"{a} and {b} are exchanged"


def renamings(site: Site) -> Found:
    """Put one name for another everywhere in a statement."""
    value = _value(site)
    counts = Counter(n.id for n in ast.walk(value) if isinstance(n, ast.Name)) if value else {}
    for old in (n for n, count in counts.items() if count > 1 and site.array(name(n)) is not None):
        for new in site.alike(site.array(name(old))):
            if value and isinstance(new.tree, ast.Name) and new.text != old:
                tree = _renamed(value, {old: new.text})
                yield [(site.statement, "value", None, tree)], f"{old}, where {new.text} belongs"


def _renamed(tree: ast.expr, names: dict[str, str]) -> Any:
    return replaced(tree, lambda n: name(names[n.id]) if isinstance(n, ast.Name) and n.id in names else None)


def parts(site: Site) -> Found:
    """Leave the first or the last of an axis out, of what is added to and of what is added."""
    s, at = site.statement, place_of(site.statement, site.unit)
    if at is None or not isinstance(s, ast.AugAssign) or not isinstance(s.target, ast.Name):
        return
    held = site.array(name(s.target.id))
    same = {n.text for n in site.alike(held)} if held is not None else set()
    turns = [n.text for n in site.names if n.is_index and n.text.isidentifier() and n.text in site.scope.locals[0]]
    ends_of_turns = [end.format(i) for i in turns[:TURNS] for end in ("{}:", ":{}", "{} + 1:", ":{} + 1")]
    for axis, ends in product(range(np.ndim(held)), ("1:", ":-1", *ends_of_turns)):
        key = parsed(f"x[{':, ' * axis}{ends}]").slice  # type: ignore[attr-defined]

        def part(n: ast.AST, key: ast.expr = key) -> ast.AST | None:
            if isinstance(n, ast.Subscript):
                return n  # already a part
            is_alike = isinstance(n, (ast.Name, ast.Attribute)) and text(n) in same
            return ast.Subscript(n, key, ast.Load()) if is_alike else None  # type: ignore[arg-type]

        new = ast.AugAssign(ast.Subscript(name(s.target.id), key, ast.Store()), s.op, replaced(s.value, part))
        yield [(*at, new)], f"only [{text(key)}] of it"


def both_sides(site: Site) -> Found:
    """Move an index of what is stored to and, so that the shapes agree, one of what is stored."""
    s, at = site.statement, place_of(site.statement, site.unit)
    target = s.target if isinstance(s, ast.AugAssign) else s.targets[0] if isinstance(s, ast.Assign) else None
    value = _value(site)
    if at is None or not isinstance(target, ast.Subscript) or value is None or not np.ndim(site.array(value)):
        return
    inner = [n for n in ast.walk(value) if isinstance(n, ast.Subscript)]
    values = [(put, words) for n in inner for put, words in ((_put(value, n, new), w) for new, w in indices(n, site))]
    shapes = [np.shape(x) if (x := site.array(new)) is not None else None for new, _ in values]
    for where, words in indices(target, site):
        shape = np.shape(site.array(_loaded(where)))
        if isinstance(where, ast.Subscript) and shape != np.shape(site.array(value)):
            for (new, _), fits in zip(values, shapes, strict=True):
                if fits == shape:
                    made = ast.AugAssign(where, s.op, new) if isinstance(s, ast.AugAssign) else ast.Assign([where], new)
                    yield [(*at, made)], str(words)


def _put(tree: ast.expr, old: ast.AST, new: ast.expr) -> Any:
    return replaced(tree, lambda n: new if n is old else None)


def _loaded(tree: ast.expr) -> ast.expr:
    return ast.Subscript(tree.value, tree.slice, ast.Load()) if isinstance(tree, ast.Subscript) else tree


def updates(site: Site) -> Found:
    """Scale at the end of each turn what the next one goes on with."""
    loop = site.statement
    if not isinstance(loop, (ast.For, ast.While)):
        return
    stored, read = names_in(loop.body, ast.Store), names_in(loop.body, ast.Load)
    variables = site.scope.locals[0]
    for x in (n for n in stored if n in read and isinstance(variables.get(n), _NUMBERS)):
        shape = np.shape(variables[x])
        for n in site.names:
            if n.text != x and np.shape(n.value) in ((), shape) and np.asarray(n.value).dtype.kind == "f":
                new = ast.Assign([_stored(x)], binary(name(x), ast.Mult, n.tree))
                end: Place = (loop, "body", len(loop.body) - 1, block(loop.body[-1], new))
                yield [end], f"missing: {x} times {n.text} goes on to the next turn"


@dataclass(frozen=True, eq=False)
class StatementRule:
    """A kind of edit of a statement."""

    name: str
    tokens: float
    weight: float
    propose: Callable[[Site], Found]


STATEMENT_RULES = (
    StatementRule("accumulation", 1, 0, accumulation),
    StatementRule("deletion", 4, 0, deletions),
    StatementRule("scaling afterwards", 3, 0, scalings_afterwards),
    StatementRule("exchange", 2, 0.5, exchanges),
    StatementRule("order", 4, 2, order),
    StatementRule("renaming", 2, 0.5, renamings),
    StatementRule("part", 4, 0, parts),
    StatementRule("both sides", 2, 1, both_sides),
    StatementRule("scattering", 1, 1, scattering),
    StatementRule("carry", 5, 0, carries),
    StatementRule("update", 5, 0, updates),
    StatementRule("total", 5, 0, totals),
    StatementRule("new carry", 8, 0, new_carries),
)
"""All edits of one statement."""
