"""
Families of signals from installed packages, nothing downloaded: photographs, glyphs of a font, simulated trajectories.

Pictures come as ``(X, train, test)``. Coordinates ``X`` (n, 2) lie on [-1, 1], the first along the rows of a picture
from top to bottom, the second along its columns; signals are (m, n, d_out) with values in [0, 1], all in single
precision.
"""

from __future__ import annotations

import numbers
import string
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Single = NDArray[np.float32]
Mask = NDArray[np.bool_]
Pictures = tuple[Single, Single, Single]
Signal = tuple[Array, Array]

#: Pixels along a side of patches and glyphs.
SIDE = 32
#: Where the part of a photograph begins that test patches come from, as a share of its width.
SPLIT = 0.7
#: Fine pixels along a pixel of a patch, and patches of each photograph at each of these scales.
SCALES, N_TRAIN, N_TEST = (1, 2, 3), 40, 10
#: Five cuts of 69 characters: 345 glyphs.
FONTS = ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-Italic")
# No two of the 345 are the same shape; sans and mono share the L, sans and serif the sign #.
CHARACTERS = string.ascii_letters + string.digits + "!?&@$§ß"
N_TEST_GLYPHS = 52
#: Font size for a picture of side 2: the widest glyph, the W in bold serifs, is then 1.83 wide.
FONT_SIZE = 1.6
#: Fine pixels from one sample to the next.
REFINEMENT = 8
#: Values per unit of distance: [-1.5, 1.5] becomes [0, 1], and the largest distance of a corner from a glyph is 1.35.
SLOPE = 1 / 3


def faces() -> Pictures:
    """
    Load 100 grey portraits of 25 x 25 pixels, from `skimage.data.lfw_subset`.

    Returns
    -------
    X : ndarray of shape (625, 2)
        Coordinates.
    train : ndarray of shape (80, 625, 1)
        Signals to learn from, drawn by ``numpy.random.default_rng(0)``.
    test : ndarray of shape (20, 625, 1)
        The others.

    Raises
    ------
    ImportError
        If scikit-image is not installed: ``pip install "spreme[test]"``.

    References
    ----------
    G. B. Huang, M. Ramesh, T. Berg, E. Learned-Miller, Labeled Faces in the Wild: A Database for Studying Face
    Recognition in Unconstrained Environments, University of Massachusetts, Amherst, 2007.

    Examples
    --------
    >>> from spreme.inr.datasets import faces
    >>> X, train, test = faces()
    >>> X.shape, train.shape, test.shape
    ((625, 2), (80, 625, 1), (20, 625, 1))
    """
    try:
        from skimage.data import lfw_subset
    except ImportError as error:
        raise ImportError("the faces come with scikit-image: pip install 'spreme[test]'") from error
    # The second half of the file are pictures without a face.
    images = lfw_subset()[:100].reshape(100, -1, 1).astype(np.float32)
    order = np.random.default_rng(0).permutation(100)
    return _coordinates(25), images[order[:80]], images[order[80:]]


def natural() -> Pictures:
    """
    Cut colour patches of 32 x 32 pixels from the two photographs of `sklearn.datasets.load_sample_images`.

    A patch of scale s is a square of 32 s pixels, averaged over blocks of s x s pixels. Of each photograph and each
    scale 1, 2, 3 there are 40 patches to learn from, inside the left 70 % of the photograph, and 10 to test with,
    inside the right 30 %: no pixel is in both. Places are drawn by ``numpy.random.default_rng(0)``; patches of the same
    part may overlap.

    Returns
    -------
    X : ndarray of shape (1024, 2)
        Coordinates.
    train : ndarray of shape (240, 1024, 3)
        Signals to learn from.
    test : ndarray of shape (60, 1024, 3)
        Signals to test with.

    Examples
    --------
    >>> from spreme.inr.datasets import natural
    >>> X, train, test = natural()
    >>> X.shape, train.shape, test.shape
    ((1024, 2), (240, 1024, 3), (60, 1024, 3))
    """
    from sklearn.datasets import load_sample_images

    photographs = [image.astype(np.float32) / np.float32(255) for image in load_sample_images().images]
    halves = [np.split(image, [round(SPLIT * image.shape[1])], axis=1) for image in photographs]
    left, right = zip(*halves, strict=True)
    rng = np.random.default_rng(0)
    return _coordinates(SIDE), _patches(left, N_TRAIN, rng), _patches(right, N_TEST, rng)


