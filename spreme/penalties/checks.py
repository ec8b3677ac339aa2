"""Checks of the options of penalties."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Real


def between(
    name: str, value: object, low: float, high: float, *, open_below: bool = True, open_above: bool = True
) -> None:
    """Refuse a value outside an interval, naming the option."""
    wanted = f"{'(' if open_below else '['}{low:g}, {high:g}{')' if open_above else ']'}"
    if not isinstance(value, Real) or isinstance(value, bool):
        raise ValueError(f"{name} must be a number in {wanted}, got {value!r}")
    number = float(value)
    if not (low < number or (number == low and not open_below)):
        raise ValueError(f"{name} must lie in {wanted}, got {value!r}")
    if not (number < high or (number == high and not open_above) or high == float("inf") == number):
        raise ValueError(f"{name} must lie in {wanted}, got {value!r}")


def as_weights(weights: Iterable[float] | None) -> tuple[float, ...] | None:
    """Weights as a tuple of positive numbers."""
    if weights is None:
        return None
    try:
        out = tuple(float(weight) for weight in weights)
    except (TypeError, ValueError) as error:
        raise ValueError(f"weights must be positive numbers, one per term: {error}") from None
    for j, weight in enumerate(out):
        if not weight > 0:
            raise ValueError(f"weights must be positive: weight {j} is {weight}")
    return out
