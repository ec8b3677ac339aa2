"""The choice after the search: knee, held-out trajectories, other environments, resamples."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

import numpy as np
import pytest

from spreme import PolynomialLibrary, SpReME, Trajectories
from spreme.likelihood.choice import Choice, check_enough, choose, rejudged
from spreme.likelihood.choice.contenders import contenders, resting_cost
from spreme.likelihood.choice.held_out_blocks import cross_validate, make_blocks, smallest_within_one_error
from spreme.likelihood.choice.knee import judge_by_knee
from spreme.likelihood.choice.other_environments import leave_one_environment_out, surprise
from spreme.likelihood.choice.resamples import by_trajectory, selection_frequency
from spreme.likelihood.criteria import deviance
from spreme.likelihood.evaluation import Evaluator, Fit
from spreme.likelihood.one_stage import Stage
from spreme.likelihood.problem import Problem, pose
from spreme.likelihood.record import laws, rivals
from spreme.likelihood.search import quadratic_model
from spreme.likelihood.shooting.gauss_newton import Control
from spreme.likelihood.stages import Stages
from spreme.likelihood.superset import Beginning

LATER = ("knee", "cv", "loeo", "stability")
T = np.linspace(0, 5, 41)
RATES = ((1.0, -0.5), (1.2, -0.7), (0.9, -1.0), (1.1, -0.8))
TABLE = PolynomialLibrary(degree=3).table(["x"])
TRUE = np.array([[False, True, True, False]])


def logistic(start: float, rate: float, brake: float, t: np.ndarray = T) -> np.ndarray:
    """Solution of x' = rate x + brake x^2."""
    return start * np.exp(rate * t) / (1 - brake / rate * start * (np.exp(rate * t) - 1))


def recordings(seed: int = 0, n_environments: int = 4, starts: tuple[float, ...] = (0.1, 3.0, 0.4)) -> Trajectories:
    rng = np.random.default_rng(seed)
    x, env = [], []
    for label, (rate, brake) in zip("ABCD"[:n_environments], RATES, strict=False):
        for start in starts:
            x.append(logistic(start, rate, brake)[:, None] + 0.02 * rng.standard_normal((len(T), 1)))
            env.append(label)
    return Trajectories(x, [T] * len(x), env=env, state_names=["x"])


@dataclass(frozen=True)
class Found:
    """What the search by BIC hands on."""

    problem: Problem
    stage: Stage
    states: list[np.ndarray]

    @property
    def evaluator(self) -> Evaluator:
        return Evaluator(self.stage.problem, self.stage.pieces)


@functools.cache
def found(
    seed: int = 0, n_environments: int = 4, starts: tuple[float, ...] = (0.1, 3.0, 0.4), engine: str = "shooting"
) -> Found:
    data = recordings(seed, n_environments, starts)
    runs = [list(data.where(env=env)) for env in data.environments]
    allowed = np.ones((1, 4), bool)
    problem = pose(runs, TABLE, allowed, ~allowed, np.full((len(runs), 1), 0.02))
    coef = np.tile([0.0, 1.0, -0.7, 0.0], (len(runs), 1))
    search = Stages(problem, [Beginning(allowed[0], allowed[0], coef, np.ones(4))], "bic", None, lambda line: None)
    last = search.run(None, engine)[-1]
    return Found(problem, last, search.states)


def chosen(criterion: str, of: Found) -> Choice:
    return choose(criterion, of.stage, of.states, None, np.random.default_rng(0))


@pytest.mark.parametrize("criterion", LATER)
def test_every_criterion_chooses_the_law(criterion: str) -> None:
    choice = chosen(criterion, found())
    assert (choice.fit.mask == TRUE).all() and choice.fit.is_feasible
    assert set(choice.scores) == set(choice.fits) and len(choice.scores) > 1


@pytest.mark.parametrize("criterion", LATER)
def test_the_joint_fit_of_states_and_coefficients_serves_as_well(criterion: str) -> None:
    choice = chosen(criterion, found(engine="spline"))
    assert (choice.fit.mask == TRUE).all() and len(choice.fit.joint) == 4


@pytest.mark.parametrize("criterion", ["knee", "cv"])
def test_one_trajectory_is_enough(criterion: str) -> None:
    choice = chosen(criterion, found(1, 1, (0.1,)))
    assert choice.fit.is_feasible and (choice.fit.mask == TRUE).all()


def test_contenders_are_of_every_size_and_fitted_once() -> None:
    of = found()
    fits = contenders(of.evaluator, of.stage, of.states, all_sizes=True)
    sizes = [fit.n_terms for fit in fits]
    assert sizes == sorted(sizes) and set(sizes) == {1, 2, 3, 4}
    assert len({fit.mask.tobytes() for fit in fits}) == len(fits)


