"""Parts of the numerical oracle: extrapolation to a limit, and the function under test."""
