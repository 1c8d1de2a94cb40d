"""Diagrams painted with matplotlib: on figures of their own, without a display and without global state.

Lengths are inches; heights grow downwards. Colour-blind eyes can distinguish the colours.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from autograd_lite.readings.drawing.diagram import Box, Diagram, Link
from autograd_lite.readings.layout.layers import Point
from autograd_lite.readings.layout.rows import Direction, Layout, curves, layered

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, BLUE, ORANGE, GREEN, GREY = "#1A1A1A", "#0072B2", "#B34700", "#00795A", "#767676"
FILL = {
    "input": "#DCEBF7",
    "constant": "#EEEEEE",
    "value": "#FFFFFF",
    "function": "#DFF1EA",
    "folded": "#DFF1EA",
    "factor": "#FFFFFF",
}
GRADIENT_FILL = "#FCEBDD"
EDGE = {"input": BLUE, "constant": GREY, "value": BLUE, "function": GREEN, "folded": GREEN}

MARGIN = 0.2
GAPS = 0.36, 0.2
PADDING = 0.11, 0.07
LEADING = 1.3
POINT = 1 / 72
DPI = 144
NARROWEST = 3.5  # width that the legend may fill
ROUND = 0.1  # radius of the corners of links


@dataclass(frozen=True)
class Line:
    """A line of text in a box."""

    text: str
    size: float
    color: str = INK
    bold: bool = False

    @property
    def height(self) -> float:
        """Distance to the next line."""
        return self.size * LEADING * POINT


@dataclass(frozen=True)
class PlacedText:
    """A line of text and the middle of it."""

    line: Line
    x: float
    y: float
    width: float


class Ruler:
    """Measures lines of text as they are painted."""

    @cached_property
    def _renderer(self) -> Any:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        canvas: Any = FigureCanvasAgg(Figure(dpi=DPI))
        return canvas.get_renderer()

    def width(self, line: Line) -> float:
        """Return the width of a line."""
        width, _, _ = self._renderer.get_text_width_height_descent(line.text, _font(line), ismath=False)
        return float(width) / DPI

    def size(self, box: Box) -> Point:
        """Return width and height of a box."""
        lines = [*upper(box), *lower(box)]
        padding = PADDING[1] * (0.5 if box.kind == "factor" else 2.0 if lower(box) else 1.0)
        padding_x = PADDING[0] * (0.5 if box.kind == "factor" else 1.0)
        width = max((self.width(line) for line in lines), default=0.0) + 2 * padding_x
        height = sum(line.height for line in lines) + 2 * padding
        if not box.is_value and box.kind != "factor":
            width += 0.6 * height / 2  # for the round ends
        return max(width, height), height


def upper(box: Box) -> list[Line]:
    """Return the lines of what is computed forward."""
    if box.kind == "factor":
        lines = [Line(box.title, 8, ORANGE), Line(box.forward, 9, ORANGE, bold=True)]
    elif box.is_value:
        lines = [Line(box.title, 10, bold=True), Line(box.forward, 9)]
    else:
        lines = [Line(box.title, 10), Line(box.forward, 8)]
    return [line for line in lines if line.text]


def lower(box: Box) -> list[Line]:
    """Return the lines of what is computed backward."""
    lines = [Line(box.gradient, 8, ORANGE), Line(box.backward, 9, ORANGE, bold=True)]
    return [line for line in lines if line.text]


class Painting:
    """A diagram laid out: every box, link and line of text has its place.

    Parameters
    ----------
    diagram : Diagram
    direction : "right" or "down"
    width : float
        Of the whole picture, in inches, at most, unless a single box with the links around it is wider.

    Attributes
    ----------
    layout : Layout
    sizes : dict from box to (width, height)
    width, height : float
        Of the whole picture, in inches.
    texts : list of PlacedText
    """

    def __init__(self, diagram: Diagram, direction: Direction = "right", width: float = math.inf) -> None:
        self.diagram = diagram
        self.direction: Direction = direction
        self.ruler = Ruler()
        self.sizes = {key: self.ruler.size(box) for key, box in diagram.boxes.items()}
        links = [(link.source, link.target) for link in diagram.links]
        weights = {(link.source, link.target): self._weight(link) for link in diagram.links}
        factors = [key for key, box in diagram.boxes.items() if box.kind == "factor"]
        inner = width - 2 * MARGIN
        self.layout: Layout = layered(self.sizes, links, GAPS, weights, factors, inner, direction)
        self.width = max(self.layout.width, min(NARROWEST, inner)) + 2 * MARGIN
        self.shift = (self.width - self.layout.width) / 2, MARGIN
        self.texts: list[PlacedText] = []
        for key, box in diagram.boxes.items():
            self._place(box, self.rectangle(key))
        self.legend: list[tuple[Box | None, Point]] = []
        self.height = self._place_legend(self.layout.height + 2 * MARGIN)

    def _weight(self, link: Link) -> float:
        """Return how level a link should be: most of all a lit one, and rather a result than what is put in."""
        source = self.diagram.before_factors.get(link.source, link.source)
        put_in = self.diagram.boxes[source].kind in ("input", "constant")
        return (1.0 if put_in else 3.0) * (4.0 if link.lit else 1.0)

    def rectangle(self, key: str) -> tuple[float, float, float, float]:
        """Return left, top, width and height of a box."""
        (x, y), (width, height) = self.layout.centres[key], self.sizes[key]
        return x - width / 2 + self.shift[0], y - height / 2 + self.shift[1], width, height

    def _place(self, box: Box, rectangle: Sequence[float]) -> None:
        left, top, width, height = rectangle
        for lines, middle in self._parts(box, top, height):
            y = middle - sum(line.height for line in lines) / 2
            for line in lines:
                y += line.height / 2
                self.texts.append(PlacedText(line, left + width / 2, y, self.ruler.width(line)))
                y += line.height / 2

    def _parts(self, box: Box, top: float, height: float) -> Iterator[tuple[list[Line], float]]:
        """Yield the lines of each part of a box, and the height of its middle."""
        divide = top + self.upper_part(box) * height
        yield upper(box), (top + divide) / 2
        yield lower(box), (divide + top + height) / 2

    def upper_part(self, box: Box) -> float:
        """Return the share of a box above its gradient."""
        padded = [sum(line.height for line in lines) + 2 * PADDING[1] for lines in (upper(box), lower(box))]
        return padded[0] / sum(padded) if lower(box) else 1.0

    def _place_legend(self, top: float) -> float:
        """Place what the shapes and colours mean, in rows; return the height at which it ends."""
        x, y = MARGIN, top + 0.08
        for text, box in _legend(self.diagram):
            line = Line(text, 8)
            width = 0.34 + self.ruler.width(line)
            if x > MARGIN and x + width > self.width - MARGIN:
                x, y = MARGIN, y + 0.2
            self.legend.append((box, (x, y)))
            self.texts.append(PlacedText(line, x + 0.32 + self.ruler.width(line) / 2, y, self.ruler.width(line)))
            x += width + 0.22
        return y + 0.1 + MARGIN / 2 if self.legend else top

    def figure(self) -> Figure:
        """Return a matplotlib figure of the painting."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        with _settings():
            figure = Figure(figsize=(self.width, self.height), dpi=DPI, facecolor="white")
            FigureCanvasAgg(figure)
            axes = figure.add_axes((0, 0, 1, 1))
            axes.set_axis_off()
            axes.set_xlim(0, self.width)
            axes.set_ylim(self.height, 0)
            _Brush(axes).paint(self)
        return figure

    def save(self, target: Any, kind: str) -> None:
        """Write the picture to a path or file as "svg", "png" or "pdf": the same bytes each time."""
        undated = {"svg": {"Date": None, "Creator": None}, "pdf": {"CreationDate": None}}
        with _settings():
            metadata: Any = undated.get(kind)
            self.figure().savefig(target, format=kind, metadata=metadata)


