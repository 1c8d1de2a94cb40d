"""The source of the user's functions and classes, and the names in it that come from elsewhere."""

from __future__ import annotations

import ast
import builtins
import inspect
import linecache
import sys
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import suppress
from types import CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple

from autograd_lite.core.lines import is_of_user
from autograd_lite.verification.repair.source import units


class OwnFile(NamedTuple):
    """A module of the user's, and what is used of it."""

    module: ModuleType
    names: list[str]


class Definition(NamedTuple):
    """A function or a class as it is written.

    Attributes
    ----------
    text : its source; for a lambda, the expression
    name : what it is bound to; empty for a lambda
    used : what it names, and what that is where it is defined; of files of the user's own an `OwnFile`
    """

    text: str
    name: str
    used: Mapping[str, Any]


def definition_of(x: Any) -> Definition | None:
    """Return how a function or a class of the user's is defined; None where its source cannot be read."""
    return _class(x) if isinstance(x, type) else _function(x)


def _function(f: FunctionType) -> Definition | None:
    found = units({f.__code__: [f]})
    if not found:
        return None
    tree, text = found[0].tree, "".join(found[0].lines)
    bound = dict(zip(f.__code__.co_freevars, f.__closure__ or (), strict=True))
    scope = {**f.__globals__, **{name: cell.cell_contents for name, cell in bound.items() if _is_filled(cell)}}
    inner = set(_names_of(f.__code__))
    if isinstance(tree, ast.Lambda):
        segment = ast.get_source_segment(text, tree) or ast.unparse(tree)
        return Definition(f"({segment})" if "\n" in segment else segment, "", _used(tree, scope, inner))
    outside = {name for part in (*tree.decorator_list, tree.args) for name in _loaded(part)}
    first = min([tree.lineno, *(d.lineno for d in tree.decorator_list)])
    lines = found[0].lines[first - 1 : tree.end_lineno]
    return Definition(textwrap.dedent("".join(lines)).rstrip(), tree.name, _used(tree, scope, inner | outside))


def _class(kind: type) -> Definition | None:
    text = _text_of(kind)
    if text is None:
        return None
    tree = ast.parse(text)
    scope = vars(sys.modules[kind.__module__])
    return Definition(text, kind.__name__, _used(tree, scope, set(_loaded(tree))))


def _text_of(kind: type) -> str | None:
    """Return the source of a class; in a notebook, which has no file, it is found by that of a method."""
    with suppress(OSError, TypeError):
        return textwrap.dedent(inspect.getsource(kind)).rstrip()
    for code in (f.__code__ for f in vars(kind).values() if isinstance(f, FunctionType)):
        lines = linecache.getlines(code.co_filename)
        for node in ast.walk(ast.parse("".join(lines))):
            if isinstance(node, ast.ClassDef) and node.name == kind.__name__:
                first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
                if first <= code.co_firstlineno <= (node.end_lineno or 0):
                    return textwrap.dedent("".join(lines[first - 1 : node.end_lineno])).rstrip()
    return None


def _is_filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True


def _names_of(code: CodeType) -> Iterator[str]:
    """Yield the names that some code takes from outside, and those of attributes."""
    yield from (*code.co_names, *code.co_freevars)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_of(constant)


def _loaded(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id


def _used(tree: ast.AST, scope: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    """Return what a tree names and a scope holds, in order; submodules, as `scipy.special`, by their own names too."""
    found = {name: scope[name] for name in _loaded(tree) if name in names and name in scope and _is_named(scope, name)}
    paths = dict.fromkeys(ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    for path in sorted(paths, key=lambda path: path.count(".")):  # owners first
        owner, _, attribute = path.rpartition(".")
        if path.partition(".")[0] in found and getattr(sys.modules.get(path), "__name__", "") == path:
            found[path] = sys.modules[path]
        if isinstance(found.get(owner), ModuleType) and is_of_user(found[owner]):
            found[owner] = OwnFile(found[owner], [])
        if not isinstance(found.get(owner), OwnFile):
            continue
        value = getattr(found[owner].module, attribute, None)
        if isinstance(value, ModuleType) and is_of_user(value):
            found[path] = OwnFile(value, [])
        else:
            found[owner].names.append(attribute)
    return found


def _is_named(scope: Mapping[str, Any], name: str) -> bool:
    return not name.startswith("__") and scope[name] is not vars(builtins).get(name, scope)
