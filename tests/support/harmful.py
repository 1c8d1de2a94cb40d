"""Wrong gradients whose code, or whose edits, could do harm: they keep, write, print, draw, loop and grow."""

import random
import threading
from collections import deque

import numpy as np

LOG = "/nowhere/log.txt"  # a test says where
OTHER = "/nowhere/other.txt"

count = 0
last = None
kept_list = [1.0]
kept_dict = {"w": 1.0}
kept_set = {1.0}
kept_deque = deque([1.0], maxlen=3)
buffer = np.ones(3)
view = buffer[::2]
scale = np.array([1.0, 2.0, 3.0])
generator = np.random.default_rng(7)
twister = random.Random(7)


def loss(w, x):
    return np.sum(np.sin(w * x))


def rebinds(w, x):
    global count, last
    count = count + 1
    last = np.cos(w * x)
    return last * x * 2


def fills_containers(w, x):
    kept_list.append(w)
    kept_dict["w"] = w
    kept_dict["count"] = len(kept_list)
    kept_set.add(len(kept_list))
    kept_deque.append(w)
    return np.cos(w * x) * x * 2


def fills_a_buffer(w, x):
    buffer[...] = np.cos(w * x)
    buffer[0] *= 1.0
    return buffer * x * 2


def fills_a_view(w, x):
    view[...] = w[::2]
    return np.cos(w * x) * x * 2


def reads_a_global(w, x):
    c = np.cos(w * x)
    c *= scale
    return c * x


def enclosing():
    turns, held = 0, np.zeros(3)

    def keeps_in_a_cell(w, x):
        nonlocal turns, held
        turns = turns + 1
        held = np.cos(w * x)
        return held * x * 2

    return keeps_in_a_cell


keeps_in_a_cell = enclosing()


def has_a_default(w, x, cache=[]):  # noqa: B006
    cache.append(1)
    return np.cos(w * x) * x * 2


def has_an_attribute(w, x):
    has_an_attribute.last = np.cos(w * x)
    return has_an_attribute.last * x * 2


has_an_attribute.last = None


class Layer:
    calls = 0

    def __init__(self):
        self.x, self.cos, self.seen = None, None, []

    def loss(self, w, x):
        self.x = x
        return loss(w, x)

    def gradient(self, w, x):
        type(self).calls += 1
        self.cos = np.cos(w * self.x)
        self.seen.append(self.cos)
        return self.cos * self.x * 2


class Slotted:
    __slots__ = ("cos", "seen")

    def __init__(self):
        self.cos, self.seen = None, []

    def gradient(self, w, x):
        self.cos = np.cos(w * x)
        self.seen.append(self.cos)
        return self.cos * x * 2


layer, slotted = Layer(), Slotted()


def in_the_object(w, x):
    layer.cos = np.cos(w * x)
    layer.seen.append(1)
    return layer.cos * x * 2


def draws(w, x):
    noise = generator.normal() + twister.random() + random.random() + np.random.rand()  # noqa: NPY002
    return np.cos(w * x) * x * 2 + 0 * noise


def prints(w, x):
    c = np.cos(w * x)
    print("the hand says", c)
    return c * x * 2


def warns(w, x):
    with np.errstate(all="raise"):
        c = np.cos(w * x)
    return c * x * 2 + 0 * np.log(x - x)


def writes(w, x):
    with open(LOG, "a") as file:
        file.write("called\n")
    return np.cos(w * x) * x * 2


def writes_elsewhere(w, x):
    c = np.cos(w * x)
    if np.sum(c) > 1e9:
        with open(OTHER, "w") as file:
            file.write("harm")
    return c * x * 2


def saves_elsewhere(w, x):
    c, n = np.cos(w * x), len(x)
    if n != len(c):
        np.save(OTHER, c)
    return c * x * 2


def loops(w, x):
    total, left = np.zeros(3), 4
    while left > 0:
        total = total + np.cos(w * x) * x / 2
        left = left - 1
    return total


def grows(w, x):
    rows, left = np.cos(w * x) * x, 2
    while left > 0:
        rows = np.concatenate([rows, rows])
        left = left - 1
    return rows[:3] * 2


def recurs(w, x, depth=3):
    if depth > 0:
        return recurs(w, x, depth - 1)
    return np.cos(w * x) * x * 2


def yields(w, x):
    def parts():
        for a, b in zip(w, x, strict=True):
            yield 2 * np.cos(a * b) * b

    return np.array(list(parts()))


def in_threads(w, x):
    parts = [None] * len(w)

    def part(i):
        left = 1
        while left > 0:
            parts[i] = 2 * np.cos(w[i] * x[i]) * x[i]
            left = left - 1

    threads = [threading.Thread(target=part, args=(i,), daemon=True) for i in range(len(w))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return np.array(parts)


HANDS = {
    hand.__name__: hand
    for hand in (
        rebinds,
        fills_containers,
        fills_a_buffer,
        fills_a_view,
        reads_a_global,
        keeps_in_a_cell,
        has_a_default,
        has_an_attribute,
        in_the_object,
        draws,
        prints,
        warns,
        writes,
        writes_elsewhere,
        saves_elsewhere,
        loops,
        grows,
        recurs,
        yields,
        in_threads,
    )
}
METHODS = {"a layer": (layer.loss, layer.gradient), "slots": (loss, slotted.gradient)}
CALLS = {**{name: (loss, hand) for name, hand in HANDS.items()}, **METHODS}
POINT = np.array([0.3, -0.7, 1.1]), np.array([0.9, 1.3, -0.4])
