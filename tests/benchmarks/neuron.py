"""Speed of a training iteration and of a long chain, each as a ratio to the same work written by hand.

Run as `python -m tests.benchmarks.neuron [ROUNDS]`.
"""

from __future__ import annotations

import sys

import numpy as np

import autograd_lite as ag
from models import hand_derived, neuron
from tests.benchmarks.interleaved import measure, report

INPUT_VECTORS = np.random.default_rng(0).uniform(0.5, 5.0, (8, 2))
TARGETS = np.array([0, 1, 0, 1, 0, 1, 1, 0])
ITERATIONS = 1_000
LINKS = 20_000  # each multiplies and adds: two nodes
START, FACTOR, TERM = np.float64(0.5), np.float64(0.999), np.float64(0.001)


def training(network):
    return lambda: network.train(INPUT_VECTORS, TARGETS, ITERATIONS)


def chain_by_backward_pass():
    x = y = ag.Tensor(START)
    for _ in range(LINKS):
        y = y * FACTOR + TERM
    y.backward()
    return (x.grad,)


def chain_by_hand():
    y = START
    for _ in range(LINKS):
        y = y * FACTOR + TERM
    g = np.float64(1.0)
    for _ in range(LINKS):
        g = g * FACTOR
    return (g,)


def chain_of_leaves_by_backward_pass():
    x = y = ag.Tensor(START)
    factor, term = ag.Tensor(FACTOR), ag.Tensor(TERM)
    for _ in range(LINKS):
        y = y * factor + term
    y.backward()
    return x.grad, factor.grad, term.grad


def chain_of_leaves_by_hand():
    y, seen = START, []
    for _ in range(LINKS):
        seen.append(y)
        y = y * FACTOR + TERM
    g, dfactor, dterm = np.float64(1.0), np.float64(0.0), np.float64(0.0)
    for y in reversed(seen):
        dterm = dterm + g
        dfactor = dfactor + g * y
        g = g * FACTOR
    return g, dfactor, dterm


def main(rounds: int) -> None:
    rng = np.random.default_rng
    seconds = measure(
        {
            "models.hand_derived": training(hand_derived.NeuralNetwork(0.1, rng=rng(0))),
            "models.neuron": training(neuron.NeuralNetwork(0.1, rng=rng(0))),
        },
        rounds,
    )
    report("One training iteration (limit 2.0)", seconds, ITERATIONS)

    for title, by_hand, by_backward_pass in (
        ("A node of a chain of 40,000, constant factors (limit 20)", chain_by_hand, chain_by_backward_pass),
        ("The same, by factor and term as well", chain_of_leaves_by_hand, chain_of_leaves_by_backward_pass),
    ):
        np.testing.assert_allclose(by_backward_pass(), by_hand(), rtol=1e-12)
        seconds = measure({"by hand": by_hand, "recording and backward": by_backward_pass}, rounds)
        report(title, seconds, 2 * LINKS)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
