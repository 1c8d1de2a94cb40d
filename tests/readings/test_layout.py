"""The layered layout: nothing overlaps, links run to the right, and few of them cross."""

import itertools
from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite.readings.layout import layered

WIDE = 1e-9


@st.composite
def graphs(draw):
    """Sizes and links of a graph without circles: links run from earlier to later nodes."""
    n = draw(st.integers(1, 12))
    size = st.tuples(st.floats(0.2, 3.0), st.floats(0.2, 2.0))
    sizes = {f"n{i}": draw(size) for i in range(n)}
    pairs = list(itertools.combinations(sizes, 2))
    return sizes, draw(st.lists(st.sampled_from(pairs), unique=True, max_size=24)) if pairs else []


def apart(a, b):
    """Whether two intervals share at most their ends."""
    return a[1] <= b[0] + WIDE or b[1] <= a[0] + WIDE


def extent(layout, sizes, node):
    (x, y), (width, height) = layout.centres[node], sizes[node]
    return (x - width / 2, x + width / 2), (y - height / 2, y + height / 2)


def crossings(layout):
    """Count the crossings of the drawn lines, between the layers where they slope."""
    slopes = {(a, b) for route in layout.routes for a, b in itertools.pairwise(route) if a[1] != b[1]}
    level = {(a, b) for route in layout.routes for a, b in itertools.pairwise(route) if a[1] == b[1]}
    between: Counter[Any] = Counter()
    for (a, b), (c, d) in itertools.combinations(slopes | level, 2):
        if abs(a[0] - c[0]) < WIDE and abs(b[0] - d[0]) < WIDE and (a[1] - c[1]) * (b[1] - d[1]) < 0:
            between[a[0]] += 1
    return between.total()


@given(graphs())
def test_every_node_has_its_own_place_on_the_canvas(graph):
    sizes, links = graph
    layout = layered(sizes, links, (0.5, 0.25))
    assert sorted(itertools.chain(*layout.layers)) == sorted(sizes)
    assert layout.centres.keys() == sizes.keys()
    extents = {node: extent(layout, sizes, node) for node in sizes}
    for across, down in extents.values():
        assert -WIDE <= across[0] < across[1] <= layout.width + WIDE
        assert -WIDE <= down[0] < down[1] <= layout.height + WIDE
    for a, b in itertools.combinations(extents.values(), 2):
        assert apart(a[0], b[0]) or apart(a[1], b[1])


@given(graphs())
def test_links_run_to_the_right_and_around_the_boxes(graph):
    sizes, links = graph
    layout = layered(sizes, links, (0.5, 0.25))
    for (source, target), route in zip(links, layout.routes, strict=True):
        across, down = extent(layout, sizes, source)
        assert route[0] == pytest.approx((across[1], sum(down) / 2))
        across, down = extent(layout, sizes, target)
        assert route[-1][0] == pytest.approx(across[0])
        assert down[0] <= route[-1][1] <= down[1]
        for (x0, y0), (x1, y1) in itertools.pairwise(route):
            assert x0 <= x1 + WIDE
            for node in sizes.keys() - {source, target}:
                across, (top, bottom) = extent(layout, sizes, node)
                beside = max(y0, y1) <= top + WIDE or min(y0, y1) >= bottom - WIDE
                assert beside or apart((x0, x1), across)


@given(graphs())
def test_the_crossings_are_those_of_the_drawn_lines(graph):
    layout = layered(*graph)
    assert layout.crossings == crossings(layout)


@given(graphs())
def test_a_layout_depends_on_its_graph_alone(graph):
    assert layered(*graph) == layered(*graph)


def least_crossings(layers, links):
    """Try all orders of the layers."""
    fewest = None
    for orders in itertools.product(*map(itertools.permutations, layers)):
        rank = {node: k for order in orders for k, node in enumerate(order)}
        found = sum(
            (rank[a] - rank[c]) * (rank[b] - rank[d]) < 0
            for (a, b), (c, d) in itertools.combinations(links, 2)
            if any(a in layer and c in layer for layer in layers)
        )
        fewest = found if fewest is None else min(fewest, found)
    return fewest


@pytest.mark.parametrize("seed", range(20))
def test_the_best_order_of_three_layers_saves_at_most_one_crossing(seed):
    layers = [["a0", "a1", "a2"], ["b0", "b1", "b2", "b3"], ["c0", "c1", "c2"]]
    random = Random(seed)
    links = [(random.choice(layers[0]), b) for b in layers[1]] + [(random.choice(layers[1]), c) for c in layers[2]]
    pairs = [*itertools.product(layers[0], layers[1]), *itertools.product(layers[1], layers[2])]
    links = sorted({*links, *random.sample(pairs, 8), *((a, random.choice(layers[1])) for a in layers[0])})
    links = sorted({*links, *((b, random.choice(layers[2])) for b in layers[1])})  # so that no node changes its layer
    layout = layered({node: (1.0, 1.0) for layer in layers for node in layer}, links)
    assert [sorted(layer) for layer in layout.layers] == layers
    assert least_crossings(layers, links) <= layout.crossings <= least_crossings(layers, links) + 1


def test_a_tree_has_no_crossings():
    links = [(f"n{i}", f"n{(i - 1) // 2}") for i in range(30, 0, -1)]
    assert layered({f"n{i}": (1.0, 1.0) for i in range(31)}, links).crossings == 0


def test_a_chain_is_level():
    links = [(f"n{i}", f"n{i + 1}") for i in range(20)]
    layout = layered({f"n{i}": (1.0, 1.0 + i % 3) for i in range(21)}, links)
    assert len({round(y, 9) for route in layout.routes for _, y in route}) == 1


def test_a_shortcut_past_a_chain_is_level_in_between():
    links = [("n0", "n1"), ("n1", "n2"), ("n2", "n3"), ("n3", "n4"), ("n0", "n4")]
    layout = layered({f"n{i}": (1.0, 1.0) for i in range(5)}, links)
    bends = layout.routes[-1][2:-2]
    assert len(bends) == 6
    assert len({round(y, 9) for _, y in bends}) == 1


def test_an_input_stands_next_to_what_it_goes_into():
    links = [("n0", "n1"), ("n1", "n2"), ("n2", "n3"), ("late", "n3")]
    layout = layered(dict.fromkeys(["n0", "n1", "n2", "n3", "late"], (1.0, 1.0)), links)
    assert layout.centres["late"][0] == layout.centres["n2"][0]


def test_layers_of_close_nodes_keep_half_the_distance():
    links = [("a", "label"), ("label", "b"), ("b", "c")]
    layout = layered(dict.fromkeys(["a", "label", "b", "c"], (1.0, 1.0)), links, (0.5, 0.25), close=["label"])
    places = [layout.centres[node][0] for node in ("a", "label", "b", "c")]
    assert [b - a for a, b in itertools.pairwise(places)] == pytest.approx([1.25, 1.25, 1.5])


def test_a_circle_is_an_error_that_names_its_nodes():
    with pytest.raises(ValueError, match="run in a circle through b, c"):
        layered(dict.fromkeys("abc", (1.0, 1.0)), [("a", "b"), ("b", "c"), ("c", "b")])


def test_an_empty_graph_is_an_empty_layout():
    layout = layered({}, [])
    assert (layout.width, layout.height, layout.layers) == (0.0, 0.0, [])
