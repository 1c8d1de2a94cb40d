"""A program as boxes and links: values, functions, and the local factors on the way to an input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from textwrap import shorten
from typing import Any

import numpy as np

from autograd_lite import trees
from autograd_lite.chain import Step
from autograd_lite.expressions import Node
from autograd_lite.figures import label
from autograd_lite.folding import Fold, foldings
from autograd_lite.op import alias
from autograd_lite.paths import Edges
from autograd_lite.program import Program
from autograd_lite.writing import text

LIMIT = 60
"""Boxes that a reader takes in; where there would be more, steps are folded."""

_WIDEST = 28  # characters of a line in a box
_FEW = 3  # inputs of a folded box that are still drawn one by one
_SIGNS = {"add": "+", "multiply": "×", "negative": "−", "maximum": "maximum", "minimum": "minimum"}


@dataclass(frozen=True)
class Box:
    """One box of the drawing.

    Attributes
    ----------
    kind : str
        "input", "constant" or "value"; "function" or "folded"; "factor" for a local derivative on a link.
    title : str
    forward : str
        The value; of a folded box, which steps it stands for.
    gradient, backward : str
        Name of the derivative of the result by this value, and its value; "" where there is none.
    lit : bool
        Whether it lies on a path to the inputs that were asked for.
    """

    kind: str
    title: str
    forward: str = ""
    gradient: str = ""
    backward: str = ""
    lit: bool = False

    @property
    def is_value(self) -> bool:
        """Whether the box stands for a value, and not for a function or a factor."""
        return self.kind in ("input", "constant", "value")


@dataclass(frozen=True)
class Link:
    """A value goes into a function, or comes out of it. ``lit`` on a path to the inputs that were asked for."""

    source: str
    target: str
    lit: bool = False


@dataclass
class Diagram:
    """Boxes by key, in the order of the program, and the links between them."""

    boxes: dict[str, Box] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Number of values and functions."""
        return sum(box.kind != "factor" for box in self.boxes.values())


def diagram(program: Program, lit: Iterable[str] = (), limit: int = LIMIT) -> Diagram:
    """Return the boxes and links of a program: as detailed as ``limit`` boxes allow.

    Parameters
    ----------
    program : Program
    lit : iterable of str
        Names of inputs: the paths from them to the result are lit, with their local factors.
    limit : int
    """
    derivatives = _Derivatives(program, set(lit))
    smallest = None
    for folds in foldings(program.forward):
        drawn = _Builder(program, derivatives, folds).build()
        if drawn.size <= limit:
            return drawn
        if smallest is None or drawn.size < smallest.size:
            smallest = drawn
    assert smallest is not None
    return smallest


class _Derivatives:
    """What is known of the derivatives of a program.

    Attributes
    ----------
    of_result : dict from name to (name, value), of the derivative of the result by each value on a path
    lit : set of names of values on a path to the inputs that were asked for
    """

    def __init__(self, program: Program, wanted: set[str]) -> None:
        self.edges = Edges(program)
        nodes = {**program.inputs, **{step.name: step.node for step in program.forward}}
        reached = _reached(program)
        gradients = {name for name in program.gradients if name in nodes}
        self.lit = self.edges.dependent(wanted) & reached
        self.of_result: dict[str, tuple[str, Any]] = {}
        for name in self.edges.dependent(gradients) & reached - {program.result}:
            # a cotangent of ones is never written down
            self.of_result[name] = f"d{program.result}_d{name}", np.ones_like(nodes[name].value)
        for step in program.backward:
            if step.role == "cotangent" and step.by in self.of_result:
                self.of_result[step.by] = step.name, step.value
        if program.cotangent is not None and gradients:
            self.of_result[program.result] = program.cotangent, np.ones_like(nodes[program.result].value)

    def factor(self, of: str, by: str) -> Any:
        """Return the local factor of a step by a value; None where there is no such array."""
        return self.edges[of, by].factor


def _reached(program: Program) -> set[str]:
    """Return the names of the values to which a cotangent of the result comes."""
    found = {program.result}
    for step in reversed(program.forward):
        pending = [step.node] if step.name in found else []
        while pending:
            node = pending.pop()
            for arg in _differentiated(node):
                if arg.name:
                    found.add(arg.name)
                else:
                    pending.append(arg)
    return found


