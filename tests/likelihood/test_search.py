"""The search on the likelihood: proposals, restrictions, stages, and what must not matter."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from measured import Measured, decay, lotka, mask_of, oscillator

from spreme import SpReME, Trajectories
from spreme.data import Trajectory
from spreme.likelihood.criteria import score
from spreme.likelihood.evaluation import Evaluator
from spreme.likelihood.final import finish
from spreme.likelihood.fits import Fit
from spreme.likelihood.ladder import ladder, n_periods
from spreme.likelihood.one_stage import most_terms
from spreme.likelihood.precision import enough_steps, with_noise_of
from spreme.likelihood.search import Visited, by_equation, carried, local_search, propose, quadratic_model
from spreme.likelihood.shooting.gauss_newton import Control
from spreme.likelihood.starting_states import starting_states

SETTING_OUT = Control(30, 1e-3, 1e-3)


class Search:
    """A search at one segmentation, set out from the true terms and two more in each equation."""

    def __init__(self, measured: Measured, pieces: int = 4, criterion: str = "evidence", **options: Any) -> None:
        self.measured = measured
        self.evaluator = Evaluator(measured.problem(**options), pieces)
        self.states = starting_states(self.evaluator.problem.recordings, self.evaluator.edges, False)
        self.visited = Visited(criterion, options.pop("limit", measured.table.n_terms))

    def fit(self, mask: np.ndarray) -> Fit:
        """Fit a mask, the true terms from their coefficients."""
        full = np.zeros((len(self.measured.coef), *mask.shape))
        full[:, self.measured.mask] = self.measured.coef
        fit = self.evaluator.fit(mask, full[:, mask], self.states, SETTING_OUT)
        self.visited.add(fit)
        return fit

    def wide(self) -> np.ndarray:
        """The true mask and the first two other allowed terms of every equation."""
        mask = self.measured.mask.copy()
        for s, row in enumerate(mask):
            row[np.flatnonzero(~row & self.evaluator.problem.allowed[s])[:2]] = True
        return mask


@pytest.mark.parametrize("make", [lotka, oscillator, decay])
@pytest.mark.parametrize("criterion", ["evidence", "bic", "ebic"])
def test_the_truth_is_among_the_first_proposals(make: Any, criterion: str) -> None:
    search = Search(make(noise=0.05), criterion=criterion)
    model = quadratic_model(search.evaluator, search.fit(search.wide()))
    assert model is not None
    proposals = propose(model, search.visited, 10)
    position = next(i for i, (mask, _) in enumerate(proposals) if (mask == search.measured.mask).all())
    assert position < 4
    values = [value for _, value in proposals]
    assert values == sorted(values)
    assert len({mask.tobytes() for mask, _ in proposals}) == len(proposals)


@pytest.mark.parametrize("make", [lotka, oscillator, decay])
def test_the_search_finds_the_truth(make: Any) -> None:
    search = Search(make(noise=0.05))
    first = search.fit(search.wide())
    at = (search.evaluator, search.visited, first, search.states, 12)
    found = local_search(*at, width=4, distrust=False)
    np.testing.assert_array_equal(found.mask, search.measured.mask)
    assert search.visited.score(found.mask) <= min(search.visited.scores.values())


def test_the_search_from_nothing_finds_the_truth() -> None:
    search = Search(oscillator(noise=0.05), pieces=10)
    first = search.fit(np.zeros_like(search.measured.mask))
    at = (search.evaluator, search.visited, first, search.states, 12)
    found = local_search(*at, width=6, distrust=False)
    np.testing.assert_array_equal(found.mask, search.measured.mask)


def test_restrictions_hold_at_every_step() -> None:
    measured = lotka(noise=0.05)
    table, allowed = measured.table, np.ones(measured.mask.shape, bool)
    required = mask_of(table, [["x**2"], ["1"]])
    allowed[0, table.index("x*y")] = False  # a true term is forbidden
    allowed[1, table.index("y**2")] = False
    search = Search(measured, 20, allowed=allowed, required=required)
    first = search.fit((measured.mask & allowed) | required)
    at = (search.evaluator, search.visited, first, search.states, 9)
    local_search(*at, width=6, distrust=True)
    assert len(search.visited.fits) > 5
    for fit in search.visited.fits.values():
        assert not (fit.mask & ~allowed).any()
        assert (fit.mask | ~required).all()
        assert fit.n_terms <= 9


def test_proposals_respect_restrictions_and_sizes() -> None:
    measured = lotka(noise=0.05)
    allowed = np.ones(measured.mask.shape, bool)
    required = mask_of(measured.table, [["1"], []])
    allowed[1, :2] = False
    search = Search(measured, allowed=allowed, required=required)
    model = quadratic_model(search.evaluator, search.fit(measured.mask & allowed | required))
    assert model is not None
    for most in (5, 6, 8):
        for mask, _ in propose(model, search.visited, most):
            assert mask.sum() <= most
            assert not (mask & ~allowed).any()
            assert (mask | ~required).all()
    for support in by_equation(model, 3):
        other = (support != model.centre.mask[model.terms]).any()
        rows = np.flatnonzero((model.mask(support) != model.centre.mask).any(axis=1))
        assert len(rows) == int(other)  # one equation at a time


def test_masks_with_too_many_terms_in_an_equation_never_win() -> None:
    search = Search(lotka(noise=0.05))
    search.visited.limit = 2
    wide = search.fit(search.wide())
    assert search.visited.score(wide.mask) == np.inf
    found = local_search(search.evaluator, search.visited, wide, search.states, 12, width=6, distrust=True)
    assert found.mask.sum(axis=1).max() <= 2
    np.testing.assert_array_equal(found.mask, search.measured.mask)


def test_visited_keeps_the_best_fit_of_a_mask() -> None:
    search = Search(lotka(noise=0.05))
    good = search.fit(search.measured.mask)
    value = score(good, "evidence")
    search.visited.add(replace(good, cost=2 * good.cost))
    assert search.visited.score(good.mask) == value
    better = replace(good, cost=0.9 * good.cost)
    search.visited.add(better)
    assert search.visited.best([good.mask]) is better
    other = search.fit(search.wide())
    search.visited.add(replace(other, mask=np.ones_like(other.mask), cost=np.full(3, np.inf)))
    assert [fit.n_terms for fit in search.visited.ranked()] == [4, 8]


def test_carried_coefficients_keep_their_places() -> None:
    fit = Search(lotka(noise=0.05)).fit(lotka().mask)
    table = lotka().table
    mask = mask_of(table, [["1", "x"], ["x*y", "y**2"]])
    np.testing.assert_array_equal(carried(fit, mask)[:, [0, 3]], 0.0)
    np.testing.assert_array_equal(carried(fit, mask)[:, 1], fit.coef[:, 0])
    np.testing.assert_array_equal(carried(fit, mask)[:, 2], fit.coef[:, 3])


@pytest.mark.parametrize("n_samples", [5, 8, 40, 101, 1000, 100_000])
@pytest.mark.parametrize("periods", [0.0, 1.4, 30.0, 5000.0])
def test_ladders_end_with_whole_trajectories(n_samples: int, periods: float) -> None:
    rungs = ladder(n_samples, periods)
    assert rungs[-1] == 1
    assert rungs == sorted(set(rungs), reverse=True)
    assert n_samples / rungs[0] >= 8 or rungs[0] == 1
    assert all(2 <= a / b <= 4 for a, b in pairwise(rungs))


def test_periods_are_counted() -> None:
    measured = oscillator(noise=0.05, n=181)
    # frequencies from 1 to 1.26: 1.4 to 1.8 periods in 9, the scale being good to a fifth, damped motions to a third
    assert 1.0 < n_periods(measured.problem()) < 2.7


def test_most_terms() -> None:
    measured = lotka(degree=5)
    problem = measured.problem()
    assert most_terms(problem, None) == 16
    assert most_terms(problem, 3) == 6
    one = np.zeros_like(problem.allowed)
    one[0] = True
    assert most_terms(replace(problem, allowed=one), None) == 16
    one[0, 5:] = False
    assert most_terms(replace(problem, allowed=one), None) == 5


def test_noise_is_corrected_for_the_fitted_numbers() -> None:
    measured = oscillator(noise=0.1, n=200)
    wrong = replace(measured.problem(), sd=3 * measured.sd)
    evaluator = Evaluator(wrong, 20)
    fit = evaluator.fit(
        measured.mask, measured.coef, starting_states(wrong.recordings, evaluator.edges, False), SETTING_OUT
    )
    found = with_noise_of(wrong, fit).sd
    assert found.mean() / measured.sd.mean() == pytest.approx(1.0, abs=0.06)  # 1/sqrt(2400) is 2 %; 10 % are fitted


def test_steps_are_halved_until_the_cost_stays() -> None:
    measured = lotka(n=21, noise=0.01)
    evaluator = Evaluator(measured.problem(), 1)
    states = [own.y for own in evaluator.problem.recordings]
    fit = evaluator.fit(measured.mask, measured.coef, states, SETTING_OUT)
    finer = enough_steps(evaluator, fit)
    assert (finer.longest < evaluator.problem.longest).all()  # 0.8 is a tenth of a period
    change = np.abs(evaluator.costs(fit, finer.finer()) - evaluator.costs(fit, finer))
    assert (change < 0.1).all()


@pytest.mark.parametrize("noise", [0.0, 0.05])
def test_last_fit(noise: float) -> None:
    measured = lotka(n=161, noise=noise)
    problem = measured.problem()
    states = starting_states(problem.recordings, Evaluator(problem, 1).edges, noise == 0)
    found = finish(problem, 1, measured.mask, 1.02 * measured.coef, states)
    assert found.dependent == ()
    assert found.integration_error < 0.03 or noise == 0
    if noise:
        assert np.abs((found.coef - measured.coef) / found.std).max() < 4
        np.testing.assert_allclose(found.noise_std, measured.sd, rtol=0.15)  # 322 values each: 4 %
        for own, info, cost, free in zip(
            found.covariance, found.fit.information, found.fit.cost, found.fit.n_free, strict=True
        ):
            np.testing.assert_allclose(own, np.linalg.inv(info) * cost / free, rtol=1e-6)
    else:
        np.testing.assert_allclose(found.coef, measured.coef, rtol=1e-7)


def trajectories(measured: Measured) -> Trajectories:
    """As a user would give them."""
    every = [run for own in measured.environments for run in own]
    names = list(measured.table.state_names)
    return Trajectories(
        [run.x for run in every], [run.t for run in every], env=[run.env for run in every], state_names=names
    )


def reordered(measured: Measured, order: list[int], backwards: bool) -> Measured:
    """Environments in another order, trajectories backwards."""
    own = [measured.environments[e][:: -1 if backwards else 1] for e in order]
    return replace(measured, environments=own, coef=measured.coef[order], sd=measured.sd[order])


@pytest.fixture(name="model", scope="module")
def _model() -> SpReME:
    return SpReME().fit(trajectories(lotka(noise=0.1)))


def test_order_does_not_matter(model: SpReME) -> None:
    """Sums over environments in another order differ by rounding."""
    other = SpReME().fit(trajectories(reordered(lotka(noise=0.1), [2, 0, 1], True)))
    np.testing.assert_array_equal(other.mask_, model.mask_)
    assert other.environments_ == [2, 0, 1]
    np.testing.assert_allclose(other.coef_, model.coef_[[2, 0, 1]], rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(other.coef_std_, model.coef_std_[[2, 0, 1]], rtol=1e-5)


def test_threads_do_not_matter(model: SpReME) -> None:
    other = SpReME(n_jobs=2).fit(trajectories(lotka(noise=0.1)))
    np.testing.assert_array_equal(other.coef_, model.coef_)
    np.testing.assert_array_equal(other.coef_std_, model.coef_std_)
    assert [own.score for own in other.path_.laws] == [own.score for own in model.path_.laws]


@pytest.mark.parametrize(("units", "hour"), [((1e2, 1e-1), 1.0), ((1.0, 1.0), 3600.0), ((1e-3, 1e3), 0.1)])
def test_units_do_not_matter(model: SpReME, units: tuple[float, float], hour: float) -> None:
    measured = lotka(noise=0.1)
    runs = [[Trajectory(run.t * hour, run.x * units, run.env) for run in own] for own in measured.environments]
    other = SpReME().fit(trajectories(replace(measured, environments=runs)))
    np.testing.assert_array_equal(other.mask_, model.mask_)
    term = np.prod(np.array(units) ** measured_powers(model), axis=1)
    rate = np.array(units)[:, None] / term / hour
    np.testing.assert_allclose(other.coef_ / rate, model.coef_, rtol=1e-7, atol=1e-12)
    np.testing.assert_allclose(other.coef_std_ / rate, model.coef_std_, rtol=1e-5)
    chosen = {own.segments: own for own in model.path_.laws if own.reason == "chosen"}
    for own in (own for own in other.path_.laws if own.reason == "chosen"):
        rivals = {law.support: law for law in model.path_.laws if law.segments == own.segments}
        for law in other.path_.laws:
            if law.segments == own.segments and law.support in rivals and law.distance < 20:
                for name in ("bic", "evidence"):
                    wanted = getattr(rivals[law.support], name) - getattr(chosen[own.segments], name)
                    assert getattr(law, name) - getattr(own, name) == pytest.approx(wanted, abs=1e-3)


def measured_powers(model: SpReME) -> np.ndarray:
    """Exponents of the states in the terms (K, S)."""
    return model.library.table(model.state_names_).program().powers


def test_restrictions_reach_the_result() -> None:
    data = trajectories(lotka(noise=0.05))
    restrictions = {
        "required": {"x": ["x**2"], "y": ["1"]},
        "excluded": {"x": ["x*y"]},
        "allowed": {"y": ["1", "y", "x*y", "x"]},
    }
    with pytest.warns(UserWarning, match="the law does not describe the data"):
        model = SpReME(max_terms=3, **restrictions).fit(data)
    table = lotka(degree=3).table
    assert model.mask_[0, table.index("x**2")]
    assert model.mask_[1, table.index("1")]
    assert not model.mask_[0, table.index("x*y")]
    assert set(np.flatnonzero(model.mask_[1])) <= {table.index(name) for name in ("1", "y", "x*y", "x")}
    assert model.mask_.sum(axis=1).max() <= 3


@pytest.mark.filterwarnings("ignore:the law does not describe the data")  # one term is not enough
@pytest.mark.parametrize("max_terms", [1, 2])
def test_max_terms_is_kept(max_terms: int) -> None:
    data = trajectories(lotka(noise=0.05))
    model = SpReME(max_terms=max_terms).fit(data)
    assert model.mask_.sum(axis=1).max() <= max_terms


@pytest.mark.parametrize("seed", range(2))
def test_required_terms_stay_even_if_nothing_is_worth_a_term(seed: int) -> None:
    """Noise about a constant: the empty law is best, but not asked for."""
    rng = np.random.default_rng(seed)
    x = [1 + 0.1 * rng.standard_normal((60, 1)) for _ in range(4)]
    data = Trajectories(x, 0.1, env=[0, 0, 1, 1], state_names=["x"])
    with pytest.warns(UserWarning):
        model = SpReME(required={"x": ["x"]}).fit(data)
    assert model.mask_[0, 1]
