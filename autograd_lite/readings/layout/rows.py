"""Where the boxes and links of a directed acyclic graph go: in layers, and in rows where one would be too wide.

Rows are cut where few links pass, as text is at blanks; what goes on in the next row runs around the end of its own
(the wrapping of layered graphs: Ruegg and von Hanxleden, "Wrapping layered graphs", 2018).
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from autograd_lite.readings.layout.layers import Layered, Place, Point, chain, in_layers, last_layers, layers_of, parted

Direction = Literal["right", "down"]

_STRAIGHT = 6.0  # weight of a link from bend to bend
_LANE = 0.6  # distance of links around the end of a row, as a share of the gap between nodes
_LINK_CUT = 0.3  # cost of a link that goes on in the next row; a row costs 1


@dataclass(frozen=True)
class Layout:
    """Where the nodes of a graph are, and how its links run.

    Attributes
    ----------
    width, height : float
    centres : dict from node to (x, y)
        Heights grow downwards.
    routes : list of list of (x, y)
        For each link the points that it passes: from one to the next it runs along the direction through a layer,
        between layers, or around the end of a row.
    layers : list of list of node
        Along the direction; each from the top down, or from left to right.
    rows : list of (top, bottom)
        One if the direction is down.
    crossings : int
    """

    width: float
    height: float
    centres: dict[str, Point]
    routes: list[list[Point]]
    layers: list[list[str]]
    rows: list[Point]
    crossings: int

    def transposed(self) -> Layout:
        """Return the layout with its axes exchanged."""
        return replace(
            self,
            width=self.height,
            height=self.width,
            centres={node: (y, x) for node, (x, y) in self.centres.items()},
            routes=[[(y, x) for x, y in route] for route in self.routes],
            rows=[(0.0, self.width)],
        )


def layered(
    sizes: Mapping[str, Point],
    links: Sequence[tuple[str, str]],
    gaps: Point = (1.0, 1.0),
    weights: Mapping[tuple[str, str], float] | None = None,
    close: Collection[str] = (),
    width: float = math.inf,
    direction: Direction = "right",
) -> Layout:
    """Lay out a graph without circles.

    Parameters
    ----------
    sizes : dict from node to (width, height)
    links : list of (source, target)
    gaps : (float, float)
        Least distance of layers, and of nodes in a layer.
    weights : dict from link to float, optional
        How much a link should be straight; 1 if left out.
    close : collection of nodes
        A layer of these alone keeps only half of the distance to its neighbours.
    width : float, optional
        Where the layers would be wider, they go on in another row; a layer that is wider itself is parted if the
        direction is down. A single node, with the links around it, may be wider.
    direction : "right" or "down", optional
        Where links lead.

    Returns
    -------
    Layout

    Raises
    ------
    ValueError
        Where the links run in a circle.
    """
    graph = _Graph(sizes, links, gaps, weights or {}, close)
    layer_of = layers_of(list(sizes), links)
    if direction == "right":
        return _laid_out(graph, layer_of, _breaks(graph, layer_of, width))
    turned = replace(graph, sizes={node: (height, width) for node, (width, height) in sizes.items()})
    whole = _laid_out(turned, layer_of, narrow=True).transposed()
    if whole.width <= width:
        return whole
    widths = {node: width for node, (width, _) in sizes.items()}
    return _laid_out(turned, parted(layer_of, links, widths, gaps[1], width), narrow=True).transposed()


@dataclass(frozen=True)
class _Graph:
    """What is to be laid out: see ``layered``."""

    sizes: Mapping[str, Point]
    links: Sequence[tuple[str, str]]
    gaps: Point
    weights: Mapping[tuple[str, str], float]
    close: Collection[str]

    @property
    def lane(self) -> float:
        """Distance of links that run beside each other to the next row."""
        return _LANE * self.gaps[1]


def _laid_out(graph: _Graph, layer_of: Mapping[str, int], breaks: Sequence[int] = (), narrow: bool = False) -> Layout:
    """Lay out a graph whose nodes have their layers: order these, and give the nodes of each row their places."""
    layer_of = {node: layer + bisect_left(breaks, layer) for node, layer in layer_of.items()}
    chains = [chain(link, layer_of) for link in graph.links]
    steps: dict[tuple[Place, Place], float] = {}
    for link, places in zip(graph.links, chains, strict=True):
        for a, b in pairwise(places):
            straight = _STRAIGHT if isinstance(a, tuple) and isinstance(b, tuple) else 1.0
            steps[a, b] = max(steps.get((a, b), 0.0), straight * graph.weights.get(link, 1.0))
    ordered = Layered(in_layers(layer_of, steps), steps)
    ordered.reduce_crossings()
    turns = [layer + i + 1 for i, layer in enumerate(breaks)]  # layers of bends alone, of both rows
    rows: list[_Row] = []
    for first, last in zip([0, *turns], [*turns, len(ordered.layers) - 1], strict=True):
        rows.append(_Row(graph, ordered.part(first, last), rows[-1] if rows else None, narrow))
    centres = {node: centre for row in rows for node, centre in row.centres.items()}
    layers = [[place for place in layer if isinstance(place, str)] for layer in ordered.layers]
    return Layout(
        max(row.right for row in rows),
        rows[-1].bottom,
        {node: centres[node] for node in graph.sizes},
        [[point for row in rows for point in row.route(places)] for places in chains],
        [layer for layer in layers if layer],
        [(row.top, row.bottom) for row in rows],
        ordered.crossings(),
    )


def _breaks(graph: _Graph, layer_of: Mapping[str, int], width: float) -> list[int]:
    """Return the layers after which a row ends, so that few links go on in the next and rows are about as wide."""
    layers = in_layers(layer_of, ())
    spans = _spans(layers, graph)
    if not spans or spans[-1][1] <= width:
        return []
    ends = last_layers(layer_of, graph.links)
    cut = [sum(layer_of[source] <= i < end for source, end in ends.items()) for i in range(len(layers))]

    def cost(first: int, last: int) -> float:
        """Return the cost of a row of these layers, and of what is cut at its end."""
        turns = [cut[i] for i in (first - 1, last) if 0 <= i < len(layers) - 1]
        wide = spans[last][1] - spans[first][0] + sum(graph.gaps[0] / 2 + links * graph.lane for links in turns)
        if wide > width and first < last:
            return math.inf
        return 1 + max(0.0, 1 - wide / width) ** 2 + _LINK_CUT * cut[last]

    least, starts = [0.0], [0]  # of the rows before a layer: their cost, and where the last of them starts
    for last, (_, end) in enumerate(spans):
        candidates = range(min(last, bisect_left(spans, (end - width,))), last + 1)
        best, first = min((least[first] + cost(first, last), first) for first in candidates)
        least.append(best)
        starts.append(first)
    breaks: list[int] = []
    first = starts[-1]
    while first:
        breaks.insert(0, first - 1)
        first = starts[first]
    return breaks


def _spans(layers: Sequence[Sequence[Place]], graph: _Graph, start: float = 0.0) -> list[Point]:
    """Return from where to where the layers of a row reach."""
    spans: list[Point] = []
    for layer, gap in zip(layers, _distances(layers, graph), strict=True):
        width = max((graph.sizes[place][0] for place in layer if isinstance(place, str)), default=0.0)
        spans.append((start, start + width))
        start += width + gap
    return spans


def _distances(layers: Sequence[Sequence[Place]], graph: _Graph) -> list[float]:
    """Return the distance from each layer to the next."""
    gap = graph.gaps[0]
    tight = [all(isinstance(place, tuple) or place in graph.close for place in layer) for layer in layers]
    following = [*tight[1:], False][: len(tight)]
    return [gap * (0.5 if here or after else 1.0) for here, after in zip(tight, following, strict=True)]


class _Row:
    """Layers side by side, below those of the row before. Both have the layer of bends where that one ended."""

    def __init__(self, graph: _Graph, ordered: Layered, before: _Row | None, narrow: bool) -> None:
        self.graph = graph
        self.ordered = ordered
        self.before = before
        self.turns = before.ordered.layers[-1] if before else []
        """The links that go on in this row, from the top down."""
        self.top: float = before.bottom + 2 * graph.gaps[1] + len(self.turns) * graph.lane if before else 0.0
        places = [place for layer in ordered.layers for place in layer]
        across = {place: graph.sizes[place][1] if isinstance(place, str) else 0.0 for place in places}
        self.y = {place: self.top + y for place, y in ordered.heights(across, graph.gaps[1], narrow).items()}
        self.bottom: float = max((y + across[place] / 2 for place, y in self.y.items()), default=self.top)
        self.spans: dict[Place, Point] = {}
        self.end = 0.0
        for layer, span in zip(
            ordered.layers, _spans(ordered.layers, graph, len(self.turns) * graph.lane), strict=True
        ):
            self.spans |= dict.fromkeys(layer, span)
            self.end = span[1]

    @property
    def right(self) -> float:
        """How far the row reaches, with the links that go on in the next."""
        going_on = [place for place in self.ordered.layers[-1:] if not any(isinstance(p, str) for p in place)]
        return self.end + sum(map(len, going_on)) * self.graph.lane

    @property
    def centres(self) -> dict[str, Point]:
        """The middles of the nodes."""
        spans = self.spans.items()
        return {node: (sum(span) / 2, self.y[node]) for node, span in spans if isinstance(node, str)}

    def route(self, places: Sequence[Place]) -> Iterator[Point]:
        """Yield the points that a link passes in this row, and on the way to it from the row before."""
        for place in places:
            if place not in self.spans:
                continue
            (left, right), y = self.spans[place], self.y[place]
            if isinstance(place, tuple):
                yield from self._turn(place) if place in self.turns else ((left, y), (right, y))
                continue
            x, half = (left + right) / 2, self.graph.sizes[place][0] / 2
            if place == places[0]:
                yield from ((x + half, y), (right, y))
            else:
                y = self._entry(places)
                yield from ((left, y), (x - half, y))

    def _turn(self, place: Place) -> Iterator[Point]:
        """Yield the way around the end of the row before: the topmost link goes on top, and crosses no other."""
        assert self.before
        lane = self.graph.lane
        inner = len(self.turns) - 1 - self.turns.index(place)
        start, end = self.before.end + (inner + 1) * lane, inner * lane
        level = self.before.bottom + self.graph.gaps[1] + (inner + 0.5) * lane
        yield from ((start, self.before.y[place]), (start, level), (end, level), (end, self.y[place]))
        yield self.spans[place][0], self.y[place]

    def _entry(self, places: Sequence[Place]) -> float:
        """Return the height at which a link enters its target: those that meet there arrive one below the other."""
        target = places[-1]
        arriving = sorted(self.ordered.left[target], key=self.y.__getitem__)
        part = (arriving.index(places[-2]) + 0.5) / len(arriving) - 0.5
        return self.y[target] + 0.6 * part * self.graph.sizes[str(target)][1]


def curves(route: Sequence[Point], direction: Direction = "right", radius: float = 0.0) -> Iterator[tuple[Point, ...]]:
    """Yield the cubic curves along a route from its first point: two control points and an end for each.

    They leave and arrive along the direction; corners are rounded.
    """
    if direction == "down":
        for curve in curves([(y, x) for x, y in route], radius=radius):
            yield tuple((x, y) for y, x in curve)
        return
    start = route[0]
    for i, corner in enumerate(route[1:], 1):
        around = route[i - 1 : i + 2]
        end, after = corner, corner
        if len(around) == 3 and _is_corner(*around):
            end, after = (_toward(corner, other, radius) for other in (around[0], around[2]))
        middle = (start[0] + end[0]) / 2
        yield (middle, start[1]), (middle, end[1]), end
        if after != end:
            yield corner, corner, after
        start = after


def _is_corner(a: Point, b: Point, c: Point) -> bool:
    """Whether a route turns by a right angle."""
    return a != b != c and ((a[0] == b[0] and b[1] == c[1]) or (a[1] == b[1] and b[0] == c[0]))


def _toward(start: Point, end: Point, length: float) -> Point:
    """Return the point at a distance on the way between two points, at most their middle."""
    share = min(0.5, length / math.dist(start, end))
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])
