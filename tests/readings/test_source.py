"""Programs written out as NumPy code: golden texts, and the code run beside the backward pass that it stands for."""

import ast
import cmath
import functools
import inspect
import linecache
import math
import math as m
import subprocess
import sys
import xml.dom
import zlib
from collections import namedtuple
from fractions import Fraction
from math import erf
from string import ascii_lowercase
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.core.trees import flatten, flatten_like
from autograd_lite.ops.samples import samples_of
from autograd_lite.program.pretty import unparse
from autograd_lite.program.render import syntax
from autograd_lite.program.trace import trace
from autograd_lite.readings.source.module import load
from autograd_lite.testing.cases import UNJUDGED, Case, apply, is_inexact
from autograd_lite.testing.random_programs import random_program
from tests.support.calls import ROWS, sampled_calls
from tests.support.sampling import sampled
from tests.support.syntax import same
from tests.support.written import FUNCTIONS, path, written

try:
    from autograd_lite.ops.special import table as SPECIAL
except ImportError:  # SciPy is not installed
    SPECIAL = {}

CONSTANT = {"one_hot": "labels have no derivative", "resize": "of nothing it gives zeros"}


def executed(program):
    """Return the function that the written text of a program defines."""
    return load(ag.source(program))[f"{program.name}_and_gradient"]


def gradients_of(program, *args):
    """Run the written code of a program; return result and gradients, leaf by leaf."""
    function = executed(program)
    outside = inspect.signature(function).parameters.keys() & program.constants.keys()
    with np.errstate(all="ignore"):  # as in the rules, a value that is not chosen may be no number
        value, gradients = function(*args, **{name: program.constants[name] for name in outside})
    return value, [g for g in flatten(gradients)[0] if g is not None]


def assert_close(found, wanted, rtol, scale=0.0):
    for one, other in zip(found, wanted, strict=True):
        largest = max(scale, np.max(np.abs(other), initial=0.0))
        np.testing.assert_allclose(one, other, rtol=rtol, atol=rtol * largest)
        assert np.shape(one) == np.shape(other)


class TestGoldenTexts:
    @pytest.mark.parametrize("name", FUNCTIONS)
    def test_the_text_is_the_golden_one(self, name):
        """Where it should change, write it anew: `python -m tests.support.written`."""
        assert written(name) == path(name).read_text("utf-8")

    def test_ruff_finds_nothing(self, tmp_path):
        for name in FUNCTIONS:
            (tmp_path / f"{name}.py").write_text(path(name).read_text("utf-8"), "utf-8")
        ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", str(tmp_path)]
        found = subprocess.run(ruff, capture_output=True, text=True, check=False)
        assert found.returncode == 0, found.stdout

    @pytest.mark.parametrize("name", FUNCTIONS)
    def test_nothing_but_numpy_is_imported(self, name):
        tree = ast.parse(path(name).read_text("utf-8"))
        imports = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
        assert {ast.unparse(node) for node in imports} <= {"import numpy as np"}

    @pytest.mark.parametrize("name", FUNCTIONS)
    def test_lines_are_short(self, name):
        text = path(name).read_text("utf-8")
        body = text[text.index("_and_gradient") :]
        assert max(map(len, body.splitlines())) <= 99

    @pytest.mark.parametrize("name", FUNCTIONS)
    def test_it_computes_the_gradient_here_and_nearby(self, name):
        function, args, *wrt = FUNCTIONS[name]
        program = trace(function, *args, wrt=wrt[0] if wrt else None)
        leaves, rebuild = flatten(list(args))
        places = [i for i, x in enumerate(leaves) if is_inexact(x)]

        def of_leaves(*inexact):
            full = dict(enumerate(leaves)) | dict(zip(places, inexact, strict=True))
            return function(*rebuild(list(full.values())))

        rng = np.random.default_rng(0)
        here = [leaves[i] for i in places]
        near = [x + 0.01 * rng.standard_normal(np.shape(x)) for x in here]
        by_name = [name for name, node in program.inputs.items() if node.dtype.kind == "f"]
        for at in (here, near):
            wanted, pullback = ag.vjp(of_leaves, *at)
            cotangent = rng.standard_normal(np.shape(wanted)) if program.cotangent else np.ones_like(wanted)
            trees = rebuild(list((dict(enumerate(leaves)) | dict(zip(places, at, strict=True))).values()))
            value, gradients = gradients_of(program, *trees, *([cotangent] if program.cotangent else []))
            np.testing.assert_allclose(value, wanted, rtol=1e-12)
            pulled = dict(zip(by_name, pullback(cotangent), strict=True))
            assert_close(gradients, [pulled[name] for name in program.gradients], 1e-11)

    def test_the_neuron_reads_like_the_lesson(self):
        chain = """\
    derror_dprediction = 2 * (prediction - TARGET)
    dprediction_dlayer_1 = prediction * (1 - prediction)
    derror_dlayer_1 = derror_dprediction * dprediction_dlayer_1
    dlayer_1_dweights = INPUT_VECTOR  # (2,)
    derror_dweights = derror_dlayer_1 * dlayer_1_dweights  # (2,)
    derror_dbias = derror_dlayer_1
"""
        assert chain in written("neuron")


