"""What a program can be asked for: cotangents and local factors, held to the backward pass itself; recorded calls."""

import warnings
import zlib
from functools import cache
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.core.tape import observers, running
from autograd_lite.core.tensor import Tensor, raw
from autograd_lite.program.edges import operands
from autograd_lite.program.recording import Constants, record_call
from autograd_lite.program.render import text
from autograd_lite.program.trace import trace
from autograd_lite.program.variables import Names
from autograd_lite.testing.cases import Case, apply
from autograd_lite.testing.random_programs import random_program
from tests.support.calls import CALLS, on_calls
from tests.support.explained import PROGRAMS

CLOSE: Any = {"rtol": 1e-9, "atol": 1e-12}
WITHOUT_DERIVATIVE = {"one_hot-0", "resize-2"}  # what they give depends on no input


def of_call(name):
    """Return a number made of the outputs of an op, and where to take it."""
    row, call = CALLS[name]
    case = Case(apply(row), call.draw(np.random.default_rng(zlib.crc32(row.name.encode()))), call.params)
    return case.paired, case.leaves


def of_seed(seed):
    random = random_program(seed)
    return random.function, random.args


def of_explained(program):
    f, args, *_ = program()
    return f, args


FUNCTIONS: dict[str, Any] = {
    **{name: (of_call, name) for name in CALLS.keys() - WITHOUT_DERIVATIVE},
    **{f"random-{seed}": (of_seed, seed) for seed in range(150)},
    **{program.__name__: (of_explained, program) for program in PROGRAMS},
}
NAMES: dict[str, tuple[object, ...]] = {name: (name,) for name in FUNCTIONS}
each_function, sampled_functions = on_calls(NAMES), on_calls(NAMES, 2)


@cache
def program_of(name):
    make, what = FUNCTIONS[name]
    function, args = make(what)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return trace(function, *args)


@sampled_functions
def test_what_steps_contribute_adds_up_to_the_cotangents(name):
    program = program_of(name)
    sums: dict[str | None, Any] = {}
    for step in program.forward:
        if step.name in program.cotangents:
            for u, c in program.record.pull({step.node: program.cotangents[step.name]}).items():
                sums[u.name] = sums[u.name] + raw(c) if u.name in sums else raw(c)
    assert program.cotangents.keys() - {program.result} <= sums.keys()
    for u, c in program.cotangents.items():
        if u != program.result:
            np.testing.assert_allclose(c, sums[u], err_msg=u, **CLOSE)


@each_function
def test_a_factor_times_the_cotangent_is_what_a_step_contributes(name):
    program = program_of(name)
    for step in program.forward:
        g = program.cotangents.get(step.name)
        pulled = program.record.pull({step.node: g}) if g is not None else {}
        for u in operands(step.node):
            factor = program.factor(step.name, u.name)
            if factor is not None and u in pulled:
                product = np.broadcast_to(g * factor, u.shape)
                np.testing.assert_allclose(product, raw(pulled[u]), err_msg=f"{step.name} by {u.name}", **CLOSE)


@each_function
def test_what_is_written_is_what_can_be_asked_for(name):
    program = program_of(name)
    for step in program.backward:
        if step.role == "cotangent":
            np.testing.assert_allclose(step.value, program.cotangents[step.by], err_msg=step.name, **CLOSE)
        elif step.role == "factor":
            others = program.between([step.by]).intersection(program.uses[step.of]) - {step.by}
            factor = program.factor(step.of, step.by)
            if not others:  # there may be a part between the two that is shared, and has a name for that
                written = np.broadcast_to(step.value, np.shape(factor))
                np.testing.assert_allclose(written, factor, err_msg=step.name, **CLOSE)


@pytest.mark.parametrize("seed", range(40))
def test_the_cotangents_are_those_of_the_users_own_backward_pass(seed):
    """A program of Tensors that are computed already has their values: so it shows which Tensor a name stands for."""
    random = random_program(seed)
    leaves = [Tensor(x, copy=False) for x in random.args]
    recording = record_call(random.function, leaves)
    program, passed = trace(recording.result), recording.pull()
    compared = 0
    for name, cotangent in program.cotangents.items():
        found = [t for t in recording.nodes if np.array_equal(t.value, program.values[name])]
        if len(found) == 1:  # equal values are one step
            np.testing.assert_allclose(cotangent, passed.cotangents[found[0]], err_msg=name, **CLOSE)
            compared += 1
    assert compared > len(leaves)


