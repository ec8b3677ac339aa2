"""Implicit neural representations as smoothers: small networks with periodic activations, differentiated exactly.

    x(t) = centre + spread * mean_k f_k(u),   x_dot(t) = spread * mean_k f_k'(u) * du / dt,   u = 2 (t - t_0) / span - 1

States have mean 0 and standard deviation 1 inside, times lie on [-1, 1]. What keeps a network from following the noise
is not a penalty but the choice of its frequency w0 and of the step at which its training ends, both by the error at
samples that were held out; networks of several random starts are averaged.

- "inr": every trajectory by itself. Each of the networks holds out a fifth of the samples of its own; the lowest
  frequency that comes close to the least held-out error, over all networks, is taken.
- "meta_inr": all trajectories as one family. For each frequency one start is learned without a fifth of the samples of
  every trajectory, and from it all trajectories are fitted; their common error at these samples chooses frequency and
  number of steps. Then starts are learned from all samples, and every trajectory is fitted from each of them.

Missing values are left out: states that are measured at the same samples share networks, the others have their own.
Networks begin at fixed seeds: the same data give the same curves.

References
----------
Sitzmann et al. (2020), Implicit neural representations with periodic activation functions, NeurIPS.
Lee, Tack, Lee and Shin (2021), Meta-learning sparse implicit neural representations, NeurIPS (arXiv 2110.14678).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spreme.inr import MetaSparseINR, SparseINR
from spreme.smoothing.gaussian_process import smooth_gaussian_process
from spreme.smoothing.result import Smooth

if TYPE_CHECKING:
    from spreme.data import Trajectory

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

# Frequencies to choose from, for times on [-1, 1]: trajectories of less than one period to those of many.
FREQUENCIES = (3.0, 5.0, 10.0, 20.0)
# Two hidden layers: three oscillate between samples where these are few.
HIDDEN = (64, 64)
N_NETWORKS = 5
# Most steps of Adam, and their rate.
STEPS, RATE = 3000, 1e-3
# Steps from a start that has been learned, to choose from.
STEPS_FROM_START = (30, 100, 300)
# Meta-steps that learn a start: with more it learns to reach the noise of its few samples.
META_STEPS = 200
# Share of the samples that are held out.
HELD_OUT = 0.2
# With fewer values of a state there is nothing to hold out.
FEWEST_VALUES = 6


class Signal(NamedTuple):
    """Measured samples of some states of a trajectory: times u (k, 1) on [-1, 1], standardised values y (k, s)."""

    u: Array
    y: Array


class Scale(NamedTuple):
    """From trajectories to signals: y = (x - centre) / spread, both (s,), at u = rate * (t - t_0) - 1."""

    centre: Array
    spread: Array
    rate: float


# From the signals of all trajectories to the networks of each.
Fit = Callable[[Sequence[Signal]], list[list[SparseINR]]]


def smooth_inr(trajectory: Trajectory) -> Smooth:
    """
    Smooth a trajectory by an ensemble of networks, with early stopping on held-out samples.

    Times may be irregular and values missing: there the curve is interpolated. A state that has fewer than six values
    or never changes is left to the Gaussian process, and the status says so.

    Parameters
    ----------
    trajectory : Trajectory
        Times (n,) and states (n, S), NaN = missing.

    Returns
    -------
    Smooth
        Means over the networks. `x_std` (n, S) is how much they differ, without the error that they share; `noise_std`
        (S,) the root mean square of the residuals, too small where samples are few.

    References
    ----------
    Sitzmann et al. (2020), Implicit neural representations with periodic activation functions, NeurIPS.

    Examples
    --------
    >>> import numpy as np
    >>> from spreme.data import Trajectories
    >>> t = np.linspace(0, 6, 61)
    >>> noise = 0.05 * np.random.default_rng(0).standard_normal(61)
    >>> result = smooth_inr(Trajectories([(np.sin(t) + noise)[:, None]], [t])[0])
    >>> bool(np.abs(result.x[:, 0] - np.sin(t)).max() < 0.1)
    True
    """
    return _smooth([trajectory], ensembles)[0]


def smooth_meta_inr(trajectories: Sequence[Trajectory]) -> list[Smooth]:
    """
    Smooth related trajectories by networks that begin at a start learned from all of them.

    Meant for many trajectories of few samples each; what `smooth_inr` says holds here, too. Times run at one rate: the
    longest trajectory fills [-1, 1].

    Parameters
    ----------
    trajectories : sequence of Trajectory
        Trajectories with the same states.

    Returns
    -------
    list of Smooth
        One per trajectory.

    References
    ----------
    Lee, Tack, Lee and Shin (2021), Meta-learning sparse implicit neural representations, NeurIPS (arXiv 2110.14678).
    """
    return _smooth(trajectories, from_one_start)


def _smooth(runs: Sequence[Trajectory], fit: Fit) -> list[Smooth]:
    """Smooth trajectories, states that are measured together by common networks."""
    rate = 2.0 / max(*(float(run.t[-1] - run.t[0]) for run in runs), np.finfo(float).tiny)
    smooths = [_blank(run) for run in runs]
    for states in _measured_together(runs):
        chosen = [i for i, run in enumerate(runs) if (~run.missing[:, states[0]]).sum() >= FEWEST_VALUES]
        scaled = [_scaled(runs[i], states, rate) for i in chosen]
        networks = fit([signal for signal, _ in scaled]) if chosen else []
        for i, own, (_, scale) in zip(chosen, networks, scaled, strict=True):
            _read(own, runs[i], states, scale, smooths[i])
    return [_with_plain_states(run, own) for run, own in zip(runs, smooths, strict=True)]


def _blank(run: Trajectory) -> Smooth:
    """Nothing known yet."""
    x, x_dot, x_std = (np.full(run.x.shape, np.nan) for _ in range(3))
    return Smooth(x, x_dot, x_std, np.full(run.n_states, np.nan), "converged")


def _measured_together(runs: Sequence[Trajectory]) -> list[Indices]:
    """States that are measured at the same samples, in all trajectories."""
    pattern = np.vstack([run.missing for run in runs])
    _, group = np.unique(pattern, axis=1, return_inverse=True)
    return [np.flatnonzero(np.ravel(group) == one) for one in range(int(np.max(group)) + 1)]


def _scaled(run: Trajectory, states: Indices, rate: float) -> tuple[Signal, Scale]:
    """Scale the measured samples of some states of a trajectory."""
    measured = ~run.missing[:, states[0]]
    x = run.x[np.ix_(measured, states)]
    spread = x.std(axis=0)
    scale = Scale(x.mean(axis=0), np.where(spread > 0.0, spread, 1.0), rate)
    return Signal(_times(run.t, rate)[measured], (x - scale.centre) / scale.spread), scale


def _times(t: Array, rate: float) -> Array:
    """Times (n, 1) as the networks know them."""
    return (rate * (t - t[0]) - 1.0)[:, None]


def ensembles(signals: Sequence[Signal]) -> list[list[SparseINR]]:
    """Fit networks to each signal by itself."""
    return [_ensemble(signal) for signal in signals]


def _ensemble(signal: Signal) -> list[SparseINR]:
    """Fit networks of the frequency with the least held-out error."""
    tried = [[_network(w0, seed).fit(*signal) for seed in range(N_NETWORKS)] for w0 in FREQUENCIES]
    return min(tried, key=lambda networks: sum(own.held_out_loss_ for own in networks))


def _network(w0: float, seed: int) -> SparseINR:
    """A network not yet fitted."""
    return SparseINR(HIDDEN, w0, max_iter=STEPS, lr=RATE, early_stopping=True, random_state=seed)


def from_one_start(signals: Sequence[Signal]) -> list[list[SparseINR]]:
    """Fit networks to each signal, from starts learned from all of them."""
    w0, steps = _chosen_by_held_out(signals)
    starts = [_start(signals, w0, seed) for seed in range(N_NETWORKS)]
    return [[start.adapt(*signal, steps=steps, lr=RATE) for start in starts] for signal in signals]


def _chosen_by_held_out(signals: Sequence[Signal]) -> tuple[float, int]:
    """Frequency and number of steps of least error, over all signals, at samples of which the start knows nothing."""
    rng = np.random.default_rng(0)
    parts = [_split(signal, rng) for signal in signals]
    errors: dict[tuple[float, int], float] = {}
    for w0 in FREQUENCIES:
        start = _start([kept for kept, _ in parts], w0, seed=0)
        for steps in STEPS_FROM_START:
            fitted = [start.adapt(*kept, steps=steps, lr=RATE) for kept, _ in parts]
            pairs = zip(fitted, parts, strict=True)
            errors[w0, steps] = sum(float(np.sum((own.predict(held.u) - held.y) ** 2)) for own, (_, held) in pairs)
    return min(errors, key=errors.__getitem__)


def _split(signal: Signal, rng: np.random.Generator) -> tuple[Signal, Signal]:
    """Samples to fit and samples held out."""
    order = rng.permutation(len(signal.u))
    count = max(1, round(HELD_OUT * len(order)))
    held, kept = np.sort(order[:count]), np.sort(order[count:])
    return Signal(signal.u[kept], signal.y[kept]), Signal(signal.u[held], signal.y[held])


def _start(signals: Sequence[Signal], w0: float, seed: int) -> MetaSparseINR:
    """Learn a start."""
    return MetaSparseINR(SparseINR(HIDDEN, w0), meta_iter=META_STEPS, random_state=seed).fit(signals)


def _read(networks: Sequence[SparseINR], run: Trajectory, states: Indices, scale: Scale, into: Smooth) -> None:
    """Write what networks say about some states of a trajectory."""
    u = _times(run.t, scale.rate)
    x = np.array([scale.centre + scale.spread * own.predict(u).astype(float) for own in networks])
    slopes = np.array([scale.spread * scale.rate * own.derivative(u).astype(float) for own in networks])
    into.x[:, states] = x.mean(axis=0)
    into.x_dot[:, states] = slopes.mean(axis=0)
    into.x_std[:, states] = x.std(axis=0, ddof=1)
    into.noise_std[states] = np.sqrt(np.nanmean((run.x[:, states] - into.x[:, states]) ** 2, axis=0))


def _with_plain_states(run: Trajectory, smoothed: Smooth) -> Smooth:
    """Give states of few values or of one value only to the Gaussian process, which knows them exactly."""
    plain = [s for s in range(run.n_states) if np.isnan(smoothed.x[:, s]).any() or np.ptp(_values(run, s)) == 0.0]
    if not plain:
        return smoothed
    other = smooth_gaussian_process(run)
    for mine, theirs in zip(_arrays(smoothed), _arrays(other), strict=True):
        mine[..., plain] = theirs[..., plain]
    status = "; ".join(f"state {s}: few values or no change, left to the Gaussian process" for s in plain)
    return Smooth(*_arrays(smoothed), status)


def _values(run: Trajectory, state: int) -> Array:
    """Values of a state that are there."""
    return np.asarray(run.x[~run.missing[:, state], state])


def _arrays(smoothed: Smooth) -> tuple[Array, Array, Array, Array]:
    """Arrays of a result."""
    return smoothed.x, smoothed.x_dot, smoothed.x_std, smoothed.noise_std
