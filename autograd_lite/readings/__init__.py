"""Readings of the gradient program: they show what it holds, and derive nothing.

`explanation` shows each step with its number, `drawing` the graph, `source` NumPy code; `layout` places the boxes of
graphs for the first two. `tensor` is what a notebook shows of one.
"""
