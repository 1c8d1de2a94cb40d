"""Subgradients are judged as vectors: those in the hull of the gradients nearby are right, all others wrong."""

import pytest

from autograd_lite import verify
from tests.support.subgradients import HELD_OUT, TIES

ALL = TIES | HELD_OUT
VALID = [(name, i) for name, tie in ALL.items() for i in range(len(tie.subgradients()))]
INVALID = [(name, i) for name, tie in ALL.items() for i in range(len(tie.invalid))]


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
