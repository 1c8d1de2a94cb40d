"""Programs for other values: what is recorded where an observer asks for one follows from no value at hand.

Rules choose shorter forms where they look at values, and some results have a shape that depends on them. A record that
is run again, at other values, takes neither: it holds the form that is right for all of them, or there is none.
"""

from __future__ import annotations

from typing import Any

from autograd_lite.core.lines import located
from autograd_lite.core.tape import Operation, Params, current_observers, observers


def is_general() -> bool:
    """Whether what is recorded here and now is a program for other values."""
    return bool(observers) and any(observer.general for observer in current_observers())


def settled(test: Any) -> bool:
    """Whether a test of the values at hand holds, and may choose a shorter form: in no program for other values."""
    return bool(test) if not observers else not is_general() and bool(test)


def refuse_varying(row: Operation, inputs: tuple[Any, ...], params: Params) -> None:
    """Raise TypeError, in a program for other values, for a result whose shape or dtype depends on them."""
    if row.varies is None or not is_general():
        return
    why = row.varies(*inputs, **params) if callable(row.varies) else row.varies
    if why is not None:
        raise located(TypeError(f"{row.name}() of a Tensor cannot be compiled: {why}"))
