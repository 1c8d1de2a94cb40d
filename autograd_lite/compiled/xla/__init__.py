"""Programs on XLA, by way of JAX: the NumPy code that `compiled` writes, traced by ``jax.jit``.

Reading order: `arrays` are what the code computes with while JAX traces it: they answer NumPy's protocols by JAX's
functions. `namespace` is what the code finds as ``np``, and puts it into functions that the code calls; `forms` are the
few functions that JAX has not, or has otherwise. `program` puts a graph on XLA, and `comparison` holds its first result
to NumPy's.
"""

from autograd_lite.compiled.xla import forms

__all__ = ["forms"]  # which `arrays` look into
