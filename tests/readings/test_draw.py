"""Drawings: every value once, the chain rule along the lit paths, and text that is neither cut nor overlaid."""

import itertools
import math
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any, cast

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Curve

import autograd_lite as ag
from autograd_lite.program.trace import trace
from autograd_lite.readings.drawing.diagram import LIMIT, Box, Diagram, Link
from autograd_lite.readings.drawing.painting import ORANGE, ROUND
from autograd_lite.readings.drawing.picture import PAGE, Drawing
from autograd_lite.readings.layout.rows import curves
from autograd_lite.testing.random_programs import random_program
from tests.support.sampling import sampled

ROOT = Path(__file__).parents[2]
X = np.array([2.0, 1.5])
MATRIX = np.array([[0.3, -0.2, 0.5], [0.1, 0.7, -0.4], [-0.6, 0.2, 0.1]])
ROWS = np.array([[1.0, -0.5, 0.25], [0.75, 0.5, -1.0]])


def neuron(weights, bias, input_vector, target):
    layer_1 = np.dot(input_vector, weights) + bias
    prediction = ag.sigmoid(layer_1)
    error = np.square(prediction - target)
    return error  # noqa: RET504


def network(params, x, y):
    h1 = np.tanh(x @ params["W1"] + params["b1"])
    h2 = np.tanh(h1 @ params["W2"] + params["b2"])
    prediction = h2 @ params["W3"] + params["b3"]
    loss = np.mean((prediction - y) ** 2)
    return loss  # noqa: RET504


def recurrent(W, U, h, xs):
    for x in range(10):
        h = np.tanh(W @ h + U @ xs[x])
    loss = np.sum(h * h)
    return loss  # noqa: RET504


def cross_entropy(logits, labels):
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    loss = -np.mean(log_p[np.arange(len(labels)), labels])
    return loss  # noqa: RET504


def residual(x, W1, W2):
    h = ag.relu(x @ W1)
    y = x + h @ W2
    loss = np.sum(y**2)
    return loss  # noqa: RET504


def layer(h, W, b):
    z = h @ W + b
    a = np.tanh(z)
    scaled = a * ag.sigmoid(z) + h
    return scaled / np.sqrt(1 + np.mean(scaled**2))


def deep(params, x):
    for W, b in params:
        x = layer(x, W, b)
    return np.sum(x)


def straight(x):
    random = Random(0)
    for _ in range(200):
        x = random.choice([np.sin, np.cos, np.tanh, np.exp, np.arctan])(x)
    return x


def products(A, B):
    return np.einsum("ij,jk->ik", A, B)


INSTANCE = np.array([1.45, -0.66]), 0.0, X, 0
PARAMS = {f"W{i}": MATRIX * i for i in (1, 2, 3)} | {f"b{i}": MATRIX[i - 1] for i in (1, 2, 3)}
DRAWINGS = {
    "neuron": lambda **look: ag.draw(neuron, *INSTANCE, **look),
    "neuron, lit": lambda **look: ag.draw(neuron, *INSTANCE, wrt=("weights", "bias"), **look),
    "network": lambda **look: ag.draw(network, PARAMS, ROWS, ROWS[::-1], **look),
    "network, lit": lambda **look: ag.draw(network, PARAMS, ROWS, ROWS[::-1], wrt=tuple(PARAMS), **look),
    "recurrent": lambda **look: ag.draw(
        recurrent, MATRIX[:2, :2], MATRIX[:2], np.zeros(2), np.tile(ROWS, (5, 1)), wrt="W", **look
    ),
    "cross-entropy": lambda **look: ag.draw(cross_entropy, ROWS, np.array([2, 0]), wrt="logits", **look),
    "residual": lambda **look: ag.draw(residual, ROWS, MATRIX, MATRIX.T, wrt="x", **look),
    "deep": lambda **look: ag.draw(deep, [(MATRIX, MATRIX[0])] * 25, ROWS, **look),
    "straight": lambda **look: ag.draw(straight, 0.3, wrt="x", **look),
    "one op": lambda **look: ag.draw(np.exp, 1.0, **look),
    "no op": lambda **look: ag.draw(lambda x: x, 1.0, **look),
    "constants": lambda **look: ag.draw(lambda x: np.sin(2.0) * x + 3, 1.0, **look),
    "not a number": lambda **look: ag.draw(products, ROWS, MATRIX, wrt="B", **look),
}
LOOKS: dict[str, Any] = {
    "page": {},
    "one row": {"width": None},
    "half a page": {"width": 4.15},
    "down": {"direction": "down"},
    "down, narrow": {"direction": "down", "width": 4.15},
}
MOST_CROSSINGS = {("recurrent", look): 1 for look in LOOKS} | {("recurrent", "down, narrow"): 2}


