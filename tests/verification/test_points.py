"""Further points for a repair: they keep what a function counts on, and break what the given point keeps by chance."""

import copy
from dataclasses import replace
from functools import cache
from itertools import islice
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograd_lite import numerical
from autograd_lite.core import trees
from autograd_lite.numerical import close, quiet
from autograd_lite.numerical.streams import stream
from autograd_lite.verification.point import evaluate, evaluate_hand
from autograd_lite.verification.problem import Problem
from autograd_lite.verification.rehearsal import rehearse
from autograd_lite.verification.repair import redraw
from autograd_lite.verification.repair.points import places
from tests.corpus.case import cases
from tests.support.kinds_of_data import CASES
from tests.support.sampling import sampled

COUNT = 5
RECORDED = [name for name in CASES if name != "stored_element_by_element"]


def found_for(f, hand, args, argnums=None, params=None, count=COUNT, traceable=True):
    """Return the given setting, its point, and the further places."""
    problem = Problem(f, hand, args, argnums, params)
    with problem.kept(), quiet():
        setting = rehearse(problem, stream("verify")).settings[0]
        point = evaluate(setting) if traceable else evaluate_hand(setting)
        return setting, point, list(places(setting, point, stream("places"), count))


@cache
def found_for_kind(name):
    """Return the same for a kind of data: found once, and read by the tests of all that holds of places."""
    return drawn_for_kind(name)


def drawn_for_kind(name):
    f, hand, args, options = CASES[name]
    return found_for(f, hand, args, **options, traceable=name in RECORDED)


def arrays(setting):
    """Return all arrays of a setting, those that are differentiated last."""
    data = [x for i, x in enumerate(setting.problem.args) if i not in setting.positions]
    return list(map(np.asarray, [*trees.flatten(data)[0], *setting.values]))


# --- they are found, and their gradients are true


@pytest.mark.parametrize("case", sampled(cases(), 15))
def test_there_are_places_for_every_case_of_the_corpus(case):
    f, hand = case.f, case.hand
    setting, _, found = found_for(f, hand, case.args, case.argnums, case.params, traceable=case.traceable)
    assert len(found) == COUNT
    for place in found:
        assert np.isfinite(np.asarray(place.setting.f(place.values))).all()
        assert not all(map(close.same, place.values, setting.values))
        if case.right:
            with quiet():
                assert place.confirms(place.gradients())
    if case.traceable:
        assert_true(found[0])
        assert_true(found[1])


def assert_true(place):
    """Hold a gradient to differences along a direction."""
    with quiet():
        direction = numerical.random_tangents(place.values, stream("direction"))
        slope = numerical.directional(place.setting.number, place.values, direction)
        terms = np.concatenate([np.ravel(t * v) for t, v in zip(place.true, direction, strict=True)])
        room = sum(np.sum(r * np.abs(v)) for r, v in zip(place.tolerance, direction, strict=True))
        error = close.EXCEEDED_ALONG * slope.error + close.of_a_sum(terms) + room
    assert slope.kink.any() or close.within(terms.sum(), slope.value, error).all()


@pytest.mark.parametrize("name", CASES)
def test_a_right_gradient_is_right_at_places_of_every_sort(name):
    _, _, found = found_for_kind(name)
    texts = [place.text for place in found]
    assert texts == ["other numbers", "other lengths", "larger numbers", "smaller numbers", "numbers nearby"]
    assert all(place.confirms(place.gradients()) for place in found)


@pytest.mark.parametrize("name", CASES)
def test_a_place_differs_in_what_it_says(name):
    setting, _, found = found_for_kind(name)
    by_text = {place.text: place for place in found}
    other, shorter, larger, smaller, near = by_text.values()
    for x, moved in zip(setting.values, other.values, strict=True):
        assert np.all((x != moved) | (x == 0))
        assert np.any(moved != 0)
    assert [x.shape for x in arrays(shorter.setting)] != [x.shape for x in arrays(setting)]
    sizes = [max(map(close.largest, place.values)) for place in (smaller, other, larger)]
    assert sizes[0] < sizes[2]
    for x, moved in zip(setting.values, near.values, strict=True):
        reach = 2 * close.largest(x) or 1
        assert close.within(moved, x, reach).all()


# --- what they keep, and what they break

