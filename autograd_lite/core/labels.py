"""Labels: which axes of an op's inputs and output run together, so that the op can be computed part by part.

A label names an axis that several arrays share. The same range of it is taken from every input that has it; what the op
makes of these parts is that range of the output where the output has the label too, and otherwise an amount that is
combined with those of the other parts, by adding as a rule::

    np.add      x: (0, 1)      y: (1,)            -> (0, 1)
    np.matmul   x: ("i", "k")  y: ("k", "j")      -> ("i", "j")      the parts along "k" are added
    np.sort     a: (0, None)                      -> (0, None)       an axis without a label is whole
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd_lite.core import trees
from autograd_lite.core.shapes import Shape
from autograd_lite.core.signatures import defaults_of
from autograd_lite.core.tape import Operation, Params

Label = Hashable
Axes = tuple[Label | None, ...]
"""One label for each axis; None for an axis that has to be whole."""


class Numbers(np.ndarray):
    """An array of an index that numbers an axis of what is picked from: a part of that axis is numbered from 0 too."""


@dataclass(frozen=True)
class Labels:
    """The labels of the axes of one call of an op.

    Attributes
    ----------
    inputs : tuple of Axes
        One for each input, () for a number. As `labels_of` returns it, then one for each array of one axis or more
        among the parameters, in the order of `trees.flatten`.
    output : Axes
        Of an op with several outputs, a tuple with one for each.
    combine : ufunc
        Makes of the results of parts that of the whole, along a label that the output does not have.
    arrays : dict from name to tuple of Axes
        Of parameters that are arrays or hold some: one for each array, in order.
    shapes : dict from name to Axes
        Of parameters that are shapes: the labels of their entries.
    numbers : set of int
        Which arrays of ``arrays`` number an axis, and do so from 0 in each part of it. As `labels_of` returns it, which
        inputs.
    """

    inputs: tuple[Axes, ...]
    output: Axes
    combine: np.ufunc = np.add
    arrays: Mapping[str, tuple[Axes, ...]] = field(default_factory=dict)
    shapes: Mapping[str, Axes] = field(default_factory=dict)
    numbers: frozenset[int] = frozenset()

    @property
    def outputs(self) -> tuple[Axes, ...]:
        """The labels of each output."""
        several = any(isinstance(axes, tuple) for axes in self.output)
        return self.output if several else (self.output,)  # type: ignore[return-value]


Array = tuple[Axes, Shape]
LabelRule = Callable[..., Labels]
"""``rule(z, *inputs, **params)`` gives the labels of a call from the shape ``z`` of the output, a tuple of shapes where
there are several. All parameters are given, in their default where the call does not say."""


def whole(shapes: Sequence[Shape], z: Any) -> Labels:
    """Return labels by which nothing can be cut."""
    return Labels(tuple(map(_unlabelled, shapes)), tuple(_unlabelled(shape) for shape in _several(z)))


def loops(core: int) -> LabelRule:
    """Return the rule of an op that broadcasts all axes but the last ``core`` ones: these are whole."""

    def rule(z: Any, *inputs: Any, **params: Any) -> Labels:
        shapes = [shape_of(x) for x in inputs]
        if any(isinstance(x, (list, tuple)) for x in inputs) or any(map(_has_axes, trees.flatten(params)[0])):
            return whole(shapes, z)
        most = max([len(shape) - core for shape in shapes], default=0)
        lengths = [_ends(range(most), max(len(shape) - core, 0)) for shape in shapes]
        axes = tuple((*loop, *_unlabelled(shape[len(loop) :])) for loop, shape in zip(lengths, shapes, strict=True))
        results = tuple((*range(most), *_unlabelled(shape[max(most, 0) :])) for shape in _several(z))
        return Labels(axes, results)

    return rule


elementwise = loops(0)
"""The rule of an op whose inputs and output broadcast, element by element."""


def labels_of(op: Operation, inputs: Sequence[Any], params: Params, output: Any) -> Labels:
    """Return the labels of a call of an op.

    Parameters
    ----------
    op : Op
    inputs : sequence of arrays and numbers
    params : dict
    output : tuple of int
        The shape of the result; of several results, a tuple of shapes.

    Returns
    -------
    Labels
        Every label is on axes of one length, and at most once in an array. An axis of length 1 that is stretched has
        none.
    """
    shapes = [shape_of(x) for x in inputs]
    rule = op.labels or (None if op.core is None else loops(op.core))
    defaults = defaults_of(op.__signature__.parameters.values())
    found = whole(shapes, output) if rule is None else rule(output, *inputs, **{**defaults, **params})
    held: list[Array] = []
    for name, value in params.items():
        axes = iter(found.arrays.get(name, ()))
        held += [(next(axes, _unlabelled(shape)), shape) for shape in map(shape_of, trees.flatten(value)[0]) if shape]
    rest = map(_unlabelled, shapes[len(found.inputs) :])
    given = [*zip((*found.inputs, *rest), shapes, strict=True), *held]
    return _checked(op, found, given, list(zip(found.outputs, _several(output), strict=True)))


def cut_params(params: Params, labels: Labels, label: Label, length: Any) -> Params:
    """Return the parameters of a call on a part of this length: shapes follow it. Whoever calls cuts the arrays."""
    cut = {}
    for name, axes in labels.shapes.items():
        given = params[name]
        entries = given if isinstance(given, (tuple, list)) else (given,)
        cut[name] = tuple(length if axis == label else n for n, axis in zip(entries, axes, strict=True))
    return {**params, **cut} if cut else params


def shape_of(x: Any) -> Shape:
    """Return the shape of what has one; () for anything else."""
    shape = getattr(x, "shape", ())
    return shape if isinstance(shape, tuple) else ()  # that of a class is none


def subscripts(text: str) -> LabelRule:
    """Return the rule that is written as for `numpy.einsum`: ``"n, -> n"``.

    A letter is a label; an axis that is written as a dot, or not at all, is whole. Along a letter that the output does
    not have, the results of parts are added: ``"ni, i -> n"`` is right for a product alone.
    """
    if not re.fullmatch(r"[\w.\s]*(,[\w.\s]*)*->[\w.\s]*", text):
        raise ValueError(f"expected labels such as 'ni, nj -> nij', got {text!r}")
    *terms, result = re.split(",|->", re.sub(r"\s", "", text))

    def rule(z: Shape, *inputs: Any, **params: Any) -> Labels:
        shapes = [shape_of(x) for x in inputs]
        if len(terms) != len(shapes):
            raise ValueError(f"labels {text!r} are of {len(terms)} inputs, and the call has {len(shapes)}")
        if any(len(term) > len(shape) for term, shape in zip((*terms, result), (*shapes, z), strict=True)):
            return whole(shapes, z)
        axes = [_written(term, shape) for term, shape in zip((*terms, result), (*shapes, z), strict=True)]
        return Labels(tuple(axes[:-1]), axes[-1])

    return rule


def _written(term: str, shape: Shape) -> Axes:
    return (*(None if letter == "." else letter for letter in term), *_unlabelled(shape[len(term) :]))


def _several(z: Any) -> Sequence[Shape]:
    """Return the shape of each output."""
    return z if any(isinstance(shape, tuple) for shape in z) else (z,)


def _unlabelled(shape: Shape) -> Axes:
    return (None,) * len(shape)


def _ends(axes: Sequence[Any], n: int) -> Sequence[Any]:
    return axes[len(axes) - n :]


def _has_axes(x: Any) -> bool:
    return bool(shape_of(x))


def _checked(op: Operation, found: Labels, inputs: list[Array], outputs: list[Array]) -> Labels:
    """Return labels without those that nothing can be cut along."""
    for axes, shape in (*inputs, *outputs):
        if len(axes) != len(shape):
            raise ValueError(f"op '{op.name}' has the labels {axes} for an array of shape {shape}")
    every = {label for axes, _ in (*inputs, *outputs) for label in axes} - {None}
    free = {label for axes in found.shapes.values() for label in axes}
    lengths = {label: _length(label, inputs, outputs, label in free) for label in every}

    def kept(axes: Axes, shape: Shape) -> Axes:
        return tuple(label if lengths.get(label) == n else None for label, n in zip(axes, shape, strict=True))

    results = tuple(kept(*output) for output in outputs)
    shapes = {
        name: tuple(None if lengths.get(label) is None else label for label in axes)
        for name, axes in found.shapes.items()
    }
    output = results if len(results) > 1 else results[0]
    before = len(inputs) - sum(map(len, found.arrays.values()))
    numbers = frozenset(before + i for i in found.numbers)
    return Labels(tuple(kept(*x) for x in inputs), output, found.combine, shapes=shapes, numbers=numbers)


def _length(label: Label, inputs: list[Array], outputs: list[Array], free: bool) -> int | None:
    """Return how long the axes of a label are; None where they are not of one length, or one array has two of them.

    Those of inputs may be stretched. What an output has, an input has too, unless a parameter gives its length and sets
    it ``free``; and either all outputs have it or none.
    """
    if any(axes.count(label) > 1 for axes, _ in (*inputs, *outputs)):
        return None
    of_inputs = {shape[axes.index(label)] for axes, shape in inputs if label in axes}
    of_outputs = [shape[axes.index(label)] for axes, shape in outputs if label in axes]
    length = max((of_inputs | {*of_outputs}) - {1}, default=1)
    alike = of_inputs <= {1, length} and {*of_outputs} <= {length}
    made_of_it = free or length in of_inputs
    return length if alike and made_of_it and len(of_outputs) in (0, len(outputs)) else None
