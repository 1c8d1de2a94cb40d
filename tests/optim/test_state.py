"""What an optimiser goes on from: a plain tree, of which a copy goes on to the same bits."""

import json
import pickle
from collections import OrderedDict, namedtuple
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.core import trees
from autograd_lite.optim import SGD, Adam, AdamW, CosineDecay, Momentum, StepDecay, WarmUp
from tests.support.optimizers import OPTIMIZERS

each = pytest.mark.parametrize("name", OPTIMIZERS)
Pair = namedtuple("Pair", ["w", "b"])


@dataclass
class Layer:
    w: Any
    b: Any
    activation: str = "tanh"


W, B = np.array([[1.0, -2.0], [0.5, 3.0]]), np.float32(0.25)
PARAMS = {
    "an array": W,
    "a number": 1.5,
    "a dict": {"w": W, "b": B},
    "a list": [W, B],
    "a tuple": (W, B),
    "a named tuple": Pair(W, B),
    "a dataclass": Layer(W, B),
    "a mapping": OrderedDict(w=W, b=B),
    "nested": {"layers": [Layer(W, B), Layer(W[0], 1.0)], "scale": (B, {"shift": Pair(B, [])})},
    "in float16": [W.astype(np.float16)],
    "nothing": {},
}


def gradients(tree, k):
    return trees.map_tree(lambda p: np.cos(np.asarray(p, float) + k).astype(getattr(p, "dtype", float)), tree)


def run(optimizer, p, steps):
    for k in steps:
        p = optimizer.step(p, gradients(p, k))
    return p


def bits(tree):
    return [(np.asarray(x).dtype, np.asarray(x).tobytes()) for x in trees.flatten(tree)[0]]


def types(tree):
    found, rest = set(), [tree]
    for x in rest:
        found.add(type(x))
        rest += list(x.values()) if isinstance(x, dict) else x if isinstance(x, list) else []
    return found


@each
@pytest.mark.parametrize("tree", PARAMS)
@pytest.mark.parametrize("done", [0, 1, 3])
def test_another_one_goes_on_to_the_same_bits(name, tree, done):
    make, params = OPTIMIZERS[name][0], PARAMS[tree]
    first, other = make(), make()
    p = run(first, params, range(done))
    saved = first.state
    other.state = saved
    assert other.steps == done
    found, expected = run(other, p, range(done, done + 3)), run(first, p, range(done, done + 3))
    assert bits(found) == bits(expected)
    assert type(found) is type(expected)
    assert bits(other.state["slots"]) == bits(first.state["slots"])


@each
@pytest.mark.parametrize("tree", PARAMS)
def test_no_class_of_ours_is_in_it(name, tree):
    optimizer = OPTIMIZERS[name][0]()
    run(optimizer, PARAMS[tree], range(2))
    state = optimizer.state
    assert types(state) <= {dict, list, np.ndarray, int, float, str}
    assert (state["kind"], state["steps"], state["learning_rate"]) == (type(optimizer).__name__, 2, 0.1)


@each
def test_before_the_first_step(name):
    optimizer = OPTIMIZERS[name][0]()
    assert optimizer.state == {"kind": type(optimizer).__name__, "steps": 0, "learning_rate": 0.1, "slots": {}}
    json.dumps(optimizer.state)


def test_slots_have_the_structure_of_the_parameters():
    optimizer = Adam()
    optimizer.step(PARAMS["nested"], gradients(PARAMS["nested"], 0))
    assert list(optimizer.state["slots"]) == ["first_moment", "second_moment"]
    for slot in optimizer.state["slots"].values():
        assert trees.describe(slot) == (
            "{'layers': [{'w': *, 'b': *}, {'w': *, 'b': *}], 'scale': [*, {'shift': {'w': *, 'b': []}}]}"
        )
        assert [x.shape for x in trees.flatten(slot)[0]] == [(2, 2), (), (2,), (), (), ()]


def test_tuples_in_a_state_are_lists():
    """A file may give either."""
    optimizer, other = Momentum(0.1), Momentum(0.1)
    p = run(optimizer, (W, B), range(2))
    saved = optimizer.state
    other.state = {**saved, "slots": {"velocity": tuple(saved["slots"]["velocity"])}}
    assert bits(run(other, p, [2])) == bits(run(optimizer, p, [2]))


@each
def test_nothing_is_shared(name):
    optimizer, other, undisturbed = (OPTIMIZERS[name][0]() for _ in range(3))
    p, _ = (run(o, {"w": W, "b": B}, range(2)) for o in (optimizer, undisturbed))
    read = optimizer.state
    other.state = read
    for x in trees.flatten(read["slots"])[0]:
        x[...] = np.nan
    read["slots"].clear()
    expected = bits(run(undisturbed, p, range(2, 4)))
    assert bits(run(optimizer, p, range(2, 4))) == expected
    assert bits(run(other, p, range(2, 4))) == expected


@each
def test_going_back(name):
    """A state that is assigned to where it came from undoes the steps since, the first ones too."""
    optimizer = OPTIMIZERS[name][0]()
    start = optimizer.state
    expected = bits(run(optimizer, W, range(3)))
    optimizer.state = start
    assert bits(run(optimizer, W, range(3))) == expected


def test_the_learning_rate_goes_with_it():
    optimizer, other = SGD(0.1), SGD(0.5)
    optimizer.learning_rate = 0.025
    other.state = optimizer.state
    assert other.learning_rate == 0.025


