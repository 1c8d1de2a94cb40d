"""Simpler expressions: what a person would not write is left out, the rest is put as a person would put it.

What the user wrote keeps its spelling but for trivial steps (``0 + x``, ``1 * x``). What the derivative rules wrote is
tidied: numbers come together in front, minus signs move out, nothing is stretched that broadcasts by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from autograd_lite.core.op import Op
from autograd_lite.core.shapes import Shape
from autograd_lite.ops import table
from autograd_lite.program.expressions import Expressions, Node, own_name, uniform

_TRANSPOSES = ("transpose", "matrix_transpose")

Rule = Callable[[Expressions, tuple[Node, ...], dict[str, Any], Any], Node | None]
Factor = tuple[Node, bool]
Term = tuple[Fraction, Node | None]

_LARGEST = 10**6  # numerator and denominator of a number that is written as a fraction
_PLAIN = 60  # the same, where there is a short divisor
_SHORT = 6  # characters of a number that is rather written with a point than as a fraction
_ROOM = 16  # factors or terms that are put in order together


def simplify(e: Expressions, op: Op, args: tuple[Node, ...], params: dict[str, Any], value: Any) -> Node | None:
    """Return a simpler node than this op of these arguments, or None."""
    all_rules = (_TRIVIAL,) if e.verbatim else (_TRIVIAL, _TIDY)
    if not e.verbatim and op.elementwise:
        narrow = _narrow(e, op, args, params, value)
        if narrow is not None:
            return narrow
    name = own_name(op)
    for rule in (rules[name] for rules in all_rules if name in rules):
        simpler = rule(e, args, params, value)
        if simpler is not None and simpler.shape == np.shape(value) and simpler.dtype == np.asarray(value).dtype:
            return simpler
    return None


# Stretching


def _narrow(e: Expressions, op: Op, args: tuple[Node, ...], params: dict[str, Any], value: Any) -> Node | None:
    """Apply an elementwise op before its arguments are stretched, not after: most of the time that is not needed."""
    sources = tuple(_unstretched(e, node, args) for node in args)
    if sources == args or np.size(value) == 0:
        return None
    shape, narrow = np.shape(value), np.broadcast_shapes(*(node.shape for node in sources))
    if narrow == shape:
        return e.apply(op, sources, params, value)
    cut = (0,) * (len(shape) - len(narrow)) + tuple(slice(0, 1) if n == 1 else slice(None) for n in narrow)
    return e.call("broadcast_to", e.apply(op, sources, params, value[cut]), value=value, shape=shape)


def _unstretched(e: Expressions, node: Node, args: tuple[Node, ...] = ()) -> Node:
    """Return what broadcasts to a node: the number that fills it, the array that it stretches."""
    if node.made_by("broadcast_to") or (adds_axes(node) and _only_leads(node.args[0].shape, node.shape)):
        return node.args[0]
    number = uniform(node)
    if number is None or not node.shape:
        return node
    others = [other.kind for other in args if other is not node]
    plain = number.item()  # which has no dtype beside arrays
    return e.constant(plain if np.result_type(*others, plain) == np.result_type(*others, node.dtype) else number)


def adds_axes(node: Node) -> bool:
    """Whether a node is another with more axes."""
    if node.made_by("reshape"):
        return len(node.shape) > len(node.args[0].shape)
    return node.made_by("expand_dims") or (node.made_by("getitem") and _is_whole(node.params["index"]))


def _only_leads(before: Shape, after: Shape) -> bool:
    """Whether a reshape only adds axes of length 1 in front."""
    return after == (1,) * (len(after) - len(before)) + before


def _broadcast_to(e: Expressions, args: tuple[Node, ...], params: dict[str, Any], value: Any) -> Node | None:
    source = _unstretched(e, args[0], args)
    return e.call("broadcast_to", source, value=value, shape=np.shape(value)) if source is not args[0] else None


# Products: a number, and a row of factors and divisors


def _fraction(node: Node) -> Fraction | None:
    """Return an unnamed real number as the fraction that a person would have meant; None for anything else."""
    number = None if node.shape else uniform(node)
    if number is None or np.iscomplexobj(number) or not np.isfinite(number):
        return None
    exact = Fraction(float(number))
    short = exact.limit_denominator(_LARGEST)
    return short if float(short) == float(number) else exact


def factors_of(node: Node, room: int = _ROOM) -> tuple[Fraction, list[Factor]]:
    """Take a product apart: its number, and its factors (False) and divisors (True) from left to right."""
    number = _fraction(node)
    if number is not None:
        return number, []
    if room < 2 or not node.made_by("multiply", "divide", "negative"):
        return Fraction(1), [(node, False)]
    n, first = factors_of(node.args[0], room - 1)
    if node.made_by("negative"):
        return -n, first
    if node.made_by("divide"):
        divisor = _fraction(node.args[1])
        return (n / divisor, first) if divisor else (n, [*first, (node.args[1], True)])
    m, last = factors_of(node.args[1], room - len(first))
    return n * m, [*first, *last]


def product_of(e: Expressions, number: Fraction, factors: list[Factor]) -> Node:
    """Write a product: ``-x``, ``x / 6``, ``2 * x * y / z``."""
    if not factors:
        return e.constant(float(number))
    if number < 0 and e.readable:
        return e.make("negative", product_of(e, -number, factors))
    for i, (node, divides) in enumerate(factors):
        if node.made_by("masked", "where") and not divides and (len(factors) > 1 or number != 1):
            last = _fraction(node.args[-1])
            if last and (node.made_by("masked") or uniform(node.args[1]) == 0):
                chosen = product_of(e, number * last, factors[:i] + factors[i + 1 :])
                return e.make(node.op.name if node.op else "", *node.args[:-1], chosen)
    if not e.readable:
        return _grouped(e, number, factors)
    first = next((i for i, (_, divides) in enumerate(factors) if not divides), None)
    if first is not None:
        factors = [factors[first], *factors[:first], *factors[first + 1 :]]
    if [divides for _, divides in factors] == [False, False] and (outer := _outer(e, factors[0][0], factors[1][0])):
        factors = [(outer, False)]
    n, d = number.numerator, number.denominator
    times, over = float(number), float(1 / number)
    if n != 1 and d != 1 and len(repr(times)) <= _SHORT:
        return _row(e, times, factors)
    short = n != 1 and d != 1 and len(repr(over)) <= _SHORT
    if max(n, d) > (_PLAIN if short else _LARGEST):
        was_divisor = Fraction(over) == 1 / number and Fraction(times) != number
        return _row(e, 1.0, [*factors, (e.constant(over), True)]) if short or was_divisor else _row(e, times, factors)
    return _row(e, float(n), [*factors, (e.constant(float(d)), True)] if d != 1 else factors)


def without_number(e: Expressions, node: Node, factors: list[Factor]) -> Node | None:
    """Return a product without its number; None where that had a say in the dtype: double beside single precision."""
    rest = product_of(e, Fraction(1), factors)
    return rest if rest.dtype == node.dtype else None


def _row(e: Expressions, number: float, factors: list[Factor]) -> Node:
    """Multiply and divide from left to right."""
    product = e.constant(number) if number != 1 or not factors or factors[0][1] else None
    for node, divides in factors:
        product = node if product is None else e.make("divide" if divides else "multiply", product, node)
    return product or e.constant(number)


def _grouped(e: Expressions, number: Fraction, factors: list[Factor]) -> Node:
    """Multiply numbers and arrays apart, small arrays first: then a large array meets one number."""
    scalars = [factor for factor in factors if not factor[0].shape]
    arrays = sorted([factor for factor in factors if factor[0].shape], key=lambda factor: np.size(factor[0].value))
    if not arrays:
        return _row(e, float(number), scalars)
    given = next((i for i, (x, divides) in enumerate(arrays) if x.constant and not (x.name or divides)), None)
    if given is not None and number != 1:
        scaled = e.make("multiply", arrays[given][0], e.constant(float(number)))
        arrays[given], number = (e.constant(scaled.value), False), Fraction(1)
    first = next((i for i, (_, divides) in enumerate(arrays) if not divides), 0)
    product = _row(e, 1.0, [arrays[first], *arrays[:first], *arrays[first + 1 :]])
    if scalars:
        return e.make("multiply", product, _row(e, float(number), scalars))
    if number == -1:
        return e.make("negative", product)
    if number.numerator == 1:
        return product if number == 1 else e.make("divide", product, e.constant(float(number.denominator)))
    return e.make("multiply", product, e.constant(float(number)))


def _outer(e: Expressions, x: Node, y: Node) -> Node | None:
    """Write a column times a row as the outer product."""
    for column, row in ((x, y), (y, x)):
        if adds_axes(column) and column.shape[1:] == (1,) and len(row.shape) == 1:
            source = column.args[0]
            if source.shape == column.shape[:1]:
                return e.make("outer", source, row)
    return None


# Sums: a row of terms, each with a number


def _terms(e: Expressions, node: Node, room: int = _ROOM) -> list[Term]:
    """Take a sum apart: the number of each term, and the rest of it, which is None for a number alone."""
    if room > 1 and node.made_by("add", "subtract"):
        first = _terms(e, node.args[0], room - 1)
        sign = -1 if node.made_by("subtract") else 1
        return [*first, *((sign * n, term) for n, term in _terms(e, node.args[1], room - len(first)))]
    number, factors = factors_of(node)
    return [(number, None if not factors else node if number == 1 else product_of(e, Fraction(1), factors))]


def _sum(e: Expressions, terms: list[Term]) -> Node:
    """Write a sum: like terms together, what is subtracted not first."""
    numbers: dict[Node | None, Fraction] = {}
    for number, term in terms:
        numbers[term] = numbers.get(term, Fraction(0)) + number
    rest = [(n, term) for term, n in _choices_joined(e, numbers).items() if n] or [(Fraction(0), None)]
    first = next((i for i, (n, _) in enumerate(rest) if n > 0), 0)
    (n, term), *rest = rest[first], *rest[:first], *rest[first + 1 :]
    total = _scaled(e, n, term)
    for n, term in rest:
        total = e.make("add" if n > 0 else "subtract", total, _scaled(e, abs(n), term))
    return total


def _scaled(e: Expressions, number: Fraction, term: Node | None) -> Node:
    inner, factors = (Fraction(1), []) if term is None else factors_of(term)
    return product_of(e, number * inner, factors)


def _choices_joined(e: Expressions, numbers: dict[Node | None, Fraction]) -> dict[Node | None, Fraction]:
    """Write ``np.where(mask, x, 0) + np.where(mask, 0, y)`` as one choice."""
    chosen = [t for t in numbers if t is not None and t.made_by("masked")]
    for x in chosen:
        for y in [t for t in numbers if t is not None and t.made_by("where")]:
            if x.args[0] is y.args[0] and uniform(y.args[1]) == 0 and numbers[x] and numbers[y]:
                n = numbers[x] if numbers[x] == numbers[y] else Fraction(1)
                choices = (_scaled(e, numbers[t] / n, t.args[-1]) for t in (x, y))
                both = e.make("where", x.args[0], *choices)
                return {both if t is x else t: n if t is x else m for t, m in numbers.items() if t is not y}
    return numbers


# Rules: each gives a node that may take the place of the op; `simplify` sees to it that shape and dtype are the same


def _tidy(name: str) -> Rule:
    """Return the rule that puts the products and sums of an op in order."""

    def rule(e: Expressions, args: tuple[Node, ...], params: dict[str, Any], value: Any) -> Node:
        node = Node(table[name], args, {}, value)
        if name in ("add", "subtract"):
            total = _sum(e, _terms(e, node))
            return e.constant(np.zeros_like(value)) if uniform(total) == 0 else total
        number, factors = factors_of(node)
        return product_of(e, number, factors) if number else e.constant(np.zeros_like(value))

    return rule


def _neutral(number: int, *places: int) -> Rule:
    """Return the rule that drops an argument, in one of these places, that is this number."""
    return lambda e, args, params, value: next((args[1 - i] for i in places if uniform(args[i]) == number), None)


def _reduced(e: Expressions, args: tuple[Node, ...], params: dict[str, Any], value: Any) -> Node | None:
    """Take the number out of a sum; sum nothing where all axes have the length 1."""
    if params.keys() & {"initial", "where"}:
        return None
    if np.size(value) == np.size(args[0].value):
        if args[0].dtype != np.asarray(value).dtype:  # integers are added in 64 bits, masks counted
            return None
        return e.call("reshape", args[0], value=value, shape=np.shape(value))
    number, factors = factors_of(args[0])
    rest = None if number in (0, 1) or not factors else without_number(e, args[0], factors)
    if rest is None:
        return None
    total = e.apply(table["sum"], (rest,), params, value / float(number))
    return _scaled(e, number, total)


def _masked(e: Expressions, args: tuple[Node, ...], params: dict[str, Any], value: Any) -> Node | None:
    """Choose once; take a minus sign out of the choice."""
    mask, x = args
    if x.made_by("masked") and x.args[0] is mask:
        return x
    number, factors = factors_of(x)
    if number >= 0 or not factors:
        return None
    return e.make("negative", e.make("masked", mask, product_of(e, -number, factors)))


def _where(e: Expressions, args: tuple[Node, ...], params: dict[str, Any], value: Any) -> Node | None:
    mask, x, y = args
    return e.call("masked", mask, x, value=value) if uniform(y) == 0 else None


def _same(e: Expressions, args: tuple[Node, ...], params: dict[str, Any], value: Any) -> Node | None:
    return args[0]


def _reshape(e: Expressions, args: tuple[Node, ...], params: dict[str, Any], value: Any) -> Node | None:
    inner = args[0]
    if inner.shape == np.shape(value):
        return inner
    number, factors = (Fraction(1), []) if e.verbatim else factors_of(inner)
    if number not in (0, 1) and factors and not _only_leads(inner.shape, np.shape(value)):
        rest = without_number(e, inner, factors)
        if rest is not None:
            base = e.apply(table["reshape"], (rest,), params, value / float(number))
            return _scaled(e, number, base)
    if inner.made_by("sum") and inner.params.get("keepdims"):
        kept = {key: p for key, p in inner.params.items() if key != "keepdims"}
        total = np.sum(inner.args[0].value, **kept)
        return e.apply(table["sum"], inner.args, kept, value) if np.shape(total) == np.shape(value) else None
    if not inner.made_by("reshape"):
        return None
    in_rows = all(p.get("order", "C") == "C" for p in (inner.params, params))
    return e.call("reshape", inner.args[0], value=value, shape=np.shape(value)) if in_rows else None


def _power(e: Expressions, args: tuple[Node, ...], params: dict[str, Any], value: Any) -> Node | None:
    return e.constant(np.ones_like(value)) if uniform(args[1]) == 0 else None


def _getitem(e: Expressions, args: tuple[Node, ...], params: dict[str, Any], value: Any) -> Node | None:
    return args[0] if _is_whole(params["index"]) else None


def _slices(e: Expressions, args: tuple[Node, ...], params: dict[str, Any], value: Any) -> Node | None:
    """Leave out slices that take, or fill, all that there is."""
    parts = params["index"] if isinstance(params["index"], tuple) else (params["index"],)
    forward = all(part is Ellipsis or (type(part) is slice and (part.step or 1) > 0) for part in parts)
    return args[0] if forward and args[0].shape == np.shape(value) else None


def _scatter(e: Expressions, args: tuple[Node, ...], params: dict[str, Any], value: Any) -> Node | None:
    """Write what fills all places in order as another shape; write a number that goes to many places once."""
    if _is_whole(params["index"]):
        return e.call("reshape", args[0], value=value, shape=np.shape(value))
    whole = _slices(e, args, params, value)
    if whole is not None:
        return whole
    number, index = uniform(args[0]), params["index"]
    if isinstance(index, Node) and index.shape == np.shape(value) and index.dtype.kind == "b" and number is not None:
        return e.call("masked", index, e.constant(number), value=value)
    if args[0].shape and number is not None and np.asarray(value).dtype == np.float64:
        return e.apply(table["scatter"], (e.constant(float(number)),), params, value)
    return None


def _is_whole(index: Any) -> bool:
    """Whether an index picks all elements in order: it only adds axes."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(part is None or part is Ellipsis or (type(part) is slice and part == slice(None)) for part in parts)


