"""The computations whose explanations are kept as golden texts.

Write the texts anew, and read what changed, with `python -m tests.support.explained`.
"""

from pathlib import Path

import numpy as np

import autograd_lite as ag

GOLDEN = Path(__file__).parent / "golden"


def grid(*shape):
    """Plain numbers between -1 and 1, no two neighbours alike."""
    return np.round(np.sin(1.7 * np.arange(1, 1 + np.prod(shape))).reshape(shape), 2)


def neuron():
    input_vector, target = np.array([2.0, 1.5]), 0

    def error(weights, bias):
        layer_1 = np.dot(input_vector, weights) + bias
        prediction = ag.sigmoid(layer_1)
        error = np.square(prediction - target)
        return error  # noqa: RET504 (the name is read)

    return error, (np.array([1.45, -0.66]), 0.0)


def two_layer():
    def loss(params, x, y):
        hidden = np.tanh(x @ params["W1"] + params["b1"])
        prediction = hidden @ params["W2"] + params["b2"]
        return np.mean(np.square(prediction - y))

    params = {"W1": grid(3, 4), "b1": grid(4), "W2": grid(4, 2), "b2": grid(2)}
    return loss, (params, grid(5, 3), grid(5, 2)), ("W1", "b1", "W2", "b2")


def softmax_cross_entropy():
    def cross_entropy(logits, labels):
        shifted = logits - np.max(logits, axis=1, keepdims=True)
        log_partition = np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
        log_probabilities = shifted - log_partition
        return -np.mean(log_probabilities[np.arange(len(labels)), labels])

    return cross_entropy, (grid(4, 3), np.array([0, 2, 1, 2]))


def recurrent():
    def loss(W, U, h, xs):
        for x in xs:
            h = np.tanh(W @ h + U @ x)
        return np.sum(np.square(h))

    return loss, (grid(2, 2), grid(2, 3), np.zeros(2), grid(3, 3)), ("W", "U")


def branch():
    def loss(x, w):
        y = w * x
        while np.sum(y) < 10:
            y = y + x
        z = np.log(y) if np.min(y) > 0 else np.square(y)
        return np.sum(z)

    return loss, (np.array([1.0, 2.0, 3.0]), 0.5)


def residual():
    def loss(x, W):
        h = np.tanh(W @ x)
        y = x + h
        return np.sum(np.square(y))

    return loss, (np.array([1.0, 2.0]), np.array([[0.5, -0.25], [0.0, 1.0]]))


def linear_map():
    def stretched(x, A):
        y = A @ x
        return np.exp(y)

    return stretched, (np.array([1.0, 2.0]), np.array([[0.5, -0.25], [0.0, 1.0], [1.0, -1.0]]))


def long_names():
    features_of_all_of_the_training_examples = grid(5, 3)
    the_true_probability_of_every_one_of_them = np.array([0, 1, 1, 0, 1])

    def mean_square_of_the_prediction_errors(
        weights_of_the_first_and_the_only_layer_, bias_that_is_added_to_each_weighted_sum_
    ):
        weighted_sum_of_the_features_of_examples = (
            features_of_all_of_the_training_examples @ weights_of_the_first_and_the_only_layer_
            + bias_that_is_added_to_each_weighted_sum_
        )
        predicted_probability_of_every_single_one = ag.sigmoid(weighted_sum_of_the_features_of_examples)
        residuals_of_the_predicted_probabilities = (
            predicted_probability_of_every_single_one - the_true_probability_of_every_one_of_them
        )
        return np.mean(np.square(residuals_of_the_predicted_probabilities))

    return mean_square_of_the_prediction_errors, (grid(3), 0.25)


PROGRAMS = (neuron, two_layer, softmax_cross_entropy, recurrent, branch, residual, linear_map)


def explained(program):
    """Return the explanation of one of them."""
    f, args, *wrt = program()
    return ag.explain(f, *args, wrt=wrt[0] if wrt else None)


def path(program):
    """Return where its text is kept."""
    return GOLDEN / f"explain_{program.__name__}.txt"


if __name__ == "__main__":
    for each in PROGRAMS:
        path(each).write_text(f"{explained(each)}\n", "utf-8")
