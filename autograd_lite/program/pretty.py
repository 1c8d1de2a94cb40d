"""Python code laid out as a person would: the text, parsed, is the syntax tree that it was made from.

Expressions become documents, as in P. Wadler, "A prettier printer" (1998): a group stands on one line, or is broken at
each of its own breaks, all of which are in brackets. Statements are those of `ast.unparse` around their expressions.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

WIDTH = 99  # of the lines that are written
_SHORT = 30  # of arguments of a method, and of an index, that stay on one line
_HOLE = "\0"  # stands in no text that `ast.unparse` writes


def unparse(tree: ast.AST, *, indent: int = 0, width: float = WIDTH) -> str:
    """Return the text of an expression, or of a statement, in lines of at most ``width`` where that can be."""
    if isinstance(tree, ast.expr):
        return _layout([(indent, _at(tree))], width)
    frame = _Frame()
    lines = ast.unparse(frame.around(tree)).split("\n")
    pieces: list[tuple[int, Doc]] = []
    for i, line in enumerate(lines):
        margin = indent + len(line) - len(line.lstrip())
        texts = (("\n" if i else "") + " " * (indent if line else 0) + line).split(_HOLE)
        pieces += [(margin, frame.docs[int(text)] if hole % 2 else text) for hole, text in enumerate(texts)]
    return _layout(pieces, width)


# Documents


class Break(NamedTuple):
    """What stands there if its group is on one line; else a line break, with text in front of it and behind it."""

    flat: str = ""
    before: str = ""
    after: str = ""
    back: int = 0
    """By how much the next line is indented less than the group."""


class Group(NamedTuple):
    """What stands on one line if it fits there; else the lines after the first are indented."""

    body: Doc
    indent: int = 0


_SPACE = Break(" ")
Doc = str | list["Doc"] | Break | Group
Pending = list[tuple[int, bool, Doc]]  # indentation, whether breaks are line breaks, and what is to be written


def _layout(pieces: Sequence[tuple[int, Doc]], width: float) -> str:
    """Write documents one behind the other, each with its indentation."""
    written: list[str] = []
    column = 0
    pending: Pending = [(indent, math.isfinite(width), doc) for indent, doc in reversed(pieces)]
    while pending:
        indent, broken, doc = pending.pop()
        if isinstance(doc, list):
            pending += [(indent, broken, part) for part in reversed(doc)]
        elif isinstance(doc, Group):
            broken = broken and not _fits(width - column, [*pending, (0, False, doc.body)])
            pending.append((indent + doc.indent, broken, doc.body))
        else:
            if isinstance(doc, Break):
                doc = f"{doc.before}\n{' ' * (indent - doc.back)}{doc.after}" if broken else doc.flat
            written.append(doc)
            column = len(doc) - doc.rfind("\n") - 1 if "\n" in doc else column + len(doc)
    return "".join(written)


def _fits(room: float, pending: Pending) -> bool:
    """Whether the line has room for what is pending, up to where it ends or could be broken."""
    while pending and room >= 0:
        _, broken, doc = pending.pop()
        if isinstance(doc, list):
            pending += [(0, broken, part) for part in reversed(doc)]
        elif isinstance(doc, Group):
            pending.append((0, broken, doc.body))
        elif isinstance(doc, Break) and broken:
            return len(doc.before) <= room
        else:
            line, end, _ = (doc.flat if isinstance(doc, Break) else doc).partition("\n")
            room -= len(line)
            if end:
                break
    return room >= 0


def _bracketed(opening: str, items: Sequence[Doc], closing: str, comma: str = ",", between: Doc = _SPACE) -> Doc:
    """Write items in brackets. Broken, each stands on its own line, with a comma behind the last one."""
    if not items:
        return opening + closing
    rest: list[Doc] = [part for item in items[1:] for part in (",", between, item)]
    return Group([opening, Break(), items[0], *rest, Break(before=comma, back=4), closing], 4)


def _together(doc: Doc) -> Doc:
    """Keep what is short on one line."""
    text = _layout([(0, doc)], math.inf)
    return text if len(text) < _SHORT else doc


# Expressions


class Shown(NamedTuple):
    """An expression as a document, with the rank of its outermost operator."""

    rank: int
    doc: Doc
    is_open: bool = False
    """Whether there are breaks outside of its brackets."""


_ANY, _TEST, _OR, _AND, _NOT, _COMPARE, _BITS, _SUM, _PRODUCT, _SIGN, _POWER, _NUMBER, _ATOM = range(0, 130, 10)
_OPERATORS: dict[type[ast.AST], tuple[int, str]] = {
    ast.Or: (_OR, "or"), ast.And: (_AND, "and"), ast.Not: (_NOT, "not "),
    ast.Eq: (_COMPARE, "=="), ast.NotEq: (_COMPARE, "!="), ast.Lt: (_COMPARE, "<"), ast.LtE: (_COMPARE, "<="),
    ast.Gt: (_COMPARE, ">"), ast.GtE: (_COMPARE, ">="), ast.Is: (_COMPARE, "is"), ast.IsNot: (_COMPARE, "is not"),
    ast.In: (_COMPARE, "in"), ast.NotIn: (_COMPARE, "not in"), ast.BitOr: (_BITS, "|"), ast.BitXor: (_BITS + 1, "^"),
    ast.BitAnd: (_BITS + 2, "&"), ast.LShift: (_BITS + 3, "<<"), ast.RShift: (_BITS + 3, ">>"),
    ast.Add: (_SUM, "+"), ast.Sub: (_SUM, "-"), ast.Mult: (_PRODUCT, "*"), ast.MatMult: (_PRODUCT, "@"),
    ast.Div: (_PRODUCT, "/"), ast.FloorDiv: (_PRODUCT, "//"), ast.Mod: (_PRODUCT, "%"), ast.Pow: (_POWER, "**"),
    ast.USub: (_SIGN, "-"), ast.UAdd: (_SIGN, "+"), ast.Invert: (_SIGN, "~"),
}  # fmt: skip


def _at(tree: ast.AST, rank: int = _TEST, *, in_brackets: bool = False) -> Doc:
    """Show an expression for a place where operators from a rank on need no brackets, in or outside of others."""
    show = _SHOW.get(type(tree))
    shown = show(tree) if show else Shown(_ANY, ast.unparse(tree))
    if shown.rank < rank:
        return _bracketed("(", [shown.doc], ")", comma="")
    if shown.is_open and not in_brackets:
        return Group([Break(before="("), shown.doc, Break(after=")", back=4)], 4)
    return Group(shown.doc)


def _items(trees: Iterable[ast.AST]) -> list[Doc]:
    return [_at(tree, in_brackets=True) for tree in trees]


def _bare(tree: ast.expr) -> Doc:
    """Show an expression for a place where a tuple on one line needs no brackets."""
    if not isinstance(tree, ast.Tuple) or len(tree.elts) < 2:
        return _at(tree)
    first, *others = _items(tree.elts)
    rest: list[Doc] = [part for item in others for part in (",", _SPACE, item)]
    return Group([Break(before="("), first, *rest, Break(before=",", after=")", back=4)], 4)


def is_name(tree: ast.expr) -> bool:
    """Whether an expression is a name, with dots or without: ``np.linalg.norm``."""
    return isinstance(tree, ast.Name) or (isinstance(tree, ast.Attribute) and is_name(tree.value))


def _is_simple(tree: ast.expr) -> bool:
    """Whether an expression is a name or a constant, with a sign or without."""
    tree = tree.operand if isinstance(tree, ast.UnaryOp) else tree
    return isinstance(tree, ast.Constant) or is_name(tree)


def _constant(node: ast.Constant) -> Shown:
    text = ast.unparse(node)
    if isinstance(node.value, str) and text == f"'{node.value}'" and '"' not in text:
        text = f'"{node.value}"'
    return Shown(_NUMBER if isinstance(node.value, (int, float, complex)) else _ATOM, text)


def _row(opening: str, items: Sequence[ast.expr], closing: str) -> Shown:
    """Show names and numbers with as many on a line as it has room for, and others each on its own line."""
    between: Doc = Group(_SPACE) if all(map(_is_simple, items)) else _SPACE
    return Shown(_ATOM, _bracketed(opening, _items(items), closing, between=between))


def _call(node: ast.Call) -> Shown:
    function, items = _at(node.func, _ATOM), [*node.args, *node.keywords]
    if len(items) == 1 and isinstance(items[0], ast.GeneratorExp):
        return Shown(_ATOM, [function, _at(items[0])])
    arguments = _bracketed("(", _items(items), ")")
    return Shown(_ATOM, [function, arguments if is_name(node.func) else _together(arguments)])


def _subscript(node: ast.Subscript) -> Shown:
    items = _items(node.slice.elts if isinstance(node.slice, ast.Tuple) and node.slice.elts else [node.slice])
    if isinstance(node.slice, ast.Tuple) and len(node.slice.elts) == 1:
        items = [[*items, ","]]
    return Shown(_ATOM, [_at(node.value, _ATOM), _together(_bracketed("[", items, "]", comma=""))])


def _dict(node: ast.Dict) -> Shown:
    pairs = zip(node.keys, node.values, strict=True)
    items: list[Doc] = [[_at(k), ": ", _at(v)] if k else ["**", _at(v, _BITS)] for k, v in pairs]
    return Shown(_ATOM, _bracketed("{", items, "}"))


def _slice(node: ast.Slice) -> Shown:
    lower, upper, step = ([_at(bound, _OR)] if bound else [] for bound in (node.lower, node.upper, node.step))
    return Shown(_TEST, [*lower, ":", *upper, *([":", *step] if step else [])])


def _binary(node: ast.BinOp) -> Shown:
    rank, sign = _OPERATORS[type(node.op)]
    if rank == _POWER:
        is_close = _is_simple(node.left) and _is_simple(node.right) and not isinstance(node.left, ast.UnaryOp)
        sign = sign if is_close else f" {sign} "
        return Shown(rank, [_at(node.left, _NUMBER), sign, _at(node.right, _SIGN)])
    left, others = node.left, [(node.op, node.right)]
    while isinstance(left, ast.BinOp) and _OPERATORS[type(left.op)][0] == rank:
        others.insert(0, (left.op, left.right))
        left = left.left
    return _chain(rank, _at(left, rank), others)


def _unary(node: ast.UnaryOp) -> Shown:
    rank, sign = _OPERATORS[type(node.op)]
    return Shown(rank, [sign, _at(node.operand, rank)])


def _boolean(node: ast.BoolOp) -> Shown:
    rank = _OPERATORS[type(node.op)][0]
    return _chain(rank, _at(node.values[0], rank + 1), [(node.op, value) for value in node.values[1:]])


def _chain(rank: int, first: Doc, others: Iterable[tuple[ast.AST, ast.expr]]) -> Shown:
    """Show operands of one rank, each but the first behind its operator."""
    signed = [[_SPACE, f"{_OPERATORS[type(op)][1]} ", _at(operand, rank + 1)] for op, operand in others]
    return Shown(rank, [first, *signed], is_open=True)


def _choice(node: ast.IfExp) -> Shown:
    condition, otherwise = ["if ", _at(node.test, _OR)], ["else ", _at(node.orelse)]
    return Shown(_TEST, [_at(node.body, _OR), _SPACE, condition, _SPACE, otherwise], is_open=True)


def _loop(node: ast.comprehension) -> Doc:
    conditions: list[Doc] = [part for test in node.ifs for part in (" if ", _at(test, _OR))]
    return [" async for " if node.is_async else " for ", _bare(node.target), " in ", _at(node.iter, _OR), *conditions]


_SHOW: dict[type[ast.AST], Callable[[Any], Shown]] = {
    ast.Name: lambda n: Shown(_ATOM, n.id),
    ast.Constant: _constant,
    ast.JoinedStr: lambda n: Shown(_ATOM, ast.unparse(n)),
    ast.Attribute: lambda n: Shown(_ATOM, [_at(n.value, _ATOM), f".{n.attr}"]),
    ast.Starred: lambda n: Shown(_TEST, ["*", _at(n.value, _BITS)]),
    ast.keyword: lambda n: Shown(_TEST, [f"{n.arg}=" if n.arg else "**", _at(n.value)]),
    ast.Call: _call,
    ast.Subscript: _subscript,
    ast.Slice: _slice,
    ast.Dict: _dict,
    ast.List: lambda n: _row("[", n.elts, "]"),
    ast.Tuple: lambda n: _row("(", n.elts, ")") if len(n.elts) != 1 else Shown(_ATOM, ["(", *_items(n.elts), ",)"]),
    ast.UnaryOp: _unary,
    ast.BinOp: _binary,
    ast.BoolOp: _boolean,
    ast.Compare: lambda n: _chain(_COMPARE, _at(n.left, _BITS), zip(n.ops, n.comparators, strict=True)),
    ast.IfExp: _choice,
    ast.Lambda: lambda n: Shown(_TEST, ast.unparse(n)),
    ast.ListComp: lambda n: Shown(_ATOM, ["[", _at(n.elt), *map(_loop, n.generators), "]"]),
    ast.GeneratorExp: lambda n: Shown(_ATOM, ["(", _at(n.elt), *map(_loop, n.generators), ")"]),
}
"""How kinds of expressions are shown; rarer ones stand in brackets as `ast.unparse` writes them."""


# Statements


class _Frame:
    """Takes the outermost expressions and the parameters out of statements, and leaves numbered holes."""

    def __init__(self) -> None:
        self.docs: list[Doc] = []
        self._bare: set[Any] = set()

    def around(self, node: Any) -> Any:
        """Return a statement, or a part of one, with holes."""
        if isinstance(node, list):
            return [self.around(part) for part in node]
        if isinstance(node, ast.expr):
            return ast.Name(self._hole(_bare(node) if node in self._bare else _at(node)))
        if isinstance(node, ast.arguments):
            parameters = list(_parameters(node))
            names = [ast.arg(self._hole(_bracketed("", parameters, "")))] if parameters else []
            return ast.arguments([], names, None, [], [], None, [])
        is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if is_docstring or not isinstance(node, ast.AST):
            return node
        if isinstance(node, (ast.Assign, ast.Return)):
            self._bare.update([*getattr(node, "targets", []), node.value])
        parts = {field: self.around(part) for field, part in ast.iter_fields(node)}
        return ast.copy_location(type(node)(**parts), node)

    def _hole(self, doc: Doc) -> str:
        self.docs.append(doc)
        return f"{_HOLE}{len(self.docs) - 1}{_HOLE}"


def _parameters(node: ast.arguments) -> Iterator[Doc]:
    """Yield the parameters of a function."""
    placed = list(zip_longest(reversed([*node.posonlyargs, *node.args]), reversed(node.defaults)))[::-1]
    yield from (_parameter(*pair) for pair in placed[: len(node.posonlyargs)])
    yield from ["/"] if node.posonlyargs else []
    yield from (_parameter(*pair) for pair in placed[len(node.posonlyargs) :])
    if node.vararg or node.kwonlyargs:
        yield ["*", _parameter(node.vararg) if node.vararg else ""]
    yield from map(_parameter, node.kwonlyargs, node.kw_defaults)
    yield from [["**", _parameter(node.kwarg)]] if node.kwarg else []


def _parameter(node: ast.arg, default: ast.expr | None = None) -> Doc:
    annotation: list[Doc] = [": ", _at(node.annotation)] if node.annotation else []
    return [node.arg, *annotation, *([" = " if annotation else "=", _at(default)] if default else [])]
