"""The price of a house from its area and its age: gradient descent finds what least squares has in closed form."""

import sys
from typing import Any

import numpy as np

import autograd_lite as ag
from models import pictures
from models.checks import Array, positive_count
from models.houses import NOISE, TRUE, Houses, make, read
from models.lesson import Lesson, MissingExtra, main, needed

CHI_SQUARE = 16.27  # of three normal numbers, the sum of squares is below it in 99.9 % of all cases


def predict(params: Any, area: Any, age: Any) -> Any:
    """Return the price: a weighted sum of area and age, and a bias."""
    return params["weights_area"] * area + params["weights_age"] * age + params["bias"]


def loss(params: Any, area: Any, age: Any, price: Any) -> Any:
    """Return the mean squared error of the prices."""
    return np.mean(np.square(predict(params, area, age) - price))


def standardised(column: Array) -> Any:
    """Return a column with mean 0 and standard deviation 1."""
    return (column - column.mean()) / column.std()


def in_units(params: Any, area: Array, age: Array) -> dict[str, float]:
    """Return the weights of area and age as they are, for those of the standardised ones."""
    weights_area, weights_age = params["weights_area"] / area.std(), params["weights_age"] / age.std()
    bias = params["bias"] - weights_area * area.mean() - weights_age * age.mean()
    return {"weights_area": weights_area, "weights_age": weights_age, "bias": bias}


def descend(loss: Any, params: Any, data: Any, optimizer: Any, iterations: int) -> tuple[Any, list[float]]:
    """Go down the gradient so many times; return the parameters and the error at each step."""
    errors = []
    for _ in range(iterations):
        error, gradient = ag.value_and_grad(loss)(params, *data)
        params = optimizer.step(params, gradient)
        errors.append(float(error))
    return params, errors


def run(lesson: Lesson, *, seed: int = 1, data: str = "", iterations: int = 1000) -> None:
    """Fit the prices, compare with least squares and with the truth, and do the same on measured data."""
    positive_count("iterations", iterations)
    area, age, price = read(data) if data else make(np.random.default_rng(seed))
    lesson.say(f"{len(price)} houses; the price is to be weights_area * area + weights_age * age + bias.")
    lesson.say("Area and age have different units, and no step size suits both: for the descent each gets the")
    lesson.say("mean 0 and the standard deviation 1, and the weights are turned back into units afterwards.")
    start = dict.fromkeys(TRUE, 0.0)
    scaled = (standardised(area), standardised(age), price)
    found, errors = descend(loss, start, scaled, ag.optim.SGD(0.4), iterations)
    params = in_units(found, area, age)
    design = np.column_stack([area, age, np.ones_like(area)])
    least_squares, *_ = np.linalg.lstsq(design, price)
    flattest = 1 - abs(np.corrcoef(area, age)[0, 1])
    if iterations < (enough := np.log(1e10) / (0.8 * flattest)):
        lesson.say(
            f"Area and age tell much of the same, or the steps are few: it takes about --iterations {enough:.0f}."
        )
    show(lesson, params, (area, age, price), errors)
    example = predict(params, 120.0, 15.0)
    lesson.say(f"A house of 120 square metres that is 15 years old should cost {example:.0f} thousand.")
    for (name, value), reference in zip(params.items(), least_squares, strict=True):
        lesson.check_beside(name, value, reference, "lstsq")
    if not data:
        compare_with_truth(lesson, params, design)
    diabetes(lesson)


def compare_with_truth(lesson: Lesson, params: dict[str, float], design: Array) -> None:
    """Ask whether the weights are as near to the true ones as the noise lets them be."""
    lesson.say("The true weights are known here. Noise moves what is found by about a standard error: two of three")
    lesson.say("times by less than one, nineteen of twenty times by less than two. All together are judged by the")
    lesson.say("distance in the metric of their covariance, a chi-square number with three degrees of freedom.")
    errors = NOISE * np.sqrt(np.diag(np.linalg.inv(design.T @ design)))
    away = np.array(list(params.values())) - list(TRUE.values())
    rows = zip(params, TRUE.values(), params.values(), errors, np.abs(away / errors), strict=True)
    lesson.table(
        ["", "true", "found", "standard error", "standard errors away"],
        [[name, *(f"{figure:.3f}" for figure in figures)] for name, *figures in rows],
    )
    lesson.at_most("distance from the truth", float(np.sum(np.square(design @ away))) / NOISE**2, CHI_SQUARE)


