"""Models and lessons built on the public names of `autograd_lite`; run from a checkout."""
