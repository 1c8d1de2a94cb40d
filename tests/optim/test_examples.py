"""The examples in the docstrings print what they show."""

import doctest
import sys

import numpy as np
import pytest

import autograd_lite as ag
from tests.support.house import MODULES, room


@pytest.mark.parametrize("module", [module for module in MODULES if room(module) == "optim"])
def test_examples(module):
    if module.endswith(".minimum"):
        pytest.importorskip("scipy")
    found = doctest.testmod(sys.modules[module], extraglobs={"ag": ag, "np": np})
    assert found.failed == 0


def test_what_a_user_calls_has_an_example():
    without = {name for name in ag.optim.__all__ if ">>> " not in (getattr(ag.optim, name).__doc__ or "")}
    assert without == {"AdamW", "Constant", "Minimum", "Momentum", "Optimizer", "RMSProp", "Schedule"}
