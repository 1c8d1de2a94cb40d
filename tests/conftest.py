"""Hypothesis profiles: no deadline anywhere; on CI the same examples every time; many more for `make deep`."""

import os

from hypothesis import settings

settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("deep", deadline=None, max_examples=3_000)
settings.load_profile("ci" if os.environ.get("CI") else "local")
