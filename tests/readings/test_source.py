"""Programs written out as NumPy code: golden texts, and the code run beside the backward pass that it stands for."""

import ast
import inspect
import linecache
import subprocess
import sys
import zlib

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.core.trees import flatten
from autograd_lite.program.trace import trace
from autograd_lite.readings.source.module import load
from autograd_lite.testing.cases import UNJUDGED, Case, apply, is_inexact
from autograd_lite.testing.random_programs import random_program
from tests.support.calls import each_call
from tests.support.written import FUNCTIONS, path, written

CONSTANT = {"one_hot": "labels have no derivative", "resize": "of nothing it gives zeros"}


def executed(program):
    """Return the function that the written text of a program defines."""
    return load(ag.source(program))[f"{program.name}_and_gradient"]


def gradients_of(program, *args):
    """Run the written code of a program; return result and gradients."""
    with np.errstate(all="ignore"):  # as in the rules, a value that is not chosen may be no number
        value, gradients = executed(program)(*args, **program.constants)
    return value, gradients if len(program.gradients) > 1 else (gradients,)


def assert_close(found, wanted, rtol, scale=0.0):
    for one, other in zip(found, wanted, strict=True):
        largest = max(scale, np.max(np.abs(other), initial=0.0))
        np.testing.assert_allclose(one, other, rtol=rtol, atol=rtol * largest)
        assert np.shape(one) == np.shape(other)


class TestGoldenTexts:
    @pytest.mark.parametrize("name", FUNCTIONS)
    def test_the_text_is_the_golden_one(self, name):
        """Where it should change, write it anew: `python -m tests.written`."""
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
        others = [x for x in leaves if isinstance(x, np.ndarray) and not is_inexact(x)]  # the last arguments
        by_name = [name for name, node in program.inputs.items() if node.dtype.kind == "f"]
        for at in (here, near):
            wanted, pullback = ag.vjp(of_leaves, *at)
            cotangent = rng.standard_normal(np.shape(wanted)) if program.cotangent else np.ones_like(wanted)
            value, gradients = gradients_of(program, *at, *others, *([cotangent] if program.cotangent else []))
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


@each_call
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


@pytest.mark.parametrize("start", range(0, 300, 20))
def test_random_programs(start):
    """Differences of values, the backward pass and the executed text agree; the latter two also beside the point."""
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
        assert gradients_of(trace(lambda x: x, 2.0), 2.0) == (2.0, (1.0,))
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
        assert "def f_and_gradient(l_, I_):" in text
        assert "    O_ = l_ * I_  # (2,)\n" in text
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
    space = {}
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

    space = {}
    exec(ag.source(f, np.array([1.0, 2.0])), space)
    x = np.array([3.0, 1.0])
    np.testing.assert_allclose(space["f_and_gradient"](x)[1], ag.grad(f)(x))
