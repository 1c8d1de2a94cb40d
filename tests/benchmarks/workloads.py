"""All workloads, by theme: their sizes, and what they may take."""

from __future__ import annotations

from tests.benchmarks import classifiers, elementwise, hessians, networks, neurons
from tests.benchmarks.frameworks import COMPILED, OURS
from tests.benchmarks.interleaved import peak
from tests.benchmarks.workload import Limits, Workload

SPARE = 16 * 2**20

WORKLOADS: dict[str, Workload] = {
    "step": Workload(
        "the neuron's step / the tutorial's own class",
        neurons.steps,
        limits=Limits({OURS: 3.0, COMPILED: 0.45}),
        repetitions=1_000,
    ),
    "training": Workload(
        "the neuron's training / models.hand_derived", neurons.training, (1_000,), (100,), Limits({OURS: 2.0})
    ),
    "mlp": Workload(
        "mlp 64-128-10 of tanh, batch 64",
        classifiers.classifiers,
        (64, 64, 128, 10),
        (8, 5, 4, 3),
        Limits({OURS: 2.2}),
        repetitions=20,
        rounds=40,
    ),
    "entropy": Workload(
        "mlp 64-128-10 of relu, batch 64, labels",
        classifiers.networks,
        (64, 64, 128, 10),
        (8, 5, 4, 3),
        Limits({COMPILED: 0.85}, compiling=0.1),
        repetitions=20,
        rounds=40,
    ),
    "epoch": Workload(
        "epoch of an mlp on the digits / PyTorch",
        classifiers.epochs,
        (1797, 128),
        (69, 128),
        Limits({COMPILED: 0.7}),
        baseline="PyTorch",
    ),
    "batch": Workload(
        "full batch 60,000 x 100-64-10",
        classifiers.classifiers,
        (60_000, 100, 64, 10),
        (40, 6, 5, 4),
        Limits({OURS: 1.05, COMPILED: 0.5}, two_threads=0.32, memory=SPARE),
        rounds=12,
    ),
    "logistic": Workload(
        "logistic regression 200,000 x 50",
        classifiers.logistic_regressions,
        (200_000, 50),
        (50, 7),
        Limits({OURS: 1.05, COMPILED: 0.5}, two_threads=0.34, memory=SPARE),
        rounds=30,
    ),
    "wave": Workload(
        "sum(exp(-tanh(1.3 x + .2)^2) x), 4 million",
        elementwise.waves,
        (4_000_000,),
        (500,),
        Limits({OURS: 1.3, COMPILED: 0.38}, two_threads=0.24, memory=SPARE),
    ),
    "numbers": Workload(
        "40,000 scalar nodes of one leaf", elementwise.chains, (20_000, 1), (100, 1), Limits({OURS: 20}), rounds=7
    ),
    "leaves": Workload(
        "40,000 scalar nodes, by factor and term too",
        elementwise.chains,
        (20_000, 3),
        (100, 3),
        Limits({OURS: 12}),
        rounds=7,
    ),
    "hessian": Workload(
        "Hessian of Rosenbrock in 50 / SciPy's",
        hessians.hessians,
        (50,),
        (5,),
        Limits({COMPILED: 0.5}),
        repetitions=50,
    ),
    "cnn": Workload(
        "CNN on 8x8 digits / PyTorch",
        networks.convolutions,
        (64,),
        (4,),
        Limits({OURS: 1.5, COMPILED: 1.3}),
        repetitions=5,
        baseline="PyTorch",
    ),
    "rnn": Workload(
        "char RNN, 32 steps, 128 units / PyTorch",
        networks.texts,
        (32, 128, 16, 64),
        (3, 4, 2, 5),
        Limits({OURS: 1.2}),
        repetitions=3,
        baseline="PyTorch",
    ),
    "char": Workload(
        "char RNN, 25 steps, 64 units / PyTorch",
        networks.texts,
        (25, 64, 16, 64),
        (4, 5, 3, 6),
        Limits({COMPILED: 0.9}),
        repetitions=3,
        baseline="PyTorch",
    ),
    "memory": Workload(
        "peak memory of 4 x (4096 x 512), tanh",
        classifiers.depths,
        (4096, 512),
        (8, 6),
        Limits({OURS: 1.2}),
        rounds=1,
        measure=peak,
    ),
}
