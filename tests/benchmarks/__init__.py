"""Speed and memory as ratios, on one thread: that is set here, before NumPy and PyTorch start theirs."""

import os

for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")
