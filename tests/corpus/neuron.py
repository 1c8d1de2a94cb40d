"""The lesson's neuron: dot, add, sigmoid, squared error, with factors called d<out>_d<in>."""

# ruff: noqa: RET504

import numpy as np

from tests.corpus.case import right, wrong


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def sigmoid_deriv(x):
    return sigmoid(x) * (1 - sigmoid(x))


def error(weights, bias, input_vector, target):
    layer_1 = np.dot(input_vector, weights) + bias
    prediction = sigmoid(layer_1)
    return np.square(prediction - target)


POINT = (np.array([1.45, -0.66]), 0.3, np.array([1.66, 1.56]), 0.0)


@right(error, POINT)
def as_the_lesson_has_it(weights, bias, input_vector, target):
    layer_1 = np.dot(input_vector, weights) + bias
    prediction = sigmoid(layer_1)
    derror_dprediction = 2 * (prediction - target)
    dprediction_dlayer1 = sigmoid_deriv(layer_1)
    dlayer1_dbias = 1
    dlayer1_dweights = (0 * weights) + (1 * input_vector)
    derror_dbias = derror_dprediction * dprediction_dlayer1 * dlayer1_dbias
    derror_dweights = derror_dprediction * dprediction_dlayer1 * dlayer1_dweights
    return derror_dweights, derror_dbias


@wrong("factor", error, POINT)
def the_2_of_the_square_is_missing(weights, bias, input_vector, target):
    layer_1 = np.dot(input_vector, weights) + bias
    prediction = sigmoid(layer_1)
    derror_dprediction = prediction - target  # <- wrong
    dprediction_dlayer1 = sigmoid_deriv(layer_1)
    dlayer1_dweights = (0 * weights) + (1 * input_vector)
    derror_dbias = derror_dprediction * dprediction_dlayer1
    derror_dweights = derror_dprediction * dprediction_dlayer1 * dlayer1_dweights
    return derror_dweights, derror_dbias


@wrong("sign", error, (*POINT[:3], 1.0))
def target_minus_prediction(weights, bias, input_vector, target):
    layer_1 = np.dot(input_vector, weights) + bias
    prediction = sigmoid(layer_1)
    derror_dprediction = 2 * (target - prediction)  # <- wrong
    dprediction_dlayer1 = sigmoid_deriv(layer_1)
    derror_dbias = derror_dprediction * dprediction_dlayer1
    derror_dweights = derror_dprediction * dprediction_dlayer1 * input_vector
    return derror_dweights, derror_dbias


@wrong("derivative at output", error, POINT)
def sigmoid_deriv_of_the_prediction(weights, bias, input_vector, target):
    layer_1 = np.dot(input_vector, weights) + bias
    prediction = sigmoid(layer_1)
    derror_dprediction = 2 * (prediction - target)
    dprediction_dlayer1 = sigmoid_deriv(prediction)  # <- wrong
    derror_dlayer1 = derror_dprediction * dprediction_dlayer1
    return derror_dlayer1 * input_vector, derror_dlayer1


@wrong("missing derivative", error, POINT, "right wrong")
def the_bias_without_the_sigmoid(weights, bias, input_vector, target):
    layer_1 = np.dot(input_vector, weights) + bias
    prediction = sigmoid(layer_1)
    derror_dprediction = 2 * (prediction - target)
    dprediction_dlayer1 = sigmoid_deriv(layer_1)
    derror_dweights = derror_dprediction * dprediction_dlayer1 * input_vector
    derror_dbias = derror_dprediction * 1  # <- wrong
    return derror_dweights, derror_dbias


@wrong("wrong operand", error, POINT, "wrong right")
def weights_for_inputs(weights, bias, input_vector, target):
    layer_1 = np.dot(input_vector, weights) + bias
    prediction = sigmoid(layer_1)
    derror_dprediction = 2 * (prediction - target)
    dprediction_dlayer1 = sigmoid_deriv(layer_1)
    dlayer1_dweights = weights  # <- wrong
    derror_dbias = derror_dprediction * dprediction_dlayer1
    derror_dweights = derror_dprediction * dprediction_dlayer1 * dlayer1_dweights
    return derror_dweights, derror_dbias