def test_the_law_of_no_terms_costs_the_scatter_about_the_mean() -> None:
    of = found()
    y, sd = of.problem.recordings[0].y[:, 0], of.stage.problem.sd[0, 0]
    evaluator = Evaluator(of.stage.problem, 1)
    by_hand = sum(((y[k : k + 41] - y[k : k + 41].mean()) ** 2).sum() for k in (0, 41, 82)) / sd**2
    assert resting_cost(evaluator)[0] == pytest.approx(by_hand)


def test_the_knee_is_where_falls_drop_most() -> None:
    of = found()
    fits = contenders(of.evaluator, of.stage, of.states, all_sizes=True)
    scores = judge_by_knee(of.evaluator, fits)
    best = {n: min((float(deviance(fit).sum()) for fit in fits if fit.n_terms == n), default=np.nan) for n in (1, 2, 3)}
    drop = (best[1] - best[2]) - max(best[2] - best[3], 0.0)
    assert -scores[TRUE.tobytes()] == pytest.approx(drop)


def test_held_out_blocks_are_whole_trajectories_or_halves() -> None:
    of = found()
    blocks = make_blocks(of.stage.problem, 1, of.states, None)
    assert blocks is not None and blocks.environment.tolist() == [e for e in range(4) for _ in range(3)]
    for e, out, kept in zip(
        blocks.environment, blocks.held_out.problem.recordings, blocks.training.problem.recordings, strict=True
    ):
        assert len(out.bounds) == 2 and len(kept.bounds) == 3
        values = np.sort(np.concatenate([out.y[:, 0], kept.y[:, 0]]))
        assert np.array_equal(values, np.sort(of.problem.recordings[e].y[:, 0]))
    single = found(1, 1, (0.1,))
    halves = make_blocks(single.stage.problem, 1, single.states, None)
    assert halves is not None
    late, early = halves.held_out.problem.recordings
    assert early.t.max() < late.t.min() and len(early.t) + len(late.t) == 41


def test_held_out_deviance_is_that_of_coefficients_from_the_rest() -> None:
    of = found()
    fits = [fit for fit in contenders(of.evaluator, of.stage, of.states, all_sizes=False) if (fit.mask == TRUE).all()]
    blocks = make_blocks(of.stage.problem, 1, of.states, None)
    assert blocks is not None
    value = cross_validate(blocks, fits)
    trained = blocks.training.fit(
        TRUE, fits[0].coef[blocks.environment], blocks.training_states, Control(60, 1e-8, 1e-6)
    )
    rate, brake = trained.coef[0]
    y, sd = of.problem.recordings[0].y[:41, 0], of.stage.problem.sd[0, 0]
    grid = np.linspace(0.05, 0.2, 3001)
    cost = min(((logistic(start, rate, brake) - y) ** 2).sum() for start in grid) / sd**2
    # the start on a grid of 5e-5 costs less than 1e-2, and coefficients are known to 1 % of their error
    assert value.shape == (1, 12) and value[0, 0] == pytest.approx(41 * np.log(cost / 41 + 1e-3), abs=0.1)


def test_the_smallest_law_within_one_error_is_taken() -> None:
    deviances = np.array([[30.0, 10.0, 20.0], [5.0, 6.0, 4.5], [5.5, 4.0, 5.5], [9.0, 9.0, 9.0]])
    assert smallest_within_one_error(deviances, [1, 2, 3, 3]) == 1
    assert smallest_within_one_error(deviances, [3, 3, 2, 1]) == 2
    # a gain of 12 by one term more is believed among few, not among 1000 possible ones (2 log 1000 = 13.8)
    close = np.array([[12.0, 12.0, 12.0], [8.0, 8.0, 8.0]])
    assert smallest_within_one_error(close, [1, 2]) == 1
    assert smallest_within_one_error(close, [1, 2], 1000) == 0


def test_surprise_is_the_gaussian_marginal() -> None:
    rng = np.random.default_rng(0)
    root, other = rng.standard_normal((2, 3, 3))
    fisher, covariance = root @ root.T, other @ other.T
    coef, mean = rng.standard_normal((2, 3))
    total = np.linalg.inv(fisher) + covariance
    expected = np.linalg.slogdet(fisher @ total)[1] + (coef - mean) @ np.linalg.solve(total, coef - mean)
    assert surprise(coef, fisher, mean, covariance) == pytest.approx(expected)
    coef[1] = np.nan  # not observed: as if the term did not exist
    keep = np.ix_([0, 2], [0, 2])
    assert surprise(coef, fisher, mean, covariance) == pytest.approx(
        surprise(coef[[0, 2]], fisher[keep], mean[[0, 2]], covariance[keep])
    )


