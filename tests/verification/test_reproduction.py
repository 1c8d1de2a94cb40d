"""What `reproduce` prints runs alone, and gives the same report."""

import functools
import io
import itertools
import math
import re
import sys
from collections import namedtuple
from contextlib import redirect_stdout
from dataclasses import dataclass
from enum import Enum
from importlib import import_module
from math import pi, tanh
from typing import Any

import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pytest
import scipy.special
from hypothesis import given

import autograd_lite as ag
from autograd_lite.program.loading import load
from autograd_lite.verification.report import Report
from autograd_lite.verification.reproduction.script import Script

BLOCK = re.compile(r"(?ms)^(`{3,})(\w+)\n(.*?)\n\1$")
PLACE = re.compile(r"(?m)^(  where  ).*?:\d+")
numbers = itertools.count()
NOTHING = None
SCALE, RATES, OFFSET, SLOPE = 2.0, {"fast": [0.5, 0.25]}, np.linspace(0, 1, 3), np.linspace(-1, 1, 300)
Pair = namedtuple("Pair", ["first", "second"])


def blocks(text):
    """Return the script and the answer of a reproduction."""
    (_, *script), (_, *answer) = BLOCK.findall(text)
    assert (script[0], answer[0]) == ("python", "text")
    return script[1], answer[1]


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Return what a file of the user's gives: a function and its gradient, which use two other files."""
    (tmp_path / "parts.py").write_text("def cube(x):\n    return x**3\n\nSHIFT, LEFT_OUT = 7.0, 8.0\n", "utf-8")
    text = "import os.path\nimport parts\nfrom math import pi as number\n\n"
    text += "def f(x):\n    return parts.cube(x) * number * len(os.path.join('a', 'b'))\n\n"
    text += "def df(x):\n    return 9 * number * (x**2 + 0 * parts.SHIFT)\n"
    (tmp_path / "whole.py").write_text(text, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield import_module("whole")
    for name in ("parts", "whole"):
        del sys.modules[name]


def printed(script):
    """Return what a script prints that finds nothing but installed packages."""
    told = io.StringIO()
    with redirect_stdout(told):
        load(script, f"<issue {next(numbers)}>", {"__name__": "__main__"})
    return told.getvalue()


def again(report):
    """Return the script of a report, once it gives the same report, and nothing is missing."""
    text = report.reproduce()
    script, answer = blocks(text)
    assert PLACE.sub(r"\1", printed(script)) == PLACE.sub(r"\1", f"{report}\n")
    assert answer == str(report)
    assert "**add:**" not in text
    return script


def helper(z):
    return np.tanh(z) * SCALE + RATES["fast"][0] * OFFSET[0]


def loss(W, b, x):
    return np.sum(helper(x @ W + b) ** 2)


def slip(W, b, x):
    z = x @ W + b
    dz = 2 * helper(z) * SCALE * (1 - np.tanh(z))
    return x.T @ dz, dz.sum(axis=0)


def point(seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(3, 2)), np.zeros(2), rng.normal(size=(4, 3))


def test_a_wrong_gradient():
    report = ag.verify(loss, slip, *point())
    assert report.verdict == "wrong"
    script = again(report)
    assert "W = rng.standard_normal((3, 2))\nb = np.zeros((2,))\nx = rng.standard_normal((4, 3))" in script
    assert script.count("def ") == 3


def test_the_seed_is_that_of_the_call():
    script = again(ag.verify(loss, slip, *point(3), rng=3))
    assert "default_rng(3)" in script
    assert script.endswith("rng=3))")


def test_numbers_of_another_generator_are_written_out():
    assert "standard_normal" not in again(ag.verify(loss, slip, *point(3)))


def scaled(x, k=SCALE, *, power=1):
    return np.sum(k * np.sin(x) ** power)


def derivative(x, k=SCALE, *, power=1):
    return k * power * np.sin(x) ** (power - 1) * np.cos(x)


def made(k):
    def f(x):
        return k * np.sum(x**2)

    return f


def decorated(f):
    @functools.wraps(f)
    def call(*args):
        return f(*args)

    return call


@decorated
def square(x):
    return x * square_root(x**4)


def square_root(x):
    return math.sqrt(x) if isinstance(x, float) else x**0.5


def special(x):
    return np.sum(scipy.special.erf(x))


def of_special(x):
    return 2 / math.sqrt(pi) * np.exp(-x * x)


@functools.lru_cache
def table(n):
    return np.linspace(0, 1, n)


class Kind(Enum):
    ROWS = 0


class Base:
    rate = SCALE

    def __init__(self, W):
        self.W, self.inner, self.next = W, {"b": np.ones(2)}, self
        self.axis, self.rng = Kind.ROWS, np.random.default_rng(5)


class Layer(Base):
    def forward(self, x):
        self.x, self.mask = x, self.rng.random(2)
        return np.sum(np.sum(np.tanh(x @ self.W + self.inner["b"]) * self.mask * self.rate, self.axis.value))

    def backward(self, x):
        d = (1 - np.tanh(self.x @ self.W + self.inner["b"]) ** 2) * self.mask * self.rate
        return self.x.T @ d

    def __call__(self, x):
        return self.forward(x)


@dataclass(frozen=True)
class Params:
    w: Any
    b: Any


layer = Layer(np.eye(3, 2))
x = np.linspace(0.1, 1.2, 3)
plain = lambda w: np.sum(w**2)  # noqa: E731
CALLS = {
    "options": lambda: ag.verify(scaled, derivative, x, power=2, rtol=1e-6),
    "elementwise": lambda: ag.verify(np.sin, np.cos, x, elementwise=True),
    "argnums": lambda: ag.verify(lambda a, b: a * b, lambda a, b: a, 2.0, 3.0, argnums=1),
    "closures": lambda: ag.verify(made(3.0), lambda x: 6.0 * x, x),
    "a lambda": lambda: ag.verify(plain, lambda w: 2 * w, x),
    "a partial": lambda: ag.verify(functools.partial(scaled, power=3), functools.partial(derivative, power=3), x),
    "decorators": lambda: ag.verify(square, lambda x: 3.0 * x**2, 1.5),
    "a submodule": lambda: ag.verify(special, of_special, x),
    "a name of a module": lambda: ag.verify(
        lambda x: x * tanh(0.5) if NOTHING is None else 0, lambda x: tanh(0.5), 2.0
    ),
    "a method": lambda: ag.verify(layer.forward, layer.backward, np.ones((4, 3)), params="W"),
    "an object that is called": lambda: ag.verify(layer, layer.backward, np.ones((4, 3)), params="W"),
    "value and gradient": lambda: ag.verify(lambda w: (np.sum(w**2), 2 * w), x),
    "a cached function": lambda: ag.verify(lambda x: x * table(3)[1], lambda x: table(3)[1], 2.0),
    "a dict": lambda: ag.verify(lambda p: np.sum(p["w"] ** 2), lambda p: {"w": 2 * p["w"]}, {"w": x}),
    "a named tuple": lambda: ag.verify(lambda p: p.first * p.second, lambda p: Pair(p.second, p.first), Pair(1.5, 2.0)),
    "a dataclass": lambda: ag.verify(lambda p: p.w[0] * p.b, lambda p: Params([p.b], p.w[0]), Params([1.5], 2.0)),
    "large": lambda: ag.verify(lambda x: np.sum(SLOPE * x), lambda x: SLOPE, SLOPE**2),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_it_holds_all_that_is_needed(call):
    again(call())


def test_other_files_of_ones_own_are_written_out_as_far_as_they_are_used(own):
    script = again(ag.verify(own.f, own.df, 2.0))
    assert "parts = types.SimpleNamespace()\nparts.cube = cube\n" in script
    assert "parts.SHIFT = 7.0" in script
    assert "LEFT_OUT" not in script


def test_files_of_a_package_of_ones_own_are_written_out(tmp_path, monkeypatch):
    (tmp_path / "own_package" / "layers").mkdir(parents=True)
    (tmp_path / "own_package" / "__init__.py").write_text("SLOPE = 3.0\n", "utf-8")
    (tmp_path / "own_package" / "layers" / "__init__.py").write_text("from . import cubes\n", "utf-8")
    (tmp_path / "own_package" / "layers" / "cubes.py").write_text("def cube(x):\n    return x**3\n", "utf-8")
    text = "import own_package.layers.cubes\n\ndef f(x):\n    return own_package.layers.cubes.cube(x)\n\n"
    text += "def df(x):\n    return own_package.SLOPE * x**2\n"
    (tmp_path / "of_package.py").write_text(text, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    whole = import_module("of_package")
    script = again(ag.verify(whole.f, whole.df, 2.0))
    assert "\nown_package.layers.cubes.cube = cube\n" in script
    for name in [name for name in sys.modules if name.partition(".")[0] in ("own_package", "of_package")]:
        del sys.modules[name]


def test_classes_of_a_notebook_are_found_by_their_methods(monkeypatch):
    monkeypatch.delattr(sys.modules["__main__"], "__file__", raising=False)
    text = "class Cell:\n    def f(self, x):\n        return x**2\n\n    def df(self, x):\n        return 2 * x\n"
    cell = load(text, "<cell>", {"__name__": "__main__"})["Cell"]()
    assert "class Cell:\n    def f(self, x):" in again(ag.verify(cell.f, cell.df, 3.0))


def test_objects_hold_what_they_held():
    script = again(CALLS["a method"]())
    assert "layer = Layer.__new__(Layer)\n" in script
    assert "vars(layer).update({'W': " in script
    assert script.index("class Base") < script.index("class Layer(Base)")


@given(
    hnp.arrays(
        hnp.boolean_dtypes()
        | hnp.integer_dtypes()
        | hnp.floating_dtypes()
        | hnp.complex_number_dtypes()
        | hnp.unicode_string_dtypes()
        | hnp.datetime64_dtypes(),
        hnp.array_shapes(min_dims=0, min_side=0, max_dims=3, max_side=5),
    ),
    st.sampled_from([np.asarray, np.asfortranarray, np.transpose, lambda a: a[..., ::2] if a.ndim else a]),
)
def test_arrays_are_written_bit_for_bit(array, layout):
    array, script = layout(array), Script(0)
    names: dict[str, Any] = {}
    code = script.variable(array, "a")
    exec(script.text(), names)
    assert (names[code].dtype, names[code].shape) == (array.dtype, array.shape)
    assert names[code].tobytes() == array.tobytes()


VALUES: list[Any] = [
    None,
    True,
    2**70,
    0.1,
    -0.0,
    math.inf,
    1 - 2j,
    "a\n'",
    b"\0",
    slice(1, None),
    range(1, 9, 2),
    (),
    (1,),
    [],
    set(),
    {1},
    {"a": (2,)},
]
VALUES += [
    np.float32(0.1),
    np.int8(3),
    np.bool_(True),
    np.longdouble(1) / 3,
    np.dtype(np.float32),
    np.float64,
    int,
    math.tanh,
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_values_are_written(value):
    script = Script(0)
    code = script.variable(value, "a")
    names: dict[str, Any] = {}
    exec(script.text(), names)
    assert type(names[code]) is type(value)
    assert names[code] == value
    assert math.copysign(1, names[code]) == math.copysign(1, value) if isinstance(value, float) else not script.missing


def test_names_that_are_taken_are_left_to_their_owners():
    def f(np, rng):
        return helper(np) * rng

    report = ag.verify(f, lambda np, rng: (0.0, helper(np)), 0.5, 1.5)
    assert "np_ = 0.5\nrng = 1.5\n" in again(report)


LARGE = np.random.default_rng(1).random(10_000)
LACKING = {
    "a large array": (
        lambda x: np.sum(LARGE * x),
        lambda x: np.sum(LARGE),
        "`LARGE`, float64 of shape (10000,), as a file",
    ),
    "another object": (
        lambda x: x * next(numbers) ** 0,
        lambda x: 1.0,
        "`numbers`, a count, which could not be written",
    ),
}


@pytest.mark.parametrize(("f", "hand", "said"), LACKING.values(), ids=LACKING)
def test_what_it_cannot_hold_is_said(f, hand, said):
    assert f"- **add:** {said}" in ag.verify(f, hand, 2.0).reproduce()


def test_two_things_of_one_name_are_said():
    text = ag.verify(made(2.0), made(3.0), x).reproduce()
    assert "- **add:** two things are called `f`; here is the first" in text


def test_a_generator_is_said():
    text = ag.verify(plain, plain, x, rng=np.random.default_rng(0)).reproduce()
    assert "- **add:** `rng`, a generator, whose draws are others here" in text


def test_a_fence_is_longer_than_those_in_the_source():
    def f(x):
        """Return ````x````."""
        return x

    assert "`````python\n" in ag.verify(f, lambda x: 1.0, 2.0).reproduce()


def test_versions_and_arguments_stand_above():
    head = ag.verify(loss, slip, *point()).reproduce().partition("\n```")[0].splitlines()
    assert head[0] == f"- autograd_lite {ag.__version__}, NumPy {np.__version__}"
    assert head[1].startswith("- Python 3.")
    assert head[2:] == ["- arguments: `W` float64 (3, 2), `b` float64 (2,), `x` float64 (4, 3)"]


def test_a_report_of_no_call_has_nothing_to_ask():
    with pytest.raises(ValueError, match="no answer of verify"):
        Report("f", "hand", []).reproduce()
