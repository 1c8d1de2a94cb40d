"""Training: the loop written out, when it stops, and interrupted runs that go on to the same result."""

import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import autograd_lite as ag
from models.progress import Progress
from models.training import train

ROOT = Path(__file__).parents[2]
X = np.random.default_rng(0).normal(size=(37, 3))
Y = X @ np.array([1.0, -2.0, 0.5]) + 0.3 + 0.5 * np.random.default_rng(1).normal(size=37)
DATA, HELD_OUT = (X[:25], Y[:25]), (X[25:], Y[25:])
START: dict[str, Any] = {"w": np.zeros(3), "b": 0.0}


def loss(params, x, y):
    return np.mean(np.square(x @ params["w"] + params["b"] - y))


OPTIMIZERS = {
    "SGD": lambda: ag.optim.SGD(0.05),
    "Nesterov": lambda: ag.optim.Momentum(0.02, nesterov=True),
    "RMSProp": lambda: ag.optim.RMSProp(0.01),
    "Adam, cosine": lambda: ag.optim.Adam(ag.optim.CosineDecay(0.1, 60)),
    "AdamW, warm-up": lambda: ag.optim.AdamW(ag.optim.WarmUp(0.05, 20)),
}
each = pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=list(OPTIMIZERS))


def run(make, epochs, seed=0, **options):
    rng = np.random.default_rng(seed)
    return train(loss, START, DATA, optimizer=make(), epochs=epochs, size=8, rng=rng, held_out=HELD_OUT, **options)


def assert_same(one, other):
    assert (one.training, one.held_out, one.best) == (other.training, other.held_out, other.best)
    np.testing.assert_array_equal(one.params["w"], other.params["w"])
    assert one.params["b"] == other.params["b"]


@each
def test_it_is_the_loop_that_one_would_write(make):
    optimizer, rng, params = make(), np.random.default_rng(5), START
    errors = [loss(params, *DATA)]
    for _ in range(4):
        order = rng.permutation(25)
        for first in range(0, 25, 8):
            rows = order[first : first + 8]
            params = optimizer.step(params, ag.grad(loss)(params, X[rows], Y[rows]))
        errors.append(loss(params, *DATA))
    found = train(loss, START, DATA, optimizer=make(), epochs=4, size=8, rng=np.random.default_rng(5))
    assert found.training == pytest.approx(errors, rel=1e-12)
    assert found.held_out == []
    assert (found.epochs, found.best) == (4, 4)
    np.testing.assert_allclose(found.params["w"], params["w"], rtol=1e-12)


def test_all_examples_are_one_batch_where_no_size_is_given():
    found = train(loss, START, DATA, optimizer=ag.optim.SGD(0.1), epochs=1, rng=np.random.default_rng(0))
    np.testing.assert_allclose(found.params["w"], -0.1 * ag.grad(loss)(START, *DATA)["w"], rtol=1e-12)


def test_steps_may_be_taken_along_another_gradient():
    seen = []

    def half(params, x, y):
        seen.append(len(x))
        value, gradient = ag.value_and_grad(loss)(params, x, y)
        return value, {"w": gradient["w"] / 2, "b": 0.0}

    options: dict[str, Any] = {"epochs": 1, "size": 8, "value_and_grad": half, "optimizer": ag.optim.SGD(0.1)}
    found = train(loss, START, DATA, rng=np.random.default_rng(0), **options)
    assert seen == [8, 8, 8, 1]
    assert found.params["b"] == 0.0
    assert found.training == [loss(START, *DATA), loss(found.params, *DATA)]


def test_batches_may_be_varied_for_the_step_alone():
    def doubled(rng, x, y):
        return 2 * x, y + rng.normal()

    found = train(loss, START, DATA, optimizer=ag.optim.SGD(0.1), epochs=1, rng=np.random.default_rng(0), vary=doubled)
    rng = np.random.default_rng(0)
    rng.permutation(25)
    gradient = ag.grad(loss)(START, 2 * DATA[0], DATA[1] + rng.normal())
    np.testing.assert_allclose(found.params["w"], -0.1 * gradient["w"], rtol=1e-12)
    assert found.training == [loss(START, *DATA), loss(found.params, *DATA)]


