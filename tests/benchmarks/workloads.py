"""The workloads that are timed: their losses, the same derived by hand in NumPy, and how fast we want to be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

import autograd_lite as ag
from models import hand_derived, neuron
from tests.benchmarks import tutorial
from tests.benchmarks.frameworks import OURS, Loss, Step, shared, steps
from tests.benchmarks.interleaved import Run, peak, seconds


@dataclass(frozen=True)
class Workload:
    """What is run by us and by others.

    Attributes
    ----------
    title : str
    limit : float
        The ratio to the baseline that is not to be exceeded.
    rivals : callable
        Makes the runs by name; they give the same numbers. One is ours, and the first of the others is the baseline.
    repetitions : int
        How often a run is repeated in each round.
    rounds : int
        How many rounds there are by default.
    measure : callable
        Takes a run and the repetitions; returns what is compared.
    """

    title: str
    limit: float
    rivals: Callable[[], Mapping[str, Run]]
    repetitions: int = 1
    rounds: int = 15
    measure: Callable[[Run, int], float] = seconds


def rivals(hand: Callable[..., Any] | None, losses: Mapping[str, Loss], parameters: Any, data: Any) -> dict[str, Step]:
    """Return the runs of a loss: by hand first, where it is written by hand."""
    by_hand = {} if hand is None else {"by hand": partial(hand, *parameters, *data)}
    return {**by_hand, **steps(losses, parameters, data)}


def normal(rng: np.random.Generator, rows: int, *columns: int) -> Any:
    """Return weights that keep the scale of what they are multiplied with."""
    return rng.normal(size=(rows, *columns)) / rows**0.5


# A classifier of one hidden layer


def classifier(np, W1, b1, W2, b2, X, Y):
    scores = np.tanh(X @ W1 + b1) @ W2 + b2
    return np.mean(np.log(np.sum(np.exp(scores), axis=1)) - np.sum(scores * Y, axis=1))


def classifier_by_hand(W1, b1, W2, b2, X, Y):
    h = np.tanh(X @ W1 + b1)
    scores = h @ W2 + b2
    powers = np.exp(scores)
    totals = powers.sum(axis=1, keepdims=True)
    loss = np.mean(np.log(totals[:, 0]) - (scores * Y).sum(axis=1))
    dscores = (powers / totals - Y) / len(X)
    dW2, db2 = h.T @ dscores, dscores.sum(axis=0)
    dz = (dscores @ W2.T) * (1 - h * h)
    return loss, X.T @ dz, dz.sum(axis=0), dW2, db2


def classifiers(samples: int, inputs: int, hidden: int, outputs: int) -> dict[str, Step]:
    rng = np.random.default_rng(0)
    parameters = normal(rng, inputs, hidden), np.zeros(hidden), normal(rng, hidden, outputs), np.zeros(outputs)
    data = rng.normal(size=(samples, inputs)), np.eye(outputs)[rng.integers(0, outputs, samples)]
    return rivals(classifier_by_hand, shared(classifier), parameters, data)


# Logistic regression


def logistic(np, w, b, X, y):
    scores = X @ w + b
    return np.mean(np.logaddexp(0, scores) - y * scores)


def logistic_in_torch(torch, w, b, X, y):
    return torch.nn.functional.binary_cross_entropy_with_logits(X @ w + b, y)


def logistic_by_hand(w, b, X, y):
    scores = X @ w + b
    loss = np.mean(np.logaddexp(0, scores) - y * scores)
    dscores = (1 / (1 + np.exp(-scores)) - y) / len(y)
    return loss, X.T @ dscores, dscores.sum()


def logistic_regressions() -> dict[str, Step]:
    rng = np.random.default_rng(0)
    data = rng.normal(size=(200_000, 50)), rng.integers(0, 2, 200_000).astype(float)
    losses = {**shared(logistic), "PyTorch": logistic_in_torch}
    return rivals(logistic_by_hand, losses, (normal(rng, 50), np.float64(0.1)), data)


# A chain of functions of each element


def wave(np, x):
    return np.sum(np.exp(-(np.tanh(1.3 * x + 0.2) ** 2)) * x)


def wave_by_hand(x):
    t = np.tanh(1.3 * x + 0.2)
    e = np.exp(-t * t)
    return np.sum(e * x), e - 2.6 * e * x * t * (1 - t * t)


def waves() -> dict[str, Step]:
    return rivals(wave_by_hand, shared(wave), (np.random.default_rng(0).normal(size=4_000_000),), ())


# A chain of numbers: each link multiplies and adds, and makes two nodes

LINKS = 20_000
START, FACTOR, TERM = np.float64(0.5), np.float64(0.999), np.float64(0.001)


def numbers(np, y, factor, term):
    for _ in range(LINKS):
        y = y * factor + term
    return y


def numbers_by_hand(y, factor, term):
    for _ in range(LINKS):
        y = y * factor + term
    g = np.float64(1)
    for _ in range(LINKS):
        g = g * factor
    return y, g


def numbers_of_leaves_by_hand(y, factor, term):
    seen = []
    for _ in range(LINKS):
        seen.append(y)
        y = y * factor + term
    g, dfactor, dterm = np.float64(1), np.float64(0), np.float64(0)
    for x in reversed(seen):
        dterm = dterm + g
        dfactor = dfactor + g * x
        g = g * factor
    return y, g, dfactor, dterm


SCALAR = shared(numbers, "HIPS", "MyGrad", "PyTorch", "micrograd")


# The tutorial's neuron

VECTORS = np.random.default_rng(0).uniform(0.5, 5.0, (8, 2))
TARGETS = np.array([0, 1, 0, 1, 0, 1, 1, 0])
ITERATIONS = 1_000


def training(reference: Any) -> dict[str, Run]:
    """Return the training of a neuron on gradients by hand, and of ours: each goes on where its last run ended."""

    def of(network: Any) -> Run:
        return lambda: network.train(VECTORS, TARGETS, ITERATIONS)

    rng = np.random.default_rng
    return {"by hand": of(reference), OURS: of(neuron.NeuralNetwork(0.1, rng=rng(0)))}


def neuron_steps() -> dict[str, Run]:
    """Return one step of the tutorial's own class, and of ours, at one instance: gradients and update."""
    rng = np.random.default_rng(0)
    theirs, ours = tutorial.NeuralNetwork(0.1, rng), neuron.NeuralNetwork(0.1, rng=rng)
    ours.weights, ours.bias = theirs.weights, theirs.bias

    def of(network: Any) -> Run:
        weights, bias = network.weights, network.bias

        def step() -> Any:
            network.weights, network.bias = weights, bias
            network._update_parameters(*network._compute_gradients(VECTORS[0], TARGETS[0]))
            return network.weights, network.bias

        return step

    return {"by hand": of(theirs), OURS: of(ours)}


