"""Loops in parts: results and errors do not depend on the number of threads."""

import numpy as np
import pytest

from autograd_lite.compiled.parts import in_parts

ROWS, BLOCK = 1000, 64

each_number_of_threads = pytest.mark.parametrize("threads", [1, 2, 5, 16])


@each_number_of_threads
def test_every_row_is_run_once(threads):
    x = np.random.default_rng(0).normal(size=ROWS)

    def loop(first, last, x):
        assert first % BLOCK == 0
        return np.sum(x[first:last]), np.max(x[first:last])

    total, largest = in_parts(loop, ROWS, BLOCK, (np.add, np.maximum), (x,), threads)
    assert (total, largest) == (in_parts(loop, ROWS, BLOCK, (np.add, np.maximum), (x,), 1)[0], np.max(x))
    np.testing.assert_allclose(total, np.sum(x), rtol=1e-12)


@each_number_of_threads
@pytest.mark.parametrize("kind", [IndexError, ValueError])
def test_an_error_is_that_of_the_first_part_that_fails(kind, threads):
    def loop(first, last):
        if first >= 256:
            raise kind(f"in the part from {first}")
        return (0.0,)

    with pytest.raises(kind, match="in the part from 256"):
        in_parts(loop, 1024, 64, (np.add,), (), threads)


@each_number_of_threads
def test_threads_see_the_context_of_the_caller(threads):
    def loop(first, last):
        return (np.float64(1) / np.float64(0),)

    with np.errstate(divide="raise"), pytest.raises(FloatingPointError, match="divide by zero"):
        in_parts(loop, ROWS, BLOCK, (np.add,), (), threads)
