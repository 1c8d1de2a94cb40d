"""Edits in the user's source: the text parses to the tree that was meant, and all else stays as it was typed."""

import ast
import linecache
from collections.abc import Callable
from typing import Any

import pytest

from autograd_lite.verification.repair.candidates import locate
from autograd_lite.verification.repair.patch import edited
from autograd_lite.verification.repair.source import Unit
from autograd_lite.verification.repair.statements import block
from autograd_lite.verification.repair.writing import length, written
from tests.support.typed import TYPED


def unit_of(kind):
    """Return the function of some source, as a unit."""
    source, file = TYPED[kind].lstrip("\n"), f"<typed {kind}>"
    linecache.cache[file] = len(source), None, source.splitlines(keepends=True), file
    module = ast.parse(source)
    tree = next(n for n in ast.walk(module) if isinstance(n, ast.FunctionDef))
    for node in ast.walk(tree):
        node.own = True
    code = compile(source, file, "exec")
    return source, module, Unit(code, [], tree, [])


def places(tree):
    """Return each place in which an expression stands, with it: those that are stored to left out."""
    found = []
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if isinstance(parent, (ast.arguments, ast.keyword)) and name != "value":
                continue
            for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if isinstance(child, ast.expr) and isinstance(getattr(child, "ctx", ast.Load()), ast.Load):
                    found.append((parent, name, index, child))
    return found


def put(parent, name, index, node):
    if index is None:
        setattr(parent, name, node)
    else:
        getattr(parent, name)[index] = node


def expr(text, **held):
    """Return the tree of an expression in which some names are trees."""

    class Put(ast.NodeTransformer):
        def visit_Name(self, node):
            return held.get(node.id, node)

    return Put().visit(ast.parse(text, mode="eval").body)


NEW = (
    "new", "p + q", "p * q", "-p", "p ** q", "not p", "p < q", "p if q else r", "lambda: p", "f(p)", "p.q", "p[q]",
    "2 * old", "old / n", "old ** 2", "old.T", "-old", "old + old", "np.sum(old, axis=0)", "old[::-1]", "(p, old)",
)  # fmt: skip


def same(text, module):
    """Whether a text parses to a module, in which a block is the statements in it and `pass` is nothing."""
    return ast.dump(flat(ast.parse(text))) == ast.dump(flat(ast.parse(ast.unparse(module))))


def flat(tree):
    class Flat(ast.NodeTransformer):
        def visit_If(self, node):
            node = self.generic_visit(node)
            return node.body if isinstance(node.test, ast.Constant) and node.test.value is True else node

        def visit_Pass(self, node):
            return None

    return Flat().visit(tree)


def others(source, edits):
    """Return the lines that no edit touches."""
    touched = {line for e in edits for line in range(e.line, e.end_line + (e.end_column > 0))}
    return [line for i, line in enumerate(source.splitlines(), 1) if i not in touched]


@pytest.mark.parametrize("new", NEW)
@pytest.mark.parametrize("kind", TYPED)
def test_an_expression_is_put_in_the_place_of_any_other(kind, new):
    source, module, unit = unit_of(kind)
    count = 0
    for parent, name, index, old in places(unit.tree):
        if "old" in new and any(isinstance(n, (ast.Starred, ast.Slice)) for n in (old, *getattr(old, "elts", ()))):
            continue  # no value
        node = expr(new, old=old)
        locate(node, old)
        put(parent, name, index, node)
        try:
            edits = written(unit, [(old, node, "")])
            text = edited(source, edits)
            assert same(text, module), f"{ast.unparse(node)!r} for {ast.unparse(old)!r}:\n{text}"
            assert [line for line in others(source, edits) if line not in text.splitlines()] == []
            assert length(edits, unit.lines) >= 1
            count += 1
        finally:
            put(parent, name, index, old)
    assert count > 5


@pytest.mark.parametrize("kind", TYPED)
def test_what_replaces_a_replacement_is_written(kind):
    source, module, unit = unit_of(kind)
    for parent, name, index, old in places(unit.tree):
        if not isinstance(old, ast.BinOp):
            continue
        first = old.left
        second = expr("old / n", old=first)
        put(parent, name, index, second)
        try:
            edits = written(unit, [(old, first, "a factor too many"), (first, second, "not divided by n")])
            text = edited(source, edits)
            assert same(text, module), text
            assert [e.words for e in edits] == ["a factor too many; not divided by n"]
        finally:
            put(parent, name, index, old)


ADDED = "added = a + 1"
STATEMENTS: dict[str, Callable[[Any], Any]] = {
    "left out": lambda s: ast.Pass(),
    "one before": lambda s: block(ast.parse(ADDED).body[0], s),
    "one after": lambda s: block(s, ast.parse(ADDED).body[0]),
    "added up": lambda s: ast.AugAssign(s.targets[0], ast.Add(), s.value) if hasattr(s, "targets") else None,
    "set": lambda s: ast.Assign([s.target], s.value) if isinstance(s, ast.AugAssign) else None,
    "two": lambda s: block(*ast.parse("p = 1\nq = 2").body),
}


def bodies(tree):
    """Return each place in which a statement stands, with it."""
    return [
        (held, index, s)
        for node in ast.walk(tree)
        for name in ("body", "orelse")
        if isinstance(held := getattr(node, name, None), list)
        for index, s in enumerate(held)
    ]


@pytest.mark.parametrize("change", STATEMENTS)
@pytest.mark.parametrize("kind", TYPED)
def test_statements_are_changed_left_out_and_added(kind, change):
    source, module, unit = unit_of(kind)
    for held, index, old in bodies(unit.tree):
        new = STATEMENTS[change](old)
        if new is None or (change == "left out" and not isinstance(old, (ast.Assign, ast.AugAssign))):
            continue
        locate(new, old)
        held[index] = new
        try:
            text = edited(source, written(unit, [(old, new, "")]))
            assert same(text, ast.fix_missing_locations(module)), f"{ast.unparse(new)} for {ast.unparse(old)}:\n{text}"
        finally:
            held[index] = old