def show(lesson: Lesson, params: dict[str, float], data: Houses, errors: list[float]) -> None:
    """Draw the prices with the plane that was fitted, and the descent with and without standardised inputs."""
    lesson.picture("regression_fit.png", fitted(params, *data))
    design = np.column_stack([*data[:2], np.ones_like(data[0])])
    curvature = 2 * float(np.linalg.norm(design, 2)) ** 2 / len(design)  # in the steepest direction
    _, raw = descend(loss, dict.fromkeys(TRUE, 0.0), data, ag.optim.SGD(1 / curvature), len(errors))
    lines = {"standardised": np.sqrt(errors[:40]), "raw units": np.sqrt(raw[:40])}
    title = "In raw units the same descent creeps along a narrow valley"
    steps = {name: (range(len(line)), line) for name, line in lines.items()}
    y = "Root mean squared error (thousands)"
    lesson.picture("regression_descent.png", pictures.curves(title, steps, "Steps", y, log="y"))


@pictures.styled
def fitted(params: dict[str, float], area: Array, age: Array, price: Array) -> Any:
    """Draw price against area, in three groups of age, each with the line that was fitted for its mean age."""
    figure, (axes,) = pictures.canvas("Price against area: age shifts the line")
    groups = np.digitize(age, np.quantile(age, [1 / 3, 2 / 3]))
    across = np.array([area.min(), area.max()])
    looks = zip(np.unique(groups), "os^", pictures.COLORS, pictures.DASHES, strict=False)
    for group, marker, color, dash in looks:
        chosen = groups == group
        middle = age[chosen].mean()
        axes.scatter(area[chosen], price[chosen], s=22, alpha=0.6, color=color, marker=marker)
        axes.plot(across, predict(params, across, middle), color=color, linestyle=dash, label=f"{middle:.0f} years old")
    axes.set_xlabel("Area (square metres)")
    axes.set_ylabel("Price (thousands)")
    axes.legend()
    return figure


def diabetes(lesson: Lesson) -> None:
    """Fit measured data of ten columns that say much of the same: a long valley, which momentum runs down."""
    lesson.section("Measured data: the progress of diabetes in 442 patients, from ten columns")
    try:
        data = needed("sklearn.datasets", "scikit-learn", "lesson").load_diabetes()
    except MissingExtra as missing:
        lesson.say(f"Left out: {missing}")
        return

    def error(params: Any, columns: Array, target: Array) -> Any:
        return np.mean(np.square(columns @ params["weights"] + params["bias"] - target))

    columns, target = np.apply_along_axis(standardised, 0, data.data), data.target
    curvature = np.linalg.eigvalsh(2 * columns.T @ columns / len(columns))
    low, high = np.sqrt(min(curvature[0], 2)), np.sqrt(max(curvature[-1], 2))  # the bias has curvature 2
    lesson.say(f"The steepest direction is {high**2 / low**2:.0f} times as curved as the flattest: a step that suits")
    lesson.say("one is far too small for the other. Momentum (B. Polyak, 1964) keeps most of its last step.")
    optimizer = ag.optim.Momentum((2 / (low + high)) ** 2, ((high - low) / (high + low)) ** 2)
    params, _ = descend(error, {"weights": np.zeros(10), "bias": 0.0}, (columns, target), optimizer, 700)
    least_squares, *_ = np.linalg.lstsq(np.column_stack([columns, np.ones(len(target))]), target)
    away = np.abs(np.append(params["weights"], params["bias"]) / least_squares - 1)
    lesson.at_most("coefficients, from lstsq", float(away.max()), 1e-8)


if __name__ == "__main__":
    sys.exit(main(run, data="a CSV file with the columns area,age,price", iterations="steps of the descent"))