SCHEDULES: dict[str, Any] = {
    "cosine": (lambda: CosineDecay(0.1, 5), "CosineDecay(rate=0.1, steps=5, final=0.0)"),
    "warm-up": (
        lambda: WarmUp(StepDecay(0.1, 2), 2),
        "WarmUp(schedule=StepDecay(rate=0.1, every=2, factor=0.1), steps=2)",
    ),
    "a function": (lambda: rate, "rate"),
    "warm-up of a function": (lambda: WarmUp(rate, 2), "WarmUp(schedule=rate, steps=2)"),
}


def rate(step):
    return 0.1 / (step + 1)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_schedule_goes_on_where_it_was(schedule):
    make, shown = SCHEDULES[schedule]
    optimizer, other = Adam(make()), Adam(make())
    p = run(optimizer, W, range(3))
    assert optimizer.state["learning_rate"] == shown
    other.state = optimizer.state
    assert other.learning_rate == optimizer.learning_rate == make()(3)
    assert bits(run(other, p, range(3, 6))) == bits(run(optimizer, p, range(3, 6)))


def changed(**changes):
    def change(state):
        return {**state, **changes}

    return change


def slot(value):
    return changed(slots={"velocity": value})


def without(key):
    return lambda state: {k: v for k, v in state.items() if k != key}


WRONG = {
    "no dict": (lambda state: [state], "expected the state of an optimiser, a dict with the keys ['kind', 'steps', "),
    "an entry is missing": (without("slots"), "'slots'], got ['kind', 'learning_rate', 'steps']"),
    "one too many": (changed(beta=1), "got ['beta', 'kind', 'learning_rate', 'slots', 'steps']"),
    "another kind": (lambda state: Adam().state, "an optimiser of the kind 'Momentum', got 'Adam'"),
    "a kin": (changed(kind="SGD"), "an optimiser of the kind 'Momentum', got 'SGD'"),
    "steps": (changed(steps=-1), "expected state['steps'] to be a whole number of at least 0, got -1"),
    "half a step": (changed(steps=1.5), "expected state['steps'] to be a whole number of at least 0, got 1.5"),
    "rate": (changed(learning_rate=0.0), "expected state['learning_rate'] to be finite and positive, got 0.0"),
    "rate of a schedule": (
        changed(learning_rate="CosineDecay(rate=0.1, steps=5, final=0.0)"),
        "with learning_rate=0.1, got one with CosineDecay(rate=0.1, steps=5, final=0.0); assign the state to an opt",
    ),
    "no slots": (changed(slots={}), "expected state['slots'] to be a dict with the keys ['velocity'], got []"),
    "slots of none": (changed(slots=None), "keys ['velocity'], got NoneType"),
    "slots before a step": (changed(steps=0), "expected state['slots'] to be a dict with the keys [], got ['velocity"),
    "structure": (slot({"w": W}), "expected state['slots']['velocity'] to be a tree {'w': *, 'b': *}, got {'w': *}"),
    "shape": (
        slot({"w": W[0], "b": B}),
        "expected state['slots']['velocity'] to be arrays of shapes [(2, 2), ()], got [(2,), ()]",
    ),
    "text": (slot({"w": W, "b": "b"}), "expected state['slots']['velocity']['b'] to be an array of real numbers, got"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_no_state_changes_nothing(wrong):
    change, said = WRONG[wrong]
    optimizer, undisturbed = Momentum(0.1), Momentum(0.1)
    p, _ = (run(o, {"w": W, "b": B}, range(2)) for o in (optimizer, undisturbed))
    with pytest.raises(ValueError) as raised:  # noqa: PT011 (the table says what is said)
        optimizer.state = change(optimizer.state)
    assert said in str(raised.value)
    assert repr(optimizer) == repr(undisturbed)
    assert bits(run(optimizer, p, range(2, 4))) == bits(run(undisturbed, p, range(2, 4)))


def test_slots_of_two_structures():
    state = Adam().state
    for second, said in ((W[0], "arrays of shapes [(2, 2)], got [(2,)]"), ([W], "a tree *, got [*]")):
        with pytest.raises(ValueError) as raised:  # noqa: PT011
            Adam().state = {**state, "steps": 1, "slots": {"first_moment": W, "second_moment": second}}
        assert f"expected state['slots']['second_moment'] to be {said}" in str(raised.value)


def test_the_parameters_that_follow_are_those_of_the_state():
    optimizer, other = Adam(), Adam()
    run(optimizer, {"w": W, "b": B}, range(2))
    other.state = optimizer.state
    with pytest.raises(ValueError, match=r"has stepped a tree {'w': \*, 'b': \*} so far, and now got {'w': \*}; make"):
        other.step({"w": W}, {"w": W})


def test_adamw_is_another_kind_than_adam():
    with pytest.raises(ValueError, match="of the kind 'AdamW', got 'Adam'"):
        AdamW().state = Adam().state


@each
def test_optimisers_are_pickled(name):
    optimizer = OPTIMIZERS[name][0]()
    p = run(optimizer, PARAMS["a dict"], range(2))
    other = pickle.loads(pickle.dumps(optimizer))
    assert repr(other) == repr(optimizer)
    assert bits(run(other, p, [2])) == bits(run(optimizer, p, [2]))


def test_of_steps_that_are_differentiated_there_are_no_arrays():
    def f(x):
        optimizer = Momentum(0.1)
        optimizer.step(x, x)
        return optimizer.state

    with pytest.raises(TypeError, match="Tensor"):
        ag.grad(f)(W)