KEPT: dict[
    str, Any
] = {  # what a function may count on, and what else has to be different somewhere, of an argument that is data
    "poisson_counts": (1, lambda x: np.all(np.isfinite(x)), np.sum),
    "bernoulli_probabilities": (1, lambda x: np.isin(x, (0, 1)).all(), np.sum),
    "soft_labels": (1, lambda q: np.allclose(q.sum(1), 1) and np.all(q >= 0), np.max),
    "one_hot_columns": (2, lambda y: np.isin(y, (0, 1)).all() and np.all(y.sum(0) == 1), lambda y: tuple(y.sum(1))),
    "integer_labels": (1, lambda y: y.dtype.kind == "i" and np.isin(y, range(3)).all(), lambda y: tuple(np.sort(y))),
    "looked_up_rows": (1, lambda i: np.isin(i, (0, 2, 5)).all(), lambda i: tuple(np.sort(i))),
    "labels_of_two_signs": (2, lambda y: np.all(np.abs(y) == 1), np.sum),
    "symmetric_form": (1, lambda a: np.array_equal(a, a.T), np.trace),
    "gaussian_of_a_covariance": (1, lambda a: np.array_equal(a, a.T) and np.linalg.eigvalsh(a).min() > 0, np.trace),
    "mask": (1, lambda m: np.isin(m, (0, 1)).all(), np.sum),
    "causal_mask": (1, lambda m: m.dtype == bool and not np.triu(m, 1).any(), np.sum),
    "sorted_times": (1, lambda t: np.all(np.isfinite(t)), lambda t: t[0]),
    "count_as_an_integer": (2, lambda n: type(n) is int, lambda n: n),
    "huber": (1, lambda delta: 0 < delta < 1, float),
    "single_precision": (1, lambda x: x.dtype == np.float32, np.sum),
}


@pytest.mark.parametrize("name", KEPT)
def test_data_keep_their_kind_and_nothing_else(name):
    i, holds, other = KEPT[name]
    setting, _, found = found_for_kind(name)
    given, moved = setting.problem.args[i], [place.setting.problem.args[i] for place in found]
    assert all(map(holds, [given, *moved]))
    assert any(other(x) != other(given) for x in moved)


def test_an_array_moves_to_both_signs_where_the_function_takes_them():
    setting, _, found = found_for_kind("gaussian_with_its_scale")
    assert np.all(setting.values[1] > 0)
    assert all(np.all(place.values[1] > 0) for place in found)  # it has a logarithm taken of it
    _, _, free = found_for(lambda b: np.sum(np.tanh(b)), lambda b: 1 - np.tanh(b), (np.array([0.5, 1.5, 1.0]),))
    signs = np.sign([x for place in free for x in place.values[0]])
    assert {-1, 1} <= set(signs)


OVERFITTED = {  # right at the given point, by what it keeps by chance
    "a bias's sign": (
        lambda b, x: np.sum(np.tanh(x + b)),
        lambda b, x: np.sum(1 - np.tanh(x + np.abs(b)) ** 2, 0),
        (np.array([0.5, 0.2]), np.array([[1.0, 2.0], [0.3, -0.4]])),
    ),
    "a target's zeros": (
        lambda w, y: np.mean((w - y) ** 2),
        lambda w, y: 2 * w / len(w),
        (np.array([1.0, 2.0, -1.0]), np.zeros(3)),
    ),
    "a length as a number": (
        lambda w: np.mean(w**3),
        lambda w: 3 * w**2 / 7,
        (np.arange(1.0, 8),),
    ),
    "the length of another axis": (
        lambda w: np.sum(w**2) / w.shape[0],
        lambda w: 2 * w / w.shape[1],
        (np.arange(1.0, 10).reshape(3, 3) ** 1.1,),
    ),
    "a mask's sum": (
        lambda h, m: np.sum(h**2 * m) / np.sum(m),
        lambda h, m: 2 * h * m / (len(m) - np.sum(m)),
        (np.array([1.0, 2.0, 3.0, 4.5]), np.array([1.0, 0.0, 0.0, 1.0])),
    ),
    "a state of zeros": (
        lambda w, h: np.sum(np.tanh(w + w * h)),
        lambda w, h: 1 - np.tanh(w) ** 2,
        (np.array([0.3, 0.1]), np.zeros(2)),
    ),
    "a number of 1": (
        lambda w, t: np.sum((w / t) ** 2),
        lambda w, t: 2 * w / t,
        (np.array([0.3, 0.1]), 1.0),
    ),
    "balanced labels": (
        lambda z, y: np.sum((z - np.mean(y == 1)) ** 2),
        lambda z, y: 2 * (z - np.mean(y == 0)),
        (np.array([0.3, 0.1]), np.array([0, 1, 1, 0])),
    ),
    "a branch": (
        lambda r, delta: np.sum(np.where(np.abs(r) < delta, r**2 / 2, delta * (np.abs(r) - delta / 2))),
        lambda r, delta: 1 * r,
        (np.array([0.3, -0.2, 0.1, 0.4]), 1.0),
    ),
    "whole numbers": (
        lambda w, x: np.sum(w * x**2),
        lambda w, x: np.round(x) ** 2,
        (np.array([0.3, 0.1]), np.array([1.0, 2.0])),
    ),
}


@pytest.mark.parametrize("name", OVERFITTED)
def test_a_gradient_that_is_right_by_chance_is_not_right_everywhere(name):
    f, hand, args = OVERFITTED[name]
    _, point, found = found_for(f, hand, args)
    assert all(map(close.same, point.hand, point.true, [1e-9]))
    assert len(found) == COUNT
    assert not all(place.confirms(place.gradients()) for place in found)


