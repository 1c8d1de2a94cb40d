"""What runs a program in the place of NumPy: JAX, where it is asked for."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.compiled.recorded import TRACED
from autograd_lite.core import trees
from autograd_lite.core.extras import require
from autograd_lite.core.values import is_foreign, refuse_duck, with_remedy

BACKENDS = ("jax",)


def check_backend(backend: str | None, threads: int | None) -> None:
    """Raise ValueError for a backend that is not known, and ModuleNotFoundError for one that is not installed."""
    if backend is None:
        return
    if backend not in BACKENDS:
        raise ValueError(f'expected backend="jax", or none for NumPy, got {backend!r}')
    if threads is not None:
        raise ValueError('threads= is for NumPy, and XLA has threads of its own: leave it out with backend="jax"')
    require("jax", 'backend="jax"')


def traced_by(backend: str | None) -> tuple[type, ...]:
    """Return the types of arguments that are traced."""
    if backend is None:
        return TRACED
    import jax

    return *TRACED, jax.Array


def refuse_others(x: Any) -> None:
    """Raise TypeError for an array that is none of NumPy's, and say which backend takes it."""
    refuse_duck(x, 'compiled functions run NumPy (call the function itself, or use backend="jax"), and take')
    if is_foreign(x):
        backend = next((f', or compile with backend="{name}"' for name in BACKENDS if _is_of(x, name)), "")
        raise TypeError(f"expected a NumPy array, got {with_remedy(x)}{backend}")


def _is_of(x: Any, package: str) -> bool:
    return type(x).__module__.startswith(package)


def on_host(x: Any) -> Any:
    """Return an array of JAX as one of NumPy, and anything else as it is; raise TypeError for one of no such dtype."""
    import jax

    if not isinstance(x, jax.Array):
        return x
    if getattr(x.dtype, "kind", "V") not in "fciub":
        raise TypeError(f"expected an array of a dtype that NumPy has, got {x.dtype}: write x.astype(np.float32)")
    return np.asarray(x)[()]


def hosted(
    args: tuple[Any, ...], kwargs: dict[str, Any], backend: str | None
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments of a call with NumPy's arrays in the place of those of a backend."""
    if backend is None:
        return args, kwargs
    leaves, rebuild = trees.flatten((args, kwargs))
    args, kwargs = rebuild([on_host(x) for x in leaves])
    return args, kwargs
