"""Two predictions; the error of the wrong one is a parabola, and its slope says where to go."""

import sys

import numpy as np

import autograd_lite as ag
from models import pictures
from models.lesson import SIGNIFICANT_DIGITS, Lesson, main
from models.neuron import make_prediction, squared_error
from models.points import decide

WEIGHTS = np.array([1.45, -0.66])
BIAS = np.float64(0.0)
FIRST_INPUT, FIRST_TARGET = np.array([1.66, 1.56]), 1
SECOND_INPUT, SECOND_TARGET = np.array([2.0, 1.5]), 0


def run(lesson: Lesson, *, seed: int = 1) -> None:
    """Predict, measure the error, and take the first crude step of the lesson."""
    lesson.say(f"Weights {WEIGHTS}, bias {BIAS:g}:")
    first = make_prediction(FIRST_INPUT, WEIGHTS, BIAS)
    lesson.check("first prediction", first, "0.7985731")
    lesson.check("first decision", decide(first), "1")
    lesson.say(f"The target is {FIRST_TARGET}, and above 0.5 means 1: right.")
    second = make_prediction(SECOND_INPUT, WEIGHTS, BIAS)
    lesson.check("second prediction", second, "0.87101915")
    lesson.check("second decision", decide(second), "1")
    lesson.say(f"The target is {SECOND_TARGET}: wrong.")
    error_and_step(lesson, second)


def error_and_step(lesson: Lesson, predicted: np.float64) -> None:
    """Measure the error of the second prediction, differentiate it, and step against the slope."""
    lesson.section("The error of the second prediction, and a first crude step")
    lesson.check("squared error", squared_error(WEIGHTS, BIAS, SECOND_INPUT, SECOND_TARGET), "0.75867436")
    rounded = float(f"{predicted:.{SIGNIFICANT_DIGITS}g}")
    lesson.check("rounded prediction, squared", (rounded - SECOND_TARGET) ** 2, "0.7586743596667225")
    exact = f"{np.square(predicted - SECOND_TARGET):.10f}"
    lesson.say(f"That squares the printed, rounded prediction; at full precision the error is {exact}.")
    derror_dprediction = ag.grad(lambda p: ag.square(p - SECOND_TARGET))(predicted)
    lesson.check("derror_dprediction", derror_dprediction, "1.7420383")
    lesson.picture("square_error.png", pictures.square_error(float(predicted) - SECOND_TARGET))

    stepped = WEIGHTS - derror_dprediction
    lesson.say("The crude step subtracts that number from both weights; it is the derivative with respect to the")
    lesson.say("prediction, not yet to the weights.")
    lesson.check("prediction after the step", make_prediction(SECOND_INPUT, stepped, BIAS), "0.01496248")
    lesson.check("error after the step", squared_error(stepped, BIAS, SECOND_INPUT, SECOND_TARGET), "0.00022388")
    lesson.check("first decision after the step", decide(make_prediction(FIRST_INPUT, stepped, BIAS)), "0")
    lesson.say(f"The second input is mended, but the first, with target {FIRST_TARGET}, is now wrong.")


if __name__ == "__main__":
    sys.exit(main(run))
