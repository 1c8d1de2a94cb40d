"""The user's functions that ran: their trees, what they could name at each statement, and edited code in them."""

from __future__ import annotations

import ast
import builtins
import linecache
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property, partial
from types import CodeType, FunctionType, MethodType
from typing import Any

import numpy as np

from autograd_lite.verification.repair.scope import Scope
from autograd_lite.verification.repair.syntax import place

FunctionTree = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Statement = ast.stmt | ast.expr
"""A statement, or the expression that a lambda returns."""
STAND_IN = "the value that a statement should have"


# --- functions


@dataclass(eq=False)
class Unit:
    """A function of the user's: its code, the function objects that run it, and its syntax tree within its file.

    Attributes
    ----------
    code : CodeType
    functions : list of function
    tree : FunctionTree
    outer : list of ast.ClassDef
        The classes that it is defined in, outermost first.
    """

    code: CodeType
    functions: list[FunctionType]
    tree: FunctionTree
    outer: list[ast.ClassDef]

    @property
    def name(self) -> str:
        """What the function is called."""
        return self.code.co_name

    @property
    def file(self) -> str:
        """Where its source is."""
        return self.code.co_filename

    @cached_property
    def lines(self) -> list[str]:
        """The lines of its file."""
        return linecache.getlines(self.file)

    @cached_property
    def statements(self) -> list[Statement]:
        """All its statements that are no compound ones, and the headers of those that are, in order."""
        if isinstance(self.tree, ast.Lambda):
            return [self.tree.body]
        return [s for s in _walk(self.tree) if not isinstance(s, (ast.FunctionDef, ast.ClassDef))]

    def at(self, line: int, column: int | None = None) -> Statement | None:
        """Return the innermost statement on a line, or at a column of it."""
        on_it = self._by_line.get(line, ())
        return next((s for s in reversed(on_it) if column is None or _holds(s, line, column)), None)

    @cached_property
    def shared(self) -> set[int]:
        """The lines on which there are several statements, or a header beside what it heads."""
        return {line for line, on_it in self._by_line.items() if len(on_it) > 1}

    @cached_property
    def _by_line(self) -> dict[int, list[Statement]]:
        found: dict[int, list[Statement]] = {}
        for s in self.statements:
            for line in range(s.lineno, _header_end(s) + 1):
                found.setdefault(line, []).append(s)
        return found

    def compiled(self, value: Any = None) -> CodeType:
        """Return the code of the tree as it is now, with the same free variables.

        The constant ``STAND_IN`` is the given value there: an array, or what is called.
        """
        tree = self.tree
        free = self.code.co_freevars
        inner: list[ast.stmt]
        if isinstance(tree, ast.Lambda):
            inner = [ast.Expr(tree)]
        else:
            names: list[ast.stmt] = [ast.Expr(ast.Name(x, ast.Load())) for x in free if x != "__class__"]
            unreached = [ast.If(ast.Constant(0), names, [])] if names else []
            inner = [type(tree)(tree.name, _without_defaults(tree.args), [*tree.body, *unreached], [], None)]
            inner[0].lineno = inner[0].col_offset = 1
        for owner in reversed(self.outer):
            inner = [ast.ClassDef(owner.name, [], [], inner, [])]
        bound = [ast.Assign([ast.Name(name, ast.Store())], ast.Constant(None)) for name in free if name != "__class__"]
        none = ast.arguments([], [], None, [], [], None, [])
        title = getattr(inner[0], "name", "")
        kept = [ast.Global([title])] if title and title not in free else []  # what calls itself calls what is there
        module = ast.Module([ast.FunctionDef("_outer", none, [*kept, *bound, *inner], [], None)], [])
        place(module, tree.lineno)
        code = next(c for c in _codes(compile(module, self.file, "exec")) if c.co_name == self.name)
        if set(code.co_freevars) != set(free):
            raise ValueError(f"the edited {self.name}() has other free variables")
        if value is None:
            return code
        return _with_value(code, value if callable(value) else np.array(value)[()])  # edited code may write to it


def units(ran: Mapping[CodeType, Sequence[Any]]) -> list[Unit]:
    """Return the functions of some code whose source can be read: nested ones belong to those that they are in.

    Parameters
    ----------
    ran : mapping from CodeType to what may hold the functions that run it
    """
    found = []
    for code, holders in ran.items():
        place = place_of(code)
        functions = list({id(f): f for holder in holders for f in _held(holder, code)}.values())
        if place is not None and functions:
            for node in ast.walk(place[0]):
                node.own = True  # type: ignore[attr-defined]
            found.append(Unit(code, functions, *place))
    return found


def _held(holder: Any, code: CodeType, depth: int = 3) -> Iterator[FunctionType]:
    """Yield the functions of some code that an object, a class, a namespace or another function holds."""
    if isinstance(holder, (MethodType, staticmethod, classmethod)):
        holder = holder.__func__
    if isinstance(holder, FunctionType):
        if holder.__code__ is code:
            yield holder
        if depth:
            enclosed = [cell.cell_contents for cell in holder.__closure__ or () if _is_filled(cell)]
            for x in (*enclosed, getattr(holder, "__wrapped__", None)):
                yield from _held(x, code, depth - 1)
    elif isinstance(holder, property):
        for x in (holder.fget, holder.fset):
            yield from _held(x, code, depth)
    elif isinstance(holder, partial):
        yield from _held(holder.func, code, depth)
    elif depth and isinstance(holder, dict):
        for x in list(holder.values()):
            if isinstance(x, (FunctionType, MethodType, staticmethod, classmethod, property, type, partial, dict)):
                yield from _held(x, code, depth - 1)
    elif depth and isinstance(holder, type):
        for base in holder.__mro__[:-1]:
            yield from _held(dict(vars(base)), code, depth)
    elif isinstance(holder, (list, tuple)) and depth:
        for x in holder:
            yield from _held(x, code, depth - 1)