def _differentiated(node: Node) -> list[Node]:
    """Return the arguments of an op for which it has a derivative."""
    edges = node.op.edges_for(len(node.args)) if node.op else ()
    args = [node.args[i] for i, _ in edges]
    return [arg for arg in args if isinstance(arg.value, tuple) or np.asarray(arg.value).dtype.kind in "fc"]


class _Builder:
    """Draws the steps of a program one after the other."""

    def __init__(self, program: Program, derivatives: _Derivatives, folds: list[Fold]) -> None:
        self.program = program
        self.derivatives = derivatives
        self.folds = folds
        self.diagram = Diagram()
        self.values: dict[Node, str] = {}
        self.linked: set[tuple[str, str]] = set()

    def build(self) -> Diagram:
        """Return the boxes and links."""
        for name, node in self.program.inputs.items():
            self._value(node, name, "input")
        for fold in self.folds:
            if fold.title is None:
                for step in fold.steps:
                    self._link(self._function(step.node, step, {}), self._value(step.node, step.name), step.name)
            else:
                self._fold(fold)
        self._drop_unused()
        self._merge_inputs()
        return self.diagram

    def _add(self, letter: str, box: Box) -> str:
        key = f"{letter}{len(self.diagram.boxes)}"
        while key in self.diagram.boxes:  # boxes may have been dropped
            key += "_"
        self.diagram.boxes[key] = box
        return key

    def _value(self, node: Node, name: str, kind: str = "value") -> str:
        """Return the key of the box of a value with a name."""
        if node not in self.values:
            gradient, d = self.derivatives.of_result.get(name, ("", None))
            backward = _short(d) if gradient else ""
            lit = name in self.derivatives.lit
            self.values[node] = self._add("v", Box(kind, name, _short(node.value), gradient, backward, lit))
        return self.values[node]

    def _link(self, source: str, target: str, name: str = "", lit: bool | None = None) -> None:
        if (source, target) not in self.linked:
            self.linked.add((source, target))
            lit = name in self.derivatives.lit if lit is None else lit
            self.diagram.links.append(Link(source, target, lit))

    def _function(self, node: Node, step: Step, made: dict[Node, str]) -> str:
        """Return the key of the box of an op in the expression of a step, drawn with all that it is made of."""
        if node in made:
            return made[node]
        key = made[node] = self._add("f", Box("function", title(node)))
        followed = _differentiated(node)
        lit = False
        for arg in node.parents():
            if arg.name:
                bright = arg.name in self.derivatives.lit and step.name in self.derivatives.lit and arg in followed
                source = self._value(arg, arg.name, "constant" if arg.constant else "value")
                if bright and (step.name, source) not in self.linked:
                    source = self._factor(step.name, arg.name, source)
            elif arg.op is None:
                continue  # the title says it
            else:
                source = self._function(arg, step, made)
                bright = self.diagram.boxes[source].lit and arg in followed
            self._link(source, key, lit=bright)
            lit = lit or bright
        self.diagram.boxes[key] = replace(self.diagram.boxes[key], lit=lit)
        return key

    def _factor(self, of: str, by: str, source: str) -> str:
        """Put a local factor on the link that leaves a value; return its key."""
        self.linked.add((of, source))
        factor = self.derivatives.factor(of, by)
        key = self._add("d", Box("factor", f"d{of}_d{by}", "" if factor is None else _short(factor), lit=True))
        self._link(source, key, lit=True)
        return key

    def _fold(self, fold: Fold) -> None:
        """Draw several steps as one function."""
        own = {step.name for step in fold.steps}
        used = {name for other in self.folds if other is not fold for s in other.steps for name in self._operands(s)}
        names = [step.name for step in fold.steps]
        first, last = fold.steps[0], fold.steps[-1]
        single = len(fold.steps) == 1 and not fold.title
        shown = "" if single else names[0] if len(names) == 1 else f"{names[0]} … {names[-1]}"
        lit = bool(own & self.derivatives.lit)
        box = Box("function" if single else "folded", _expression(first) if single else fold.title or "", shown, lit=lit)
        key = self._add("f", box)
        for step in fold.steps:
            for arg in _named_operands(step.node):
                if arg.name and arg.name not in own:
                    source = self._value(arg, arg.name, "constant" if arg.constant else "value")
                    bright = arg.name in self.derivatives.lit and step.name in self.derivatives.lit
                    if bright and single:
                        source = self._factor(step.name, arg.name, source)
                    self._link(source, key, lit=bright)
        for step in fold.steps:
            if step.name in used or step.name == self.program.result or (step is last and not own & used):
                self._link(key, self._value(step.node, step.name), step.name)

    def _operands(self, step: Step) -> list[str]:
        return self.derivatives.edges.uses[step.name]

    def _drop_unused(self) -> None:
        """Leave out the inputs that the result does not depend on."""
        used = {end for link in self.diagram.links for end in (link.source, link.target)}
        boxes = self.diagram.boxes
        self.diagram.boxes = {k: b for k, b in boxes.items() if k in used or b.title == self.program.result}

    def _merge_inputs(self) -> None:
        """Draw the inputs and constants that only one folded box uses as one."""
        targets: dict[str, list[str]] = {}
        for link in self.diagram.links:
            targets.setdefault(link.source, []).append(link.target)
        groups: dict[str, list[str]] = {}
        for key, box in self.diagram.boxes.items():
            ends = targets.get(key, [])
            if box.kind in ("input", "constant") and len(ends) == 1 and self.diagram.boxes[ends[0]].kind == "folded":
                groups.setdefault(ends[0], []).append(key)
        for target, keys in groups.items():
            if len(keys) > _FEW:
                members = [self.diagram.boxes[key] for key in keys]
                names = f"{members[0].title} … {members[-1].title}"
                lit = any(box.lit for box in members)
                for key in keys:
                    del self.diagram.boxes[key]
                self.diagram.links = [link for link in self.diagram.links if link.source not in keys]
                self._link(self._add("v", Box("input", f"{len(keys)} inputs", names, lit=lit)), target, lit=lit)


