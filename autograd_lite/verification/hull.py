"""The hull of some points, and its point nearest to the origin, found vertex by vertex."""

from __future__ import annotations

import numpy as np

from autograd_lite.numerical import close
from autograd_lite.numerical.close import Array


class Hull:
    """The hull of the points added so far, by those few of them that its nearest point is a mixture of.

    Source: P. Wolfe, *Finding the nearest point in a polytope* (1976). It ends after finitely many vertices if each is
    the farthest one in the direction from `nearest` to the origin.

    Parameters
    ----------
    first : array (n,)
        Its only point so far.
    """

    def __init__(self, first: Array) -> None:
        self.points, self.weights = first[None], np.ones(1)

    @property
    def nearest(self) -> Array:
        """The point of the hull that is nearest to the origin."""
        return np.asarray(self.weights @ self.points)

    def gain(self, points: Array) -> Array:
        """Return by how much points (m, n) are farther than `nearest`, as seen from there towards the origin."""
        nearest = self.nearest
        size = np.sqrt(nearest @ nearest)
        return np.asarray((size**2 - points @ nearest) / size if size else np.zeros(len(points)))

    def add(self, point: Array) -> None:
        """Take a point in, and drop those that the nearest point can do without."""
        self.points, self.weights = np.vstack([self.points, point]), np.append(self.weights, 0)
        while True:
            wanted = self._on_the_plane()
            outside = wanted <= close.DOUBLE
            if not outside.any():
                self.weights = wanted
                return
            drop = self.weights - wanted
            ways = np.divide(self.weights, drop, out=np.zeros_like(drop), where=drop > 0)
            ways[~outside] = np.inf
            self.weights = self.weights - min(1.0, float(ways.min())) * drop
            kept = self.weights > close.DOUBLE
            kept[np.argmin(ways)] = False
            self.points, self.weights = self.points[kept], self.weights[kept] / self.weights[kept].sum()

    def _on_the_plane(self) -> Array:
        """Return the weights, of any sign, of the point nearest to the origin on the plane through all the points."""
        size = len(self.points)
        system = np.ones((size + 1, size + 1))
        system[0, 0], system[1:, 1:] = 0, self.points @ self.points.T
        return np.asarray(np.linalg.lstsq(system, np.append(1.0, np.zeros(size)), rcond=None)[0][1:])
