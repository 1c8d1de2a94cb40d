"""Walk through the whole lesson, from one dot product to a network that reads digits; every figure is checked.

The exit status is 1 if a figure differs.
"""

import importlib
import sys

from models.lesson import Lesson, MissingExtra, main

PARTS = {
    "similarity": "Which weights are more similar to the input?",
    "prediction": "Two predictions, and the error of the wrong one",
    "chain_rule": "The chain rule: the backward pass beside the formulas derived by hand",
    "neuron": "Training a neuron on eight points",
    "activations": "Activations: why a network bends",
    "linear_regression": "Linear regression: the price of a house",
    "bag_of_words": "Is a remark positive or negative? A bag of words",
    "overfitting": "Too small, right, too large, and when to stop",
    "learning_rate": "The learning rate: how large a step?",
    "digits": "A deep network on real data",
    "custom_objective": "Beyond the lesson: a loss of your own for boosted trees",
}
"""The modules of the lesson, in its order, and what each is about."""


def run(lesson: Lesson, *, seed: int = 1) -> None:
    """Walk through the parts; one that needs a package that is not installed is left out with a line."""
    for number, (name, title) in enumerate(PARTS.items(), 1):
        lesson.section(f"{number}. {title} (python -m models.{name})")
        try:
            importlib.import_module(f"models.{name}").run(lesson, seed=seed)
        except MissingExtra as missing:
            lesson.say(f"Left out: {missing}")
        if lesson.stopped:
            break


if __name__ == "__main__":
    sys.exit(main(run))
