"""What a function captures: each way to get to it, each change of it, and what cannot be followed."""

import functools
import math
import random
import statistics
import sys
import types
from collections import UserDict, deque
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.compiled.captured import Captured
from autograd_lite.core.protection import MIDDLE
from autograd_lite.verification.holders import Holders, put_back
from tests.compiled import settings

RATE = 0.5
RATES = {"slow": [0.1, 0.2]}
SMALL = np.arange(3.0)
LARGE = np.arange(float(MIDDLE))
UNUSED = 1.0
RNG = np.random.default_rng(0)
TENSOR = ag.Tensor(1.0)
NAMESPACE = types.SimpleNamespace(rate=0.5, unused=1.0)


def helper(x):
    return RATE * x


def calls_helper(x):
    return helper(x) + np.sum(x)


class Base:
    shared = 2.0


class Model(Base):
    def __init__(self):
        self.weight = 1.0
        self.layers = [np.ones(2), np.ones(3)]
        self.unused = 0
        self.activation = helper

    def scaled(self, x):
        return x * self.weight * self.shared

    def __call__(self, x):
        return self.scaled(self.activation(x)) + np.sum(self.layers[0])

    @property
    def half(self):
        return self.weight / 2


class Layers(list[float]):
    rate = 2.0


class Slotted:
    __slots__ = ("rate", "unused")

    def __init__(self):
        self.rate, self.unused = 1.0, 2.0


@dataclass
class Options:
    rate: float = 1.0
    names: tuple[str, ...] = ("a", "b")


MODEL, SLOTTED, OPTIONS, LAYERS = Model(), Slotted(), Options(), Layers([1.0])
USERDICT = UserDict(rate=0.5)


@ag.op
def doubled(x):
    return x * RATE


@doubled.vjp
def _(g, z, x):
    return g * NAMESPACE.rate


@pytest.fixture(autouse=True)
def _restored():
    """Let each test begin with what this module holds above."""
    holders = Holders(sys.modules[__name__], vars(NAMESPACE))
    before, contents = holders.copies(), [(x, x.shape, x.tobytes()) for x in holders.arrays]
    yield
    put_back(before)
    for x, shape, held in contents:
        x.resize(shape, refcheck=False)  # in place: NumPy 2.5 deprecates to set the shape
        x[...] = np.frombuffer(held, x.dtype).reshape(shape)


def rebind(name: str, value: Any):
    return lambda: globals().__setitem__(name, value)


def change(owner: Any, name: str, value: Any):
    return lambda: setattr(owner, name, value)


def imports_inside(x):
    from tests.compiled.settings import RATE

    return RATE * x


def nested_code(x):
    return [RATE * y for y in x] + [(lambda: NAMESPACE.rate)()]


def by_string(x):
    return x * getattr(MODEL, "weight")  # noqa: B009


def by_variables(x):
    return x * sum(vars(NAMESPACE).values())


def with_default(x, y=SMALL, *, z=0.5):
    return x * y * z


