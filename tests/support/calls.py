"""Every call that the samples of the op table make."""

import functools
import zlib

import numpy as np
import pytest

from autograd_lite.ops import table
from autograd_lite.ops.samples import domains_of, samples_of
from tests.support.sampling import sampled

ROWS = {id(row): (name, row) for name, row in reversed(table.items())}  # aliases once
CALLS = {f"{name}-{i}": (row, s) for name, row in ROWS.values() for i, s in enumerate(samples_of(row))}


def on_calls(calls, every=1):
    """Return a decorator for tests of a call, of which there are thousands: an op, with all of its calls, is a test.

    One op in so many is a test of `make test`, the others of `make deep`.
    """
    of_ops: dict[str, dict[str, tuple[object, ...]]] = {}
    for name in sorted(calls):
        of_ops.setdefault(name.rpartition("-")[0] or name, {})[name] = calls[name]

    def decorator(test):
        @pytest.mark.parametrize("op", sampled(of_ops, every))
        @functools.wraps(test)
        def of_op(op):
            for name, call in of_ops[op].items():
                try:
                    test(*call)
                except BaseException as error:
                    error.add_note(f"on the call {name}")
                    raise

        del of_op.__wrapped__  # pytest would give it what that takes
        return of_op

    return decorator


each_call = on_calls(CALLS)
sampled_calls = on_calls(CALLS, 3)
each_call_of_several = on_calls({name: call for name, call in CALLS.items() if len(call[1].inputs) > 1})


def complex_inputs(row):
    """Return complex inputs, if NumPy's ufunc takes them."""
    if not (isinstance(row.numpy, np.ufunc) and row.elementwise and any("D" in types for types in row.numpy.types)):
        return []
    rng = np.random.default_rng(zlib.crc32(row.name.encode()))
    return [[d.draw(rng, (3,)) + 1j * rng.uniform(0.1, 0.9, (3,)) for d in domains_of(row)]]
