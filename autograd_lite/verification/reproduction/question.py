"""A call of `verify`, and its answer, as an issue needs them."""

from __future__ import annotations

import platform
import re
from collections.abc import Callable, Mapping
from importlib import import_module
from types import MethodType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from autograd_lite.core import trees

if TYPE_CHECKING:
    from autograd_lite.verification.reproduction.script import Script

_PACKAGE = __name__.partition(".")[0]
_DEFAULTS = {"argnums": None, "params": None, "elementwise": False, "jacobian": False, "hessian": False, "rtol": 0}


class Question(NamedTuple):
    """A call of `verify`.

    Attributes
    ----------
    f, hand : what is verified, as it was given
    args : the arguments after them
    options : the keyword arguments of `verify`, and those that it passes on
    """

    f: Callable[..., Any]
    hand: Any
    args: tuple[Any, ...]
    options: Mapping[str, Any]

    def with_answer(self, answer: object) -> str:
        """Return the question and its answer in Markdown, with versions and platform, which stand nowhere else."""
        from autograd_lite.verification.reproduction.script import Script  # not at each start

        seed = self.options.get("rng", 0)
        script = Script(int(seed) if isinstance(seed, int | np.integer) else 0)
        call = self._call(script)
        lines = [
            f"- {_PACKAGE} {import_module(_PACKAGE).__version__}, NumPy {np.__version__}",
            f"- Python {platform.python_version()}, {platform.platform()}",
            f"- arguments: {self._described()}",
            *(f"- **add:** {each}" for each in script.missing),
        ]
        text = f"{script.text()}\n{call}"
        return "\n".join([*lines, "", *_fenced("python", text), "", *_fenced("text", str(answer))])

    def _call(self, script: Script) -> str:
        """Write what the call needs, and return it."""
        functions = [script.expression(x, "the function") for x in (self.f, self.hand) if callable(x)]
        package = script.imported(import_module(_PACKAGE), "ag")
        given = [script.variable(x, name) for x, name in self._arguments()]
        options = [f"{name}={script.expression(x, name)}" for name, x in self._options(script).items()]
        return f"print({package}.verify({', '.join([*functions, *given, *options])}))"

    def _arguments(self) -> list[tuple[Any, str]]:
        """Return each argument, with the name of its parameter."""
        args = self.args if callable(self.hand) else (self.hand, *self.args)
        code = getattr(self.f, "__code__", None)
        names = list(code.co_varnames[: code.co_argcount]) if code else []
        names = names[isinstance(self.f, MethodType) :]
        return list(zip(args, names + [f"x_{i}" for i in range(len(names), len(args))], strict=False))

    def _options(self, script: Script) -> dict[str, Any]:
        """Return the options that are not what they are when left out."""
        found = {name: x for name, x in self.options.items() if name not in _DEFAULTS or x != _DEFAULTS[name]}
        rng = found.pop("rng", 0)
        if not isinstance(rng, int | np.integer):
            script.missing.append("`rng`, a generator, whose draws are others here")
        elif rng:
            found["rng"] = int(rng)
        return found

    def _described(self) -> str:
        return ", ".join(f"`{name}` {_described(x)}" for x, name in self._arguments()) or "none"


def _described(x: Any) -> str:
    """Return the dtype and the shape of an array, and those of the leaves of a tree."""
    if trees.is_node(x):
        return f"{type(x).__name__} of ({', '.join(map(_described, trees.flatten(x)[0]))})"
    return f"{x.dtype} {x.shape}" if isinstance(x, np.ndarray | np.generic) else type(x).__name__


def _fenced(language: str, text: str) -> list[str]:
    """Return a block of code, in a fence that is longer than any in the text."""
    fence = "`" * (1 + max(map(len, re.findall(r"`{3,}", text)), default=2))
    return [f"{fence}{language}", text.strip("\n"), fence]