def random_drawing(seed, **look):
    random = random_program(seed, lines=12)
    inputs = trace(random.function, *random.args).gradients
    return ag.draw(random.function, *random.args, wrt=tuple(inputs), **look)


RANDOM = {f"random {seed}": partial(random_drawing, seed) for seed in range(4)}


@cache
def drawing(name, look="page"):
    return (DRAWINGS | RANDOM)[name](**LOOKS[look])


each = pytest.mark.parametrize("name", DRAWINGS)
LOOKED_AT = [*itertools.product([*DRAWINGS, *RANDOM], LOOKS)]
each_look = pytest.mark.parametrize(("name", "look"), LOOKED_AT)


def titles(drawn, *kinds):
    return [box.title for box in drawn.diagram.boxes.values() if box.kind in kinds]


def apart(a, b):
    """Whether two rectangles, as left, top, width and height, share at most an edge."""
    across = a[0] + a[2] <= b[0] + 1e-9 or b[0] + b[2] <= a[0] + 1e-9
    return across or a[1] + a[3] <= b[1] + 1e-9 or b[1] + b[3] <= a[1] + 1e-9


# What is seen


PAGES, OTHERS = ([each for each in LOOKED_AT if (each[1] == "page") == is_page] for is_page in (True, False))


@pytest.mark.parametrize("drawn", [*PAGES, *sampled(OTHERS, 12)], ids=str)
def test_text_is_neither_cut_nor_overlaid(drawn):
    """Measured on a canvas, which takes long: each drawing on a page, and a sample of the others in `make test`."""
    name, look = drawn
    painting = drawing(name, look).painting
    figure = painting.figure()
    renderer = figure.canvas.get_renderer()
    seen = [text.get_window_extent(renderer) for text in figure.axes[0].texts]
    assert len(seen) == len(painting.texts) > 0
    for extent in seen:
        assert extent.x0 >= 0
        assert extent.y0 >= 0
        assert extent.x1 <= figure.bbox.width
        assert extent.y1 <= figure.bbox.height
    for a, b in itertools.combinations(seen, 2):
        assert not (min(a.x1, b.x1) - max(a.x0, b.x0) > 0.5 and min(a.y1, b.y1) - max(a.y0, b.y0) > 2), (a, b)


@pytest.mark.parametrize("drawn", [*PAGES, *sampled(OTHERS, 4)], ids=str)
def test_text_stands_inside_its_box(drawn):
    name, look = drawn
    painting = drawing(name, look).painting
    boxes = [painting.rectangle(key) for key in drawing(name, look).diagram.boxes]
    inside = painting.texts[: len(painting.texts) - len(painting.legend)]
    for text in inside:
        holders = [b for b in boxes if b[0] <= text.x <= b[0] + b[2] and b[1] <= text.y <= b[1] + b[3]]
        ((left, top, width, height),) = holders
        assert left <= text.x - text.width / 2
        assert text.x + text.width / 2 <= left + width
        assert top <= text.y - text.line.size / 144
        assert text.y + text.line.size / 144 <= top + height


@each_look
def test_boxes_do_not_overlap_and_lie_on_the_canvas_above_the_legend(name, look):
    painting = drawing(name, look).painting
    rectangles = [painting.rectangle(key) for key in drawing(name, look).diagram.boxes]
    assert all(apart(a, b) for a, b in itertools.combinations(rectangles, 2))
    lowest = min((y for _, (_, y) in painting.legend), default=painting.height)
    for left, top, width, height in rectangles:
        assert min(left, top) >= 0
        assert left + width <= painting.width
        assert top + height <= lowest - 0.05