def _legend(diagram: Diagram) -> Iterator[tuple[str, Box | None]]:
    """Yield what is in a diagram and needs words; None stands for the lit links."""
    boxes = list(diagram.boxes.values())
    kinds = {box.kind for box in boxes}
    for kind, text in (("input", "input"), ("constant", "constant"), ("value", "value"), ("function", "function")):
        if kind in kinds:
            yield text, Box(kind, "")
    if "folded" in kinds:
        yield "steps drawn as one", Box("folded", "")
    if any(box.gradient for box in boxes):
        yield "derivative, backward", Box("gradient", "")
    if any(link.lit for link in diagram.links):
        yield "chain of partial derivatives", None


class _Brush:
    """Paints on the axes of one figure."""

    def __init__(self, axes: Axes) -> None:
        self.axes = axes

    def paint(self, painting: Painting) -> None:
        """Paint the links, over them the boxes, over them the text."""
        dx, dy = painting.shift
        routes = zip(painting.diagram.links, painting.layout.routes, strict=True)
        for link, route in sorted(routes, key=lambda pair: pair[0].lit):
            shifted = [(x + dx, y + dy) for x, y in route]
            ends_in_text = painting.diagram.boxes[link.target].kind == "factor"
            self.link(shifted, link.lit, painting.direction, arrow=not ends_in_text)
        for key, box in painting.diagram.boxes.items():
            self.box(box, painting.rectangle(key), painting.upper_part(box))
        for symbol, (x, y) in painting.legend:
            if symbol is None:
                self.link([(x, y), (x + 0.24, y)], lit=True)
            else:
                self.box(symbol, (x, y - 0.06, 0.24, 0.12), 0.0 if symbol.kind == "gradient" else 1.0)
        for text in painting.texts:
            self.text(text)

    def link(self, route: Sequence[Point], lit: bool, direction: Direction = "right", arrow: bool = True) -> None:
        """Paint a link along its points."""
        from matplotlib.patches import PathPatch, Polygon
        from matplotlib.path import Path

        color, width = (ORANGE, 2.0) if lit else (GREY, 1.0)
        length = 0.09 if arrow else 0.0
        x, y = route[-1]
        dx, dy = (length, 0.0) if direction == "right" else (0.0, length)
        end = x - 0.8 * dx, y - 0.8 * dy
        head = [(x, y), (x - dx - 0.4 * dy, y - dy - 0.4 * dx), (x - dx + 0.4 * dy, y - dy + 0.4 * dx)]
        pieces = [*curves([*route[:-1], end], direction, ROUND)]
        vertices = [route[0], *(point for piece in pieces for point in piece)]
        zorder = 2.0 if lit else 1.0
        path = Path(vertices, [Path.MOVETO, *[Path.CURVE4] * (3 * len(pieces))])
        self.axes.add_patch(PathPatch(path, facecolor="none", edgecolor=color, linewidth=width, zorder=zorder))
        if arrow:
            self.axes.add_patch(Polygon(head, facecolor=color, edgecolor="none", zorder=zorder))

    def box(self, box: Box, rectangle: tuple[float, float, float, float], upper_part: float) -> None:
        """Paint a box: values are rectangles, functions have round ends."""
        from matplotlib.patches import FancyBboxPatch, Rectangle

        left, top, width, height = rectangle
        if box.kind == "factor":
            self.axes.add_patch(Rectangle((left, top), width, height, facecolor="white", edgecolor="none", zorder=3))
            return
        edge = ORANGE if box.lit or box.kind == "gradient" else EDGE[box.kind]
        line: dict[str, Any] = {"edgecolor": edge, "linewidth": 2.0 if box.lit else 1.0}
        fill = FILL.get(box.kind, GRADIENT_FILL)
        if box.kind in ("function", "folded"):
            style = f"round,pad=0,rounding_size={min(width, height) / 2}"
            second = [min(0.035, height / 6)] if box.kind == "folded" else []  # another outline: more than one step
            for inset in [0.0, *second]:
                corner = left + inset, top + inset
                inner = width - 2 * inset, height - 2 * inset
                self.axes.add_patch(FancyBboxPatch(corner, *inner, boxstyle=style, facecolor=fill, zorder=3, **line))
            return
        self.axes.add_patch(Rectangle((left, top), width, height, facecolor=fill, edgecolor="none", zorder=3))
        if upper_part < 1:
            below = left, top + upper_part * height
            tint = Rectangle(
                below, width, (1 - upper_part) * height, facecolor=GRADIENT_FILL, edgecolor="none", zorder=3
            )
            self.axes.add_patch(tint)
        self.axes.add_patch(Rectangle((left, top), width, height, facecolor="none", zorder=3, **line))

    def text(self, placed: PlacedText) -> None:
        """Paint a line of text; dollars and backslashes are no formulas here."""
        line = placed.line
        self.axes.text(
            placed.x,
            placed.y + 0.35 * line.size * POINT,  # letters without ascender or descender stand in the middle
            line.text,
            fontproperties=_font(line),
            color=line.color,
            ha="center",
            va="baseline",
            parse_math=False,
            zorder=4,
        )


def _font(line: Line) -> Any:
    """Return the font of a line: the one that comes with matplotlib, so that widths are the same everywhere."""
    from matplotlib.font_manager import FontProperties

    return FontProperties(family="DejaVu Sans", size=line.size, weight="bold" if line.bold else "normal")


@contextmanager
def _settings() -> Iterator[None]:
    """Put aside the user's settings that would change the picture. Text is outlines: as wide as it was measured."""
    from matplotlib import rc_context

    with rc_context(
        {
            "path.sketch": None,
            "pdf.fonttype": 42,
            "savefig.bbox": None,
            "savefig.dpi": "figure",
            "savefig.facecolor": "auto",
            "savefig.transparent": False,
            "svg.fonttype": "path",
            "svg.hashsalt": "autograd_lite",
            "text.usetex": False,
        }
    ):
        yield
