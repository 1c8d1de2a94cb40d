"""Walk through the lesson of the single neuron: each computed figure beside the expected one.

Run as `python -m models.tutorial`; the exit status is 1 if any figure differs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import ArrayLike

import autograd_lite as ag
from models import hand_derived, neuron, pictures
from models.checks import positive_count
from models.single_neuron import ERROR_INTERVAL, SingleNeuron, decide

SIMILARITY_INPUT = np.array([1.72, 1.23])
WEIGHTS_1 = np.array([1.26, 0.0])
WEIGHTS_2 = np.array([2.17, 0.32])

WEIGHTS = np.array([1.45, -0.66])
BIAS = np.float64(0.0)
FIRST_INPUT, FIRST_TARGET = np.array([1.66, 1.56]), 1
SECOND_INPUT, SECOND_TARGET = np.array([2.0, 1.5]), 0

INPUT_VECTORS = np.array([[3, 1.5], [2, 1], [4, 1.5], [3, 4], [3.5, 0.5], [2, 0.5], [5.5, 1], [1, 1]])
TARGETS = np.array([0, 1, 0, 1, 0, 1, 1, 0])

EXPECTED = {
    "input . weights_1, by index": "2.1672",
    "input . weights_1, by dot": "2.1672",
    "input . weights_2, by index": "4.1259...",
    "input . weights_2, by dot": "4.1259...",
    "first prediction": "0.7985731",
    "first decision": "1",
    "second prediction": "0.87101915",
    "second decision": "1",
    "squared error": "0.75867436",
    "rounded prediction, squared": "0.7586743596667225",
    "derror_dprediction": "1.7420383",
    "prediction after the step": "0.01496248",
    "error after the step": "0.00022388",
    "first decision after the step": "0",
}
"""The lesson's figures, by the label they are printed under; dots where the lesson cut a figure."""

SIGNIFICANT_DIGITS = 8


def agrees(computed: float, expected: str) -> bool:
    """Tell whether `computed` gives the digits of `expected`, at most 8 significant ones.

    It is rounded to them, or cut where `expected` ends in dots.
    """
    figure = Decimal(expected.removesuffix("..."))
    digits = min(len(figure.as_tuple().digits), SIGNIFICANT_DIGITS)
    unit = Decimal(1).scaleb(figure.adjusted() - digits + 1)
    rounding = ROUND_DOWN if expected.endswith("...") else ROUND_HALF_EVEN
    return Decimal(float(computed)).quantize(unit, rounding) == figure.quantize(unit)


class Lesson:
    """Prints the lesson line by line and counts the figures that differ."""

    def __init__(self) -> None:
        self.figures = 0
        self.different = 0

    def section(self, title: str) -> None:
        """Open a section."""
        print(f"\n{title}\n{'-' * len(title)}")

    def say(self, text: str) -> None:
        """Print a remark."""
        print(f"  {text}".rstrip())

    def compare(self, label: str, computed: float, witness: str, expected: str, agree: bool) -> None:
        """Print a figure beside what a witness says it should be, and whether they agree."""
        self.figures += 1
        self.different += not agree
        verdict = "agree" if agree else "DIFFERS"
        print(f"  {label:<30} {computed:<13.{SIGNIFICANT_DIGITS}g} {witness:<8} {expected:<19} {verdict}")

    def check(self, label: str, computed: float) -> None:
        """Compare a figure with the one of the lesson."""
        expected = EXPECTED[label]
        self.compare(label, computed, "expected", expected, agrees(computed, expected))

    def check_by_hand(self, label: str, computed: ArrayLike, by_hand: ArrayLike) -> None:
        """Compare figures of the backward pass with those of the hand-derived formulas, one by one."""
        for index, reference in np.ndenumerate(np.asarray(by_hand)):
            figure = float(np.asarray(computed)[index])
            agree = abs(figure - reference) <= 10.0**-SIGNIFICANT_DIGITS * abs(reference)
            place = f"[{index[0]}]" if index else ""
            self.compare(label + place, figure, "by hand", f"{reference:.{SIGNIFICANT_DIGITS}g}", agree)

    def close(self) -> int:
        """Print how many figures agree; return the exit status."""
        if self.different:
            print(f"\n{self.different} of {self.figures} figures DIFFER.")
            return 1
        print(f"\nAll {self.figures} figures agree.")
        return 0