@each_look
def test_links_lie_on_the_canvas_and_pass_over_no_box_but_their_own(name, look):
    drawn = drawing(name, look)
    painting = drawn.painting
    lowest = min((y for _, (_, y) in painting.legend), default=painting.height)
    rectangles = {key: painting.rectangle(key) for key in drawn.diagram.boxes}
    for link, route in zip(drawn.diagram.links, painting.layout.routes, strict=True):
        others = [rectangles[key] for key in rectangles.keys() - {link.source, link.target}]
        for x, y in along(route, drawn.direction):
            x, y = x + painting.shift[0], y + painting.shift[1]
            assert 0 < x < painting.width
            assert 0 < y < lowest - 0.05
            assert not any(left < x < left + width and top < y < top + height for left, top, width, height in others)


def along(route, direction):
    """Yield points along a link as it is painted."""
    start = route[0]
    for a, b, end in curves(route, direction, ROUND):
        for t in np.linspace(0, 1, 9):
            weights = np.array([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3])
            yield weights @ np.array([start, a, b, end])
        start = end


@each
@pytest.mark.parametrize("look", LOOKS)
def test_few_links_cross(name, look):
    assert drawing(name, look).painting.layout.crossings <= MOST_CROSSINGS.get((name, look), 0)


@each
@pytest.mark.parametrize("look", ["one row", "down", "down, narrow"])
def test_links_run_along_the_direction(name, look):
    drawn = drawing(name, look)
    axis = ("right", "down").index(drawn.direction)
    for route in drawn.painting.layout.routes:
        assert all(a[axis] <= b[axis] + 1e-9 for a, b in itertools.pairwise(route))
        assert route[0][axis] < route[-1][axis]


@pytest.mark.parametrize(
    ("name", "look"), [*itertools.product(DRAWINGS, LOOKS), *itertools.product(RANDOM, ["page", "down"])]
)
def test_a_picture_is_not_wider_than_asked_for(name, look):
    drawn = drawing(name, look)
    assert drawn.painting.width <= (drawn.width or math.inf)


@pytest.mark.parametrize("name", ["network", "network, lit", "cross-entropy", "deep", "straight"])
def test_a_long_program_goes_on_in_rows(name):
    one, page, half = (drawing(name, look).painting for look in ("one row", "page", "half a page"))
    assert one.width > PAGE > page.width > 0.7 * PAGE
    assert half.width <= PAGE / 2
    assert len(one.layout.rows) == 1 < len(page.layout.rows) < len(half.layout.rows)
    assert drawing(name).diagram == drawing(name, "one row").diagram


@pytest.mark.parametrize("look", LOOKS)
def test_lit_paths_are_lit_from_end_to_end(look):
    drawn = drawing("network, lit", look)
    patches = [patch for patch in drawn.painting.figure().axes[0].patches if isinstance(patch, PathPatch)]
    paths = [patch.get_path() for patch in patches if patch.get_edgecolor() == to_rgba(ORANGE)]
    lit = [link for link in drawn.diagram.links if link.lit]
    assert len(paths) == len(lit) + 1  # one of the legend
    assert all(path.codes is not None and np.sum(path.codes == Curve.MOVETO) == 1 for path in paths)


@pytest.mark.parametrize("name", ["one op", "no op", "constants", "not a number"])
def test_a_program_that_fits_is_drawn_in_one_row(name):
    assert drawing(name)._repr_svg_() == drawing(name, "one row")._repr_svg_()


# What is drawn


@each
def test_a_reader_can_take_it_in(name):
    drawn = drawing(name)
    assert drawn.diagram.size <= LIMIT
    shown = titles(drawn, "input", "constant", "value")
    assert len(shown) == len(set(shown))
    assert drawn.program.result in shown


