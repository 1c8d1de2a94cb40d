"""A statement of the hand, what it can name, and what its expressions hold, with an edit or without."""

from __future__ import annotations

import ast
import builtins
import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Any

import numpy as np

from autograd_lite.verification.repair.names import Path, is_number, lengths, paths
from autograd_lite.verification.repair.rewriting import REDUCTIONS
from autograd_lite.verification.repair.scope import FAILED, Scope
from autograd_lite.verification.repair.source import Statement, Unit
from autograd_lite.verification.repair.syntax import number_of

ENTRIES = 40
"""So many names of one scope are tried at most."""
SCALARS = 8
"""So many numbers of these."""
FACTORS = 8
"""So many names are tried in pairs."""
LARGEST = 10**7
"""An expression of two operands makes no array larger than this."""

_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow, ast.MatMult: operator.matmul,
    ast.BitAnd: operator.and_, ast.BitOr: operator.or_, ast.BitXor: operator.xor,
    ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Invert: operator.inv, ast.Not: operator.not_,
    ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Lt: operator.lt, ast.LtE: operator.le,
    ast.Eq: operator.eq, ast.NotEq: operator.ne,
}  # fmt: skip
_PURE = frozenset((
    "len", "range", "sum", "abs", "float", "int", "min", "max", "zip", "enumerate", "reversed", "list", "tuple",
))  # fmt: skip
_WRITES = frozenset((
    "sort", "fill", "resize", "put", "itemset", "setflags", "partition", "byteswap", "at", "copyto", "pop", "add",
))  # fmt: skip


