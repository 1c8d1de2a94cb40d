"""NumPy's own module."""

from numpy.linalg import *