@each
def test_everything_leads_to_the_result(name):
    drawn = drawing(name)
    boxes = drawn.diagram.boxes
    (result,) = (key for key, box in boxes.items() if box.is_value and box.title == drawn.program.result)
    reached, pending = set(), [result]
    while pending:
        key = pending.pop()
        reached.add(key)
        pending += [link.source for link in drawn.diagram.links if link.target == key and link.source not in reached]
    assert reached == boxes.keys()


@pytest.mark.parametrize("name", ["neuron", "network", "cross-entropy", "residual", "one op"])
def test_a_small_program_is_drawn_whole(name):
    drawn = drawing(name)
    inputs = [*drawn.program.inputs, *drawn.program.constants]
    assert sorted(titles(drawn, "input", "constant")) == sorted(inputs)
    assert sorted(titles(drawn, "value")) == sorted(step.name for step in drawn.program.forward)
    assert titles(drawn, "folded") == []


def test_values_and_functions_alternate_with_names_and_numbers():
    drawn = drawing("neuron")
    assert titles(drawn, "function") == ["+", "dot", "sigmoid", "square", "prediction - target"]
    values = {box.title: (box.kind, box.forward) for box in drawn.diagram.boxes.values() if box.is_value}
    assert values == {
        "weights": ("input", "[1.45 -0.66]"),
        "bias": ("input", "0"),
        "input_vector": ("input", "[2. 1.5]"),
        "target": ("constant", "0"),
        "layer_1": ("value", "1.91"),
        "prediction": ("value", "0.871"),
        "error": ("value", "0.7587"),
    }


def test_gradients_stand_beside_the_values():
    weights, bias, x, target = INSTANCE
    prediction = 1 / (1 + np.exp(-(x @ weights + bias)))
    derror_dprediction = 2 * (prediction - target)
    derror_dlayer_1 = derror_dprediction * prediction * (1 - prediction)
    wanted = {
        "prediction": derror_dprediction,
        "layer_1": derror_dlayer_1,
        "weights": derror_dlayer_1 * x,
        "bias": derror_dlayer_1,
        "input_vector": derror_dlayer_1 * weights,
    }
    boxes = {box.title: box for box in drawing("neuron").diagram.boxes.values() if box.gradient}
    assert boxes.keys() == wanted.keys()
    for name, value in wanted.items():
        assert boxes[name].gradient == f"derror_d{name}"
        shown = np.array(boxes[name].backward.strip("[]").split(), dtype=float)
        np.testing.assert_allclose(shown, np.atleast_1d(value), rtol=5e-4)


def test_the_derivative_by_an_unnamed_part_of_a_step_is_no_guess():
    def f(x):
        half = np.tanh(x) * 0.5  # its derivative uses tanh_x again, which is why that has a box
        return np.sin(half) * 3

    boxes = {box.title: box for box in ag.draw(f, 0.3).diagram.boxes.values()}
    assert float(boxes["tanh_x"].backward) == pytest.approx(1.5 * np.cos(0.5 * np.tanh(0.3)), rel=5e-4)


def test_no_path_is_lit_without_wrt():
    drawn = drawing("neuron")
    assert not any(box.lit for box in drawn.diagram.boxes.values())
    assert not any(link.lit for link in drawn.diagram.links)
    assert titles(drawn, "factor") == []


def test_the_factors_along_a_lit_path_multiply_to_the_gradient():
    drawn = ag.draw(neuron, *INSTANCE, wrt="weights")
    factors = {box.title: box.forward for box in drawn.diagram.boxes.values() if box.kind == "factor"}
    assert list(factors) == ["dlayer_1_dweights", "dprediction_dlayer_1", "derror_dprediction"]
    numbers = [np.array(text.strip("[]").split(), dtype=float) for text in factors.values()]
    gradient = ag.grad(neuron)(*INSTANCE)
    np.testing.assert_allclose(numbers[0] * numbers[1] * numbers[2], gradient, rtol=2e-3)
    lit = [box.title for box in drawn.diagram.boxes.values() if box.lit and box.is_value]
    assert lit == ["weights", "layer_1", "prediction", "error"]
    assert [box.title for box in drawn.diagram.boxes.values() if box.gradient] == ["weights", "layer_1", "prediction"]


