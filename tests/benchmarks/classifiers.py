"""Classifiers: logistic regression, networks of one hidden layer and of four, and an epoch of training."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

import autograd_lite as ag
from models import digit_images
from tests.benchmarks.frameworks import COMPILED, OURS, Framework, installed, shared
from tests.benchmarks.interleaved import Run
from tests.benchmarks.workload import BY_HAND, Rivals, normal, rivals

# One hidden layer of tanh, one-hot targets


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


def classifiers(samples: int, inputs: int, hidden: int, outputs: int) -> Rivals:
    rng = np.random.default_rng(0)
    parameters = normal(rng, inputs, hidden), np.zeros(hidden), normal(rng, hidden, outputs), np.zeros(outputs)
    data = rng.normal(size=(samples, inputs)), np.eye(outputs)[rng.integers(0, outputs, samples)]
    return rivals(classifier_by_hand, shared(classifier), parameters, data)


# One hidden layer of relu, cross entropy that cannot overflow, labels


def network(np, W1, b1, W2, b2, X, labels):
    scores = np.maximum(X @ W1 + b1, 0) @ W2 + b2
    scores = scores - np.max(scores, axis=1, keepdims=True)
    return np.mean(np.log(np.sum(np.exp(scores), axis=1)) - scores[np.arange(X.shape[0]), labels])


def network_of_ours(np, W1, b1, W2, b2, X, labels):
    return np.mean(ag.cross_entropy(ag.relu(X @ W1 + b1) @ W2 + b2, labels))


def network_in_torch(torch, W1, b1, W2, b2, X, labels):
    return torch.nn.functional.cross_entropy(torch.relu(X @ W1 + b1) @ W2 + b2, labels)


NETWORK = {**shared(network), OURS: network_of_ours, COMPILED: network_of_ours, "PyTorch": network_in_torch}


def network_by_hand(W1, b1, W2, b2, X, labels):
    rows = np.arange(len(X))
    h = np.maximum(X @ W1 + b1, 0)
    scores = h @ W2 + b2
    scores -= scores.max(axis=1, keepdims=True)
    powers = np.exp(scores)
    totals = powers.sum(axis=1)
    loss = np.mean(np.log(totals) - scores[rows, labels])
    dscores = powers / totals[:, np.newaxis]
    dscores[rows, labels] -= 1
    dscores /= len(X)
    dz = (dscores @ W2.T) * (h > 0)
    return loss, X.T @ dz, dz.sum(axis=0), h.T @ dscores, dscores.sum(axis=0)


def networks(samples: int, inputs: int, hidden: int, outputs: int) -> Rivals:
    rng = np.random.default_rng(0)
    parameters = normal(rng, inputs, hidden), np.zeros(hidden), normal(rng, hidden, outputs), np.zeros(outputs)
    data = rng.normal(size=(samples, inputs)), rng.integers(0, outputs, samples)
    return rivals(network_by_hand, NETWORK, parameters, data)


# An epoch: the same network sees each of scikit-learn's digits once, in batches; the last one is smaller

RATE, BATCH = 0.1, 64


def epochs(samples: int, hidden: int) -> Rivals:
    """Return the runs of an epoch; each begins with the same parameters, and returns the new ones."""
    rng = np.random.default_rng(0)
    images, labels = digit_images.load()
    order = rng.permutation(len(labels))[:samples]
    batches = [(images[rows], labels[rows]) for rows in np.split(order, range(BATCH, samples, BATCH))]
    parameters = normal(rng, 64, hidden), np.zeros(hidden), normal(rng, hidden, 10), np.zeros(10)
    runs: dict[str, Run] = {BY_HAND: partial(epoch_by_hand, parameters, batches)}
    for name, found in installed(OURS, COMPILED, "JAX").items():
        step = found.descent(NETWORK[name], len(parameters), RATE)
        native = [tuple(map(found.constant, batch)) for batch in batches]
        runs[name] = partial(epoch, found, step, [*map(found.leaf, parameters)], native)
    return Rivals(runs | epoch_in_torch(parameters, batches))


def epoch(framework: Framework, step: Any, parameters: Any, batches: Any) -> Any:
    for X, labels in batches:
        parameters = step(*parameters, X, labels)
    return framework.results(parameters)


def epoch_by_hand(parameters: Any, batches: Any) -> Any:
    for X, labels in batches:
        args = (*parameters, X, labels)
        _, *gradients = network_by_hand(*args)
        parameters = [p - RATE * g for p, g in zip(parameters, gradients, strict=True)]
    return parameters


def epoch_in_torch(parameters: Any, batches: Any) -> dict[str, Run]:
    """Return the loop as one writes it in PyTorch, which changes the parameters in place."""
    found = installed("PyTorch")
    if not found:
        return {}
    (framework,) = found.values()
    torch, start = framework.namespace(), [*map(framework.constant, parameters)]
    native = [tuple(map(framework.constant, batch)) for batch in batches]

    def run() -> Any:
        leaves = [p.clone().requires_grad_() for p in start]
        for X, labels in native:
            args = (*leaves, X, labels)
            gradients = torch.autograd.grad(network_in_torch(torch, *args), leaves)
            with torch.no_grad():
                for p, g in zip(leaves, gradients, strict=True):
                    p.sub_(g, alpha=RATE)
        return [p.detach().numpy() for p in leaves]

    return {"PyTorch": run}


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


def logistic_regressions(rows: int, columns: int) -> Rivals:
    rng = np.random.default_rng(0)
    data = rng.normal(size=(rows, columns)), rng.integers(0, 2, rows).astype(float)
    losses = {**shared(logistic), "PyTorch": logistic_in_torch}
    return rivals(logistic_by_hand, losses, (normal(rng, columns), np.float64(0.1)), data)


# A deep network, for its memory: what JAX and PyTorch hold is not seen from Python


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


def depths(rows: int, width: int) -> Rivals:
    rng = np.random.default_rng(0)
    weights = [normal(rng, width, width) for _ in range(4)]
    return rivals(deep_by_hand, shared(deep, "HIPS", "MyGrad"), weights, (rng.normal(size=(rows, width)),))
