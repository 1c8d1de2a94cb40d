"""Why a gradient is wrong: the backward pass replayed with one mistake, and the table of mistakes."""
