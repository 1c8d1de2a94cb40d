"""A layered layout of a directed acyclic graph, left to right: layers, few crossings, straight lines.

The method of Sugiyama, Tagawa and Toda ("Methods for visual understanding of hierarchical system structures", 1981):
nodes go into layers, long links are cut by bends, one in each layer; the layers are ordered by sweeps of barycentres
and by moving single places; and heights are the least-squares compromise that keeps the order.
"""

from __future__ import annotations

import math
from bisect import bisect_right, insort
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random

Point = tuple[float, float]
Bend = tuple[str, int]
"""Where the links of a source pass a layer. Those to several targets share their bends, and part at the last one."""
Place = str | Bend

_SWEEPS = 12
_SHUFFLES = 4
_BETWEEN_BENDS = 0.4  # share of the gap between nodes
_STRAIGHT = 6.0  # weight of a link from bend to bend


@dataclass(frozen=True)
class Layout:
    """Where the nodes of a graph are, and how its links run.

    Attributes
    ----------
    width, height : float
    centres : dict from node to (x, y)
        Heights grow downwards.
    routes : list of list of (x, y)
        For each link the points that it passes: from one to the next it runs level through a layer, or between layers.
    layers : list of list of node
        From left to right, each from the top down.
    crossings : int
    """

    width: float
    height: float
    centres: dict[str, Point]
    routes: list[list[Point]]
    layers: list[list[str]]
    crossings: int


def layered(
    sizes: Mapping[str, Point],
    links: Sequence[tuple[str, str]],
    gaps: Point = (1.0, 1.0),
    weights: Mapping[tuple[str, str], float] | None = None,
    close: Collection[str] = (),
) -> Layout:
    """Lay out a graph without circles.

    Parameters
    ----------
    sizes : dict from node to (width, height)
    links : list of (source, target)
    gaps : (float, float)
        Least distance of layers, and of nodes in a layer.
    weights : dict from link to float, optional
        How much a link should be level; 1 if left out.
    close : collection of nodes
        A layer of these alone keeps only half of the distance to its neighbours.

    Returns
    -------
    Layout

    Raises
    ------
    ValueError
        Where the links run in a circle.
    """
    layer_of = _layers(list(sizes), links)
    chains = [_chain(link, layer_of) for link in links]
    steps: dict[tuple[Place, Place], float] = {}
    for link, chain in zip(links, chains, strict=True):
        for a, b in pairwise(chain):
            straight = _STRAIGHT if isinstance(a, tuple) and isinstance(b, tuple) else 1.0
            steps[a, b] = max(steps.get((a, b), 0.0), straight * (weights or {}).get(link, 1.0))
    graph = _Layered(layer_of, steps)
    graph.reduce_crossings()
    heights = graph.heights({**dict.fromkeys(graph.places, 0.0), **{n: h for n, (_, h) in sizes.items()}}, gaps[1])
    return _assemble(sizes, chains, graph, heights, _distances(graph.layers, close, gaps[0]))


