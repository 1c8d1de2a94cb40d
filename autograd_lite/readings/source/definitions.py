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

from autograd_lite.core.ducks import beside
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
    taken : set of str
    """

    def __init__(self, functions: dict[str, Callable[..., Any]], taken: Collection[str]) -> None:
        self.imports: set[str] = set()
        self.constants: list[ast.Assign] = []
        self.functions: list[ast.FunctionDef] = []
        self.taken = set(taken)
        self._known: dict[tuple[int, str], str] = {}
        self._imported: dict[str, str] = {}
        self.names = {name: self._define(function, name) for name, function in functions.items()}

    def _define(self, function: Callable[..., Any], wanted: str) -> str:
        """Write a function down, after those that it calls; return what it is called."""
        key = id(function), wanted
        if key not in self._known:
            tree = _plain_definition(function, wanted)
            tree.name = self._known[key] = self._unique(wanted)
            scope = {**function.__globals__, **inspect.getclosurevars(function).nonlocals}
            self.functions.append(_Written(self, scope, tree, wanted).visit(tree))
        return self._known[key]

    def use(self, name: str, held: Any, user: str) -> ast.expr:
        """Provide for what a function calls by a name, and return how it is written."""
        if isinstance(held, Op):
            return path(held) if held.numpy is not None else ast.Name(self._define(held.forward, held.name))
        home = _home(held)
        if isinstance(held, ModuleType) and held.__spec__:
            return ast.Name(self.load(f"import {held.__name__}", held.__name__, name))
        if home:
            return ast.Name(self.load(f"from {home} import {held.__name__}", held.__name__, name))
        if isinstance(held, FunctionType):
            return ast.Name(held.__name__ if held in (raw, beside) else self._define(held, held.__name__))
        if isinstance(held, (int, float, complex, str, tuple, list, np.ndarray, np.generic)):
            return ast.Name(self._constant(name, held))
        raise NotImplementedError(
            f"{user}() cannot be written out, since it uses {name}, a {type(held).__name__}; "
            "it may use functions, modules, numbers and arrays"
        )

    def load(self, line: str, own: str, wanted: str) -> str:
        """Import something, and return what it is called."""
        while self._imported.setdefault(wanted, line) != line:
            wanted = f"_{wanted}"
        self.imports.add(line if wanted == own else f"{line} as {wanted}")
        return wanted

    def _constant(self, name: str, held: Any) -> str:
        key = id(held), name
        if key not in self._known:
            self._known[key] = self._unique(name)
            self.constants.append(ast.Assign([ast.Name(self._known[key])], literal(held), lineno=0))
        return self._known[key]

    def _unique(self, name: str) -> str:
        while name in self.taken:
            name = f"_{name}"
        self.taken.add(name)
        return name


def _is_library(module: str) -> bool:
    """Whether code that stands alone may import a module: one of the standard library, or one that was installed."""
    home = module.partition(".")[0]
    if home in sys.stdlib_module_names:
        return home != "__main__"
    file = Path(getattr(sys.modules.get(home), "__file__", None) or "")
    return home != _OWN and not {"site-packages", "dist-packages"}.isdisjoint(file.parts)


def _home(held: Any) -> str | None:
    """Return the module of a library that something can be imported from by its name: of several, the plainest.

    Where it says in which library it is defined, others that hold it too, as they happen to be loaded, do not count.
    """
    name = getattr(held, "__name__", None)
    if isinstance(held, ModuleType) or not isinstance(name, str):
        return None
    own = (getattr(held, "__module__", None) or "").partition(".")[0]
    holders = [m for m, module in list(sys.modules.items()) if getattr(module, "__dict__", {}).get(name) is held]
    found = [m for m in holders if not own or m.partition(".")[0] in (own, own.strip("_"))]
    return min(filter(_is_library, found), key=lambda m: ("._" in m or m[0] == "_", m.count("."), m), default=None)


class _Written(ast.NodeTransformer):
    """Puts what a function uses from outside into the form in which it is written: ``sigmoid`` for ``ag.sigmoid``.

    Calls of `raw` and `beside`, which return NumPy's arrays as they are, go.
    """

    def __init__(self, definitions: Definitions, scope: dict[str, Any], tree: ast.FunctionDef, user: str) -> None:
        self.definitions, self.scope, self.user = definitions, scope, user
        self.bound = {part.arg for part in ast.walk(tree) if isinstance(part, ast.arg)}
        names = (part for part in ast.walk(tree) if isinstance(part, ast.Name))
        self.bound |= {name.id for name in names if not isinstance(name.ctx, ast.Load)}

    def _module(self, node: ast.AST) -> ModuleType | None:
        """Return the module that a name stands for, with dots or without."""
        if isinstance(node, ast.Attribute):
            held = getattr(self._module(node.value), node.attr, None)
        else:
            held = self.scope.get(node.id) if isinstance(node, ast.Name) and node.id not in self.bound else None
        return held if isinstance(held, ModuleType) else None

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        module = self._module(node.value)
        if module and not _is_library(module.__name__) and hasattr(module, node.attr):
            name = f"_{node.attr}" if node.attr in self.bound else node.attr
            return self.definitions.use(name, getattr(module, node.attr), self.user)
        if module and "." in module.__name__ and module.__name__ == ast.unparse(node.value):
            self.definitions.imports.add(f"import {module.__name__}")
            return node
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        is_free = node.id in self.scope and node.id not in self.bound
        return self.definitions.use(node.id, self.scope[node.id], self.user) if is_free else node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        return node.args[-1] if name in ("raw", "beside") else node


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


def _plain_definition(function: Callable[..., Any], name: str) -> ast.FunctionDef:
    """Return the definition of a function without decorators and annotations, with one line of docstring."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    except (OSError, TypeError, SyntaxError):
        tree = ast.Pass()
    if not isinstance(tree, ast.FunctionDef):
        raise NotImplementedError(f"{name}() cannot be written out: there is no source of a def; define it by one")
    tree = _Unannotated().visit_FunctionDef(tree)
    docstring = ast.get_docstring(tree)
    if docstring:
        tree.body[0] = ast.Expr(ast.Constant(docstring.splitlines()[0]))
    return tree
