"""Speed and memory as ratios, on one thread: that is set here, before NumPy and its peers start theirs.

A process with ``OMP_NUM_THREADS=2`` measures on two. The reading order: `workload`, the workloads by theme
(`classifiers`, `elementwise`, `neurons`, `hessians`, `networks`), `workloads` (all of them, with their limits),
`frameworks`, `interleaved`, `measured`, `page`, `printed`, `sizes`.
"""

import os

VARIABLES = "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC"  # the last is that of XLA's pool
THREADS = int(os.environ.setdefault("OMP_NUM_THREADS", "1"))
for _name in VARIABLES:
    os.environ.setdefault(_name, str(THREADS))
