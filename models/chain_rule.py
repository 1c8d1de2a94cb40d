"""The chain rule, from the error back to the weights and the bias: explained, drawn, and verified."""

import sys

import autograd_lite as ag
from models import hand_derived, neuron
from models.lesson import Lesson, main
from models.prediction import BIAS, SECOND_INPUT, SECOND_TARGET, WEIGHTS

INSTANCE = WEIGHTS, BIAS, SECOND_INPUT, SECOND_TARGET


def run(lesson: Lesson, *, seed: int = 1) -> None:
    """Differentiate with respect to the weights and the bias: the backward pass beside the hand-derived formulas."""
    derror_dbias, derror_dweights = neuron.compute_gradients(*INSTANCE)
    derror_dbias_by_hand, derror_dweights_by_hand = hand_derived.compute_gradients(*INSTANCE)
    lesson.check_beside("derror_dweights", derror_dweights, derror_dweights_by_hand, "by hand")
    lesson.check_beside("derror_dbias", derror_dbias, derror_dbias_by_hand, "by hand")

    lesson.say("The chain rule with its numbers, as the backward pass went:")
    explanation = ag.explain(neuron.squared_error, *INSTANCE, wrt=("weights", "bias"))
    lesson.say(explanation)
    page = explanation.to_html(lesson.path("explain.html"))
    lesson.say(f"{page}: steps through both passes in a browser")
    graph = ag.draw(neuron.squared_error, *INSTANCE, wrt=("weights", "bias"))
    for name in ("graph.svg", "graph.png"):
        graph.save(lesson.path(name))
        lesson.say(f"{lesson.path(name)}: the same as a graph")
    verify(lesson)


def verify(lesson: Lesson) -> None:
    """Ask whether the formulas derived by hand are right."""
    lesson.section("Are the formulas derived by hand right?")
    report = ag.verify(hand_derived.squared_error, hand_derived.compute_gradients, *INSTANCE, argnums=(1, 0))
    lesson.report(report)


if __name__ == "__main__":
    sys.exit(main(run))
