"""Tuning on held-out data: laws of the first four fifths of every recording, judged by the last.

Judges are AICc or BIC of a forecast from the smoothed beginning of the last fifth ("forecast-aicc", "forecast-bic"),
and BIC of its derivatives, each candidate against its own smoothing ("derivative-bic"). The terms of the best law are
kept, its coefficients are fitted anew to everything. (With the same threshold on everything STLSQ often keeps others,
which nothing has judged.)

References
----------
Mangan, Kutz, Brunton, Proctor (2017), Model selection for dynamical systems via sparse regression and information
criteria, Proceedings of the Royal Society A.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spreme.library import TermTable
from systems.methods.sindy import forecasts
from systems.methods.sindy.recordings import Recording
from systems.methods.sindy.rows import Rows, joined, least_squares, pointwise, reduce, smooth, smoothed_states
from systems.methods.sindy.thresholding import Setting, masks_on_grid

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

TRAINING_SHARE = 0.8
WINDOWS = (0, 5, 11, 31)  # samples of the Savitzky-Golay filter (cubic) before the differences; 0: no filter
SCALINGS = ("term", "state")
ALPHAS = (1e-5, 0.05)
THRESHOLDS = tuple(np.logspace(-3, 0, 25).tolist())


@dataclass(frozen=True)
class Form:
    """How recordings become a regression, and its grid.

    Attributes
    ----------
    widths : tuple of float
        Widths of the smoother or of the domains.
    rows : callable
        Recordings, table, width -> `Rows`.
    starts : callable
        Recording, width -> smoothed states (n, S), where forecasts start.
    thresholds : tuple of float, default logspace(-3, 0, 25)
        In ascending order: shares of the norm of a derivative ("term": all columns have unit norm), or in units of
        rms(x_dot) / rms(x) of a state ("state": columns are as they are).
    """

    widths: tuple[float, ...]
    rows: Callable[[Sequence[Recording], TermTable, float], Rows]
    starts: Callable[[Recording, float], Array]
    thresholds: tuple[float, ...] = THRESHOLDS

    def settings(self, width: float) -> list[Setting]:
        """The grid of one width."""
        return [Setting(width, *point) for point in product(SCALINGS, ALPHAS, self.thresholds)]


POINTWISE = Form(WINDOWS, pointwise, smoothed_states)


class Candidate(NamedTuple):
    """A law of one group of recordings: setting, mask and coefficients (S, K), starts (J, S) of forecasts."""

    setting: Setting
    mask: Mask
    coef: Array
    starts: Array


MaskFinder = Callable[[Rows, Sequence[Setting]], Mask]


def choose(runs: Sequence[Recording], table: TermTable, form: Form, judge: str = "forecast-bic") -> Candidate:
    """Law of STLSQ that does best on the held-out part of recordings that share one law."""
    found = [
        own for width in form.widths for own in candidates(runs, table, form, form.settings(width), stlsq_of_reduced)
    ]
    return best(found, runs, table, judge)


def stlsq_of_reduced(rows: Rows, settings: Sequence[Setting]) -> Mask:
    """Masks of STLSQ by fewer rows with the same inner products."""
    return masks_on_grid(reduce(rows), settings)


def candidates(
    runs: Sequence[Recording], table: TermTable, form: Form, settings: Sequence[Setting], find_masks: MaskFinder
) -> list[Candidate]:
    """Laws fitted to the samples before the cuts, each once, for settings of one width."""
    width = settings[0].width
    training = form.rows([run.until(n) for run, n in zip(runs, cuts(runs), strict=True)], table, width)
    starts = np.array([form.starts(run, width)[n - 1] for run, n in zip(runs, cuts(runs), strict=True)])
    masks, reduced = find_masks(training, settings), reduce(training)
    distinct = {mask.tobytes(): i for i, mask in reversed(list(enumerate(masks)))}
    chosen = [(settings[i], masks[i]) for i in sorted(distinct.values())]
    return [Candidate(setting, mask, least_squares(reduced, mask), starts) for setting, mask in chosen]


def best(found: Sequence[Candidate], runs: Sequence[Recording], table: TermTable, judge: str) -> Candidate:
    """Candidate with the lowest criterion; the first of several."""
    coefs = np.array([own.coef for own in found])
    size = np.array([own.mask.sum() for own in found])
    if judge == "derivative-bic":
        totals = np.concatenate([derivative_errors(group, runs, table) for group in by_width(found)])
        score = forecasts.bic(totals, sum(len(own) for own in held_out(runs)) * coefs.shape[1], size)
    else:
        starts = np.array([own.starts for own in found])
        inputs = [run.u[n - 1 :] for run, n in zip(runs, cuts(runs), strict=True)]
        dt = float(runs[0].t[1] - runs[0].t[0])
        criterion = forecasts.aicc if judge == "forecast-aicc" else forecasts.bic
        score = criterion(*forecasts.errors(table, coefs, starts, held_out(runs), inputs, dt), size)
    return found[int(np.argmin(score))]


def cuts(runs: Sequence[Recording]) -> list[int]:
    """Samples of every recording before the held-out part."""
    return [int(np.ceil(TRAINING_SHARE * len(run.t))) for run in runs]


def held_out(runs: Sequence[Recording]) -> list[Array]:
    """Measured states of the held-out part."""
    return [run.x[n:] for run, n in zip(runs, cuts(runs), strict=True)]


def by_width(found: Sequence[Candidate]) -> list[list[Candidate]]:
    """Candidates of one width together, in order."""
    widths = dict.fromkeys(own.setting.width for own in found)
    return [[own for own in found if own.setting.width == width] for width in widths]


def derivative_errors(found: Sequence[Candidate], runs: Sequence[Recording], table: TermTable) -> Array:
    """Sums of squares (C,) over the held-out part, in units of the derivatives' root mean squares."""
    parts, inputs = [], []
    for run, n in zip(runs, cuts(runs), strict=True):
        x, x_dot = smooth(run, found[0].setting.width)
        parts.append((x[n:], x_dot[n:]))
        inputs.append(run.u[n:])
    rows = joined(parts, inputs, table)
    return np.array([np.sum(((rows.theta @ own.coef.T - rows.x_dot) / rows.x_dot_rms) ** 2) for own in found])
