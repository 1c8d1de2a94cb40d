"""Functions written out where they are called: their definitions, and those of what they use in turn."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Collection
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from autograd_lite.core.op import Op
from autograd_lite.core.tensor import raw
from autograd_lite.program.render import literal, path

_OWN = __name__.partition(".")[0]


class Definitions:
    """The definitions of functions without what only this package needs, each in front of those that call it.

    Parameters
    ----------
    functions : dict from name to callable
    taken : collection of str
        Names of other values where the functions are called. A function of such a name gets an underscore.

    Attributes
    ----------
    names : dict from str to str
        What each function is called.
    imports : set of str
        Lines.
    constants, functions : list of statements
    """

    def __init__(self, functions: dict[str, Callable[..., Any]], taken: Collection[str]) -> None:
        self.imports: set[str] = set()
        self.constants: list[ast.Assign] = []
        self.functions: list[ast.FunctionDef] = []
        self._taken = set(taken)
        self._known: dict[tuple[int, str], str] = {}
        self.names = {name: self._define(function, name) for name, function in functions.items()}

    def _define(self, function: Callable[..., Any], wanted: str) -> str:
        """Write a function down, after those that it calls; return what it is called."""
        key = id(function), wanted
        if key not in self._known:
            tree = _plain_definition(function)
            tree.name = self._known[key] = self._unique(wanted)
            scope = {**function.__globals__, **inspect.getclosurevars(function).nonlocals}
            tree = _Resolver(scope).visit(tree)
            used = {name: self._use(name, scope[name], function) for name in _free_names(tree) if name in scope}
            self.functions.append(_Replacer(used).visit(tree))
        return self._known[key]

    def _use(self, name: str, held: Any, function: Callable[..., Any]) -> ast.expr:
        """Provide for what a function calls by a global name, and return how it is written."""
        if isinstance(held, Op):
            return path(held) if held.numpy is not None else ast.Name(self._define(held.forward, held.name))
        home = _home(held)
        if isinstance(held, ModuleType) and held.__spec__:
            self.imports.add(f"import {held.__name__}" + (f" as {name}" if name != held.__name__ else ""))
        elif home:
            own = held.__name__
            self.imports.add(f"from {home} import {own}" + (f" as {name}" if name != own else ""))
        elif isinstance(held, FunctionType):
            return ast.Name(held.__name__ if held is raw else self._define(held, held.__name__))
        elif isinstance(held, (int, float, complex, str, tuple, list, np.ndarray, np.generic)):
            return ast.Name(self._constant(name, held))
        else:
            raise NotImplementedError(
                f"{function.__name__}() cannot be written out, since it uses {name}, a {type(held).__name__}; "
                "it may use functions, modules, numbers and arrays"
            )
        return ast.Name(name)

    def _constant(self, name: str, held: Any) -> str:
        key = id(held), name
        if key not in self._known:
            self._known[key] = self._unique(name)
            self.constants.append(ast.Assign([ast.Name(self._known[key])], literal(held), lineno=0))
        return self._known[key]

    def _unique(self, name: str) -> str:
        while name in self._taken:
            name = f"_{name}"
        self._taken.add(name)
        return name


def _is_library(module: str) -> bool:
    """Whether code that stands alone may import a module: one of the standard library, or one that was installed."""
    home = module.partition(".")[0]
    if home in sys.stdlib_module_names:
        return home != "__main__"
    file = Path(getattr(sys.modules.get(home), "__file__", None) or "")
    return home != _OWN and not {"site-packages", "dist-packages"}.isdisjoint(file.parts)


def _home(held: Any) -> str | None:
    """Return the module of a library that something can be imported from by its name: of several, the plainest."""
    name = getattr(held, "__name__", None)
    if isinstance(held, ModuleType) or not isinstance(name, str):
        return None
    found = [m for m, module in list(sys.modules.items()) if getattr(module, "__dict__", {}).get(name) is held]
    return min(filter(_is_library, found), key=lambda m: ("._" in m or m[0] == "_", m.count("."), m), default=None)


def _free_names(tree: ast.FunctionDef) -> list[str]:
    """List the names that a function reads and does not bind."""
    names = [part for part in ast.walk(tree) if isinstance(part, ast.Name)]
    bound = {part.arg for part in ast.walk(tree) if isinstance(part, ast.arg)}
    bound |= {name.id for name in names if not isinstance(name.ctx, ast.Load)}
    return list(dict.fromkeys(name.id for name in names if name.id not in bound))


class _Resolver(ast.NodeTransformer):
    """Names what modules hold that written code cannot import by its own name: ``sigmoid`` for ``ag.sigmoid``."""

    def __init__(self, scope: dict[str, Any]) -> None:
        self.scope = scope

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        module = self.scope.get(node.value.id) if isinstance(node.value, ast.Name) else None
        if not isinstance(module, ModuleType) or _is_library(module.__name__) or not hasattr(module, node.attr):
            return node
        self.scope[node.attr] = getattr(module, node.attr)
        return ast.Name(node.attr, ast.Load())


class _Replacer(ast.NodeTransformer):
    """Puts the written forms of names in their places; calls of `raw`, which returns arrays as they are, go."""

    def __init__(self, used: dict[str, ast.expr]) -> None:
        self.used = used

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.used.get(node.id, node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        is_raw = isinstance(node.func, ast.Name) and node.func.id == "raw"
        return node.args[0] if is_raw else node


class _Unannotated(ast.NodeTransformer):
    """Drops annotations, and decorators."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self.generic_visit(node)
        node.decorator_list, node.returns = [], None
        node.args.args, node.args.posonlyargs = [*node.args.posonlyargs, *node.args.args], []
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return ast.arg(node.arg)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        return ast.Assign([node.target], node.value, lineno=0) if node.value else None


def _plain_definition(function: Callable[..., Any]) -> ast.FunctionDef:
    """Return the definition of a function without decorators and annotations, with one line of docstring."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    except (OSError, TypeError, SyntaxError):
        tree = ast.Pass()
    if not isinstance(tree, ast.FunctionDef):
        raise NotImplementedError(f"{function.__name__}() cannot be written out: there is no source of a def")
    tree = _Unannotated().visit_FunctionDef(tree)
    docstring = ast.get_docstring(tree)
    if docstring:
        tree.body[0] = ast.Expr(ast.Constant(docstring.splitlines()[0]))
    return tree
