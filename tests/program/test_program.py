"""Traced programs: names, constants, decisions, what else may watch meanwhile, and clear errors."""

import cProfile
import sys
from collections import namedtuple
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.program.identifiers import identifier, unique_names
from autograd_lite.program.render import text
from autograd_lite.program.trace import trace
from autograd_lite.readings.source.module import load

Pair = namedtuple("Pair", "scale shift")


def names_of(program):
    return [step.name for step in program.forward]


class TestNames:
    def test_a_variable_that_is_bound_again_names_each_of_its_values(self):
        def f(h):
            for _ in range(3):
                h = np.tanh(2 * h)
            return h

        assert names_of(trace(f, 0.5)) == ["h_1", "h_2", "h_3"]

    def test_called_functions_and_methods_name_values(self):
        class Model:
            def __init__(self, slope):
                self.slope = slope

            def predict(self, x):
                raised = np.exp(x)
                return raised * self.slope

        def f(slope, x):
            prediction = Model(slope).predict(x)
            return prediction**2

        program = trace(f, 2.0, 0.5)
        assert names_of(program) == ["raised", "prediction", "f"]
        place = program["raised"].place
        assert place
        assert (place.functions, place.text) == (("predict",), "raised = np.exp(x)")

    @pytest.mark.parametrize(
        ("f", "args", "wanted"),
        [
            (lambda p: p["a"] * p["b"], ({"a": 1.0, "b": 2.0},), ["a", "b"]),
            (lambda p, q: p["a"] * q["a"], ({"a": 1.0}, {"a": 2.0}), ["p_a", "q_a"]),
            (lambda p: p.scale + p.shift, (Pair(1.0, 2.0),), ["scale", "shift"]),
            (lambda p: p[0] * p[1], ((1.0, 2.0),), ["p_0", "p_1"]),
            (lambda *xs: xs[0] * xs[1], (1.0, 2.0), ["xs_0", "xs_1"]),
            (lambda p: p["lambda"] * p["two words"], ({"lambda": 1.0, "two words": 2.0},), ["lambda_", "two_words"]),
        ],
    )
    def test_inputs_have_the_names_of_parameters_or_keys(self, f, args, wanted):
        assert list(trace(f, *args).inputs) == wanted

    def test_variables_name_the_members_of_a_tuple(self):
        def f(params):
            (W, b), c = params
            return np.sum(W * b) * c

        args = (((np.ones(2), np.ones(2)), 3.0),)
        assert list(trace(f, *args).inputs) == ["W", "b", "c"]
        for wrt in ("b", "params_0_1"):
            assert list(trace(f, *args, wrt=wrt).gradients) == ["b"]

    def test_a_result_that_no_variable_holds_has_the_functions_name(self):
        def area(w, h):
            return w * h

        assert trace(area, 2.0, 3.0).result == "area"
        assert trace(lambda x: np.exp(x), 1.0).result == "result"

    def test_a_variable_of_the_functions_name_keeps_it(self):
        def total(x):
            total = np.exp(x)
            return np.sum(total)

        assert names_of(trace(total, np.ones(2))) == ["total", "result"]

    def test_derivatives_of_derivatives_have_their_order(self):
        def cubic(x):
            return x**3 - 2 * x

        program = trace(ag.grad(ag.grad(cubic)), 2.0)
        assert (program.name, program.gradients) == ("d2cubic_dx2", {"x": "d3cubic_dx3"})
        assert program["d3cubic_dx3"].value == 6

    def test_each_name_is_one_thing(self):
        wanted = [("a", "h"), ("b", "h"), ("c", "h_1"), ("d", "class"), ("e", "np"), ("f", "2x")]
        given = unique_names(wanted, ["h_2"])
        assert len(set(given.values())) == len(wanted)
        assert not set(given.values()) & {"h_2"}
        assert all(name.isidentifier() for name in given.values())

    @pytest.mark.parametrize(("name", "wanted"), [("if", "if_"), ("a b", "a_b"), ("3", "x_3"), ("np", "np_")])
    def test_names_are_made_identifiers(self, name, wanted):
        assert identifier(name) == wanted


