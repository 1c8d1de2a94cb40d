"""Seconds and memory that the verification of a two-layer network takes, right and with a mistake.

Run as `python -m tests.benchmarks.verify`.
"""

from __future__ import annotations

import resource
import time

import numpy as np

from autograd_lite import verify

SIZES = {"10,000": (90, 100, 10), "1,000,000": (900, 1000, 100)}
"""Inputs, hidden units and outputs, by the number of parameters."""


def network(W1, b1, W2, b2, X, Y):
    h = np.tanh(X @ W1 + b1)
    scores = h @ W2 + b2
    return np.mean(np.square(scores - Y))


def right(W1, b1, W2, b2, X, Y):
    h = np.tanh(X @ W1 + b1)
    dscores = 2 * (h @ W2 + b2 - Y) / Y.size
    dW2 = h.T @ dscores
    db2 = dscores.sum(axis=0)
    dz = (dscores @ W2.T) * (1 - h * h)
    return X.T @ dz, dz.sum(axis=0), dW2, db2


def wrong(W1, b1, W2, b2, X, Y):
    h = np.tanh(X @ W1 + b1)
    dscores = 2 * (h @ W2 + b2 - Y) / Y.size
    dW2 = h.T @ dscores
    db2 = dscores.sum(axis=0)
    dz = dscores @ W2.T
    return X.T @ dz, dz.sum(axis=0), dW2, db2


def arguments(inputs, hidden, outputs, samples=64):
    rng = np.random.default_rng(0)
    W1, W2 = rng.normal(size=(inputs, hidden)) / inputs**0.5, rng.normal(size=(hidden, outputs)) / hidden**0.5
    X, Y = rng.normal(size=(samples, inputs)), rng.normal(size=(samples, outputs))
    return W1, np.zeros(hidden), W2, np.zeros(outputs), X, Y


def measure(parameters, hand):
    """Return the report and the seconds that it took."""
    args = arguments(*SIZES[parameters])
    start = time.perf_counter()
    report = verify(network, hand, *args)
    return report, time.perf_counter() - start


def main():
    for parameters in SIZES:
        for hand in (right, wrong):
            report, seconds = measure(parameters, hand)
            most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
            print(f"{parameters:>10} parameters: {report.verdict:5} in {seconds:6.2f} s, with {most:.2f} GiB")


if __name__ == "__main__":
    main()
