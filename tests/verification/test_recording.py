"""Code as it is: what is recorded of functions that fill arrays, convert numbers and call methods of arrays."""

import builtins
import math
import sys
import threading
from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest
import scipy.linalg

import autograd_lite as ag
from autograd_lite import numerical
from autograd_lite.verification.perturb import of_hand
from autograd_lite.verification.point import evaluate, record
from autograd_lite.verification.problem import Mode, Problem
from autograd_lite.verification.recordable import UsersCode
from tests.support import unrecorded, unrecorded_elsewhere
from tests.support.unrecorded import functions

NAMES = sorted(functions)


def setting_of(name):
    """Return a function of the table beside a hand gradient of zeros, and the cotangent that it is pulled back from."""
    f, args, _ = functions[name]
    shape = np.shape(f(*args))
    cotangent = None if np.size(f(*args)) == 1 else np.linspace(1, 2, math.prod(shape)).reshape(shape)
    zeros = tuple(np.zeros(np.shape(x)) for x in args)
    return Problem(f, lambda *args: zeros, args, tuple(range(len(args)))).settle(zeros, cotangent)


def recorded(setting, mode=Mode.RECORDABLE):
    """Return the point, or the error at which the record stopped."""
    try:
        return evaluate(replace(setting, mode=mode))
    except Exception as error:
        return error


@pytest.mark.parametrize("name", NAMES)
def test_a_function_is_recorded_as_it_is(name):
    setting, why = setting_of(name), functions[name][2]
    point = recorded(setting)
    if why:
        with pytest.raises(TypeError, match=why):
            raise point
        return
    if isinstance(point, Exception):
        raise point
    for i, true in enumerate(point.true):
        expected = numerical.gradient(setting.number, setting.values, i)
        np.testing.assert_allclose(true, expected.value, rtol=1e-7, atol=1e-8)


def test_what_a_plain_record_refuses_is_recorded_but_for_what_has_a_reason():
    plainly = {name for name in NAMES if isinstance(recorded(setting_of(name), Mode.PLAIN), Exception)}
    refused = {name for name in NAMES if isinstance(recorded(setting_of(name)), Exception)}
    assert set(NAMES) - plainly == {"argument_dot", "zero_diagonal"}
    assert refused == {"item_taken", "listed", "placed_data"}


# --- nothing stays changed


def state():
    """Return all that the user's code of the table holds, with the identity of each."""
    seen, stack, found = {}, [unrecorded, unrecorded_elsewhere, functions, builtins.float], {}
    while stack:
        x = stack.pop()
        if id(x) in seen:
            continue
        seen[id(x)] = x
        parts = {}
        if isinstance(x, dict):
            parts = dict(x)
        elif isinstance(x, (list, tuple)):
            parts = dict(enumerate(x))
        elif isinstance(x, ModuleType) and x.__name__.startswith("tests.support.unrecorded"):
            parts = {key: value for key, value in vars(x).items() if key != "__builtins__"}
        elif str(getattr(x, "__module__", "")).startswith("tests.support.unrecorded"):
            parts = {**getattr(x, "__dict__", {}), "defaults": getattr(x, "__defaults__", None)}
            parts |= {f"cell {i}": cell.cell_contents for i, cell in enumerate(getattr(x, "__closure__", None) or ())}
        found[id(x)] = {key: id(value) for key, value in parts.items()}
        stack += parts.values()
    return found, seen


class Fault(BaseException):
    """As Ctrl-C, at any line."""


def with_fault_at(k, call):
    """Call, and raise at the k-th line that runs of the user's code and of what puts stand-ins in and back."""
    left = k

    def trace(frame, event, arg):
        nonlocal left
        file = frame.f_code.co_filename
        if "unrecorded" not in file and "recordable.py" not in file:
            return None
        if event == "line":
            left -= 1
            if not left:
                raise Fault
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    except Fault:
        return True
    finally:
        sys.settrace(before)
    return False


