"""Gradients at kinks, ties and jumps are the documented ones, for every op whose docstring documents one."""

import pytest

from autograd_lite.ops import table
from tests.support.edges import EDGES, fault_at, ops_of


@pytest.mark.parametrize("edge", EDGES)
def test_gradients_are_the_promised_ones(edge):
    assert fault_at(*edge) is None


def test_every_documented_subgradient_is_held_to():
    seen = set().union(*(ops_of(*edge[:2]) for edge in EDGES))
    documented = {name: row for name, row in table.items() if "Subgradient:" in (row.__doc__ or "")}
    assert [name for name, row in documented.items() if id(row) not in seen and row.rules is not None] == []
