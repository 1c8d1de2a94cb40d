"""Ops that models need beside NumPy's."""
