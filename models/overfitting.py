"""Too small, right, too large: what a model learns of the noise, when to stop, and what more examples do."""

import sys
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes

import autograd_lite as ag
from models import checks, eight_points, pictures
from models.checks import Array
from models.cubic import LINE, NOISE, error, features, new_error, sample, truth
from models.lesson import Lesson, main
from models.progress import Steps, quiet

DEGREES = {"too small": 1, "right": 3, "too large": 15}
ITERATIONS, PATIENCE = 1000, 100
SIZES, DRAWS = (20, 30, 50, 100, 200, 500, 1000), 100
WIDE = (11, 4.4)


def descend(x: Any, y: Any, degree: int, iterations: int = ITERATIONS, progress: Steps = quiet) -> Array:
    """Return the weights of a polynomial before the first iteration and after each, one column for each."""
    x, y = checks.finite_array("x", x, ("n",)), checks.finite_array("y", y, np.shape(x))
    inputs = features(x, checks.positive_count("degree", degree))
    curvature = 2 * float(np.linalg.norm(inputs, 2)) ** 2 / len(y)  # below 2 / curvature, each step lowers the error
    value_and_grad, optimizer = ag.value_and_grad(error), ag.optim.SGD(1 / curvature)
    path = [np.zeros(degree + 1)]
    steps = progress(checks.positive_count("iterations", iterations))
    for _ in steps:
        steps.loss, gradient = value_and_grad(path[-1], inputs, y)
        path.append(optimizer.step(path[-1], gradient))
    return np.transpose(path)


def stop(errors: Any, patience: int = PATIENCE) -> tuple[int, int]:
    """Return when the error was least, and when that is known: it has not been smaller for `patience` iterations."""
    errors, patience = checks.finite_array("errors", errors, ("n",)), checks.positive_count("patience", patience)
    best = 0
    for iteration, found in enumerate(errors):
        if found < errors[best]:
            best = iteration
        if iteration - best == patience:
            return best, iteration
    return best, len(errors) - 1


def run(lesson: Lesson, *, seed: int = 1, examples: int = 30) -> None:
    """Fit three polynomials, stop early, add examples, and learn eight points by heart."""
    checks.positive_count("examples", examples)
    rng = np.random.default_rng(seed)
    descents(lesson, sample(examples, rng), sample(200, rng))
    if not lesson.stopped:
        learning_curves(lesson, rng)
        lesson.section("The eight points of the lesson (python -m models.eight_points)")
        eight_points.run(lesson, seed=seed)


def descents(lesson: Lesson, data: tuple[Array, Array], held_out: tuple[Array, Array]) -> None:
    """Train a model too small, one right and one too large, and say when to stop."""
    lesson.say(
        f"{len(data[0])} examples of y = 4 x^3 - 3 x and noise of variance {NOISE**2:.2g}: on average, no model errs"
    )
    lesson.say(
        f"less on new ones. A line is too small, it cannot bend and errs by {LINE:.2g} at least; a cubic is right;"
    )
    lesson.say("a polynomial of degree 15 can also bend through the noise. The training error falls for all")
    lesson.say("three: only held-out examples, which no step uses, say when to stop.")
    lesson.say(f"That is {PATIENCE} iterations after their error was least.")
    fits, curves, rows, errors = {}, {}, [], {}
    grid = np.linspace(-1, 1, 201)
    for name, degree in DEGREES.items():
        path = descend(*data, degree, progress=partial(lesson.progress, name))
        training, watched = (error(path, features(x, degree), y[:, None]) for x, y in (data, held_out))
        best, known = stop(watched)
        stopped, end = new_error(path[:, [best, -1]])
        errors[name] = training[-1], end, stopped
        rows.append([f"{name}: degree {degree}", *(f"{e:.4f}" for e in errors[name]), f"{best} (known at {known})"])
        lines = dict(
            zip(("stopped early", "at the end"), (features(grid, degree) @ path[:, [best, -1]]).T, strict=True)
        )
        fits[f"{name}: degree {degree}"] = partial(draw_fit, data, grid, {"the truth": truth(grid)} | lines)
        curves[f"{name}: least at {best}"] = partial(
            draw_errors, "Iterations", np.arange(1, len(watched) + 1), {"training": training, "held out": watched}
        )
        if lesson.stopped:
            return
    lesson.table(["squared error", "training", "new examples", "if stopped", "at iteration"], rows)
    title = "A line misses the truth, degree 15 follows the noise"
    lesson.picture("overfitting_fits.png", pictures.panels(title, fits, 3, WIDE))
    title = "The training error only falls; the held-out error says when to stop"
    lesson.picture("overfitting_curves.png", pictures.panels(title, curves, 3, WIDE))
    lesson.at_least("too small: new examples", errors["too small"][1], 2 * errors["right"][1])
    lesson.at_most("right: new examples", errors["right"][1], 2 * NOISE**2)
    lesson.at_most("too large: training", errors["too large"][0], errors["right"][0])
    lesson.at_least("too large: new examples", errors["too large"][1], errors["right"][1])
    lesson.at_most("too large: stopped early", errors["too large"][2], errors["too large"][1])


def learning_curves(lesson: Lesson, rng: np.random.Generator) -> None:
    """Draw the errors against the number of examples, at the least squares in which the descents would end."""
    lesson.section("More examples")
    lesson.say("Of a model that can be the truth, p weights fitted to n examples leave noise (1 - p / n) of the")
    lesson.say("training error, on average; a line keeps what it cannot bend to as well. More examples cure the")
    lesson.say("large model, and never the small one.")
    panels, worst = {}, 0.0
    for name, degree in DEGREES.items():
        training, new = np.empty((2, len(SIZES), DRAWS))
        for place in np.ndindex(training.shape):
            x, y = sample(SIZES[place[0]], rng)
            weights = np.linalg.lstsq(features(x, degree), y)[0]
            training[place], new[place] = error(weights, features(x, degree), y), new_error(weights)
        lines = {"training, mean": training.mean(1), "new examples, median": np.median(new, 1)}
        panels[f"{name}: degree {degree}"] = partial(draw_errors, "Examples", SIZES, lines)
        if name != "too small":
            n, p = np.array(SIZES), degree + 1
            expected, deviation = NOISE**2 * (1 - p / n), NOISE**2 * np.sqrt(2 * (n - p) / DRAWS) / n
            worst = max(worst, np.max(np.abs(training.mean(1) - expected) / deviation))
    title = "More examples bring both errors to the noise, but not for a line"
    lesson.picture("learning_curves.png", pictures.panels(title, panels, 3, WIDE))
    lesson.at_most("theory missed by (deviations)", worst, 4)


def draw_fit(data: tuple[Array, Array], grid: Array, lines: dict[str, Array], axes: Axes) -> None:
    """Draw examples and polynomials."""
    axes.plot(*data, "o", color=pictures.GREY, markersize=5)
    pictures.draw_curves(axes, {name: (grid, y) for name, y in lines.items()}, "x", "y", window=(-2, 3.2))


def draw_errors(name: str, across: Any, lines: dict[str, Array], axes: Axes) -> None:
    """Draw errors, beside the noise, below which none falls on new examples on average."""
    lines = lines | {"noise": np.full(len(across), NOISE**2)}
    pictures.draw_curves(
        axes, {name: (across, y) for name, y in lines.items()}, name, "Squared error", log="xy", window=(0.02, 4)
    )


if __name__ == "__main__":
    sys.exit(main(run, examples="to train the polynomials on"))
