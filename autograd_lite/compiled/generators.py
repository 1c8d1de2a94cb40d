"""Random numbers in a function that is compiled: each draw is an op, of the generator among the arguments."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any, NoReturn

import numpy as np

from autograd_lite.core import tensor as tensors
from autograd_lite.core.conversions import DRAWN
from autograd_lite.core.lines import located
from autograd_lite.core.lists import stacked
from autograd_lite.core.op import Op
from autograd_lite.core.shapes import Value
from autograd_lite.core.tensor import Tensor, raw, record
from autograd_lite.numerical.streams import KINDS

_OWN = {"draws", "leaf"}


class Source(np.random.Generator):
    """What stands for a generator while a function is traced: it draws from a copy, and records what it draws.

    Each draw is a node: its first input is `leaf`, the others are the Tensors among its arguments, and the rest are its
    parameters, by name or, by position, as ``arg0``, ``arg1``. ``node.op.compute(generator, *inputs, **params)`` draws
    again. A program has to run each draw once and in this order, whether or not its result is used.

    Parameters
    ----------
    generator : numpy.random.Generator
        It stays as it is.
    name : str
        What the program calls it.

    Attributes
    ----------
    leaf : Tensor
        Stands for the generator in the record; its value is the copy.
    draws : list of Tensor
        What was drawn, in order.
    """

    leaf: Tensor
    draws: list[Tensor]

    def __init__(self, generator: np.random.Generator, name: str) -> None:
        self._copy = copy.deepcopy(generator)
        super().__init__(self._copy.bit_generator)
        self.leaf = tensors.leaf(self._copy, cast=False)
        self.leaf.name = name
        self.draws = []

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("_") or name in _OWN:
            return super().__getattribute__(name)
        if not callable(getattr(self._copy, name)):  # raises where there is none
            raise located(TypeError(f"rng.{name} is not recorded in a compiled function; draw from the generator"))
        return partial(self._draw, name)

    def _draw(self, method: str, *args: Any, **kwargs: Any) -> Tensor:
        if kwargs.get("out") is not None:
            raise located(TypeError(f"rng.{method}(out=) of a compiled function is not recorded; use what it returns"))
        given = {**{f"arg{i}": stacked(x) for i, x in enumerate(args)}, **{k: stacked(x) for k, x in kwargs.items()}}
        traced = frozenset(key for key, x in given.items() if type(x) is Tensor)
        op = _draw_of(method, len(args), tuple(given), traced, len(self.draws))
        inputs = tuple(given[key] for key in given if key in traced)
        params = {key: x for key, x in given.items() if key not in traced}
        drawn = op.compute(self._copy, *map(raw, inputs), **params)
        value = np.asarray(drawn)
        if drawn is None or value.dtype.kind not in "fciub":
            instead = "write x = rng.permutation(x), which makes a new array" if drawn is None else "draw numbers"
            raise located(TypeError(f"rng.{method}() of a compiled function is not recorded; {instead}"))
        node = record(op, value[()], (self.leaf, *inputs), params)
        self.draws.append(node)
        return node


@cache
def _draw_of(method: str, positional: int, keys: tuple[str, ...], traced: frozenset[str], number: int) -> Op:
    """Return the op of a draw: the same for the draw of this number in each trace, and another one for every other."""
    order = [key for key in keys if key in traced]

    def draw(generator: Any, *inputs: Value, **params: Any) -> Value:
        given = {**params, **dict(zip(order, inputs, strict=True))}
        method_of: Callable[..., Value] = getattr(generator, method)
        return method_of(*(given[key] for key in keys[:positional]), **{key: given[key] for key in keys[positional:]})

    fields = {key: f"{{{order.index(key) + 1 if key in traced else key}}}" for key in keys}
    written = [fields[key] for key in keys[:positional]] + [f"{key}={fields[key]}" for key in keys[positional:]]
    template = f"{{0}}.{method}({', '.join(written)})"
    rules = (None, *[_refuse_gradient] * len(order))
    return Op(draw, rules, name=f"Generator.{method}", template=template)


def _refuse_gradient(*args: Any, **params: Any) -> NoReturn:
    raise located(TypeError(DRAWN))


def sources(leaves: Sequence[Any], names: Sequence[str]) -> dict[int, Source]:
    """Return what stands for the generators among the leaves of arguments, by their places.

    Raises
    ------
    TypeError
        For generators of other kinds.
    """
    made: dict[int, Source] = {}
    for x, name in zip(leaves, names, strict=True):
        if isinstance(x, np.random.Generator):
            made[id(x)] = made.get(id(x)) or Source(x, name)
        elif isinstance(x, KINDS):
            raise TypeError(
                f"a compiled function draws from NumPy's generators alone, and {name} is a {type(x).__name__}; pass "
                "np.random.default_rng(seed)"
            )
    return {i: made[id(x)] for i, x in enumerate(leaves) if id(x) in made}
