"""The grammar of edits: what people get wrong in one expression of a gradient, as a table of rules."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from autograd_lite.verification.repair import idioms
from autograd_lite.verification.repair.rewriting import Words, moved, rewrites
from autograd_lite.verification.repair.site import Site
from autograd_lite.verification.repair.syntax import is_loaded, number_of, text

Found = Iterator[tuple[ast.expr, Words]]
"""Expressions that may belong in the place of one, each with what is wrong with that one, in words."""

PARTS = 6
"""Of so many parts at most two are swapped."""

SIGN = """
    -a -> a                     # the sign
    x -> -x                     # the sign
"""
OPERAND = """
    a * b -> a                  # a factor too many: {b}
    a * b -> b                  # a factor too many: {a}
    a @ b -> a                  # a factor too many: {b}
    a @ b -> b                  # a factor too many: {a}
    a / b -> a                  # divided by {b}, which does not belong there
    a / b -> b                  # a factor too many: 1 / {b}
    a // b -> a                 # divided by {b}, which does not belong there
    a + b -> a                  # a term too many: {b}
    a + b -> b                  # a term too many: {a}
    a - b -> a                  # a term too many: -{b}
    a - b -> -b                 # a term too many: {a}
    a ** b -> a                 # to the power {b}, which does not belong there
"""
OPERATOR = """
    a * V -> a / V              # multiplied by {V}, where it divides
    a * b -> a @ b              # a product of elements, where the matrix product belongs
    a * b -> a + b              # multiplied by {b}, where it is added
    a / V -> a * V              # divided by {V}, where it multiplies
    a + b -> a - b              # the sign of {b}
    a + V -> a * V              # {V} is added, where it multiplies
    a - b -> a + b              # the sign of {b}
    a @ b -> a * b              # a matrix product, where the product of elements belongs
    a // b -> a / b             # the division drops the fraction
"""
PRODUCT = """
    p @ b -> p.T @ b            # {p} is not transposed
    p.T @ b -> p @ b            # {p} is transposed, where it is not to be
    a @ q -> a @ q.T            # {q} is not transposed
    a @ q.T -> a @ q            # {q} is transposed, where it is not to be
    a @ b -> b @ a              # the factors are the other way round
    a @ b -> b.T @ a            # the factors are the other way round
    a @ b -> b @ a.T            # the factors are the other way round
    a @ b -> b.T @ a.T          # the product is transposed, where it is not to be
    a @ b -> a.T @ b.T          # both factors are to be transposed
    u @ v -> np.outer(u, v)     # an outer product belongs there
    u @ v -> np.outer(v, u)     # an outer product belongs there
"""
TRANSPOSE = """
    a.T -> a                    # transposed, where it is not to be
    M -> M.T                    # not transposed
"""
SWAP = """
    a - b -> b - a              # the operands are swapped
    a / b -> b / a              # the operands are swapped
    a ** b -> b ** a            # the operands are swapped
    where(w, a, b) -> where(w, b, a)    # the two sides of the condition are swapped
    outer(a, b) -> outer(b, a)          # the arguments are swapped
    arctan2(a, b) -> arctan2(b, a)      # the arguments are swapped
    cross(a, b) -> cross(b, a)          # the arguments are swapped
    dot(a, b) -> dot(b, a)              # the arguments are swapped
    matmul(a, b) -> matmul(b, a)        # the arguments are swapped
"""
SUM = """
    E -> E.sum(axis=0)                      # not summed over the batch
    E -> E.sum(axis=0, keepdims=True)       # not summed over the batch
    E -> E.sum(axis=j)                      # not summed over axis {j}
    E -> E.sum(axis=j, keepdims=True)       # not summed over axis {j}
    C -> np.sum(C, axis=0)                  # not summed over the batch
    C -> np.sum(C, axis=0, keepdims=True)   # not summed over the batch
    C -> np.sum(C, axis=j)                  # not summed over axis {j}
    C -> np.sum(C, axis=j, keepdims=True)   # not summed over axis {j}
    v -> np.sum(v)                          # not summed up
    M -> np.sum(M)                          # not summed up
