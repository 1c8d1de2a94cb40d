"""NumPy's own module."""

from numpy.random import *