@sampled_calls
def test_every_op_is_written_without_its_values(row, call):
    """The text of a sum over an op, traced at one draw, is the backward pass at another one."""
    seed = zlib.crc32(row.name.encode())
    first, second = (call.draw(np.random.default_rng(s)) for s in (seed, seed + 1))
    case = Case(apply(row), first, call.params)
    paired = lambda *leaves: case.paired(*leaves)  # noqa: E731 (a name of its own would be in the text)
    if row.name in CONSTANT and not sum(map(np.size, case.leaves)):
        with pytest.raises(TypeError, match="depends on its arguments"):
            trace(paired, *case.leaves)
        return
    program = trace(paired, *case.leaves)
    other = [x for x in flatten(tuple(second))[0] if is_inexact(x)]
    plain = [float(x) if isinstance(x, np.float64) else x for x in case.leaves]
    for at in (plain, other):
        _, found = gradients_of(program, *at)
        assert_close(found, case.gradient(*at), 1e-9)
    assert [np.asarray(g).dtype for g in found] == [np.asarray(x).dtype for x in other]


def with_names(function, count, length):
    """Return a function of so many arguments that calls another: it, and they, have names of so many characters."""
    arguments, space = ", ".join(letter * length for letter in ascii_lowercase[:count]), {"function": function}
    exec(f"def {'z' * length}({arguments}):\n    return function({arguments})", space)
    return space["z" * length]


NAMED = {name: row for name, row in ROWS.values() if name not in CONSTANT} | SPECIAL


@pytest.mark.parametrize("name", sampled(NAMED, 3))
def test_every_op_is_written_with_names_of_any_length(name):
    """Lines are broken in the syntax tree: the text of a step, however narrow, is the step; and the code runs."""
    row = NAMED[name]
    first = samples_of(row)[0]
    one, other = (first.draw(np.random.default_rng(seed)) for seed in (0, 1))
    held = {i: x for i, x in enumerate(one) if x is other[i]}  # parameters such as the order of a Bessel function

    def function(*moving):
        inputs = iter(moving)
        return apply(row)(*(held[i] if i in held else next(inputs) for i in range(len(one))), **first.params)

    case = Case(function, [x for i, x in enumerate(one) if i not in held], analytic=False)
    for length in (1, 12, 40):
        program = trace(with_names(lambda *leaves: case.paired(*leaves), len(case.leaves), length), *case.leaves)
        _, found = gradients_of(program, *case.leaves)
        assert_close(found, case.gradient(*case.leaves), 1e-9)
        for step in program.steps:
            tree = syntax(step.node, defining=True)
            assert same(ast.parse(f"({unparse(tree, width=20)})", mode="eval").body, tree)


PRODUCTS = [getattr(np, name) for name in ("cumprod", "cumulative_prod", "prod") if hasattr(np, name)]  # one is of 2.1


@pytest.mark.parametrize("size", [1, 2, 9, 40])
@pytest.mark.parametrize("length", [1, 12, 40])
@pytest.mark.parametrize("function", PRODUCTS, ids=lambda f: f.__name__)
def test_long_steps_are_written_at_any_size(function, length, size):
    f = with_names(lambda x: np.sum(np.sin(function(x))), 1, length)
    at = np.linspace(0.5, 1.5, size)
    _, (gradient,) = gradients_of(trace(f, at), at[::-1])
    np.testing.assert_allclose(gradient, ag.grad(f)(at[::-1]), rtol=1e-10)


