"""How large a step? On a parabola each learning rate has its closed form; on a network, a finder suggests one."""

import sys
from functools import partial
from itertools import chain, count
from typing import Any

import numpy as np
from matplotlib.axes import Axes

import autograd_lite as ag
from models import checks, digits, pictures
from models.checks import Array, InputError
from models.digit_images import CLASSES, SIDE, Data, load, split
from models.lesson import Lesson, MissingExtra, main
from models.neuron import make_prediction
from models.prediction import BIAS, SECOND_INPUT, SECOND_TARGET, WEIGHTS
from models.progress import Steps, quiet
from models.training import Trained, train

RATES = {"too small": 0.05, "right": 0.4, "oscillates": 1.0, "diverges": 1.05}
STEPS = 12
TRIED = np.geomspace(1e-4, 10, 150)
DIVERGED = 4  # the finder stops where the loss is so many times the least
SIZES = [SIDE * SIDE, 64, CLASSES]
overflowing = partial(np.errstate, over="ignore", invalid="ignore")  # what a rate too large does is no surprise here


def descend(start: Any, rate: float, steps: int = STEPS) -> Array:
    """Return x before the first step and after each, on the parabola error = x**2."""
    path, rate = [checks.finite_array("start", start, ())[()]], checks.positive_rate("rate", rate)
    slope = ag.grad(ag.square)
    for _ in range(checks.positive_count("steps", steps)):
        path.append(path[-1] - rate * slope(path[-1]))
    return np.array(path)


def find_rate(
    loss: Any, params: Any, data: Any, rng: np.random.Generator, rates: Any = TRIED, progress: Steps = quiet
) -> tuple[float, Array]:
    """Take a step on a few random examples at each rate, the smallest first; suggest a rate, and return the losses.

    The losses are smoothed: a running average in which each step weighs a tenth. The rate suggested is a third of the
    one at which they were least, which leaves some room below those that diverge. (A test of a range of rates is due
    to L. Smith, WACV 2017; the third is a rule of thumb.)
    """
    rates = np.sort(checks.finite_array("rates", rates, ("n",)))
    checks.positive_rate("rates", float(rates[0]))
    value_and_grad, losses, average = ag.value_and_grad(loss), [], 0.0
    batches = chain.from_iterable(ag.optim.batches(data, digits.SIZE, rng) for _ in count())
    steps = progress(len(rates))
    with overflowing():
        for k in steps:
            steps.loss, gradient = value_and_grad(params, *next(batches))
            params = ag.optim.SGD(rates[k]).step(params, gradient)
            average = 0.9 * average + 0.1 * float(steps.loss)
            losses.append(average / (1 - 0.9 ** (k + 1)))  # as the average began at 0
            if not losses[-1] < DIVERGED * min(losses):
                break
    if not np.isfinite(losses[0]):
        raise InputError(f"loss: expected a finite number, got {losses[0]} before the first step")
    return float(rates[np.nanargmin(losses)]) / 3, np.array(losses)


def run(lesson: Lesson, *, seed: int = 1, epochs: int = 10) -> None:
    """Descend a parabola at four rates, then find a rate for the digits and train with it."""
    checks.positive_count("epochs", epochs)
    parabola(lesson)
    lesson.section("A rate for a network")
    try:
        network(lesson, load(), epochs, np.random.default_rng(seed))
    except MissingExtra as missing:
        lesson.say(f"Left out: {missing}")


def parabola(lesson: Lesson) -> None:
    """Descend from the error of the second prediction of the lesson, at four rates."""
    start = make_prediction(SECOND_INPUT, WEIGHTS, BIAS) - SECOND_TARGET
    lesson.say("The error of a prediction is x^2, where x = prediction - target, and its derivative is 2 x. A")
    lesson.say("step takes x to x - rate 2 x = (1 - 2 rate) x, and k steps to (1 - 2 rate)^k x. Below a rate of 1")
    lesson.say("it shrinks. At 1 it is -x: from B to A on the other side, and back, for ever. Above 1 it grows.")
    paths = {name: descend(start, rate) for name, rate in RATES.items()}
    rows = [[k, RATES[k], f"{1 - 2 * RATES[k]:.2f}", *(f"{x:.4f}" for x in p[:3])] for k, p in paths.items()]
    lesson.table(["", "rate", "1 - 2 rate", "x", "after 1 step", "after 2"], rows)
    panels = {f"{name}: rate {RATES[name]:g}": partial(draw_path, path) for name, path in paths.items()}
    title = "One parabola, four learning rates: creep, arrive, oscillate, diverge"
    lesson.picture("learning_rates.png", pictures.panels(title, panels, 2, (9, 8)))
    for name, path in paths.items():
        lesson.check_beside(f"{name}: x, {STEPS} steps", path[-1], (1 - 2 * RATES[name]) ** STEPS * start, "formula")


