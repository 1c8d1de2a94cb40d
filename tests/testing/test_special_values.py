"""Mistakes that show at 0, 1, -1, far out or at the ends of a domain alone: `check_op` finds each."""

from itertools import cycle

import numpy as np
import pytest

from autograd_lite.ops import table
from autograd_lite.testing import check_op
from tests.support.planted import (
    CONDITIONS,
    EDGES,
    HELD_OUT,
    NO_DERIVATIVE,
    PLANTED,
    RIGHT,
    condition,
    spoiled,
    values_of,
)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("mistake", PLANTED)
def test_a_planted_mistake_is_found(mistake):
    op, says = PLANTED[mistake]
    with pytest.raises(AssertionError) as raised:
        check_op(op, max_examples=20)
    message = str(raised.value)
    assert message.startswith("op 'mine': ")
    for part in says:
        assert part in message


EVERY = [(*edge, says) for edge in EDGES for says in (*CONDITIONS, *HELD_OUT)]
USUAL = {(*edge, says) for edge, says in zip(EDGES, cycle(CONDITIONS), strict=False)}  # one for each rule
MISTAKES = [pytest.param(*each, marks=() if each in USUAL else pytest.mark.deep) for each in EVERY]


@pytest.mark.parametrize(("name", "position", "says"), MISTAKES)
def test_a_mistake_planted_into_a_row_of_the_table_is_found(name, position, says):
    where = condition(name, position, says)
    if (name, position, says) in NO_DERIVATIVE or not np.any(where(values_of(name, position))):
        return
    with pytest.raises(AssertionError, match="is wrong"):
        check_op(spoiled(table[name], position, where), order=1, max_examples=1)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", RIGHT)
def test_a_right_op_passes(name):
    check_op(RIGHT[name], order=1, max_examples=20)
