"""Whether the labels of an op are right: cut the inputs, compute, join, and compare with the whole."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import count, pairwise
from typing import Any

import numpy as np

from autograd_lite.core.labels import Axes, Label, Labels, cut_params, labels_of, shape_of
from autograd_lite.core.op import Op
from autograd_lite.core.tape import Params
from autograd_lite.core.trees import flatten
from autograd_lite.numerical import close

Array = Any


@dataclass(frozen=True)
class Cut:
    """A call of an op that is computed in parts along a label.

    Attributes
    ----------
    op : Op
    inputs : sequence of arrays and numbers
    params : dict
    labels : Labels
    label : Label
    whole : list of arrays
        The outputs of the call.
    """

    op: Op
    inputs: Sequence[Any]
    params: Params
    labels: Labels
    label: Label
    whole: list[Array]

    @property
    def places(self) -> list[int]:
        """Where each part begins, and the end of the last: they are of lengths that do not divide each other."""
        arrays = [*self.inputs, *filter(shape_of, flatten(self.params)[0]), *self.whole]
        axes = [*self.labels.inputs, *self.labels.outputs]
        n = next(shape_of(x)[a.index(self.label)] for x, a in zip(arrays, axes, strict=True) if self.label in a)
        return sorted({0, n // 3, (n + n // 3 + 1) // 2, n}) if n > 1 else [0, n]

    def axes(self, input_name: Callable[[int], str]) -> str:
        """Say along which axes it is cut."""
        cut = [(i, axes.index(self.label)) for i, axes in enumerate(self.labels.inputs) if self.label in axes]
        names = [f"axis {axis} of {input_name(i) if i < len(self.inputs) else 'a parameter'}" for i, axis in cut]
        return " and ".join(names) or "the output"

    def fault(self) -> str | None:
        """Say what the parts come to where it is not the whole, but for rounding in numbers as large as the parts."""
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a part may be all NaN
            try:
                parts = [self._part(first, last) for first, last in pairwise(self.places)]
                found = [
                    self._join(*output) for output in zip(self.labels.outputs, zip(*parts, strict=True), strict=True)
                ]
            except Exception as error:
                return f"a part raises {type(error).__name__}: {error}"
        for z, expected, of_parts in zip(found, self.whole, zip(*parts, strict=True), strict=True):
            largest = max(map(close.largest, (expected, *of_parts)))
            tolerance = close.half_of_the_digits(expected, *map(np.asarray, self.inputs)) * largest
            if z.dtype != expected.dtype or not close.same(z, expected, tolerance):
                return f"the parts come to {one_line(z)}; expected {one_line(expected)}"
        return None

    def _part(self, first: int, last: int) -> list[Array]:
        """Compute the outputs of the same range of all inputs."""

        def cut(x: Any, i: int) -> Any:
            axes = self.labels.inputs[i]
            part = x[tuple(slice(first, last) if label == self.label else slice(None) for label in axes)] if axes else x
            return part - first if i in self.labels.numbers and self.label in axes else part

        leaves, rebuild = flatten(self.params)
        inputs = [cut(x, i) for i, x in enumerate(self.inputs)]
        places = count(len(inputs))
        held = rebuild([cut(x, next(places)) if shape_of(x) else x for x in leaves])
        return outputs(self.op, inputs, cut_params(held, self.labels, self.label, last - first))

    def _join(self, axes: Axes, parts: Sequence[Array]) -> Array:
        if self.label in axes:
            return np.concatenate(parts, axes.index(self.label))
        return np.asarray(reduce(self.labels.combine, parts))


def cuts(op: Op, inputs: Sequence[Any], params: Params) -> Iterator[Cut]:
    """Yield each way in which the labels of an op cut a call in parts."""
    inputs = [np.asarray(x) if isinstance(x, list) and not op.lists else x for x in inputs]
    if op.restate is not None:
        inputs, params = op.restate(tuple(inputs), dict(params))  # as the record has it
    with np.errstate(all="ignore"):
        whole = outputs(op, inputs, params)
    shapes = tuple(z.shape for z in whole)
    labels = labels_of(op, inputs, params, shapes if len(shapes) > 1 else shapes[0])
    every = dict.fromkeys(label for axes in (*labels.inputs, *labels.outputs) for label in axes if label is not None)
    yield from (Cut(op, inputs, params, labels, label, whole) for label in every)


def one_line(x: Any) -> str:
    """Write an array on one line."""
    with np.printoptions(precision=6, threshold=20, linewidth=10_000):
        return " ".join(repr(x).split())


def outputs(op: Op, inputs: Sequence[Any], params: Params) -> list[Array]:
    """Return the outputs of a call on plain arrays."""
    return [np.asarray(z) for z in flatten(op.compute(*inputs, **params))[0]]
