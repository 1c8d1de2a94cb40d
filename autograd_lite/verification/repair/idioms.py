"""What people write in gradient code, by its form: the table from which expressions by value are made up."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from autograd_lite.numerical import close


@dataclass(frozen=True)
class Form:
    """Source text with holes ``{a}`` and ``{b}`` for operands; NumPy is ``np``.

    Attributes
    ----------
    text : str
    words : str
        What it is, with the same holes.
    weight : float
        How unlikely it is, in tokens.
    """

    text: str
    words: str = ""
    weight: float = 0

    @cached_property
    def tokens(self) -> float:
        """Its length, holes and parentheses left out, and its weight."""
        written = len(re.findall(r"[\w.]+|\*\*|[^\w\s().]", re.sub(r"{\w}", "", self.text)))
        return written + self.weight + (0.1 if re.match("2 ", self.text) else 0)  # a named number comes first


ITSELF = Form("{a}")


def forms(table: str) -> tuple[Form, ...]:
    """Return the forms of a table: on each line a text and, after ``#``, the words and a weight with its sign."""
    rows = (re.fullmatch(r"(.*?)\s*(?:#\s*(.*?)\s*([+-]\d+)?)?", line.strip()) for line in table.strip().splitlines())
    return tuple(Form(row[1], row[2] or "", float(row[3] or 0)) for row in rows if row)


DERIVATIVES = forms(
    """
    {a} * (1 - {a})                               # the derivative of sigmoid at its output {a}
    1 - {a} ** 2                                  # the derivative of tanh at its output {a}
    {a} > 0                                       # the derivative of relu at {a} -1
    1 - np.tanh({a}) ** 2                         # the derivative of tanh at {a}
    np.cos({a})                                   # the derivative of sin at {a}
    -np.sin({a})                                  # the derivative of cos at {a}
    np.exp({a})                                   # the derivative of exp at {a}
    np.sign({a})                                  # the derivative of abs at {a}
    1 / {a}                                       # the derivative of log at {a}
    2 * {a}                                       # the derivative of the square of {a}
    """
)
"""The derivatives that are forgotten, as people write them."""

ELEMENTWISE = DERIVATIVES[:-2] + forms(
    """
    1 - {a}
    1 + {a}
    1 / {a}
    {a} ** 2
    1 / np.cosh({a}) ** 2                         # the derivative of tanh at {a} +2
    1 / (1 + np.exp(-{a}))                        # the derivative of softplus at {a}
    1 - np.exp(-{a})                              # the derivative of softplus at its output {a} +2
    np.exp(-{a}) / (1 + np.exp(-{a})) ** 2        # the derivative of sigmoid at {a}
    np.exp(-{a})
    1 / (1 + {a})                                 # the derivative of log(1 + x) at {a}
    np.sin({a})
    1 / np.cos({a}) ** 2                          # the derivative of tan at {a}
    1 + {a} ** 2                                  # the derivative of tan at its output {a} +1
    1 / (1 + {a} ** 2)                            # the derivative of arctan at {a}
    1 / np.sqrt(1 - {a} ** 2)                     # the derivative of arcsin at {a}
    1 / np.sqrt({a} ** 2 + 1)                     # the derivative of arcsinh at {a} +1
    np.sinh({a})                                  # the derivative of cosh at {a}
    np.cosh({a})                                  # the derivative of sinh at {a}
    np.abs({a})
    0.5 / np.sqrt({a})                            # the derivative of sqrt at {a}
    0.5 / {a}                                     # the derivative of sqrt at its output {a} +1
    1 / np.sqrt({a})
    np.sqrt({a})
    1 / {a} ** 2                                  # the derivative of 1 / x at {a}, but for its sign
    {a} ** 3
    np.log({a})
    np.log({a}) + 1                               # the derivative of x log x at {a}
    np.tanh({a})
    2 * {a} * np.exp({a} ** 2)                    # the derivative of exp(x ** 2) at {a} +3
    1 / (1 + np.abs({a})) ** 2                    # the derivative of softsign at {a}
    (1 - np.abs({a})) ** 2                        # the derivative of softsign at its output {a} +1
    (np.abs({a}) < 1)                             # the derivative of a clip to 1 at {a} +1
    ({a} > 0) & ({a} < 1)                         # the derivative of a clip to [0, 1] at {a} +1
    """
)
"""Functions of one operand, element by element."""