@dataclass(eq=False)
class Site:
    """A statement, and what it can name."""

    unit: Unit
    statement: Statement
    scope: Scope
    visits: int = 1

    def __post_init__(self) -> None:
        self._values: dict[ast.AST, Any] = {}
        self._edited: set[ast.AST] = set()
        self._texts: dict[ast.AST, str] = {}

    # --- values

    def value(self, node: ast.expr) -> Any:
        """Return the value of an expression that changes nothing, at the point; ``FAILED`` where it has none.

        Those of parts that were not edited are remembered.
        """
        self._find_edits()
        with np.errstate(all="ignore"):
            return self._value(node)

    def array(self, node: ast.expr) -> Any:
        """Return the value of an expression where it is a number or an array of them, else None."""
        value = self.value(node)
        return value if is_number(value) else None

    def kind(self, node: ast.expr) -> str:
        """Return the kind of an expression's numbers, as dtypes have it; "" where it has none."""
        value = self.array(node)
        return "" if value is None else np.asarray(value).dtype.kind

    @cached_property
    def _links(self) -> list[tuple[Any, Any, ast.AST, ast.AST]]:
        """Each part of the statement: in which fields or list it stands, by which key, and its parent."""
        found: list[tuple[Any, Any, ast.AST, ast.AST]] = []
        for node in ast.walk(self.statement):
            for field, x in ast.iter_fields(node):
                if isinstance(x, ast.AST):
                    found.append((vars(node), field, x, node))
                elif isinstance(x, list):
                    found += [(x, i, child, node) for i, child in enumerate(x) if isinstance(child, ast.AST)]
        return found

    @cached_property
    def _parents(self) -> dict[ast.AST, ast.AST]:
        return {self.statement: self.statement} | {child: parent for *_, child, parent in self._links}

    def _find_edits(self) -> None:
        """Note below which nodes something else stands now."""
        self._edited.clear()
        for held, key, child, parent in self._links:
            if held[key] is not child:
                while parent not in self._edited:
                    self._edited.add(parent)
                    parent = self._parents[parent]

    def _is_as_it_was(self, node: ast.AST) -> bool:
        return node in self._parents and node not in self._edited

    def stores_to(self, parent: ast.AST, field: str) -> bool:
        """Whether a part of what the statement stores to stands there."""
        return parent in self._targets or (parent is self.statement and field in ("target", "targets"))

    @cached_property
    def _targets(self) -> set[ast.AST]:
        s = self.statement
        targets = s.targets if isinstance(s, ast.Assign) else [s.target] if isinstance(s, ast.AugAssign) else []
        return {n for target in targets for n in ast.walk(target)}

    def _value(self, node: ast.expr) -> Any:
        is_as_it_was = self._is_as_it_was(node)
        if is_as_it_was and node in self._values:
            return self._values[node]
        try:
            value = self._computed(node)
        except Exception:
            value = FAILED
        if is_as_it_was:
            self._values[node] = value
        return value

    def _computed(self, node: Any) -> Any:
        """Return the value of an expression from those of its parts."""
        match node:
            case ast.Name():
                return self._named(node.id)
            case ast.Constant():
                return node.value
            case ast.BinOp():
                return self._operated(_OPERATORS[type(node.op)], node.left, node.right)
            case ast.UnaryOp():
                return self._operated(_OPERATORS[type(node.op)], node.operand)
            case ast.Compare(ops=[op]) if type(op) in _OPERATORS:
                return self._operated(_OPERATORS[type(op)], node.left, node.comparators[0])
            case ast.Attribute():
                return self._operated(lambda x: getattr(x, node.attr), node.value)
            case ast.Subscript():
                return self._operated(operator.getitem, node.value, node.slice)
            case ast.Tuple() | ast.List():
                return self._operated(lambda *x: list(x) if isinstance(node, ast.List) else x, *node.elts)
            case ast.Slice():
                parts = (node.lower, node.upper, node.step)
                return self._operated(slice, *(ast.Constant(None) if p is None else p for p in parts))
            case ast.Call(keywords=keywords) if self.is_harmless(node):
                names = [str(k.arg) for k in keywords]

                def called(f: Any, *args: Any) -> Any:
                    return f(*args[: len(node.args)], **dict(zip(names, args[len(node.args) :], strict=True)))

                return self._operated(called, node.func, *node.args, *(k.value for k in keywords))
        return self.scope.first(node) if self._is_pure(node) else FAILED

    def _operated(self, f: Callable[..., Any], *operands: ast.expr) -> Any:
        values = [self._value(node) for node in operands]
        if any(x is FAILED for x in values):
            return FAILED
        if len(values) == 2 and getattr(values[0], "size", 1) * getattr(values[1], "size", 1) > LARGEST:
            shapes = [np.shape(x) for x in values]
            if f is not operator.matmul and np.prod(np.broadcast_shapes(*shapes)) > LARGEST:
                return FAILED
        return f(*values)

    def _named(self, name: str) -> Any:
        for names in (self.scope.locals[0], self.scope.functions, self.scope.fixed):
            if name in names:
                return names[name]
        return getattr(builtins, name, FAILED)

    def _is_pure(self, tree: ast.expr) -> bool:
        """Whether an expression calls nothing that may change something."""
        forbidden = (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom, ast.Starred)
        return all(
            self.is_harmless(n) if isinstance(n, ast.Call) else not isinstance(n, forbidden) for n in ast.walk(tree)
        )

    def is_harmless(self, node: ast.Call) -> bool:
        """Whether a call changes nothing, as what it calls goes."""
        f = node.func
        if any(k.arg is None or k.arg == "out" for k in node.keywords) or any(
            isinstance(a, ast.Starred) for a in node.args
        ):
            return False
        if isinstance(f, ast.Name):
            return f.id in _PURE or f.id in self.scope.functions or _is_numpys(self.scope.fixed.get(f.id))
        if isinstance(f, ast.Attribute) and f.attr not in _WRITES and not f.attr.startswith("_"):
            base = self._value(f.value)
            return base is np or base is np.linalg or isinstance(base, (np.ndarray, np.generic)) or _is_numpys(base)
        return False

    # --- names

    @cached_property
    def numpy(self) -> str:
        """What NumPy is called here."""
        return next((name for name, x in self.scope.fixed.items() if x is np), "np")

    def is_module(self, node: ast.expr) -> bool:
        """Whether an expression is a module."""
        return isinstance(self.value(node), ModuleType)

    @cached_property
    def names(self) -> list[Path]:
        """The numbers and arrays that can be named, variables first."""
        read = {n.id for s in self.unit.statements for n in ast.walk(s) if isinstance(n, ast.Name)}
        near = Scope(self.scope.locals, {k: x for k, x in self.scope.fixed.items() if k in read}, {})
        return paths(near, ast.unparse(self.statement))[:ENTRIES]

    @cached_property
    def scalars(self) -> list[Path]:
        """The numbers that can be named, and the lengths of arrays."""
        found = [n for n in self.names if np.ndim(n.value) == 0 and np.asarray(n.value).dtype.kind in "fiu"]
        held = {float(n.value) for n in found}
        sizes = {n.value: n for n in reversed(lengths(self.names).values()) if n.value > 1 and n.value not in held}
        return [n for n in found if n.value not in (0, 1, -1)][:SCALARS] + list(reversed(sizes.values()))

    @property
    def heads(self) -> list[ast.AST]:
        """What the statement stores or returns, each part of it where these are several."""
        value = getattr(self.statement, "value", None)
        return list(value.elts) if isinstance(value, ast.Tuple) else [value] if isinstance(value, ast.AST) else []

    def alike(self, value: Any) -> list[Path]:
        """Return the names of the same shape and kind as a value."""
        kind = np.asarray(value).dtype.kind
        return [n for n in self.names if np.shape(n.value) == np.shape(value) and n.kind == kind]

    # --- letters

    def takes(self, letter: str, node: ast.expr) -> bool:
        """Whether a letter of a pattern may stand for an expression."""
        return TAKES[letter](self, node)

    def choices(self, letter: str, node: ast.expr) -> list[ast.expr]:
        """Return what may be put for a letter, beside an expression."""
        value = self.value(node)
        key = letter, np.shape(value) if is_number(value) else None, self.kind(node)
        if key not in self._choices:
            self._choices[key] = [(n.tree, n.text) for n in CHOICES[letter](self, value)] if key[1] is not None else []
        inside = self._inside(node) if letter in "no" else {self._text(node)} if letter in "stm" else ()
        return [tree for tree, text in self._choices[key] if text not in inside]

    def _inside(self, node: ast.expr) -> set[str]:
        """Return the names in an expression."""
        return {self._text(n) for n in ast.walk(node) if isinstance(n, (ast.Name, ast.Attribute, ast.Subscript))}

    def _text(self, node: ast.expr) -> str:
        text = self._texts.get(node) if self._is_as_it_was(node) else None
        if text is None:
            text = self._texts[node] = ast.unparse(node)
        return text

    @cached_property
    def _choices(self) -> dict[Any, list[tuple[ast.expr, str]]]:
        return {}


