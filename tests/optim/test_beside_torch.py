"""Each step of each run is PyTorch's, to 1e-10, where it is installed: ``pip install "autograd_lite[peers]"``."""

import warnings

import pytest

from tests.support.beside_torch import RUNS, differences

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    pytest.importorskip("torch", reason='torch is not installed: pip install "autograd_lite[peers]"')


@pytest.mark.parametrize("name", RUNS)
def test_step_for_step(name):
    assert max(differences(name)) < 1e-10
