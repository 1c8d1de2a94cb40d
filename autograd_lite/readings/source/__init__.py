"""A program written out as NumPy code."""
