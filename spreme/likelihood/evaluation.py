"""True fits of masks at one segmentation, all environments in threads, and what every fit leaves behind."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from spreme.likelihood.field import Field, make_field
from spreme.likelihood.fits import Fit as Fit
from spreme.likelihood.problem import Problem
from spreme.likelihood.recording import segments
from spreme.likelihood.shooting.elimination import eliminate
from spreme.likelihood.shooting.gauss_newton import CONVERGED, INFEASIBLE, Control, Ending, Prior, fit_segments
from spreme.likelihood.shooting.normal import Noise, assemble, empty_normal, trace
from spreme.likelihood.threads import over_threads

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]


class Evaluator:
    """Fits masks to segments of one length; threads are kept while it is open."""

    def __init__(self, problem: Problem, pieces: int, pool: ThreadPoolExecutor | None = None) -> None:
        self.problem, self.pieces, self.pool = problem, pieces, pool
        self.edges = [segments(own, pieces, problem.n_samples) for own in problem.recordings]

    def noise(self, e: int) -> Noise:
        """How residuals of an environment are weighed."""
        moving = np.where(self.problem.frozen[e], 0.0, 1.0)
        return Noise(1.0 / self.problem.sd[e], self.problem.huber, self.problem.bound[e], moving)

    def fit_all(
        self,
        masks: Sequence[Mask],
        coefs: Sequence[Array],
        states: Sequence[Array],
        control: Control,
        reach: Array | None = None,
    ) -> list[Fit]:
        """Fit several masks, each from its coefficients (E, q) and all from the same states [(n_e, S)].

        Where the cost of an environment stays beyond its `reach` (E,), the fit is given up.
        """
        fields = [make_field(self.problem.table, mask) for mask in masks]
        tasks = [(i, e) for i in range(len(masks)) for e in range(self.problem.n_environments)]
        E = self.problem.n_environments
        reach = np.full(E, np.inf) if reach is None else reach
        done = over_threads(
            lambda task: self._fit_one(fields[task[0]], task[1], coefs[task[0]], states, control, reach=reach[task[1]]),
            tasks,
            self.pool,
        )
        return [self._collect(mask, done[i * E : (i + 1) * E]) for i, mask in enumerate(masks)]

    def fit(
        self,
        mask: Mask,
        coef: Array,
        states: Sequence[Array],
        control: Control,
        priors: Sequence[Prior] | None = None,
    ) -> Fit:
        """Fit one mask, with priors of the coefficients in every environment if given."""
        if priors is None:
            return self.fit_all([mask], [coef], states, control)[0]
        field = make_field(self.problem.table, mask)
        done = over_threads(
            lambda e: self._fit_one(field, e, coef, states, control, priors[e]),
            range(self.problem.n_environments),
            self.pool,
        )
        return self._collect(mask, done)

    def _fit_one(
        self,
        field: Field,
        e: int,
        coef: Array | dict[int, Array],
        states: Sequence[Array],
        control: Control,
        prior: Prior | None = None,
        reach: float = np.inf,
    ) -> tuple[Array, Array, Ending, Array, Array]:
        """Fit one mask in one environment."""
        told = ~self.problem.frozen[e][field.state_index]
        if not told.all():
            return self._fit_told(field, told, e, coef, states, control, prior, reach)
        edges, own = self.edges[e], np.array(coef[e], dtype=np.float64)
        starts = np.ascontiguousarray(states[e][edges[:-1]])
        q, (n_segments, d) = len(own), starts.shape
        information, normal = np.zeros((q, q)), empty_normal(n_segments, q, d)
        problem = self.problem
        ending = fit_segments(
            problem.recordings[e],
            edges,
            starts,
            own,
            field,
            problem.scheme,
            problem.longest[e],
            self.noise(e),
            prior or Prior(np.zeros(q), np.zeros((q, q))),
            control,
            reach,
            information,
            normal,
        )
        return own, starts, ending, information, normal.squares

    def _fit_told(
        self,
        field: Field,
        told: Mask,
        e: int,
        coef: Array | dict[int, Array],
        states: Sequence[Array],
        control: Control,
        prior: Prior | None,
        reach: float,
    ) -> tuple[Array, Array, Ending, Array, Array]:
        """Fit without the equations of states that never change; their coefficients (not told) come back as zero."""
        inner = None if prior is None else Prior(prior.mean[told], prior.precision[np.ix_(told, told)])
        part = {e: np.asarray(coef[e])[told]}
        found = self._fit_one(field.keep(told), e, part, states, control, inner, reach)
        own, information = np.zeros(len(told)), np.zeros((len(told), len(told)))
        own[told], information[np.ix_(told, told)] = found[0], found[3]
        return own, found[1], found[2], information, found[4]

    def _collect(self, mask: Mask, done: Sequence[tuple[Array, Array, Ending, Array, Array]]) -> Fit:
        """Join the environments."""
        coef, starts, endings, information, squares = zip(*done, strict=True)
        cost = np.array([np.inf if ending.ending == INFEASIBLE else ending.cost for ending in endings])
        return Fit(
            mask,
            np.array(coef),
            list(starts),
            cost,
            np.array(information),
            np.array(squares),
            self.problem.n_values,
            all(ending.ending == CONVERGED for ending in endings),
        )

    def states(self, fit: Fit, otherwise: Sequence[Array]) -> list[Array]:
        """States of a fit at all samples (n_e, S); where it could not be integrated, the given ones."""
        field = make_field(self.problem.table, fit.mask)

        def one(e: int) -> Array:
            own = self.problem.recordings[e]
            out = np.empty_like(own.y)
            cost = trace(
                own,
                self.edges[e],
                fit.starts[e],
                fit.coef[e],
                field,
                self.problem.scheme,
                self.problem.longest[e],
                self.noise(e),
                out,
            )
            return out if np.isfinite(cost) else otherwise[e]

        return over_threads(one, range(self.problem.n_environments), self.pool)

    def costs(self, fit: Fit, problem: Problem) -> Array:
        """Costs (E,) of a fit when integrated as another problem says."""
        field = make_field(problem.table, fit.mask)

        def one(e: int) -> float:
            own = problem.recordings[e]
            at = (fit.starts[e], fit.coef[e], field, problem.scheme, problem.longest[e], self.noise(e))
            return trace(own, self.edges[e], *at, np.empty_like(own.y))

        return np.array(over_threads(one, range(problem.n_environments), self.pool))

    def model(self, fit: Fit, terms: Mask) -> tuple[Array, Array] | None:
        """Quadratic model of the cost around a fit over more terms (S, K), those outside the mask at zero.

        Returns the information matrices A (E, Q, Q) and A c + g (E, Q), Q = terms.sum(); None where not integrable.
        """
        field, probe = make_field(self.problem.table, fit.mask), make_field(self.problem.table, terms)
        Q = int(terms.sum())
        inside = fit.mask[terms]

        def one(e: int) -> tuple[Array, Array] | None:
            own, edges = self.problem.recordings[e], self.edges[e]
            n_segments, d = fit.starts[e].shape
            normal = empty_normal(n_segments, Q, d)
            at = (self.problem.scheme, self.problem.longest[e], self.noise(e))
            if not np.isfinite(assemble(own, edges, fit.starts[e], fit.coef[e], field, probe, False, *at, normal)):
                return None
            information, gradient = np.zeros((Q, Q)), np.zeros(Q)
            work = np.zeros((n_segments, d, d)), np.zeros((n_segments, d, Q + 1))
            eliminate(normal, 1e-12, *work, information, gradient)
            coef, silent = np.zeros(Q), self.problem.silent(terms, e)
            coef[inside] = fit.coef[e]
            information[silent] = information[:, silent] = gradient[silent] = 0.0
            return information, information @ coef + gradient

        found = over_threads(one, range(self.problem.n_environments), self.pool)
        feasible = [own for own in found if own is not None]
        if len(feasible) < len(found):
            return None
        return np.array([own[0] for own in feasible]), np.array([own[1] for own in feasible])