def test_all_paths_to_an_input_are_lit():
    assert set(titles(drawing("residual"), "factor")) == {"dpre_h_dx", "dh_dpre_h", "dy_dh", "dy_dx", "dloss_dy"}
    dark = [box.title for box in drawing("residual").diagram.boxes.values() if box.is_value and not box.lit]
    assert sorted(dark) == ["W1", "W2"]


def test_a_path_that_has_no_derivative_is_not_lit():
    def f(x, y):
        positive = x > 0
        return np.where(positive, x * y, y)

    drawn = ag.draw(f, 1.5, 2.0, wrt="x")
    lit = {box.title: box.lit for box in drawn.diagram.boxes.values()}
    assert lit["x"]
    assert lit["f"]
    assert not lit["positive"]
    assert not lit["y"]


def test_the_path_goes_through_ops_of_several_outputs():
    def f(A):
        U, S, V = np.linalg.svd(A)
        return np.sum(S) + 0 * U[0, 0] * V[0, 0]

    drawn = ag.draw(f, MATRIX, wrt="A")
    lit = {box.title: box.lit for box in drawn.diagram.boxes.values() if box.is_value}
    assert lit["A"]
    assert lit["S"]
    assert all(box.backward == "" for box in drawn.diagram.boxes.values() if box.forward == "tuple")


def test_a_result_that_is_no_number_shows_its_cotangent():
    (result,) = (box for box in drawing("not a number").diagram.boxes.values() if box.title == "products")
    assert (result.gradient, result.backward) == ("cotangent", "(2, 3)")


def test_a_function_says_what_its_arguments_do_not():
    shown = titles(drawing("cross-entropy"), "function")
    assert {"logits - max_logits", "max(axis=1, keepdims=True)", "exp", "shifted - …", "−"} < set(shown)
    assert titles(drawing("constants"), "function") == ["… + 3", "0.9093 * …"]


def test_loops_are_folded_to_their_first_and_last_iteration():
    drawn = drawing("recurrent")
    (folded,) = (box for box in drawn.diagram.boxes.values() if box.kind == "folded")
    assert (folded.title, folded.forward) == ("8 more times", "pre_h_2 … h_9")
    assert titles(drawn, "value") == ["pre_h_1", "h_1", "h_9", "pre_h_10", "h_10", "loss"]


def test_calls_are_drawn_as_one_and_their_inputs_together():
    drawn = drawing("deep")
    assert titles(drawn, "folded") == ["layer", "layer, 23 more times", "layer"]
    assert titles(drawn, "value") == ["x_1", "x_24", "x_25", "deep"]
    assert [box.forward for box in drawn.diagram.boxes.values() if box.title == "46 inputs"] == ["W_2 … b_24"]


def test_a_long_program_without_structure_is_drawn_in_stretches():
    drawn = drawing("straight")
    folded = titles(drawn, "folded")
    assert len(folded) > 5
    assert all(re.fullmatch(r"\d+ steps", title) for title in folded)
    assert sum(int(title.split()[0]) for title in folded) <= len(drawn.program.forward)


def test_a_tensor_computed_already_is_drawn_too():
    x = ag.Tensor(2.0, name="x")
    y: Any = np.exp(x)
    drawn = ag.draw(y, wrt="x")
    assert {"x", "y"} <= set(titles(drawn, "input", "value"))
    assert "dy_dx" in titles(drawn, "factor")


# What is written


@pytest.mark.parametrize(
    ("file", "start"), [("x.svg", b"<?xml"), ("x.png", b"\x89PNG"), ("x.pdf", b"%PDF"), ("x.SVG", b"<?xml")]
)
def test_the_ending_of_the_name_decides(file, start, tmp_path):
    drawing("neuron").save(tmp_path / file)
    assert (tmp_path / file).read_bytes().startswith(start)


