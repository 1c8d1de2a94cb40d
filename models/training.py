"""Training by mini-batches: held-out error after each epoch, early stopping, and checkpoints that it goes on from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import autograd_lite as ag
from models.checks import InputError
from models.progress import Steps, quiet

Tree = Any
Loss = Callable[..., Any]
"""(params, *batch) -> the loss over the examples of the batch."""


@dataclass
class Trained:
    """What training has reached.

    Attributes
    ----------
    params : tree of arrays
        The best so far: of the epoch with the smallest held-out error, or the last where nothing was held out.
    training, held_out : list of float
        The loss over all examples of each kind, before the first epoch and after each.
    best : int
        The epoch of `params`.
    """

    params: Tree
    training: list[float] = field(default_factory=list)
    held_out: list[float] = field(default_factory=list)
    best: int = 0

    @property
    def epochs(self) -> int:
        """The epochs that were run."""
        return len(self.training) - 1


def train(
    loss: Loss,
    params: Tree,
    data: tuple[Any, ...],
    *,
    optimizer: Any,
    epochs: int,
    rng: np.random.Generator,
    size: int | None = None,
    vary: Callable[..., tuple[Any, ...]] | None = None,
    held_out: tuple[Any, ...] | None = None,
    patience: int | None = None,
    checkpoint: Path | None = None,
    setup: Mapping[str, Any] | None = None,
    progress: Steps = quiet,
) -> Trained:
    """Lower a loss by mini-batches; return the best parameters and the errors on the way.

    Parameters
    ----------
    loss : callable
    params : tree of arrays
    data, held_out : tuples of arrays of one length
        Training steps by the first alone; the second measures.
    optimizer : Optimizer
        One of `ag.optim`, before its first step.
    epochs : int
    rng : numpy.random.Generator
        Shuffles the examples of each epoch.
    size : int, optional
        Of a mini-batch; all examples by default.
    vary : callable, optional
        (rng, *batch) -> the batch to step by, such as one with noise; what is measured stays as it is.
    patience : int, optional
        Stop when the held-out error has not been smaller for so many epochs.
    checkpoint : Path, optional
        Written at the start and after each epoch. Where it is there already, the run goes on from it, to the same
        result.
    setup : mapping, optional
        What the run is made of beside its data, such as its seed: a checkpoint of a run with another one is refused.
    progress : callable
        Makes the steps that are iterated over: (count, start) -> Progress.

    Raises
    ------
    ValueError
        Where a loss is not finite, and the checkpoint is then the one of the epoch before; where the checkpoint is
        damaged, or of another run.
    """
    value_and_grad = ag.value_and_grad(loss)
    run = Trained(params)
    setup = dict(setup or {})
    if checkpoint is not None and checkpoint.exists():
        params, run = _restored(checkpoint, setup, params, optimizer, rng)
    else:
        _measure(run, loss, params, data, held_out)
        _save(checkpoint, setup, params, run, optimizer, rng)
    steps = progress(epochs, run.epochs)
    for _ in steps:
        if patience is not None and run.epochs - run.best >= patience:
            break
        for batch in ag.optim.batches(data, size or len(data[0]), rng):
            _, gradient = value_and_grad(params, *(vary(rng, *batch) if vary else batch))
            params = optimizer.step(params, gradient)
        steps.loss = _measure(run, loss, params, data, held_out)
        _save(checkpoint, setup, params, run, optimizer, rng)
    return run


def _measure(run: Trained, loss: Loss, params: Tree, data: tuple[Any, ...], held_out: tuple[Any, ...] | None) -> float:
    """Note the errors of the parameters, and keep these if they are the best; return the training error."""
    run.training.append(_finite(loss(params, *data), run.epochs + 1))
    if held_out is not None:
        run.held_out.append(_finite(loss(params, *held_out), run.epochs))
    if held_out is None or np.argmin(run.held_out) == run.epochs:
        run.best, run.params = run.epochs, params
    return run.training[-1]


def _finite(error: Any, epoch: int) -> float:
    if not np.isfinite(error):
        raise InputError(f"loss: expected a finite number, got {error} after epoch {epoch}; try a lower learning rate")
    return float(error)


def _save(
    checkpoint: Path | None, setup: dict[str, Any], params: Tree, run: Trained, optimizer: Any, rng: np.random.Generator
) -> None:
    if checkpoint is None:
        return
    state = {"params": params, "run": vars(run), "optimizer": optimizer.state, "rng": rng.bit_generator.state}
    try:
        ag.save(checkpoint, {"setup": setup, **state})
    except ValueError as problem:
        raise InputError(f"checkpoint: {problem}") from None


def _restored(
    checkpoint: Path, setup: dict[str, Any], start: Tree, optimizer: Any, rng: np.random.Generator
) -> tuple[Tree, Trained]:
    _, of_the_kind = ag.ravel(start)  # a file has dicts for named tuples and dataclasses
    try:
        state = ag.load(checkpoint)
        found = state.get("setup") if isinstance(state, dict) else None
        if found != setup:
            got = "another file" if found is None else found
            raise InputError(f"expected one of a run with {setup}, got {got}")
        params, best = (of_the_kind(ag.ravel(tree)[0]) for tree in (state["params"], state["run"]["params"]))
        optimizer.state, rng.bit_generator.state = state["optimizer"], state["rng"]
    except ValueError as problem:
        raise InputError(f"checkpoint: {problem}") from None
    return params, Trained(**state["run"] | {"params": best})