def draw_path(path: Array, axes: Axes) -> None:
    """Draw a descent on the parabola error = x**2, from B; A is as high on the other side."""
    reach = 1.25 * np.max(np.abs(path))
    x = np.linspace(-reach, reach, 201)
    axes.plot(x, x**2, color=pictures.GREY, linewidth=1)
    axes.plot(path, path**2, "o-", color=pictures.BLUE, linewidth=1.2, markersize=5)
    for name, at, side in (("A", -path[0], -14), ("B", path[0], 14)):
        axes.plot(at, at**2, "s", color=pictures.ORANGE, markersize=9)
        axes.annotate(name, (at, at**2), xytext=(side, -4), textcoords="offset points", ha="center", fontweight="bold")
    axes.set_xlabel("prediction - target")
    axes.set_ylabel("error")


def network(lesson: Lesson, data: Data, epochs: int, rng: np.random.Generator) -> None:
    """Find a rate for a network that reads digits."""
    lesson.say("The loss of a network is no parabola, and no formula gives its rate. So let it grow with")
    lesson.say("each step: the loss falls once the steps are large enough, and rises once they are too large. A")
    lesson.say("third of the rate at which it was least is a safe guess.")
    parts, start = split(data, rng), digits.initial(SIZES, rng)
    rate, losses = find_rate(digits.loss, start, parts[0], rng, progress=partial(lesson.progress, "finding a rate"))
    rates = TRIED[: len(losses)]
    mark = {f"suggested: {rate:.2g}": (rate, float(np.interp(rate, rates, losses)))}
    title, names = "The suggested rate is a third of where the loss is least", ("Learning rate", "Loss, smoothed")
    curve = pictures.curves(title, {"loss": (rates, losses)}, *names, marks=mark, log="x", below=True)
    lesson.picture("rate_finder.png", curve)
    if not lesson.stopped:
        compare(lesson, start, parts, rate, epochs)


def compare(lesson: Lesson, start: Any, parts: list[Data], rate: float, epochs: int) -> None:
    """Train with a rate, with a tenth of it, and with ten times it."""
    lesson.say(f"{epochs} epochs of gradient descent, beside a tenth of that rate and ten times it:")
    (training, held_out, test), runs = parts, {}
    for name, factor in (("a tenth", 0.1), ("suggested", 1), ("ten times", 10)):
        runs[name] = trained(start, training, held_out, factor * rate, epochs, partial(lesson.progress, name))
        if lesson.stopped:
            return
    lines = {name: (range(each.epochs + 1), each.held_out) for name, each in runs.items()}
    title = "Too small a rate creeps, too large a rate learns nothing"
    lesson.picture("rate_training.png", pictures.curves(title, lines, "Epochs", "Held-out mean cross-entropy"))
    last = {name: each.held_out[-1] for name, each in runs.items()}
    lesson.at_most("error, against a tenth", last["suggested"], last["a tenth"])
    lesson.at_most("error, against ten times", last["suggested"], last["ten times"])
    lesson.at_least("digits read right", digits.accuracy(runs["suggested"].params, *test), 0.9)


def trained(start: Any, data: Data, held_out: Data, rate: float, epochs: int, progress: Steps) -> Trained:
    """Train the network by gradient descent; one whose loss is no longer finite stays at its start, at infinity."""
    options: dict[str, Any] = {"epochs": epochs, "size": digits.SIZE, "held_out": held_out, "progress": progress}
    options |= {"optimizer": ag.optim.SGD(rate), "rng": np.random.default_rng(0)}
    try:
        with overflowing():
            return train(digits.loss, start, data, **options)
    except InputError:
        return Trained(start, [np.inf], [np.inf])


if __name__ == "__main__":
    sys.exit(main(run, epochs="of training, for each of three rates"))
