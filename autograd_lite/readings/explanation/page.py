"""A web page that walks through a program, forward and then backward: one file, no network."""

from __future__ import annotations

import html
import json
import linecache
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np

from autograd_lite.core.lines import file_name
from autograd_lite.core.shapes import Value
from autograd_lite.program.frames import Place
from autograd_lite.program.numbers import figure, label
from autograd_lite.program.render import text
from autograd_lite.program.steps import Step
from autograd_lite.program.trace import Program
from autograd_lite.readings.layout.rows import Direction, curves, layered

_LETTER = 7.25  # width of a character in the boxes
_LINE = 17
_PADDING = 10
_GAPS = (34.0, 16.0)
_MARGIN = 4
_CORNER = 8.0
_PICTURES: tuple[tuple[float, Direction], ...] = (
    (336.0, "down"),
    (686.0, "right"),
)  # for phones, and for wider screens
_CONTEXT = 3  # source lines before and after the one that is lit

_FRAME = "width:100%;height:{}px;border:1px solid rgba(128,128,128,.4);border-radius:8px"

Frame = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """The page that steps through a computation, as a notebook shows it.

    Attributes
    ----------
    html : str
        The whole page, which needs no network.
    title : str
    height : int
        In pixels, of the frame in which a notebook shows it.
    """

    html: str
    title: str
    height: int

    def __repr__(self) -> str:
        return f"<{self.title}, step by step; a notebook that is trusted shows it, to_html() writes it to a file>"

    def _repr_html_(self) -> str:
        frame = _FRAME.format(self.height)
        return f'<iframe title="{html.escape(self.title)}" style="{frame}" srcdoc="{html.escape(self.html)}"></iframe>'


def write(program: Program, decisions: Iterable[tuple[str, str]]) -> str:
    """Return the page of a program.

    Parameters
    ----------
    program : Program
    decisions : (condition, outcomes) pairs
        How the control flow went.
    """
    frames = Frames(program)
    data = {
        "frames": frames.all(),
        "gradients": frames.gradients(),
        "result": program.result,
        "decisions": [list(decision) for decision in decisions],
    }
    template = resources.files(__package__).joinpath("page.html").read_text("utf-8")
    parts = template.replace("{{title}}", html.escape(title(program))).split("{{graph}}")
    parts[1] = parts[1].replace("{{data}}", json.dumps(data).replace("<", "\\u003c"))
    pictures = dict.fromkeys(_picture(frames, width, direction) for width, direction in _PICTURES)
    return "\n".join(pictures).join(parts)


def title(program: Program) -> str:
    """Return what the page of a program is called."""
    return f"The derivative of {program.result}"


class Frames:
    """What the page shows at each of its steps.

    Parameters
    ----------
    program : Program
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.cotangents = program.cotangents
        self.values = program.values

    def all(self) -> list[Frame]:
        """Return the frames: the inputs, the forward steps, the start of the backward pass, its steps, the end."""
        given = [name for name in self.shown() if name not in self.program.uses]
        frames: list[Frame] = [{"section": "inputs", "shows": given, "title": "The inputs", "gives": []}]
        frames += map(self._forward, self.program.forward)
        if self.cotangents:
            frames.append(self._seed())
            unwritten = self._unwritten()
            for step in self.program.backward:
                frames.append(self._backward(step, unwritten.pop(str(step.of), [])))
            frames[-1]["gives"] += [name for names in unwritten.values() for name in names]
        return [*frames, {"section": "end", "title": "The gradient", "gives": []}]

    def gradients(self) -> list[list[str]]:
        """Return name and value of each gradient."""
        values = {step.name: step.value for step in self.program.backward}
        given = self.program.gradients.items()
        return [[of, figure(values[name]) if name in values else self._none(of)] for of, name in given]

    def _none(self, of: str) -> str:
        return figure(self.cotangents[of]) if of in self.cotangents else "0: the result does not depend on it"

    def shown(self) -> list[str]:
        """List the values that the picture shows: what is used, and the steps."""
        used = dict.fromkeys(name for names in self.program.uses.values() for name in names)
        return list({**used, **dict.fromkeys(self.program.uses), **dict.fromkeys([self.program.result])})

    def _forward(self, step: Step) -> Frame:
        return {
            "section": "forward",
            "title": step.name,
            "expression": text(step.node, defining=True),
            "value": figure(step.value),
            "node": step.name,
            "links": [[used, step.name] for used in self.program.uses[step.name]],
            "shows": [step.name],
            "source": _source(step.place),
            "gives": [],
        }

    def _seed(self) -> Frame:
        result = self.program.result
        value = figure(self.cotangents[result])
        return {
            "section": "backward",
            "title": "The backward pass starts at the result",
            "expression": "" if self.program.cotangent is None else self.program.cotangent,
            "product": f"d{result}_d{result} = {value}",
            "node": result,
            "gives": [result],
        }

    def _backward(self, step: Step, unwritten: list[str]) -> Frame:
        frame: Frame = {
            "section": "backward",
            "title": step.name,
            "expression": text(step.node, defining=True),
            "value": figure(step.value),
            "source": _source(self._place(step)),
            "gives": unwritten,
        }
        if step.by in self.values:
            frame["node"] = step.by
        if step.role == "factor":
            frame |= {"links": [[step.by, step.of]], "factor": [f"{step.name} = {frame['value']}"]}
            if step.of in self.cotangents:
                frame["product"] = f"d{self.program.result}_d{step.of} = {figure(self.cotangents[step.of])}"
        elif step.role in ("cotangent", "part") and step.by:
            ends = [str(step.of)] if step.role == "part" else self.program.users(step.by)
            frame |= {"links": [[step.by, of] for of in ends], "factor": self._factors(step.by, ends)}
            frame["product"] = f"{step.name} = {frame['value']}"
            if step.role == "cotangent":
                frame["gives"] = [*unwritten, step.by]
        return frame

    def _place(self, step: Step) -> Place | None:
        """Return where the step was computed through which a derivative is taken."""
        through = self.program.users(step.by)[:1] if step.role == "cotangent" and step.by else [step.of]
        return next((s.place for s in self.program.forward if s.name in through), step.place)

    def _factors(self, by: str, ends: list[str]) -> list[str]:
        """Return by what the cotangent of each user of a value is multiplied, or that it takes a rule."""
        lines = []
        for of in ends:
            factor = self.program.factor(of, by)
            if factor is not None:
                lines.append(f"d{of}_d{by} = {figure(_shortest(factor))}")
            else:
                shape = (*np.shape(self.values[of]), *np.shape(self.values[by]))
                lines.append(f"d{of}_d{by}: a Jacobian of shape {shape}, applied by the rule above")
        return lines

    def _unwritten(self) -> dict[str, list[str]]:
        """Find the values whose cotangent has no step of its own, under the first step that uses it, or "None"."""
        written = {self.program.result, *(step.by for step in self.program.backward if step.role == "cotangent")}
        used = {str(step.of) for step in self.program.backward}
        found: dict[str, list[str]] = {}
        for name in self.cotangents:
            if name not in written:
                found.setdefault(name if name in used else "None", []).append(name)
        return found


def _shortest(factor: Value) -> Value:
    """Return the number that fills a factor, if one does."""
    same = np.ndim(factor) and np.size(factor) and np.all(factor == np.ravel(factor)[0])
    return np.ravel(factor)[0] if same else factor


def _source(place: Place | None) -> Frame | None:
    """Return the lines around a place in the user's code."""
    lines = linecache.getlines(place.file) if place else []
    if place is None or not 0 < place.line <= len(lines):
        return None
    first, end = place.line, place.line
    while first > max(1, place.line - _CONTEXT) and not _opens(lines[first - 1]):
        first -= 1
    while end < min(len(lines), place.line + _CONTEXT) and not _opens(lines[end]) and lines[end][0] in " \t\n":
        end += 1
    shown = [line.rstrip() for line in lines[first - 1 : end]]
    while not shown[-1] and len(shown) > 1:
        shown.pop()
    indent = min((len(line) - len(line.lstrip()) for line in shown if line.strip()), default=0)
    where = f"{file_name(place.file)}, line {place.line}"
    where += f", in {' > '.join(place.functions)}" if place.functions else ""
    return {"where": where, "first": first, "line": place.line, "lines": [line[indent:] for line in shown]}


