"""The lesson's neuron: the loss is written once, its gradients come from the backward pass."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as ag
from models.checks import Array
from models.single_neuron import Scalar, SingleNeuron, decide

__all__ = [
    "NeuralNetwork",
    "compute_gradients",
    "decide",
    "make_prediction",
    "sigmoid_deriv",
    "squared_error",
]


def make_prediction(input_vector: Any, weights: Any, bias: Any) -> Any:
    """Return sigmoid(input_vector . weights + bias) for vectors of one width and a bias of size 1."""
    layer_1 = ag.dot(input_vector, weights) + bias
    return ag.sigmoid(layer_1)


def squared_error(weights: Any, bias: Any, input_vector: Any, target: Any) -> Any:
    """Return the loss at one instance: the square of prediction - target."""
    layer_1 = ag.dot(input_vector, weights) + bias
    prediction = ag.sigmoid(layer_1)
    error = ag.square(prediction - target)
    return error  # noqa: RET504 (a named error is what the lesson differentiates)


compute_gradients = ag.grad(squared_error, argnums=(1, 0))
"""(weights, bias, input_vector, target) -> (derror_dbias, derror_dweights)."""

_sum_of_sigmoid_grad = ag.grad(lambda x: ag.sum(ag.sigmoid(x)))


def sigmoid_deriv(x: Any) -> Any:
    """Return the derivative of the sigmoid at each element of `x`, in its shape, from the backward pass."""
    return _sum_of_sigmoid_grad(np.asarray(x, dtype=np.float64))


class NeuralNetwork(SingleNeuron):
    """The lesson's neuron on the generic backward pass; see `SingleNeuron` for its parameters."""

    def _make_prediction(self, input_vector: Array) -> Scalar:
        prediction: Scalar = make_prediction(input_vector, self.weights, self.bias)
        return prediction

    def _compute_gradients(self, input_vector: Array, target: float) -> tuple[Scalar, Array]:
        gradients: tuple[Scalar, Array] = compute_gradients(self.weights, self.bias, input_vector, target)
        return gradients
