"""The core: a record of what NumPy code computes, and one backward pass over it."""
