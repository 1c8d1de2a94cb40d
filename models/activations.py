"""Why a network bends: linear layers collapse into one, and an activation between them learns XOR."""

import sys
from functools import partial
from typing import Any

import numpy as np

import autograd_lite as ag
from models import checks, pictures
from models.lesson import Lesson, main
from models.two_layers import ACTIVATIONS, Model, initial, learn, probability_of, right, two_layers

FORMULAS: dict[str, Model] = {  # of their derivatives, as textbooks print them
    "sigmoid": lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2,
    "relu": lambda x: np.where(x > 0, 1.0, 0.0),
    "tanh": lambda x: 1 / np.cosh(x) ** 2,
}
XOR = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
NEURONS = 10_000


def slope(function: Model, x: Any) -> Any:
    """Return the derivative at each x: the gradient of the sum, of which each x changes only its own term."""
    return ag.grad(lambda x: np.sum(function(x)))(x)


def one_layer(inputs: Any, weights: Any, bias: Any) -> Any:
    """Return what one layer computes of rows of inputs."""
    output = inputs @ weights + bias
    return output  # noqa: RET504 (its name stands in the graph)


def collapsed(weights_1: Any, bias_1: Any, weights_2: Any, bias_2: Any) -> tuple[Any, Any]:
    """Return the weights and the bias of the one layer that two layers equal where nothing bends between them."""
    return weights_1 @ weights_2, bias_1 @ weights_2 + bias_2


def run(lesson: Lesson, *, seed: int = 1, activation: str = "tanh", hidden: int = 8, iterations: int = 1000) -> None:
    """Draw three activations, collapse two linear layers, and learn XOR by one neuron and by two layers."""
    checks.one_of("activation", activation, ACTIVATIONS)
    checks.positive_count("hidden", hidden)
    checks.positive_count("iterations", iterations)
    rng = np.random.default_rng(seed)
    derivatives(lesson)
    linear_collapse(lesson, activation, initial(1, hidden, rng))
    xor(lesson, activation, hidden, iterations, rng)


def xor(lesson: Lesson, activation: str, hidden: int, iterations: int, rng: np.random.Generator) -> None:
    """Learn XOR by one neuron, which cannot, and by two layers."""
    lesson.section("XOR: 1 where exactly one of two inputs is 1")
    inputs, targets = XOR
    lesson.say("The outputs z of one neuron at the corners obey z(0,0) + z(1,1) = z(0,1) + z(1,0), so the first")
    lesson.say("two cannot be below 0 and the others above: one corner at least is wrong. The log loss is convex")
    lesson.say("and flat where all weights are 0; so it cannot fall below log 2, the loss of a tossed coin.")
    neurons = rng.standard_normal((2, NEURONS)), rng.standard_normal(NEURONS)
    scores = right(one_layer(inputs, *neurons), targets[:, None])
    lesson.table(["right corners", f"of {NEURONS:,} random neurons"], enumerate(np.bincount(scores, minlength=5)))
    best = neurons[0][:, scores.argmax()], neurons[1][scores.argmax()]
    start = rng.standard_normal(2), rng.standard_normal()
    _, coin = learn(one_layer, start, inputs, targets, lesson.progress("one neuron", iterations))

    lesson.say(f"Two layers, {hidden} hidden units with {activation} between, are not bound to one straight line:")
    network = partial(two_layers, bend=ACTIVATIONS[activation])
    start = initial(2, hidden, rng)
    params, loss = learn(network, start, inputs, targets, lesson.progress("two layers", iterations))
    found = right(network(inputs, *params), targets)
    regions = partial(pictures.draw_regions, points=inputs, labels=targets)
    panels = {
        f"One neuron: {scores.max()} of 4 at best": partial(regions, probability=probability_of(one_layer, best)),
        f"Two layers, {activation}: {found} of 4": partial(regions, probability=probability_of(network, params)),
    }
    lesson.picture("xor.png", pictures.panels("XOR: a straight line gets a corner wrong, two layers bend", panels))
    lesson.at_most("one neuron: right corners", scores.max(), 3)
    lesson.check_beside("one neuron: trained log loss", coin, np.log(2), "log 2", digits=4)
    lesson.at_least("two layers: right corners", found, 4)
    lesson.at_most("two layers: log loss", loss, 0.05)


def derivatives(lesson: Lesson) -> None:
    """Draw the activations and what the backward pass gives for their derivatives, beside the formulas."""
    lesson.say("An activation bends what a layer computes. Its derivative says how much of the error's slope")
    lesson.say("gets back through it: at most a quarter through the sigmoid, all or nothing through ReLU. At its")
    lesson.say("kink, 0, ReLU has no derivative: any number from 0 to 1 would do, and 0 is taken.")
    x = np.linspace(-4, 4, 161)
    values = {name: (x, function(x)) for name, function in ACTIVATIONS.items()}
    slopes = {name: (x, slope(function, x)) for name, function in ACTIVATIONS.items()}
    draw = partial(pictures.draw_curves, x="x", window=(-1.1, 2))
    panels = {
        "The activation": partial(draw, lines=values, y="f(x)"),
        "Its derivative": partial(draw, lines=slopes, y="df_dx"),
    }
    lesson.picture("activations.png", pictures.panels("Of an error's slope, the sigmoid lets little through", panels))
    for name, (_, found) in slopes.items():
        lesson.check_beside(f"{name}: largest derivative", found.max(), FORMULAS[name](x).max(), "formula")
        lesson.at_most(f"{name}: largest difference", np.max(np.abs(found - FORMULAS[name](x))), 1e-15)


def linear_collapse(lesson: Lesson, activation: str, params: tuple[Any, ...]) -> None:
    """Show that two linear layers equal one, by numbers, by their graphs and by what they compute."""
    lesson.section("Linear layers collapse")
    lesson.say("(x W1 + b1) W2 + b2 = x (W1 W2) + (b1 W2 + b2): a layer on a layer is one layer, however many")
    lesson.say("there are. More layers compute nothing new until something bends between them.")
    x, layer = np.linspace(-3, 3, 121), collapsed(*params)
    for function, values in ((two_layers, params), (one_layer, layer)):
        graph = ag.draw(function, x[:1], *values)
        for kind in ("svg", "png"):
            path = lesson.path(f"{function.__name__}.{kind}")
            graph.save(path)
            lesson.say(f"{path}: the graph")
    two, one = two_layers(x[:, None], *params), one_layer(x[:, None], *layer)
    bent = two_layers(x[:, None], *params, bend=ACTIVATIONS[activation])
    lines = {"two linear layers": (x, two), "the one layer they equal": (x, one), f"{activation} between": (x, bent)}
    title = f"Two linear layers draw one straight line, {activation} bends it"
    lesson.picture("linear_collapse.png", pictures.curves(title, lines, "Input", "Output"))
    lesson.at_most("two layers - one, largest", np.max(np.abs(two - one)) / np.max(np.abs(one)), 1e-14)


if __name__ == "__main__":
    helps = {"activation": ", ".join(ACTIVATIONS), "hidden": "units between the layers", "iterations": "of training"}
    sys.exit(main(run, **helps))