def test_it_stops_when_the_held_out_error_has_been_no_smaller_and_returns_the_best():
    eager = partial(ag.optim.SGD, 0.3)
    whole = run(eager, 40)
    stopped = run(eager, 40, patience=5)
    errors = stopped.held_out
    assert stopped.epochs < 40
    assert stopped.epochs - stopped.best == 5
    assert errors == whole.held_out[: len(errors)]
    assert errors[stopped.best] == min(errors) == loss(stopped.params, *HELD_OUT)
    assert errors.index(min(errors)) == stopped.best
    assert run(eager, stopped.best + 4, patience=5).epochs == stopped.best + 4


@pytest.mark.parametrize("ending", [".npz", ".safetensors"])
@each
def test_a_run_goes_on_to_the_same_result(make, ending, tmp_path):
    if ending == ".safetensors":
        pytest.importorskip("safetensors")
    whole = run(make, 9)
    for done in (1, 5, 8):
        checkpoint = tmp_path / f"after_{done}{ending}"
        run(make, done, checkpoint=checkpoint)
        again = run(make, 9, seed=99, checkpoint=checkpoint)  # the draws go on too, whatever the new generator
        assert_same(again, whole)
        assert_same(run(make, 9, checkpoint=checkpoint), whole)  # nothing is left to do


def test_early_stopping_is_the_same_after_an_interruption(tmp_path):
    eager = partial(ag.optim.SGD, 0.3)
    whole = run(eager, 40, patience=5)
    for done in range(1, whole.epochs + 1):
        run(eager, done, checkpoint=tmp_path / f"{done}.npz", patience=5)
        assert_same(run(eager, 40, checkpoint=tmp_path / f"{done}.npz", patience=5), whole)


def test_ctrl_c_ends_it_with_the_best_so_far_and_a_good_checkpoint(tmp_path, capsys):
    adam = OPTIMIZERS["Adam, cosine"]

    def interrupted(params, x, y):
        if len(x) == len(X[:25]):  # an epoch is measured
            measured.append(None)
            if len(measured) == 5:
                signal.raise_signal(signal.SIGINT)
        return loss(params, x, y)

    measured: list[None] = []
    options = {"size": 8, "held_out": HELD_OUT, "checkpoint": tmp_path / "run.npz"}
    progress = partial(Progress, "training")
    stopped = train(
        interrupted, START, DATA, optimizer=adam(), epochs=9, rng=np.random.default_rng(0), progress=progress, **options
    )
    assert stopped.epochs == 4
    assert "stopped by Ctrl-C after 4 of 9" in capsys.readouterr().out
    assert_same(stopped, run(adam, 4))
    assert_same(run(adam, 9, checkpoint=tmp_path / "run.npz"), run(adam, 9))


