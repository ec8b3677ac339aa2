"""Discovery where nobody knows which trajectories belong to one environment: labels first, then the law, in turn.

Trajectories are clustered on the rows (`spreme.labelling.alternation`), the law is found with these labels, every
trajectory goes to the environment whose law describes it best, environments that do not differ are joined, and the law
is found again until no label changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spreme.data import Trajectories, Trajectory
from spreme.estimators.absent_states import without_traces
from spreme.estimators.assignment import n_segments
from spreme.estimators.discovery import Discovery, find_law
from spreme.estimators.held_out import with_labels
from spreme.estimators.label_complaints import label_complaints
from spreme.estimators.options import Options
from spreme.estimators.outliers import without_outliers
from spreme.estimators.progress import Report, silent
from spreme.labelling import (
    Clustering,
    Quadratics,
    Restrictions,
    TrajectoryCosts,
    agglomerate,
    cluster,
    log_joint,
    ordered,
    posterior,
    trajectory_costs,
)
from spreme.library import resolve
from spreme.noise import noise_std
from spreme.selection.weak_equations import WeakEquations, weak_equations

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

# Laws found with labels that still change; one or two are the rule.
MOST_ROUNDS = 4
# What trajectories say of their noise is drawn to that of all as if these brought so many samples.
SHRINKAGE = 30.0


@dataclass(frozen=True, eq=False)
class Labelled:
    """Labels of trajectories.

    Attributes
    ----------
    labels : ndarray (m,) of int
        In the order of first appearance.
    probabilities : ndarray (m, K)
        Of the K environments.
    misfit : ndarray (m,)
        Mean squared residual under the own label, in units of the usual one.
    n_free : ndarray (m,)
        Values less fitted numbers behind each misfit.
    """

    labels: Indices
    probabilities: Array
    misfit: Array
    n_free: Array


def discover_unlabelled(data: Trajectories, options: Options, report: Report = silent) -> Discovery:
    """Find environments and their shared law.

    Parameters
    ----------
    data : Trajectories
        Recordings; their one label is ignored.
    options : Options
        Checked options.
    report : callable, default none
        Is told every step.

    Returns
    -------
    Discovery
        The law and how it was found, with labels.

    Raises
    ------
    ValueError
        If the trajectories have different labels, or are fewer than the environments asked for.
    """
    check_unlabelled(data, options.n_environments)
    every = without_traces([[run] for run in without_outliers(list(data), data.state_names)])
    runs = [own[0] for own in every]
    report(f"clusters of {len(runs)} trajectories")
    first = _cluster(data, runs, options)
    labels, settled = first.partition.labels, options.refine is None
    found = find_law(with_labels(data, labels.tolist()), options, report)
    if settled:
        return _told(found, by_rows(first), options, True)
    for _ in range(MOST_ROUNDS):
        costs = costs_of(runs, found, found.law.noise_std[labels])
        after = _joined(costs, labels, found, options)
        if (after == labels).all():
            settled = True
            break
        labels = after
        found = find_law(with_labels(data, labels.tolist()), options, report)
    if not settled:
        costs = costs_of(runs, found, found.law.noise_std[labels])
    return _told(found, by_trajectories(costs, labels), options, settled)


def check_unlabelled(data: Trajectories, n_environments: int | None) -> None:
    """Refuse labels beside env="infer", and more environments than trajectories."""
    if len(data.known_environments) > 1:
        names = ", ".join(repr(label) for label in data.known_environments[:4])
        raise ValueError(
            f"env='infer' finds the environments itself, but the trajectories have labels ({names}): give them without "
            "(no env=... in fit or Trajectories), or use SpReME(env=None) to fit with these labels"
        )
    if n_environments is not None and n_environments > len(data):
        raise ValueError(
            f"n_environments={n_environments} is more than the {len(data)} trajectories: give fewer environments, or "
            "None to have their number found"
        )


def _cluster(data: Trajectories, runs: Sequence[Trajectory], options: Options) -> Clustering:
    """First labels, from the rows of every trajectory."""
    table = options.library.table([*data.state_names, *data.input_names]).with_inputs(data.n_inputs)
    allowed, required = resolve(table, allowed=options.allowed, required=options.required, excluded=options.excluded)
    equations: WeakEquations = weak_equations([[run] for run in runs], table, _noise(runs))
    limits = Restrictions(options.penalty, allowed, required, options.max_terms)
    return cluster(equations, limits, options.n_environments, options.generator())


def _noise(runs: Sequence[Trajectory]) -> Array:
    """Noise (m, S) of every trajectory, drawn to the usual one as far as it has few samples."""
    own = np.array([noise_std([run]) for run in runs]) ** 2
    n = np.array([[run.n_samples] for run in runs], dtype=np.float64)
    usual = np.median(own, axis=0)
    return np.sqrt((n * own + SHRINKAGE * usual) / (n + SHRINKAGE))


def costs_of(runs: Sequence[Trajectory], found: Discovery, noise: Array) -> TrajectoryCosts:
    """Misfit of every trajectory under the law of every environment, whose noise (m, S) is the least it may have."""
    own = np.array([noise_std([run]) for run in runs])
    return trajectory_costs(runs, found.law, np.maximum(noise, own), n_segments(found.path))


def _joined(costs: TrajectoryCosts, labels: Indices, found: Discovery, options: Options) -> Indices:
    """Labels by the likelihood of trajectories, environments that do not differ taken as one."""
    after = np.argmax(log_joint(_scaled(costs, labels), labels), axis=1)
    if options.n_environments is not None:
        return ordered(after)
    merging = agglomerate(_forms(found))
    price = found.law.mask.sum() * np.log(max(float(costs.n_free.sum()), 2.0))
    n_left = len(found.law.coef)
    while n_left > 1 and merging.rise[n_left - 1] < price:
        n_left -= 1
    return ordered(merging.labels[n_left][after])


def _forms(found: Discovery) -> Quadratics:
    """What the data of every environment say of its coefficients, beyond the least cost."""
    coef = np.nan_to_num(found.law.coef[:, found.law.mask])
    information = np.array(
        [np.linalg.pinv(np.nan_to_num(own), rcond=1e-12, hermitian=True) for own in found.covariance]
    )
    right = np.einsum("epq,eq->ep", information, coef)
    return Quadratics(information, right, (right * coef).sum(axis=1), np.ones(len(coef)))


def _scaled(costs: TrajectoryCosts, labels: Indices) -> Array:
    """Costs (m, K) in units of the usual misfit, at least of the noise, so that no law is trusted beyond what it fits.

    Where no law can follow a trajectory the cost is the same for all but its own.
    """
    own = costs.costs[np.arange(len(labels)), labels]
    usual = max(float(np.median(own / costs.n_free)), 1.0)
    lost = np.isinf(costs.costs)
    out = np.where(lost, 1e300, costs.costs) / usual
    out[np.flatnonzero(lost.all(axis=1)), labels[lost.all(axis=1)]] = 0.0
    return out


def by_trajectories(costs: TrajectoryCosts, labels: Indices) -> Labelled:
    """Probabilities and misfits from the likelihood of the trajectories."""
    own = costs.costs[np.arange(len(labels)), labels] / costs.n_free
    usual = max(float(np.median(own)), 1.0)  # residuals of the size of the noise are not large, whatever the others are
    return Labelled(labels, posterior(_scaled(costs, labels), labels), own / usual, costs.n_free)


def by_rows(first: Clustering) -> Labelled:
    """Probabilities and misfits from the rows."""
    labels, forms = first.partition.labels, first.forms
    costs = forms.costs(first.partition.coef)
    n_free = np.maximum(forms.n_values, 1.0)
    own = costs[np.arange(len(labels)), labels] / n_free
    return Labelled(labels, posterior(costs, labels), own / max(float(np.median(own)), 1e-300), n_free)


def _told(found: Discovery, labelled: Labelled, options: Options, settled: bool) -> Discovery:
    """The law with labels and what must be known of them."""
    return replace(
        found,
        labels=labelled.labels,
        label_probabilities=labelled.probabilities,
        complaints=(*label_complaints(labelled, options.n_environments, settled), *found.complaints),
    )
