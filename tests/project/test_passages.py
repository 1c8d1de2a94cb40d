"""The modules that three calls pass are the ones that CONTRIBUTING.md lists; each room is entered from above."""

import pytest

from tests.support.house import BELOW
from tests.support.passages import BLOCK, CALLS, PAGE, block, passed


def test_the_page_lists_the_modules_that_are_passed():
    found = BLOCK.search(PAGE.read_text("utf-8"))
    assert found is not None
    assert found[0] == block(), "write them anew: python -m tests.support.passages"


@pytest.mark.parametrize("name", CALLS)
def test_a_call_passes_its_own_room_and_those_below(name):
    home, *rooms = dict.fromkeys(module.partition(".")[0] for module in passed(CALLS[name]))
    assert set(rooms) <= {*BELOW[home], "ops"}  # which answer through the registry