@pytest.mark.parametrize("start", sampled(range(0, 300, 20), 4))
def test_random_programs(start):
    """Differences of values, the backward pass and the executed text agree; the latter two also beside the point.

    `make test` takes a sample.
    """
    judged = 0
    for seed in range(start, start + 20):
        random = random_program(seed)
        case = Case(random.function, random.args)
        program = trace(random.function, *random.args)
        wrong = case.wrong()
        assert wrong is None or UNJUDGED in wrong
        judged += wrong is None
        rng = np.random.default_rng(seed)
        near = [(x + 1e-3 * rng.standard_normal(np.shape(x)))[()] for x in random.args]
        for at in (random.args, near):
            value, found = gradients_of(program, *at)
            wanted = ag.grad(random.function, range(len(at)))(*at)
            np.testing.assert_allclose(value, random.function(*at), rtol=1e-10)
            assert_close(found, wanted, 1e-9, scale=1e-2)
    assert judged >= 18


Layer = namedtuple("Layer", "W b")


class Line:
    def __init__(self, weights):
        self.weights = weights

    def predict(self, x):
        return self.weights @ x


x, W, b = np.array([0.5, -1.0]), np.array([[1.0, 2.0], [3.0, 4.0], [0.5, -2.0]]), np.array([0.1, -0.2, 0.3])


def in_a_dict(params, x, k=3):
    return np.sum((params["W"] @ x + params["b"]) ** k)


def in_a_list(layers, x):
    for W, b in layers:
        x = np.tanh(W @ x + b)
    return np.sum(x)


def in_named_tuples(layers, /, x, *, power=2):
    return sum(np.sum((layer.W @ x + layer.b) ** power) for layer in layers["all"])


def mixed(model, *inputs, scale=2.0, shift=b, mode="sum", skip=None):
    total = sum(model["layers"][0]["W"] @ x for x in inputs) * scale + shift
    return np.sum(total**2) if mode == "sum" else np.max(total)


def labelled(x, labels):
    return -np.mean(x[np.arange(len(labels)), labels])


def counted(x, labels):
    return sum(x[i, label] ** 2 for i, label in enumerate(labels.tolist()))


def crossed(a, b):
    """Each has a key that is the other's name."""
    return np.sum(a["b"] * b["a"] + b["b"])


def of_numbers(l, np_, type=2.0):  # noqa: E741
    range = l * np_
    return range * type


LABELLED = np.arange(6.0).reshape(2, 3), np.array([2, 0])
CALLS = {  # a function, its arguments, and what its gradient is by
    "dict": (in_a_dict, ({"W": W, "b": b}, x), None, (0, 1)),
    "dict and frozen": (in_a_dict, ({"W": W, "b": b}, x, 2), None, (0, 1)),
    "list of tuples": (in_a_list, ([(W, b), (W.T, x)], x), None, (0, 1)),
    "named tuples": (in_named_tuples, ({"all": (Layer(W, b), Layer(2 * W, b))}, x), None, (0, 1)),
    "the rest": (mixed, ({"layers": [{"W": W, "size": 3}], "name": "small"}, x, 2 * x), "W", None),
    "labels": (labelled, LABELLED, None, 0),
    "labels as plain arrays": (counted, LABELLED, None, 0),
    "names crossed": (crossed, ({"b": x}, {"a": 2 * x, "b": 3 * x}), None, (0, 1)),
    "names of Python's": (of_numbers, (2.0, 3.0), None, (0, 1)),
    "a part": (in_a_dict, ({"W": W, "b": b}, x), ["W", "x"], None),
}