def constant_law(coef: list[float], information: float) -> Fit:
    """A fit of one coefficient, known with the same information everywhere."""
    E = len(coef)
    return Fit(
        np.ones((1, 1), bool),
        np.array(coef)[:, None],
        [np.zeros((1, 1))] * E,
        np.full(E, 100.0),
        np.full((E, 1, 1), information),
        np.ones((E, 1)),
        np.full(E, 100.0),
        True,
    )


def test_an_environment_unlike_the_others_is_badly_foretold() -> None:
    fit = constant_law([1.0, 1.1, 0.9, 1.05, 3.0], 1e4)
    excess = leave_one_environment_out(fit) - deviance(fit)
    assert np.argmax(excess) == 4 and excess[4] > 20.0
    # alike everywhere: foretelling costs little; log(1 + F V) with V the error of the mean, 1 / (4 F)
    alike = constant_law([1.0] * 5, 1e4)
    assert (leave_one_environment_out(alike) - deviance(alike)).max() == pytest.approx(np.log(1.25), abs=0.01)


def test_models_of_trajectories_add_up() -> None:
    of = found()
    start = of.stage.fit
    fit = of.evaluator.fit(start.mask, start.coef, of.states, Control(60, 1e-9, 1e-6))  # at the optimum of the starts
    runs = by_trajectory(of.evaluator, fit, of.evaluator.states(fit, of.states))
    whole = quadratic_model(of.evaluator, fit)
    assert runs is not None and whole is not None and runs.first.tolist() == [0, 3, 6, 9, 12]
    for e in range(4):
        own = slice(runs.first[e], runs.first[e + 1])
        np.testing.assert_allclose(runs.model.gram[own].sum(axis=0), whole.gram[e], rtol=1e-4)
        np.testing.assert_allclose(runs.model.cross[own].sum(axis=0), whole.cross[e], rtol=1e-3)
        assert runs.model.empty[own].sum() == pytest.approx(whole.empty[e], rel=1e-4)


def test_resamples_follow_the_seed() -> None:
    of = found()
    runs = by_trajectory(of.evaluator, of.stage.fit, of.states)
    assert runs is not None
    first, again, other = (
        selection_frequency(runs, of.stage, np.random.default_rng(seed), n_resamples=12)[0] for seed in (0, 0, 1)
    )
    assert np.array_equal(first, again) and ((first >= 0) & (first <= 1)).all() and other.shape == (1, 4)


def test_a_law_that_cannot_be_integrated_is_handed_on() -> None:
    of = found()
    lost = replace(of.stage, fit=replace(of.stage.fit, cost=np.full(4, np.inf)))
    assert chosen("cv", replace(of, stage=lost)).fit is lost.fit


def test_the_record_marks_the_choice() -> None:
    of = found()
    choice = chosen("cv", of)
    last = rejudged(of.stage, choice, "cv")
    table = laws([last], TABLE, choice.fit.mask)
    assert sum(own.reason == "chosen" for own in table) == 1 and len(table) == len(choice.scores)
    assert rivals(table, "stability") == () and all(own.distance < 6 for own in rivals(table, "cv"))


@pytest.mark.parametrize(
    ("criterion", "of", "message"),
    [
        ("loeo", (0, 2, (0.1, 3.0)), "at least 3 environments, the data have 2: use criterion='cv'"),
        ("stability", (1, 1, (0.1,)), "at least 2 of either"),
    ],
)
def test_too_few_data_are_refused_with_a_remedy(criterion: str, of: tuple, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_enough(criterion, found(*of).problem)


@pytest.mark.parametrize("criterion", LATER)
def test_the_estimator_says_what_was_done(criterion: str) -> None:
    model = SpReME(library=PolynomialLibrary(degree=2), criterion=criterion, random_state=0).fit(recordings(2))
    assert model.equations() == ["c_x_1*x + c_x_2*x**2"] and model.status_ == "converged"
    assert model.selection_.criterion == criterion and "after a search by BIC" in model.selection_.reason
    assert [own.reason for own in model.path_.laws].count("chosen") >= 1
    if criterion == "stability":
        assert "x 100%" in model.selection_.reason
    again = SpReME(library=PolynomialLibrary(degree=2), criterion=criterion, random_state=0).fit(recordings(2))
    assert np.array_equal(again.coef_, model.coef_) and again.selection_.reason == model.selection_.reason
