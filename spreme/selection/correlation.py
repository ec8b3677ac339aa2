"""How many rows of residuals count as one: the integrated autocorrelation time.

    tau = 1 + 2 sum_k rho_k,   rho_k = sum_i r_i r_{i+k} / sum_i r_i^2

with sums over all series, up to the first k with rho_k <= 0.

The mean is not taken off: a law that is wrong leaves residuals of one sign over long stretches, and these are no
independent evidence.

References
----------
Geyer (1992), Practical Markov chain Monte Carlo, Statist. Sci. 7 (truncation of the sum).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def correlation_time(series: Sequence[Array]) -> float:
    """Integrated autocorrelation time of several series of residuals, in rows; at least 1.

    Parameters
    ----------
    series : sequence of ndarray (R_i,)
        Residuals in the order of time.

    Returns
    -------
    float
        1 for independent residuals.
    """
    longest = max((len(own) for own in series), default=0)
    covariance = np.zeros(longest)
    for own in series:
        covariance[: len(own)] += _autocovariance(own)
    if longest < 2 or covariance[0] <= 0.0:
        return 1.0
    negative = np.flatnonzero(covariance <= 0)
    end = int(negative[0]) if len(negative) else longest
    return float(1.0 + 2.0 * covariance[1:end].sum() / covariance[0])


def _autocovariance(own: Array) -> Array:
    """Sums of products at all lags, by FFT."""
    size = 1 << (2 * max(len(own), 1) - 1).bit_length()
    spectrum = np.fft.rfft(own, size)
    return np.fft.irfft(spectrum * np.conj(spectrum), size)[: len(own)]
