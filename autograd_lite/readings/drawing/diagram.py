"""A program as boxes and links: values, functions, and the local factors on the way to an input."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from textwrap import shorten

import numpy as np

from autograd_lite.core import trees
from autograd_lite.core.op import alias
from autograd_lite.core.shapes import Value
from autograd_lite.program.expressions import Node
from autograd_lite.program.numbers import label
from autograd_lite.program.render import text
from autograd_lite.program.steps import Step
from autograd_lite.program.trace import Program
from autograd_lite.readings.drawing.folding import Fold, foldings

LIMIT = 60
"""Boxes that a reader takes in; where there would be more, steps are folded."""

_WIDEST = 28  # characters of a line in a box
_FEW = 3  # inputs of a folded box that are still drawn one by one
_SIGNS = {"add": "+", "multiply": "×", "negative": "−", "maximum": "maximum", "minimum": "minimum"}
_CALLED = re.compile(r"[\w.]+(?=\()")
_LONG_NUMBER = re.compile(r"\d+\.\d{4,}(e[-+]?\d+)?")


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
        Whether it lies on a path to the inputs that are differentiated by.
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
    """A value goes into a function, or comes out of it. ``lit`` on a path to the inputs that are differentiated by."""

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

    @property
    def before_factors(self) -> dict[str, str]:
        """The value before each factor."""
        return {link.target: link.source for link in self.links if self.boxes[link.target].kind == "factor"}


def diagram(program: Program, lit: Iterable[str] = (), limit: int = LIMIT) -> Diagram:
    """Return the boxes and links of a program: as detailed as ``limit`` boxes allow.

    Parameters
    ----------
    program : Program
    lit : iterable of str
        Names of inputs: the paths from them to the result are lit, with their local factors.
    limit : int
    """
    lit = program.between(set(lit))
    smallest = None
    for folds in foldings(program.forward):
        drawn = _Builder(program, lit, folds).build()
        if drawn.size <= limit:
            return drawn
        if smallest is None or drawn.size < smallest.size:
            smallest = drawn
    assert smallest is not None
    return smallest


def _differentiated(node: Node) -> list[Node]:
    """Return the arguments of an op for which it has a derivative."""
    edges = node.op.edges_for(len(node.args)) if node.op else ()
    args = [node.args[i] for i, _ in edges]
    return [arg for arg in args if isinstance(arg.value, tuple) or np.asarray(arg.value).dtype.kind in "fc"]


class _Builder:
    """Draws the steps of a program one after the other."""

    def __init__(self, program: Program, lit: set[str], folds: list[Fold]) -> None:
        self.program = program
        self.lit = lit
        self.gradients = {step.by: step.name for step in program.backward if step.role == "cotangent"}
        self.gradients[program.result] = program.cotangent or ""  # a cotangent of one is not worth showing
        self.folds = folds
        self.diagram = Diagram()
        self.values: dict[Node, str] = {}
        self.factors: dict[tuple[str, str], str] = {}
        self.linked: set[tuple[str, str]] = set()
        self.fold_of = {step.name: i for i, fold in enumerate(folds) for step in fold.steps}
        self.leaving = {program.result}
        """The steps that are used outside of their fold."""
        for user, used in program.uses.items():
            self.leaving.update(name for name in used if self.fold_of.get(name) != self.fold_of[user])
        self._serial = count().__next__

    def build(self) -> Diagram:
        """Return the boxes and links."""
        for name, node in self.program.inputs.items():
            self._value(node, name, "input")
        for fold in self.folds:
            if fold.title is None:
                for step in fold.steps:
                    self._link(self._function(step.node, step, {}), self._value(step.node, step.name), step.name)
            else:
                self._fold(fold, fold.title)
        self._drop_unused()
        self._merge_inputs()
        return self.diagram

    def _add(self, letter: str, box: Box) -> str:
        key = f"{letter}{self._serial()}"
        self.diagram.boxes[key] = box
        return key

    def _value(self, node: Node, name: str, kind: str = "value") -> str:
        """Return the key of the box of a value with a name."""
        if node not in self.values:
            found = self.program.cotangents
            gradient = self.gradients.get(name, f"d{self.program.result}_d{name}") if name in found else ""
            backward = short_value(found[name]) if gradient else ""
            box = Box(kind, name, short_value(node.value), gradient, backward, lit=name in self.lit)
            self.values[node] = self._add("v", box)
        return self.values[node]

    def _link(self, source: str, target: str, name: str = "", lit: bool = False) -> None:
        if (source, target) not in self.linked:
            self.linked.add((source, target))
            self.diagram.links.append(Link(source, target, lit or name in self.lit))

    def _function(self, node: Node, step: Step, made: dict[Node, str]) -> str:
        """Return the key of the box of an op in the expression of a step, drawn with all that it is made of."""
        if node in made:
            return made[node]
        key = made[node] = self._add("f", Box("function", title(node)))
        followed = _differentiated(node)
        lit = False
        for arg in node.parents():
            if arg.name:
                bright = self._enter(arg, step, key, arg in followed, with_factor=True)
            elif arg.op is None:
                continue  # it stands in the title
            else:
                source = self._function(arg, step, made)
                bright = self.diagram.boxes[source].lit and arg in followed
                self._link(source, key, lit=bright)
            lit = lit or bright
        self.diagram.boxes[key] = replace(self.diagram.boxes[key], lit=lit)
        return key

    def _enter(self, arg: Node, step: Step, key: str, followed: bool, with_factor: bool) -> bool:
        """Link a value with a name to a box of a step, over the local factor; return whether that is lit."""
        by = arg.name or ""
        source = self._value(arg, by, "constant" if arg.constant else "value")
        lit = followed and by in self.lit and step.name in self.lit
        if lit and with_factor:
            if (step.name, by) not in self.factors:
                factor = self.program.factor(step.name, by)
                shown = "" if factor is None else short_value(factor)
                box = Box("factor", f"d{step.name}_d{by}", shown, lit=True)
                self.factors[step.name, by] = self._add("d", box)
                self._link(source, self.factors[step.name, by], lit=True)
            source = self.factors[step.name, by]
        self._link(source, key, lit=lit)
        return lit

    def _fold(self, fold: Fold, title: str) -> None:
        """Draw several steps as one function, or one step as the expression that it is."""
        names = [step.name for step in fold.steps]
        single = len(names) == 1 and not title
        lit = not self.lit.isdisjoint(names)
        if single:
            box = Box("function", _expression(fold.steps[0]), lit=lit)
        else:
            box = Box("folded", title, f"{names[0]} … {names[-1]}" if len(names) > 1 else names[0], lit=lit)
        key = self._add("f", box)
        for step in fold.steps:
            for arg in _named_operands(step.node):
                if arg.name not in names:
                    self._enter(arg, step, key, True, with_factor=single)
        for step in fold.steps:
            if step.name in self.leaving:
                self._link(key, self._value(step.node, step.name), step.name)

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


def short_value(value: Value) -> str:
    """Return a value on a line of a box."""
    return shorten(label(value).replace("[ ", "["), _WIDEST, placeholder="…")


def _expression(step: Step) -> str:
    """Return the expression of a step, cut where it is long."""
    return shorten(_plain(text(step.node, defining=True)), 2 * _WIDEST, placeholder=" …")


def _plain(written: str) -> str:
    """Return an expression without what a drawing does not need: the module, and digits after the fourth."""
    return _LONG_NUMBER.sub(lambda digits: f"{float(digits[0]):.4g}", written.replace("np.", ""))


def title(node: Node) -> str:
    """Return what stands in a function box: its sign or name, and the arguments where their order or number matters."""
    assert node.op is not None
    if node.op is alias:
        return "="
    drawn = [arg for arg in node.args if arg.name or arg.op is not None]
    literal = len(drawn) < len(node.args)
    vectors = node.op.name == "dot" and all(len(arg.shape) == 1 for arg in node.args)
    if not literal and not node.params and (node.op.name in _SIGNS or vectors):
        return _SIGNS.get(node.op.name, node.op.name)
    written = _plain(text(_with_blanks(node, alone=len(drawn) == 1), defining=True))
    written = written.removesuffix("(…)").replace("(…, ", "(")
    written = written[1:] if written.startswith("….") else written
    called = _CALLED.match(written)
    return written if len(written) <= _WIDEST else f"{called[0] if called else node.op.name}(…)"


def _with_blanks(node: Node, alone: bool) -> Node:
    """Return a node with dots in place of each argument that is drawn as a box, unless its name is needed."""

    def blank(arg: Value, named: bool) -> Value:
        if not isinstance(arg, Node) or (arg.op is None and not arg.name) or (arg.name and not named):
            return arg
        dots = Node(None, (), {}, arg.value)
        dots.name = "…"
        return dots

    leaves, rebuild = trees.flatten(node.params)
    params = rebuild([blank(p, named=False) for p in leaves])
    return Node(node.op, tuple(blank(arg, named=alone) for arg in node.args), params, node.value)
