"""A directed acyclic graph in layers: which layer each node is in, in what order, at what height.

The method of Sugiyama, Tagawa and Toda ("Methods for visual understanding of hierarchical system structures", 1981):
nodes go into layers, long links are cut by bends, one in each layer; the layers are ordered by sweeps of barycentres
and by moving single places; and heights are the least-squares compromise that keeps the order.
"""

from __future__ import annotations

import math
from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from random import Random

Point = tuple[float, float]
Bend = tuple[str, int]
"""Where the links of a source pass a layer. Those to several targets share their bends, and part at the last one."""
Place = str | Bend

_SWEEPS = 12
_SHUFFLES = 4
_BETWEEN_BENDS = 0.4  # share of the gap between nodes


def layers_of(nodes: list[str], links: Sequence[tuple[str, str]]) -> dict[str, int]:
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


def chain(link: tuple[str, str], layer_of: Mapping[str, int]) -> list[Place]:
    """Return the places that a link passes, one in each layer."""
    source, target = link
    bends: list[Place] = [(source, n) for n in range(layer_of[source] + 1, layer_of[target])]
    return [source, *bends, target]


def last_layers(layer_of: Mapping[str, int], links: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Return for each source the last layer that it leads to."""
    last: dict[str, int] = {}
    for source, target in links:
        last[source] = max(last.get(source, 0), layer_of[target])
    return last


def in_layers(layer_of: Mapping[str, int], steps: Iterable[tuple[Place, Place]]) -> list[list[Place]]:
    """Return the nodes of each layer, and the bends of these steps."""
    layers: list[list[Place]] = [[] for _ in range(max(layer_of.values(), default=-1) + 1)]
    for place in dict.fromkeys([*layer_of, *(place for step in steps for place in step)]):
        layers[place[1] if isinstance(place, tuple) else layer_of[place]].append(place)
    return layers


def parted(
    layer_of: Mapping[str, int], links: Sequence[tuple[str, str]], sizes: Mapping[str, float], gap: float, most: float
) -> dict[str, int]:
    """Part the layers that need more than ``most`` side by side: first go the nodes that nothing leads to.

    The nodes of a layer do not lead to one another, so that any of them may stand before the others.
    """
    ends = last_layers(layer_of, links)
    inner = {target for _, target in links}
    layers: list[list[str]] = []
    for i in reversed(range(max(layer_of.values(), default=-1) + 1)):
        passing = sum(layer_of[source] < i < end for source, end in ends.items())
        room = -math.inf
        for node in sorted((n for n, layer in layer_of.items() if layer == i), key=lambda n: n not in inner):
            room -= sizes[node] + gap
            if room < 0:
                layers.append([])
                room = most - passing * gap - sizes[node]
            layers[-1].append(node)
    found = {node: i for i, layer in enumerate(reversed(layers)) for node in layer}
    finer = {node: found[node] for node in layer_of}
    return finer if finer == layer_of else parted(finer, links, sizes, gap, most)  # what went before passes now, too


class Layered:
    """Nodes and bends in layers, with the steps from each layer to the next."""

    def __init__(self, layers: Sequence[Sequence[Place]], steps: Mapping[tuple[Place, Place], float]) -> None:
        self.layers = [list(layer) for layer in layers]
        self.weights = steps
        self.left: dict[Place, list[Place]] = {}
        self.right: dict[Place, list[Place]] = {}
        for a, b in steps:
            self.right.setdefault(a, []).append(b)
            self.left.setdefault(b, []).append(a)

    def part(self, first: int, last: int) -> Layered:
        """Return some of the layers, with the steps between them."""
        layers = self.layers[first : last + 1]
        rank = {place: i for i, layer in enumerate(layers) for place in layer}
        steps = {(a, b): weight for (a, b), weight in self.weights.items() if a in rank and b in rank}
        return Layered(layers, steps)

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

    def heights(self, sizes: Mapping[Place, float], gap: float, narrow: bool = False) -> dict[Place, float]:
        """Give each place its height: in each layer the least-squares fit to its neighbours that keeps the order.

        All together they are not higher than the highest layer, if ``narrow``.
        """
        y: dict[Place, float] = {}
        offsets = [self._offsets(layer, sizes, gap) for layer in self.layers]
        halves = [[sizes[layer[i]] / 2 if layer else 0.0 for i in (0, -1)] for layer in self.layers]
        highest = max((a + o[-1] + b for o, (a, b) in zip(offsets, halves, strict=True)), default=0.0)
        most = highest / 2 if narrow else math.inf  # from the middle
        for layer, offset in zip(self.layers, offsets, strict=True):
            middle = (offset[0] + offset[-1]) / 2
            y.update({place: o - middle for place, o in zip(layer, offset, strict=True)})
        for sweep in range(6 * _SWEEPS):
            one_sided = sweep < _SWEEPS  # follow those before, then those after: then chains are level from the start
            forward = sweep % 2 == 0
            for i in range(len(self.layers)) if forward else reversed(range(len(self.layers))):
                layer = self.layers[i]
                if not layer:
                    continue
                sides = (forward, not forward) if one_sided else (True, True)
                heights, weights = zip(*(self._wanted(place, y, *sides) for place in layer), strict=True)
                fitted = _monotone([h - o for h, o in zip(heights, offsets[i], strict=True)], weights)
                top, bottom = halves[i][0] - most, most - halves[i][1] - offsets[i][-1]
                y.update({p: max(top, min(bottom, f)) + o for p, f, o in zip(layer, fitted, offsets[i], strict=True)})
        self._straighten(y, offsets)
        top = min((height - sizes[place] / 2 for place, height in y.items()), default=0.0)
        return {place: height - top for place, height in y.items()}

    def _straighten(self, y: dict[Place, float], offsets: Sequence[Sequence[float]]) -> None:
        """Let long links run level as far as their neighbours leave room, and step only where they must."""
        for layer, offset in [*zip(self.layers, offsets, strict=True)] * 3:  # again, where the first made room
            for k, place in enumerate(layer):
                if isinstance(place, tuple) and place in self.left:
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