@pytest.mark.parametrize("ending", ["svg", "png", "pdf"])
def test_a_picture_does_not_depend_on_day_or_settings(ending, tmp_path):
    drawing("one op").save(tmp_path / f"a.{ending}")
    mine = {"savefig.bbox": "tight", "font.size": 30, "savefig.dpi": 10, "svg.fonttype": "none", "text.color": "red"}
    with mpl.rc_context(cast(Any, mine)):
        ag.draw(np.exp, 1.0).save(str(tmp_path / f"b.{ending}"))
        assert mpl.rcParams["font.size"] == 30
    assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()


@each
def test_notebooks_get_an_svg_of_the_size_of_the_painting(name):
    svg = ET.fromstring(drawing(name)._repr_svg_())
    assert svg.tag.endswith("}svg")
    painting = drawing(name).painting
    for attribute, inches in (("width", painting.width), ("height", painting.height)):
        assert float(svg.get(attribute, "").removesuffix("pt")) == pytest.approx(72 * inches, abs=0.1)


def test_pyplot_is_left_alone(tmp_path):
    check = (
        "import sys, numpy as np, autograd_lite as ag\n"
        "drawn = ag.draw(np.exp, 1.0)\n"
        "drawn.to_dot(), drawn.to_mermaid()\n"
        "assert 'matplotlib' not in sys.modules\n"
        f"drawn.save({str(tmp_path / 'x.png')!r})\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", check], env=os.environ | {"PYTHONPATH": str(ROOT)}, check=True)


DOT_TEXT = r'"(?:[^"\\]|\\.)*"'
DOT_ATTRIBUTES = rf"\[(?:\w+=(?:{DOT_TEXT}|\w+) ?)*\]"
DOT_LINE = re.compile(
    rf"  (?:rankdir=(?:LR|TB)|(?:node|edge) {DOT_ATTRIBUTES}|(?P<box>\w+) (?P<attributes>{DOT_ATTRIBUTES})"
    rf"|(?P<source>\w+) -> (?P<target>\w+) (?P<said>{DOT_ATTRIBUTES}));"
)
MERMAID_TEXT = r'"([^"\[\]{}|<>`]|<br/>)*"'
MERMAID_LINE = re.compile(
    rf"  (?:(?P<box>\w+)(?:\[{MERMAID_TEXT}\]|\(\[{MERMAID_TEXT}\]\)|\[\[{MERMAID_TEXT}\]\]):::\w+"
    rf"|(?P<source>\w+) -->(?:\|{MERMAID_TEXT}\|)? (?P<target>\w+)"
    r"|classDef \w+ [\w#:,-]+|class [\w,]+ lit|linkStyle [\d,]+ [\w#:,-]+)"
)


def parse(text, grammar, first, last):
    """Read the boxes and links of a text, line by line."""
    lines = text.splitlines()
    assert lines[0] == first
    assert lines[-1:] == last if last else True
    matches = [grammar.fullmatch(line) for line in lines[1 : len(lines) - len(last)]]
    assert all(matches), [line for line, match in zip(lines[1:], matches, strict=False) if not match]
    boxes = [match["box"] for match in matches if match["box"] not in (None, "node", "edge")]
    links = [(match["source"], match["target"]) for match in matches if match["source"]]
    assert len(boxes) == len(set(boxes))
    assert {end for link in links for end in link} <= set(boxes)
    return boxes, links


@each
def test_dot_and_mermaid_say_the_same_as_the_picture(name):
    drawn = drawing(name)
    boxes, links = parse(drawn.to_dot(), DOT_LINE, "digraph {", ["}"])
    assert boxes == [key for key, box in drawn.diagram.boxes.items() if box.kind != "factor"]
    factors = len(titles(drawn, "factor"))
    assert len(links) == len(drawn.diagram.links) - factors
    assert parse(drawn.to_mermaid(), MERMAID_LINE, "flowchart LR", []) == (boxes, links)
    assert drawn.to_mermaid().count("|") == 2 * factors


@each
def test_dot_and_mermaid_follow_the_direction(name):
    right, down = drawing(name), drawing(name, "down")
    assert down.to_dot() == right.to_dot().replace("rankdir=LR", "rankdir=TB") != right.to_dot()
    assert down.to_mermaid() == right.to_mermaid().replace("flowchart LR", "flowchart TD") != right.to_mermaid()


