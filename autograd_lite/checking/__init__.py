"""Parts of the checks of ops: comparisons, the examination of one call, and random programs."""
