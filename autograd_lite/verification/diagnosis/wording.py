"""What the nodes of a record are called in what is said of a mistake: variables, or else expressions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from autograd_lite.core.op import Op, op_of
from autograd_lite.core.tensor import Tensor
from autograd_lite.program.variables import Names
from autograd_lite.verification.roles import may_be_derivative
from autograd_lite.verification.run import Assignment

_DEPTH = 2
_LONGEST = 60
_INDEX = re.compile(r"\[[^\[\]]*\]")
_MOST_DIGESTED = 100_000
_ORDINALS = {1: "first", 2: "second", 3: "third"}


class Wording:
    """The nodes of a record, newest first, and what the user's code calls them.

    Parameters
    ----------
    nodes : list of Tensor
    names : Names
    assignments : list of Assignment
        Those of the hand gradient, whose variables name what has no name in the function.
    """

    def __init__(self, nodes: list[Tensor], names: Names, assignments: Sequence[Assignment] = ()) -> None:
        self.nodes, self.names, self.assignments = nodes, names, assignments
        self.index = {node: k for k, node in enumerate(nodes)}
        self._expressions: dict[tuple[int, int], str] = {}

    def op(self, k: int) -> str:
        """Return the name of a node's op; empty for a leaf."""
        row = self.nodes[k].op
        return row.name if row is not None else ""

    def name(self, k: int) -> str:
        """Return what the user's code calls a node, or else its expression."""
        return self._called.get(self.nodes[k]) or self.expression(k)

    def named(self, k: int) -> bool:
        """Whether a variable holds the node."""
        return k == 0 or self.nodes[k] in self._called

    def which(self, k: int) -> str:
        """Say which one a node is of several that are called, or computed, alike, as in loops; else nothing."""
        text = at_any_index(self.name(k))
        alike = self._alike[text]
        if len(alike) < 2:
            return ""
        n = len(alike) - alike.index(k)
        return f" (the {_ORDINALS.get(n, f'{n}th')} of {len(alike)} that `{text}` stands for)"

    @cached_property
    def _alike(self) -> dict[str, list[int]]:
        """The nodes by what they are called, newest first, whatever their indices."""
        found: dict[str, list[int]] = {}
        for k in range(len(self.nodes)):
            found.setdefault(at_any_index(self.name(k)), []).append(k)
        return found

    @cached_property
    def _called(self) -> dict[Tensor, str]:
        """The names of nodes, but for those of a helper's parameters that mean something else outside of it."""
        outermost: dict[str, int] = dict.fromkeys(self.names.constants.values(), 0)
        for names in self.names.bound.values():
            for name, (rank, _) in names.items():
                outermost[name] = min(rank, outermost.get(name, rank))
        held: dict[Any, str] = {}
        for a in self.assignments:
            if a.name not in outermost and not may_be_derivative(a.name):
                held.setdefault(_digest(a.value), a.name)
        held.pop(None, None)
        called = {}
        for node in self.nodes:
            ranked = sorted((*rank, name) for name, rank in self.names.bound.get(node, {}).items())
            best = next((name for rank, _, name in ranked if rank <= outermost[name]), None)
            best = best or held.get(_digest(node._value), "")
            if best:
                called[node] = best
        return called

    def expression(self, k: int, depth: int = _DEPTH) -> str:
        """Return the call that made a node, as source text."""
        if (k, depth) not in self._expressions:
            self._expressions[k, depth] = self._write(k, depth)
        return self._expressions[k, depth]

    def _write(self, k: int, depth: int) -> str:
        node = self.nodes[k]
        if node.op is None:
            return node.name or "x"
        parts = [self.operand(k, i, depth) for i in range(len(node.inputs))]
        template = op_of(node).template
        if template is not None and template.count("{}") == len(parts):
            if not template.startswith("np."):
                power = "**" in template
                parts = [f"({p})" if compound(p, negative=power or n > 0) else p for n, p in enumerate(parts)]
            text = template.format(*parts)
        elif node.op.name == "getitem":
            index = _spelled_index(node.params["index"])
            text = f"{parts[0]}[{index if '...' not in index else self.names.written.get((node, 1), index)}]"
        else:
            text = f"{_spelled(op_of(node))}({', '.join(parts)})"
        return text if len(text) <= _LONGEST else f"{_spelled(op_of(node))}(...)"

    def operand(self, k: int, i: int, depth: int = _DEPTH) -> str:
        """Return the name of a node's input, or its expression."""
        x = self.nodes[k].inputs[i]
        if type(x) is Tensor:
            j = self.index[x]
            return self._called.get(x) or (self.expression(j, depth - 1) if depth > 0 else "...")
        named = self.names.constants.get((self.nodes[k], i)) or self.names.written.get((self.nodes[k], i))
        return named or (f"{float(x):g}" if np.ndim(x) == 0 and np.isrealobj(x) else "array")


def _digest(value: Any) -> Any:
    """Return what tells the values of arrays of fractions apart; None for others, and for large ones."""
    if isinstance(value, tuple) or np.size(value) > _MOST_DIGESTED or np.asarray(value).dtype.kind not in "fc":
        return None
    fractions = np.any(np.asarray(value) % 1 != 0) if not np.iscomplexobj(value) else True
    return (np.shape(value), np.asarray(value).tobytes()) if fractions else None


def _spelled(op: Op) -> str:
    """Return what user's code calls an op: NumPy's name where it has one."""
    module = str(getattr(op.numpy, "__module__", None) or "")
    if op.numpy is None or not module.startswith("numpy") or not hasattr(np, name := op.numpy.__name__):
        return op.name
    return f"np.{name}"


def _spelled_index(index: Any) -> str:
    """Return an index as source text, with an ellipsis for arrays."""
    parts = index if isinstance(index, tuple) else (index,)
    texts = []
    for part in parts:
        if isinstance(part, slice):
            ends = ["" if end is None else str(end) for end in (part.start, part.stop, part.step)]
            texts.append(":".join(ends if part.step is not None else ends[:2]))
        else:
            texts.append(str(part) if isinstance(part, (int, np.integer)) else "None" if part is None else "...")
    return ", ".join(texts) if set(texts) != {"..."} else "..."


def at_any_index(text: str) -> str:
    """Return what is said of one element of an array as what is said of any."""
    return _INDEX.sub("[...]", text)


def compound(text: str, *, negative: bool = True) -> bool:
    """Whether an expression has an operator outside of all parentheses; a leading minus where that counts."""
    depth = 0
    for c in text:
        depth += (c in "([") - (c in ")]")
        if c == " " and depth == 0:
            return True
    return negative and text.startswith("-")


def bracketed(text: str) -> str:
    """Return an expression so that more can be computed from it."""
    return f"({text})" if compound(text) else text
