"""Programs for rows that lie apart: what is whole is computed here, and Dask's workers run the loops on the chunks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

from autograd_lite.compiled.blocks import blocked
from autograd_lite.compiled.chunks import (
    NoRowsError,
    Rows,
    aligned,
    computed,
    first_rows,
    is_chunked,
    on_chunks,
    row_numbers,
    rows_of,
)
from autograd_lite.compiled.cleaning import clean
from autograd_lite.compiled.laws import FEW, MANY, UnexplainedError
from autograd_lite.compiled.program import Code, Program, Run
from autograd_lite.compiled.recorded import Arguments, arguments_of, names_of_leaves
from autograd_lite.compiled.sizes import Sized, counting, numbering, symbolic
from autograd_lite.compiled.splitting import ApartError, Split, split
from autograd_lite.core import trees
from autograd_lite.core.shapes import Value


class ApartProgram(Program):
    """What a compiled function runs where some of its arguments are arrays of Dask.

    Raises
    ------
    TypeError
        Where an op needs all rows at once, or the function has no program for any number of them.
    """

    sample: Arguments
    _provided = MappingProxyType({f.__name__: f for f in (on_chunks, rows_of, row_numbers, Rows)})

    def __init__(self, f: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        leaves, rebuild = trees.flatten((args, dict(kwargs)))
        names = names_of_leaves(f, args, kwargs)
        places = [i for i, x in enumerate(leaves) if is_chunked(x)]
        self._names = [names[i] for i in places]
        xs = aligned([leaves[i] for i in places], self._names)
        self._rows = rows_of(xs[0])
        for x, name in zip(leaves, names, strict=True):
            if type(x) is np.ndarray and x.ndim and len(x) == self._rows > MANY:
                chunks = f"chunks={self._names[0]}.chunks[0]"
                raise TypeError(f"{name} has as many rows as {self._names[0]}; write da.from_array({name}, {chunks})")
        for i, rows in zip(places, first_rows(xs, MANY), strict=True):
            leaves[i] = rows
        arguments = arguments_of(*rebuild(leaves))
        self._f, self.sample = f, arguments
        self._varying = tuple(arguments.traced.index(i) for i in places)
        super().__init__(f, arguments, 1)

    def taken(self, arrays: Sequence[Value]) -> Sequence[Value]:
        """Return the arrays of a call with those of Dask in the same chunks."""
        xs = iter(aligned([arrays[i] for i in self._varying], self._names))
        return [next(xs) if i in self._varying else x for i, x in enumerate(arrays)]

    def _traced(self, f: Callable[..., Any], arguments: Arguments) -> Sized:
        try:
            return _numbered(symbolic(f, arguments, self._varying, self._rows, clean))
        except UnexplainedError as error:
            raise TypeError(
                f"{self._title}() has no program for chunks of any number of rows: its records with {FEW} and with "
                f"{MANY} rows of {', '.join(self._names)} differ in {error}, in no way that is known; of len(x), make "
                "np.arange(len(x)) or np.zeros(len(x)), and pass what else is as long as an argument"
            ) from error
        except Exception as error:
            error.add_note(f"{self._title}() was called with {FEW} and with {MANY} rows of {', '.join(self._names)}")
            raise

    def _planned(self) -> Split:
        try:
            return split(self.sized, apart=True)
        except ApartError as error:
            name = error.node.op.name if error.node.op else "the result"
            raise TypeError(
                f"{name} in {self._title}() needs all rows at once, or makes some, and the rows of "
                f"{', '.join(self._names)} lie in chunks; compute them, or leave it out of what is compiled"
            ) from None

    def code(self, arrays: Sequence[Value]) -> Code:
        """Return what computes the function of the arrays that are traced."""
        if True not in self._codes:
            code = self._loaded(self.sized, partial(blocked, plan=self._split, apart=True), self._rows)
            known = getattr(code.run, "__globals__", {})  # a lazy result is of what captured arrays hold now
            known.update({name: x.copy() for name, x in known.items() if isinstance(x, np.ndarray)})
            self._codes[True] = code._replace(run=partial(self._run, code.run))
        return self._codes[True]

    def _run(self, run: Run, *arrays: Value) -> Any:
        try:
            return run(*arrays)
        except (NoRowsError, ZeroDivisionError):  # of one row or none, which is at hand
            if rows_of(arrays[self._varying[0]]) > 1:
                raise
            args, kwargs = self.sample.filled(computed(arrays))
            return self._f(*args, **kwargs)


def _numbered(sized: Sized) -> Sized:
    """Let a graph number the rows chunk by chunk where it counts to how many there are."""
    first = list(sized.graph.inputs.values())[sized.varying[0]]
    for node in sized.graph.nodes:
        if node.op is counting and node.params["stop"] is sized.size:
            node.op, node.args, node.params = numbering, (first,), {}
    nodes = sized.graph.nodes
    nodes[:] = [first, *(node for node in nodes if node is not first)]  # before what numbers its rows
    sized.axes[first] = (0,)
    return sized
