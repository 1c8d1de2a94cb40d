"""Samples of long tables of tests: the rest is for `make deep`."""

from zlib import crc32

import pytest


def sampled(cases, every):
    """Return cases as parameters, of which one in so many, by its name, runs in `make test`."""
    return [
        pytest.param(case, marks=() if crc32(str(case).encode()) % every == 0 else pytest.mark.deep, id=str(case))
        for case in cases
    ]
