"""Syntax trees: what makes them, and what is asked of them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import Any


def parsed(text: str) -> ast.expr:
    """Return the tree of an expression."""
    return ast.parse(text, mode="eval").body


def text(node: ast.AST) -> str:
    """Return the source of a tree."""
    return ast.unparse(node)


def name(text: str) -> ast.Name:
    """Return a name."""
    return ast.Name(text, ast.Load())


def number(x: float) -> ast.expr:
    """Return a number; a float that is whole as such, a negative one with its sign."""
    return ast.UnaryOp(ast.USub(), ast.Constant(-x)) if x < 0 else ast.Constant(x)


def number_of(node: ast.AST | None) -> int | float | None:
    """Return the number that is written; None for what is none."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        below = number_of(node.operand)
        return None if below is None else -below
    x = node.value if isinstance(node, ast.Constant) else None
    return x if isinstance(x, (int, float)) and not isinstance(x, bool) else None


def attribute(tree: ast.expr, text: str) -> ast.Attribute:
    """Return an attribute."""
    return ast.Attribute(tree, text, ast.Load())


def call(f: ast.expr, *args: ast.expr) -> ast.Call:
    """Return a call."""
    return ast.Call(f, list(args), [])


def binary(a: ast.expr, op: type[ast.operator], b: ast.expr) -> ast.BinOp:
    """Return a binary operation."""
    return ast.BinOp(a, op(), b)


def transposed(tree: ast.expr) -> ast.expr:
    """Return a transpose."""
    return tree.value if isinstance(tree, ast.Attribute) and tree.attr == "T" else attribute(tree, "T")


def called(node: ast.AST) -> str:
    """Return the name of the function or method that an expression calls, "" for others."""
    f = node.func if isinstance(node, ast.Call) else None
    return f.attr if isinstance(f, ast.Attribute) else f.id if isinstance(f, ast.Name) else ""


def is_loaded(node: ast.AST) -> bool:
    """Whether an expression is read and not stored to."""
    return isinstance(getattr(node, "ctx", ast.Load()), ast.Load)


def names_in(trees: Iterable[ast.AST], context: type[ast.expr_context]) -> dict[str, None]:
    """Return the names that are read, or stored to, in their order."""
    found = (n for tree in trees for n in ast.walk(tree) if isinstance(n, ast.Name))
    return dict.fromkeys(n.id for n in found if isinstance(n.ctx, context))


def replaced(tree: ast.AST, put: Callable[[ast.AST], ast.AST | None]) -> Any:
    """Return a tree in which other nodes stand where a function gives some; what stays is not copied."""
    new = put(tree)
    if new is not None:
        return new
    fields: dict[str, Any] = {}
    for field, x in ast.iter_fields(tree):
        parts = [replaced(n, put) if isinstance(n, ast.AST) else n for n in (x if isinstance(x, list) else [x])]
        fields[field] = parts if isinstance(x, list) else parts[0]
        if isinstance(x, list) and all(a is b for a, b in zip(x, parts, strict=True)):
            fields[field] = x
    return tree if all(getattr(tree, f) is x for f, x in fields.items()) else type(tree)(**fields)


def loaded(target: ast.expr) -> ast.expr:
    """Return what is stored to as an expression that reads it."""
    if isinstance(target, ast.Name):
        return ast.Name(target.id, ast.Load())
    if isinstance(target, ast.Attribute):
        return ast.Attribute(target.value, target.attr, ast.Load())
    return ast.Subscript(target.value, target.slice, ast.Load()) if isinstance(target, ast.Subscript) else target


def place(module: ast.Module, line: int) -> None:
    """Let what has no place in a tree stand on a line: this is done for each edit."""
    pending: list[Any] = [module]
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.expr, ast.stmt, ast.arg)) and not hasattr(node, "lineno"):
            node.lineno = node.end_lineno = line
            node.col_offset = node.end_col_offset = 0
        held = vars(node)  # beside fields, whatever a library notes in operators, which all trees share
        for part in [held[field] for field in node._fields if field in held]:
            if type(part) is list:
                pending += [x for x in part if isinstance(x, ast.AST)]
            elif isinstance(part, _WITH_PARTS):
                pending.append(part)


_WITH_PARTS = (ast.expr, ast.stmt, ast.arguments, ast.arg, ast.pattern)
"""The nodes that others hold alone, but for those that have neither a place nor parts."""