@cache
def _parsed(file: str) -> ast.Module | None:
    try:
        return ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError):
        return None


def place_of(code: CodeType) -> tuple[FunctionTree, list[ast.ClassDef]] | None:
    """Return the tree of a function, and the classes around it."""
    module = _parsed(code.co_filename)
    if module is None or not module.body:
        return None
    lambdas = []
    for node, outer in _functions(module, []):
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        if first == code.co_firstlineno and getattr(node, "name", "<lambda>") == code.co_name:
            if not isinstance(node, ast.Lambda):
                return node, outer
            lambdas.append((node, outer))
    if len(lambdas) > 1:
        lambdas = [(n, o) for n, o in lambdas if _spans(n, code)][-1:]  # and the innermost of those in each other
    return lambdas[0] if lambdas else None


def _spans(node: ast.Lambda, code: CodeType) -> bool:
    places = [p for p in code.co_positions() if (p[0] and p[2] and p[1] != p[0]) or p[2]]
    ends = [(p[0], p[2]) for p in places if p[0] is not None and p[2] is not None]
    first, last = (node.body.lineno, node.body.col_offset), (node.body.end_lineno or 0, node.body.end_col_offset or 0)
    return bool(ends) and all(first <= (line or 0, column or 0) <= last for line, column in ends)


def _functions(node: ast.AST, outer: list[ast.ClassDef]) -> Iterator[tuple[FunctionTree, list[ast.ClassDef]]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            yield child, outer
            yield from _functions(child, [])
        else:
            yield from _functions(child, [*outer, child] if isinstance(child, ast.ClassDef) else outer)


def _codes(code: CodeType) -> Iterator[CodeType]:
    for c in code.co_consts:
        if isinstance(c, CodeType):
            yield c
            yield from _codes(c)


def _with_value(code: CodeType, value: Any) -> CodeType:
    def put(c: Any) -> Any:
        if isinstance(c, CodeType):
            return _with_value(c, value)
        if type(c) is tuple:  # of constants, folded by the compiler
            return tuple(map(put, c))
        return value if type(c) is str and c == STAND_IN else c

    return code.replace(co_consts=tuple(map(put, code.co_consts)))


def _without_defaults(args: ast.arguments) -> ast.arguments:
    """Return parameters without what belongs to the function object."""

    def bare(a: ast.arg) -> ast.arg:
        return ast.arg(a.arg)

    none = ast.Constant(None)
    return ast.arguments(
        [bare(a) for a in args.posonlyargs],
        [bare(a) for a in args.args],
        bare(args.vararg) if args.vararg else None,
        [bare(a) for a in args.kwonlyargs],
        [none if d is not None else None for d in args.kw_defaults],
        bare(args.kwarg) if args.kwarg else None,
        [none for _ in args.defaults],
    )


def _walk(node: ast.AST) -> Iterator[ast.stmt]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            yield child
            yield from _walk(child)
        elif isinstance(child, (ast.ExceptHandler, ast.match_case)):
            yield from _walk(child)


def _holds(s: Statement, line: int, column: int) -> bool:
    end = s.end_lineno or s.lineno, s.end_col_offset or 0
    return (s.lineno, s.col_offset) <= (line, column) < end


def _header_end(s: Statement) -> int:
    body = getattr(s, "body", None)
    end = body[0].lineno - 1 if isinstance(body, list) and body else s.end_lineno
    return max(s.lineno, end or s.lineno)


def scope_of(unit: Unit, locals: Sequence[Mapping[str, Any]], called: set[CodeType]) -> Scope:
    """Return what a function may name, with these variables; of the user's functions only those that were called."""
    function = unit.functions[0]
    fixed: dict[str, Any] = {}
    for name in _names(unit.code):
        if name in function.__globals__:
            fixed[name] = function.__globals__[name]
        elif hasattr(builtins, name):
            fixed[name] = getattr(builtins, name)
    fixed |= {name: x for name, x in function.__globals__.items() if x is np}
    enclosed = zip(unit.code.co_freevars, function.__closure__ or (), strict=True)
    fixed |= {name: cell.cell_contents for name, cell in enclosed if _is_filled(cell)}
    candidates = {**function.__globals__, **fixed}
    others = called - {unit.code}
    functions = {n: x for n, x in candidates.items() if type(x) is FunctionType and x.__code__ in others}
    return Scope(locals, fixed, functions)


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:
        return False


def _names(code: CodeType) -> set[str]:
    return set(code.co_names).union(*map(_names, (c for c in code.co_consts if isinstance(c, CodeType))))


# --- edited code in the place of what was given


@contextmanager
def running(unit: Unit, code: CodeType, before: CodeType) -> Iterator[None]:
    """Let the functions run other code meanwhile, and what they ran before afterwards."""
    try:
        for f in unit.functions:
            f.__code__ = code
        yield
    finally:
        for f in unit.functions:
            f.__code__ = before