class TestArguments:
    """The written function takes the arguments of the one that it was traced from, and gives their gradients."""

    @pytest.mark.parametrize("call", CALLS)
    def test_the_same_call_gives_the_same_gradient(self, call):
        f, args, wrt, argnums = CALLS[call]
        written = load(ag.source(f, *args, wrt=wrt))[f"{f.__name__}_and_gradient"]
        value, gradient = written(*args)
        np.testing.assert_allclose(value, f(*args))
        if argnums is not None:
            wanted = ag.grad(f, argnums)(*args)
            assert flatten_like(gradient, wanted) is not None
            assert_close(flatten(gradient)[0], flatten(wanted)[0], 1e-12)

    @pytest.mark.parametrize("call", CALLS)
    def test_the_parameters_are_the_functions(self, call):
        f, args, wrt, _ = CALLS[call]
        own, written = (
            list(inspect.signature(each).parameters.values())
            for each in (f, load(ag.source(f, *args, wrt=wrt))[f"{f.__name__}_and_gradient"])
        )
        assert [(p.name, p.kind) for p in written] == [(p.name, p.kind) for p in own]
        assert [p.default is p.empty for p in written] == [p.default is p.empty for p in own]

    def test_trees_are_taken_apart_in_the_words_of_the_function(self):
        text = ag.source(in_a_dict, *CALLS["dict"][1])
        assert '    W = params["W"]\n    b = params["b"]\n' in text
        assert '    return in_a_dict, ({"W": din_a_dict_dW, "b": din_a_dict_db}, din_a_dict_dx)\n' in text
        assert "    (W_1, b_1), (W_2, b_2) = layers\n" in ag.source(in_a_list, *CALLS["list of tuples"][1])

    def test_what_is_frozen_is_said(self):
        assert "    The code holds for k = 3.\n" in ag.source(in_a_dict, *CALLS["dict"][1])
        text = ag.source(in_a_dict, *CALLS["dict and frozen"][1])
        assert "def in_a_dict_and_gradient(params, x, k=2):" in text
        assert "    The code holds for k = 2.\n" in text
        said = ag.source(mixed, *CALLS["the rest"][1])
        assert 'for model["layers"][0]["size"] = 3, model["name"] = "small", mode = "sum"' in " ".join(said.split())
        assert "The code holds for labels as it was." in ag.source(counted, *LABELLED)
        assert "holds" not in ag.source(labelled, *LABELLED)

    def test_a_number_by_default_may_be_given(self):
        f: Any = mixed
        args = CALLS["the rest"][1]
        written = load(ag.source(f, *args))["mixed_and_gradient"]
        np.testing.assert_allclose(written(*args, scale=5.0, shift=2 * b)[0], f(*args, scale=5.0, shift=2 * b))

    def test_a_part_has_a_gradient_of_its_own(self):
        f, args, wrt, _ = CALLS["a part"]
        text = ag.source(f, *args, wrt=wrt)
        assert 'its gradient with respect to params["W"] and x.' in text
        _, (dW, dx) = load(text)["in_a_dict_and_gradient"](*args)
        wanted = ag.grad(f, (0, 1))(*args)
        assert_close([dW, dx], [wanted[0]["W"], wanted[1]], 1e-12)

    def test_a_number_from_outside_is_a_default_in_any_form(self):
        for scale in (2.5, np.float64(2.5), np.array(2.5)):
            text = ag.source(lambda x, scale=scale: np.sum(x * scale), x)
            assert "(x, scale=2.5):" in text

    def test_a_key_without_a_literal_is_refused(self):
        with pytest.raises(NotImplementedError, match="a Fraction, cannot be written out; keys of dicts"):
            ag.source(lambda params: np.sum(params[Fraction(1, 2)]), {Fraction(1, 2): x})

    def test_partial_functions_and_methods(self):
        halves = functools.partial(in_a_dict, k=2)
        text = ag.source(halves, {"W": W, "b": b}, x)
        assert "def result_and_gradient(params, x, *, k=2):" in text
        text = ag.source(Line(W).predict, x)
        assert "(x, cotangent, *, weights=weights):" in text

    def test_what_has_no_derivative_is_none_in_a_tree(self):
        def f(params):
            return np.sum(params["W"] * params["n"])

        text = ag.source(f, {"W": W, "n": 2, "name": "f"})
        assert 'return f, {"W": df_dW, "n": None, "name": None}' in text
        assert "with respect to params, a tree like it." in text

    def test_the_cotangent_comes_last_or_by_keyword(self):
        f = lambda x, k=2: np.tanh(x) ** k  # noqa: E731
        assert "(x, k=2, *, cotangent):" in ag.source(f, x)
        assert "(x, cotangent):" in ag.source(lambda x: np.tanh(x), x)


