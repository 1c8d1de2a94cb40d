"""Every call that the samples of the op table make."""

import zlib

import numpy as np
import pytest

from autograd_lite.ops import table
from autograd_lite.ops.samples import domains_of, samples_of

ROWS = {id(row): (name, row) for name, row in reversed(table.items())}  # aliases once
CALLS = {f"{name}-{i}": (row, s) for name, row in ROWS.values() for i, s in enumerate(samples_of(row))}
PARAMS = [pytest.param(*CALLS[name], id=name) for name in sorted(CALLS)]
OF_SEVERAL = [pytest.param(*CALLS[name], id=name) for name in sorted(CALLS) if len(CALLS[name][1].inputs) > 1]
each_call = pytest.mark.parametrize(("row", "call"), PARAMS)
each_call_of_several = pytest.mark.parametrize(("row", "call"), OF_SEVERAL)


def complex_inputs(row):
    """Return complex inputs, if NumPy's ufunc takes them."""
    if not (isinstance(row.numpy, np.ufunc) and row.elementwise and any("D" in types for types in row.numpy.types)):
        return []
    rng = np.random.default_rng(zlib.crc32(row.name.encode()))
    return [[d.draw(rng, (3,)) + 1j * rng.uniform(0.1, 0.9, (3,)) for d in domains_of(row)]]