# Networks for images and text, which we have ops for, beside PyTorch's


def convolutional(np, K1, c1, K2, c2, W, b, X, labels):
    h = ag.max_pool2d(ag.relu(ag.conv2d(X, K1, c1, padding=1)), 2)
    h = ag.max_pool2d(ag.relu(ag.conv2d(h, K2, c2, padding=1)), 2)
    return np.mean(ag.cross_entropy(h.reshape(len(X), -1) @ W + b, labels))


def convolutional_in_torch(torch, K1, c1, K2, c2, W, b, X, labels):
    F = torch.nn.functional
    h = F.max_pool2d(F.relu(F.conv2d(X, K1, c1, padding=1)), 2)
    h = F.max_pool2d(F.relu(F.conv2d(h, K2, c2, padding=1)), 2)
    return F.cross_entropy(h.reshape(len(X), -1) @ W + b, labels)


def convolutions() -> dict[str, Step]:
    rng = np.random.default_rng(0)
    shapes = (16, 1, 3, 3), (16,), (32, 16, 3, 3), (32,), (128, 10), (10,)
    parameters = [0.2 * rng.normal(size=shape) for shape in shapes]
    data = rng.random((64, 1, 8, 8)), rng.integers(0, 10, 64)
    return rivals(None, {"PyTorch": convolutional_in_torch, OURS: convolutional}, parameters, data)