@pytest.mark.parametrize(
    "name", ["method_of_layer", "global_objects", "buffer_of_module", "closed_function", "elsewhere_inside"]
)
def test_nothing_stays_changed_whatever_line_raises(name):
    setting = replace(setting_of(name), mode=Mode.RECORDABLE)
    setting.f(setting.values)  # what it caches is there
    before, kept = state()
    rng = np.random.default_rng(5)
    k = 1
    while with_fault_at(k, lambda: record(setting, setting.values, named=False)):
        assert state()[0] == before, k
        assert builtins.__import__.__name__ == "__import__"
        k += int(rng.integers(1, 400))
    assert k > 3000
    assert kept


class Caching:
    """A layer that keeps what it has computed, in attributes and in a list and a dict."""

    def __init__(self, filled):
        self.W = np.linspace(-1, 1, 6).reshape(3, 2)
        self.inputs, self.cache, self.filled = [], {}, filled

    def forward(self, x):
        self.x, self.mask = x, x > 0
        self.inputs.append(x)
        self.out = np.where(self.mask, x, 0) @ self.W
        if self.filled:
            self.out = np.array([self.out[i] for i in range(len(x))])
        self.cache["out"] = self.out
        return np.sum(self.out**2)

    def backward(self, x):
        return 2 * self.cache["out"] @ self.W.T * self.mask


@pytest.mark.parametrize("filled", [False, True])
@pytest.mark.parametrize("bound", [False, True])
def test_no_tensor_is_left_in_an_object(filled, bound):
    layer = Caching(filled)
    x = np.random.default_rng(0).normal(size=(4, 3))
    functions = (layer.forward, layer.backward) if bound else (lambda x: layer.forward(x), lambda x: layer.backward(x))
    report = ag.verify(*functions, x)
    assert report
    assert report.notes == []
    held = [*vars(layer).values(), *layer.inputs, *layer.cache.values()]
    assert ag.Tensor not in map(type, held)
    if bound:
        assert set(vars(layer)) == {"W", "inputs", "cache", "filled"}, "an object whose methods are given is as before"
        assert not layer.inputs
    else:
        assert len(layer.inputs) > 3


def test_what_a_thread_that_runs_meanwhile_makes_is_plain():
    found = []

    def f(x):
        out = np.zeros(3)
        out[:] = x
        thread = threading.Thread(target=lambda: found.append(np.zeros(3) + np.ones(3)))
        thread.start()
        thread.join()
        return np.sum(out**2)

    assert ag.verify(f, lambda x: 2 * x, np.ones(3)).notes == []
    assert set(map(type, found)) == {np.ndarray}


def test_a_call_inside_of_another_is_put_back_too():
    def inner(x):
        out = np.zeros(2)
        out[0] = DATA.dot(x)[0]
        return np.sum(out)

    def f(x):
        return UsersCode(inner).keeping(inner, put_in=isinstance(x, ag.Tensor))(x) + inner(x)

    data, zeros = DATA, np.zeros
    assert ag.verify(f, lambda x: 2 * data[0], np.ones(3)).notes == []
    assert DATA is data
    assert np is sys.modules["numpy"]
    assert np.zeros is zeros
    assert "float" not in globals()


DATA = np.arange(6.0).reshape(2, 3) + 1


def of_library(x):
    return np.sum(np.array(scipy.linalg.expm(np.diag(x))))


def test_the_line_that_is_named_is_the_users_and_not_a_library_s():
    (note,) = ag.verify(of_library, np.exp, np.array([0.1, 0.2])).notes
    assert "`return np.sum(np.array(scipy.linalg.expm(np.diag(x))))`" in note


def test_a_bound_that_is_none_breaks_no_search_off():
    def f(x):
        return np.sum(x * np.clip(x, None, 0.5) ** 2)

    def gradient(x):
        c = np.clip(x, None, 0.5)
        return c**2 + 2 * c * x

    report = ag.verify(f, gradient, np.array([-0.3, 0.2, 0.9]))
    assert report.verdict == "wrong"
    assert report.notes == []


def test_the_rounding_of_a_hand_that_fills_arrays_is_known():
    def gradient(x):
        out = np.zeros(3)
        for i in range(3):
            out[i] = (1 + x[i]) - 1
        return out

    zeros = np.zeros(3)
    setting = Problem(lambda x: np.sum(x**2) / 2, gradient, (np.full(3, 1e-3),), 0).settle(zeros)
    (change,) = of_hand(setting, evaluate(setting), np.random.default_rng(0))
    assert np.all((change > 1e-17) & (change < 1e-14))
