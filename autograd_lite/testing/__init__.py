"""Checks of derivatives for users: of an op of their own, of a function, and hypothesis strategies to try more on.

Hypothesis is imported where it is used, and nowhere else: ``pip install "autograd_lite[testing]"``.
"""

from autograd_lite.ops.samples import Domain, Sample, above_one, positive, probability, real, sample, unit
from autograd_lite.testing.assertions import assert_gradient, assert_gradient_everywhere
from autograd_lite.testing.checking import check_grads, check_op
from autograd_lite.testing.random_programs import RandomProgram
from autograd_lite.testing.strategies import arrays, broadcastable, programs, shapes

__all__ = [
    "Domain",
    "RandomProgram",
    "Sample",
    "above_one",
    "arrays",
    "assert_gradient",
    "assert_gradient_everywhere",
    "broadcastable",
    "check_grads",
    "check_op",
    "positive",
    "probability",
    "programs",
    "real",
    "sample",
    "shapes",
    "unit",
]
