"""The one source of random numbers: streams that differ by purpose, and from all that a user seeds."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

ENTROPY = 0x1D6F_3B52_9E07_C8A4_5D13_F7E6_80B9_2C4A
"""Of the project: drawn once. ``default_rng(0)`` and the like are what users draw their data with."""


def stream(purpose: str, seed: int | np.random.Generator = 0) -> np.random.Generator:
    """Return the random numbers of a purpose: the same on every machine, and unlike those of any other purpose.

    Parameters
    ----------
    purpose : str
    seed : int or numpy.random.Generator
        Which of the streams of this purpose, or what draws that: all that ``np.random.default_rng`` takes.

    Returns
    -------
    numpy.random.Generator
        Its numbers are independent of those of ``np.random.default_rng(seed)``, and of the generator's.
    """
    drawn = int(np.random.default_rng(seed).integers(2**63))
    return np.random.default_rng(np.random.SeedSequence(ENTROPY, spawn_key=(zlib.crc32(purpose.encode()), drawn)))


KINDS = (np.random.Generator, np.random.RandomState, random.Random)
"""The kinds of generators that users have."""


def state_of(generator: Any) -> tuple[Callable[[Any], Any], Any]:
    """Return what sets the state of a generator of random numbers, and its state."""
    if isinstance(generator, random.Random):
        return generator.setstate, generator.getstate()
    if isinstance(generator, np.random.RandomState):
        return generator.set_state, generator.get_state(legacy=False)
    bits = generator.bit_generator
    return lambda state: setattr(bits, "state", state), bits.state
