"""The parts of the peers: what is computed more quickly here is what PySINDy computes."""

from __future__ import annotations

import numpy as np
import pytest

import systems
from spreme import Trajectories
from systems.methods import Task, stlsq_ensemble
from systems.methods.sindy import forecasts, recordings, rows, thresholding, tuning, weak_rows
from systems.setups import Measured
from systems.system import System

LOTKA = systems.get("lotka")
TABLE = LOTKA.library.table(LOTKA.states)


def runs(noise: float = 0.05, variant: str = "plain", system: System = LOTKA) -> list[recordings.Recording]:
    data = Measured(system, variant).training(noise).data
    return recordings.recordings(data.where(env=0), system.dt)


# -- recordings


@pytest.mark.parametrize("variant", ["irregular", "missing"])
def test_gaps_are_filled_on_the_regular_grid(variant: str) -> None:
    data = Measured(LOTKA, variant).training().data
    for run, whole in zip(data, recordings.recordings(data, 0.1), strict=True):
        np.testing.assert_allclose(np.diff(whole.t), 0.1)
        seen = np.searchsorted(whole.t, run.t - 1e-6)
        inside = (run.t >= whole.t[0] - 1e-9) & (run.t <= whole.t[-1] + 1e-9)
        kept, own = whole.x[seen[inside]], run.x[inside]
        np.testing.assert_allclose(kept[~np.isnan(own)], own[~np.isnan(own)], rtol=1e-9)


def test_inputs_are_interpolated_with_the_states() -> None:
    t = np.array([0.0, 0.1, 0.3, 0.4, 0.5, 0.6])
    data = Trajectories([2.0 * t], [t], u=[3.0 * t], state_names=["x"])
    (whole,) = recordings.recordings(data, 0.1)
    np.testing.assert_allclose(whole.t, 0.1 * np.arange(7))
    np.testing.assert_allclose(np.hstack([whole.x, whole.u]), np.outer(whole.t, [2.0, 3.0]))


def test_recordings_that_are_too_short_are_named() -> None:
    short = Trajectories([np.ones((5, 1))], 0.1, env=["cold"])
    with pytest.raises(ValueError, match=r"trajectory 0 \(environment 'cold'\) has 5 regular samples"):
        recordings.recordings(short, 0.1)


# -- thresholding


@pytest.mark.filterwarnings("ignore:Sparsity parameter is too big")
@pytest.mark.parametrize("name", ["lotka", "pendulum"])
def test_the_quick_copy_of_stlsq_is_stlsq(name: str) -> None:
    pysindy = pytest.importorskip("pysindy")
    system = systems.get(name)
    table, given = system.library.table(system.states), runs(system=system)
    form = tuning.Form(tuning.WINDOWS, rows.pointwise, rows.smoothed_states, tuple(np.logspace(-3, 0, 4)))
    for width in form.widths:
        made = form.rows(given, table, width)
        quick = thresholding.masks_on_grid(rows.reduce(made), form.settings(width))
        for setting, mask in zip(form.settings(width), quick, strict=True):
            optimizer = pysindy.STLSQ(threshold=setting.threshold, alpha=setting.alpha)
            np.testing.assert_array_equal(mask, optimizer.fit(*rows.scaled(made, setting.scaling)).coef_ != 0)


def test_thresholds_do_not_depend_on_their_neighbours() -> None:
    rng = np.random.default_rng(3)
    theta = rng.standard_normal((40, 12)) @ rng.standard_normal((12, 12))
    target = theta[:, :3] + 0.1 * rng.standard_normal((40, 3))
    thresholds = np.logspace(-2, 0.5, 15)
    together = thresholding.masks_of(theta, target, 0.05, thresholds)
    alone = [thresholding.masks_of(theta, target, 0.05, [own])[0] for own in thresholds]
    np.testing.assert_array_equal(together, alone)


def test_columns_of_zeros_are_never_found() -> None:
    theta = np.column_stack([np.linspace(1.0, 2.0, 20), np.zeros(20)])
    (mask,) = thresholding.masks_of(theta, theta[:, :1], 1e-5, [0.1])
    np.testing.assert_array_equal(mask, [[True, False]])


# -- the ensemble


@pytest.mark.filterwarnings("ignore:Sparsity parameter is too big")
def test_the_ensemble_is_that_of_pysindy() -> None:
    pysindy = pytest.importorskip("pysindy")
    made = rows.pointwise(runs(), TABLE, 11)
    n, n_models, before = len(made.theta), 12, np.random.get_state()  # noqa: NPY002
    for setting in (thresholding.Setting(11, "term", 1e-5, 0.1), thresholding.Setting(11, "state", 0.05, 0.2)):
        np.random.seed(5)  # noqa: NPY002 (PySINDy draws from it)
        optimizer = pysindy.STLSQ(threshold=setting.threshold, alpha=setting.alpha)
        ensemble = pysindy.EnsembleOptimizer(optimizer, bagging=True, n_models=n_models)
        ensemble.fit(*rows.scaled(made, setting.scaling))
        expected = (np.array(ensemble.coef_list) != 0).mean(axis=0)
        drawn = np.random.RandomState(5)
        counts = np.array([np.bincount(drawn.choice(range(n), n), minlength=n) for _ in range(n_models)])
        np.testing.assert_array_equal(stlsq_ensemble.inclusion(made, [setting], counts)[0], expected)
    np.random.set_state(before)  # noqa: NPY002


