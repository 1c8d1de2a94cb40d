"""Random numbers come from one place, and are unlike those that a user draws."""

import ast
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite
from autograd_lite.numerical.streams import stream

ROOMS = ("numerical", "verification")
MODULES = [path for room in ROOMS for path in sorted((Path(autograd_lite.__file__).parent / room).rglob("*.py"))]
OF_USERS = {"draws", "script"}  # they draw the arguments of a call, as a user's own code would
SEEDED: dict[str, Any] = {
    "a number": lambda: 0,
    "another number": lambda: 7,
    "a generator": lambda: np.random.default_rng(0),
    "a seed sequence": lambda: np.random.SeedSequence(0),
}


@pytest.mark.parametrize("seed", SEEDED)
def test_a_stream_is_the_same_each_time_and_unlike_what_a_user_draws(seed):
    make = SEEDED[seed]
    first, again, other = (stream(purpose, make()).normal(size=50) for purpose in ("a", "a", "b"))
    np.testing.assert_array_equal(first, again)
    users = [np.random.default_rng(make()).normal(size=50), np.random.RandomState(0).normal(size=50)]
    for numbers in (other, *users):
        assert abs(np.corrcoef(first, numbers)[0, 1]) < 0.5


def test_it_is_the_same_on_every_machine():
    assert stream("a").integers(1000, size=5).tolist() == [407, 103, 936, 519, 497]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_no_other_module_makes_random_numbers(path):
    names = {node.attr for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Attribute)}
    allowed = path.stem in {"streams", *OF_USERS}
    assert allowed or not names & {"default_rng", "SeedSequence", "RandomState", "seed"}