def _opens(line: str) -> bool:
    """Whether a line begins a function or a class."""
    return line.lstrip().startswith(("def ", "class ", "@"))


def _picture(frames: Frames, width: float, direction: Direction) -> str:
    """Draw the values as boxes in layers, with the links along which they are used."""
    names = frames.shown()
    forward = {name: label(frames.values[name]) for name in names}
    backward = {name: f"∂ {label(c)}" for name, c in frames.cotangents.items()}
    sizes = {}
    for name in names:
        longest = max(len(name), len(forward[name]), len(backward.get(name, "")))
        sizes[name] = (longest * _LETTER + 2 * _PADDING, _LINE * (3 if name in backward else 2) + _PADDING)
    links = [(used, name) for name, all_used in frames.program.uses.items() for used in all_used]
    layout = layered(sizes, links, _GAPS, width=width - 2 * _MARGIN, direction=direction)
    wide, high = (f"{extent + 2 * _MARGIN:.0f}" for extent in (layout.width, layout.height))
    box = f'viewBox="-{_MARGIN} -{_MARGIN} {wide} {high}" width="{wide}" height="{high}"'
    parts = [f'<template data-width="{wide}"><svg {box} role="img" aria-label="graph of the computation">']
    for (source, target), route in zip(links, layout.routes, strict=True):
        ends = f'data-from="{html.escape(source)}" data-to="{html.escape(target)}"'
        path = " ".join(f"{x:.1f} {y:.1f}" for curve in curves(route, direction, _CORNER) for x, y in curve)
        x, y = route[0]
        parts.append(f'<path class="link" {ends} d="M{x:.1f} {y:.1f}C{path}"/>')
    for name in names:
        kind = "step" if name in frames.program.uses else "input" if name in frames.program.inputs else "constant"
        parts += _box(name, kind, layout.centres[name], sizes[name], [forward[name], backward.get(name)])
    return "\n".join([*parts, "</svg></template>"])


def _box(
    name: str, kind: str, centre: tuple[float, float], size: tuple[float, float], lines: list[str | None]
) -> Iterator[str]:
    (x, y), (width, height) = centre, size
    left, top = x - width / 2, y - height / 2
    radius = 4 if kind == "step" else height / 2 if height < 3 * _LINE else 18
    shape = f'x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{radius:.0f}"'
    yield f'<g class="node {kind}" data-name="{html.escape(name)}"><rect {shape}/>'
    for i, (line, part) in enumerate(zip([name, *lines], ("name", "value", "gradient"), strict=True)):
        if line is not None:
            baseline = top + _PADDING / 2 + _LINE * (i + 0.75)
            yield f'<text class="{part}" x="{x:.1f}" y="{baseline:.1f}">{html.escape(line)}</text>'
    yield "</g>"