class TestExpressions:
    def test_equal_parts_are_computed_once(self):
        program = trace(lambda x: np.exp(x) * 3 + np.exp(x) * 5, 1.0)
        assert sum("np.exp" in text(step.node, defining=True) for step in program.steps) == 1

    def test_what_is_not_needed_is_left_out(self):
        def f(x):
            idle = np.exp(x)
            used = np.sin(x)
            return (used, idle)[0]

        assert names_of(trace(f, 1.0)) == ["used"]

    @pytest.mark.parametrize(
        ("f", "args", "wanted"),
        [
            (lambda x: np.sum(x) / 6, (np.ones(3),), "np.full(3, 1 / 6)"),
            (lambda x: np.mean(x**2), (np.ones(6),), "x / 3"),
            (lambda x: np.sum(x * x) / 2, (np.ones(3),), "x"),
            (lambda x: np.sum(-x), (np.ones(3),), "np.full(3, -1.0)"),
            (lambda x: -np.sum(np.sin(x)), (np.ones(3),), "-np.cos(x)"),
            (lambda x: np.sum(1.71 * x**2), (np.ones(3),), "3.42 * x"),
            (lambda x: np.sum(np.where(x > 0, x**2, -x)), (np.ones(3),), "np.where(mask, 2 * x, -1)"),
            (lambda x: np.sum(x[x > 0]), (np.array([1.0, -1.0]),), "np.where(mask, 1.0, 0)"),
            (lambda x: np.sum(x.reshape(2, 3).T), (np.ones(6),), "np.ones(6)"),
        ],
    )
    def test_gradients_are_written_as_by_hand(self, f, args, wanted):
        program = trace(f, *args)
        assert text(program[program.gradients["x"]].node, defining=True) == wanted

    def test_a_cotangent_of_ones_is_never_written(self):
        def f(x):
            y = np.exp(x)
            return np.sum(y)

        assert "ones" not in ag.source(f, np.ones(3))


class TestIntegers:
    def test_labels_are_an_input_that_may_change(self):
        def loss(logits, labels):
            return np.mean(ag.cross_entropy(logits, labels))

        logits = np.arange(6.0).reshape(2, 3)
        program = trace(loss, logits, np.array([0, 1]))
        assert (list(program.inputs), list(program.gradients)) == (["logits", "labels"], ["logits"])
        others = np.array([2, 0])
        _, gradient = load(ag.source(program))["loss_and_gradient"](logits, others)
        np.testing.assert_allclose(gradient, ag.grad(loss)(logits, others))

    def test_what_needs_plain_arrays_gets_them(self):
        def loss(x, labels):
            target = np.eye(3)[labels]
            return np.sum((x - target) ** 2)

        program = trace(loss, np.ones((2, 3)), np.array([0, 1]))
        assert (list(program.inputs), list(program.constants)) == (["x"], ["target"])

    def test_an_error_is_the_functions_own(self):
        def loss(x, labels):
            raise RuntimeError("mine")

        with pytest.raises(RuntimeError, match="mine"):
            trace(loss, 1.0, np.array([0]))

    def test_a_whole_number_is_differentiated_where_it_is_asked_for(self):
        assert trace(lambda x, n: x * n, 2.0, 3, wrt="n").gradients.keys() == {"n"}
        assert list(trace(lambda x, n: x * n, 2.0, 3).inputs) == ["x"]


class TestDecisions:
    def test_conditions_are_told_in_the_words_of_the_source(self):
        def f(x):
            if np.sum(x) > 0 and not np.all(x > 1):
                x = x * 2
            while np.sum(x) < 20:
                x = x * 2
            return np.sum(x)

        told = trace(f, np.array([1.0, 2.0])).conditions
        assert [line.rpartition(" (")[0] for line in told] == [
            "np.sum(x) > 0 is True",
            "np.all(x > 1) is False",
            "np.sum(x) < 20 is True 2 times, then False",
        ]
        assert all(line.rpartition(" (")[2].startswith("test_program.py:") for line in told)

    def test_a_question_without_source_is_told_from_the_record(self):
        scope: dict[str, Any] = {"np": np}
        exec("def f(x):\n    return x * 2 if np.sum(x) > 0 else x", scope)
        program = trace(scope["f"], 3.0)
        assert program.conditions[0].startswith("np.sum(x) > 0 is True")

    def test_numbers_that_control_flow_asked_for_are_told(self):
        def f(x, order):
            return x[int(order[0])] * 2

        assert trace(f, np.ones(3), np.array([2, 1])).conditions[0].startswith("int(order[0]) is 2")

    def test_no_question_no_decision(self):
        assert trace(lambda x: np.where(x > 0, x, -x), 2.0).decisions == []