@wrong("wrong derivative, missing derivative", error, POINT)
def the_square_of_the_sigmoid(weights, bias, input_vector, target):
    layer_1 = np.dot(input_vector, weights) + bias
    prediction = sigmoid(layer_1)
    derror_dprediction = 2 * (prediction - target)
    dprediction_dlayer1 = prediction * prediction  # <- wrong
    derror_dbias = derror_dprediction * dprediction_dlayer1
    derror_dweights = derror_dbias * input_vector
    return {"weights": derror_dweights, "bias": derror_dbias}


@wrong("prediction, missing derivative", error, POINT)
def of_the_prediction(weights, bias, input_vector, target):
    p = sigmoid(np.dot(input_vector, weights) + bias)
    return p * (1 - p) * input_vector, p * (1 - p)


@wrong("integer", error, POINT, "wrong right")
def into_an_array_of_integers(weights, bias, input_vector, target):
    prediction = sigmoid(np.dot(input_vector, weights) + bias)
    delta = 2 * (prediction - target) * prediction * (1 - prediction)
    grad_weights = np.array([0, 0])
    for i in range(2):
        grad_weights[i] = delta * input_vector[i]  # <- wrong
    return grad_weights, delta


@wrong("forward, missing term", error, POINT)
def the_bias_is_forgotten_in_the_recomputation(weights, bias, input_vector, target):
    layer_1 = np.dot(input_vector, weights)  # <- wrong
    prediction = sigmoid(layer_1)
    derror_dlayer1 = 2 * (prediction - target) * prediction * (1 - prediction)
    return derror_dlayer1 * input_vector, derror_dlayer1


class NeuralNetwork:
    def __init__(self, weights, bias):
        self.weights = weights
        self.bias = bias

    def _make_prediction(self, input_vector):
        layer_1 = np.dot(input_vector, self.weights) + self.bias
        return 1 / (1 + np.exp(-layer_1))

    def loss(self, input_vector, target):
        prediction = self._make_prediction(input_vector)
        error = np.square(prediction - target)
        return error


class Right(NeuralNetwork):
    def _compute_gradients(self, input_vector, target):
        prediction = self._make_prediction(input_vector)
        derror_dprediction = 2 * (prediction - target)
        dprediction_dlayer1 = prediction * (1 - prediction)
        derror_dbias = derror_dprediction * dprediction_dlayer1 * 1
        derror_dweights = derror_dprediction * dprediction_dlayer1 * input_vector
        return derror_dbias, derror_dweights


class RightToo(NeuralNetwork):
    def _compute_gradients(self, input_vector, target):
        p = self._make_prediction(input_vector)
        slope = 2 * (p - target) * p * (1 - p)
        return slope, slope * input_vector


class Targetless(NeuralNetwork):
    def _compute_gradients(self, input_vector, target):
        prediction = self._make_prediction(input_vector)
        derror_dprediction = 2 * prediction  # <- wrong
        dprediction_dlayer1 = prediction * (1 - prediction)
        derror_dbias = derror_dprediction * dprediction_dlayer1 * 1
        derror_dweights = derror_dprediction * dprediction_dlayer1 * input_vector
        return derror_dbias, derror_dweights


class TwiceTheBias(NeuralNetwork):
    def _compute_gradients(self, input_vector, target):
        prediction = self._make_prediction(input_vector)
        dlayer1 = 2 * (prediction - target) * prediction * (1 - prediction)
        dbias = 2 * dlayer1  # <- wrong
        dweights = dlayer1 * input_vector
        return dbias, dweights


def register(kind, how, expected, bias=0.2):
    network = kind(np.array([0.4, -1.1, 0.7]), bias)
    point = (np.array([0.9, -0.3, 1.4]), 1.0)
    how(network.loss, point, expected, params=("bias", "weights"), method=network)(kind._compute_gradients)


register(Right, right, "right")
register(RightToo, right, "right", bias=np.array([0.2]))
register(Targetless, lambda *args, **options: wrong("missing term, wrong operand", *args, **options), "wrong")
register(TwiceTheBias, lambda *args, **options: wrong("factor", *args, **options), "wrong right")