# -- the weak form


def test_weak_rows_are_those_of_pysindy() -> None:
    pysindy = pytest.importorskip("pysindy")
    before = np.random.get_state()  # noqa: NPY002
    np.random.seed(5)  # noqa: NPY002 (PySINDy draws from it)
    (run,) = runs()[:1]
    library = pysindy.WeakPDELibrary(
        pysindy.PolynomialLibrary(degree=2, include_bias=False), spatiotemporal_grid=run.t, K=20, H_xt=0.83
    )
    np.random.set_state(before)  # noqa: NPY002
    for (inside,), value, slope in zip(library.inds_k, library.fullweights0, library.fulltweights, strict=True):
        own_value, own_slope = weak_rows.weights(len(inside), 0.1)
        # PySINDy integrates powers up to s^9 term by term, whose differences over a step of 1/8 lose few digits
        np.testing.assert_allclose(own_value, value, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(own_slope, slope, rtol=1e-9, atol=1e-12)


def test_weak_rows_hold_for_the_true_law() -> None:
    given = runs(noise=0.0)
    truth = systems.true_coefficients(LOTKA, TABLE, [0])[0]
    for width in (0.1, 0.4):
        made = weak_rows.weak(given, TABLE, width, np.random.default_rng(0))
        assert made.theta.shape == (len(given) * weak_rows.N_DOMAINS, TABLE.n_terms)
        # linear interpolation errs by dt^2/8 of the second derivative, below 1 % of x at dt = 0.1 and periods above 5
        np.testing.assert_allclose(made.theta @ truth.T, made.x_dot, atol=0.02 * made.x_dot_rms.max())


def test_domains_lie_inside_whatever_their_size() -> None:
    for n, width in [(5, 0.05), (5, 0.4), (21, 0.05), (101, 0.4)]:
        first, n_samples = weak_rows.domains(n, width, np.random.default_rng(1))
        assert first.min() >= 0 and (first + n_samples).max() <= n and n_samples.min() >= 3


# -- forecasts and tuning


def test_forecasts_solve_the_equations() -> None:
    run = systems.simulate_clean(LOTKA, 1, 1)[0]
    coefs = systems.true_coefficients(LOTKA, TABLE, [0])
    total, n = forecasts.errors(TABLE, coefs, run.x[None, :1], [run.x[1:]], [run.inputs], LOTKA.dt)
    assert n == 200
    # The classical Runge-Kutta method at steps of 0.1 on a period of about 12: relative errors below 1e-5.
    assert total[0] < n * 1e-10


def test_forecasts_follow_their_inputs() -> None:
    table = systems.get("logistic").library.table(["x", "u"]).with_inputs(1)
    coef = np.zeros((1, 1, table.n_terms))
    coef[0, 0, table.index("u")] = 1.0  # x' = u: the trapezoidal sum of the inputs, linear between samples
    u = np.array([0.0, 2.0, -1.0, 3.0])
    x = forecasts.rollouts(table, coef, np.ones((1, 1, 1)), u[None, :, None], 3, 0.5, np.array([1e6]))
    np.testing.assert_allclose(x[0, 0, :, 0], [1.5, 1.75, 2.25])


def test_forecasts_that_run_away_are_capped() -> None:
    table = systems.get("logistic").library.table(["x"])
    coef = np.zeros((1, 1, table.n_terms))
    coef[0, 0, table.index("x**2")] = 50.0
    held_out = np.ones((20, 1))
    total, n = forecasts.errors(table, coef, np.ones((1, 1, 1)), [held_out], [np.zeros((21, 0))], 0.1)
    assert n == 20 and 0.9 * forecasts.CAP**2 < total[0] / n <= forecasts.CAP**2


def test_candidates_are_distinct_and_fitted_before_the_cut() -> None:
    given = runs()
    form = tuning.POINTWISE
    found = tuning.candidates(given, TABLE, form, form.settings(11), tuning.stlsq_of_reduced)
    masks = {(own.coef != 0).tobytes() for own in found}
    assert len(masks) == len(found)
    changed = [run._replace(x=np.vstack([run.x[:95], 10.0 * run.x[95:]])) for run in given]
    again = tuning.candidates(changed, TABLE, form, form.settings(11), tuning.stlsq_of_reduced)
    np.testing.assert_array_equal(again[0].coef, found[0].coef)  # 101 samples: 81 for training


def test_peers_draw_from_their_own_generator_only() -> None:
    pytest.importorskip("pysindy")
    data = Measured(LOTKA, "few").training().data
    tasks = [Task(data, LOTKA.library, np.random.default_rng(7), LOTKA) for _ in range(2)]
    first, second = (stlsq_ensemble.fit(own) for own in tasks)
    np.testing.assert_array_equal(first.coef, second.coef)
