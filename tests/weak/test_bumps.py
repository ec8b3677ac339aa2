"""Quadrature of the windows: exact for polynomials, spectral for the rest, silent where samples are missing."""

from __future__ import annotations

import itertools
from math import factorial

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import beta

from spreme.weak import Bumps, make_bumps, window_ladder
from spreme.weak.bumps import LADDER, LARGEST_GAP

# integral of (1 - s^2)^6 over [-1, 1]
MASS = 2**13 * factorial(6) ** 2 / factorial(13)
RNG = np.random.default_rng(0)
REGULAR = np.linspace(0.0, 10.0, 161)
JITTERED = np.sort(REGULAR + RNG.uniform(-0.4, 0.4, 161) * 10 / 160)
RANDOM = np.sort(RNG.uniform(0.0, 10.0, 400))
TIMES = {"regular": REGULAR, "jittered": JITTERED, "random": RANDOM}
# shares of ten time units: the narrowest and the widest windows that all three kinds of times fill
WIDTHS = [0.3, 0.6, 1.5]

every_times = pytest.mark.parametrize("kind", TIMES)
every_width = pytest.mark.parametrize("half_width", WIDTHS)


def phi_moment(k: int) -> float:
    """Integral of phi s^k over [-1, 1]."""
    return 0.0 if k % 2 else float(beta((k + 1) / 2, 7))


def slope_moment(k: int) -> float:
    """Integral of phi' s^k over [-1, 1], by parts."""
    return -k * phi_moment(k - 1) if k else 0.0


def windows(
    t: np.ndarray, bumps: Bumps, half_width: float
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray, float, float]]:
    """Scaled times, weights of phi and phi' in scaled time, centre and noise of every window."""
    out = []
    for first, count, phi, phi_dot in zip(*bumps, strict=True):
        own = t[first : first + count]
        noise = half_width * MASS / phi.sum()
        centre = (phi[:count] @ own) / phi.sum()
        out.append(
            ((own - centre) / half_width, phi[:count] * noise / half_width, phi_dot[:count] * noise, centre, noise)
        )
    return out


def test_closed_forms_of_the_moments() -> None:
    assert pytest.approx(phi_moment(0), rel=1e-14) == MASS
    for k in range(7):
        assert phi_moment(k) == pytest.approx(quad(lambda s, k=k: (1 - s * s) ** 6 * s**k, -1, 1)[0], abs=1e-14)
        slope = quad(lambda s, k=k: -12 * s * (1 - s * s) ** 5 * s**k, -1, 1)[0]
        assert slope_moment(k) == pytest.approx(slope, abs=1e-14)


@every_times
@every_width
def test_polynomials_to_degree_six_are_integrated_exactly(kind: str, half_width: float) -> None:
    bumps = make_bumps(TIMES[kind], half_width)
    assert len(bumps.first) > 5
    assert bumps.count.min() >= 7
    for s, phi, phi_dot, _, _ in windows(TIMES[kind], bumps, half_width):
        for k in range(7):
            # the correction solves normal equations: rounding times their condition, below 1e4
            assert phi @ s**k == pytest.approx(phi_moment(k), abs=1e-11)
            assert phi_dot @ s**k == pytest.approx(slope_moment(k), abs=1e-11)


@every_times
@every_width
def test_rows_carry_unit_noise(kind: str, half_width: float) -> None:
    bumps = make_bumps(TIMES[kind], half_width)
    np.testing.assert_allclose((bumps.phi_dot**2).sum(axis=1), 1.0, rtol=1e-12)
    # nothing beyond the window's own samples
    position = np.arange(bumps.phi.shape[1])
    outside = position >= bumps.count[:, None]
    assert not bumps.phi[outside].any()
    assert not bumps.phi_dot[outside].any()


@every_width
def test_sine_is_integrated_to_rounding_on_fine_times(half_width: float) -> None:
    t = np.linspace(0.0, 10.0, 1001)
    for _, phi, phi_dot, centre, noise in windows(t, make_bumps(t, half_width), half_width):
        # sin(centre + half_width s): the odd part integrates to zero, the even one is a cosine
        wave = quad(lambda s: (1 - s * s) ** 6 * np.cos(half_width * s), -1, 1, epsabs=1e-14)[0]
        slope = quad(lambda s: -12 * s * (1 - s * s) ** 5 * np.sin(half_width * s), -1, 1, epsabs=1e-14)[0]
        first = int(np.searchsorted(t, centre - half_width + 1e-9 * half_width, "right"))
        own = t[first : first + len(phi)]
        assert phi @ np.sin(own) == pytest.approx(np.sin(centre) * wave, abs=1e-11)
        assert phi_dot @ np.sin(own) == pytest.approx(np.cos(centre) * slope, abs=1e-11)
        assert noise > 0