def similarity(lesson: Lesson) -> None:
    """Compare the input with two weight vectors, index by index and by the dot product."""
    lesson.section("1. Which weights are more similar to the input?")
    similarities = {}
    for name, weights in (("weights_1", WEIGHTS_1), ("weights_2", WEIGHTS_2)):
        by_index = sum(x * w for x, w in zip(SIMILARITY_INPUT.tolist(), weights.tolist(), strict=True))
        similarities[name] = ag.dot(SIMILARITY_INPUT, weights)
        lesson.check(f"input . {name}, by index", by_index)
        lesson.check(f"input . {name}, by dot", similarities[name])
    lesson.say(f"(In floating point the second is {similarities['weights_2']}, which the lesson cuts.)")
    closest = max(similarities, key=lambda name: similarities[name])
    lesson.say(f"The larger dot product is the closer match: {closest} is more similar to the input.")


def prediction(lesson: Lesson) -> None:
    """Predict two inputs with the same weights: one right, one wrong."""
    lesson.section("2. Two predictions with weights [1.45, -0.66] and bias 0")
    for name, input_vector, target in (
        ("first", FIRST_INPUT, FIRST_TARGET),
        ("second", SECOND_INPUT, SECOND_TARGET),
    ):
        predicted = neuron.make_prediction(input_vector, WEIGHTS, BIAS)
        decision = decide(predicted)
        lesson.check(f"{name} prediction", predicted)
        lesson.check(f"{name} decision", decision)
        outcome = "right" if decision == target else "wrong"
        lesson.say(f"The target is {target}, and above 0.5 means 1: {outcome}.")


def error(lesson: Lesson) -> None:
    """Measure the wrong prediction, differentiate by it, and take the lesson's first crude step."""
    lesson.section("3. The error of the second prediction, and a first crude step")
    predicted = neuron.make_prediction(SECOND_INPUT, WEIGHTS, BIAS)
    lesson.check("squared error", neuron.squared_error(WEIGHTS, BIAS, SECOND_INPUT, SECOND_TARGET))
    rounded = float(f"{predicted:.{SIGNIFICANT_DIGITS}g}")
    lesson.check("rounded prediction, squared", (rounded - SECOND_TARGET) ** 2)
    exact = f"{np.square(predicted - SECOND_TARGET):.10f}"
    lesson.say(f"That squares the printed, rounded prediction; at full precision the error is {exact}.")
    derror_dprediction = ag.grad(lambda p: ag.square(p - SECOND_TARGET))(predicted)
    lesson.check("derror_dprediction", derror_dprediction)

    stepped = WEIGHTS - derror_dprediction
    lesson.say("The crude step subtracts that number from both weights; it is the derivative by the")
    lesson.say("prediction, not yet by the weights.")
    lesson.check("prediction after the step", neuron.make_prediction(SECOND_INPUT, stepped, BIAS))
    lesson.check("error after the step", neuron.squared_error(stepped, BIAS, SECOND_INPUT, SECOND_TARGET))
    decision = decide(neuron.make_prediction(FIRST_INPUT, stepped, BIAS))
    lesson.check("first decision after the step", decision)
    outcome = "still right" if decision == FIRST_TARGET else "now wrong"
    lesson.say(f"The second input is mended, but the first, with target {FIRST_TARGET}, is {outcome}.")


def chain_rule(lesson: Lesson) -> None:
    """Differentiate by the weights and the bias: the backward pass beside the hand-derived formulas."""
    lesson.section("4. The chain rule: the backward pass beside the formulas derived by hand")
    instance = (WEIGHTS, BIAS, SECOND_INPUT, SECOND_TARGET)
    derror_dbias, derror_dweights = neuron.compute_gradients(*instance)
    derror_dbias_by_hand, derror_dweights_by_hand = hand_derived.compute_gradients(*instance)
    lesson.check_by_hand("derror_dweights", derror_dweights, derror_dweights_by_hand)
    lesson.check_by_hand("derror_dbias", derror_dbias, derror_dbias_by_hand)
    lesson.say("The chain rule with its numbers, as the backward pass went:")
    explanation = ag.explain(neuron.squared_error, *instance, wrt=("weights", "bias"))
    for line in str(explanation).splitlines():
        lesson.say(line)


def training(lesson: Lesson, learning_rate: float, iterations: int, seed: int) -> list[float]:
    """Train the neuron, check where it ends with the formulas by hand, and return its error curve."""
    lesson.section(f"5. Training on {len(TARGETS)} instances, {iterations:,} iterations")
    network = neuron.NeuralNetwork(learning_rate, rng=np.random.default_rng(seed))
    errors = network.train(INPUT_VECTORS, TARGETS, iterations, progress=progress_bar())
    lesson.say(f"It ends with weights {np.round(network.weights, 4)} and bias {network.bias:.4f};")
    lesson.say("there, summed over all instances:")
    found, by_hand = (totals(module, network) for module in (neuron, hand_derived))
    for label in found:
        lesson.check_by_hand(label, found[label], by_hand[label])
    lesson.say(f"The error was {errors[0]:.4f} after the first iteration. The neuron is now right for")
    lesson.say(f"{right_decisions(network)} of {len(TARGETS)} instances; no straight line separates them all.")
    return errors


