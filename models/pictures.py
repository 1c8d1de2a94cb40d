"""Pictures in one style, drawn without a display; each function returns a Figure to save.

The colours are told apart by colour-blind eyes (M. Okabe and K. Ito, 2008) and dark enough for text; lines differ in
their dashes too. Texts are large enough to be read at half the width.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, TypeVar

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullFormatter

from models.checks import Array

BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072B2", "#C44E00", "#00795A", "#9B3F87", "#595959"
COLORS = (BLUE, ORANGE, GREEN, PURPLE, GREY)
DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1.5, 1)), (0, (6, 1.5, 1.5, 1.5)), (0, (9, 2)))
STYLE: Any = {
    "axes.grid": True,
    "axes.labelsize": 12,
    "axes.prop_cycle": "cycler('color', " + repr(list(COLORS)) + ")",
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 13,
    "figure.constrained_layout.use": True,
    "figure.dpi": 130,
    "figure.titlesize": 14,
    "font.family": "DejaVu Sans",
    "font.size": 12,
    "grid.alpha": 0.3,
    "legend.edgecolor": "none",
    "legend.framealpha": 0.85,
    "text.usetex": False,
    "lines.linewidth": 2,
    "xtick.labelsize": 11,
    "ytick.labelsize": 11,
}
Points = tuple[Sequence[float] | Array, Sequence[float] | Array]

Draws = TypeVar("Draws", bound=Callable[..., Figure])


def styled(draws: Draws) -> Draws:
    """Let a function that returns a figure draw in the style of the lesson."""

    @wraps(draws)
    def in_style(*args: Any, **kwargs: Any) -> Figure:
        with rc_context(STYLE):
            return draws(*args, **kwargs)

    return in_style  # type: ignore[return-value]


def canvas(
    title: str, rows: int = 1, columns: int = 1, inches: tuple[float, float] = (7.0, 4.4), **subplots: Any
) -> tuple[Figure, list[Axes]]:
    """Return a figure of its own (no global state, no window) with a title, and its axes row by row."""
    figure = Figure(figsize=inches)
    FigureCanvasAgg(figure)
    figure.suptitle(title)
    axes = figure.subplots(rows, columns, squeeze=False, **subplots)
    return figure, list(axes.ravel())


@styled
def curves(
    title: str,
    lines: Mapping[str, Points],
    x: str,
    y: str,
    *,
    marks: Mapping[str, tuple[float, float]] | None = None,
    log: str = "",
    below: bool = False,
) -> Figure:
    """Draw one line for each name, told apart by colour and dashes.

    Parameters
    ----------
    title : str
        What is to be seen.
    lines : mapping from name to (x, y)
    x, y : str
        Names of the axes, with units.
    marks : mapping from text to (x, y), optional
        Points that the text is written at.
    log : str
        The axes that are logarithmic: "x", "y", "xy".
    below : bool
        Whether the texts stand to the left, below their points, as suits a falling line, rather than above them.
    """
    figure, (axes,) = canvas(title)
    draw_curves(axes, lines, x, y, log=log)
    for text, (at_x, at_y) in (marks or {}).items():
        axes.plot(at_x, at_y, "o", color="black", markersize=7, zorder=4)
        place, ha, va = ((-8, -4), "right", "top") if below else ((0, 12), "center", "bottom")
        white = {"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 1}
        axes.annotate(text, (at_x, at_y), xytext=place, textcoords="offset points", ha=ha, va=va, bbox=white)
    return figure


def draw_curves(
    axes: Axes,
    lines: Mapping[str, Points],
    x: str,
    y: str,
    *,
    log: str = "",
    window: tuple[float, float] | None = None,
) -> None:
    """Draw lines on axes, with a legend where there are several; `window` is what is shown of y."""
    for (name, (across, up)), color, dash in zip(lines.items(), COLORS, DASHES, strict=False):
        axes.plot(across, up, label=name, color=color, linestyle=dash)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    if "x" in log:
        axes.set_xscale("log")
        axes.xaxis.set_minor_formatter(NullFormatter())  # their labels would lie on each other
    if "y" in log:
        axes.set_yscale("log")
    if window:
        axes.set_ylim(*window)
    if len(lines) > 1:
        axes.legend()


@styled
def panels(
    title: str, draws: Mapping[str, Callable[[Axes], object]], columns: int = 2, inches: tuple[float, float] = (9, 4.6)
) -> Figure:
    """Draw several pictures in rows: each function draws on the axes that it is given, below its name."""
    figure, axes = canvas(title, -(-len(draws) // columns), columns, inches)
    for each, (name, draw) in zip(axes, draws.items(), strict=False):
        draw(each)
        each.set_title(name)
    return figure


@styled
def cumulative_error(errors: Sequence[float], interval: int) -> Figure:
    """Draw the error over all instances, measured once in `interval` iterations from iteration 0 on."""
    figure, (axes,) = canvas("The error falls, and then goes up and down: eight points, one at a time")
    iterations = interval * np.arange(len(errors))
    axes.plot(iterations, errors, color=BLUE, marker="." if len(errors) < 20 else "")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.set_xlabel("Iterations")
    axes.set_ylabel("Error for all training instances")
    axes.set_ylim(0, 1.1 * max(errors))
    return figure


@styled
def vectors(title: str, arrows: Mapping[str, Array]) -> Figure:
    """Draw two-dimensional vectors as arrows from the origin, each with its name and numbers at its tip."""
    figure, (axes,) = canvas(title)
    for (name, tip), color in zip(arrows.items(), COLORS, strict=False):
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
    return figure


@styled
def square_error(difference: float) -> Figure:
    """Draw error = (prediction - target)^2 with points A and B at -`difference` and `difference` (above 0).

    An arrow along the tangent at each shows which way the error falls.
    """
    figure, (axes,) = canvas("The derivative says which way the error falls", inches=(7.0, 4.8))
    across = np.linspace(-1.5 * difference, 1.5 * difference, 201)
    axes.plot(across, across**2, color=BLUE)
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
    return figure


def draw_regions(
    axes: Axes, probability: Callable[[Array], Array], points: Array, labels: Sequence[int] | Array
) -> None:
    """Draw what a model decides over the plane (class 1 darker), the line between, and points by their class."""
    low, high = points.min(axis=0), points.max(axis=0)
    low, high = low - 0.25 * (high - low), high + 0.25 * (high - low)
    across, up = np.meshgrid(np.linspace(low[0], high[0], 200), np.linspace(low[1], high[1], 200))
    predicted = np.asarray(probability(np.column_stack([across.ravel(), up.ravel()]))).reshape(across.shape)
    axes.grid(False)
    axes.contourf(across, up, predicted, levels=[-np.inf, 0.5, np.inf], colors=["#DCEBF7", "#FBE3D2"])
    if predicted.min() < 0.5 < predicted.max():
        axes.contour(across, up, predicted, levels=[0.5], colors=["black"], linewidths=1.5)
    for label, color, marker in ((0, BLUE, "o"), (1, ORANGE, "s")):
        chosen = points[np.asarray(labels) == label]
        x, y = chosen.T
        axes.scatter(x, y, color=color, marker=marker, s=70, edgecolor="white", label=f"class {label}", zorder=3)
    axes.set_xlabel("First input")
    axes.set_ylabel("Second input")
    axes.legend()


@styled
def confusion(title: str, table: Any, names: Sequence[str]) -> Figure:
    """Draw how often each class (row) was predicted to be each class (column); mistakes stand out."""
    table = np.asarray(table)
    size = 2.6 + 0.55 * len(names)
    figure, (axes,) = canvas(title, inches=(max(size, 5.5), size))
    axes.grid(False)
    axes.imshow(table, cmap=LinearSegmentedColormap.from_list("", ["white", BLUE]), vmin=0)
    for (row, column), count in np.ndenumerate(table):
        if row == column:
            look: dict[str, Any] = {"color": "white" if count > 0.5 * table.max() else "black"}
        else:
            look = {"color": ORANGE, "weight": "bold"} if count else {"color": GREY, "alpha": 0.4}
        axes.text(column, row, f"{count}", ha="center", va="center", **look)
    axes.set_xticks(range(len(names)), names)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("Predicted")
    axes.set_ylabel("True")
    return figure


@styled
def bars(title: str, heights: Mapping[str, float], value: str) -> Figure:
    """Draw a level bar for each name, those below 0 in another colour."""
    figure, (axes,) = canvas(title, inches=(7.0, 1.6 + 0.32 * len(heights)))
    names, values = list(heights), np.array(list(heights.values()))
    axes.barh(names, values, color=[BLUE if v >= 0 else ORANGE for v in values])
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.set_xlabel(value)
    return figure


@styled
def gallery(title: str, images: Sequence[Array], captions: Sequence[str], columns: int = 4) -> Figure:
    """Draw small grey images in rows, each with its caption."""
    rows = -(-len(images) // columns)
    figure, axes = canvas(title, rows, columns, inches=(7.0, 0.7 + 2.1 * rows))
    for each in axes:
        each.set_axis_off()
    for each, image, caption in zip(axes, images, captions, strict=False):
        each.imshow(image, cmap="gray_r")
        each.set_title(caption, fontsize=12)
    return figure


@styled
def bar_panels(title: str, panels: Mapping[str, Mapping[str, float]]) -> Figure:
    """Draw a panel of upright bars for each quantity, each bar with its number; every panel has a scale of its own."""
    figure, axes = canvas(title, 1, len(panels))
    for each, (quantity, heights) in zip(axes, panels.items(), strict=True):
        drawn = each.bar(list(heights), list(heights.values()), color=COLORS[: len(heights)], width=0.7)
        each.bar_label(drawn, fmt="{:,.4g}", padding=3)
        each.set_title(quantity)
        each.grid(axis="x", visible=False)
        each.margins(y=0.12)
    return figure
