"""Gradients agree with HIPS autograd and PyTorch, where they are installed, on every function that they share with us.

A function is shared where a peer has one of the same name that takes the same call and gives the same value. Install
them with ``pip install "autograd_lite[peers]"``.
"""

import importlib
import warnings
import zlib
from typing import Any

import numpy as np
import pytest

from autograd_lite.core.numpy_protocol import path_of
from autograd_lite.core.trees import flatten
from autograd_lite.ops import table
from autograd_lite.ops.samples import samples_of
from autograd_lite.testing.cases import Case, apply

ONE_TRIANGLE = {"cholesky", "eigh", "eigvalsh"}
"""NumPy reads one triangle of the matrix, so that our gradient is in that triangle; theirs is shared between both."""

WRONG_THERE = {
    ("Hips", "tile"): "an integer `reps` repeats the last axis, and its rule folds another",
    ("Hips", "var"): "its rule does not know `correction`",
    ("Hips", "std"): "its rule does not know `correction`",
    ("Torch", "ldexp"): "the exponent broadcasts the number, and its rule forgets all but one exponent",
    ("Torch", "pinv"): "with hermitian=True it reads one triangle, and differentiates as if it had read both",
    ("Torch", "det"): "of a singular matrix, whose determinant has the cofactors for its gradient, it gives 0",
}
"""Calls in which a peer disagrees with differences of values, and we agree with them."""

ROWS = {id(row): row for row in table.values() if samples_of(row)}.values()
RENAMED = {"axis": "dim", "keepdims": "keepdim"}  # PyTorch's words


def peer(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip(name, reason=f'{name} is not installed: pip install "autograd_lite[peers]"')


class Hips:
    """HIPS autograd."""

    def __init__(self):
        self.autograd = peer("autograd")
        self.numpy = importlib.import_module("autograd.numpy")

    def functions(self, row):
        """Return what may be the same function."""
        if row.numpy is None:
            return []
        found: Any = self.numpy
        for part in path_of(row.numpy).split(".")[1:]:
            found = getattr(found, part, None)
        return [found] if found is not None else []

    def vjp(self, function, inputs, places, params, cotangents, spread):
        """Return the value and the cotangents of the inputs at some places."""

        def of_moving(moving):
            full = list(inputs)
            for place, x in zip(places, moving, strict=True):
                full[place] = x
            return function(full, **params) if spread else function(*full, **params)

        pullback, value = self.autograd.make_vjp(of_moving)(tuple(inputs[place] for place in places))
        values = flatten(value)[0]
        return values, pullback(cotangents[0] if len(values) == 1 else type(value)(cotangents))


class Torch:
    """PyTorch."""

    def __init__(self):
        self.torch = peer("torch")

    def functions(self, row):
        """Return what may be the same function."""
        homes = (self.torch, self.torch.linalg, self.torch.fft, self.torch.special, self.torch.nn.functional)
        return [f for home in homes for f in [getattr(home, row.name, None)] if callable(f)]

    def vjp(self, function, inputs, places, params, cotangents, spread):
        """Return the value and the cotangents of the inputs at some places."""
        leaves = [self.torch.tensor(x, requires_grad=i in places) for i, x in enumerate(inputs)]
        params = {RENAMED.get(name, name): value for name, value in params.items()}
        value = function(leaves, **params) if spread else function(*leaves, **params)
        outputs = [value] if isinstance(value, self.torch.Tensor) else list(value)
        seeds = [self.torch.tensor(c) for c in cotangents]
        moving = [leaves[place] for place in places]
        return [z.detach().numpy() for z in outputs], self.torch.autograd.grad(outputs, moving, seeds)


def compare(peer, row, disagreements):
    """Compare the gradients of every call that the peer takes; return how many agree."""
    shared = 0
    rng = np.random.default_rng(zlib.crc32(row.name.encode()))
    for call in samples_of(row):
        inputs = call.draw(rng)
        case = Case(apply(row), inputs, call.params)
        if len(case.cotangents) != len(case.outputs) or any(map(np.iscomplexobj, (*case.leaves, *case.outputs))):
            continue
        for function in peer.functions(row):
            try:
                with warnings.catch_warnings(), np.errstate(all="ignore"):
                    warnings.simplefilter("ignore")
                    warnings.filterwarnings("error", "Output seems independent")
                    values, theirs = peer.vjp(function, inputs, case.places, call.params, case.cotangents, row.spread)
            except Exception:  # it has no such call, or no derivative of it
                continue
            if not all(map(same, values, case.outputs)):
                continue
            ours = case.gradient(*case.leaves)
            agrees = all(same(*both(row, g, np.asarray(h))) for g, h in zip(ours, theirs, strict=True))
            shared += agrees
            if not agrees:
                assert case.wrong() is None
                disagreements.add((type(peer).__name__, row.name))
    return shared


def both(row, ours, theirs):
    """Return two gradients by a symmetric matrix in one form."""
    if row.name in ONE_TRIANGLE and np.ndim(ours) > 1 and ours.shape[-1] == ours.shape[-2]:
        return ours + ours.mT, theirs + theirs.mT
    return ours, theirs


def same(x, y):
    scale = np.max(np.abs(y), initial=0.0)
    return np.shape(x) == np.shape(y) and np.allclose(x, y, rtol=1e-9, atol=1e-9 * scale)


@pytest.mark.parametrize("kind", [Hips, Torch])
def test_gradients_agree(kind):
    of_peer = kind()
    disagreements: set[str] = set()
    shared = {row.name for row in ROWS if compare(of_peer, row, disagreements)}
    assert disagreements <= WRONG_THERE.keys(), "someone is wrong, and it is not we: is it the peer?"
    assert len(shared) > 90, sorted(shared)
