"""What do eight points teach? A large network learns them by heart, and that says nothing about a ninth."""

import sys
from functools import partial

import numpy as np

from models import checks, pictures
from models.lesson import Lesson, main
from models.points import INPUT_VECTORS, TARGETS
from models.progress import quiet
from models.two_layers import initial, learn, probability_of, right, two_layers

TRIANGLE, INSIDE = np.array([[1, 1], [3, 1.5], [3.5, 0.5]]), np.array([2, 1])  # three of class 0, one of class 1


def run(lesson: Lesson, *, seed: int = 1, hidden: int = 64, iterations: int = 500) -> None:
    """Learn the eight points by heart, twice, and ask what that says about others."""
    checks.positive_count("hidden", hidden)
    checks.positive_count("iterations", iterations)
    rng = np.random.default_rng(seed)
    shares = np.linalg.solve(np.vstack([TRIANGLE.T, np.ones(3)]), [*INSIDE, 1])
    lesson.say("No straight line separates them: (2, 1), of class 1, is the average of three points of class 0, by")
    lesson.say(f"shares of {', '.join(f'{share:.3f}' for share in shares)}. A line that has all three of them on one")
    lesson.say("side has it there too.")
    starts = [initial(2, hidden, rng) for _ in range(2)]
    independent = np.linalg.matrix_rank(np.tanh(INPUT_VECTORS @ starts[0][0] + starts[0][1]))
    lesson.say(f"For a network of {hidden} hidden units they are easy. Where its hidden values at the eight points are")
    lesson.say("linearly independent, it can learn each of the 256 ways to label them: so that it learns this one")
    lesson.say("says nothing about other points. Of seven points, whatever it makes of them, it would be right")
    lesson.say("about the eighth in half of the 256 ways.")
    network = partial(two_layers, bend=np.tanh)
    models = [learn(network, start, INPUT_VECTORS, TARGETS, quiet(iterations))[0] for start in starts]
    found = [int(right(network(INPUT_VECTORS, *params), TARGETS)) for params in models]
    guessed = 0
    for k in lesson.progress("leaving one out", len(TARGETS)):
        seven, labels = np.delete(INPUT_VECTORS, k, 0), np.delete(TARGETS, k)
        params, _ = learn(network, initial(2, hidden, rng), seven, labels, quiet(iterations))
        guessed += right(network(INPUT_VECTORS[[k]], *params), TARGETS[[k]])
    new = rng.uniform(INPUT_VECTORS.min(0), INPUT_VECTORS.max(0), (10_000, 2))
    first, second = (network(new, *params) > 0 for params in models)
    panels = {
        f"Network {k}: {n} of 8": partial(
            pictures.draw_regions, probability=probability_of(network, params), points=INPUT_VECTORS, labels=TARGETS
        )
        for k, (n, params) in enumerate(zip(found, models, strict=True), 1)
    }
    lesson.picture(
        "eight_points.png", pictures.panels("Two networks know all eight points, and disagree between", panels)
    )
    lesson.measured("left out, then guessed right", guessed)
    lesson.measured("part of new points in dispute", np.mean(first != second))
    lesson.measured("shares of the triangle, least", shares.min())
    lesson.at_least("independent hidden values", independent, 8)
    lesson.at_least("points known by heart", min(found), 8)


if __name__ == "__main__":
    sys.exit(main(run, hidden="units of the large network", iterations="of training"))
