"""Gradient descent, with momentum, and Adam, over any tree of arrays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.core import trees
from autograd_lite.core.shapes import Shape
from autograd_lite.core.tape import current_run
from autograd_lite.core.tensor import Tensor, raw
from autograd_lite.core.trees import Tree
from autograd_lite.core.values import plain


class Optimizer:
    """What the optimisers share: checks, and one step for each leaf of a tree.

    Parameters
    ----------
    learning_rate : float
        Finite and positive. It may be changed between steps.

    Raises
    ------
    ValueError
        For a learning rate that is not finite and positive.
    """

    def __init__(self, learning_rate: float) -> None:
        self.learning_rate = learning_rate
        self.steps = 0
        self._state: list[Any] = []
        self._shapes: list[Shape] | None = None
        self._first: Tree = None

    @property
    def learning_rate(self) -> float:
        """The step size; a new one is checked as the first was."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self._learning_rate = check_positive("learning_rate", value)

    def step(self, params: Tree, gradients: Tree) -> Tree:
        """Return the parameters after one step; the ones given are left as they are.

        Parameters
        ----------
        params : tree of arrays
        gradients : tree of the same structure and shapes, as `grad` returns it

        Returns
        -------
        tree of arrays, of the dtypes of the parameters

        Raises
        ------
        ValueError
            Where the trees differ in structure or shapes, or the shapes from those of the first step.
        TypeError
            Where a leaf is no array of real numbers. After an error nothing has changed.
        """
        trees.map_tree(_check_leaf, params, gradients)
        first = params if self._first is None else self._first  # later ones may have their keys in another order
        leaves = trees.flatten_like(first, params)
        if leaves is None:
            raise ValueError(
                f"this optimiser has stepped a tree {trees.describe(first)} so far, and now got "
                f"{trees.describe(params)}; make one optimiser for each model"
            )
        shapes = [np.shape(p) for p in leaves]
        if self._shapes is None:
            self._first = trees.map_tree(lambda p: 0.0, params)
            self._shapes, self._state = shapes, [self._start(np.zeros_like(p)) for p in leaves]
        if shapes != self._shapes:
            raise ValueError(
                f"this optimiser has stepped arrays of shapes {self._shapes} so far, and now got {shapes}; "
                "make one optimiser for each model"
            )
        self.steps += 1
        new = []
        for i, (p, g) in enumerate(zip(leaves, trees.flatten_like(first, gradients) or [], strict=True)):
            change, self._state[i] = self._change(g, self._state[i])
            new.append(_subtract(p, change))
        return trees.flatten(first)[1](new)

    def _start(self, zeros: Any) -> Any:
        """Return the state of one parameter before the first step."""
        return None

    def _change(self, g: Any, state: Any) -> tuple[Any, Any]:
        """Return what to subtract from one parameter, and its next state."""
        raise NotImplementedError


class SGD(Optimizer):
    """Gradient descent: ``p - learning_rate * g``.

    Examples
    --------
    >>> SGD(0.1).step({"w": np.array([1.0, 2.0])}, {"w": np.array([1.0, 1.0])})
    {'w': array([0.9, 1.9])}
    """

    def _change(self, g: Any, state: Any) -> tuple[Any, Any]:
        return self.learning_rate * g, None


class Momentum(Optimizer):
    """Gradient descent with momentum: ``v = momentum * v + g; p - learning_rate * v``.

    Parameters
    ----------
    learning_rate : float
    momentum : float in [0, 1)
    nesterov : bool
        Step by ``g + momentum * v``, which looks ahead (I. Sutskever et al., ICML 2013).
    """

    def __init__(self, learning_rate: float, momentum: float = 0.9, *, nesterov: bool = False) -> None:
        super().__init__(learning_rate)
        self.momentum = check_fraction("momentum", momentum)
        self.nesterov = nesterov

    def _start(self, zeros: Any) -> Any:
        return zeros

    def _change(self, g: Any, state: Any) -> tuple[Any, Any]:
        velocity = self.momentum * state + g
        return self.learning_rate * (g + self.momentum * velocity if self.nesterov else velocity), velocity


class Adam(Optimizer):
    """Adam (D. Kingma and J. Ba, ICLR 2015): steps scaled by running moments of the gradient.

    Parameters
    ----------
    learning_rate : float
    beta1, beta2 : float in [0, 1)
        Decay of the first and second moment.
    epsilon : float
        Added to the root of the second moment.
    """

    def __init__(
        self, learning_rate: float = 1e-3, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8
    ) -> None:
        super().__init__(learning_rate)
        self.beta1 = check_fraction("beta1", beta1)
        self.beta2 = check_fraction("beta2", beta2)
        self.epsilon = check_positive("epsilon", epsilon)

    def _start(self, zeros: Any) -> Any:
        return zeros, zeros

    def _change(self, g: Any, state: Any) -> tuple[Any, Any]:
        first, second = state
        first = self.beta1 * first + (1 - self.beta1) * g
        second = self.beta2 * second + (1 - self.beta2) * g * g
        unbiased = first / (1 - self.beta1**self.steps)
        scale = np.sqrt(second / (1 - self.beta2**self.steps)) + self.epsilon
        return self.learning_rate * unbiased / scale, (first, second)


def check_positive(name: str, value: float) -> float:
    """Return a finite, positive number; raise ValueError for anything else."""
    if not (isinstance(value, (int, float, np.integer, np.floating)) and math.isfinite(value) and value > 0):
        raise ValueError(f"expected {name} to be finite and positive, got {value!r}")
    return float(value)


def check_fraction(name: str, value: float) -> float:
    """Return a number in [0, 1); raise ValueError for anything else."""
    if not (isinstance(value, (int, float, np.integer, np.floating)) and 0 <= value < 1):
        raise ValueError(f"expected {name} to be in [0, 1), got {value!r}")
    return float(value)


def _check_leaf(p: Any, g: Any) -> None:
    for name, x in (("parameter", p), ("gradient", g)):
        if type(x) is Tensor and current_run() is None:
            raise TypeError(f"expected a {name} to be an array, got a Tensor; pass its .value (or .grad)")
        dtype = np.asarray(plain(raw(x))).dtype
        if dtype.kind not in "fiub":
            hint = "; take its real and imaginary parts as two parameters" if dtype.kind == "c" else ""
            raise TypeError(f"expected a {name} to be an array of real numbers, got dtype {dtype}{hint}")
    if np.shape(p) != np.shape(g):
        raise ValueError(f"expected a gradient of the parameter's shape {np.shape(p)}, got one of shape {np.shape(g)}")


def _subtract(p: Any, change: Any) -> Any:
    """Return the new parameter, in the dtype of the old one if that is inexact."""
    new = p - change
    dtype = getattr(p, "dtype", None)
    return new.astype(dtype) if dtype is not None and dtype.kind == "f" and new.dtype != dtype else new