READS = {  # functions, and what they read: how to change it
    "a global number": (lambda x: RATE * x, rebind("RATE", 0.25)),
    "of another type": (lambda x: RATE * x, rebind("RATE", np.float32(0.5))),
    "the sign of zero": (lambda x: NAMESPACE.rate * x, change(NAMESPACE, "rate", -0.5)),
    "a global function": (lambda x: helper(x), rebind("helper", math.sin)),
    "in a function that is called": (calls_helper, rebind("RATE", 0.25)),
    "an item of an item": (lambda x: RATES["slow"][0] * x, lambda: RATES["slow"].append(1.0)),
    "another list": (lambda x: RATES["slow"][0] * x, lambda: RATES.update(slow=[0.1, 0.2])),
    "a new key": (lambda x: len(RATES) * x, lambda: RATES.update(fast=[])),
    "an array": (lambda x: SMALL * x, rebind("SMALL", np.arange(3.0))),
    "what a small array holds": (lambda x: SMALL * x, lambda: SMALL.__setitem__(1, 7.0)),
    "the shape of an array": (lambda x: SMALL * x, lambda: SMALL.resize((3, 1), refcheck=False)),
    "all that a large array holds": (lambda x: LARGE * x, lambda: np.add(LARGE, 1, out=LARGE)),
    "a module": (lambda x: settings.RATE * x, change(settings, "RATE", 0.25)),
    "a module that is imported inside": (imports_inside, change(settings, "RATE", 0.25)),
    "a namespace": (lambda x: NAMESPACE.rate * x, change(NAMESPACE, "rate", 0.25)),
    "code inside of code": (nested_code, change(NAMESPACE, "rate", 0.25)),
    "an attribute by a string": (by_string, change(MODEL, "weight", 3.0)),
    "all attributes": (by_variables, change(NAMESPACE, "unused", 3.0)),
    "a new attribute": (by_variables, change(NAMESPACE, "new", 3.0)),
    "an attribute of a list": (lambda x: LAYERS.rate * x, change(LAYERS, "rate", 3.0)),
    "an item of a list with attributes": (lambda x: LAYERS[0] * x, lambda: LAYERS.append(3.0)),
    "another mapping": (lambda x: USERDICT["rate"] * x, lambda: USERDICT.update(rate=3.0)),
    "a slot": (lambda x: SLOTTED.rate * x, change(SLOTTED, "rate", 3.0)),
    "a dataclass": (lambda x: len(OPTIONS.names) * x, change(OPTIONS, "rate", 3.0)),
    "an object that is called": (MODEL, change(MODEL, "weight", 3.0)),
    "an array in a list of an object": (MODEL, lambda: MODEL.layers[0].__setitem__(0, 5.0)),
    "a bound method": (MODEL.scaled, change(MODEL, "weight", 3.0)),
    "an attribute of a base class": (MODEL.scaled, change(Base, "shared", 3.0)),
    "an attribute that hides that of a class": (MODEL.scaled, change(MODEL, "shared", 3.0)),
    "a method of an object": (lambda x: MODEL.scaled(x), change(MODEL, "scaled", math.sin)),
    "a property": (lambda x: MODEL.half * x, change(MODEL, "weight", 3.0)),
    "a function that an object holds": (MODEL, rebind("RATE", 0.25)),
    "a class": (lambda x: Model().scaled(x), change(Base, "shared", 3.0)),
    "what a method of a class reads": (lambda x: Model()(x), rebind("RATE", 0.25)),
    "a partial function": (functools.partial(lambda s, x: s[0] * x, RATES["slow"]), lambda: RATES["slow"].append(1.0)),
    "a partial function of a function": (functools.partial(calls_helper, 1.0), rebind("RATE", 0.25)),
    "a cached function": (functools.lru_cache(calls_helper), rebind("RATE", 0.25)),
    "a wrapped function": (functools.wraps(helper)(lambda *args: helper(*args)), rebind("RATE", 0.25)),
    "np.vectorize": (np.vectorize(calls_helper), rebind("RATE", 0.25)),
    "a gradient": (ag.value_and_grad(calls_helper), rebind("RATE", 0.25)),
    "a Hessian": (ag.hessian(calls_helper), rebind("RATE", 0.25)),
    "an op": (lambda x: doubled(x), rebind("RATE", 0.25)),
    "the rule of an op": (lambda x: doubled(x), change(NAMESPACE, "rate", 0.25)),
    "what a default holds": (with_default, lambda: SMALL.__setitem__(0, 9.0)),
    "a default": (with_default, change(with_default, "__kwdefaults__", {"z": 2.0})),
}


@pytest.mark.parametrize("read", READS)
def test_what_is_read_is_watched(read):
    f, change = READS[read]
    captured = Captured(f)
    assert captured
    assert not captured.changed()
    change()
    assert captured.changed()


OTHERS = {
    "a global that is not read": (calls_helper, rebind("UNUSED", 2.0)),
    "an attribute that is not read": (MODEL, change(MODEL, "unused", 2)),
    "a slot that is not read": (lambda x: SLOTTED.rate * x, change(SLOTTED, "unused", 3.0)),
    "an equal number": (calls_helper, rebind("RATE", float("0.5"))),
    "an equal tuple": (lambda x: OPTIONS.names, change(OPTIONS, "names", tuple("ab"))),
    "a global of the name of an attribute": (lambda x: NAMESPACE.rate * x, rebind("rate", 5.0)),
}


@pytest.mark.parametrize("other", OTHERS)
def test_what_is_not_read_is_no_change(other):
    f, change = OTHERS[other]
    captured = Captured(f)
    change()
    assert not captured.changed()


