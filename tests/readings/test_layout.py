"""The layered layout: nothing overlaps, links run along the direction, few of them cross; rows are not too wide."""

import itertools
import math
from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from autograd_lite.readings.layout.rows import curves, layered

WIDE = 1e-9
GAPS = (0.5, 0.25)
looks = st.sampled_from([math.inf, 8.0, 4.0]), st.sampled_from(["right", "down"])


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


def outside(step, across, down):
    """Whether a step of a route passes beside a box."""
    xs, ys = (sorted(ends) for ends in zip(*step, strict=True))
    return apart(xs, across) or apart(ys, down)


@given(graphs(), *looks)
def test_every_node_has_its_own_place_on_the_canvas(graph, width, direction):
    sizes, links = graph
    layout = layered(sizes, links, GAPS, width=width, direction=direction)
    assert sorted(itertools.chain(*layout.layers)) == sorted(sizes)
    assert layout.centres.keys() == sizes.keys()
    extents = {node: extent(layout, sizes, node) for node in sizes}
    for across, down in extents.values():
        assert -WIDE <= across[0] < across[1] <= layout.width + WIDE
        assert -WIDE <= down[0] < down[1] <= layout.height + WIDE
    for a, b in itertools.combinations(extents.values(), 2):
        assert apart(a[0], b[0]) or apart(a[1], b[1])
    for x, y in itertools.chain(*layout.routes):
        assert -WIDE <= x <= layout.width + WIDE
        assert -WIDE <= y <= layout.height + WIDE


@given(graphs(), *looks)
def test_links_run_along_the_direction_and_around_the_boxes(graph, width, direction):
    sizes, links = graph
    layout = layered(sizes, links, GAPS, width=width, direction=direction)
    along = ("right", "down").index(direction)
    for (source, target), route in zip(links, layout.routes, strict=True):
        start, end = extent(layout, sizes, source), extent(layout, sizes, target)
        assert route[0][along] == pytest.approx(start[along][1])
        assert route[0][1 - along] == pytest.approx(sum(start[1 - along]) / 2)
        assert route[-1][along] == pytest.approx(end[along][0])
        assert end[1 - along][0] <= route[-1][1 - along] <= end[1 - along][1]
        for a, b in itertools.pairwise(route):
            between_rows = a[1] == b[1] and not any(top < a[1] < bottom for top, bottom in layout.rows)
            assert a[along] <= b[along] + WIDE or between_rows
            assert all(outside((a, b), *extent(layout, sizes, node)) for node in sizes.keys() - {source, target})


@given(graphs(), *looks)
def test_the_crossings_are_those_of_the_drawn_lines(graph, width, direction):
    sizes, links = graph
    layout = layered(sizes, links, GAPS, width=width, direction=direction)
    assert layout.crossings == crossings(layout if direction == "right" else layout.transposed())


@given(graphs(), st.sampled_from([8.0, 4.0]))
def test_links_around_the_end_of_a_row_do_not_cross(graph, width):
    sizes, links = graph
    layout = layered(sizes, links, GAPS, width=width)
    ends = zip(links, layout.routes, strict=True)
    steps = {(source, *step) for (source, _), route in ends for step in itertools.pairwise(route)}
    level = [step for step in steps if step[1][1] == step[2][1]]
    upright = [step for step in steps if step[1][0] == step[2][0] and step[1][1] != step[2][1]]
    for (one, a, b), (other, c, d) in itertools.product(level, upright):
        touches = min(a[0], b[0]) <= c[0] <= max(a[0], b[0]) and min(c[1], d[1]) <= a[1] <= max(c[1], d[1])
        assert one == other or not touches


@given(graphs(), st.sampled_from([8.0, 4.0]), st.sampled_from(["right", "down"]))
def test_a_layout_is_not_wider_than_asked_for_unless_single_nodes_are(graph, width, direction):
    sizes, links = graph
    layout = layered(sizes, links, GAPS, width=width, direction=direction)
    beside = (2 if direction == "right" else 1) * GAPS[0] * (1 + len({source for source, _ in links}))
    assert layout.width <= max(width, max(width for width, _ in sizes.values()) + beside) + WIDE