class TestWatchers:
    """What else follows the traced code keeps working, and is as it was afterwards."""

    @staticmethod
    def traced(x):
        y = np.exp(x)
        return y * 2

    def test_a_trace_function_sees_every_line(self):
        lines = []

        def follow(frame, event, arg):
            if frame.f_code is self.traced.__code__:
                lines.append(event)
                return follow
            return None

        before = sys.gettrace()
        sys.settrace(follow)
        try:
            program = trace(self.traced, 1.0)
            assert sys.gettrace() is follow
        finally:
            sys.settrace(before)
        assert lines == ["call", "line", "line", "return"]
        assert names_of(program) == ["y", "traced"]

    def test_a_profile_function_survives(self):
        seen = []

        def profile(frame, event, arg):
            seen.append(frame.f_code)

        before = sys.getprofile()
        sys.setprofile(profile)
        try:
            program = trace(self.traced, 1.0)
            assert sys.getprofile() is profile
        finally:
            sys.setprofile(before)
        assert self.traced.__code__ in seen
        assert names_of(program) == ["y", "traced"]

    def test_a_running_profiler_survives(self):
        profiler = cProfile.Profile()
        profiler.enable()
        try:
            trace(self.traced, 1.0)
        finally:
            profiler.disable()
        assert any(entry.code is self.traced.__code__ for entry in profiler.getstats())

    def test_nothing_is_left_behind_by_an_error(self):
        before = sys.getprofile()
        with pytest.raises(ZeroDivisionError):
            trace(lambda x: 1 / 0, 1.0)
        assert sys.getprofile() is before
        assert ag.grad(lambda x: x * x)(3.0) == 6


class TestTensors:
    def test_names_come_from_tensors_and_from_the_callers_variables(self):
        weights, bias = ag.Tensor([1.0, 2.0], "weights"), ag.Tensor(0.5)
        layer = np.sum(weights**2) + bias
        error = np.square(layer)
        program = trace(error)
        assert list(program.inputs) == ["weights", "bias"]
        assert names_of(program) == ["layer", "error"]
        assert program[program.gradients["bias"]].value == 2 * layer.value

    def test_the_record_is_left_as_it_was(self):
        x, data = ag.Tensor([1.0, 2.0], "x"), np.array([3.0, 4.0])
        product = x * data
        total = np.sum(product)
        held = product.inputs[1]
        trace(total)
        assert product.inputs[1] is held
        total.backward()
        np.testing.assert_array_equal(x.grad, data)


class TestErrors:
    @pytest.mark.parametrize(
        ("f", "message"),
        [
            (lambda x: None, r"got NoneType: does it return its result\?"),
            (lambda x: 3.0, "depends on its arguments, got float"),
            (lambda x: (x, x), r"one array, got 2 values; choose one of them: lambda \*args: <lambda>\(\*args\)\[0\]"),
            (lambda x: {"loss": x, "other": x}, r"got 'loss', 'other'; .*\['loss'\]"),
            (lambda x: np.argmax(x), "dtype int64, which has no derivative"),
        ],
    )
    def test_one_result_is_needed(self, f, message):
        with pytest.raises(TypeError, match=message):
            trace(f, np.ones(2))

    @pytest.mark.parametrize("wrt", ["weight", ("W", "weight"), ()])
    def test_wrt_lists_the_names_there_are(self, wrt):
        def f(W, b, labels):
            return np.sum(W * b)

        with pytest.raises(ValueError, match=r"names no input; there are: W, b$"):
            trace(f, 1.0, 2.0, np.array([1]), wrt=wrt)
        leaf = ag.Tensor(2.0, "leaf")
        with pytest.raises(ValueError, match=r"there are: leaf$"):
            trace(leaf * 2, wrt="weight")

    def test_a_tensor_takes_no_arguments(self):
        with pytest.raises(TypeError, match="takes no arguments"):
            trace(ag.Tensor(1.0) * 2, 3.0)

    def test_an_array_is_told_from_a_function(self):
        with pytest.raises(TypeError, match=r"got ndarray; the sum of a diagonal is np\.trace"):
            trace(np.eye(2))  # type: ignore[arg-type]

    def test_an_unknown_step_lists_those_there_are(self):
        with pytest.raises(KeyError, match="there are: result, dresult_dx"):
            trace(lambda x: x * x, 2.0)["y"]