def _named_operands(node: Node) -> Iterator[Node]:
    """Yield the values with a name that the expression of a step is made from."""
    for arg in node.parents():
        if arg.name:
            yield arg
        else:
            yield from _named_operands(arg)


def _short(value: Any) -> str:
    return shorten(label(value), _WIDEST, placeholder="…")


def _expression(step: Step) -> str:
    """Return the expression of a step, cut where it is long."""
    return shorten(text(step.node, defining=True).replace("np.", ""), 2 * _WIDEST, placeholder=" …")


def title(node: Node) -> str:
    """Return what a function box says: its sign or name, and the arguments where their order or number matters."""
    assert node.op is not None
    if node.op is alias:
        return "="
    drawn = [arg for arg in node.args if arg.name or arg.op is not None]
    literal = len(drawn) < len(node.args)
    vectors = node.op.name == "dot" and all(len(arg.shape) == 1 for arg in node.args)
    if not literal and not node.params and (node.op.name in _SIGNS or vectors):
        return _SIGNS.get(node.op.name, node.op.name)
    alone = len(drawn) == 1
    written = text(_with_blanks(node, alone), defining=True).removeprefix("np.").replace("np.", "")
    written = written.removesuffix("(·)").replace("(·, ", "(")
    return written if len(written) <= _WIDEST else f"{node.op.name}(…)"


def _with_blanks(node: Node, alone: bool) -> Node:
    """Return a node with a dot in place of each argument that is drawn as a box, unless its name tells it apart."""

    def blank(arg: Any, named: bool) -> Any:
        if not isinstance(arg, Node) or (arg.op is None and not arg.name) or (arg.name and not named):
            return arg
        dot = Node(None, (), {}, arg.value)
        dot.name = "·"
        return dot

    leaves, rebuild = trees.flatten(node.params)
    params = rebuild([blank(p, named=False) for p in leaves])
    return Node(node.op, tuple(blank(arg, named=alone) for arg in node.args), params, node.value)