class TestForms:
    def test_single_precision_stays(self):
        function, args, wrt = FUNCTIONS["two_layers"]
        single = [x.astype(np.float32) for x in args]
        value, gradients = gradients_of(trace(function, *single, wrt=wrt), *single)
        assert {np.asarray(x).dtype for x in (value, *gradients)} == {np.dtype(np.float32)}

    def test_a_constant_array_of_another_dtype_stays(self):
        def mixed(x):
            return np.sum(np.where(x > 0, x, 0.5) * np.float64(2.0))

        x = np.array([1.0, -2.0], np.float32)
        value, (gradient,) = gradients_of(trace(mixed, x), x)
        assert (value.dtype, gradient.dtype) == (mixed(x).dtype, ag.grad(mixed)(x).dtype)

    def test_a_tensor_that_is_computed_already(self):
        weights = ag.Tensor([1.0, 2.0], "weights")
        loss = np.sum(weights**3)
        text = ag.source(loss)
        assert load(text)["result_and_gradient"](np.array([1.0, 3.0]))[1].tolist() == [3.0, 27.0]
        assert "dloss_dweights = 3 * weights**2" in text
        assert loss.inputs[0].inputs == (weights, 3)  # the record is as it was

    def test_what_the_result_does_not_depend_on_gets_zeros(self):
        def loss(used, idle):
            return np.sum(used**2)

        assert "np.zeros_like(idle)" in ag.source(loss, np.ones(2), np.ones(3))

    def test_a_function_that_returns_its_argument(self):
        assert gradients_of(trace(lambda x: x, 2.0), 2.0) == (2.0, [1.0])
        x, g = np.ones(3), np.arange(3.0)
        np.testing.assert_array_equal(gradients_of(trace(lambda x: x, x), x, g)[1][0], g)

    def test_arrays_from_outside_are_keywords(self):
        data = np.arange(12.0).reshape(4, 3)

        def loss(w):
            return np.sum((data @ w) ** 2)

        text = ag.source(loss, np.ones(3))
        assert "def loss_and_gradient(w, *, data):" in text
        assert "data.T @ " in text

    def test_numbers_that_a_loop_counts_are_no_parameters(self):
        text = ag.source(lambda x: sum(x * i for i in range(30)), 2.0)
        assert "def result_and_gradient(x):" in text

    def test_a_function_of_a_variables_name_is_renamed(self):
        def f(sigmoid):
            relu = ag.relu(sigmoid)
            return np.sum(ag.sigmoid(relu))

        text = ag.source(f, np.ones(2))
        assert "relu = _relu(sigmoid)" in text
        assert "_sigmoid(relu)" in text
        x = np.array([1.0, -2.0])
        np.testing.assert_allclose(load(text)["f_and_gradient"](x)[1], ag.grad(f)(x))

    def test_a_name_that_reads_as_a_digit_is_another(self):
        def f(l, I):  # noqa: E741
            O = l * I  # noqa: E741
            return np.sum(O)

        text = ag.source(f, np.ones(2), 3.0)
        assert "def f_and_gradient(l, I):" in text  # the arguments keep their names
        assert "    O_ = l * I  # (2,)\n" in text
        assert load(text)["f_and_gradient"](np.ones(2), 3.0)[0] == 6

    def test_several_outputs_are_taken_apart_in_one_line(self):
        assert "    u, s, vh = np.linalg.svd(A)\n" in written("rebuilt")

    def test_long_sums_are_cut(self):
        text = ag.source(lambda x: sum(np.sin(x) ** k for k in range(2, 1500)), 0.5)
        assert max(map(len, text.splitlines())) <= 99

    def test_many_steps(self):
        def deep(x):
            for _ in range(1000):
                x = np.tanh(1.1 * x)
            return x

        _, (gradient,) = gradients_of(trace(deep, 0.3), 0.3)
        np.testing.assert_allclose(gradient, ag.grad(deep)(0.3))


@ag.op
def kept(x, low=0.0):
    """Return x where it is above a bound, and that elsewhere."""
    return np.maximum(x, low)


@kept.vjp
def _(g, z, x, low=0.0):
    out = np.zeros_like(x)
    above = x > low
    out[above] = g[above]
    return out


def kept_loss(x):
    y = kept(x, low=0.1)
    return np.sum(y**2)


def gauss(g, z, x):
    return g * np.exp(-x * x) * 2 / np.sqrt(np.pi)


@ag.op
def erf_of_a_module(x):
    return m.erf(x)


@ag.op
def erf_imported(x):
    return erf(x)


@ag.op
def erf_with_dots(x):
    return math.erf(x) * float(xml.dom.Node.ELEMENT_NODE)


