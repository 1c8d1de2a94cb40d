"""What training needs, over any tree of arrays: optimisers, schedules, clipping, first weights, mini-batches."""

from autograd_lite.optim.adaptive import Adam, AdamW, RMSProp
from autograd_lite.optim.batching import batches
from autograd_lite.optim.clipping import clip_by_norm, global_norm
from autograd_lite.optim.descent import SGD, Momentum
from autograd_lite.optim.initialisers import glorot, he
from autograd_lite.optim.minimum import Minimum, lbfgs
from autograd_lite.optim.optimizer import Optimizer
from autograd_lite.optim.schedules import Constant, CosineDecay, Schedule, StepDecay, WarmUp

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "Constant",
    "CosineDecay",
    "Minimum",
    "Momentum",
    "Optimizer",
    "RMSProp",
    "Schedule",
    "StepDecay",
    "WarmUp",
    "batches",
    "clip_by_norm",
    "global_norm",
    "glorot",
    "he",
    "lbfgs",
]