def worst_identity(t: np.ndarray, half_width: float) -> float:
    """Largest weak residual of x' = 3 cos(3 t) for x = sin(3 t), in units of the noise."""
    bumps = make_bumps(t, half_width)
    index = np.minimum(bumps.first[:, None] + np.arange(bumps.phi.shape[1]), len(t) - 1)
    residual = (bumps.phi * 3 * np.cos(3 * t)[index]).sum(axis=1) + (bumps.phi_dot * np.sin(3 * t)[index]).sum(axis=1)
    return float(np.abs(residual).max())


def test_convergence_is_fast_on_regular_times() -> None:
    errors = [worst_identity(np.linspace(0.0, 10.0, n), 1.5) for n in (41, 81, 161, 321)]
    # phi' vanishes to fifth order at both ends: order five at least over three halvings of the step
    assert errors[-1] < errors[0] / 8**5
    assert errors[-1] < 1e-8


def test_irregular_times_converge_fast() -> None:
    t = [np.linspace(0, 10, n) + 0.3 * 10 / n * np.sin(np.arange(n) ** 2) for n in (81, 161, 321)]
    errors = [worst_identity(np.sort(own), 1.0) for own in t]
    assert errors[0] < 1e-3
    assert all(fine < coarse / 4 for coarse, fine in itertools.pairwise(errors))


def test_windows_leave_out_unknown_samples() -> None:
    known = np.ones(161, bool)
    known[[40, 41, 100]] = False
    bumps = make_bumps(REGULAR, 0.6, known)
    complete = make_bumps(REGULAR, 0.6)
    for first, count in zip(bumps.first, bumps.count, strict=True):
        assert known[first : first + count].all()
    kept = [known[f : f + c].all() for f, c in zip(complete.first, complete.count, strict=True)]
    np.testing.assert_array_equal(bumps.first, complete.first[kept])
    np.testing.assert_allclose(
        bumps.phi[:, : complete.phi.shape[1]], complete.phi[kept][:, : bumps.phi.shape[1]], atol=1e-13
    )


def test_windows_leave_out_gaps() -> None:
    t = np.delete(REGULAR, np.arange(60, 70))
    bumps = make_bumps(t, 0.6)
    assert len(bumps.first) > 0
    for first, count in zip(bumps.first, bumps.count, strict=True):
        # the neighbours outside count: a gap at the edge of a window hides its part inside
        around = t[max(first - 1, 0) : first + count + 1]
        assert np.diff(around).max() <= LARGEST_GAP * 0.6 * (1 + 1e-6)


def test_no_sample_known_gives_no_rows() -> None:
    bumps = make_bumps(REGULAR, 0.6, np.zeros(161, bool))
    assert bumps.phi.shape[0] == bumps.phi_dot.shape[0] == len(bumps.first) == len(bumps.count) == 0


@every_times
def test_origin_and_units_of_time_do_not_matter(kind: str) -> None:
    t = TIMES[kind]
    base = make_bumps(t, 0.6)
    for offset, unit in ((1000.0, 1.0), (-5.0, 1.0), (0.0, 1e-6), (0.0, 3600.0)):
        other = make_bumps(unit * t + offset, unit * 0.6)
        np.testing.assert_array_equal(other.first, base.first)
        np.testing.assert_array_equal(other.count, base.count)
        # times of size 1000 are known to 1e-13, windows are 0.6 wide; slopes of phi up to 100 of its mean
        np.testing.assert_allclose(other.phi / unit, base.phi, atol=1e-9)
        np.testing.assert_allclose(other.phi_dot, base.phi_dot, atol=1e-9)


def test_time_runs_either_way() -> None:
    base, back = make_bumps(JITTERED, 0.6), make_bumps(10.0 - JITTERED[::-1], 0.6)
    for (_, phi, phi_dot, _, _), (_, phi_back, phi_dot_back, _, _) in zip(
        windows(JITTERED, base, 0.6), windows(10.0 - JITTERED[::-1], back, 0.6)[::-1], strict=False
    ):
        if len(phi) == len(phi_back):
            np.testing.assert_allclose(phi, phi_back[::-1], atol=1e-10)
            np.testing.assert_allclose(phi_dot, -phi_dot_back[::-1], atol=1e-10)


def test_ladder_grows_and_fits() -> None:
    for n in (5, 6, 10, 40, 200, 5000):
        t = np.linspace(2.0, 7.0, n)
        widths = [w for w in window_ladder(t) if w is not None]
        assert len(window_ladder(t)) == len(LADDER)
        assert all(wide > narrow for narrow, wide in itertools.pairwise(widths))
        assert all(len(make_bumps(t, w).first) >= 1 for w in widths)
    assert window_ladder(np.linspace(0, 100, 5001)) == pytest.approx([100 * share for share in LADDER])


def test_rows_span_the_whole_trajectory() -> None:
    bumps = make_bumps(REGULAR, 0.5)
    # all samples but the two ends, where phi is zero
    assert bumps.first[0] == 1
    assert bumps.first[-1] + bumps.count[-1] == len(REGULAR) - 1
