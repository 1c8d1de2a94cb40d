"""A computation as a picture: functions and values, forward and backward, and the chain rule along the paths."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Iterator
from functools import cached_property
from numbers import Real
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from autograd_lite.core.tensor import Tensor
from autograd_lite.program.trace import Program, Wrt, trace
from autograd_lite.readings.drawing.diagram import Box, Diagram, diagram
from autograd_lite.readings.drawing.painting import EDGE, FILL, GREY, ORANGE, Painting
from autograd_lite.readings.layout.rows import Direction

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PAGE = 8.3
"""Width of a page, in inches: of A4 on paper, and of about 800 pixels on a screen."""

_ENDINGS = ".svg", ".png", ".pdf"
_RANKDIR = {"right": "LR", "down": "TB"}
_FLOWCHART = {"right": "LR", "down": "TD"}


def draw(
    f: Callable[..., Any] | Tensor,
    *args: Any,
    wrt: Wrt = None,
    direction: Direction = "right",
    width: float | None = PAGE,
) -> Drawing:
    """Draw what a function computes, step after step, with the derivative of its result by each value.

    What is wider than a page goes on in the next row, as text does: links run around the end of the row.

    Where there would be more than about 60 boxes, loops are folded to their first and their last iteration, and the
    steps of called functions, or stretches of steps, are drawn as one.

    Parameters
    ----------
    f : callable, or a Tensor already computed
        Takes trees of arrays; returns one array.
    *args : trees of arrays
    wrt : str or sequence of str, optional
        Names of inputs: the paths from them to the result are lit, and the local factors ``d<out>_d<in>`` of the chain
        rule stand along them. No path is lit if left out.
    direction : "right" or "down", optional
        Where the steps lead: rows from left to right, or from top to bottom, for narrow pages.
    width : float or None, optional
        Of the picture, in inches, at most, unless a single box with the links around it is wider; a page's if left
        out. None sets no bound: all steps are in one row.

    Returns
    -------
    Drawing
        Notebooks show it; ``save`` writes it.

    Raises
    ------
    TypeError
        Where ``f`` returns no Tensor, or several.
    ValueError
        Where ``wrt`` names no input; the error lists the names there are. Where ``direction`` is another, or ``width``
        is no positive number.
    """
    _check(direction, width)
    program = trace(f, *args, wrt=wrt)
    return Drawing(program, diagram(program, () if wrt is None else program.gradients), direction, width)


def _check(direction: object, width: object) -> None:
    """Refuse a direction or width that a picture cannot have."""
    if direction not in ("right", "down"):
        raise ValueError(f"expected direction 'right' or 'down', got {direction!r}")
    number = isinstance(width, Real) and not isinstance(width, bool)
    if width is not None and not (number and 0 < float(cast(float, width)) < math.inf):
        raise ValueError(f"expected width to be a positive number of inches, or None for one row; got {width!r}")


class Drawing:
    """A computation, drawn.

    Parameters
    ----------
    program : Program
    diagram : Diagram
        The boxes and links of the program.
    direction : "right" or "down", optional
    width : float or None, optional
        In inches.
    """

    def __init__(
        self, program: Program, diagram: Diagram, direction: Direction = "right", width: float | None = PAGE
    ) -> None:
        self.program = program
        self.diagram = diagram
        self.direction: Direction = direction
        self.width = width

    @cached_property
    def painting(self) -> Painting:
        """The diagram laid out."""
        return Painting(self.diagram, self.direction, math.inf if self.width is None else float(self.width))

    def figure(self) -> Figure:
        """Return the picture as a matplotlib figure."""
        return self.painting.figure()

    def save(self, path: str | PathLike[str]) -> None:
        """Write the picture to a file.

        Parameters
        ----------
        path : str or path
            Ends in .svg, .png or .pdf.

        Raises
        ------
        ValueError
            Where it ends otherwise.
        """
        path = Path(path)
        if path.suffix.lower() not in _ENDINGS:
            given = f"the ending {path.suffix!r}" if path.suffix else "no ending"
            raise ValueError(f"expected a file name that ends in {', '.join(_ENDINGS)}; got {given} in {str(path)!r}")
        self.painting.save(path, path.suffix.lower()[1:])

    def _repr_svg_(self) -> str:
        """Return the picture for notebooks."""
        file = io.StringIO()
        self.painting.save(file, "svg")
        text = file.getvalue()
        return text[text.index("<svg") :]

    def __repr__(self) -> str:
        values = sum(box.is_value for box in self.diagram.boxes.values())
        functions = self.diagram.size - values
        return f"<Drawing of {self.program.name}: {values} values, {functions} functions; save() writes a picture>"

    def to_dot(self) -> str:
        """Return the picture in the language of Graphviz."""
        lines = [
            "digraph {",
            f"  rankdir={_RANKDIR[self.direction]};",
            '  node [fontname="DejaVu Sans" fontsize=10 style=filled];',
            '  edge [fontname="DejaVu Sans" fontsize=8];',
        ]
        for key, box in self.diagram.boxes.items():
            if box.kind != "factor":
                color = ORANGE if box.lit else EDGE[box.kind]
                look = f'color="{color}" fillcolor="{FILL[box.kind]}" penwidth={2 if box.lit else 1}'
                shape = "box" if box.is_value else "ellipse"
                peripheries = 2 if box.kind == "folded" else 1
                text = _dot_text(_lines(box))
                lines.append(f"  {key} [label={text} shape={shape} peripheries={peripheries} {look}];")
        for source, target, factor, lit in self._edges():
            look = f'color="{ORANGE if lit else GREY}" penwidth={2 if lit else 1}'
            label = f'label={_dot_text(_lines(factor))} fontcolor="{ORANGE}" ' if factor else ""
            lines.append(f"  {source} -> {target} [{label}{look}];")
        return "\n".join([*lines, "}"]) + "\n"

    def to_mermaid(self) -> str:
        """Return the picture in the language of Mermaid, which Markdown viewers draw."""
        lines = [f"flowchart {_FLOWCHART[self.direction]}"]
        brackets = {"function": ("([", "])"), "folded": ("[[", "]]")}
        for key, box in self.diagram.boxes.items():
            if box.kind != "factor":
                opening, closing = brackets.get(box.kind, ("[", "]"))
                lines.append(f"  {key}{opening}{_mermaid_text(_lines(box))}{closing}:::{box.kind}")
        lit_links = []
        for i, (source, target, factor, lit) in enumerate(self._edges()):
            label = f"|{_mermaid_text(_lines(factor))}|" if factor else ""
            lines.append(f"  {source} -->{label} {target}")
            lit_links += [str(i)] if lit else []
        kinds = dict.fromkeys(box.kind for box in self.diagram.boxes.values() if box.kind != "factor")
        lines += [f"  classDef {kind} fill:{FILL[kind]},stroke:{EDGE[kind]},color:#1A1A1A" for kind in kinds]
        lit_boxes = [key for key, box in self.diagram.boxes.items() if box.lit and box.kind != "factor"]
        if lit_boxes:
            lines += [f"  classDef lit stroke:{ORANGE},stroke-width:3px", f"  class {','.join(lit_boxes)} lit"]
        if lit_links:
            lines.append(f"  linkStyle {','.join(lit_links)} stroke:{ORANGE},stroke-width:3px")
        return "\n".join(lines) + "\n"

    def _edges(self) -> Iterator[tuple[str, str, Box | None, bool]]:
        """Yield source, target, local factor and light of the links between values and functions."""
        boxes = self.diagram.boxes
        entered = self.diagram.before_factors
        for link in self.diagram.links:
            if link.source in entered:
                yield entered[link.source], link.target, boxes[link.source], link.lit
            elif link.target not in entered:
                yield link.source, link.target, None, link.lit


def _lines(box: Box) -> list[str]:
    """Return the lines of text of a box, for the languages that lay them out themselves."""
    gradient = f"{box.gradient} = {box.backward}" if box.gradient else ""
    return [line for line in (box.title, box.forward, gradient) if line]


def _dot_text(lines: list[str]) -> str:
    escaped = [line.replace("\\", "\\\\").replace('"', '\\"') for line in lines]
    return '"' + "\\n".join(escaped) + '"'


def _mermaid_text(lines: list[str]) -> str:
    """Return lines as one quoted text: all but letters, digits and blanks as character codes."""
    return '"' + "<br/>".join(re.sub(r"[^\w .,+=()-]", lambda c: f"#{ord(c[0])};", line) for line in lines) + '"'
