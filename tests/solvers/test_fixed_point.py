"""Anderson's extrapolation."""

from __future__ import annotations

import numpy as np
import pytest

from spreme.solvers.norms.fixed_point import DEPTH, FixedPoint


def iterate(transform, start: np.ndarray, rounds: int) -> list[float]:  # type: ignore[no-untyped-def]
    """Distances of the points from their images."""
    points, seen = FixedPoint(start), []
    for _ in range(rounds):
        image = transform(points.point)
        seen.append(float(abs(image - points.point).max(initial=0.0)))
        points.advance(image)
    return seen


@pytest.mark.parametrize("n", [1, 2, 4])
def test_linear_maps_end_after_as_many_rounds_as_dimensions(n: int) -> None:
    rng = np.random.default_rng(n)
    basis = np.linalg.qr(rng.standard_normal((n, n)))[0]
    matrix = basis @ np.diag(np.linspace(0.2, 0.99, n)) @ basis.T
    shift = rng.standard_normal(n)
    # one plain round, then a difference for each dimension
    assert iterate(lambda x: matrix @ x + shift, np.zeros(n), n + 3)[-1] <= 1e-8


def test_slow_maps_are_hastened() -> None:
    slow = iterate(lambda x: np.cos(x) * 0.98, np.array([0.1, 2.0]), 14)
    assert slow[-1] <= 1e-9
    plain = np.array([0.1, 2.0])
    for _ in range(14):
        plain = np.cos(plain) * 0.98
    assert abs(np.cos(plain) * 0.98 - plain).max() > 1e-4


def test_expanding_maps_are_met_too() -> None:
    # slope -1.5: the plain iteration runs away from its fixed point 1
    assert iterate(lambda x: 2.5 - 1.5 * x, np.array([0.0]), 5)[-1] <= 1e-12


def test_first_point_is_the_image() -> None:
    points = FixedPoint(np.array([1.0, 2.0]))
    np.testing.assert_array_equal(points.advance(np.array([3.0, -1.0])), [3.0, -1.0])


def test_a_fixed_point_stays() -> None:
    points = FixedPoint(np.array([1.0, 2.0]))
    for _ in range(DEPTH + 3):
        np.testing.assert_allclose(points.advance(np.array([1.0, 2.0])), [1.0, 2.0], atol=1e-15)


def test_memory_is_bounded_and_begins_anew_when_led_astray() -> None:
    points = FixedPoint(np.zeros(3))
    rng = np.random.default_rng(0)
    for _ in range(20):
        points.advance(points.point + rng.uniform(0.5, 1.0, 3))
        assert len(points.points) == len(points.images) <= DEPTH
    points.advance(points.point + 100.0)
    assert len(points.points) == 1