def test_a_function_that_is_called_as_a_builtin_is_followed():
    scope = {"__name__": __name__, "rate": 0.5}
    exec("def eval(x):\n    return rate * x\n\ndef f(x):\n    return eval(x)", scope)
    captured = Captured(scope["f"])
    scope["rate"] = 0.25
    assert captured.changed()


def test_variables_of_enclosing_functions_are_watched():
    def make():
        rate, array = 0.5, np.ones(3)

        def f(x):
            return rate * x + later(array)

        def set_rate(new):
            nonlocal rate
            rate = new

        def later(x):
            return f(x) if math.inf in x else x

        return f, set_rate, array

    f, set_rate, array = make()
    captured = Captured(f)
    assert [(path, held is array) for path, held in captured.arrays] == [("array", True)]
    set_rate(0.5)
    assert not captured.changed()
    set_rate(0.25)
    assert captured.changed()


def test_a_function_that_was_not_defined_yet_is_seen_when_it_is():
    def f(x):
        return missing(x)  # type: ignore[name-defined]  # noqa: F821

    captured = Captured(f)
    assert not captured.changed()
    rebind("missing", helper)()
    try:
        assert captured.changed()
    finally:
        del globals()["missing"]


@pytest.mark.parametrize("make", [list, set, deque, tuple, frozenset])
def test_containers_of_all_kinds(make):
    held = make([1.0, 2.0])
    captured = Captured(lambda x: len(held) * x)
    assert not captured.changed()
    held = make([1.0, 3.0])
    assert captured.changed()


def test_arrays_are_named_by_the_way_to_them():
    captured = Captured(MODEL)
    assert [path for path, _ in captured.arrays] == ["Model.layers[1]", "Model.layers[0]"]
    assert captured.reaches(MODEL.layers[0])
    assert captured.reaches(MODEL.layers[0][1:].reshape(1, 1))
    assert not captured.reaches(MODEL.layers[0].copy())


def test_all_that_a_large_array_holds_is_watched_where_a_constant_is_computed():
    captured = Captured(lambda x: LARGE * x + LARGE.mean())
    captured.watch_contents([0.5, 3, LARGE, LARGE[1:]])
    LARGE[1] += 1  # which no sample has
    assert not captured.changed()
    captured.watch_contents([0.5, LARGE.mean()])
    LARGE[1] += 1  # which no sample has
    assert captured.changed()


def test_an_array_that_is_too_large_for_that_is_refused():
    huge = np.broadcast_to(1.0, 2**24)
    captured = Captured(lambda x: huge * x)
    captured.watch_contents([huge])
    with pytest.raises(TypeError, match="pass huge as an argument"):
        captured.watch_contents([huge[:3] + 1])


@pytest.mark.parametrize("name", ag.__all__)
def test_nothing_of_this_package_is_watched(name):
    assert not Captured(getattr(ag, name))


@pytest.mark.parametrize("f", [np.linalg.norm, np.exp, math.sin, print, lambda x: x + 1], ids=lambda f: f.__name__)
def test_nothing_is_watched_where_nothing_is_captured(f):
    assert not Captured(f)


class Lazy:
    __slots__ = ("rate",)

    def __getattr__(self, name):
        raise AssertionError(name)


def test_no_code_of_the_users_runs():
    lazy = Lazy()
    captured = Captured(lambda x: lazy.rate * x)
    assert not captured.changed()
    lazy = Lazy()
    assert captured.changed()


def test_packages_are_not_entered():
    captured = Captured(lambda x: np.sum(ag.softmax(x)) + math.pi)
    assert not captured