class TestFactors:
    def test_of_complex_steps_only_where_they_are_analytic(self):
        def f(z):
            square = z * z
            conjugate = np.conj(z)
            return np.sum(np.real(square) + np.imag(conjugate))

        z = np.array([1 + 2j, 3 - 1j])
        program = trace(f, z)
        np.testing.assert_array_equal(program.factor("square", "z"), 2 * z)
        assert program.factor("conjugate", "z") is None

    def test_numbers_of_the_user_keep_their_names(self):
        def f(w, rate=0.3):
            decay = rate * w
            return np.sum(np.exp(decay))

        assert text(trace(f, np.ones(2))["ddecay_dw"].node, defining=True) == "rate"

    def test_what_is_not_used_has_none(self):
        def f(x):
            y = np.sin(x)
            return np.exp(y)

        assert trace(f, 1.0).factor("f", "x") is None
        assert trace(f, 1.0).factor("y", "x") == np.cos(1.0)

    def test_what_has_no_derivative_has_no_cotangent(self):
        def f(x):
            steps = np.floor_divide(x, 2.0)
            return np.sum(x * steps)

        assert trace(f, np.array([1.5, 2.5])).cotangents.keys() == {"f", "x"}

    def test_a_result_that_is_an_input_has_one(self):
        assert trace(lambda x: x, 2.0).cotangents == {"x": 1.0}

    def test_only_what_leads_to_the_inputs_asked_for_has_a_cotangent(self):
        def f(x, y):
            u = np.sin(x)
            v = np.cos(y)
            return u * v

        assert trace(f, 1.0, 2.0, wrt="x").cotangents.keys() == {"f", "u", "x"}


class TestRecordings:
    """One recorded call, with what one backward pass hands along its edges."""

    @staticmethod
    def scaled(x, w):
        h = np.tanh(x * w)
        return h * 2.0

    def recorded(self, **options):
        return record_call(self.scaled, [Tensor([0.1, 0.2], "x"), Tensor([3.0, 4.0], "w")], **options)

    def test_a_cotangent_is_the_sum_of_contributions(self):
        recording = self.recorded()
        g = np.array([1.0, -1.0])
        passed = recording.pull(g)
        leaves = [x for _, x, _ in passed.contributions[-2:]]
        assert [x.name for x in leaves] == ["x", "w"]
        sums: dict[Tensor, Any] = {}
        for _, x, c in passed.contributions:
            sums[x] = sums.get(x, 0) + c
        assert passed.cotangents.keys() == {recording.result, *sums}
        np.testing.assert_array_equal(passed.cotangents[recording.result], g)
        _, pullback = ag.vjp(self.scaled, *(x.value for x in leaves))
        for leaf, wanted in zip(leaves, pullback(g), strict=True):
            np.testing.assert_array_equal(passed.gradient(leaf), wanted)

    def test_variables_name_what_was_recorded(self):
        recording = self.recorded()
        (h,) = (t for t in recording.nodes if t.op is not None and t.op.name == "tanh")
        assert recording.names.variable(h) == "h"
        assert self.recorded(named=False).names.bound == {}

    def test_names_may_be_bound_before(self):
        names = Names()
        assert self.recorded(names=names).names is names

    def test_what_the_result_does_not_depend_on_has_a_gradient_of_zeros(self):
        leaves = [Tensor(2.0), Tensor([1.0, 2.0])]
        recording = record_call(lambda x, y: x * x, leaves)
        by_x, by_y = map(recording.pull().gradient, leaves)
        assert by_x == 4
        np.testing.assert_array_equal(by_y, [0, 0])

    @pytest.mark.parametrize("constants", [False, True])
    def test_functions_without_derivative_are_recorded_where_it_is_asked_for(self, constants):
        x = Tensor([1.0, -1.0])
        mask = record_call(lambda x: x > 0, [x], recorder=Constants if constants else None).result
        assert isinstance(mask, Tensor) is constants

    def test_nothing_is_left_behind_by_an_error(self):
        x = Tensor(1.0)
        with pytest.raises(ZeroDivisionError):
            record_call(lambda x: 1 / 0, [x], recorder=Constants)
        assert (running, observers) == ([], [])
