"""Fits of masks by the joint fit of states and coefficients, with the interface of `spreme.likelihood.evaluation`."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from spreme.likelihood.field import Field, make_field
from spreme.likelihood.fits import Fit
from spreme.likelihood.problem import Problem
from spreme.likelihood.shooting.gauss_newton import Control, Prior, hold
from spreme.likelihood.spline.information import joint_information
from spreme.likelihood.spline.joint import fit_jointly
from spreme.likelihood.spline.result import SMALL, JointFit, JointOptions
from spreme.likelihood.threads import over_threads

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Weights of the law from a fit of the same mask, of a similar one, and from smoothed data.
AGAIN, WARM, COLD = (1e12,), (1e8, 1e12), (1e0, 1e4, 1e8, 1e12)


class JointEvaluator:
    """Fits masks to whole trajectories; threads are kept while it is open.

    Parameters
    ----------
    problem : Problem
        Data, noise and library.
    pool : ThreadPoolExecutor or None, default None
        Threads.
    is_near : bool, default False
        Whether states from which fits start are those of a fit, not smoothed data.
    """

    def __init__(self, problem: Problem, pool: ThreadPoolExecutor | None = None, *, is_near: bool = False) -> None:
        self.problem, self.pool, self.pieces, self.is_near = problem, pool, 1, is_near
        self.edges = [own.bounds for own in problem.recordings]

    def fit_all(
        self,
        masks: Sequence[Mask],
        coefs: Sequence[Array],
        states: Sequence[Array | JointFit],
        control: Control,
        reach: Array | None = None,
    ) -> list[Fit]:
        """Fit several masks, each from its coefficients (E, q) and all from the same states or joint fits."""
        fields = [make_field(self.problem.table, mask) for mask in masks]
        E = self.problem.n_environments
        tasks = [(i, e) for i in range(len(masks)) for e in range(E)]
        done = over_threads(
            lambda task: self._fit_one(fields[task[0]], task[1], coefs[task[0]], states, control, None),
            tasks,
            self.pool,
        )
        return [self._collect(mask, done[i * E : (i + 1) * E]) for i, mask in enumerate(masks)]

    def fit(
        self,
        mask: Mask,
        coef: Array,
        states: Sequence[Array | JointFit],
        control: Control,
        priors: Sequence[Prior] | None = None,
    ) -> Fit:
        """Fit one mask, with priors of the coefficients in every environment if given."""
        field = make_field(self.problem.table, mask)
        done = over_threads(
            lambda e: self._fit_one(field, e, coef, states, control, None if priors is None else priors[e]),
            range(self.problem.n_environments),
            self.pool,
        )
        return self._collect(mask, done)

    def _fit_one(
        self,
        field: Field,
        e: int,
        coef: Array,
        states: Sequence[Array | JointFit],
        control: Control,
        prior: Prior | None,
    ) -> JointFit:
        """Fit one mask in one environment."""
        recording, guess = self.problem.recordings[e], states[e]
        options = JointOptions(
            stages=self._stages(field, guess),
            max_iter=control.max_iter,
            tol=control.tol / recording.n_values,
            huber=self.problem.huber,
        )
        silent = self.problem.frozen[e][field.state_index]
        start = np.where(silent, 0.0, coef[e])
        given = hold(silent, prior)
        found = fit_jointly(recording, field, start, self.problem.sd[e], guess=guess, prior=given, options=options)
        found.information[silent] = found.information[:, silent] = 0.0
        return found

    def _stages(self, field: Field, guess: Array | JointFit) -> tuple[float, ...]:
        """Weights of the law, one after the other, from what a fit starts at."""
        if not isinstance(guess, JointFit):
            return WARM if self.is_near else COLD
        same = np.array_equal(field.state_index, guess.field.state_index)
        same &= np.array_equal(field.term_index, guess.field.term_index)
        return AGAIN if same and guess.converged else WARM

    def _collect(self, mask: Mask, done: Sequence[JointFit]) -> Fit:
        """Join the environments; the cost of a spline that does not obey its law is that of no solution."""
        return Fit(
            mask,
            np.array([own.coef for own in done]),
            [own.states[recording.bounds[:-1]] for own, recording in zip(done, self.problem.recordings, strict=True)],
            np.array([own.cost if own.defect < SMALL else np.inf for own in done]),
            np.array([own.information for own in done]),
            np.array(
                [
                    own.residual**2 * np.isfinite(recording.y).sum(axis=0)
                    for own, recording in zip(done, self.problem.recordings, strict=True)
                ]
            ),
            self.problem.n_values,
            all(own.converged for own in done),
            tuple(done),
        )

    def states(self, fit: Fit, otherwise: Sequence[Array | JointFit]) -> list[Array | JointFit]:
        """Where fits of similar masks start."""
        return list(fit.joint) if fit.is_feasible else list(otherwise)

    def model(self, fit: Fit, terms: Mask) -> tuple[Array, Array] | None:
        """Quadratic model of the cost around a fit over more terms, as `Evaluator.model`."""
        if not fit.is_feasible:
            return None
        probe, inside = make_field(self.problem.table, terms), fit.mask[terms]

        def one(e: int) -> tuple[Array, Array]:
            own, silent = fit.joint[e], self.problem.silent(terms, e)
            information, gradient = joint_information(own, probe)
            information[silent] = information[:, silent] = gradient[silent] = 0.0
            coef = np.zeros(len(gradient))
            coef[inside] = own.coef
            return information, information @ coef + gradient

        found = over_threads(one, range(len(fit.joint)), self.pool)
        return np.array([own[0] for own in found]), np.array([own[1] for own in found])
