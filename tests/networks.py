"""Small networks in double precision, parameters as vectors, and differences along directions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spreme.inr import initialise
from spreme.inr.network import Network, Theta
from spreme.inr.patterns import make_pattern

Array = NDArray[Any]
KINDS = ("sine", "finer", "gabor")


def draw(widths: Sequence[int], w0: float = 10.0, seed: int = 0, dtype: Any = float) -> Theta:
    """Parameters of a network as matrices."""
    return initialise(widths, w0=w0, rng=np.random.default_rng(seed), dtype=dtype)


def draw_masks(params: Theta, density: float, seed: int = 0) -> list[NDArray[np.bool_]]:
    """Random masks that leave at least one weight in every layer."""
    rng = np.random.default_rng(seed)
    masks = [rng.random(w.shape) < density for w, _ in params]
    for own in masks:
        own[0, 0] = True
    return masks


def build(masks: Sequence[NDArray[np.bool_]], kind: str = "sine", w0: float = 10.0, kernel: str = "auto") -> Network:
    """A network whose products are all dense or all sparse, if asked for."""
    return Network(tuple(make_pattern(own, kernel) for own in masks), kind, w0)


def flat(params: Sequence[tuple[Array, Array]]) -> Array:
    """All parameters as one vector in double precision."""
    return np.concatenate([np.ravel(own) for pair in params for own in pair]).astype(float)


def unflat(vector: Array, like: Sequence[tuple[Array, Array]]) -> Theta:
    """The inverse of `flat`."""
    parts = np.split(vector, np.cumsum([own.size for pair in like for own in pair])[:-1])
    arrays = [part.reshape(own.shape) for part, own in zip(parts, [own for p in like for own in p], strict=True)]
    return list(zip(arrays[::2], arrays[1::2], strict=True))


def along(value: Callable[[Array], Any], at: Array, direction: Array, h: float) -> Any:
    """Derivative along a direction by four points: the error is about h^4 times the fifth derivative."""
    near = value(at + h * direction) - value(at - h * direction)
    far = value(at + 2 * h * direction) - value(at - 2 * h * direction)
    return (8 * near - far) / (12 * h)
