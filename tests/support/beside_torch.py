"""Training runs done twice, here and in PyTorch: each optimiser with each option, on schedules, with clipping.

Run as `python -m tests.support.beside_torch`, where PyTorch is installed.
"""

import importlib
import warnings
from functools import partial
from itertools import product

import numpy as np

from autograd_lite.optim import (
    SGD,
    Adam,
    AdamW,
    CosineDecay,
    Momentum,
    RMSProp,
    StepDecay,
    WarmUp,
    clip_by_norm,
)

STEPS, RATE = 50, 0.05
BETAS = {"beta1": 0.7, "beta2": 0.95, "epsilon": 1e-4}
OPTIMIZERS = [  # ours with its options, theirs with the same
    (SGD, {}, "SGD", {}),
    (Momentum, {}, "SGD", {"momentum": 0.9}),
    (Momentum, {"momentum": 0.7}, "SGD", {"momentum": 0.7}),
    (Momentum, {"momentum": 0.7, "nesterov": True}, "SGD", {"momentum": 0.7, "nesterov": True}),
    (RMSProp, {}, "RMSprop", {}),
    (RMSProp, {"decay": 0.8, "epsilon": 1e-4}, "RMSprop", {"alpha": 0.8, "eps": 1e-4}),
    (Adam, {}, "Adam", {}),
    (Adam, BETAS, "Adam", {"betas": (0.7, 0.95), "eps": 1e-4}),
    (AdamW, {}, "AdamW", {}),
    (AdamW, BETAS, "AdamW", {"betas": (0.7, 0.95), "eps": 1e-4}),
]
DECAYS = [{}, {"weight_decay": 0.3}]
SCHEDULES = {  # ours, and theirs of torch.optim.lr_scheduler and an optimiser
    "a number": (RATE, None),
    "StepDecay": (StepDecay(RATE, 7, 0.6), lambda s, o: s.StepLR(o, 7, 0.6)),
    "CosineDecay": (CosineDecay(RATE, 60, 0.01), lambda s, o: s.CosineAnnealingLR(o, 60, 0.01)),
    "WarmUp": (
        WarmUp(CosineDecay(RATE, 45), 10),
        lambda s, o: s.SequentialLR(
            o, [s.LinearLR(o, 1 / 11, total_iters=10), s.CosineAnnealingLR(o, 45)], milestones=[10]
        ),
    ),
}
LIMITS = [None, 0.2]
RUNS = {
    f"{ours.__name__} {options | decay}, {schedule}, {'clipped' if limit else 'whole'}": (
        partial(ours, SCHEDULES[schedule][0], **options, **decay),
        (theirs, their_options | decay, SCHEDULES[schedule][1]),
        limit,
    )
    for (ours, options, theirs, their_options), decay, schedule, limit in product(OPTIMIZERS, DECAYS, SCHEDULES, LIMITS)
}

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(20, 3)), RNG.normal(size=(20, 2))
START = {"weights": RNG.normal(size=(3, 2)), "bias": RNG.normal(size=2)}


def there(name, options, schedule, limit):
    """Train with PyTorch; yield the gradients of each step and the parameters after it."""
    torch = importlib.import_module("torch")
    x, y = torch.tensor(X), torch.tensor(Y)
    p = {key: torch.tensor(value, requires_grad=True) for key, value in START.items()}
    optimizer = getattr(torch.optim, name)(p.values(), lr=RATE, **options)
    scheduler = schedule and schedule(torch.optim.lr_scheduler, optimizer)
    for _ in range(STEPS):
        optimizer.zero_grad()
        ((torch.tanh(x @ p["weights"] + p["bias"]) - y) ** 2).mean().backward()
        gradients = {key: value.grad.numpy().copy() for key, value in p.items()}
        if limit is not None:  # theirs divides by the norm + 1e-6, which is the norm then
            norm = torch.nn.utils.get_total_norm([value.grad for value in p.values()])
            torch.nn.utils.clip_grads_with_norm_(p.values(), limit, norm - 1e-6)
        optimizer.step()
        if scheduler is not None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # SequentialLR calls what PyTorch deprecates
                scheduler.step()
        yield gradients, {key: value.detach().numpy().copy() for key, value in p.items()}


def differences(name):
    """Yield for each step of a run how far the parameters are apart.

    Both take the same gradients: with gradients of their own, RMSProp turns 1e-16 into 1e-9 in 50 steps.
    """
    make, (kind, options, schedule), limit = RUNS[name]
    optimizer, p = make(), START
    for gradients, theirs in there(kind, options, schedule, limit):
        p = optimizer.step(p, gradients if limit is None else clip_by_norm(gradients, limit))
        yield max(float(np.max(np.abs(p[key] - theirs[key]))) for key in START)


def main():
    furthest = {name: max(differences(name)) for name in RUNS}
    for name, far in sorted(furthest.items(), key=lambda item: -item[1])[:10]:
        print(f"{far:.1e}  {name}")
    print(f"{len(furthest)} runs of {STEPS} steps, apart by {max(furthest.values()):.1e} at most")


if __name__ == "__main__":
    main()
