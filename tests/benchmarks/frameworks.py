"""Frameworks that compute the loss and the gradients of one workload: ours, and the peers that are installed.

A loss is `loss(np, *parameters, *data)`: each framework passes the namespace that speaks its arrays. Install the peers
with ``pip install "autograd_lite[peers]"``; what is not installed is left out. Each is as it comes: MyGrad guards
arrays against change, as we do (without that it takes half the time for small arrays). What a framework can compile is
compiled whole, the update of a step too.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

import autograd_lite as ag
from tests.benchmarks import THREADS

Loss = Callable[..., Any]
Step = Callable[[], tuple[Any, ...]]
"""Computes the loss and the gradient of each parameter."""

OURS, COMPILED = "autograd_lite", "compiled"


class Framework:
    """What all of them have in common; each method says what one does in its own way.

    Attributes
    ----------
    module : str
        What is to be installed.
    """

    module = "autograd_lite"

    @property
    def installed(self) -> bool:
        return find_spec(self.module) is not None

    def imported(self, name: str = "") -> Any:
        """Return the module, or one of its modules."""
        return importlib.import_module(self.module + name)

    def namespace(self) -> Any:
        """Return what a loss takes for ``np``."""
        return np

    def leaf(self, x: Any) -> Any:
        """Return an array that is differentiated by, as the framework's own."""
        return self.constant(x)

    def constant(self, x: Any) -> Any:
        return x

    def value_and_grad(self, f: Loss, n: int) -> Callable[..., Any]:
        """Return the value of `f` and its gradients by the first `n` arguments, as a function of them."""
        raise NotImplementedError

    def hessian(self, f: Loss) -> Callable[..., Any]:
        return self.imported().hessian(f)  # type: ignore[no-any-return]

    def program(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function as the framework runs it best: compiled, where it can compile."""
        return f

    def updated(self, parameter: Any, change: Any) -> Any:
        return parameter - change

    def results(self, given: Sequence[Any]) -> tuple[Any, ...]:
        """Return results that are computed, and can be compared as NumPy's."""
        return tuple(given)

    def loss(self, loss: Loss) -> Loss:
        """Return the loss as a function of this framework's arrays."""
        namespace = self.namespace()
        return lambda *args: loss(namespace, *args)

    def step(self, loss: Loss, parameters: Sequence[Any], data: Sequence[Any]) -> Step:
        """Return a run of the value and the gradients."""
        f = self.program(self.value_and_grad(self.loss(loss), len(parameters)))
        args = [*map(self.leaf, parameters), *map(self.constant, data)]

        def step() -> tuple[Any, ...]:
            value, gradients = f(*args)
            return self.results((value, *gradients))

        return step

    def value(self, loss: Loss, parameters: Sequence[Any], data: Sequence[Any]) -> Step:
        """Return a run of the value alone."""
        f, args = self.program(self.loss(loss)), [*map(self.constant, parameters), *map(self.constant, data)]
        return lambda: self.results((f(*args),))

    def descent(self, loss: Loss, n: int, rate: float) -> Callable[..., list[Any]]:
        """Return a step of gradient descent: a function of `n` parameters and data, that returns new parameters."""
        f = self.value_and_grad(self.loss(loss), n)

        def step(*args: Any) -> list[Any]:
            _, gradients = f(*args)
            return [self.updated(p, rate * g) for p, g in zip(args[:n], gradients, strict=True)]

        return self.program(step)


class Ours(Framework):
    def value_and_grad(self, f: Loss, n: int) -> Callable[..., Any]:
        return ag.value_and_grad(f, range(n))


class Compiled(Ours):
    @property
    def installed(self) -> bool:
        return hasattr(ag, "compile")

    def program(self, f: Callable[..., Any]) -> Callable[..., Any]:
        return ag.compile(f, threads=THREADS)


class Hips(Framework):
    module = "autograd"

    def namespace(self) -> Any:
        return self.imported(".numpy")

    def value_and_grad(self, f: Loss, n: int) -> Callable[..., Any]:
        return self.imported().value_and_grad(f, tuple(range(n)))  # type: ignore[no-any-return]


class Jax(Framework):
    module = "jax"

    def imported(self, name: str = "") -> Any:
        super().imported().config.update("jax_enable_x64", True)
        return super().imported(name)

    def namespace(self) -> Any:
        return self.imported(".numpy")

    def constant(self, x: Any) -> Any:
        return self.namespace().asarray(x)

    def value_and_grad(self, f: Loss, n: int) -> Callable[..., Any]:
        return self.imported().value_and_grad(f, tuple(range(n)))  # type: ignore[no-any-return]

    def program(self, f: Callable[..., Any]) -> Callable[..., Any]:
        return self.imported().jit(f)  # type: ignore[no-any-return]

    def results(self, given: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(self.imported().block_until_ready(given))


class MyGrad(Framework):
    module = "mygrad"

    def namespace(self) -> Any:
        return self.imported()

    def leaf(self, x: Any) -> Any:
        return self.imported().tensor(x, copy=False)

    def value_and_grad(self, f: Loss, n: int) -> Callable[..., Any]:
        def pulled(*args: Any) -> Any:
            result = f(*args)
            result.backward()
            return result.data, [leaf.grad for leaf in args[:n]]

        return pulled

    def updated(self, parameter: Any, change: Any) -> Any:
        return parameter.data - change


class PyTorch(Framework):
    module = "torch"

    def namespace(self) -> Any:
        torch = self.imported()
        torch.set_num_threads(THREADS)
        return torch

    def leaf(self, x: Any) -> Any:
        return self.imported().tensor(x, requires_grad=True)

    def constant(self, x: Any) -> Any:
        return self.imported().tensor(x) if isinstance(x, np.ndarray) else x.item()

    def value_and_grad(self, f: Loss, n: int) -> Callable[..., Any]:
        grad = self.imported().autograd.grad

        def pulled(*args: Any) -> Any:
            result = f(*args)
            return result.detach(), grad(result, args[:n])

        return pulled

    def hessian(self, f: Loss) -> Callable[..., Any]:
        return self.imported().func.hessian(f)  # type: ignore[no-any-return]

    def updated(self, parameter: Any, change: Any) -> Any:
        return parameter.detach() - change

    def results(self, given: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(x.numpy() for x in given)


class Advect(Framework):
    """Compiles a loss for arguments like given ones, and differentiates what it compiled."""

    module = "advect"

    def step(self, loss: Loss, parameters: Sequence[Any], data: Sequence[Any]) -> Step:
        advect, args = self.imported(), (*parameters, *data)
        staged = advect.stage(self.loss(loss), *args)
        f = advect.value_and_grad(staged, argnums=tuple(range(len(parameters))))

        def step() -> tuple[Any, ...]:
            value, gradients = f(*args)
            return value, *gradients

        return step


class Micrograd(Framework):
    """Knows numbers alone, and adds into the gradients of its leaves: they are made anew for each step."""

    module = "micrograd"

    def value_and_grad(self, f: Loss, n: int) -> Callable[..., Any]:
        value = self.imported(".engine").Value

        def pulled(*args: Any) -> Any:
            leaves = [value(float(p)) for p in args[:n]]
            result = f(*leaves, *map(float, args[n:]))
            _pull_back(result)
            return result.data, [leaf.grad for leaf in leaves]

        return pulled


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


FRAMEWORKS: dict[str, Framework] = {
    OURS: Ours(),
    COMPILED: Compiled(),
    "advect": Advect(),
    "HIPS": Hips(),
    "JAX": Jax(),
    "micrograd": Micrograd(),
    "MyGrad": MyGrad(),
    "PyTorch": PyTorch(),
}


def installed(*names: str) -> dict[str, Framework]:
    """Return those of some frameworks that are installed, by name; of all where none is named."""
    return {name: FRAMEWORKS[name] for name in names or FRAMEWORKS if FRAMEWORKS[name].installed}


def steps(losses: Mapping[str, Loss], parameters: Sequence[Any], data: Sequence[Any]) -> dict[str, Step]:
    """Return the step of each framework that is installed, by its name."""
    return {name: found.step(losses[name], parameters, data) for name, found in installed(*losses).items()}


def shared(loss: Loss, *names: str) -> dict[str, Loss]:
    """Return one loss for ours and the frameworks that these names list: by default all that take whole arrays."""
    return dict.fromkeys((OURS, *(names or (COMPILED, "advect", "HIPS", "JAX", "MyGrad", "PyTorch"))), loss)
