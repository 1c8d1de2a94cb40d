"""Derivatives from values alone: the independent values that derivative rules are held to.

Nothing here knows a derivative rule. Every number comes with an error estimate, so that a caller can tell a wrong
gradient from one that cannot be judged. No step sizes are asked for: they follow the scale of the arguments.
"""

from autograd_lite.numerical.complex_step import ComplexStep, complex_directional, complex_gradient
from autograd_lite.numerical.estimates import Estimate, directional, gradient, one_sided, one_sided_gradient, pointwise
from autograd_lite.numerical.probing import quiet, random_tangents, scale
from autograd_lite.numerical.taylor import TaylorSlope, taylor_slope

__all__ = [
    "ComplexStep",
    "Estimate",
    "TaylorSlope",
    "complex_directional",
    "complex_gradient",
    "directional",
    "gradient",
    "one_sided",
    "one_sided_gradient",
    "pointwise",
    "quiet",
    "random_tangents",
    "scale",
    "taylor_slope",
]
