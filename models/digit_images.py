"""The images of the digits: loaded, checked, split at random, moved by a pixel, and with noise."""

from typing import Any

import numpy as np

from models import checks
from models.checks import Array, InputError
from models.lesson import needed

SIDE, CLASSES = 8, 10
Data = tuple[Array, Any]  # images of shape (n, 64), from 0 (white) to 1 (black), and their n labels, from 0 to 9


def load() -> Data:
    """Return the 1,797 digits that come with scikit-learn."""
    digits = needed("sklearn.datasets", "scikit-learn", "lesson").load_digits()
    return digits.data / 16, digits.target


def checked(images: Any, labels: Any) -> Data:
    """Return images and labels, or raise ValueError where a pixel or a label cannot be."""
    pixels = checks.finite_array("images", images, ("n", SIDE * SIDE))
    if wrong := np.argwhere((pixels < 0) | (pixels > 1)).tolist():
        place = tuple(wrong[0])
        raise InputError(f"images: expected pixels from 0 to 1, got {pixels[place]:g} at index {place}")
    return pixels, checks.class_labels("labels", labels, len(pixels), CLASSES)


def split(data: Data, rng: np.random.Generator) -> list[Data]:
    """Return 70 % of the examples to train on, 10 % to stop by, 20 % to test with, in random order."""
    images, labels = data
    n = len(labels)
    return [(images[rows], labels[rows]) for rows in np.split(rng.permutation(n), [7 * n // 10, 8 * n // 10])]


def moved(images: Array) -> Array:
    """Return the images one pixel further to the right."""
    return np.pad(images.reshape(-1, SIDE, SIDE), ((0, 0), (0, 0), (1, 0)))[:, :, :-1].reshape(images.shape)


def noisy(rng: np.random.Generator, images: Array, labels: Any) -> Data:
    """Return images that differ a little each time, so that they cannot be learned by heart."""
    return images + 0.2 * rng.standard_normal(images.shape), labels