for each in (erf_of_a_module, erf_imported, erf_with_dots):
    each.vjp(gauss)


def test_another_library_that_holds_a_function_changes_nothing(monkeypatch):
    written = ag.source(erf_imported, 0.5)
    other: Any = ModuleType("aaa")
    other.__file__, other.erf = "/site-packages/aaa.py", erf
    monkeypatch.setitem(sys.modules, "aaa", other)
    assert ag.source(erf_imported, 0.5) == written
    assert "from math import erf" in written


def with_module(m):
    def function(x):
        return m.exp(x).real

    return function


class TestOwnOps:
    def test_the_forward_and_what_it_uses_are_written(self):
        steepness, table = 2.0, np.array([1.0, 2.0])

        def scaled(x):
            return ag.sigmoid(steepness * x) * table

        @ag.op
        def swish(x: float, /, power: int = 1) -> float:
            """Return x times a sigmoid of it.

            More is said here.
            """
            rise: float = scaled(x)
            return x * rise**power

        @swish.vjp
        def _(g, z, x, power=1):
            with_power = ag.grad(lambda x: np.sum(x * scaled(x) ** power))
            return g * with_power(x) / 1.0

        def loss(x):
            return np.sum(swish(x, power=2))

        x = np.array([0.3, -0.4])
        text = ag.source(loss, x)
        assert '    """Return x times a sigmoid of it."""\n    rise = scaled(x)\n' in text
        assert "steepness = 2" in text
        assert "table = np.array([1.0, 2.0])" in text
        value, gradient = load(text)["loss_and_gradient"](x + 0.1)
        np.testing.assert_allclose(value, loss(x + 0.1))
        np.testing.assert_allclose(gradient, ag.grad(loss)(x + 0.1))

    def test_what_cannot_be_written_out_is_named(self):
        settings = {"slope": 2.0}

        @ag.op(elementwise=True)
        def ramp(x):
            return settings["slope"] * x

        ramp.vjp(lambda g, z, x: g * settings["slope"])
        with pytest.raises(NotImplementedError, match=r"ramp\(\) cannot be .*, since it uses settings, a dict"):
            ag.source(lambda x: np.sum(ramp(x)), np.ones(2))

    def test_a_rule_that_fills_an_array_is_written_as_an_assignment(self):
        x, text = np.array([0.3, -0.4, 2.0]), ag.source(kept_loss, np.ones(3))
        filled = "at_set(np.zeros_like(x), dkept_loss_dy[mask], index=mask)"
        assert f"    dkept_loss_dx = {filled}  # (3,)\n" in text
        _, gradient = load(text)["kept_loss_and_gradient"](x)
        np.testing.assert_array_equal(gradient, ag.grad(kept_loss)(x))
        assert filled in str(ag.explain(kept_loss, x))
        assert "dkept_loss_dx = #91;0.6 0. 4.#93;" in ag.draw(kept_loss, x).to_mermaid()
        loss = kept_loss(ag.Tensor(x, "x"))
        assert "at_set(" in ag.source(loss)
        loss.backward()

    def test_a_rule_that_cannot_be_written_out_is_named(self):
        @ag.op(elementwise=True)
        def tripled(x):
            return 3 * x

        tripled.vjp(lambda g, z, x: g * np.array(x.tolist()))
        with pytest.raises(NotImplementedError, match=r"tripled_vjp_x\(\) cannot be .*: there is no source of a def"):
            ag.source(lambda x: np.sum(tripled(x)), np.ones(2))

    def test_a_rule_that_takes_values_is_a_step_of_its_own(self):
        @ag.op(elementwise=True)
        def squared(x, exactly=False):
            return x**2

        @squared.vjp
        def _(g, z, x, **params):
            return 2 * g * np.array(x.tolist())

        text = ag.source(lambda x: np.sum(squared(x, exactly=True)), np.ones(2))
        _, gradient = load(text)["result_and_gradient"](np.array([3.0, 4.0]))
        assert gradient.tolist() == [6.0, 8.0]

    def test_what_fails_on_arrays_too_is_an_error(self):
        row = ag.op(lambda x: 3 * x)
        row.vjp(lambda g, z, x: 3 * g.missing)
        with pytest.raises(AttributeError, match="missing"):
            ag.source(lambda x: np.sum(row(x)), np.ones(2))

    @pytest.mark.parametrize("use", [erf_of_a_module, erf_imported, erf_with_dots])
    def test_modules_of_libraries_are_imported(self, use):
        text = ag.source(lambda x: use(x) ** 2, 0.3)
        assert "autograd_lite" not in text
        _, gradient = load(text)["result_and_gradient"](0.3)
        np.testing.assert_allclose(gradient, ag.grad(lambda x: use(x) ** 2)(0.3))

    def test_modules_of_one_name_are_two(self):
        one, other = ag.op(with_module(math)), ag.op(with_module(cmath))
        one.vjp(lambda g, z, x: g)
        other.vjp(lambda g, z, x: g)
        one.name, other.name = "one", "other"
        text = ag.source(lambda x: one(x) + other(x), 0.3)
        assert "import cmath as _m\nimport math as m\n" in text
        assert load(text)["result_and_gradient"](0.3)[0] == math.exp(0.3) + cmath.exp(0.3).real

    def test_a_lambda_has_no_definition(self):
        row = ag.op(elementwise=True)(lambda x: 3 * x)
        row.vjp(lambda g, z, x: 3 * g)
        with pytest.raises(NotImplementedError, match="there is no source of a def"):
            ag.source(lambda x: np.sum(row(x)), np.ones(2))


