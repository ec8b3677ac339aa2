"""Rows of the weak form as PySINDy's WeakPDELibrary makes them, without its loops.

    rows of terms        int phi theta(x) dt,      target  -int phi' x dt,      phi(s) = (1 - s^2)^4,  s in [-1, 1]

over domains with random centres. Between samples theta(x) and x are taken as linear, and the integrals of that are
exact: sums of weights times samples. On a regular grid the weights depend on the number of samples in the domain only.
All rows are divided by one number, the mean integral of phi, so that they have the units of terms and derivatives.

References
----------
Messenger, Bortz (2021), Weak SINDy: Galerkin-based data-driven model selection, Multiscale Modeling and Simulation.
Reinbold, Gurevich, Grigoriev (2020), Using noisy or incomplete data to discover models of spatiotemporal dynamics,
Physical Review E.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.polynomial import Polynomial
from numpy.typing import NDArray

from spreme.library import TermTable
from systems.methods.sindy.recordings import Recording
from systems.methods.sindy.rows import Rows, root_mean_square

Array = NDArray[np.float64]

ORDER = 4  # of the test functions; PySINDy's default, like the number of domains
N_DOMAINS = 100
NARROWEST = 2.0  # half a domain in steps: three samples at least, of which the inner one counts


def weak(runs: Sequence[Recording], table: TermTable, width: float, rng: np.random.Generator) -> Rows:
    """Rows of `N_DOMAINS` domains in every run; half of a domain is the share `width` of the run."""
    parts = [_weak_run(run, table, width, rng) for run in runs]
    theta, target, mass = (np.concatenate(own) for own in zip(*parts, strict=True))
    theta, target = theta / mass.mean(), target / mass.mean()
    return Rows(theta, target, root_mean_square(np.vstack([run.x for run in runs])), root_mean_square(target))


def _weak_run(run: Recording, table: TermTable, width: float, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Integrals of terms (D, K), targets (D, S) and integrals of the test functions (D,) of one run."""
    dt, theta = (run.t[-1] - run.t[0]) / (len(run.t) - 1), table.evaluate(np.hstack([run.x, run.u]))
    parts = []
    first, n_samples = domains(len(run.t), width, rng)
    for n in np.unique(n_samples):
        value, slope = weights(int(n), dt)
        begin = first[n_samples == n]
        integrals = sliding_window_view(theta, n, axis=0)[begin] @ value
        targets = -sliding_window_view(run.x, n, axis=0)[begin] @ slope
        parts.append((integrals, targets, np.full(len(begin), value.sum())))
    integrals, targets, mass = (np.concatenate(own) for own in zip(*parts, strict=True))
    return integrals, targets, mass


def domains(n: int, width: float, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First sample and number of samples of domains with random centres in a run of n samples."""
    half = min(max(width * (n - 1), NARROWEST), (n - 1) / 2)
    centres = rng.uniform(half, n - 1 - half, size=N_DOMAINS)
    first, last = np.floor(centres - half) + 1, np.ceil(centres + half) - 1
    return first.astype(np.int64), (last - first + 1).astype(np.int64)


@lru_cache(maxsize=64)
def weights(n: int, dt: float) -> tuple[Array, Array]:
    """Weights (n,) of the samples of a domain in the integrals against the test function and against its derivative."""
    test = Polynomial([1.0, 0.0, -1.0]) ** ORDER
    s = np.linspace(-1.0, 1.0, n)
    return dt * (n - 1) / 2 * _hat_integrals(test, s), _hat_integrals(test.deriv(), s)


def _hat_integrals(function: Polynomial, s: Array) -> Array:
    """Integrals of a function times the hat functions of the nodes s."""
    zeroth, first = np.diff(function.integ()(s)), np.diff((function * Polynomial([0.0, 1.0])).integ()(s))
    h, out = np.diff(s), np.zeros(len(s))
    out[:-1] += (s[1:] * zeroth - first) / h
    out[1:] += (first - s[:-1] * zeroth) / h
    return out
