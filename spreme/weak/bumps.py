"""Test functions on windows of a trajectory, as quadrature weights for its samples.

    phi(s) = (1 - s^2)^q,   s = (t - centre) / half_width in [-1, 1],   q = 6

Integrating x' = theta(x) c against phi by parts moves the derivative from the data to phi:

    integral phi theta(x) dt  c  =  - integral phi' x dt.

Both integrals become sums over samples. The weights start from the trapezoidal rule, which is accurate to high order
here because phi and phi' vanish smoothly at both ends, and are corrected so that polynomials up to degree 6 are
integrated exactly at whatever times there are.

Legend: R windows, W samples in the widest window, s scaled times, h trapezoidal widths in s, P Legendre polynomials.

References
----------
Schaeffer and McCalla (2017), Sparse model selection via integral terms, Phys. Rev. E 96, 023302.
Messenger and Bortz (2021), Weak SINDy: Galerkin-based data-driven model selection, Multiscale Model. Simul. 19.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.polynomial.legendre import leggauss, legval
from numpy.typing import NDArray

Array = NDArray[np.float64]

ORDER = 6
DEGREE = 6
# Half-widths as shares of a trajectory; the right one differs between systems, so several are used.
LADDER = (0.015, 0.03, 0.06, 0.10, 0.15)
# Shares of a trajectory of many periods are shares of this many periods: a window must not average over the motion
# itself.
PERIODS = 10.0
# A half-width holds at least this many steps, or the quadrature sees too little of phi.
LEAST_STEPS = 4
# Windows follow each other at half a half-width: closer ones carry no new information, only more rows.
STRIDE = 0.5
# A gap longer than this share of the half-width hides too much of the integrand.
LARGEST_GAP = 0.5


class Bumps(NamedTuple):
    """Quadrature weights of R windows over samples first[r] .. first[r] + count[r] - 1; rows scaled to unit noise."""

    first: NDArray[np.int64]
    count: NDArray[np.int64]  # type: ignore[assignment] # hides tuple.count, which nobody needs
    phi: Array
    phi_dot: Array


@cache
def _moments(degree: int) -> tuple[Array, Array]:
    """Integrals over [-1, 1] of phi P_k and of phi' P_k for k = 0..degree (exact: Gauss-Legendre)."""
    s, weight = (np.asarray(part, dtype=np.float64) for part in leggauss(ORDER + degree + 2))
    legendre = legval(s, np.eye(degree + 1))
    phi = (1 - s**2) ** ORDER
    slope = -2 * ORDER * s * (1 - s**2) ** (ORDER - 1)
    return legendre @ (weight * phi), legendre @ (weight * slope)


def window_ladder(t: Array, period: float = float("inf")) -> list[float | None]:
    """Half-widths for a trajectory with times `t`, in units of time, one for each share of `LADDER`.

    Parameters
    ----------
    t : ndarray (n,)
        Times.
    period : float, default infinity
        Time scale of the motion; recordings of more than ten periods take the widths of one of ten.

    Returns
    -------
    list of float or None
        None where the width would repeat the one before. Every window fits the trajectory if it has five samples or
        more.
    """
    duration, step = float(t[-1] - t[0]), float(np.median(np.diff(t)))
    length = min(duration, PERIODS * period)
    widths = [min(max(share * length, LEAST_STEPS * step), duration / 2) for share in LADDER]
    return [w if i == 0 or w > 1.05 * widths[i - 1] else None for i, w in enumerate(widths)]


def make_bumps(t: Array, half_width: float, known: NDArray[np.bool_] | None = None) -> Bumps:
    """Make the windows of one half-width over one trajectory.

    Parameters
    ----------
    t : ndarray (n,)
        Times, increasing, regular or not.
    half_width : float
        Half the length of a window, in units of time.
    known : ndarray (n,) of bool, optional
        Samples that may be used; windows that touch others are left out.

    Returns
    -------
    Bumps
        Possibly without rows.
    """
    duration = t[-1] - t[0]
    # times far from 0 are rounded: a last window that just fits must not depend on the origin of time
    n_windows = int((duration - 2 * half_width) / (STRIDE * half_width) + 1e-6) + 1
    centre = t[0] + half_width + np.linspace(0.0, max(duration - 2 * half_width, 0.0), n_windows)
    edge = 1e-9 * half_width
    first = np.searchsorted(t, centre - half_width + edge, "right")
    count = np.searchsorted(t, centre + half_width - edge, "left") - first
    usable = (count >= 3) & _without_gaps(t, first, count, half_width, known)
    first, count, centre = first[usable], count[usable], centre[usable]
    if len(first) == 0:
        return no_bumps()
    position = np.arange(count.max())
    inside = position < count[:, None]
    index = np.minimum(first[:, None] + position, len(t) - 1)
    s = np.where(inside, (t[index] - centre[:, None]) / half_width, 0.0)
    spacing = np.diff(t, prepend=t[0] - half_width, append=t[-1] + half_width) / half_width
    h = np.where(inside, 0.5 * (spacing[index] + spacing[index + 1]), 0.0)
    phi, phi_dot = _corrected(s, h, min(DEGREE, int(count.min()) - 1))
    noise = np.sqrt((phi_dot**2).sum(axis=1, keepdims=True))
    return Bumps(first.astype(np.int64), count.astype(np.int64), half_width * phi / noise, phi_dot / noise)


def no_bumps() -> Bumps:
    """No windows."""
    return Bumps(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 1)), np.zeros((0, 1)))


def _without_gaps(t: Array, first: Array, count: Array, half_width: float, known: NDArray[np.bool_] | None) -> Array:
    """Windows whose samples, and the neighbours outside, are close enough and all known."""
    wide = np.concatenate([[0], np.cumsum(np.diff(t) > LARGEST_GAP * half_width * (1 + 1e-6))])
    last = np.minimum(first + count, len(t) - 1)
    usable = wide[last] == wide[np.maximum(first - 1, 0)]
    if known is not None:
        unknown = np.concatenate([[0], np.cumsum(~known)])
        usable &= unknown[np.minimum(first + count, len(t))] == unknown[first]
    return usable


def _corrected(s: Array, h: Array, degree: int) -> tuple[Array, Array]:
    """Quadrature weights in s for phi and phi', exact for Legendre polynomials up to `degree` in every row."""
    legendre: Array = np.moveaxis(np.asarray(legval(s, np.eye(degree + 1)), dtype=np.float64), 0, -1)
    base = np.maximum(1 - s**2, 0.0) ** (ORDER - 1)
    phi = h * base * np.maximum(1 - s**2, 0.0)
    phi_dot = h * base * (-2 * ORDER * s)
    moments = _moments(degree)
    return _correct(phi, phi, legendre, moments[0]), _correct(phi_dot, h * base, legendre, moments[1])


def _correct(weights: Array, envelope: Array, legendre: Array, moments: Array) -> Array:
    """Smallest change of the weights, relative to the envelope, that meets the moments."""
    defect = moments - np.einsum("rw,rwk->rk", weights, legendre)
    normal = np.einsum("rw,rwk,rwl->rkl", envelope, legendre, legendre)
    # with few samples in a window the polynomials are nearly dependent on them: a minimum-norm solution stays tame
    change = np.einsum("rkl,rl->rk", np.linalg.pinv(normal, rcond=1e-10, hermitian=True), defect)
    return weights + envelope * np.einsum("rwk,rk->rw", legendre, change)