def _layers(nodes: list[str], links: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Give each node its layer: one after those it is made from, but as late as makes its links shorter."""
    before: dict[str, list[str]] = {node: [] for node in nodes}
    after: dict[str, list[str]] = {node: [] for node in nodes}
    for a, b in links:
        before[b].append(a)
        after[a].append(b)
    missing = {node: len(set(before[node])) for node in nodes}
    order = [node for node in nodes if not missing[node]]
    for node in order:
        for other in dict.fromkeys(after[node]):
            missing[other] -= 1
            if not missing[other]:
                order.append(other)
    if len(order) < len(nodes):
        raise ValueError(f"the links run in a circle through {', '.join(n for n in nodes if missing[n])}")
    layer: dict[str, int] = {}
    for node in order:
        layer[node] = max((layer[other] + 1 for other in before[node]), default=0)
    for node in reversed(order):
        if after[node] and len(set(before[node])) <= 1:
            layer[node] = min(layer[other] for other in after[node]) - 1
    first = min(layer.values(), default=0)
    return {node: n - first for node, n in layer.items()}


def _chain(link: tuple[str, str], layer_of: Mapping[str, int]) -> list[Place]:
    """Return the places that a link passes, one in each layer."""
    source, target = link
    bends: list[Place] = [(source, n) for n in range(layer_of[source] + 1, layer_of[target])]
    return [source, *bends, target]


class _Layered:
    """Nodes and bends in layers, with the steps from each layer to the next."""

    def __init__(self, layer_of: Mapping[str, int], steps: Mapping[tuple[Place, Place], float]) -> None:
        self.weights = steps
        self.left: dict[Place, list[Place]] = {}
        self.right: dict[Place, list[Place]] = {}
        for a, b in steps:
            self.right.setdefault(a, []).append(b)
            self.left.setdefault(b, []).append(a)
        self.places: list[Place] = list(dict.fromkeys([*layer_of, *(place for step in steps for place in step)]))
        self.layers: list[list[Place]] = [[] for _ in range(max(layer_of.values(), default=-1) + 1)]
        for place in self.places:
            self.layers[place[1] if isinstance(place, tuple) else layer_of[place]].append(place)

    def reduce_crossings(self) -> None:
        """Order the layers: the best of several starts, each improved by sweeps to and fro."""
        best, fewest = self.layers, -1
        for start in self._starts():
            self.layers = [list(layer) for layer in start]
            for sweep in range(_SWEEPS):
                self._sweep(forward=sweep % 2 == 0)
                self._sift()
                crossings = self.crossings()
                if fewest < 0 or crossings < fewest:
                    best, fewest = [list(layer) for layer in self.layers], crossings
            if not fewest:
                break
        self.layers = best

    def _starts(self) -> Iterator[list[list[Place]]]:
        """Yield orders to start from: two that keep together what is linked, and some by chance, the same each time."""
        layers = self.layers
        yield self._by_depth(layers, self.right)
        yield self._by_depth(layers[::-1], self.left)[::-1]
        random = Random(0)
        for _ in range(_SHUFFLES):
            yield [random.sample(layer, len(layer)) for layer in layers]

    def crossings(self) -> int:
        """Count the pairs of steps that cross."""
        return sum(self._crossings(i) for i in range(len(self.layers) - 1))

    def _crossings(self, i: int) -> int:
        position = {place: k for k, place in enumerate(self.layers[i + 1])}
        seen: list[int] = []
        total = 0
        for place in self.layers[i]:
            ends = [position[other] for other in self.right.get(place, ())]
            total += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
        return total

    def _by_depth(self, layers: Sequence[list[Place]], neighbours: Mapping[Place, list[Place]]) -> list[list[Place]]:
        """Order layers by a depth-first walk from the first of them, which keeps what belongs together side by side."""
        rank: dict[Place, int] = {}
        for root in (place for layer in layers for place in layer):
            pending = [root]
            while pending:
                place = pending.pop()
                if place not in rank:
                    rank[place] = len(rank)
                    pending += reversed(neighbours.get(place, []))
        return [sorted(layer, key=rank.__getitem__) for layer in layers]

    def _sweep(self, forward: bool) -> None:
        """Sort each layer by the mean position of the neighbours in the layer before it."""
        neighbours = self.left if forward else self.right
        pairs = list(pairwise(self.layers))
        for fixed, layer in pairs if forward else ((b, a) for a, b in reversed(pairs)):
            position = {place: k for k, place in enumerate(fixed)}
            own = {place: float(k) for k, place in enumerate(layer)}
            for place in layer:
                found = [position[other] for other in neighbours.get(place, ())]
                if found:
                    own[place] = sum(found) / len(found)
            layer.sort(key=own.__getitem__)

    def _sift(self) -> None:
        """Move each place to where in its layer it makes the fewest crossings."""
        for i, layer in enumerate(self.layers):
            positions = [
                {place: k for k, place in enumerate(self.layers[j])} if 0 <= j < len(self.layers) else {}
                for j in (i - 1, i + 1)
            ]
            for place in list(layer):
                start = layer.index(place)
                layer.remove(place)
                costs = [0]  # of each position, compared with the first
                for other in layer:
                    costs.append(
                        costs[-1] + self._between(other, place, positions) - self._between(place, other, positions)
                    )
                fewest = min(costs)
                layer.insert(start if costs[start] == fewest else costs.index(fewest), place)

    def _between(self, a: Place, b: Place, positions: Sequence[Mapping[Place, int]]) -> int:
        """Count the crossings of the steps of two neighbours, the first above the second."""
        total = 0
        for sides, position in zip((self.left, self.right), positions, strict=True):
            lower = [position[other] for other in sides.get(b, ())]
            total += sum(position[other] > end for other in sides.get(a, ()) for end in lower)
        return total

    def heights(self, sizes: Mapping[Place, float], gap: float) -> dict[Place, float]:
        """Give each place its height: in each layer the least-squares fit to its neighbours that keeps the order."""
        y: dict[Place, float] = {}
        offsets = [self._offsets(layer, sizes, gap) for layer in self.layers]
        for layer, offset in zip(self.layers, offsets, strict=True):
            middle = (offset[0] + offset[-1]) / 2
            y.update({place: o - middle for place, o in zip(layer, offset, strict=True)})
        for sweep in range(6 * _SWEEPS):
            one_sided = sweep < _SWEEPS  # follow those before, then those after: then chains are level from the start
            forward = sweep % 2 == 0
            for i in range(len(self.layers)) if forward else reversed(range(len(self.layers))):
                layer = self.layers[i]
                sides = (forward, not forward) if one_sided else (True, True)
                heights, weights = zip(*(self._wanted(place, y, *sides) for place in layer), strict=True)
                fitted = _monotone([h - o for h, o in zip(heights, offsets[i], strict=True)], weights)
                y.update({p: f + o for p, f, o in zip(layer, fitted, offsets[i], strict=True)})
        self._straighten(y, offsets)
        top = min((y[place] - sizes[place] / 2 for place in self.places), default=0.0)
        return {place: height - top for place, height in y.items()}

    def _straighten(self, y: dict[Place, float], offsets: Sequence[Sequence[float]]) -> None:
        """Let long links run level as far as their neighbours leave room, and step only where they must."""
        for layer, offset in [*zip(self.layers, offsets, strict=True)] * 3:  # again, where the first made room
            for k, place in enumerate(layer):
                if isinstance(place, tuple):
                    least = y[layer[k - 1]] + offset[k] - offset[k - 1] if k else -math.inf
                    most = y[layer[k + 1]] + offset[k] - offset[k + 1] if k + 1 < len(layer) else math.inf
                    y[place] = max(least, min(most, y[self.left[place][0]]))

    def _offsets(self, layer: list[Place], sizes: Mapping[Place, float], gap: float) -> list[float]:
        """Return the heights of a layer that is packed as closely as it may be."""
        offset = [0.0]
        for a, b in pairwise(layer):
            share = _BETWEEN_BENDS if isinstance(a, tuple) and isinstance(b, tuple) else 1.0
            offset.append(offset[-1] + (sizes[a] + sizes[b]) / 2 + share * gap)
        return offset

    def _wanted(self, place: Place, y: Mapping[Place, float], left: bool, right: bool) -> Point:
        """Return the weighted mean of the heights of the neighbours on these sides, and its weight."""
        pairs = [(self.weights[a, place], y[a]) for a in self.left.get(place, ())] if left else []
        pairs += [(self.weights[place, b], y[b]) for b in self.right.get(place, ())] if right else []
        total = sum(weight for weight, _ in pairs)
        return (sum(w * height for w, height in pairs) / total, total) if pairs else (y[place], 1.0)


def _monotone(values: Iterable[float], weights: Iterable[float]) -> list[float]:
    """Return the nondecreasing sequence that fits best: neighbours that violate the order are pooled."""
    blocks: list[tuple[float, float, int]] = []
    for value, weight in zip(values, weights, strict=True):
        block = (value, weight, 1)
        while blocks and blocks[-1][0] > block[0]:
            mean, total, n = blocks.pop()
            both = total + block[1]
            block = ((mean * total + block[0] * block[1]) / both, both, n + block[2])
        blocks.append(block)
    return [mean for mean, _, n in blocks for _ in range(n)]


def _distances(layers: Sequence[Sequence[Place]], close: Collection[str], gap: float) -> list[float]:
    """Return the distance from each layer to the next."""
    tight = [all(isinstance(place, tuple) or place in close for place in layer) for layer in layers]
    following = [*tight[1:], False][: len(tight)]
    return [gap * (0.5 if here or after else 1.0) for here, after in zip(tight, following, strict=True)]


def _assemble(
    sizes: Mapping[str, Point],
    chains: Sequence[Sequence[Place]],
    graph: _Layered,
    y: Mapping[Place, float],
    gaps: Sequence[float],
) -> Layout:
    """Give the layers their places from left to right, and the links the points that they pass."""
    spans: list[Point] = []
    x = 0.0
    for layer, gap in zip(graph.layers, gaps, strict=True):
        width = max((sizes[place][0] for place in layer if isinstance(place, str)), default=0.0)
        spans.append((x, x + width))
        x += width + gap
    span_of = {place: span for layer, span in zip(graph.layers, spans, strict=True) for place in layer}
    centres = {node: (sum(span_of[node]) / 2, y[node]) for node in sizes}
    routes: list[list[Point]] = []
    for chain in chains:
        source, *bends, target = chain
        assert isinstance(source, str)
        assert isinstance(target, str)
        end_y = _entry(chain, graph, sizes, y)
        route = [(centres[source][0] + sizes[source][0] / 2, y[source]), (span_of[source][1], y[source])]
        for bend in bends:
            route += [(span_of[bend][0], y[bend]), (span_of[bend][1], y[bend])]
        routes.append([*route, (span_of[target][0], end_y), (centres[target][0] - sizes[target][0] / 2, end_y)])
    layers = [[place for place in layer if isinstance(place, str)] for layer in graph.layers]
    height = max((y[node] + h / 2 for node, (_, h) in sizes.items()), default=0.0)
    height = max([height, *(y[place] for place in graph.places)])
    return Layout(spans[-1][1] if spans else 0.0, height, centres, routes, layers, graph.crossings())


def _entry(chain: Sequence[Place], graph: _Layered, sizes: Mapping[str, Point], y: Mapping[Place, float]) -> float:
    """Return the height at which a link enters its target: the links that meet there arrive one below the other."""
    target = chain[-1]
    assert isinstance(target, str)
    arriving = sorted(graph.left[target], key=y.__getitem__)
    part = (arriving.index(chain[-2]) + 0.5) / len(arriving) - 0.5
    return y[target] + 0.6 * part * sizes[target][1]
