"""The eight points of the lesson: their two coordinates and their classes, and how a prediction decides for one."""

from typing import Any

import numpy as np

INPUT_VECTORS = np.array([[3, 1.5], [2, 1], [4, 1.5], [3, 4], [3.5, 0.5], [2, 0.5], [5.5, 1], [1, 1]])
TARGETS = np.array([0, 1, 0, 1, 0, 1, 1, 0])


def decide(prediction: Any) -> int:
    """Return the class that a prediction stands for: 1 above 0.5, else 0."""
    return int(np.asarray(prediction).item() > 0.5)
