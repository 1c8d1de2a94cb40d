"""Two layers with an activation between, the smallest network that can bend, and how a model learns two classes."""

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite as ag
from models import checks
from models.progress import Progress

Model = Callable[..., Any]
ACTIVATIONS: dict[str, Model] = {"sigmoid": ag.sigmoid, "relu": ag.relu, "tanh": np.tanh}


def two_layers(
    inputs: Any, weights_1: Any, bias_1: Any, weights_2: Any, bias_2: Any, *, bend: Any = np.positive
) -> Any:
    """Return what a second layer computes of a first, whose output an activation bends; np.positive bends nothing."""
    hidden = bend(inputs @ weights_1 + bias_1)
    output = hidden @ weights_2 + bias_2
    return output  # noqa: RET504


def initial(inputs: int, hidden: int, rng: np.random.Generator) -> tuple[Any, ...]:
    """Return random parameters of two layers, for so many inputs and hidden units and one output."""
    weights_1 = rng.standard_normal((inputs, hidden)) * np.sqrt(2 / inputs)
    return weights_1, rng.standard_normal(hidden), rng.standard_normal(hidden) / np.sqrt(hidden), np.float64(0)


def learn(model: Model, params: Any, inputs: Any, targets: Any, steps: Progress) -> tuple[Any, float]:
    """Return the parameters of a model after some steps on all examples, and their log loss.

    That is the mean of -log of the probability of the right class, where 1 has the sigmoid of the model's output.
    """
    inputs, _ = checks.examples(inputs, targets, "width")
    labels = checks.class_labels("targets", targets, len(inputs), 2)
    value_and_grad = ag.value_and_grad(lambda params: np.mean(ag.binary_cross_entropy(model(inputs, *params), labels)))
    optimizer = ag.optim.Adam(0.05)
    for _ in steps:
        steps.loss, gradient = value_and_grad(params)
        params = optimizer.step(params, gradient)
    return params, float(value_and_grad(params)[0])


def probability_of(model: Model, params: Any) -> Callable[[Any], Any]:
    """Return how probable class 1 is to a model, as a function of rows of inputs."""
    return lambda inputs: ag.sigmoid(model(inputs, *params))


def right(output: Any, targets: Any) -> Any:
    """Return how many rows get their class: an output above 0 is a probability above one half, which means 1."""
    return np.sum((output > 0) == targets, axis=0)
