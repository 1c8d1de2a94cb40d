"""Frameworks that compute the loss and the gradients of one workload: ours, and the peers that are installed.

A loss is `loss(np, *parameters, *data)`: each framework passes the namespace that speaks its arrays. Install the peers
with ``pip install autograd_lite[peers]``; what is not installed is left out. Each is as it comes: MyGrad guards arrays
against change, as we do (without that it takes half the time for small arrays).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

import autograd_lite as ag

Loss = Callable[..., Any]
Step = Callable[[], tuple[Any, ...]]
"""Computes the loss and the gradient of each parameter."""

OURS = "autograd_lite"


def _ours(loss: Loss, parameters: Sequence[Any], data: Sequence[Any]) -> Step:
    step = ag.value_and_grad(lambda *p: loss(np, *p, *data), range(len(parameters)))
    return lambda: _flat(*step(*parameters))


def _hips(loss: Loss, parameters: Sequence[Any], data: Sequence[Any]) -> Step:
    hips, namespace = importlib.import_module("autograd"), importlib.import_module("autograd.numpy")
    step = hips.value_and_grad(lambda *p: loss(namespace, *p, *data), tuple(range(len(parameters))))
    return lambda: _flat(*step(*parameters))


def _mygrad(loss: Loss, parameters: Sequence[Any], data: Sequence[Any]) -> Step:
    mygrad = importlib.import_module("mygrad")
    leaves = [mygrad.tensor(p, copy=False) for p in parameters]

    def step() -> tuple[Any, ...]:
        result = loss(mygrad, *leaves, *data)
        result.backward()
        return result.data, *(leaf.grad for leaf in leaves)

    return step


def _torch(loss: Loss, parameters: Sequence[Any], data: Sequence[Any]) -> Step:
    torch = importlib.import_module("torch")
    torch.set_num_threads(1)
    leaves = [torch.tensor(p, requires_grad=True) for p in parameters]
    constants = [torch.tensor(x) if isinstance(x, np.ndarray) else x.item() for x in data]

    def step() -> tuple[Any, ...]:
        result = loss(torch, *leaves, *constants)
        return result.detach().numpy(), *(g.numpy() for g in torch.autograd.grad(result, leaves))

    return step


def _micrograd(loss: Loss, parameters: Sequence[Any], data: Sequence[Any]) -> Step:
    value = importlib.import_module("micrograd.engine").Value

    def step() -> tuple[Any, ...]:
        leaves = [value(float(p)) for p in parameters]
        result = loss(None, *leaves, *map(float, data))
        _pull_back(result)
        return result.data, *(leaf.grad for leaf in leaves)

    return step


def _pull_back(result: Any) -> None:
    """Do what micrograd's `backward` does, whose recursion ends at 1,000 links of a chain."""
    nodes, entered, stack = [], set(), [(result, False)]
    while stack:
        node, done = stack.pop()
        if done:
            nodes.append(node)
        elif node not in entered:
            entered.add(node)
            stack.append((node, True))
            stack.extend((x, False) for x in node._prev)
    result.grad = 1
    for node in reversed(nodes):
        node._backward()


def _flat(value: Any, gradients: Sequence[Any]) -> tuple[Any, ...]:
    return value, *gradients


_MAKERS = {OURS: _ours, "HIPS": _hips, "MyGrad": _mygrad, "PyTorch": _torch, "micrograd": _micrograd}
_MODULES = {OURS: "autograd_lite", "HIPS": "autograd", "MyGrad": "mygrad", "PyTorch": "torch", "micrograd": "micrograd"}


def steps(losses: Mapping[str, Loss], parameters: Sequence[Any], data: Sequence[Any]) -> dict[str, Step]:
    """Return the step of each framework that is installed, by its name."""
    return {name: _MAKERS[name](loss, parameters, data) for name, loss in losses.items() if find_spec(_MODULES[name])}


def shared(loss: Loss, *names: str) -> dict[str, Loss]:
    """Return one loss for ours and the peers that these names list: HIPS autograd, MyGrad and PyTorch by default."""
    return dict.fromkeys((OURS, *(names or ("HIPS", "MyGrad", "PyTorch"))), loss)
