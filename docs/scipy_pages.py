"""The page on SciPy: which of its functions are differentiable, and what to write in the place of others."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np

from autograd_lite.core.counterparts import counterpart, left_out, required
from autograd_lite.core.numpy_protocol import constants
from autograd_lite.core.op import Op
from autograd_lite.core.tape import registry
from autograd_lite.core.tensor import Tensor
from autograd_lite.ops.special import missing

TESTED = "1.17"  # the SciPy whose functions the page lists
MODULES = ("special", "linalg", "fft", "signal", "integrate")
ELSEWHERE = {"polygamma": "autograd_lite.ops.special.polygamma(x, n=1)"}  # what stands in under another call
_ABOUT = """\
# SciPy's functions

What happens when a function of SciPy {version} meets a Tensor. This page is generated from the op table by `make docs`;
the tests call the functions. `pip install "autograd_lite[scipy]"` installs SciPy; nothing is imported before one of its
functions meets a Tensor.

There are three answers, and none of them loses a gradient silently.

- {differentiable} ufuncs of `scipy.special` are **differentiable**: SciPy's own function, called with a Tensor, is
  recorded.
- {others} functions have a **counterpart** that takes Tensors. The error names it, with what SciPy takes where nothing
  is said: `write ag.softmax(m, axis=None) instead`.
- All else **refuses**. A ufunc without a rule prints an op to fill in; any other function takes plain arrays, and a
  Tensor says so: pass its `.value` where a constant is meant,
  or make the function an op with a rule of its own.
"""
_EXAMPLE = """\
```python
import numpy as np
import scipy
import autograd_lite as ag

x, m = np.array([0.5, 1.5]), np.array([[2.0, 0.5], [0.5, 1.0]])
print(ag.grad(lambda x: np.sum(scipy.special.gammaln(x)))(x).round(4))

for f in (lambda m: np.sum(scipy.special.softmax(m)), lambda m: np.sum(scipy.linalg.expm(m))):
    try:
        ag.grad(f)(m)
    except TypeError as error:
        print(str(error).replace("; ", ";\\n  ").replace(", or", ",\\n  or"))
```

```text
[-1.9635  0.0365]
a Tensor cannot be stored in a plain array without losing its gradient;
  write ag.softmax(m, axis=None) instead
a Tensor cannot be stored in a plain array without losing its gradient;
  scipy.linalg.expm takes plain numbers: use .value (or ag.stop_gradient) where a constant is meant,
  or make it an op with a derivative rule (@ag.op)
```
"""
_REST = """\
## Other packages of SciPy

`scipy.stats`, `scipy.ndimage`, `scipy.interpolate`, `scipy.sparse`, `scipy.spatial` and `scipy.optimize` take plain
arrays, and refuse Tensors. Some of their functions share a name with one of NumPy and do something else
(`scipy.ndimage.convolve`, `scipy.stats.norm.mean`): the error names no counterpart for these. A density is written with
`scipy.special`: `-0.5 * x**2 - 0.5 * np.log(2 * np.pi)` for `scipy.stats.norm.logpdf(x)`.

SciPy's optimisers take gradients from here: `ag.optim.lbfgs` minimises with one of them, and for the others
[`ag.ravel`](transforms.md) makes a vector of any tree of parameters.
"""


def functions(name: str) -> dict[str, Any]:
    """Return the public functions of a package of SciPy by name; classes are none."""
    module = import_module(f"scipy.{name}")
    members = {member: getattr(module, member) for member in sorted(module.__all__)}
    return {
        member: value
        for member, value in members.items()
        if callable(value) and not inspect.isclass(value) and not isinstance(value, ModuleType)
    }


def differentiable() -> dict[str, Op]:
    """Return the ufuncs of `scipy.special` that have an op, by name."""
    import_module("autograd_lite.ops.special")
    found = {name: registry.get(function) for name, function in functions("special").items()}
    return {name: row for name, row in found.items() if isinstance(row, Op)}


def constant() -> list[str]:
    """Return the ufuncs of `scipy.special` whose derivative is zero."""
    return [name for name, function in functions("special").items() if function in constants]


def counterparts() -> dict[str, str]:
    """Return what to write in the place of a function that takes no Tensors, by its path."""
    found = {}
    for module in MODULES:
        for name, function in functions(module).items():
            path = None if isinstance(function, np.ufunc) else counterpart(name, function)
            if path is not None and not takes_tensors(function):
                arrays = required(function)
                said = [f"{word.arg}={ast.unparse(word.value)}" for word in left_out(name, function, arrays)]
                found[f"scipy.{module}.{name}"] = f"{path}({', '.join([*'xy'[:arrays], *said])})"
            elif name in ELSEWHERE:
                found[f"scipy.{module}.{name}"] = ELSEWHERE[name]
    return found


def takes_tensors(function: Any) -> bool:
    """Whether a function that is no ufunc takes Tensors as it is: it is NumPy's, or written in ufuncs."""
    if function in registry:
        return True
    try:
        result = function(*[Tensor(np.eye(2))] * required(function))
    except (TypeError, ValueError):
        return False
    return type(result) is Tensor


def without_rule() -> list[str]:
    """Return the ufuncs of `scipy.special` that have no rule."""
    known = [*differentiable(), *constant()]
    return [
        name for name, function in functions("special").items() if isinstance(function, np.ufunc) and name not in known
    ]


def scipy_page() -> str:
    """Return the page."""
    rows, others = differentiable(), counterparts()
    parts = [
        _ABOUT.format(version=TESTED, differentiable=len(rows), others=len(others)),
        _EXAMPLE,
        "## Differentiable: `scipy.special`\n",
        "In all inputs: " + _listed(name for name, row in rows.items() if not constants_of(row)) + "\n",
        "Functions of SciPy that are NumPy's, or written in ufuncs, need no row: `scipy.special.softplus`,",
        "`scipy.fft.fftshift` and `scipy.fft.ifftshift`.\n",
        "In the last input alone, since the derivative by an order or a shape parameter has no closed form; a Tensor",
        "in its place is an error: " + _listed(_call(name, row) for name, row in rows.items() if constants_of(row)),
        "\nThese give constants: " + _listed(constant()) + "\n",
        "## Counterparts\n",
        "| SciPy | write |",
        "| --- | --- |",
        *(f"| `{path}` | `{call}` |" for path, call in others.items()),
        "\n## Refused\n",
        "Ufuncs of `scipy.special` without a rule; the error has an op to fill in:",
        _listed(without_rule()),
        "\nOf the functions of `scipy.special` that are no ufuncs, and of `scipy.linalg`, `scipy.fft`, `scipy.signal`",
        "and `scipy.integrate`, all that are not named above take plain arrays and numbers.\n",
        _REST,
    ]
    return "\n".join(parts)


def constants_of(row: Op) -> list[str]:
    """Return the inputs of a ufunc that have no derivative."""
    names = row.input_names
    given = zip(names, row.rules_for(len(names)), strict=True)
    return [name for name, rule in given if rule is None or rule is missing]


def _call(name: str, row: Op) -> str:
    return f"{name}({', '.join(row.input_names)})"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) + "."
