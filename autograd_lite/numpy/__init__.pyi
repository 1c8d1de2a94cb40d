"""What type checkers and editors take the namespace for: NumPy's."""

from numpy import *
from numpy import __all__ as __all__
