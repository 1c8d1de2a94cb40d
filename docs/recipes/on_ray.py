"""Ray: an actor holds the rows of each part, and tasks add up what they give, eight at a time."""

# mypy: disable-error-code="import-not-found, import-untyped"

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ray

from docs.recipes import squares


@ray.remote
class Rows:
    """Some rows, which stay where they are."""

    def __init__(self, load: Any, number: int) -> None:
        self.X, self.y = load(number)

    def part(self, w: Any) -> Any:
        """Return what these rows add to the sums."""
        return squares.part(w, self.X, self.y)


add = ray.remote(squares.plus)


def value_and_gradient(actors: Sequence[Any], w: Any) -> Any:
    """Return the mean over the rows of all actors, and its gradient."""
    sent = ray.put(w)
    parts = [actor.part.remote(sent) for actor in actors]
    while len(parts) > 1:
        parts = [add.remote(*parts[i : i + 8]) for i in range(0, len(parts), 8)]
    return squares.mean(ray.get(parts[0]))