TWO = forms(
    """
    {a} > {b}
    {a} * {b} < 1                                 # where the margin of the hinge loss is not reached +1
    np.sign({a} - {b})                            # the derivative of abs at {a} - {b}
    np.where({a} > 0, 1, {b})                     # the derivative of leaky relu at {a}
    np.where({a} > 0, 1, {b} * np.exp({a}))       # the derivative of elu at {a}
    np.where({a} > 0, 1, {a} + {b})               # the derivative of elu at its output {a}
    {b} * (1 + {a} * (1 - {b}))                   # the derivative of swish at {a}
    {a} + {b} * (1 - {a})                         # the derivative of swish at its output {a}
    ({a} - {b}) / ({a} * (1 - {a}))               # the derivative of the cross-entropy with respect to {a}
    (1 - {b}) / (1 - {a})
    (1 - {b}) / (1 - {a}) - {b} / {a}             # the derivative of the cross-entropy with respect to {a}
    {b} * {a} ** ({b} - 1)                        # the derivative of the power {b} at {a}
    {a} ** {b} * np.log({a})                      # the derivative of a power with respect to its exponent {b} +2
    {a} / np.sqrt({a} ** 2 + {b} ** 2)            # the derivative of the hypotenuse with respect to {a} +2
    """
)
"""Functions of two operands, element by element; more are products and the like of what has one operand."""

PRODUCT, QUOTIENT, DIFFERENCE, SUM = PAIRS = forms("{a} * {b}\n{a} / {b}\n{a} - {b}\n{a} + {b}")

SIGNS = forms("{a}\n-{a}\n2 * {a}\n{a} / 2\n-2 * {a}\n4 * {a}")
SCALES = forms("{a} / {b}\n-{a} / {b}\n2 * {a} / {b}\n-2 * {a} / {b}\n{b} * {a}\n-{b} * {a}\n2 * {b} * {a}")
"""What is written around an expression, with a number in scope or without."""

RECIPROCAL = Form("1 / {a}")
AS_FLOAT = Form("{a}.astype(float)")

SHAPES = forms(
    """
    {a}.T                                         # transposed
    {a}[:, None]
    {a}[None]
    {a}.ravel()                                   # +1
    {a}[:, 0]                                     # +1
    np.sum({a})                                   # summed +3
    np.sum({a}, axis=0)                           # summed over the batch
    np.sum({a}, axis=0, keepdims=True)            # summed over the batch
    np.sum({a}, axis=1)                           # summed over axis 1
    np.sum({a}, axis=1, keepdims=True)            # summed over axis 1
    np.sum({a}, axis=-1)                          # summed over the last axis
    np.sum({a}, axis=-1, keepdims=True)           # summed over the last axis
    np.sum({a}, axis=(0, 1))                      # summed over the first two axes
    np.mean({a})                                  # averaged +2
    np.mean({a}, axis=0)                          # averaged over the batch
    np.mean({a}, axis=0, keepdims=True)           # averaged over the batch
    np.mean({a}, axis=1, keepdims=True)           # averaged over axis 1
    np.max({a}, axis=1, keepdims=True)            # +1
    np.std({a}, axis=0)                           # +1
    np.linalg.norm({a})                           # the norm of {a} +1
    {a} - np.mean({a}, axis=0)                    # {a} with its mean removed +1
    {a}[0]                                        # +1
    {a}[-1]                                       # +1
    {a}[1:]                                       # +1
    {a}[:-1]                                      # +1
    {a}[::-1]                                     # reversed +2
    {a}.diagonal()                                # the diagonal of {a} +1
    np.cumsum({a})                                # +2
    np.cumsum({a}[::-1])[::-1]                    # summed from each element to the end +2
    """
)
"""Functions of one array that change its shape or mix its elements."""