ITERATOR = iter([1.0, 2.0])
REFUSED = {
    "a Tensor": (lambda x: TENSOR * x, "TENSOR, a Tensor; pass it as an argument"),
    "an iterator": (lambda x: next(ITERATOR) * x, "ITERATOR, an iterator; pass what it gives"),
    "globals()": (lambda x: globals()["RATE"] * x, r"through globals\(\); name what it reads"),
    "eval()": (lambda x: eval("RATE") * x, r"through eval\(\)"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_followed_is_refused(case):
    f, message = REFUSED[case]
    with pytest.raises(TypeError, match=message) as raised:
        Captured(f)
    assert f"{__file__}:{f.__code__.co_firstlineno}: " in raised.value.__notes__[0]


COUNTS = {"calls": 0}


def counts(x):
    COUNTS["calls"] += 1
    return x


def counts_in_a_global(x):
    global UNUSED
    UNUSED += 1
    return x


def writes_into_an_array(x):
    SMALL[0] += 1
    return x


def draws_from_a_global(x):
    return x * RNG.normal()


def draws_in_a_function(x):
    return draws_from_a_global(x)


def draws_by_numpy(x):
    return x * np.random.rand()  # noqa: NPY002


def draws_by_a_name(x):
    return x * random.gauss(0, 1)


def draws_in_a_package(x):
    return x * statistics.NormalDist(0, 1).samples(1)[0]


IMPURE = {
    "counts": (counts, "COUNTS, which it captures", 'COUNTS["calls"] += 1'),
    "counts in a global": (counts_in_a_global, "UNUSED, which it captures", "UNUSED += 1"),
    "writes into an array": (writes_into_an_array, "SMALL, which it captures", "SMALL[0] += 1"),
    "draws from a global": (draws_from_a_global, "RNG draws random numbers", "return x * RNG.normal()"),
    "draws in a function": (draws_in_a_function, "RNG draws random numbers", "return x * RNG.normal()"),
    "draws by NumPy": (draws_by_numpy, r"np\.random\.rand draws random numbers", "return x * np.random.rand()"),
    "draws by a name": (draws_by_a_name, r"random\.gauss draws random numbers", "return x * random.gauss(0, 1)"),
    "draws in a package": (draws_in_a_package, "random draws random numbers", ""),
}


@pytest.mark.parametrize("case", IMPURE)
def test_what_a_program_would_not_do_again_is_refused(case):
    f, message, line = IMPURE[case]
    with pytest.raises(TypeError, match=message) as raised, Captured(f).unchanged():
        f(1.0)
    notes = getattr(raised.value, "__notes__", [""])
    assert line in notes[0]


def test_an_object_of_a_package_that_changes_is_refused():
    optimizer = ag.optim.Adam(0.1)
    with pytest.raises(TypeError, match=r"changes optimizer, which .* call what changes optimizer outside of it"):
        ag.compile(lambda w: optimizer.step(w, 2 * w))(np.ones(3))
    with pytest.raises(TypeError, match=r"changes Adam, which it captures"):
        ag.compile(lambda optimizer, w: optimizer.step(w, 2 * w))(ag.optim.Adam(0.1), np.ones(3))


def test_an_object_of_a_package_may_change_between_calls():
    decay = ag.optim.Momentum(0.1)
    compiled = ag.compile(lambda w: decay.learning_rate * w)
    assert compiled(np.ones(1)) == 0.1
    decay.learning_rate = 0.5
    assert compiled(np.ones(1)) == 0.5


def test_numbers_that_another_thread_draws_are_no_error():
    calls: list[int] = []

    def trace():
        calls.append(len(calls))
        if len(calls) == 1:
            random.random()
        return len(calls)

    assert Captured(helper).kept(trace) == 2


def test_numbers_that_each_trace_draws_are_one():
    with pytest.raises(TypeError, match="draws random numbers inside of a compiled function"):
        Captured(helper).kept(np.random.random)


def test_what_draws_nothing_is_let_pass():
    with Captured(draws_from_a_global).unchanged():
        pass


def test_a_check_takes_no_python_code_of_the_users():
    called = []

    class Watching:
        @property
        def rate(self):
            called.append(1)
            return 1.0

        def __eq__(self, other):
            called.append(2)
            return True

        __hash__ = None  # type: ignore[assignment]

    held = Watching()
    captured = Captured(lambda x: held.rate * x)
    assert not captured.changed()
    held = Watching()
    assert captured.changed()
    assert not called


def test_a_recursive_structure_ends():
    tree: list[Any] = [1.0]
    tree.append(tree)
    captured = Captured(lambda x: tree[0] * x)
    assert not captured.changed()
    tree[0] = 2.0
    assert captured.changed()


def test_the_modules_of_packages_that_are_installed_are_no_ones():
    assert not ag.core.lines.is_of_user(sys.modules["pytest"])
    assert ag.core.lines.is_of_user(settings)
