"""Anderson's extrapolation of a fixed-point iteration.

From the last points x_i and their images T(x_i): the combination of images whose moves T(x_i) - x_i, combined alike,
are smallest.

References
----------
Walker and Ni (2011), Anderson acceleration for fixed-point iterations, SIAM J. Numer. Anal. 49.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Rounds that are combined.
DEPTH = 5


class FixedPoint:
    """Points at which to evaluate a map, so that they approach its fixed point."""

    def __init__(self, point: Array) -> None:
        self.point = point
        self.distance = np.inf
        self.points: list[Array] = []
        self.images: list[Array] = []

    def advance(self, image: Array) -> Array:
        """Return the next point, given the image of the present one."""
        distance = float(np.abs(image - self.point).max(initial=0.0))
        if distance > 2 * self.distance:  # led astray: begin anew
            self.points, self.images = [], []
        self.distance = distance
        self.points, self.images = [*self.points, self.point][-DEPTH:], [*self.images, image][-DEPTH:]
        moves = np.array(self.images) - np.array(self.points)
        mix = np.linalg.lstsq(np.diff(moves, axis=0).T, moves[-1], rcond=1e-8)[0]
        self.point = image - np.diff(self.images, axis=0).T @ mix
        return self.point
