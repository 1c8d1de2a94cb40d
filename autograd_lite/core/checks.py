"""Values for which a function is not defined: an error, of a compiled program when it meets them."""

from __future__ import annotations

import builtins

import numpy as np

from autograd_lite.core.general import is_general
from autograd_lite.core.op import op
from autograd_lite.core.shapes import Value
from autograd_lite.core.tensor import raw


@op(elementwise=True, rules=(lambda g, z, x, wrong, **_: g, None))
def unless(x: Value, wrong: Value, /, error: str, message: str) -> Value:
    """Return x.

    Raises
    ------
    error
        Of this name, where ``wrong`` holds anywhere.
    """
    if np.any(wrong):
        raise (getattr(np.linalg, error, None) or getattr(builtins, error))(message)
    return x


def checked(x: Value, wrong: Value, error: type[Exception], message: str) -> Value:
    """Return x; raise an error where ``wrong`` holds somewhere: now, or when a program that is compiled runs.

    Parameters
    ----------
    x : array
    wrong : array of bool that broadcasts to x
    error : type
        A built-in one, or one of ``np.linalg``.
    message : str
    """
    if not is_general():
        unless.forward(raw(x), raw(wrong), error.__name__, message)
        return x
    return unless(x, wrong, error=error.__name__, message=message)
