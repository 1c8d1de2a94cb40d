"""What every single neuron shares: its parameters, checked input and stochastic gradient descent."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from models.checks import Array, finite_array, positive_count, positive_rate, training_set

Scalar = np.float64 | Array
"""One number: 0-d, or of shape (1,) where the bias has that shape."""

ERROR_INTERVAL = 100
"""Training measures the error over all instances once in so many iterations."""


def decide(prediction: Scalar) -> int:
    """Return the class a prediction stands for: 1 above 0.5, else 0."""
    return int(np.asarray(prediction).item() > 0.5)


class SingleNeuron(ABC):
    """A neuron with a sigmoid, trained on squared error; a subclass says how it predicts and differentiates.

    Parameters
    ----------
    learning_rate : float
        Step of the descent, finite and above 0.
    inputs : int
        Width of the input vectors.
    rng : numpy.random.Generator, optional
        Draws the initial parameters, then one instance for each training iteration.
        Neurons with the same seed see the same draws. A fresh one by default.

    Attributes
    ----------
    weights : ndarray of float64, shape (inputs,)
    bias : float64, 0-d (an array of shape (1,) may be assigned)
    learning_rate : float

    Raises
    ------
    TypeError, ValueError
        If `learning_rate`, `inputs` or `rng` is not as described.
    """

    weights: Array
    bias: Scalar

    def __init__(
        self, learning_rate: float, *, inputs: int = 2, rng: np.random.Generator | None = None
    ) -> None:
        self.learning_rate = positive_rate("learning_rate", learning_rate)
        width = positive_count("inputs", inputs)
        if not (rng is None or isinstance(rng, np.random.Generator)):
            raise TypeError(f"rng: expected a numpy.random.Generator, such as default_rng(0), got {rng!r}")
        self._rng = np.random.default_rng() if rng is None else rng
        self.weights = self._rng.standard_normal(width)
        self.bias = np.float64(self._rng.standard_normal())

    @abstractmethod
    def _make_prediction(self, input_vector: Array) -> Scalar:
        """Return the prediction for an input that has been checked."""

    @abstractmethod
    def _compute_gradients(self, input_vector: Array, target: float) -> tuple[Scalar, Array]:
        """Return (derror_dbias, derror_dweights) at one instance, each in its parameter's shape."""

    def predict(self, input_vector: Any) -> Scalar:
        """Return the prediction, between 0 and 1, for one input vector.

        Parameters
        ----------
        input_vector : array_like of numbers, shape (inputs,)

        Raises
        ------
        TypeError, ValueError
            If `input_vector` has another shape or holds anything but finite numbers.
        """
        return self._make_prediction(finite_array("input_vector", input_vector, self.weights.shape))

    def _update_parameters(self, derror_dbias: Scalar, derror_dweights: Array) -> None:
        """Step against the gradient, by the learning rate."""
        self.bias = self.bias - derror_dbias * self.learning_rate
        self.weights = self.weights - derror_dweights * self.learning_rate

    def train(
        self,
        input_vectors: Any,
        targets: Any,
        iterations: int,
        *,
        progress: Callable[[range], Iterable[int]] = iter,
    ) -> list[float]:
        """Train by stochastic gradient descent: one random instance an iteration.

        Parameters
        ----------
        input_vectors : array_like of numbers, shape (n, inputs)
        targets : array_like of numbers, shape (n,)
        iterations : int
            At least 1.
        progress : callable, optional
            Wraps the range of iterations, as a progress bar does.

        Returns
        -------
        list of float
            The squared error summed over all instances, after iterations 0, 100, 200, ...

        Raises
        ------
        TypeError, ValueError
            If an argument is not as described. The neuron is then unchanged.
        """
        vectors, goals = training_set(input_vectors, targets, len(self.weights))
        steps = range(positive_count("iterations", iterations))
        cumulative_errors = []
        for iteration in progress(steps):
            instance = self._rng.integers(len(vectors))
            derror_dbias, derror_dweights = self._compute_gradients(vectors[instance], goals[instance])
            self._update_parameters(derror_dbias, derror_dweights)
            if iteration % ERROR_INTERVAL == 0:
                cumulative_errors.append(self._cumulative_error(vectors, goals))
        return cumulative_errors

    def _cumulative_error(self, input_vectors: Array, targets: Array) -> float:
        """Return the squared error summed over all instances."""
        predictions = [self._make_prediction(input_vector) for input_vector in input_vectors]
        return float(np.sum(np.square(np.ravel(predictions) - targets)))
