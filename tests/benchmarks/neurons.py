"""The tutorial's neuron: one step of its own class, and its training."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd_lite as ag
from models import hand_derived, neuron
from tests.benchmarks import tutorial
from tests.benchmarks.frameworks import COMPILED, OURS, Framework, Loss, installed
from tests.benchmarks.interleaved import Run
from tests.benchmarks.workload import BY_HAND, Rivals

VECTORS = np.random.default_rng(0).uniform(0.5, 5.0, (8, 2))
TARGETS = np.array([0, 1, 0, 1, 0, 1, 1, 0])
RATE = 0.1


def training(iterations: int) -> Rivals:
    """Return the training of a neuron on gradients by hand, and of ours: each goes on where its last run ended."""

    def of(module: Any) -> Run:
        network = module.NeuralNetwork(RATE, rng=np.random.default_rng(0))
        return lambda: network.train(VECTORS, TARGETS, iterations)

    return Rivals({BY_HAND: of(hand_derived), OURS: of(neuron)})


# One step of gradient descent on one instance, from the same parameters each time


def squared_error(np, weights, bias, x, target):
    prediction = 1 / (1 + np.exp(-(np.dot(x, weights) + bias)))
    return (prediction - target) ** 2


def squared_error_of_ours(np, weights, bias, x, target):
    return np.square(ag.sigmoid(np.dot(x, weights) + bias) - target)


def squared_error_in_mygrad(mygrad, weights, bias, x, target):
    prediction = 1 / (1 + mygrad.exp(-(mygrad.matmul(x, weights) + bias)))
    return (prediction - target) ** 2


def squared_error_in_torch(torch, weights, bias, x, target):
    return torch.square(torch.sigmoid(torch.dot(x, weights) + bias) - target)


LOSSES: dict[str, Any] = {
    OURS: squared_error_of_ours,
    COMPILED: squared_error_of_ours,
    "HIPS": squared_error,
    "JAX": squared_error,
    "MyGrad": squared_error_in_mygrad,
    "PyTorch": squared_error_in_torch,
}


def steps() -> Rivals:
    """Return one step of the tutorial's own class, of ours, and of the loss alone: gradients and update."""
    theirs = tutorial.NeuralNetwork(RATE, np.random.default_rng(0))
    ours = neuron.NeuralNetwork(RATE)
    parameters, data = (theirs.weights, np.float64(theirs.bias)), (VECTORS[0], np.float64(TARGETS[0]))
    start = theirs.weights, theirs.bias
    runs: dict[str, Run] = {BY_HAND: step_of(theirs, *start), OURS: step_of(ours, *start)}
    values = {}
    for name, found in installed(*LOSSES).items():
        if name != OURS:
            runs[name] = step_in(found, LOSSES[name], parameters, data)
        if name in (OURS, COMPILED):
            values[name] = found.value(LOSSES[name], parameters, data)
    if installed("micrograd"):
        runs["micrograd"] = step_in_micrograd(*parameters, *data)
    return Rivals(runs, values)


def step_of(network: Any, weights: Any, bias: Any) -> Run:
    def step() -> Any:
        network.weights, network.bias = weights, bias
        network._update_parameters(*network._compute_gradients(VECTORS[0], TARGETS[0]))
        return network.weights, network.bias

    return step


def step_in(framework: Framework, loss: Loss, parameters: Any, data: Any) -> Run:
    step = framework.descent(loss, len(parameters), RATE)
    args = [*map(framework.leaf, parameters), *map(framework.constant, data)]
    return lambda: framework.results(step(*args))


def step_in_micrograd(weights: Any, bias: Any, x: Any, target: Any) -> Run:
    value_and_grad = installed("micrograd")["micrograd"].value_and_grad(squared_error_in_micrograd, 3)
    start, data = [*weights.tolist(), bias.item()], [*x.tolist(), target.item()]

    def step() -> Any:
        _, gradients = value_and_grad(*start, *data)
        first, second, bias = (p - RATE * g for p, g in zip(start, gradients, strict=True))
        return [first, second], bias

    return step


def squared_error_in_micrograd(first, second, bias, x, y, target):
    prediction = (1 + exponential(-(first * x + second * y + bias))) ** -1
    return (prediction - target) ** 2


def exponential(x: Any) -> Any:
    """Return exp(x) as micrograd's author adds it in his lecture: the package has no function that saturates."""
    out = type(x)(math.exp(x.data), (x,), "exp")

    def pull_back() -> None:
        x.grad += out.data * out.grad

    out._backward = pull_back
    return out
