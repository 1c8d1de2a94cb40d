"""The lesson's pictures, drawn without a display; each function returns a Figure to save."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from models.checks import Array

BLUE, ORANGE, GREEN = "#0072B2", "#C44E00", "#00795A"  # told apart by colour-blind eyes, dark enough for text


def cumulative_error(errors: Sequence[float], interval: int) -> Figure:
    """Draw the error over all instances, measured once in `interval` iterations from iteration 0 on."""
    figure, axes = _empty((7.0, 4.2))
    iterations = interval * np.arange(len(errors))
    axes.plot(iterations, errors, color=BLUE, linewidth=1.5, marker="." if len(errors) < 20 else "")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.set_xlabel("Iterations")
    axes.set_ylabel("Error for all training instances")
    axes.set_ylim(0, 1.1 * max(errors))
    axes.grid(alpha=0.3)
    return figure


def vectors(arrows: Mapping[str, Array]) -> Figure:
    """Draw two-dimensional vectors as arrows from the origin, each with its name and numbers at its tip."""
    figure, axes = _empty((7.0, 4.0))
    for (name, tip), color in zip(arrows.items(), (BLUE, ORANGE, GREEN), strict=False):
        axes.annotate(
            "",
            xy=(tip[0], tip[1]),
            xytext=(0, 0),
            arrowprops={"arrowstyle": "-|>", "color": color, "linewidth": 2, "shrinkA": 0, "shrinkB": 0},
        )
        axes.annotate(
            f"{name}\n[{tip[0]:g}, {tip[1]:g}]",
            xy=(tip[0], tip[1]),
            xytext=(8, 0),
            textcoords="offset points",
            ha="left",
            va="center",
            color=color,
        )
    reach = np.max(list(arrows.values()), axis=0)
    axes.set_xlim(-0.1, reach[0] * 1.3)
    axes.set_ylim(-0.15, reach[1] * 1.2)
    axes.set_aspect("equal")
    axes.set_xlabel("First component")
    axes.set_ylabel("Second component")
    axes.grid(alpha=0.3)
    return figure


def square_error(difference: float) -> Figure:
    """Draw error = (prediction - target)^2 with points A and B at -`difference` and `difference` (above 0).

    An arrow along the tangent at each shows which way the error falls.
    """
    figure, axes = _empty((7.0, 4.6))
    across = np.linspace(-1.5 * difference, 1.5 * difference, 201)
    axes.plot(across, across**2, color=BLUE, linewidth=1.5)
    for name, x, side, change in (("A", -difference, "left", "more"), ("B", difference, "right", "less")):
        slope = 2 * x
        step = -0.45 * np.sign(x) * difference
        axes.plot(x, x**2, "o", color=ORANGE, markersize=8, zorder=3)
        axes.annotate(
            "",
            xy=(x + step, x**2 + slope * step),
            xytext=(x, x**2),
            arrowprops={"arrowstyle": "-|>", "color": ORANGE, "linewidth": 2, "shrinkA": 0, "shrinkB": 0},
        )
        axes.annotate(
            f"{name}: derivative {slope:.3g},\nso predict {change}",
            xy=(x, x**2),
            xytext=(-14 * np.sign(x), 8),
            textcoords="offset points",
            ha=side,
            va="bottom",
            color=ORANGE,
        )
    axes.set_xlabel("prediction - target")
    axes.set_ylabel("error = square(prediction - target)")
    axes.set_ylim(bottom=-0.1 * difference**2)
    axes.grid(alpha=0.3)
    return figure


def _empty(inches: tuple[float, float]) -> tuple[Figure, Axes]:
    """Return a figure with its own canvas (no global state, no window) and its one pair of axes."""
    figure = Figure(figsize=inches, dpi=130, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes
