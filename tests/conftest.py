"""Hypothesis profiles: no deadline; the same examples every time, unless fresh ones or many more are asked for.

``make test ARGS="-m hypothesis --hypothesis-profile=fresh"`` tries new examples, ``make deep`` tries many.
"""

from hypothesis import settings

settings.register_profile("repeatable", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("fresh", deadline=None, print_blob=True)
settings.register_profile("deep", deadline=None, max_examples=3_000)
settings.load_profile("repeatable")
