"""Samples of long tables of tests: the rest is for `make deep`."""

from zlib import crc32

import pytest


def in_sample(case, every):
    """Whether a case is one in so many, by its name."""
    return crc32(str(case).encode()) % every == 0


def sampled(cases, every, marked=()):
    """Return cases as parameters, of which one in so many, by its name, runs in `make test`; some names have marks."""
    marked = dict(marked)
    return [
        pytest.param(
            case,
            marks=[*marked.get(str(case), ()), *([] if in_sample(case, every) else [pytest.mark.deep])],
            id=str(case),
        )
        for case in cases
    ]