"""
REDUCTION = """
    S(a, **q) -> a                          # {S} does not belong there
    sum(a, **q) -> mean(a, **q)             # a sum, where the mean belongs
    mean(a, **q) -> sum(a, **q)             # a mean, where the sum belongs
    cumsum(a, **q) -> sum(a, **q)           # summed up to each element, where the whole sum belongs
    var(a, **q) -> std(a, **q)              # the variance, where the standard deviation belongs
    std(a, **q) -> var(a, **q)              # the standard deviation, where the variance belongs
    max(a, **q) -> min(a, **q)              # the maximum, where the minimum belongs
    max(a, **q) -> sum(a, **q)              # the maximum, where the sum belongs
    min(a, **q) -> max(a, **q)              # the minimum, where the maximum belongs
    S(a, axis=b, **q) -> S(a, axis=k, **q)  # over axis {b}, where axis {k} belongs
    S(a, **q) -> S(a, axis=k, **q)          # over all axes, where axis {k} belongs
    S(a, axis=b, keepdims=w, **q) -> S(a, **q)              # over axis {b} alone, where all are
    S(a, axis=b, **q) -> S(a, **q)                          # over axis {b} alone, where all are
    S(a, keepdims=w, **q) -> S(a, **q)                      # the axis that is gone is kept
    S(a, axis=b, **q) -> S(a, axis=b, keepdims=True, **q)   # the axis is to be kept
    var(a, **q) -> var(a, ddof=1, **q)      # divided by n, where n - 1 belongs
    std(a, **q) -> std(a, ddof=1, **q)      # divided by n, where n - 1 belongs
    S(a, ddof=b, **q) -> S(a, **q)          # divided by n - {b}, where n belongs
"""
NAME = """
    A -> n                      # {A}, where {n} belongs
    W -> r.T                    # {W}, where {r.T} belongs
"""
OTHER = """
    N -> o                      # {N}, where {o} belongs
"""
POWER = """
    a ** b -> a ** (b - 1)      # the exponent is {b}, where {b - 1} belongs
    a ** b -> a ** (b + 1)      # the exponent is {b}, where {b + 1} belongs
    h -> h ** 2                 # not squared
    h -> h ** 3                 # not to the power of 3
"""
CONSTANT = """
    c -> 2 * c                  # {c}, where {} belongs
    c -> c / 2                  # {c}, where {} belongs
    c -> c + 1                  # {c}, where {} belongs
    c -> c - 1                  # {c}, where {} belongs
    c -> 3 * c                  # {c}, where {} belongs
    c -> 4 * c                  # {c}, where {} belongs
    c -> c / 3                  # {c}, where {} belongs
    c -> c / 4                  # {c}, where {} belongs
    c -> 1 / c                  # {c}, where {} belongs
    d -> s                      # {d}, where {s} belongs
"""
NEGATIVE = """
    c -> -c                     # the sign of {c}
"""
SCALING = """
    y -> 2 * y                  # missing factor 2
    y -> y / 2                  # missing factor 1/2
    y -> s * y                  # missing factor {s}
    y -> y / s                  # not divided by {s}
"""
POWER_OF_SCALAR = """
    y -> y / t ** 2             # not divided by the square of {t}
    y -> t ** 2 * y             # missing factor {t ** 2}
    y -> 2 * y / s              # missing factor 2 / {s}
    y -> y / np.sqrt(s)         # not divided by the square root of {s}
"""
COMPARISON = """
    a > b -> a >= b             # {a > b}, where {} belongs
    a > b -> a < b              # {a > b}, where {} belongs
    a >= b -> a > b             # {a >= b}, where {} belongs
    a >= b -> a <= b            # {a >= b}, where {} belongs
    a < b -> a <= b             # {a < b}, where {} belongs
    a < b -> a > b              # {a < b}, where {} belongs
    a <= b -> a < b             # {a <= b}, where {} belongs
    a <= b -> a >= b            # {a <= b}, where {} belongs
    a == b -> a != b            # {a == b}, where {} belongs
    a != b -> a == b            # {a != b}, where {} belongs
