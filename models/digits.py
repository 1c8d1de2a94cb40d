"""A deep network reads digits written by hand: split, train, stop in time, predict what is new, and notice drift."""

import sys
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

import autograd_lite as ag
from models import checks, pictures
from models.checks import Array, InputError
from models.digit_images import CLASSES, SIDE, Data, checked, load, moved, noisy, split
from models.lesson import Lesson, main
from models.training import Trained, train
from models.two_layers import ACTIVATIONS

RATE, SIZE, PATIENCE = 5e-3, 64, 15  # Adam's first step size, images of a mini-batch, epochs without a smaller error


def layer_sizes(hidden: str) -> list[int]:
    """Return how many numbers each layer has, from the pixels to the classes, for a text such as "128,64"."""
    texts = hidden.split(",") if hidden else []
    if not all(text.strip().isdecimal() and int(text) > 0 for text in texts):
        raise InputError(f"hidden: expected the sizes of the hidden layers, such as 128,64; got {hidden!r}")
    return [SIDE * SIDE, *map(int, texts), CLASSES]


def initial(sizes: list[int], rng: np.random.Generator) -> list[dict[str, Array]]:
    """Return the parameters that training begins with: those of each layer."""
    return [{"weights": ag.optim.he(shape, rng), "bias": np.zeros(shape[1])} for shape in pairwise(sizes)]


def network(params: Any, images: Any, activation: str = "relu") -> Any:
    """Return a score for each class, of shape (n, 10)."""
    layer = images
    for hidden in params[:-1]:
        layer = ACTIVATIONS[activation](layer @ hidden["weights"] + hidden["bias"])
    return layer @ params[-1]["weights"] + params[-1]["bias"]


def loss(params: Any, images: Any, labels: Any, activation: str = "relu") -> Any:
    """Return the mean cross-entropy: minus the logarithm of the probability that the true class gets."""
    return ag.mean(ag.cross_entropy(network(params, images, activation), labels))


def probabilities(params: Any, images: Any, activation: str = "relu") -> Array:
    """Return the probability of each class for each image, of shape (n, 10)."""
    pixels = checks.finite_array("images", images, ("n", SIDE * SIDE))
    return np.asarray(ag.softmax(network(params, pixels, activation)))