BESIDE_LINKS = "n2>n7 n0>n1 n1>n7 n2>n3 n1>n4 n0>n5 n0>n7"  # three nodes in a layer, and two links that pass them


@example(({f"n{i}": (1.0, 1.0) for i in range(8)}, [tuple(link.split(">")) for link in BESIDE_LINKS.split()]), "down")
@given(graphs(), st.sampled_from(["right", "down"]))
def test_what_fits_is_laid_out_as_if_there_were_no_end(graph, direction):
    sizes, links = graph
    boundless = layered(sizes, links, GAPS, direction=direction)
    assert layered(sizes, links, GAPS, width=boundless.width + WIDE, direction=direction) == boundless


@given(graphs(), *looks)
def test_a_layout_depends_on_its_graph_alone(graph, width, direction):
    sizes, links = graph
    one, other = (layered(sizes, links, width=width, direction=direction) for _ in range(2))
    assert one == other


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
    links = chain_of(21)
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


def chain_of(n):
    return [(f"n{i}", f"n{i + 1}") for i in range(n - 1)]


def test_a_long_chain_goes_on_in_rows_of_about_the_same_width():
    layout = layered({f"n{i}": (1.0, 1.0) for i in range(20)}, chain_of(20), width=12.0)
    assert [sum(top <= y <= bottom for _, y in layout.centres.values()) for top, bottom in layout.rows] == [5, 5, 5, 5]


def test_a_row_ends_where_few_links_pass():
    nodes = [f"n{i}" for i in range(16)]
    dense = [*itertools.combinations(nodes[:6], 2), *itertools.combinations(nodes[6:], 2)]
    layout = layered(dict.fromkeys(nodes, (1.0, 1.0)), [*dense, ("n5", "n6")], width=24.0)
    (_, bottom), _ = layout.rows
    assert [node for node, (_, y) in layout.centres.items() if y <= bottom] == nodes[:7]


def test_a_layer_too_wide_is_parted_and_what_nothing_leads_to_goes_first():
    links = [("a", "b"), ("b", "c"), ("v", "c"), ("w", "c")]
    sizes = dict.fromkeys("abvwc", (2.0, 1.0))
    layers = {width: layered(sizes, links, width=width, direction="down").layers for width in (8.0, 6.0)}
    assert [sorted(layer) for layer in layers[8.0]] == [["a"], ["b", "v", "w"], ["c"]]
    assert [sorted(layer) for layer in layers[6.0]] == [["a"], ["w"], ["b", "v"], ["c"]]


def test_many_layers_down_are_no_wider_than_one():
    inputs = [(f"w{i}", f"n{i + 1}") for i in range(40)]
    sizes = {f"{letter}{i}": (1.0, 1.0) for letter in "nw" for i in range(40)} | {"n40": (1.0, 1.0)}
    assert layered(sizes, [*chain_of(41), *inputs], direction="down").width == pytest.approx(3.0)


def test_curves_leave_and_arrive_along_the_direction_and_round_the_corners():
    route = [(0.0, 0.0), (4.0, 0.0), (4.0, 2.0), (0.0, 2.0), (0.0, 3.0), (1.0, 3.0), (3.0, 5.0)]
    right = [*curves(route, radius=1.0)]
    assert right[:2] == [((1.5, 0.0), (1.5, 0.0), (3.0, 0.0)), ((4.0, 0.0), (4.0, 0.0), (4.0, 1.0))]
    assert right[-1] == ((2.0, 3.0), (2.0, 5.0), (3.0, 5.0))
    down = [*curves([(y, x) for x, y in route], "down", 1.0)]
    assert down == [tuple((y, x) for x, y in curve) for curve in right]
    assert [curve[-1] for curve in curves(route) if curve[-1] in route] == route[1:]


def test_a_circle_is_an_error_that_names_its_nodes():
    with pytest.raises(ValueError, match="run in a circle through b, c"):
        layered(dict.fromkeys("abc", (1.0, 1.0)), [("a", "b"), ("b", "c"), ("c", "b")])


def test_an_empty_graph_is_an_empty_layout():
    layout = layered({}, [])
    assert (layout.width, layout.height, layout.layers) == (0.0, 0.0, [])
    assert layered({}, [], width=3.0).width == layered({}, [], direction="down").height == 0.0
