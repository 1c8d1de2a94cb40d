"""Subgradients are judged as vectors: those in the hull of the gradients nearby are right, all others wrong."""

from types import MappingProxyType

import numpy as np
import pytest

from autograd_lite import verify
from autograd_lite.verification.hull import Hull
from tests.support.repairs import verdicts_alone
from tests.support.sampling import sampled
from tests.support.subgradients import HELD_OUT, TIES, random_windows

ALL = MappingProxyType({**TIES, **HELD_OUT})
VALID = [(name, i) for name, tie in ALL.items() for i in range(len(tie.subgradients()))]
INVALID = [(name, i) for name, tie in ALL.items() for i in range(len(tie.invalid))]


@pytest.fixture(autouse=True, scope="module")
def _verdicts_alone():
    with verdicts_alone():
        yield


@pytest.mark.parametrize(("name", "i"), VALID)
def test_what_is_in_the_hull_is_right(name, i):
    tie = ALL[name]
    report = verify(tie.f, tie.hand(tie.subgradients()[i]), *tie.args)
    assert report.verdict in ("right", "kink"), str(report)


@pytest.mark.parametrize(("name", "i"), INVALID)
def test_what_is_outside_is_wrong(name, i):
    tie = ALL[name]
    assert tie.is_outside(tie.invalid[i])
    report = verify(tie.f, tie.hand(tie.invalid[i]), *tie.args)
    assert report.verdict == "wrong", str(report)


@pytest.mark.parametrize("seed", sampled(range(30), 3))
def test_weighted_maxima_that_overlap(seed):
    """Sums of maxima of either sign: neither convex nor concave, and not apart by elements."""
    tie = random_windows(seed)
    for gradient in tie.subgradients():
        report = verify(tie.f, tie.hand(gradient), *tie.args)
        assert report.verdict in ("right", "kink"), str(report)
    for gradient in tie.invalid:
        assert verify(tie.f, tie.hand(gradient), *tie.args).verdict == "wrong"


def test_the_report_says_along_which_direction():
    report = verify(np.max, lambda a: 1.0 * (a == a.max()), np.array([[1.0, 1.0], [0.5, 1.0]]))
    assert "along a direction of 3 elements the derivative is 1, by this gradient 3" in " ".join(str(report).split())
    assert report.verdicts[0].wrong.tolist() == [[True, True], [False, True]]


def test_an_argument_that_is_right_stays_so_beside_one_that_is_not():
    def f(a, b, c):
        return np.abs(a - b) + np.maximum(c, 0)

    def hand(a, b, c):
        return 1.0, 1.0, 1.0 * (c > 0)

    assert [v.verdict for v in verify(f, hand, 2.0, 2.0, 0.0).verdicts] == ["wrong", "wrong", "kink"]


def test_nothing_more_is_evaluated_where_there_is_no_kink(monkeypatch):
    def no_pieces(*_):
        raise AssertionError

    monkeypatch.setattr("autograd_lite.verification.subgradients.Pieces", no_pieces)
    x = np.array([0.5, -1.0])
    assert verify(lambda x: np.sum(np.maximum(x, 0)), lambda x: 1.0 * (x > 0), x).verdict == "right"
    assert verify(lambda x: np.sum(np.maximum(x, 0)), lambda x: 2.0 * (x > 0), x).verdict == "wrong"


@pytest.mark.parametrize(("count", "size"), [(3, 2), (30, 5), (60, 20), (200, 50)])
@pytest.mark.parametrize("shift", [0.0, 0.4, 2.0])
def test_the_nearest_point_of_a_hull(count, size, shift):
    rng = np.random.default_rng(count)
    points = np.vstack([rng.normal(size=(count, size)), rng.integers(-1, 2, (count, size))]) + shift
    hull = Hull(points[0])
    for _ in range(1000):
        if np.abs(hull.nearest).max() < 1e-9 or hull.gain(points).max() < 1e-9:
            break
        hull.add(points[np.argmax(hull.gain(points))])
    nearest = hull.nearest
    assert np.all(points @ nearest >= nearest @ nearest - 1e-8 * (1 + np.abs(points @ nearest)))
    np.testing.assert_allclose(hull.weights.sum(), 1)
    assert hull.weights.min() > 0