def recurrent(np, E, W, b, V, c, X, Y):
    h, loss = np.zeros((X.shape[1], len(W))), 0.0
    for x, y in zip(X, Y, strict=True):
        h = np.tanh(E[x] + h @ W + b)
        loss = loss + np.mean(ag.cross_entropy(h @ V + c, y))
    return loss


def recurrent_in_torch(torch, E, W, b, V, c, X, Y):
    h, loss = torch.zeros((X.shape[1], len(W)), dtype=W.dtype), 0.0
    for x, y in zip(X, Y, strict=True):
        h = torch.tanh(E[x] + h @ W + b)
        loss = loss + torch.nn.functional.cross_entropy(h @ V + c, y)
    return loss


def texts() -> dict[str, Step]:
    rng = np.random.default_rng(0)
    characters, hidden, length, batch = 64, 128, 32, 16
    shapes = (characters, hidden), (hidden, hidden), (hidden,), (hidden, characters), (characters,)
    parameters = [0.1 * rng.normal(size=shape) for shape in shapes]
    data = rng.integers(0, characters, (length, batch)), rng.integers(0, characters, (length, batch))
    return rivals(None, {"PyTorch": recurrent_in_torch, OURS: recurrent}, parameters, data)


# Memory of a deep network


def deep(np, W1, W2, W3, W4, X):
    h = np.tanh(np.tanh(np.tanh(np.tanh(X @ W1) @ W2) @ W3) @ W4)
    return np.mean(h * h)


def deep_by_hand(*given):
    *weights, X = given
    layers = [X]
    for W in weights:
        layers.append(np.tanh(layers[-1] @ W))
    loss = np.mean(np.square(layers[-1]))
    g, gradients = layers[-1] * (2 / layers[-1].size), []
    while weights:
        h, W = layers.pop(), weights.pop()
        g *= 1 - h * h
        gradients.append(layers[-1].T @ g)
        g = g @ W.T if weights else g
    return loss, *gradients[::-1]


def depths() -> dict[str, Step]:
    rng = np.random.default_rng(0)
    weights = [normal(rng, 512, 512) for _ in range(4)]
    return rivals(deep_by_hand, shared(deep, "HIPS", "MyGrad"), weights, (rng.normal(size=(4096, 512)),))


WORKLOADS: dict[str, Workload] = {
    "mlp": Workload("mlp 64-128-10, batch 64", 2.2, partial(classifiers, 64, 64, 128, 10), 20, 40),
    "logistic": Workload("logistic regression 200,000 x 50", 1.05, logistic_regressions, 1, 30),
    "wave": Workload("sum(exp(-tanh(1.3 x + .2)^2) x), 4 million", 1.3, waves),
    "numbers": Workload(
        "40,000 scalar nodes of one leaf", 20, lambda: rivals(numbers_by_hand, SCALAR, (START,), (FACTOR, TERM)), 1, 7
    ),
    "leaves": Workload(
        "40,000 scalar nodes, by factor and term too",
        12,
        lambda: rivals(numbers_of_leaves_by_hand, SCALAR, (START, FACTOR, TERM), ()),
        1,
        7,
    ),
    "step": Workload("the neuron's step / the tutorial's own class", 3.0, neuron_steps, 1_000),
    "training": Workload(
        "the neuron's training / models.hand_derived",
        2.0,
        lambda: training(hand_derived.NeuralNetwork(0.1, rng=np.random.default_rng(0))),
    ),
    "batch": Workload("full batch 60,000 x 100-64-10", 1.05, partial(classifiers, 60_000, 100, 64, 10), 1, 12),
    "cnn": Workload("CNN on 8x8 digits / PyTorch", 1.5, convolutions, 5),
    "rnn": Workload("char RNN / PyTorch", 1.2, texts, 3),
    "memory": Workload("peak memory of 4 x (4096 x 512), tanh", 1.2, depths, 1, 1, peak),
}
