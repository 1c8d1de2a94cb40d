"""Einstein summation: sums of products over labelled axes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from string import ascii_letters, ascii_lowercase, ascii_uppercase
from typing import Any

import numpy as np

from autograd_lite.core.ducks import beside
from autograd_lite.core.labels import Labels, shape_of
from autograd_lite.core.numpy_protocol import constant as without_derivative
from autograd_lite.core.op import op
from autograd_lite.core.shapes import Cotangent, Shape, Value
from autograd_lite.ops.samples import complex_plane, constant, sample

_DEFAULTS = {"optimize": False, "dtype": None, "order": "K", "casting": "safe"}
_NUMBERED = ascii_uppercase + ascii_lowercase  # so that labels sort as the numbers that they stand for


def _letters(sublist: Sequence[Any]) -> str:
    """Write one operand's list of axis numbers as labels."""
    if any(i is not Ellipsis and not 0 <= i < len(_NUMBERED) for i in sublist):
        raise ValueError("subscript is not within the valid range [0, 52)")  # NumPy's own words
    return "".join("..." if i is Ellipsis else _NUMBERED[i] for i in sublist)


@op(
    numpy=np.einsum,
    samples=(
        sample(constant("ij,jk->ik"), (2, 3), (3, 4)),
        sample(constant("ij"), (2, 3)),
        sample((2, 3), constant([0, 1]), (3, 4), constant([1, 2]), constant([2, 0])),
        sample((2, 3), constant([Ellipsis, 1]), (3,), constant([1])),
        sample(constant("ij, jk -> k"), (2, 3), (3, 4), optimize="greedy"),
    ),
)
def einsum(
    *operands: Value, optimize: Any = False, dtype: Any = None, order: Any = "K", casting: Any = "safe"
) -> Value:
    """Return sums of products over labelled axes, written in any of NumPy's ways.

    Parameters
    ----------
    *operands
        Subscripts and arrays: ``einsum("ij,jk->ik", a, b)``; or each array with its list of axis numbers, and the list
        of the result: ``einsum(a, [0, 1], b, [1, 2], [0, 2])``.
    optimize, dtype, order, casting
        As in `numpy.einsum`. A contraction path counts for the value alone; the derivatives find their own.
    """
    if isinstance(operands[0], str):
        subscripts, arrays = operands[0], operands[1:]
    else:
        arrays, lists = operands[: len(operands) // 2 * 2 : 2], operands[1::2]
        subscripts = ",".join(map(_letters, lists))
        if len(operands) % 2:
            subscripts += "->" + _letters(operands[-1])
    options = {"optimize": optimize, "dtype": dtype, "order": order, "casting": casting}
    given = {key: value for key, value in options.items() if value != _DEFAULTS[key]}
    return contraction(*arrays, subscripts=subscripts, **given)


def _paired(z: Shape, *operands: Any, subscripts: str, **_: Any) -> Labels:
    terms, result = _labels(subscripts, tuple(len(shape_of(x)) for x in operands))[:2]
    return Labels(tuple(map(tuple, terms)), tuple(result))


@op(
    samples=(
        sample((2, 3), (3, 4), subscripts="ij,jk->ik"),
        sample((2, 3), (3,), subscripts="ij,j"),
        sample((3, 3), subscripts="ii"),
        sample((2, 3, 3), subscripts="bii->ib"),
        sample((2, 2, 2), (3,), subscripts="iii,k->k"),
        sample((2, 3), (4,), subscripts="ij,k->jk"),
        sample((2, 3), subscripts="ij->"),
        sample((2, 3), subscripts="ba"),
        sample((3,), (3,), (), subscripts="i,i,->"),
        sample((2, 1), (3, 4), subscripts="ij,jk->ik"),
        sample((1, 3), (2, 3), (2, 1), subscripts="ij,ij,ij->ij"),
        sample((1, 3), (2, 1), subscripts="ij,ij->j"),
        sample((5, 2, 3), (3, 4), subscripts="...ij,jk->...ik"),
        sample((2, 3), (5, 1, 3), subscripts="...j,...j->..."),
        sample((2, 3, 4), (4, 3), subscripts="a...b,b..."),
        sample((2, 3), (3,), subscripts="...i,i...->..."),
        sample((3, 3, 2), subscripts="ii..."),
        sample((2, 3), (3, 4), (4, 2), subscripts="ij,jk,kl->il", optimize=True),
        sample((2, 3), (3, 2), subscripts="ij,jk->ik", optimize=["einsum_path", (0, 1)]),
        sample((0, 3), (3,), subscripts="ij,j->ij"),
        sample(complex_plane(2, 3), complex_plane(3), subscripts="ij,j->i"),
        sample((2, 2), complex_plane(2), subscripts="ii,i->i"),
    ),
    labels=_paired,
)
def contraction(
    *operands: Value, subscripts: str, optimize: Any = False, dtype: Any = None, order: Any = "K", casting: Any = "safe"
) -> Value:
    """Return the sums of products of arrays over the axes that ``subscripts`` labels (`einsum`)."""
    by_path = optimize or (len(operands) == 2 and _pays(operands))  # of more, another order of products may overflow
    return np.einsum(subscripts, *operands, optimize=by_path, dtype=dtype, order=order, casting=casting)


@contraction.elsewhere
def _(*operands: Value, subscripts: str, optimize: Any = False, dtype: Any = None, **_: Any) -> Value:
    return np.einsum(subscripts, *operands, optimize=bool(optimize) or _pays(operands), dtype=dtype)


@contraction.vjp
def _(i: int, g: Cotangent, z: Value, *operands: Value, subscripts: str, optimize: Any = False, **_: Any) -> Cotangent:
    # The cotangent takes the place of operand i, and the labels of operand i the place of the result. That leaves what
    # a contraction cannot write: axes that operand i alone had, axes that it stretched, and its diagonals.
    x = operands[i]
    single = tuple([n == 1 for n in x.shape])
    transposed, found, term, spare = _transposed(i, subscripts, tuple(map(np.ndim, operands)), single)
    arrays = (*operands[:i], g, *operands[i + 1 :])
    c = np.einsum(transposed, *arrays, optimize=bool(optimize) or _pays(arrays))
    if found == term and np.shape(c) == x.shape:
        return c
    lengths = dict(zip(term, x.shape, strict=True))
    known = dict(zip(found, np.shape(c), strict=True))
    if known != lengths:
        c = np.reshape(c, tuple(known.get(label, 1) for label in lengths))
        c = np.broadcast_to(c, tuple(lengths.values()))
    return c if len(lengths) == x.ndim else _on_diagonals(c, term, spare, x.dtype)


def _pays(arrays: Sequence[Value]) -> bool:
    """Whether arrays are so large that it pays to look for a path of matrix products."""
    return sum(map(np.size, arrays)) > 10_000


@cache
def _transposed(i: int, subscripts: str, ndims: tuple[int, ...], single: tuple[bool, ...]) -> tuple[str, str, str, str]:
    """Return the subscripts of the cotangent of operand ``i``, which labels its axes get, all of these, unused labels.

    Axes of length 1, which are ``single``, get none: there operand ``i`` may have been stretched.
    """
    terms, result, spare = _labels(subscripts, ndims)
    term, others = terms[i], [*terms[:i], result, *terms[i + 1 :]]
    stretched = dict(zip(term, single, strict=True))
    found = "".join([label for label in stretched if not stretched[label] and any(label in other for other in others)])
    return f"{','.join(others)}->{found}", found, term, spare


def _labels(subscripts: str, ndims: tuple[int, ...]) -> tuple[tuple[str, ...], str, str]:
    """Return the labels of the axes of each operand and of the result, the ellipses written out; and unused labels.

    The subscripts are valid: NumPy has computed with them.
    """
    left, arrow, result = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    free = "".join(label for label in ascii_letters if label not in subscripts)
    hidden = [ndim - len(term) + 3 if "..." in term else 0 for term, ndim in zip(terms, ndims, strict=True)]
    stack, spare = free[: max(hidden)], free[max(hidden) :]
    if not arrow:
        counts = Counter(left)
        result = "..." + "".join(sorted(label for label, n in counts.items() if label.isalpha() and n == 1))
    written = [term.replace("...", stack[len(stack) - n :]) for term, n in zip(terms, hidden, strict=True)]
    return tuple(written), result.replace("...", stack), spare


def _on_diagonals(c: Value, term: str, spare: str, dtype: Any) -> Value:
    """Return zeros with the elements of ``c`` where the repeated labels of ``term`` meet.

    Each repetition gets a label of its own, and an identity matrix that ties it to the first.
    """
    unused = iter(spare)
    distinct, full, ties, identities = "", "", [], []
    for label in term:
        if label in distinct:
            new = next(unused)
            ties.append(label + new)
            identities.append(beside(c, np.eye(np.shape(c)[distinct.index(label)], dtype=dtype)))
            full += new
        else:
            distinct += label
            full += label
    return np.einsum(f"{','.join([distinct, *ties])}->{full}", c, *identities)


without_derivative(np.einsum_path)