def fit(params: Any, data: Data, held_out: Data, activation: str, epochs: int, **options: Any) -> Trained:
    """Train by mini-batches with Adam, in steps that shrink along a cosine, until the held-out error stops falling."""
    data, held_out = checked(*data), checked(*held_out)
    schedule = ag.optim.CosineDecay(RATE, epochs * -(-len(data[1]) // SIZE))
    options |= {"optimizer": ag.optim.Adam(schedule), "epochs": epochs, "size": SIZE, "patience": PATIENCE}
    return train(partial(loss, activation=activation), params, data, held_out=held_out, vary=noisy, **options)


def run(
    lesson: Lesson,
    *,
    seed: int = 1,
    hidden: str = "128,64",
    activation: str = "relu",
    epochs: int = 40,
    checkpoint: str = "",
) -> None:
    """Train on the digits, test on others, meet images that have changed, and train again."""
    sizes = layer_sizes(hidden)
    checks.one_of("activation", activation, ACTIVATIONS)
    checks.positive_count("epochs", epochs)
    data = load()

    def learn(seed: int, **options: Any) -> tuple[Trained, list[Data], float]:
        rng = np.random.default_rng(seed)
        training, validation, test = split(data, rng)
        trained = fit(initial(sizes, rng), training, validation, activation, epochs, rng=rng, **options)
        return trained, [training, validation, test], accuracy(trained.params, *test, activation)

    lesson.say(f"{len(data[1]):,} digits by 13 writers are split at random: 70 % to train on, 10 % to tell when to")
    lesson.say("stop, and 20 % that nothing is chosen by: they tell how well new digits by these writers are read.")
    lesson.say(f"Layers of {', '.join(map(str, sizes))} numbers, {activation} between; {SIZE} images a step.")
    setup = {"seed": seed, "hidden": hidden, "activation": activation, "epochs": epochs}
    saved = {"checkpoint": Path(checkpoint) if checkpoint else None, "setup": setup}
    trained, parts, right = learn(seed, progress=partial(lesson.progress, "training"), **saved)
    lesson.say(f"The held-out error was least after epoch {trained.best} of {trained.epochs}: those weights are kept.")
    lesson.measured("test images read right", right)
    if lesson.stopped:
        return
    show(lesson, trained, parts[2], activation)
    again = drift(lesson, trained, parts, activation, epochs)
    lesson.section("How much of that was luck?")
    lesson.say("Another seed splits, begins and shuffles in another way; of five such runs the median counts.")
    every = [right, *(learn(seed + k)[2] for k in lesson.progress("other seeds", 5, 1))]
    lesson.say("Read right: " + ", ".join(f"{one:.2%}" for one in every))
    if not lesson.stopped:
        lesson.at_least("read right, median of five", float(np.median(every)), 0.97)
        lesson.at_least("moved ones, trained again", again, 0.95)


def accuracy(params: Any, images: Array, labels: Any, activation: str = "relu") -> float:
    """Return the part of the images that is read right."""
    return float(np.mean(probabilities(params, images, activation).argmax(axis=1) == labels))


def show(lesson: Lesson, trained: Trained, test: Data, activation: str) -> None:
    """Draw how the errors fell, which digit is taken for which, and the images that surprise the network most."""
    epochs, best = range(trained.epochs + 1), trained.best
    images, labels = test
    lines = {"training": (epochs, trained.training), "held out": (epochs, trained.held_out)}
    kept = {f"kept: epoch {best}": (best, trained.held_out[best])}
    title = "When to stop: where the held-out error is least, not the training error"
    lesson.picture("digits_learning.png", pictures.curves(title, lines, "Epochs", "Cross-entropy", marks=kept, log="y"))
    chances = probabilities(trained.params, images, activation)
    predicted = chances.argmax(axis=1)
    table = np.zeros((CLASSES, CLASSES), int)
    np.add.at(table, (labels, predicted), 1)
    title = f"{np.trace(table)} of {len(labels)} new digits are read right: the diagonal"
    lesson.picture("digits_confusion.png", pictures.confusion(title, table, [str(k) for k in range(CLASSES)]))
    worst = chances[np.arange(len(labels)), labels].argsort()[:8]
    captions = [f"{labels[k]}, read as {predicted[k]}" for k in worst]
    shown = [images[k].reshape(SIDE, SIDE) for k in worst]
    gallery = pictures.gallery("The worst mistakes and near misses: could you tell?", shown, captions)
    lesson.picture("digits_mistakes.png", gallery)


def drift(lesson: Lesson, trained: Trained, parts: list[Data], activation: str, epochs: int) -> float:
    """Meet images that have changed, train on such ones too, and return the part of them that is read right then."""
    lesson.section("Drift: the images change after the training")
    lesson.say("A camera moves by a pixel, or the ink fades. Confidence (the largest probability) falls, without")
    lesson.say("saying how many are read wrong: label some of what comes in, count, and train on moved ones too.")
    both = [(np.vstack([images, moved(images)]), np.tile(labels, 2)) for images, labels in parts]
    options = {"rng": np.random.default_rng(0), "progress": partial(lesson.progress, "training again")}
    again = fit(trained.params, both[0], both[1], activation, epochs, **options)
    images, labels = parts[2]
    rows = []
    for name, changed in {"as before": images, "moved by a pixel": moved(images), "half the ink": images / 2}.items():
        confidence = np.mean(probabilities(trained.params, changed, activation).max(axis=1))
        figures = [accuracy(each.params, changed, labels, activation) for each in (trained, again)]
        rows.append([name, *(f"{figure:.1%}" for figure in (confidence, *figures))])
    lesson.table(["test images", "confidence", "read right", "after training again"], rows)
    return accuracy(again.params, moved(images), labels, activation)


if __name__ == "__main__":
    helps = {"hidden": "sizes of the hidden layers", "activation": ", ".join(ACTIVATIONS), "epochs": "at most"}
    sys.exit(main(run, **helps, checkpoint="an .npz file, written as it goes, that a stopped run goes on from"))
