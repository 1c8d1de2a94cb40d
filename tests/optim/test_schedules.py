"""Schedules against their closed forms, as arguments of an optimiser, and their errors."""

import math

import numpy as np
import pytest

from autograd_lite.optim import SGD, Constant, CosineDecay, Schedule, StepDecay, WarmUp


def half(step):
    return 0.5**step


RATES = {
    "Constant": (Constant(0.3), {0: 0.3, 1: 0.3, 10**9: 0.3}),
    "StepDecay": (StepDecay(0.8, 3, 0.5), {0: 0.8, 2: 0.8, 3: 0.4, 5: 0.4, 6: 0.2, 3000: 0.8 * 0.5**1000}),
    "StepDecay, its factor": (StepDecay(0.8, 3), {2: 0.8, 3: 0.08}),
    "StepDecay, rising": (StepDecay(0.1, 1, 2.0), {0: 0.1, 1: 0.2, 2: 0.4}),
    "CosineDecay": (CosineDecay(0.4, 8), {0: 0.4, 2: 0.2 + 0.2 * math.sqrt(0.5), 4: 0.2, 8: 0.0, 9: 0.0, 10**9: 0.0}),
    "CosineDecay, not to 0": (CosineDecay(0.4, 3, final=0.1), {0: 0.4, 1: 0.325, 2: 0.175, 3: 0.1, 4: 0.1}),
    "WarmUp": (WarmUp(Constant(0.5), 4), {0: 0.1, 1: 0.2, 2: 0.3, 3: 0.4, 4: 0.5, 5: 0.5}),
    "WarmUp of a number": (WarmUp(0.5, 1), {0: 0.25, 1: 0.5}),
    "WarmUp of a schedule": (WarmUp(CosineDecay(0.4, 8), 3), {0: 0.1, 1: 0.2, 2: 0.3, 3: 0.4, 7: 0.2, 11: 0.0}),
    "WarmUp of a function": (WarmUp(half, 1), {0: 0.5, 1: 1.0, 2: 0.5, 3: 0.25}),
    "WarmUp of none": (WarmUp(half, 0), {0: 1.0, 1: 0.5}),
}
each = pytest.mark.parametrize("name", RATES)


@each
def test_closed_forms(name):
    schedule, rates = RATES[name]
    assert {step: schedule(step) for step in rates} == pytest.approx(rates, rel=1e-15, abs=1e-17)
    assert {type(schedule(step)) for step in rates} == {float}


@each
def test_optimisers_count_from_0(name):
    schedule, _ = RATES[name]
    optimizer, p = SGD(schedule), 0.0
    for step in range(12):
        assert optimizer.learning_rate == schedule(step)
        p, before = optimizer.step(p, -1.0), p
        assert p == before + schedule(step)


@each
def test_they_are_values(name):
    schedule, _ = RATES[name]
    assert isinstance(schedule, Schedule)
    same = eval(
        repr(schedule), {cls.__name__: cls for cls in (StepDecay, CosineDecay, Constant, WarmUp)} | {"half": half}
    )
    assert repr(same) == repr(schedule)
    assert [same(step) for step in range(12)] == [schedule(step) for step in range(12)]
    assert hash(schedule) == hash(type(schedule)(*vars(schedule).values()))
    with pytest.raises(AttributeError):
        schedule.rate = schedule.schedule = 1.0


def test_what_is_printed():
    assert repr(Constant(1)) == "Constant(rate=1.0)"
    assert repr(StepDecay(0.1, 30)) == "StepDecay(rate=0.1, every=30, factor=0.1)"
    assert repr(CosineDecay(0.1, 30)) == "CosineDecay(rate=0.1, steps=30, final=0.0)"
    assert repr(WarmUp(0.1, 5)) == "WarmUp(schedule=0.1, steps=5)"
    assert repr(WarmUp(StepDecay(0.1, 30), 5)) == "WarmUp(schedule=StepDecay(rate=0.1, every=30, factor=0.1), steps=5)"


POSITIVE, COUNT = "to be finite and positive, got", "to be a whole number of at least"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        *[(lambda v=v: Constant(v), f"expected rate {POSITIVE}") for v in (0, -1.0, np.nan, np.inf, "0.1", None)],
        *[(lambda v=v: StepDecay(v, 3), f"expected rate {POSITIVE}") for v in (0, np.nan, half)],
        *[(lambda v=v: StepDecay(0.1, v), f"expected every {COUNT} 1, got") for v in (0, -3, 2.5, True, "3", None)],
        *[(lambda v=v: StepDecay(0.1, 3, v), f"expected factor {POSITIVE}") for v in (0.0, -0.1, np.inf)],
        *[(lambda v=v: CosineDecay(v, 3), f"expected rate {POSITIVE}") for v in (0, np.nan)],
        *[(lambda v=v: CosineDecay(0.1, v), f"expected steps {COUNT} 1, got") for v in (0, 0.5, None)],
        *[(lambda v=v: CosineDecay(0.1, 3, v), "expected final to be finite and at least 0") for v in (-0.1, np.nan)],
        *[(lambda v=v: WarmUp(v, 3), f"expected schedule {POSITIVE}") for v in (0.0, None, "half")],
        *[(lambda v=v: WarmUp(0.1, v), f"expected steps {COUNT} 0, got") for v in (-1, 1.5, None)],
    ],
)
def test_arguments(make, said):
    with pytest.raises(ValueError, match=said):
        make()


@each
@pytest.mark.parametrize("step", [-1, 0.5, "0", None, True], ids=repr)
def test_a_step_is_counted(name, step):
    with pytest.raises(ValueError, match="expected step to be a whole number of at least 0, got"):
        RATES[name][0](step)
