"""The same neuron with its chain rule derived by hand: the reference that the backward pass is held to."""

from __future__ import annotations

import numpy as np

from models.checks import Array
from models.single_neuron import Scalar, SingleNeuron


def sigmoid(x: Scalar) -> Scalar:
    """Return 1 / (1 + exp(-x)), elementwise; neither exponent is ever positive, so nothing overflows."""
    numerator: Scalar = np.exp(np.minimum(x, 0.0))
    return numerator / (1 + np.exp(-np.abs(x)))


def sigmoid_deriv(x: Scalar) -> Scalar:
    """Return the derivative of the sigmoid, elementwise."""
    return sigmoid(x) * (1 - sigmoid(x))


def make_prediction(input_vector: Array, weights: Array, bias: Scalar) -> Scalar:
    """Return sigmoid(input_vector . weights + bias)."""
    layer_1 = np.dot(input_vector, weights) + bias
    return sigmoid(layer_1)


def squared_error(weights: Array, bias: Scalar, input_vector: Array, target: float) -> Scalar:
    """Return the loss at one instance: the square of prediction - target."""
    return np.square(make_prediction(input_vector, weights, bias) - target)


def compute_gradients(
    weights: Array, bias: Scalar, input_vector: Array, target: float
) -> tuple[Scalar, Array]:
    """Return (derror_dbias, derror_dweights) of the squared error at one instance, by the chain rule.

    Parameters
    ----------
    weights, input_vector : ndarray of float64, shape (n,)
    bias : float64, or ndarray of shape (1,)
    target : float

    Returns
    -------
    derror_dbias : in the shape of `bias`
    derror_dweights : ndarray of shape (n,)
    """
    layer_1 = np.dot(input_vector, weights) + bias
    prediction = sigmoid(layer_1)

    derror_dprediction = 2 * (prediction - target)
    dprediction_dlayer1 = sigmoid_deriv(layer_1)
    dlayer1_dbias = 1
    dlayer1_dweights = (0 * weights) + (1 * input_vector)

    derror_dbias = derror_dprediction * dprediction_dlayer1 * dlayer1_dbias
    derror_dweights = derror_dprediction * dprediction_dlayer1 * dlayer1_dweights
    return derror_dbias, derror_dweights


class NeuralNetwork(SingleNeuron):
    """The lesson's neuron on hand-derived formulas; see `SingleNeuron` for its parameters."""

    def _make_prediction(self, input_vector: Array) -> Scalar:
        return make_prediction(input_vector, self.weights, self.bias)

    def _compute_gradients(self, input_vector: Array, target: float) -> tuple[Scalar, Array]:
        return compute_gradients(self.weights, self.bias, input_vector, target)
