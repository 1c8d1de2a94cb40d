"""Packages that are no dependencies: where one is missing, the error says which extra installs it."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

EXTRAS = {
    "hypothesis": "testing",
    "jax": "jax",
    "safetensors": "safetensors",
    "scipy": "scipy",
}
"""The packages that something needs, and the extra of each: ``pip install "autograd_lite[EXTRA]"``."""


def require(package: str, user: str, instead: str = "") -> None:
    """Raise ModuleNotFoundError, with the line that installs it, where a package is missing; import nothing.

    Parameters
    ----------
    package : str
    user : str
        What needs it, as it is written: ``"ag.optim.lbfgs"``.
    instead : str
        What needs nothing.
    """
    if find_spec(package) is None:
        more = f"; {instead}" if instead else ""
        raise ModuleNotFoundError(
            f'{user} needs {package}, which is not installed: pip install "autograd_lite[{EXTRAS[package]}]"{more}',
            name=package,
        )


def needed(module: str, user: str) -> Any:
    """Return a module of such a package; raise as `require` does."""
    require(module.partition(".")[0], user)
    return import_module(module)