class TestLoading:
    def test_debuggers_find_the_lines(self):
        function = load(written("neuron"))["neuron_and_gradient"]
        assert inspect.getsource(function) in written("neuron")
        assert "prediction" in linecache.getline(function.__code__.co_filename, function.__code__.co_firstlineno + 6)

    def test_a_debugger_steps_through_it(self):
        function = load(written("neuron"))["neuron_and_gradient"]
        lines = []

        def follow(frame, event, arg):
            if frame.f_code is function.__code__ and event == "line":
                lines.append(linecache.getline(frame.f_code.co_filename, frame.f_lineno).split()[0])
            return follow

        before = sys.gettrace()
        sys.settrace(follow)
        try:
            function(np.array([1.45, -0.66]), 0.0)
        finally:
            sys.settrace(before)
        assert lines == [
            "layer_1", "prediction", "error", "derror_dprediction", "dprediction_dlayer_1", "derror_dlayer_1",
            "dlayer_1_dweights", "derror_dweights", "derror_dbias", "return",
        ]  # fmt: skip

    def test_two_texts_are_two_modules(self):
        first, second = (load(f"def f():\n    return {n}\n")["f"] for n in (1, 2))
        assert (first(), second()) == (1, 2)
        assert "return 1" in inspect.getsource(first)


NUMBERS = {
    "factor": (lambda x, n: np.sum(x**2) * n, 2, 5),
    "divisor": (lambda x, n: np.sum((x - 1.0) ** 2) / n, 4, 8),
    "equal to a literal": (lambda x, n: 0.5 * np.sum(x**2) * n, 0.5, 0.1),
    "exponent": (lambda x, n: np.sum(x**n), 3, 2),
    "threshold": (lambda x, n: np.sum(np.maximum(x, n) ** 2), 0.5, 1.5),
    "subtracted": (lambda x, n: np.sum((x - n) ** 3), 1, 2),
}


@pytest.mark.parametrize("case", NUMBERS)
def test_a_number_that_may_be_given_changes_the_gradient_too(case):
    f, before, after = NUMBERS[case]
    x = np.array([0.3, 1.1, 2.0])
    text = ag.source(lambda x: f(x, before), x)
    space: dict[str, Any] = {}
    exec(text, space)
    emitted = next(v for k, v in space.items() if k.endswith("_and_gradient"))
    offered = "n" in inspect.signature(emitted).parameters
    n = after if offered else before
    value, gradient = emitted(x, n=n) if offered else emitted(x)
    np.testing.assert_allclose(value, f(x, n), rtol=1e-12)
    np.testing.assert_allclose(gradient, ag.grad(lambda x: f(x, n))(x), rtol=1e-12, err_msg=text)
    assert offered is (case != "exponent")


def test_what_stops_a_gradient_is_computed_anew():
    def f(x):
        return np.sum((x - ag.stop_gradient(2 * x)) ** 2)

    space: dict[str, Any] = {}
    exec(ag.source(f, np.array([1.0, 2.0])), space)
    x = np.array([3.0, 1.0])
    np.testing.assert_allclose(space["f_and_gradient"](x)[1], ag.grad(f)(x))