"""
LOOP = """
    range(b) -> range(b + 1)                    # the loop ends one turn too early
    range(b) -> range(b - 1)                    # the loop has one turn too many
    range(b) -> range(1, b)                     # the loop starts one turn too early
    range(b) -> range(1, b + 1)                 # the loop runs one behind
    range(1, b) -> range(b)                     # the loop starts one turn too late
    range(1, b) -> range(b - 1)                 # the loop runs one ahead
    range(a, b, *r) -> range(a, b + 1, *r)      # the loop ends one off
    range(a, b, *r) -> range(a, b - 1, *r)      # the loop ends one off
    range(a, b, *r) -> range(a + 1, b, *r)      # the loop starts one off
    range(a, b, *r) -> range(a - 1, b, *r)      # the loop starts one off
    range(a, b, *r) -> range(a + 1, b + 1, *r)  # the loop runs one behind
    range(a, b, *r) -> range(a - 1, b - 1, *r)  # the loop runs one ahead
    range(*r) -> reversed(range(*r))            # the loop runs the other way round
    reversed(a) -> a                            # the loop runs the other way round
    L -> reversed(L)                            # the loop runs the other way round
"""
FUNCTION = """
    F(a) -> a                   # {F} does not belong there
    G(*r, **q) -> g(*r, **q)    # {G}, where {g} belongs
    D -> np.sqrt(D)             # {D}, where its square root belongs
    e -> np.exp(e)              # missing: exp
    e -> np.log(e)              # missing: log
    e -> np.tanh(e)             # missing: tanh
    e -> np.sqrt(e)             # missing: the square root
    e -> np.sin(e)              # missing: sin
    e -> np.cos(e)              # missing: cos
    e -> g(e)                   # missing: {g}
"""
LIKE = (
    "sin-cos sinh-cosh tanh-cosh exp-log exp-expm1 log-log1p maximum-minimum argmax-argmin zeros_like-ones_like "
    "zeros-ones square-abs abs-sign sqrt-square triu-tril hstack-vstack dot-outer floor-ceil inv-transpose "
    "diag-diagflat"
)
"""Functions that are taken for one another."""
FACTOR = """
    z -> z * m                  # missing factor {m}
    z -> z / m                  # not divided by {m}
"""
CALLED_DERIVATIVE = """
    y -> y * (g(f) * (1 - g(f)))    # missing: the derivative of {g} at {f}
    y -> y * g(f)                   # missing factor {g(f)}
"""
COMPLEMENT = """
    h -> 1 - h                  # {h}, where {1 - h} belongs
    h -> 1 / h                  # {h}, where {1 / h} belongs
    l -> l[:, None]             # along another axis
    l -> l[None, :]             # along another axis
"""
TERM = """
    y -> y + n                  # missing term {n}
    y -> y - n                  # missing term {-n}
    z -> z + t * n              # missing term {t * n}
    z -> z + 2 * (t * n)        # missing term {2 * t * n}
    y -> y + 1                  # missing term 1
    y -> y - 1                  # missing term -1
"""
PRODUCT_TERM = """
    H -> H + l * i              # missing term {l * i}
    H -> H - l * i              # missing term {-l * i}
    H -> H + h * l              # missing term {h * l}
    H -> H - h * l              # missing term {-h * l}
    H -> H + h * (l - i)        # missing term {h * (l - i)}
    H -> H - h * (l - i)        # missing term {-h * (l - i)}
"""
COPY = """
    B -> B.copy()                           # no copy: what is written to it reaches what it was
    zeros_like(i) -> zeros_like(i, dtype=float)     # integers cut off fractions
    ones_like(i) -> ones_like(i, dtype=float)       # integers cut off fractions
    empty_like(i) -> empty_like(i, dtype=float)     # integers cut off fractions
    array(a) -> array(a, dtype=float)               # integers cut off fractions
    array(a, dtype=b) -> array(a, dtype=float)      # integers cut off fractions
    zeros(a, dtype=b) -> zeros(a)                   # integers cut off fractions
    ones(a, dtype=b) -> ones(a)                     # integers cut off fractions
    full(a, b) -> full(a, b, dtype=float)           # integers cut off fractions