def glyphs() -> Pictures:
    """
    Compute the signed distances from the outlines of 345 glyphs, on 32 x 32 points.

    The glyphs are letters, digits and the signs ``!?&@$§ß`` in five cuts of DejaVu, the fonts that come with
    matplotlib, the same font size for all, each centred in its picture. A glyph is drawn on 249 x 249 pixels, an exact
    Euclidean distance transform gives the distances there, and every eighth of them is a sample. In units of the
    coordinates, distances d are positive outside; the value is ``0.5 + d / 3``, 0.5 on the outline. For the size of the
    fine pixels, distances are off by 0.003 in the mean and by up to 0.02 near notches narrower than a pixel.

    Returns
    -------
    X : ndarray of shape (1024, 2)
        Coordinates.
    train : ndarray of shape (293, 1024, 1)
        Signals to learn from, drawn by ``numpy.random.default_rng(0)``. The same character may be here in one cut and
        among the others in another.
    test : ndarray of shape (52, 1024, 1)
        The others.

    Examples
    --------
    >>> from spreme.inr.datasets import glyphs
    >>> X, train, test = glyphs()
    >>> X.shape, train.shape, test.shape
    ((1024, 2), (293, 1024, 1), (52, 1024, 1))
    """
    import matplotlib
    from matplotlib.font_manager import FontProperties

    folder = Path(matplotlib.get_data_path(), "fonts", "ttf")
    fonts = [FontProperties(fname=str(folder / f"{name}.ttf")) for name in FONTS]
    distances = np.stack([_signed_distance(_drawn(sign, font)) for font in fonts for sign in CHARACTERS])
    values = (0.5 + SLOPE * distances).reshape(len(distances), -1, 1).astype(np.float32)
    order = np.random.default_rng(0).permutation(len(values))
    return _coordinates(SIDE), values[order[:-N_TEST_GLYPHS]], values[order[-N_TEST_GLYPHS:]]


def trajectories(
    system: str = "van_der_pol",
    *,
    n_trajectories: int = 40,
    n_samples: int = 15,
    n_dense: int = 200,
    noise: float = 0.05,
    random_state: int | np.random.Generator = 0,
) -> tuple[list[tuple[Array, Array]], list[tuple[Array, Array]]]:
    """
    Simulate related trajectories: one system of two states, other parameters and another start each time.

    ``"van_der_pol"`` is x' = y, y' = mu (1 - x^2) y - x with mu in [0.5, 2]; ``"lotka_volterra"`` is x' = a x - b x y,
    y' = d x y - c y with a, b, c, d in [0.7, 1.3]. Both run for 10 units of time, one to two periods, which become
    [-1, 1]: a derivative with respect to the returned time is five times that of the system.

    Parameters
    ----------
    system : {"van_der_pol", "lotka_volterra"}, default "van_der_pol"
        Name of the system.
    n_trajectories : int, default 40
        Number of trajectories.
    n_samples : int, default 15
        Samples of each, equally spaced, ends included.
    n_dense : int, default 200
        Points of the truth.
    noise : float, default 0.05
        Standard deviation of the noise of a sample, as a share of that of the state along its trajectory.
    random_state : int or Generator, default 0
        Seed or generator of parameters, starts and noise.

    Returns
    -------
    family : list of (t, x)
        Times (n_samples, 1) and noisy states (n_samples, 2) of each trajectory.
    truth : list of (t, x)
        The same trajectories without noise at n_dense times.

    Raises
    ------
    ValueError
        For an unknown system, too few samples, or a negative noise.

    Examples
    --------
    >>> from spreme.inr.datasets import trajectories
    >>> family, truth = trajectories(n_trajectories=3)
    >>> [x.shape for t, x in family], truth[0][1].shape
    ([(15, 2), (15, 2), (15, 2)], (200, 2))
    """
    if system not in SYSTEMS:
        raise ValueError(f"system must be one of {', '.join(map(repr, SYSTEMS))}, got {system!r}")
    least = {"n_trajectories": (n_trajectories, 1), "n_samples": (n_samples, 2), "n_dense": (n_dense, 2)}
    for name, (given, smallest) in least.items():
        if not isinstance(given, numbers.Integral) or given < smallest:
            raise ValueError(f"{name} must be an integer of at least {smallest}, got {given!r}")
    if not 0 <= noise < np.inf:
        raise ValueError(f"noise must be a share of at least 0, got {noise!r}")
    rng = np.random.default_rng(random_state)
    pairs = [_simulated(SYSTEMS[system], n_samples, n_dense, noise, rng) for _ in range(n_trajectories)]
    return [family for family, _ in pairs], [truth for _, truth in pairs]


