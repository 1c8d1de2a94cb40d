"""A function of several numbers: its hand gradient has to be right for two cotangents, drawn as no user draws data."""

import numpy as np
import pytest

from autograd_lite import verify

X = np.random.default_rng(0).normal(size=4)
W = np.random.default_rng(1).normal(size=(4, 3))


def scores(x, W):
    return np.tanh(x @ W)


def from_the_data(g, x):
    return x * np.cos(x)


@pytest.mark.parametrize("rng", [0, 1, 5, np.random.default_rng(0), np.random.default_rng(3)], ids=str)
@pytest.mark.parametrize("seed", [0, 1, 5])
@pytest.mark.parametrize("draw", ["normal", "standard_normal", "uniform", "random"])
def test_data_in_the_place_of_the_cotangent(draw, seed, rng):
    x = getattr(np.random.default_rng(seed), draw)(size=4)
    report = verify(np.sin, from_the_data, x, rng=rng)
    assert report.verdict == "wrong"
    assert verify(np.sin, lambda g, x: g * np.cos(x), x, rng=rng).verdict == "right"


def seen_by_a_hand(f, *args, **options):
    """Return the cotangents that the hand gradient got, each once."""
    seen: list[np.ndarray] = []

    def hand(g, *args):
        if not any(np.array_equal(g, other) for other in seen):
            seen.append(g)
        return g * np.cos(args[0])

    assert verify(f, hand, *args, **options)
    return seen


def test_there_are_two_and_they_depend_on_the_seed_alone():
    seen = seen_by_a_hand(np.sin, X)
    assert len(seen) == 2
    assert np.linalg.matrix_rank([*seen, X]) == 3
    np.testing.assert_array_equal(seen, seen_by_a_hand(np.sin, X + 1))
    assert not np.array_equal(seen, seen_by_a_hand(np.sin, X, rng=1))
    assert [g.dtype for g in seen_by_a_hand(np.sin, X.astype(np.float32))] == [np.float32] * 2


def right_for_the_first(spoil):
    """Return a hand gradient that goes wrong with the second cotangent that it gets."""
    first: list[np.ndarray] = []

    def hand(g, x, W):
        first[:] = first or [g]
        z = scores(x, W)
        dz = g * (1 - z**2) if np.array_equal(g, first[0]) else spoil(g, z)
        return W @ dz, np.outer(x, dz)

    return hand


def test_a_mistake_that_shows_in_the_second_alone_is_explained_there():
    report = verify(scores, right_for_the_first(lambda g, z: g * (1 - z)), X, W)
    assert [v.verdict for v in report.verdicts] == ["wrong", "wrong"]
    assert report.repair is not None
    assert not report.repair.arguments
    assert "z ** 2" in report.patch


def test_a_kink_for_one_of_them_is_a_kink():
    first: list[np.ndarray] = []

    def hand(g, x):
        first[:] = first or [g]
        return g * np.where(x == 0, 1 if np.array_equal(g, first[0]) else 0.3, x > 0)

    assert verify(lambda x: np.maximum(x, 0), hand, np.array([0.0, 1.0, -1.0])).verdict == "kink"


SHARES = {  # of the cotangent, where the two are equal
    "to the first": (1.0, 0.0, "kink"),
    "to the second": (0.0, 1.0, "kink"),
    "some to each": (0.3, 0.7, "kink"),
    "half to each": (0.5, 0.5, "right"),
    "to both": (1.0, 1.0, "wrong"),
    "to none": (0.0, 0.0, "wrong"),
    "not all": (0.3, 0.3, "wrong"),
}


@pytest.mark.parametrize("shares", SHARES)
def test_ties_of_two_arrays(shares):
    of_a, of_b, verdict = SHARES[shares]

    def hand(g, a, b):
        return g * np.where(a == b, of_a, a > b), g * np.where(a == b, of_b, a < b)

    args = np.array([[1.0, 2.0, 3.0]]), np.array([[1.0], [2.0]])
    report = verify(
        np.maximum, lambda g, a, b: tuple(np.sum(h, i, keepdims=True) for i, h in enumerate(hand(g, a, b))), *args
    )
    assert report.verdict == verdict, str(report)


def test_the_cotangent_may_be_changed_in_place():
    def hand(g, x):
        g[x < 0] = 0
        return g

    def doubling(g, x):
        g *= 2
        return g * (x > 0)

    assert verify(lambda x: np.maximum(x, 0), hand, X).verdict == "right"
    assert verify(lambda x: np.maximum(x, 0), doubling, X).verdict == "wrong"
