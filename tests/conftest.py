"""Hypothesis profiles: no deadline anywhere; the same examples every time; for `make deep`, many more, and new ones."""

from hypothesis import settings

settings.register_profile("repeatable", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("deep", deadline=None, max_examples=3_000)
settings.load_profile("repeatable")