def _coordinates(side: int) -> Single:
    """Points of a square grid, row by row."""
    line = np.linspace(-1, 1, side, dtype=np.float32)
    return np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1).reshape(-1, 2)


def _patches(photographs: Sequence[Single], n: int, rng: np.random.Generator) -> Single:
    """Draw `n` patches of each photograph at each scale."""
    return np.stack([_patch(image, scale, rng) for image in photographs for scale in SCALES for _ in range(n)])


def _patch(photograph: Single, scale: int, rng: np.random.Generator) -> Single:
    """One patch (1024, 3) at a random place."""
    side = SIDE * scale
    row, column = (rng.integers(n - side + 1) for n in photograph.shape[:2])
    square = photograph[row : row + side, column : column + side]
    # A mean of values in [0, 1] may leave the interval by a rounding.
    return np.minimum(square.reshape(SIDE, scale, SIDE, scale, 3).mean(axis=(1, 3)), 1).reshape(-1, 3)


def _drawn(sign: str, font: Any) -> Mask:
    """Fine pixels inside the glyph of a `FontProperties`, rows from top to bottom."""
    from matplotlib.path import Path as Outline
    from matplotlib.textpath import TextPath

    fine = np.linspace(-1, 1, REFINEMENT * (SIDE - 1) + 1)
    height, breadth = np.meshgrid(-fine, fine, indexing="ij")
    points = np.column_stack([breadth.ravel(), height.ravel()])
    glyph = TextPath((0, 0), sign, size=FONT_SIZE, prop=font)
    # A point is inside if an odd number of contours goes around it: a hole is a contour within a contour.
    centre = glyph.get_extents().get_points().mean(axis=0)
    inside = np.zeros(len(points), dtype=bool)
    for contour in glyph.to_polygons(closed_only=True):
        inside ^= Outline(np.asarray(contour) - centre).contains_points(points)
    return inside.reshape(height.shape)


def _signed_distance(inside: Mask) -> Array:
    """Distances (32, 32) from the edge of a drawing, in units of the coordinates, positive outside."""
    from scipy.ndimage import distance_transform_edt

    # The edge runs half a pixel before the centre of the nearest pixel on its other side.
    pixels = np.where(inside, 0.5 - distance_transform_edt(inside), distance_transform_edt(~inside) - 0.5)
    return pixels[::REFINEMENT, ::REFINEMENT] * 2 / (len(inside) - 1)


class _System(NamedTuple):
    """Right-hand side, and the bounds of the uniform draws of parameters and starts."""

    slope: Callable[..., list[float]]
    parameters: tuple[tuple[float, float], ...]
    starts: tuple[tuple[float, float], ...]


SYSTEMS = {
    "van_der_pol": _System(
        lambda _, state, mu: [state[1], mu * (1 - state[0] ** 2) * state[1] - state[0]],
        parameters=((0.5, 2.0),),
        starts=((-2.0, 2.0), (-2.0, 2.0)),
    ),
    "lotka_volterra": _System(
        lambda _, state, a, b, c, d: [(a - b * state[1]) * state[0], (d * state[0] - c) * state[1]],
        parameters=((0.7, 1.3),) * 4,
        starts=((0.5, 2.0), (0.5, 2.0)),
    ),
}


def _simulated(
    system: _System, n_samples: int, n_dense: int, noise: float, rng: np.random.Generator
) -> tuple[Signal, Signal]:
    """One trajectory, sampled with noise and dense without."""
    from scipy.integrate import solve_ivp

    parameters, start = (rng.uniform(*np.transpose(bounds)) for bounds in (system.parameters, system.starts))
    few, many = np.linspace(-1, 1, n_samples), np.linspace(-1, 1, n_dense)
    run = solve_ivp(system.slope, (0, 10), start, args=tuple(parameters), rtol=1e-9, atol=1e-9, dense_output=True)
    x, truth = run.sol(5 * (few + 1)).T, run.sol(5 * (many + 1)).T
    noisy = x + noise * truth.std(axis=0) * rng.standard_normal(x.shape)
    return (few[:, None], noisy), (many[:, None], truth)