def _transpose(e: Expressions, args: tuple[Node, ...], params: dict[str, Any], value: Any) -> Node | None:
    """Drop two transposes that undo each other."""
    inner, n = args[0], np.ndim(value)
    if n < 2 or list(params.get("axes") or ()) == list(range(n)):
        return inner
    if not inner.made_by(*_TRANSPOSES):
        return None
    before = _swapped(n) if inner.made_by("matrix_transpose") else inner.params
    first, last = (np.arange(n)[list(p.get("axes") or range(n)[::-1])] for p in (before, params))
    return inner.args[0] if np.array_equal(first[last], np.arange(n)) else None


def _matrix_transpose(e: Expressions, args: tuple[Node, ...], params: dict[str, Any], value: Any) -> Node | None:
    return _transpose(e, args, _swapped(np.ndim(value)), value)


def _swapped(n: int) -> dict[str, Any]:
    return {"axes": (*range(n - 2), n - 1, n - 2)}


def _real(e: Expressions, args: tuple[Node, ...], params: dict[str, Any], value: Any) -> Node | None:
    return None if np.iscomplexobj(args[0].value) else args[0]


_TRIVIAL: dict[str, Rule] = {
    "add": _neutral(0, 0, 1),
    "subtract": _neutral(0, 1),
    "multiply": _neutral(1, 0, 1),
    "bitwise_and": _neutral(True, 0, 1),
    "bitwise_or": _neutral(False, 0, 1),
    "divide": _neutral(1, 1),
    "power": _neutral(1, 1),
    "alias": _same,
    "positive": _same,
    "astype": _same,
    "copy": _same,
    "moveaxis": lambda e, args, params, value: args[0] if params["source"] == params["destination"] else None,
    "broadcast_to": _same,
    "reshape": _reshape,
    "getitem": _getitem,
    "transpose": _transpose,
    "matrix_transpose": _matrix_transpose,
    "real": _real,
    "conjugate": _real,
}
_TIDY: dict[str, Rule] = {
    **{name: _tidy(name) for name in ("add", "subtract", "multiply", "divide", "negative")},
    "sum": _reduced,
    "power": _power,
    "getitem": _slices,
    "scatter": _scatter,
    "masked": _masked,
    "where": _where,
    "broadcast_to": _broadcast_to,
}
