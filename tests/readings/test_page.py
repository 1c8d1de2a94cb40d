"""The page that steps through a derivative, opened and driven in a real browser."""

import inspect
import re
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.program.numbers import figure
from tests.support import browser
from tests.support.explained import PROGRAMS, explained, long_names, neuron, recurrent, two_layer


@pytest.fixture(scope="module")
def opened():
    path = browser.find()
    if path is None:
        pytest.skip("no Chromium here: install Debian's chromium to test the page in a browser")
    with browser.Browser(path) as window:
        yield window


@pytest.fixture
def show(opened, tmp_path):
    def show(program, hash_=""):
        explained(program).to_html(tmp_path / "page.html")
        opened.open((tmp_path / "page.html").as_uri() + hash_)
        return opened

    yield show
    opened.resize(1280, 900)
    assert opened.complaints == []


def title(window):
    return window.evaluate("document.querySelector('#panel h2').textContent")


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_it_steps_to_the_right_gradients(show, program):
    window = show(program)
    window.press("ArrowRight", window.evaluate("last"))
    assert title(window) == "The gradient"
    cells = "[...document.querySelectorAll('[data-gradient]')].map(c => [c.dataset.gradient, c.textContent])"
    f, args, *_ = program()
    inexact = [i for i, arg in enumerate(args) if isinstance(arg, dict) or np.asarray(arg).dtype.kind == "f"]
    gradients = ag.grad(lambda *args: np.sum(f(*args)), inexact)(*args)
    leaves: dict[str, Any] = {}
    for name, gradient in zip(np.array([*inspect.signature(f).parameters])[inexact], gradients, strict=True):
        leaves |= gradient if isinstance(gradient, dict) else {name: gradient}
    shown = dict(window.evaluate(cells))
    assert set(shown) == set(explained(program).program.gradients)
    assert shown == {name: figure(leaves[name]) for name in shown}
    assert window.evaluate("document.querySelectorAll('.node.todo').length") == 0


def test_the_gradients_of_the_neuron_are_those_of_grad(show):
    f, args = neuron()
    window = show(neuron, "#end")
    for name, gradient in zip(("weights", "bias"), ag.grad(f, (0, 1))(*args), strict=True):
        shown = window.evaluate(f"document.querySelector('[data-gradient={name}]').textContent")
        np.testing.assert_allclose([float(x) for x in re.findall(r"[-\d.e]+", shown)], np.ravel(gradient), rtol=5e-4)


def test_the_keyboard_steps_plays_and_jumps(show):
    window = show(neuron)
    assert title(window) == "The inputs"
    window.press("ArrowRight", 2)
    assert title(window) == "prediction"
    window.press("ArrowLeft")
    assert title(window) == "layer_1"
    window.press("End")
    assert window.evaluate("current === last")
    window.press("Home")
    assert window.evaluate("current") == 0
    window.press(" ")
    assert window.evaluate("document.getElementById('play').textContent") == "Pause"
    window.wait_for("current > 0")
    window.press(" ")
    assert window.evaluate("timer === null && document.getElementById('play').textContent === 'Play'")


def test_buttons_slider_rows_and_boxes_step_too(show):
    window = show(neuron)
    window.evaluate("document.getElementById('next').click()")
    assert title(window) == "layer_1"
    window.evaluate("document.getElementById('back').click()")
    assert title(window) == "The inputs"
    window.evaluate("at('slider').value = 3; at('slider').dispatchEvent(new Event('input'))")
    assert title(window) == "error"
    window.evaluate("document.querySelector('tr[data-frame=\"1\"]').click()")
    assert title(window) == "layer_1"
    window.evaluate("nodes.get('prediction').dispatchEvent(new Event('click'))")
    assert title(window) == "prediction"


