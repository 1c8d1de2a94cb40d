"""Parts of complex numbers.

The cotangent of a complex number x + iy is dL/dx - i dL/dy, as in HIPS autograd, so that the rule of a holomorphic
function is the cotangent times its derivative, without conjugation. The sweep takes the real part for real inputs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.core.numpy_protocol import constant
from autograd_lite.core.op import op, registry
from autograd_lite.core.tensor import raw
from autograd_lite.ops import samples


def _complex(*shape: int) -> samples.Draw:
    """Return an input of complex numbers."""
    return lambda rng: (rng.standard_normal(shape) + 1j * rng.standard_normal(shape))[()]


_NUMBERS = (samples.sample(_complex(2, 3)), samples.sample(_complex()), samples.sample((3,)))


@op(numpy=np.real, elementwise=True, template="np.real({})", rules=(lambda g, z, x: g,), samples=_NUMBERS)
def real(x: Any, /) -> Any:
    """Return the real part."""
    return np.real(x)


@op(numpy=np.imag, elementwise=True, template="np.imag({})", rules=(lambda g, z, x: g * -1j,), samples=_NUMBERS)
def imag(x: Any, /) -> Any:
    """Return the imaginary part: 0 for real numbers."""
    return np.imag(x)


@op(
    numpy=np.conjugate,
    elementwise=True,
    template="np.conj({})",
    rules=(lambda g, z, x: np.conjugate(g),),
    samples=_NUMBERS,
)
def conjugate(x: Any, /) -> Any:
    """Return the complex conjugate."""
    return np.conjugate(x)


conj = conjugate


@op(numpy=np.angle, samples=(*_NUMBERS, samples.sample(_complex(3), deg=True)))
def angle(z: Any, /, deg: bool = False) -> Any:
    """Return the angle of complex numbers in the plane, in radians or degrees.

    Subgradient: 0 at 0, where the angle jumps.
    """
    radians = np.arctan2(np.imag(z), np.real(z))
    return radians * (180 / np.pi) if deg else radians


@op(numpy=np.real_if_close, samples=_NUMBERS)
def real_if_close(a: Any, /, tol: float = 100) -> Any:
    """Return the real part of complex numbers whose imaginary parts are within rounding of 0; else the numbers."""
    return np.real(a) if np.isrealobj(np.real_if_close(raw(a), tol)) else a


constant(np.sign)
_sign_of_reals = registry[np.sign]


@op(numpy=np.sign, elementwise=True, samples=(samples.sample(_complex(3)), samples.sample(_complex())))
def sign(x: Any, /) -> Any:
    """Return x / abs(x), and 0 for 0. That of real numbers is a constant: a plain array.

    Subgradient: 0 at 0.
    """
    return x / np.where(x == 0, np.inf, np.abs(x)) if np.iscomplexobj(raw(x)) else _sign_of_reals(x)
