"""One function for one kind of arguments, compiled: its code for few rows, and that for many."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import count
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.compiled.blocks import FEWEST, blocked
from autograd_lite.compiled.captured import Captured
from autograd_lite.compiled.cleaning import clean
from autograd_lite.compiled.flat import flattened
from autograd_lite.compiled.parts import in_parts
from autograd_lite.compiled.recorded import Arguments, Output
from autograd_lite.compiled.scalars import ERRORS, with_plain_numbers
from autograd_lite.compiled.sizes import Sized, sized
from autograd_lite.compiled.splitting import Split, split
from autograd_lite.compiled.straight import straight
from autograd_lite.compiled.writing import Names
from autograd_lite.core import trees
from autograd_lite.core.shapes import Value
from autograd_lite.program.expressions import Node
from autograd_lite.program.loading import load

_numbers = count(1)


STRAIGHT = 2**21
"""Bytes of the values that follow the rows, below which straight code is faster than a loop over blocks."""

BLOCKS = 4
"""Blocks of the fewest rows that are worth a loop."""

Run = Callable[..., Any]


class Code(NamedTuple):
    """What runs for so many rows.

    Attributes
    ----------
    run : callable
        Takes the arrays that are traced; returns what the function returns.
    source : str
    fills : bool
        Whether it takes ``out=``, a list with an array, or None, for each output, which it fills where it can.
    """

    run: Run
    source: str
    fills: bool


class Program:
    """What a compiled function runs for arguments of one signature: straight code for few rows, blocks for many.

    Parameters
    ----------
    f : callable
    arguments : Arguments
        Those of a call, with which the function is traced.
    threads : int

    Attributes
    ----------
    sized : Sized
    captured : Captured
        What the function reads beside its arguments: after a change of it the program is stale.
    sample : Arguments or None
        Those with which the function can be recorded again, where those of a call are not at hand.
    """

    sample: Arguments | None = None

    def __init__(self, f: Callable[..., Any], arguments: Arguments, threads: int) -> None:
        name = getattr(f, "__name__", "f")
        self._title = name if name.isidentifier() else "f"
        self._threads = threads
        self.captured = Captured(f, *arguments.others)
        self.sized = self.captured.kept(partial(self._traced, f, arguments))
        self.captured.watch_contents(self.sized.constants, self._copies)
        self._split = self._planned()
        self._most = self._most_rows()
        self._codes: dict[bool, Code] = {}

    def _traced(self, f: Callable[..., Any], arguments: Arguments) -> Sized:
        return flattened(sized(f, arguments, clean))

    def _planned(self) -> Split:
        return split(self.sized)

    _copies = False  # whether its constants are copies of the arrays that are captured
    _provided: Mapping[str, Any] = MappingProxyType({})  # what its code finds beside

    @property
    def result(self) -> trees.Tree:
        """What the function returns, with an `Output` in the place of each array."""
        return self.sized.graph.rebuild(self.sized.graph.result)

    def taken(self, arrays: Sequence[Value]) -> Sequence[Value]:
        """Return the arrays of a call as the code takes them."""
        return arrays

    def shape_of(self, number: int, arrays: Sequence[Value]) -> tuple[int, ...] | None:
        """Return the shape of an output that is written block by block; None for others."""
        node = self.sized.graph.outputs[number]
        return self.sized.shape_of(node, self.sized.count_of(arrays)) if node in self._split.stored else None

    def _most_rows(self) -> float:
        """Return the most rows for which straight code is faster; infinity where it always is."""
        values = [node.value for node in self._split.cuts if self._split.is_split(node)]
        width = sum(value.nbytes for value in values) / max(self.sized.rows, 1)
        return max(STRAIGHT / width, BLOCKS * FEWEST) if width else math.inf

    def code(self, arrays: Sequence[Value]) -> Code:
        """Return what computes the function of the arrays that are traced, if there are as many rows as in these."""
        rows = self.sized.count_of(arrays)
        blocks = rows > self._most
        return self._codes.get(blocks) or self._codes.setdefault(blocks, self._written(rows, blocks))

    def _written(self, rows: int, blocks: bool) -> Code:
        """Write the code for few rows or for many."""
        code = self._code_in_blocks(rows) if blocks else self._straight_code(rows)
        if not self.sized.varying:  # there is no other number of rows: what was recorded is not needed any more
            for node in self.sized.graph.nodes:
                _let_go(node)
        return code

    def _code_in_blocks(self, rows: int) -> Code:
        return self._loaded(self.sized, partial(blocked, plan=self._split), rows, fills=True)

    def _straight_code(self, rows: int) -> Code:
        exact, plain = self._loaded(self.sized, straight, rows), with_plain_numbers(self.sized)
        if plain is None:
            return exact
        first = self._loaded(plain, straight, rows)
        return first._replace(run=_first(first.run, exact.run))

    def _loaded(self, sized: Sized, write: Callable[..., str], rows: int, fills: bool = False) -> Code:
        names = Names(sized, self._title)
        names.module |= {"rebuilt": self._rebuilt, "in_parts": partial(in_parts, threads=self._threads), "math": math}
        names.module |= self._provided
        source = write(sized, names=names, title=self._title, rows=rows)
        names.module["__name__"] = filename = f"<autograd_lite compiled {next(_numbers)}>"  # pickled without a search
        load(source, filename, names.module)
        return Code(names.module[self._title], source, fills)

    def _rebuilt(self, outputs: Sequence[Value]) -> Any:
        """Return the tree that the function returns."""
        graph = self.sized.graph
        return graph.rebuild([outputs[x.number] if type(x) is Output else x for x in graph.result])


def _let_go(node: Node) -> None:
    """Keep shape and dtype of an array, and not its memory."""
    if isinstance(node.value, np.ndarray) and not node.constant:
        node.value = np.broadcast_to(np.zeros((), node.value.dtype), node.value.shape)


def _first(plain: Run, exact: Run) -> Run:
    """Return what runs code for Python's numbers, and that for NumPy's where Python raises an error."""

    def run(*arrays: Value) -> Any:
        try:
            return plain(*arrays)
        except ERRORS:
            return exact(*(np.float64(x) if type(x) is float else x for x in arrays))

    return run
