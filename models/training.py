"""Training: held-out error after each epoch of mini-batches, early stopping, checkpoints that it goes on from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
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
    value_and_grad: Callable[..., tuple[Any, Tree]] | None = None,
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
    value_and_grad : callable, optional
        (params, *batch) -> the loss and its gradient; ``ag.value_and_grad(loss)`` by default.
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
    value_and_grad = value_and_grad or ag.value_and_grad(loss)
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
    _write(checkpoint, setup, state)


def _write(checkpoint: Path, setup: dict[str, Any], state: dict[str, Any]) -> None:
    try:
        ag.save(checkpoint, {"setup": setup, **state})
    except ValueError as problem:
        raise InputError(f"checkpoint: {problem}") from None


def _restored(
    checkpoint: Path, setup: dict[str, Any], start: Tree, optimizer: Any, rng: np.random.Generator
) -> tuple[Tree, Trained]:
    _, of_the_kind = ag.ravel(start)  # a file has dicts for named tuples and dataclasses
    state = _read(checkpoint, setup)
    try:
        params, best = (of_the_kind(ag.ravel(tree)[0]) for tree in (state["params"], state["run"]["params"]))
        optimizer.state, rng.bit_generator.state = state["optimizer"], state["rng"]
    except ValueError as problem:
        raise InputError(f"checkpoint: {problem}") from None
    return params, Trained(**state["run"] | {"params": best})


def _read(checkpoint: Path, setup: dict[str, Any]) -> Any:
    try:
        state = ag.load(checkpoint)
    except ValueError as problem:
        raise InputError(f"checkpoint: {problem}") from None
    found = state.get("setup") if isinstance(state, dict) else None
    if found != setup:
        got = "another file" if found is None else found
        raise InputError(f"checkpoint: expected one of a run with {setup}, got {got}")
    return state


def minimise(
    value_and_grad: Callable[..., tuple[Any, Tree]],
    params: Tree,
    *data: Any,
    iterations: int,
    tolerance: float,
    checkpoint: Path | None = None,
    setup: Mapping[str, Any] | None = None,
    progress: Steps = quiet,
) -> ag.optim.Minimum[Tree]:
    """Minimise a smooth loss by L-BFGS on all examples.

    Parameters
    ----------
    value_and_grad : callable
        (params, *data) -> the loss and its gradient.
    params : tree of arrays
    *data
    iterations : int
        At most so many.
    tolerance : float
        It ends where no element of the gradient is larger.
    checkpoint : Path, optional
        Written after each evaluation of the loss. Where it is there already, the run goes on from it, to the same
        result: all that is done follows from the values of the loss and its gradient, which are read instead.
    setup : mapping, optional
        What the run is made of: a checkpoint of a run with another one is refused.
    progress : callable
        Makes the steps that are iterated over: (count, start) -> Progress.

    Raises
    ------
    ValueError
        Where the checkpoint is damaged, or of another run.
    """
    steps = progress(iterations)
    with closing(iter(steps)) as each:
        next(each)

        def after(params: Tree, value: float) -> None:
            steps.loss = value
            next(each, None)
            if steps.stopped:
                raise StopIteration

        evaluate = _Evaluations(value_and_grad, checkpoint, dict(setup or {}))
        options: dict[str, Any] = {"iterations": iterations, "tolerance": tolerance, "callback": after}
        return ag.optim.lbfgs(evaluate, params, *data, with_gradient=True, **options)


class _Evaluations:
    """A loss with its gradient that notes its values in a checkpoint, and reads there what is known."""

    def __init__(self, f: Callable[..., tuple[Any, Tree]], checkpoint: Path | None, setup: dict[str, Any]) -> None:
        self._f, self._checkpoint, self._setup = f, checkpoint, setup
        is_there = checkpoint is not None and checkpoint.exists()
        self._known: list[Any] = _read(checkpoint, setup)["evaluations"] if checkpoint and is_there else []
        self._asked = 0

    def __call__(self, params: Tree, *data: Any) -> tuple[Any, Tree]:
        if self._asked == len(self._known):
            value, gradient = self._f(params, *data)
            self._known.append({"params": params, "value": float(value), "gradient": gradient})
            if self._checkpoint is not None:
                _write(self._checkpoint, self._setup, {"evaluations": self._known})
        known = self._known[self._asked]
        self._asked += 1
        if not np.array_equal(ag.ravel(known["params"])[0], ag.ravel(params)[0]):
            raise InputError(f"checkpoint: evaluation {self._asked} was at {known['params']}, and now is at {params}")
        return known["value"], known["gradient"]
