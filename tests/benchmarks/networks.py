"""Networks for images and text, which we have ops for, beside PyTorch's."""

from __future__ import annotations

import importlib

import numpy as np

import autograd_lite as ag
from tests.benchmarks.frameworks import COMPILED, OURS
from tests.benchmarks.workload import Rivals, rivals

# Two convolutions with pooling, and a linear layer


def convolutional(np, K1, c1, K2, c2, W, b, X, labels):
    h = ag.max_pool2d(ag.relu(ag.conv2d(X, K1, c1, padding=1)), 2)
    h = ag.max_pool2d(ag.relu(ag.conv2d(h, K2, c2, padding=1)), 2)
    return np.mean(ag.cross_entropy(h.reshape(len(X), -1) @ W + b, labels))


def convolutional_in_torch(torch, K1, c1, K2, c2, W, b, X, labels):
    F = torch.nn.functional
    h = F.max_pool2d(F.relu(F.conv2d(X, K1, c1, padding=1)), 2)
    h = F.max_pool2d(F.relu(F.conv2d(h, K2, c2, padding=1)), 2)
    return F.cross_entropy(h.reshape(len(X), -1) @ W + b, labels)


def convolutional_in_jax(np, K1, c1, K2, c2, W, b, X, labels):
    lax = importlib.import_module("jax.lax")

    def layer(h, K, c):
        h = np.maximum(lax.conv(h, K, (1, 1), "SAME") + c[:, np.newaxis, np.newaxis], 0)
        return lax.reduce_window(h, -np.inf, lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")

    h = layer(layer(X, K1, c1), K2, c2)
    logarithms = importlib.import_module("jax.nn").log_softmax(h.reshape(len(X), -1) @ W + b)
    return -np.mean(logarithms[np.arange(len(X)), labels])


def convolutions(batch: int) -> Rivals:
    rng = np.random.default_rng(0)
    shapes = (16, 1, 3, 3), (16,), (32, 16, 3, 3), (32,), (128, 10), (10,)
    parameters = [0.2 * rng.normal(size=shape) for shape in shapes]
    data = rng.random((batch, 1, 8, 8)), rng.integers(0, 10, batch)
    losses = {
        "PyTorch": convolutional_in_torch,
        OURS: convolutional,
        COMPILED: convolutional,
        "JAX": convolutional_in_jax,
    }
    return rivals(None, losses, parameters, data)


# A recurrent network over characters: of each, in a batch of texts, it guesses the next


def recurrent(np, E, W, b, V, c, X, Y, cross_entropy=ag.cross_entropy):
    h, loss = np.zeros((X.shape[1], len(W))), 0.0
    for x, y in zip(X, Y, strict=True):
        h = np.tanh(E[x] + h @ W + b)
        loss = loss + np.mean(cross_entropy(h @ V + c, y))
    return loss


def recurrent_in_jax(np, E, W, b, V, c, X, Y):
    def cross_entropy(scores, labels):
        logarithms = importlib.import_module("jax.nn").log_softmax(scores)
        return -logarithms[np.arange(len(labels)), labels]

    return recurrent(np, E, W, b, V, c, X, Y, cross_entropy)


def recurrent_in_torch(torch, E, W, b, V, c, X, Y):
    h, loss = torch.zeros((X.shape[1], len(W)), dtype=W.dtype), 0.0
    for x, y in zip(X, Y, strict=True):
        h = torch.tanh(E[x] + h @ W + b)
        loss = loss + torch.nn.functional.cross_entropy(h @ V + c, y)
    return loss


def recurrent_by_hand(E, W, b, V, c, X, Y):
    rows, h, loss, passed = np.arange(X.shape[1]), np.zeros((X.shape[1], len(W))), 0.0, []
    for x, y in zip(X, Y, strict=True):
        before, h = h, np.tanh(E[x] + h @ W + b)
        scores = h @ V + c
        scores -= scores.max(axis=1, keepdims=True)
        powers = np.exp(scores)
        totals = powers.sum(axis=1)
        loss += np.mean(np.log(totals) - scores[rows, y])
        dscores = powers / totals[:, np.newaxis]
        dscores[rows, y] -= 1
        passed.append((x, before, h, dscores / len(rows)))
    dE, dW, db, dV, dc = (np.zeros_like(p) for p in (E, W, b, V, c))
    dh = np.zeros_like(h)
    for x, before, h, dscores in reversed(passed):
        dV += h.T @ dscores
        dc += dscores.sum(axis=0)
        dz = (dscores @ V.T + dh) * (1 - h * h)
        np.add.at(dE, x, dz)
        dW += before.T @ dz
        db += dz.sum(axis=0)
        dh = dz @ W.T
    return loss, dE, dW, db, dV, dc


def texts(length: int, hidden: int, batch: int, characters: int) -> Rivals:
    rng = np.random.default_rng(0)
    shapes = (characters, hidden), (hidden, hidden), (hidden,), (hidden, characters), (characters,)
    parameters = [0.1 * rng.normal(size=shape) for shape in shapes]
    data = rng.integers(0, characters, (length, batch)), rng.integers(0, characters, (length, batch))
    losses = {"PyTorch": recurrent_in_torch, OURS: recurrent, COMPILED: recurrent, "JAX": recurrent_in_jax}
    return rivals(recurrent_by_hand, losses, parameters, data)