"""
REVERSAL = """
    R -> R[::-1]                # the order is reversed
    W -> W[::-1, ::-1]          # the order is reversed
    a[b:w:c] -> a[b:w]          # the order is reversed
    a[b:w:-c] -> a[b:w]         # the order is reversed
"""


def _alike() -> str:
    """Return the table of functions that are taken for one another."""
    pairs = [pair.split("-") for pair in LIKE.split()]
    lines = (f"{f}(*r, **q) -> {g}(*r, **q)  # {f}, where {g} belongs" for p in pairs for f, g in (p, p[::-1]))
    return "\n".join(lines)


def _derivatives() -> str:
    """Return the table of derivatives of functions, at their argument or at their output, as missing factors."""
    lines = (f"y -> y * ({d.text.format(a='f')})  # missing: {d.words.format(a='{f}')}" for d in idioms.DERIVATIVES)
    return "\n".join(lines)


def indices(node: ast.expr, site: Site) -> Found:
    """Move an index, or drop it."""
    if not isinstance(node, ast.Subscript):
        return
    key = node.slice
    keys = key.elts if isinstance(key, ast.Tuple) else [key]

    def put(changed: list[ast.expr]) -> ast.expr:
        new = ast.Tuple(changed, ast.Load()) if isinstance(key, ast.Tuple) else changed[0]
        return ast.Subscript(node.value, new, node.ctx)

    if len(keys) == 2:
        yield put(keys[::-1]), Words("the indices are swapped", {})
    for i, k in enumerate(keys):
        for new in _moved(k):
            words = Words(f"[{text(k)}], where [{text(new)}] belongs", {})
            whole = isinstance(new, ast.Slice) and text(new) == ":" and is_loaded(node)
            yield node.value if whole else put([*keys[:i], new, *keys[i + 1 :]]), words
    if is_loaded(node):
        yield node.value, Words("[{k}] does not belong there", {"k": key})


def _moved(key: ast.expr) -> Iterator[ast.expr]:
    """Yield what is one further, or one back."""
    if isinstance(key, ast.Slice):
        for low, high in ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1)):
            yield ast.Slice(_end(key.lower, low), _end(key.upper, high), key.step)
        if key.step is None and key.lower is None and key.upper is None:
            yield ast.Slice(None, None, ast.UnaryOp(ast.USub(), ast.Constant(1)))
        if key.step is None and (key.lower is None) != (key.upper is None):
            end, step = (key.lower, 1) if key.upper is None else (key.upper, -1)
            yield from (_other_side(key, moved(end, by) if by else end) for by in (0, step))
    elif not isinstance(key, ast.Constant) or type(key.value) is int:
        yield from (moved(key, step) for step in (1, -1))


def _other_side(key: ast.Slice, end: ast.expr | None) -> ast.Slice:
    """Return the slice on the other side of an end."""
    return ast.Slice(None, end) if key.upper is None else ast.Slice(end, None)


def _end(end: ast.expr | None, step: int) -> ast.expr | None:
    new = moved(end, step) if step else end
    return None if new is not end and number_of(new) == 0 else new


def elsewhere(node: ast.expr, site: Site) -> Found:
    """Put the index, or the axis, that the function has at another place."""
    parts = (
        [n for s in site.unit.statements for n in ast.walk(s)] if isinstance(node, (ast.Subscript, ast.Call)) else []
    )
    if isinstance(node, ast.Subscript):
        others = {text(n.slice): n.slice for n in parts if isinstance(n, ast.Subscript)}
        for key in others.values():
            new: ast.expr = ast.Subscript(node.value, key, node.ctx)
            if _is_other(new, node, site):
                yield new, Words(f"[{text(node.slice)}], where [{text(key)}] belongs", {})
    if isinstance(node, ast.Call):
        for i, k in enumerate(node.keywords):
            others = {text(n.value): n.value for n in parts if isinstance(n, ast.keyword) and n.arg == k.arg}
            for value in others.values():
                keywords = [*node.keywords[:i], ast.keyword(k.arg, value), *node.keywords[i + 1 :]]
                new = ast.Call(node.func, node.args, keywords)
                if text(value) != text(k.value) and site.array(new) is not None:
                    yield new, Words(f"{k.arg}={text(k.value)}, where {text(value)} belongs", {})


def _is_other(new: ast.expr, old: ast.expr, site: Site) -> bool:
    """Whether an expression has other values, of the same shape."""
    a, b = site.array(new), site.array(old)
    return a is not None and b is not None and np.shape(a) == np.shape(b) and not np.array_equal(a, b)


def tuples(node: ast.expr, site: Site) -> Found:
    """Swap two parts of what is returned or stored."""
    if isinstance(node, ast.Tuple) and len(node.elts) <= PARTS and node is getattr(site.statement, "value", None):
        for i, j in combinations(range(len(node.elts)), 2):
            parts = list(node.elts)
            parts[i], parts[j] = parts[j], parts[i]
            yield ast.Tuple(parts, ast.Load()), Words("{b} and {a} are swapped", {"a": parts[i], "b": parts[j]})


@dataclass(frozen=True, eq=False)
class Rule:
    """A kind of edit of one expression.

    Attributes
    ----------
    name : str
    tokens : float
        How long it is, about.
    weight : float
        How seldom it is what was meant, in tokens.
    propose : callable
        Takes an expression and its `Site`.
    scales : bool
        Whether it is the same on a factor as on a product.
    on_headers : bool
        Whether it is for the headers of loops and conditions, too.
    """

    name: str
    tokens: float
    weight: float
    propose: Callable[[ast.expr, Site], Found]
    scales: bool = False
    on_headers: bool = False


RULES = (
    Rule("sign", 1, 1, rewrites(SIGN), scales=True),
    Rule("operand", 2, 0, rewrites(OPERAND), on_headers=True),
    Rule("operator", 1, 0.5, rewrites(OPERATOR)),
    Rule("product", 2, 0, rewrites(PRODUCT)),
    Rule("transpose", 2, 0.5, rewrites(TRANSPOSE)),
    Rule("swap", 1, 0, rewrites(SWAP)),
    Rule("sum", 6, -3, rewrites(SUM)),
    Rule("reduction", 4, -2, rewrites(REDUCTION)),
    Rule("name", 1, 1, rewrites(NAME)),
    Rule("power", 1, 0.5, rewrites(POWER)),
    Rule("constant", 1, 1.5, rewrites(CONSTANT), on_headers=True),
    Rule("negative", 1, 3, rewrites(NEGATIVE)),
    Rule("scaling", 2, 0, rewrites(SCALING), scales=True),
    Rule("power of a scalar", 5, 0, rewrites(POWER_OF_SCALAR), scales=True),
    Rule("comparison", 1, 1, rewrites(COMPARISON), on_headers=True),
    Rule("index", 1, 1.5, indices, on_headers=True),
    Rule("elsewhere", 2, 1.5, elsewhere),
    Rule("loop", 2, 0, rewrites(LOOP), on_headers=True),
    Rule("function", 3, 0, rewrites(FUNCTION + _alike())),
    Rule("factor", 2, 1, rewrites(FACTOR), scales=True),
    Rule("derivative", 6, -1.5, rewrites(_derivatives() + CALLED_DERIVATIVE), scales=True),
    Rule("tuple", 2, 0, tuples),
    Rule("copy", 3, 0, rewrites(COPY)),
    Rule("complement", 2, 1, rewrites(COMPLEMENT)),
    Rule("reversal", 4, 0, rewrites(REVERSAL), on_headers=True),
    Rule("term", 2, 1.5, rewrites(TERM)),
    Rule("other", 1, 3, rewrites(OTHER)),
    Rule("product term", 4, 1, rewrites(PRODUCT_TERM)),
)
"""All edits of one expression: what people get wrong, most of it in a few tokens."""