KILLED = """
import os, signal, sys, time
from pathlib import Path
from tests.models import test_training as t
from tests.support.interrupted import start

for seconds in sys.stdin:
    child = start(lambda: t.run(t.OPTIMIZERS["Adam, cosine"], 200, checkpoint=Path(sys.argv[1])))
    time.sleep(float(seconds))
    os.kill(child, signal.SIGKILL)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def test_a_killed_run_goes_on_to_the_same_result(tmp_path):
    """However often it is killed, and wherever: while it steps, measures, or saves."""
    whole = run(OPTIMIZERS["Adam, cosine"], 200)
    checkpoint = tmp_path / "run.npz"
    rng, kills = np.random.default_rng(0), 0
    command = [sys.executable, "-c", KILLED, str(checkpoint)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(8):
            process.stdin.write(f"{rng.uniform(0.01, 0.15)}\n")
            process.stdin.flush()
            kills += int(process.stdout.readline()) == -signal.SIGKILL
            if checkpoint.exists():
                assert 0 < len(ag.load(checkpoint)["run"]["training"]) <= 201
    assert kills > 0
    assert_same(run(OPTIMIZERS["Adam, cosine"], 200, checkpoint=checkpoint), whole)


class Line(NamedTuple):
    w: Any
    b: Any


@pytest.mark.parametrize("start", [Line(np.zeros(3), 0.0), Line(np.zeros(3, np.float32), np.zeros(()))])
def test_parameters_of_any_tree_go_on(start, tmp_path):
    def of_a_line(params, x, y):
        return np.mean(np.square(x @ params.w + params.b - y))

    def go(epochs, **options):
        rng = np.random.default_rng(0)
        return train(of_a_line, start, DATA, optimizer=ag.optim.Adam(0.1), epochs=epochs, size=8, rng=rng, **options)

    whole = go(6)
    go(3, checkpoint=tmp_path / "run.npz")
    again = go(6, checkpoint=tmp_path / "run.npz")
    assert type(again.params) is Line
    assert again.training == whole.training
    np.testing.assert_array_equal(again.params.w, whole.params.w)
    assert again.params.w.dtype == start.w.dtype


def test_a_checkpoint_of_other_parameters_or_another_setup_is_refused(tmp_path):
    checkpoint = tmp_path / "run.npz"
    run(OPTIMIZERS["SGD"], 2, checkpoint=checkpoint)
    other = {"w": np.zeros(7), "b": 0.0}
    with pytest.raises(ValueError, match=r"^checkpoint: .*a vector of shape"):
        train(
            loss,
            other,
            DATA,
            optimizer=ag.optim.SGD(0.05),
            epochs=3,
            rng=np.random.default_rng(0),
            checkpoint=checkpoint,
        )
    with pytest.raises(ValueError, match=r"^checkpoint: expected one of a run with \{'seed': 1\}, got \{\}$"):
        run(OPTIMIZERS["SGD"], 3, checkpoint=checkpoint, setup={"seed": 1})


def test_a_damaged_checkpoint_is_an_error_and_stays_as_it_is(tmp_path):
    checkpoint = tmp_path / "run.npz"
    run(OPTIMIZERS["SGD"], 3, checkpoint=checkpoint)
    damaged = checkpoint.read_bytes()[:-40]
    checkpoint.write_bytes(damaged)
    with pytest.raises(ValueError, match=r"run\.npz"):
        run(OPTIMIZERS["SGD"], 5, checkpoint=checkpoint)
    assert checkpoint.read_bytes() == damaged


def test_a_checkpoint_of_another_run_is_refused_and_stays_as_it_is(tmp_path):
    ag.save(tmp_path / "tree.npz", [1.0])
    run(OPTIMIZERS["SGD"], 3, checkpoint=tmp_path / "run.npz", setup={"seed": 1})
    run(OPTIMIZERS["SGD"], 5, checkpoint=tmp_path / "run.npz", setup={"seed": 1})
    for name, got in (("run.npz", r"{'seed': 1}"), ("tree.npz", "another file")):
        before = (tmp_path / name).read_bytes()
        with pytest.raises(ValueError, match=rf"^checkpoint: expected one of a run with {{'seed': 2}}, got {got}$"):
            run(OPTIMIZERS["SGD"], 5, checkpoint=tmp_path / name, setup={"seed": 2})
        assert (tmp_path / name).read_bytes() == before


@pytest.mark.parametrize(("name", "error"), [("run.txt", ValueError), ("no/folder/run.npz", OSError)])
def test_a_checkpoint_that_cannot_be_written_is_refused_before_the_first_step(name, error, tmp_path):
    sgd = ag.optim.SGD(0.1)
    with pytest.raises(error, match=name.split("/")[0]):
        run(lambda: sgd, 5, checkpoint=tmp_path / name)
    assert sgd.steps == 0


def test_a_loss_that_is_not_finite_is_an_error_that_says_what_to_try(tmp_path):
    checkpoint = tmp_path / "run.npz"
    with (
        pytest.raises(
            ValueError, match=r"^loss: expected a finite number, got \w+ after epoch \d+; try a lower learning"
        ),
        np.errstate(all="ignore"),
    ):
        run(partial(ag.optim.SGD, 1e30), 20, checkpoint=checkpoint)
    assert np.isfinite(ag.load(checkpoint)["run"]["training"]).all()