def totals(module: ModuleType, network: SingleNeuron) -> dict[str, ArrayLike]:
    """Return the error and its gradient, summed over all instances, by the functions of one module."""
    instances = [(network.weights, network.bias, *instance) for instance in zip(INPUT_VECTORS, TARGETS, strict=True)]
    gradients = [module.compute_gradients(*instance) for instance in instances]
    return {
        "error": sum(module.squared_error(*instance) for instance in instances),
        "derror_dweights": sum(derror_dweights for _, derror_dweights in gradients),
        "derror_dbias": sum(derror_dbias for derror_dbias, _ in gradients),
    }


def right_decisions(network: SingleNeuron) -> int:
    """Count the training instances that the network decides rightly."""
    decisions = [decide(network.predict(input_vector)) for input_vector in INPUT_VECTORS]
    return int(np.sum(decisions == TARGETS))


def progress_bar() -> Callable[[range], Iterable[int]]:
    """Return a wrapper that shows a progress bar on a terminal, and nothing elsewhere or without tqdm."""
    try:
        from tqdm import tqdm
    except ImportError:
        return iter
    return lambda steps: tqdm(steps, desc="  training", unit=" iterations", file=sys.stdout, disable=None)


def draw(lesson: Lesson, errors: Sequence[float], out: Path) -> None:
    """Write the lesson's pictures."""
    lesson.section("6. Pictures")
    arrows = {"input_vector": SIMILARITY_INPUT, "weights_1": WEIGHTS_1, "weights_2": WEIGHTS_2}
    difference = float(neuron.make_prediction(SECOND_INPUT, WEIGHTS, BIAS)) - SECOND_TARGET
    for name, figure in (
        ("cumulative_error.png", pictures.cumulative_error(errors, ERROR_INTERVAL)),
        ("vectors.png", pictures.vectors(arrows)),
        ("square_error.png", pictures.square_error(difference)),
    ):
        figure.savefig(out / name)
        lesson.say(str(out / name))
    instance = (WEIGHTS, BIAS, SECOND_INPUT, SECOND_TARGET)
    graph = ag.draw(neuron.squared_error, *instance, wrt=("weights", "bias"))
    for name in ("graph.svg", "graph.png"):
        graph.save(out / name)
        lesson.say(str(out / name))
    page = ag.explain(neuron.squared_error, *instance, wrt=("weights", "bias")).to_html(out / "explain.html")
    lesson.say(f"{page} (steps through both passes in a browser)")


def verification(lesson: Lesson) -> None:
    """Verify the formulas derived by hand; a report that they are wrong counts as a figure that differs."""
    lesson.section("7. Are the formulas derived by hand right?")
    instance = (WEIGHTS, BIAS, SECOND_INPUT, SECOND_TARGET)
    report = ag.verify(hand_derived.squared_error, hand_derived.compute_gradients, *instance, argnums=(1, 0))
    for line in str(report).splitlines():
        lesson.say(line)
    lesson.different += not report


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the options and make the folder, refusing at the start what would fail later."""
    parser = argparse.ArgumentParser("python -m models.tutorial", description="The lesson of one neuron.")
    parser.add_argument("--seed", type=int, default=1, help="seed of the training's draws (%(default)s)")
    parser.add_argument("--iterations", type=int, default=10_000, help="training iterations (%(default)s)")
    parser.add_argument("--learning-rate", type=float, default=0.1, help="step of the descent (%(default)s)")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for the pictures (%(default)s)")
    options = parser.parse_args(arguments)
    try:
        if options.seed < 0:
            raise ValueError(f"seed: expected a whole number of at least 0, got {options.seed}")
        positive_count("iterations", options.iterations)
        neuron.NeuralNetwork(options.learning_rate, rng=np.random.default_rng(options.seed))
        options.out.mkdir(parents=True, exist_ok=True)
    except (ValueError, OSError) as problem:
        parser.error(str(problem))
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the lesson; return 0 if every figure agrees, else 1."""
    options = parse(arguments)
    lesson = Lesson()
    similarity(lesson)
    prediction(lesson)
    error(lesson)
    chain_rule(lesson)
    errors = training(lesson, options.learning_rate, options.iterations, options.seed)
    draw(lesson, errors, options.out)
    verification(lesson)
    return lesson.close()


if __name__ == "__main__":
    sys.exit(main())
