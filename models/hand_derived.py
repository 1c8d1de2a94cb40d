"""The same neuron with its chain rule derived by hand, in NumPy alone: what the backward pass is held to.

The class is that of `models/neuron.py` word for word, so that either file is read alone: a diff shows what differs.
"""

import sys
from functools import partial
from typing import Any

import numpy as np

from models import checks, pictures
from models.lesson import Lesson, main
from models.points import INPUT_VECTORS, TARGETS, decide
from models.progress import Steps, quiet


def sigmoid(x: Any) -> Any:
    """Return 1 / (1 + exp(-x)), elementwise; neither exponent is ever positive, so nothing overflows."""
    return np.exp(np.minimum(x, 0.0)) / (1 + np.exp(-np.abs(x)))


def sigmoid_deriv(x: Any) -> Any:
    """Return the derivative of the sigmoid, elementwise."""
    return sigmoid(x) * (1 - sigmoid(x))


def make_prediction(input_vector: Any, weights: Any, bias: Any) -> Any:
    """Return sigmoid(input_vector . weights + bias); rows of input vectors give a prediction each."""
    layer_1 = np.dot(input_vector, weights) + bias
    return sigmoid(layer_1)


def squared_error(weights: Any, bias: Any, input_vector: Any, target: Any) -> Any:
    """Return the error of one instance: the square of prediction - target."""
    return np.square(make_prediction(input_vector, weights, bias) - target)


def compute_gradients(weights: Any, bias: Any, input_vector: Any, target: Any) -> tuple[Any, Any]:
    """Return (derror_dbias, derror_dweights) of the error of one instance, by the chain rule."""
    layer_1 = np.dot(input_vector, weights) + bias
    prediction = sigmoid(layer_1)

    derror_dprediction = 2 * (prediction - target)
    dprediction_dlayer1 = sigmoid_deriv(layer_1)
    dlayer1_dbias = 1
    dlayer1_dweights = (0 * weights) + (1 * input_vector)

    derror_dbias = derror_dprediction * dprediction_dlayer1 * dlayer1_dbias
    derror_dweights = derror_dprediction * dprediction_dlayer1 * dlayer1_dweights
    return derror_dbias, derror_dweights


class NeuralNetwork:
    """A neuron that learns by gradient descent, from one random instance at a time."""

    def __init__(self, learning_rate: float, *, inputs: int = 2, rng: np.random.Generator | None = None) -> None:
        self.learning_rate = checks.positive_rate("learning_rate", learning_rate)
        self.rng = checks.generator("rng", rng)
        self.weights: Any = self.rng.standard_normal(checks.positive_count("inputs", inputs))
        self.bias: Any = np.float64(self.rng.standard_normal())

    def predict(self, input_vector: Any) -> Any:
        """Return the prediction, between 0 and 1, for one input vector of shape (inputs,)."""
        vector = checks.finite_array("input_vector", input_vector, self.weights.shape)
        return make_prediction(vector, self.weights, self.bias)

    def _compute_gradients(self, input_vector: Any, target: Any) -> Any:
        return compute_gradients(self.weights, self.bias, input_vector, target)

    def _update_parameters(self, derror_dbias: Any, derror_dweights: Any) -> None:
        self.bias = self.bias - derror_dbias * self.learning_rate
        self.weights = self.weights - derror_dweights * self.learning_rate

    def train(self, input_vectors: Any, targets: Any, iterations: int, progress: Steps = quiet) -> list[float]:
        """Return the error summed over all instances after iterations 0, 100, 200, ..."""
        vectors, goals = checks.examples(input_vectors, targets, len(self.weights), ("input_vectors", "targets"))
        steps = progress(checks.positive_count("iterations", iterations))
        cumulative_errors = []
        for iteration in steps:
            instance = self.rng.integers(len(vectors))
            self._update_parameters(*self._compute_gradients(vectors[instance], goals[instance]))
            if iteration % 100 == 0:
                steps.loss = float(np.sum(squared_error(self.weights, self.bias, vectors, goals)))
                cumulative_errors.append(steps.loss)
        return cumulative_errors


def run(lesson: Lesson, *, seed: int = 1, iterations: int = 10_000, learning_rate: float = 0.1) -> None:
    """Train on the eight points."""
    network = NeuralNetwork(learning_rate, rng=np.random.default_rng(seed))
    errors = network.train(INPUT_VECTORS, TARGETS, iterations, partial(lesson.progress, "training"))
    lesson.picture("cumulative_error.png", pictures.cumulative_error(errors, 100))
    decisions = [decide(network.predict(input_vector)) for input_vector in INPUT_VECTORS]
    lesson.measured("last error", errors[-1])
    lesson.measured("right decisions of 8", np.sum(decisions == TARGETS))


if __name__ == "__main__":
    sys.exit(main(run, iterations="training iterations", learning_rate="step of the descent"))