def _is_numpys(x: Any) -> bool:
    return getattr(x, "__module__", "") in ("numpy", "numpy.linalg") or isinstance(x, np.ufunc)


# --- what letters stand for


def _is_transpose(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "T"


def _is_read(node: Any, *types: type[ast.expr]) -> bool:
    return isinstance(node, types) and not _is_transpose(node) and isinstance(getattr(node, "ctx", _LOAD), ast.Load)


def _is_function(site: Site, node: ast.expr) -> bool:
    """Whether it is no method that is called, and no length."""
    is_numpys = isinstance(node, ast.Attribute) and site.is_module(node.value)
    return is_numpys or (isinstance(node, ast.Name) and node.id not in ("len", "range", "float", "int"))


def _rank(site: Site, node: ast.expr) -> int:
    return np.ndim(site.array(node))


_LOAD = ast.Load()
_N, _A, _S, _C = ast.Name, ast.Attribute, ast.Subscript, ast.Call
TAKES: dict[str, Callable[[Site, ast.expr], bool]] = {
    "a": lambda site, x: True,
    "b": lambda site, x: True,
    "w": lambda site, x: True,
    "p": lambda site, x: not _is_transpose(x) and _rank(site, x) != 1,
    "q": lambda site, x: not _is_transpose(x) and _rank(site, x) != 1,
    "V": lambda site, x: number_of(x) != 1,
    # by their values
    "x": lambda site, x: number_of(x) is None and not isinstance(x, ast.UnaryOp) and site.array(x) is not None,
    "y": lambda site, x: not isinstance(x, ast.Constant) and site.kind(x) in ("f", "c"),
    "z": lambda site, x: site.kind(x) in ("f", "c") and _rank(site, x) > 0,
    "i": lambda site, x: site.kind(x) in ("i", "u"),
    "u": lambda site, x: _rank(site, x) == 1,
    "v": lambda site, x: _rank(site, x) == 1,
    "M": lambda site, x: _rank(site, x) > 1 and not _is_transpose(x),
    # by how they are written, too
    "A": lambda site, x: _is_read(x, _N, _A, _S) and site.array(x) is not None,
    "N": lambda site, x: _is_read(x, _N) and site.array(x) is not None,
    "e": lambda site, x: _is_read(x, _N, _A) and site.kind(x) == "f",
    "h": lambda site, x: _is_read(x, _N, _A, _S, _C) and site.kind(x) == "f",
    "l": lambda site, x: _is_read(x, _N, _A) and _rank(site, x) == 1,
    "B": lambda site, x: _is_read(x, _N, _A, _S) and _rank(site, x) > 0,
    "R": lambda site, x: _is_read(x, _N, _A, _C) and _rank(site, x) > 0,
    "D": lambda site, x: _is_read(x, _N) and site.kind(x) in ("i", "u") and _rank(site, x) == 0,
    "W": lambda site, x: _is_read(x, _N, _A) and _rank(site, x) > 1,
    "E": lambda site, x: isinstance(x, (_N, _A)) and _rank(site, x) > 1,
    "C": lambda site, x: not isinstance(x, (_N, _A)) and _rank(site, x) > 1,
    "L": lambda site, x: x is getattr(site.statement, "iter", None) and isinstance(site.value(x), (list, tuple)),
    "H": lambda site, x: x in site.heads and site.kind(x) in ("f", "c"),
    "c": lambda site, x: type(getattr(x, "value", None)) in (int, float),
    "d": lambda site, x: type(d := getattr(x, "value", None)) is float or (type(d) is int and d not in (0, 1)),
    # what is called
    "F": lambda site, x: _is_function(site, x),
    "G": lambda site, x: _is_read(x, _N) and x.id in site.scope.functions,  # type: ignore[attr-defined]
    "S": lambda site, x: getattr(x, "attr", getattr(x, "id", "")) in REDUCTIONS,
}
"""What a letter of a pattern takes."""


def _broadcast(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(shape, to) == to
    except ValueError:
        return False


def _others(site: Site, x: Any) -> list[Path]:
    """Return the names of as many axes, but of another shape."""
    return [n for n in site.names if np.ndim(n.value) == np.ndim(x) and np.shape(n.value) != np.shape(x)]


def _turned(site: Site, x: Any) -> list[Path]:
    """Return the matrices whose transpose has the shape of a value."""
    found = (n for n in site.names if np.ndim(n.value) == np.ndim(x) == 2)
    return [n for n in found if np.shape(n.value) == np.shape(x)[::-1]]


def _factors(site: Site, x: Any) -> list[Path]:
    """Return the names that a value can be multiplied with and keep its shape."""
    return [n for n in site.names if np.ndim(n.value) and _broadcast(np.shape(n.value), np.shape(x))]


def _measured(found: list[Path]) -> list[Path]:
    return [n for n in found if n.kind == "f"]


def _numbered(numbers: Iterable[int]) -> list[Path]:
    return [Path(str(k), [k]) for k in numbers]


CHOICES: dict[str, Callable[[Site, Any], list[Path]]] = {
    "s": lambda site, x: site.scalars,
    "t": lambda site, x: _measured(site.scalars),
    "n": Site.alike,
    "o": _others,
    "r": _turned,
    "m": _factors,
    "f": lambda site, x: _measured(_factors(site, x) if np.ndim(x) else site.scalars),
    "g": lambda site, x: [Path(name, [f]) for name, f in site.scope.functions.items()],
    "h": lambda site, x: _measured([n for n in site.names if not np.ndim(n.value)])[:FACTORS],
    "l": lambda site, x: site.alike(x)[:FACTORS],
    "i": lambda site, x: site.alike(x)[:FACTORS],
    "k": lambda site, x: _numbered(range(np.ndim(x))),
    "j": lambda site, x: _numbered(range(1, np.ndim(x))),
}
"""What a letter goes through that stands in a result alone."""