ODD = 'a"b\\c <d> & #35; {e} [f] |g| `h` $x_1$ é \\n -->'


def odd():
    boxes = {"v0": Box("input", ODD, ODD, ODD, ODD, lit=True), "d1": Box("factor", ODD, ODD, lit=True)}
    boxes |= {"f2": Box("function", ODD, lit=True), "f3": Box("folded", ODD)}
    links = [Link("v0", "d1", lit=True), Link("d1", "f2", lit=True), Link("f2", "f3")]
    return Drawing(drawing("one op").program, Diagram(boxes, links))


def test_odd_characters_are_escaped():
    boxes, links = parse(odd().to_dot(), DOT_LINE, "digraph {", ["}"])
    assert (boxes, links) == (["v0", "f2", "f3"], [("v0", "f2"), ("f2", "f3")])
    (label,) = re.findall(rf"^  f2 \[label=({DOT_TEXT})", odd().to_dot(), re.MULTILINE)
    assert re.sub(r"\\(.)", r"\1", label[1:-1]) == ODD
    assert parse(odd().to_mermaid(), MERMAID_LINE, "flowchart LR", []) == (boxes, links)
    (label,) = re.findall(r'f2\(\["(.*)"\]\)', odd().to_mermaid())
    assert re.sub(r"#(\d+);", lambda code: chr(int(code[1])), label) == ODD


def test_odd_characters_are_painted_as_they_are():
    figure = odd().painting.figure()
    assert [text.get_text() for text in figure.axes[0].texts][:4] == [ODD] * 4
    assert not any(text.get_parse_math() for text in figure.axes[0].texts)
    assert ET.fromstring(odd()._repr_svg_()).tag.endswith("}svg")


def test_repr_says_how_much_there_is():
    assert repr(drawing("neuron")) == "<Drawing of neuron: 7 values, 5 functions; save() writes a picture>"


# Errors


@pytest.mark.parametrize(
    ("file", "given"), [("x.jpg", r"the ending '\.jpg'"), ("x", "no ending"), ("x.", "no ending|the ending")]
)
def test_another_ending_is_refused_and_the_possible_ones_listed(file, given, tmp_path):
    with pytest.raises(ValueError, match=rf"ends in \.svg, \.png, \.pdf; got ({given}) in"):
        drawing("neuron").save(tmp_path / file)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda x: None, "to return a result that depends on its arguments, got NoneType"),
        (lambda x: 3.0, "to return a result that depends on its arguments, got float"),
        (lambda x: (x, x * 2), r"to return one array, got 2 values; choose one"),
        (lambda x: {"loss": x, "other": x}, r"to return one array, got 'loss', 'other'"),
    ],
)
def test_one_result_is_needed(f, message):
    with pytest.raises(TypeError, match=message):
        ag.draw(f, 1.0)


def test_wrt_has_to_name_inputs():
    with pytest.raises(ValueError, match="'weight' names no input; there are: weights, bias, input_vector"):
        ag.draw(neuron, *INSTANCE, wrt="weight")


@pytest.mark.parametrize("direction", ["left", "Right", "", None, 1])
def test_an_unknown_direction_is_refused(direction):
    with pytest.raises(ValueError, match=f"expected direction 'right' or 'down', got {direction!r}"):
        ag.draw(never_called, 1.0, direction=direction)


@pytest.mark.parametrize("width", [0, -1.0, math.nan, math.inf, "8", True, 1j, [8.3]], ids=repr)
def test_a_width_that_is_no_positive_number_is_refused(width):
    message = f"expected width to be a positive number of inches, or None for one row; got {width!r}"
    with pytest.raises(ValueError, match=re.escape(message)):
        ag.draw(never_called, 1.0, width=width)


def never_called(x):
    raise AssertionError("the function was called")


@pytest.mark.parametrize("width", [5, np.float64(5.0), np.int64(5), np.float32(5.0)], ids=repr)
def test_a_width_is_any_real_number(width):
    assert ag.draw(neuron, *INSTANCE, width=width).painting.width <= 5.0
