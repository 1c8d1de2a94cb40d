"""Noisy examples of a cubic, and polynomials fitted to them, of which the error on new examples is known exactly."""

from typing import Any

import numpy as np

import autograd_lite as ag
from models.checks import Array

NOISE = 0.3  # standard deviation: no model can predict it, so NOISE**2 is the least error on new examples
TRUTH = np.array([0, -3 / 5 / np.sqrt(3), 0, 8 / 5 / np.sqrt(7)])  # 4 x**3 - 3 x in the features below
LINE = NOISE**2 + TRUTH[3] ** 2  # the least error of a line


def truth(x: Any) -> Any:
    """Return what the examples are of, but for the noise."""
    return 4 * x**3 - 3 * x


def sample(n: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return n examples: inputs between -1 and 1, and what is measured there."""
    x = rng.uniform(-1, 1, n)
    return x, truth(x) + NOISE * rng.standard_normal(n)


def features(x: Any, degree: int) -> Array:
    """Return the Legendre polynomials up to a degree at each x, scaled so that each has a mean square of 1."""
    return np.polynomial.legendre.legvander(x, degree) * np.sqrt(2 * np.arange(degree + 1) + 1)


def error(weights: Any, inputs: Any, targets: Any) -> Any:
    """Return the mean squared error of weighted sums of features."""
    return np.mean(ag.square(inputs @ weights - targets), axis=0)


def new_error(weights: Any) -> Any:
    """Return the squared error that is expected on new examples, exactly: the features are orthonormal over [-1, 1].

    So it is the noise, and the squared distance of the weights from those of the truth.
    """
    distance = np.zeros((max(len(weights), len(TRUTH)), *np.shape(weights)[1:]))
    distance[: len(weights)] = weights
    distance.T[..., : len(TRUTH)] -= TRUTH
    return NOISE**2 + np.sum(distance**2, axis=0)