def test_a_backward_step_shows_factor_product_and_source(show):
    window = show(neuron, "#7")
    text = window.evaluate("document.getElementById('panel').innerText")
    assert title(window) == "derror_dlayer_1"
    assert "dprediction_dlayer_1 = 0.1123" in text
    assert "derror_dlayer_1 = 0.1957" in text
    lit = window.evaluate("document.querySelector('pre .lit').textContent")
    assert lit.strip() == "prediction = ag.sigmoid(layer_1)"
    assert window.evaluate("document.querySelector('.node.current').dataset.name") == "layer_1"
    links = "[...document.querySelectorAll('.link.backward')].map(l => [l.dataset.from, l.dataset.to])"
    assert window.evaluate(links) == [["layer_1", "prediction"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark(show, scheme):
    window = show(neuron)
    window.prefer(scheme)
    colours = window.evaluate("(style => [style.backgroundColor, style.color])(getComputedStyle(document.body))")
    page, ink = (np.mean([int(part) for part in re.findall(r"\d+", colour)[:3]]) for colour in colours)
    assert (page > ink) == (scheme == "light")
    assert abs(page - ink) > 150


SIDEWAYS = """[document.documentElement, ...document.querySelectorAll('main *')].filter(
  part => part.scrollWidth > part.clientWidth && getComputedStyle(part).display !== "inline"
    && !part.closest("svg")).map(part => part.className || part.tagName)"""
OUT_OF_SIGHT = """
[...document.querySelectorAll('h1, h2, .panel code, pre span, .steps td, .graph .current')].filter(part => {
  const own = part.getBoundingClientRect(), card = (part.closest('.card') || document.body).getBoundingClientRect();
  return own.left < card.left || own.right > card.right || card.right > innerWidth;
}).map(part => part.textContent)"""


def resize(window, width):
    """Give the page another width and wait until the graph follows."""
    window.resize(width, 844)
    window.wait_for(f"innerWidth === {width} && picture === pictures.at({0 if width < 600 else -1})")


@pytest.mark.parametrize("program", [two_layer, recurrent, long_names], ids=lambda program: program.__name__)
@pytest.mark.parametrize("width", [390, 768, 1200])
def test_at_every_step_all_is_in_sight_without_scrolling_sideways(show, program, width):
    window = show(program)
    resize(window, width)
    for step in range(window.evaluate("last") + 1):
        window.evaluate(f"show({step})")
        assert window.evaluate(SIDEWAYS) == []
        assert window.evaluate(OUT_OF_SIGHT) == []


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_the_graph_fits_a_phone_and_a_wide_screen(show, program):
    window = show(program, "#end")
    shown: dict[int, str] = {}
    for width in (390, 1200, 390):
        resize(window, width)
        box = "graph.querySelector('svg').getAttribute('viewBox')"
        assert shown.setdefault(width, window.evaluate(box)) == window.evaluate(box)
        assert window.evaluate("nodes.size === graph.querySelectorAll('.node').length && nodes.size > 1")
        assert window.evaluate("document.querySelectorAll('.node.todo').length") == 0
        window.evaluate("nodes.get(result).dispatchEvent(new Event('click'))")
        assert title(window) == window.evaluate("result")
        window.press("End")
    assert shown[390] != shown[1200]


def test_no_text_leaves_its_box(show):
    window = show(recurrent, "#end")
    outside = """[...document.querySelectorAll('.node')].filter(node => {
      const box = node.querySelector('rect').getBBox();
      return [...node.querySelectorAll('text')].some(t => t.getBBox().width > box.width || t.getBBox().x < box.x);
    }).map(node => node.dataset.name)"""
    assert window.evaluate(outside) == []


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_the_file_stands_alone(program, tmp_path):
    path = explained(program).to_html(tmp_path / "page.html")
    text = path.read_text("utf-8")
    assert not re.findall(r"https?://|\bsrc=|@import", text)
    assert "{{" not in text
    assert str(tmp_path.parents[-2]) not in text


def test_what_the_code_says_cannot_break_the_page(show, tmp_path):
    def loss(x):
        y = x * 2 if "</script><b>" else x  # </script> <!-- in the source lines
        return np.sum(y)

    ag.explain(loss, np.ones(3)).to_html(tmp_path / "odd.html")
    window = show(neuron)
    window.open(tmp_path / "odd.html")
    window.press("ArrowRight")
    assert "</script><b>" in window.evaluate("document.querySelector('pre').textContent")
