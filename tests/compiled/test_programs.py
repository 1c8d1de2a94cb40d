"""Random programs, compiled: values and gradients are those of the record, at other arguments and in blocks too."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.compiled.sizes import FEW_NUMBERS
from autograd_lite.testing.random_programs import random_program
from tests.support.compiling import NOISE, compiled_at, in_small_blocks, leaves_of, quietly, same
from tests.support.losses import drawn, each_loss, layers
from tests.support.sampling import sampled

PROGRAMS = 500


@pytest.mark.parametrize("seed", sampled(range(PROGRAMS), 10))
def test_a_random_program(seed):
    program = random_program(seed)
    f = ag.value_and_grad(program.function, tuple(range(len(program.args))))
    if " if " in program.source.replace("\n", " "):
        with pytest.raises(TypeError, match=r"asks for a value|cannot be compiled"):
            ag.compile(f)(*program.args)
    elif compiled := compiled_at(f, *program.args):
        quietly(same, f, *program.args, compiled=compiled, tolerance=NOISE)


SIZES = (1, 2, 7, 63, 64, 65, 200, 1000)


@each_loss
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_one_program_serves_all_sizes(loss, dtype, monkeypatch):
    in_small_blocks(monkeypatch)
    compiled = ag.compile(drawn(loss, 200)[0])
    short = 0
    for n in (200, *SIZES):
        f, args = drawn(loss, n, dtype)
        quietly(same, f, *args, compiled=compiled)
        short += all(np.size(x) <= FEW_NUMBERS for x in args)  # these have a program for each size
    assert len({id(program) for program in compiled._programs.values()}) == 1 + short


def test_an_array_as_long_as_there_are_rows_is_no_row_of_them():
    """Weights of 64 rows beside 64 samples: their arrays are of one shape at first, and of two with fewer samples."""
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=shape) for shape in ((64, 128), (128,), (128, 3), (3,))]
    f = ag.value_and_grad(layers, (0, 1, 2, 3))
    compiled = ag.compile(f)
    for n in (64, 128, 5, 36, 300):
        same(f, *weights, rng.normal(size=(n, 64)), rng.integers(0, 3, n), compiled=compiled)


def test_what_is_picked_along_an_axis_has_a_gradient_in_blocks(monkeypatch):
    """Its index numbers the rows in a column."""
    in_small_blocks(monkeypatch)
    rng = np.random.default_rng(0)
    f = ag.value_and_grad(lambda w, x, y: np.sum(np.take_along_axis(np.tanh(w * x), y[:, None], axis=1)))
    same(f, rng.normal(size=3), rng.normal(size=(300, 3)), rng.integers(0, 3, 300))


OF_INTEGERS = {
    "sum": lambda x: np.sum(x, axis=0),
    "sum in double precision": lambda x: np.sum(x, axis=0, dtype=np.float64),
    "mean": lambda x: np.mean(x, axis=0),
    "norm": lambda x: np.linalg.norm(x, axis=0),
}


@pytest.mark.parametrize("f", OF_INTEGERS.values(), ids=OF_INTEGERS)
@pytest.mark.parametrize("n", [1, 300])
@pytest.mark.parametrize("kind", [np.int8, np.uint8, bool, np.int64])
def test_small_integers_are_added_in_more_bits(f, n, kind):
    same(f, np.random.default_rng(0).integers(0, 120, (n, 3)).astype(kind))


@each_loss
def test_the_result_does_not_depend_on_threads(loss, monkeypatch):
    in_small_blocks(monkeypatch)
    f, args = drawn(loss, 1000)
    first, *others = [ag.compile(f, threads=threads)(*args) for threads in (1, 2, 5)]
    for other in others:
        for x, y in zip(leaves_of(first), leaves_of(other), strict=True):
            np.testing.assert_array_equal(x, y)


@each_loss
def test_arrays_of_any_layout(loss, monkeypatch):
    in_small_blocks(monkeypatch)
    f, args = drawn(loss, 300)
    compiled = ag.compile(f)
    for order in ("reversed", "strided", "columns"):
        given = [_laid_out(x, order) if isinstance(x, np.ndarray) else x for x in args]
        quietly(same, f, *given, compiled=compiled)


def _laid_out(x, order):
    if order == "reversed":
        return x[::-1].copy()[::-1]
    if order == "strided":
        return np.repeat(x, 2, axis=0)[::2]
    return np.asfortranarray(x)


@each_loss
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e300])
def test_values_that_are_not_ordinary(loss, value, monkeypatch):
    f, args = drawn(loss, 200)
    compiled = ag.compile(f)
    for limit in (None, 0):
        if limit == 0:
            in_small_blocks(monkeypatch)
            compiled = ag.compile(f)
        given = [x.copy() if isinstance(x, np.ndarray) else x for x in args]
        arrays = [x for x in given if isinstance(x, np.ndarray) and x.dtype.kind == "f"]
        for x in arrays:
            x.flat[:: max(x.size // 3, 1)] = value
        quietly(same, f, *given, compiled=compiled, tolerance=NOISE)
