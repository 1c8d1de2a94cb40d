"""The neuron of the lesson: its error is written once, its gradients come from the backward pass."""

import sys
from functools import partial
from typing import Any

import numpy as np

import autograd_lite as ag
from models import checks, hand_derived, pictures
from models.lesson import Lesson, main
from models.points import INPUT_VECTORS, TARGETS
from models.progress import Steps, quiet


def make_prediction(input_vector: Any, weights: Any, bias: Any) -> Any:
    """Return sigmoid(input_vector . weights + bias); rows of input vectors give a prediction each."""
    layer_1 = ag.dot(input_vector, weights) + bias
    return ag.sigmoid(layer_1)


def squared_error(weights: Any, bias: Any, input_vector: Any, target: Any) -> Any:
    """Return the error of one instance: the square of prediction - target."""
    layer_1 = ag.dot(input_vector, weights) + bias
    prediction = ag.sigmoid(layer_1)
    error = ag.square(prediction - target)
    return error  # noqa: RET504 (a named error is what the lesson differentiates)


compute_gradients = ag.grad(squared_error, argnums=(1, 0))  # returns (derror_dbias, derror_dweights)


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
    """Train on the eight points, beside a twin whose formulas are derived by hand."""
    network = NeuralNetwork(learning_rate, rng=np.random.default_rng(seed))
    twin = hand_derived.NeuralNetwork(learning_rate, rng=np.random.default_rng(seed))
    errors = network.train(INPUT_VECTORS, TARGETS, iterations, partial(lesson.progress, "training"))
    lesson.picture("cumulative_error.png", pictures.cumulative_error(errors, 100))
    lesson.check_beside("last error", errors[-1], twin.train(INPUT_VECTORS, TARGETS, iterations)[-1], "by hand")
    lesson.check_beside("weights and bias", [*network.weights, network.bias], [*twin.weights, twin.bias], "by hand")


if __name__ == "__main__":
    sys.exit(main(run, iterations="training iterations", learning_rate="step of the descent"))