@given(hnp.arrays(np.int64, hnp.array_shapes(max_dims=2, max_side=6), elements=st.integers(-2, 5)), st.integers(0, 9))
def test_labels_are_drawn_from_among_themselves(x, seed):
    moved = redraw.redrawn(x, x, np.random.default_rng(seed), 1, redraw.FREE)
    assert moved.dtype == x.dtype
    assert set(moved.ravel()) <= set(x.ravel())


@given(
    hnp.arrays(np.float64, hnp.array_shapes(max_dims=3, max_side=5), elements=st.floats(-4, 4)),
    st.integers(redraw.FREE, redraw.STAYS),
    st.integers(0, 9),
)
def test_measurements_move_as_far_as_their_level_says(x, level, seed):
    moved = redraw.moved(x, x, np.random.default_rng(seed), 1, level)
    assert moved.shape == x.shape
    assert np.isfinite(moved).all()
    if redraw.SIGNS <= level <= redraw.RANGE and not (x.ndim == 2 and np.array_equal(x, x.T)):
        assert np.array_equal(np.sign(moved), np.sign(x))
    assert (level == redraw.STAYS) <= np.array_equal(moved, x)


@given(st.floats(-10, 10), st.integers(0, 9))
def test_a_number_keeps_its_sign_and_its_side_of_one(x, seed):
    moved = redraw.number(x, np.random.default_rng(seed))
    assert moved != x or abs(x) < 1e-300
    assert np.signbit(moved) == np.signbit(x)
    assert (abs(moved) < 1) == (abs(x) <= 1)


# --- what else holds


def held(name):
    """Return all numbers that a kind of data has: its arguments, and the attributes of an object whose method it is."""
    _, hand, args, _ = CASES[name]
    owner = getattr(hand, "__self__", None)
    return trees.flatten((args, vars(owner) if owner else {}))[0]


BEFORE = {name: copy.deepcopy(held(name)) for name in CASES}


@pytest.mark.parametrize("name", CASES)
def test_neither_arguments_nor_objects_change(name):
    found_for_kind(name)
    pairs = zip(BEFORE[name], held(name), strict=True)
    assert all(np.array_equal(a, b, equal_nan=np.asarray(a).dtype.kind == "f") for a, b in pairs)


def test_equal_places_are_drawn_each_time():
    one, two = (drawn_for_kind("attributes")[2] for _ in range(2))
    for a, b in zip(one, two, strict=True):
        assert all(map(np.array_equal, arrays(a.setting), arrays(b.setting)))
        assert all(map(np.array_equal, a.true, b.true))


def test_arguments_that_are_one_array_stay_one():
    x = np.array([0.5, 1.0, 2.0])
    _, _, found = found_for(lambda w, a, b: np.sum(w * (a - b) + w**2), lambda w, a, b: 2 * w, (x * 2, x, x))
    assert all(place.setting.problem.args[1] is place.setting.problem.args[2] for place in found)


def test_places_are_drawn_as_they_are_asked_for():
    calls = []

    def f(x):
        calls.append(1)
        return np.sum(np.sin(x))

    def calls_for(count):
        setting, point, _ = found_for(f, lambda x: np.sin(x), (np.array([0.3, 0.4]),), count=0)
        calls.clear()
        list(islice(places(setting, point, stream("places")), count))
        return len(calls)

    assert 0 == calls_for(0) < calls_for(1) < calls_for(4)


def test_places_where_a_wrong_gradient_is_right_come_last():
    x = np.array([2.0, -1.5])
    _, _, found = found_for(lambda x: np.sum(np.clip(x, -1, 1)), np.ones_like, (x,))
    right = [place.confirms(place.gradients()) for place in found]
    assert right == sorted(right)


def test_no_place_is_at_a_kink():
    def loss(w, x):
        return np.sum(np.maximum(np.round(w) * x, 0)) + np.sum(w)

    _, _, found = found_for(loss, lambda w, x: x, (np.array([0.4, 1.5, 2.5]), np.array([0.5, -1.0, 2.0])))
    for place in found:
        assert all(
            np.all(t <= close.digits(close.TELLING) * close.largest(g))
            for t, g in zip(place.tolerance, place.true, strict=True)
        )


def test_a_large_function_is_evaluated_at_a_few_places_alone():
    calls = []

    def f(w, x):
        calls.append(1)
        return np.sum(np.tanh(w * x) ** 2)

    rng = np.random.default_rng(0)
    args = rng.normal(size=500_000), rng.normal(size=500_000)
    _, _, found = found_for(f, lambda w, x: 2 * np.tanh(w * x) * x, args)
    assert 1 <= len(found) <= 3
    assert len(calls) < 100


def test_differences_leave_open_what_they_did_not_look_at():
    f, hand, args, _ = CASES["stored_element_by_element"]
    many = tuple(np.tile(x, 5) for x in args)
    _, _, found = found_for(f, hand, many, traceable=False)
    for place in found:
        known = np.isfinite(place.tolerance[0])
        assert 0 < known.sum() < known.size
        other = replace(place, true=[np.where(known, -place.true[0], place.true[0])])
        assert place.confirms(place.gradients())
        assert not other.confirms(place.gradients())
