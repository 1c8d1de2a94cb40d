"""Which weights are more similar to an input? The dot product says so, index by index or in one call."""

import sys

import numpy as np

import autograd_lite as ag
from models import pictures
from models.lesson import Lesson, main

INPUT_VECTOR = np.array([1.72, 1.23])
WEIGHTS = {"weights_1": np.array([1.26, 0.0]), "weights_2": np.array([2.17, 0.32])}
EXPECTED = {"weights_1": "2.1672", "weights_2": "4.1259..."}  # as the lesson prints them; dots where it cuts them


def by_index(a: np.ndarray, b: np.ndarray) -> float:
    """Return the dot product of two vectors as it is defined: the sum of the products of their components."""
    total = 0.0
    for x, y in zip(a.tolist(), b.tolist(), strict=True):
        total += x * y
    return total


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    """Return the cosine of the angle between two vectors."""
    return float(ag.dot(a, b) / np.sqrt(ag.dot(a, a) * ag.dot(b, b)))


def run(lesson: Lesson, *, seed: int = 1) -> None:
    """Compare an input with two vectors of weights."""
    similarities = {}
    for name, weights in WEIGHTS.items():
        similarities[name] = ag.dot(INPUT_VECTOR, weights)
        lesson.check(f"input . {name}, by index", by_index(INPUT_VECTOR, weights), EXPECTED[name])
        lesson.check(f"input . {name}, by dot", similarities[name], EXPECTED[name])
    lesson.say(f"(In floating point the second is {similarities['weights_2']}, which the lesson cuts.)")
    closest = max(similarities, key=lambda name: similarities[name])
    lesson.say(f"The larger dot product is the closer match: {closest} is more similar to the input.")
    lesson.say("A longer vector has a larger dot product too. The cosine of the angle between leaves lengths out:")
    for name, weights in WEIGHTS.items():
        lesson.measured(f"cosine, {name}", cosine(INPUT_VECTOR, weights))
    title = f"{closest} points more nearly where the input points"
    lesson.picture("vectors.png", pictures.vectors(title, {"input_vector": INPUT_VECTOR, **WEIGHTS}))


if __name__ == "__main__":
    sys.exit(main(run))
