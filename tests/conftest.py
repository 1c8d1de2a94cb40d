"""How tests run: the same examples every time, unless fresh ones or many more are asked for; garbage of their own.

``make test ARGS="-m hypothesis --hypothesis-profile=fresh"`` tries new examples, ``make deep`` tries many.
"""

import gc

import pytest
from hypothesis import settings

pytest_plugins = ["pytester"]

settings.register_profile("repeatable", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("fresh", deadline=None, print_blob=True)
settings.register_profile("deep", deadline=None, max_examples=3_000)
settings.load_profile("repeatable")


@pytest.fixture(scope="module", autouse=True)
def garbage_of_its_own():
    """Set aside all objects that are there before a module: tests that call `gc.collect` would look through them."""
    gc.collect()
    gc.freeze()
