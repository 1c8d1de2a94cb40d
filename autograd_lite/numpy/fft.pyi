"""NumPy's own module."""

from numpy.fft import *
