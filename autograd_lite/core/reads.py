"""What a derivative rule reads: the values that a record has to keep, and those that it may let go."""

from __future__ import annotations

import dis
from collections.abc import Iterator
from types import CodeType

from autograd_lite.core.tape import Rule

Reads = frozenset[int]
"""Positions of inputs whose values a rule reads; -1 stands for the output."""

OUTPUT = -1
_SHAPE = frozenset({"shape", "ndim", "dtype", "size"})


def reads(rule: Rule | None, inputs: int) -> Reads:
    """Return which values a rule ``(g, z, *inputs, **params)`` reads, from its code; all where that does not show it.

    An argument of which it asks nothing but the shape or dtype (``x.shape``) is not read.
    """
    if rule is None:
        return frozenset()
    code = getattr(rule, "__code__", None)
    every = frozenset(range(OUTPUT, inputs))
    if not isinstance(code, CodeType) or code.co_argcount < inputs + 2 or code.co_flags & 4:
        return every
    places = {name: position - 1 for position, name in enumerate(code.co_varnames[1 : inputs + 2])}
    if set(places).intersection(code.co_cellvars):
        return every
    return frozenset(places[name] for name in _loaded(code) if name in places)


def _loaded(code: CodeType) -> Iterator[str]:
    """Yield the names of variables whose values a function loads, but for those of which it asks the shape alone."""
    instructions = [i for i in dis.get_instructions(code) if i.opname not in ("CACHE", "EXTENDED_ARG")]
    for one, following in zip(instructions, [*instructions[1:], None], strict=True):
        if not one.opname.startswith("LOAD_FAST"):
            continue
        names = one.argval if isinstance(one.argval, tuple) else (one.argval,)  # 3.13 loads two at once
        asked = following is not None and following.opname == "LOAD_ATTR" and following.argval in _SHAPE
        yield from names[:-1] if asked else names