ROW, *INDICES = forms("{a}[{b}]\n{a}[:, {b}]\n{a}[{b} - 1]\n{a}[{b} + 1]")
"""What a whole number picks; the first, also a list of them."""

IDIOMS = forms(
    """
    {a} * ({b} - np.sum({a} * {b}, axis=-1, keepdims=True))         # the cotangent through softmax {a}
    {a} * ({b} - np.sum({a} * {b}))                                 # the cotangent through softmax {a}
    {b} - {a} * np.sum({b}, axis=-1, keepdims=True)                 # the cotangent through log-softmax
    {b} - {a} * np.sum({b})                                         # the cotangent through log-softmax
    {b} - {a} * np.sum({a} * {b}, axis=-1, keepdims=True)           # the cotangent through a division by the norm
    {b} - {a} * np.sum({a} * {b})                                   # the cotangent through a division by the norm
    {b} - np.mean({b}, axis=0) - {a} * np.mean({a} * {b}, axis=0)   # the cotangent through normalisation
    """
) + (
    Form(
        "{b} - np.mean({b}, axis=-1, keepdims=True) - {a} * np.mean({a} * {b}, axis=-1, keepdims=True)",
        "the cotangent through normalisation",
    ),
)
"""Functions of two arrays of one shape, the first of which is normalised; a scale is a factor like any other."""


def is_normalised(x: Any) -> bool:
    """Whether the elements of each row or their squares add up to 1, or those of each row or column to 0."""
    sums = ((x, -1, 1), (x * x, -1, 1), (x, -1, 0), (x, 0, 0))
    return any(
        close.within(np.sum(y, axis), total, close.digits(6) * close.largest(y)).all() for y, axis, total in sums
    )


DIAGONAL = Form("np.diag({a})", "a diagonal matrix")
ONE_HOT = Form("np.eye({a})[{b}]", "one-hot rows of {b}")
LESS_ONE_HOT = Form("{a} - np.eye({a}.shape[-1])[{b}]", "less the one-hot rows of {b}")

TIMES_DERIVATIVE = tuple(Form(f"{{a}} * ({d.text.format(a='{b}')})", d.words.format(a="{b}")) for d in DERIVATIVES[:4])
"""What is an operand of a product of matrices, where the user's code is dense."""

TURNED = forms("{a}.T\n{a}.swapaxes(-1, -2)")
"""A matrix with its axes swapped, and an array with the last two of its axes swapped."""

_CONTRACTIONS = {
    "ij,jk->ik ij,j->i j,jk->k j,j-> hij,j->hi hij,jk->hik hij,hjk->hik ghij,jk->ghik ghij,ghjk->ghik": "{a} @ {b}",
    "i,j->ij": "np.outer({a}, {b})",
    "ijk,ijl->kl": "np.tensordot({a}, {b}, axes=((0, 1), (0, 1)))  # summed over the first two axes",
    "ij,ij-> ijk,ijk->": "np.sum({a} * {b})  # summed over all elements",
    "ij,ij->j ijk,ijk->jk": "np.sum({a} * {b}, axis=0)  # summed over the batch",
    "ij,ij->i ijk,ijk->ik": "np.sum({a} * {b}, axis=1)  # summed over axis 1",
    "ijk,ijk->ij": "np.sum({a} * {b}, axis=2)  # summed over axis 2",
    "ij,ij->1j": "np.sum({a} * {b}, axis=0, keepdims=True)  # summed over the batch",
    "ij,ij->i1 ijk,ijk->i1k": "np.sum({a} * {b}, axis=1, keepdims=True)  # summed over axis 1",
    "ijk,ijk->ij1": "np.sum({a} * {b}, axis=2, keepdims=True)  # summed over axis 2",
}
CONTRACTIONS = {axes: form for each, text in _CONTRACTIONS.items() for axes in each.split() for form in forms(text)}
"""Sums of products by the axes of both operands and of the result, as `numpy.einsum` has them; 1 is an axis kept."""
