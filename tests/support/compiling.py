"""Compiled functions beside the functions themselves."""

import warnings
import zlib

import numpy as np

import autograd_lite as ag
from autograd_lite.compiled import blocks, program, scalars, sizes
from autograd_lite.core import trees
from autograd_lite.numerical import close
from tests.support.calls import CALLS

NOISE = close.of_one_line(1.0, close.eps_of(1.0))  # what is left where values cancel


def same(f, *args, compiled=None, tolerance=0.0):
    """Assert that a compiled function gives what the function gives, in its types and to rounding; return it."""
    compiled = compiled or ag.compile(f)
    expected, given = leaves_of(f(*args)), leaves_of(compiled(*args))
    assert len(given) == len(expected)
    eps = max(close.eps_of(x) for x in (1.0, *leaves_of(args)) if not isinstance(x, (str, slice, type(None))))
    for x, y in zip(given, expected, strict=True):
        if x is None or isinstance(x, str):
            assert x == y
            continue
        assert (np.shape(x), np.asarray(x).dtype) == (np.shape(y), np.asarray(y).dtype)
        assert close.alike(x, y, max(tolerance, close.of_one_line(y, eps))), f"{x} is not {y}:\n{compiled.source}"
    return compiled


def compiled_at(f, *args):
    """Return a function compiled and called once; None where a shape or dtype of its result depends on values."""
    compiled = ag.compile(f)
    try:
        quietly(compiled, *args)
    except TypeError as error:
        if "cannot be compiled" not in str(error):
            raise
        return None
    return compiled


def is_compiled(row, sample):
    """Whether a call of the op table can be compiled, found once."""
    key = row.name, id(sample)
    if key not in _COMPILED:
        _COMPILED[key] = compiled_at(called(row, sample), *drawn(row, sample)) is not None
    return _COMPILED[key]


_COMPILED: dict[tuple[str, int], bool] = {}


def leaves_of(tree):
    return trees.flatten(tree)[0]


def weighted(f):
    """Return the sum of a function's results, each element with a weight of its own: a number to be differentiated."""

    def total(*args):
        z = f(*args)
        parts = z if isinstance(z, (tuple, list)) else (z,)
        return sum(np.sum(np.real(part) * _weights(np.shape(part))) for part in parts)

    return total


def _weights(shape):
    return np.linspace(0.5, 1.5, int(np.prod(shape))).reshape(shape)


def gradients(f, inputs):
    """Return the function that computes the weighted sum of a function's results and its gradient by some inputs."""
    return ag.value_and_grad(weighted(f), tuple(inputs))


def called(row, sample):
    """Return the function that calls an op as a sample does."""
    return lambda *inputs: row([*inputs], **sample.params) if row.spread else row(*inputs, **sample.params)


def drawn(row, sample):
    """Return the inputs of a sample."""
    return sample.draw(np.random.default_rng(zlib.crc32(row.name.encode())))


def samples_of(row):
    """Return the calls that an op is tried on."""
    return [sample for other, sample in CALLS.values() if other is row]


def repeated(x):
    """Return an array of many rows: those of another, again and again. Anything else is left as it is."""
    return np.concatenate([x] * (200 // max(len(x), 1) + 1)) if isinstance(x, np.ndarray) and x.ndim and len(x) else x


def differentiable(f, inputs):
    """Return the places of the inputs that can be differentiated, by what the record says."""
    places = [i for i, x in enumerate(inputs) if not isinstance(x, (list, tuple)) and np.asarray(x).dtype.kind in "fc"]
    try:
        quietly(gradients(f, places), *inputs)
    except (TypeError, ValueError, NotImplementedError):
        return []
    return places


def in_single_precision(inputs):
    """Return inputs with single precision in the place of double."""
    return [x.astype(np.float32) if getattr(x, "dtype", None) == np.float64 else x for x in inputs]


def in_small_blocks(monkeypatch):
    """Let every program run in blocks of 64 rows, where it can."""
    monkeypatch.setattr(program, "STRAIGHT", 0)
    monkeypatch.setattr(program, "BLOCKS", 0)
    monkeypatch.setattr(blocks, "CACHE", 0)


def on_plain_numbers(monkeypatch):
    """Let arrays of the size of samples run on Python's numbers."""
    for module in (scalars, sizes):
        monkeypatch.setattr(module, "FEW_NUMBERS", 64)


def quietly(f, *args, **kwargs):
    """Call a function without NumPy's warnings."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return f(*args, **kwargs)
