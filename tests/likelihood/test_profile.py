"""Profile likelihood: Wald's interval where the problem is linear, the right one where it is not, and its coverage."""

from __future__ import annotations

import math
import warnings
from itertools import pairwise
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from scipy.optimize import brentq, least_squares

from spreme import PolynomialLibrary, SpReME, Trajectories
from spreme.likelihood.profile import Profile
from spreme.plotting import plot_profile

mpl.use("Agg")

CHI2 = 3.841458820694124
TERMS = {"x": ["1", "x"]}


def relaxation(rate: float, noise: float, seed: int, n_runs: int = 3, step: float = 0.7) -> Trajectories:
    """Relaxation from 2 to 1, x' = rate - rate x."""
    t = np.arange(0, 8.0, step)
    rng = np.random.default_rng(seed)
    return Trajectories(
        [1 + np.exp(-rate * t) + noise * rng.standard_normal(len(t)) for _ in range(n_runs)], t, state_names=["x"]
    )


def fitted(data: Trajectories) -> SpReME:
    """Fit the true terms; of a fast decay the fit warns that most samples are at rest."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "all trajectories of environment 0 rest")
        return SpReME(library=PolynomialLibrary(degree=1), allowed=TERMS, required=TERMS).fit(data)


def exact_deviance(data: Trajectories, rate: float) -> float:
    """Sum of squares with the rate held, by the closed form of the solution: level and starts are linear in it."""
    n, m = len(data), len(data.t[0])
    decay = np.exp(-rate * data.t[0])
    columns = np.zeros((n * m, n + 1))
    for i in range(n):
        columns[i * m : (i + 1) * m, 0] = 1.0 - decay  # x = level + (start - level) decay
        columns[i * m : (i + 1) * m, 1 + i] = decay
    y = np.concatenate([x[:, 0] for x in data.x])
    return float(np.linalg.lstsq(columns, y, rcond=None)[1][0])


def exact_interval(data: Trajectories) -> tuple[float, float, float]:
    """Estimate and interval of the rate from the closed form."""
    found = least_squares(lambda k: math.sqrt(exact_deviance(data, float(k[0]))), [2.0], xtol=1e-12)
    best = float(found.x[0])
    n_values = sum(len(t) for t in data.t)
    least = exact_deviance(data, best)
    variance = least / (n_values - 2 - len(data))
    rise = lambda k: (exact_deviance(data, k) - least) / variance - CHI2  # noqa: E731
    return best, brentq(rise, 0.2 * best, best), brentq(rise, best, 10 * best)


def test_linear_problems_have_the_interval_of_wald() -> None:
    """With 1 % noise the likelihood is a parabola to within 1 % of its width."""
    data = relaxation(1.0, 0.01, seed=1, step=0.2)
    found = fitted(data).profile_likelihood(data, "x", "x")
    assert found.status == "converged"
    assert found.lower == pytest.approx(found.wald[0], abs=0.05 * found.std)
    assert found.upper == pytest.approx(found.wald[1], abs=0.05 * found.std)
    z = np.sqrt(np.maximum(found.deviance, 0))
    assert z == pytest.approx(np.abs(found.values - found.estimate) / found.std, abs=0.05)
    assert (np.diff(found.values) >= 0).all() and found.estimate in found.values


def test_nonlinear_problems_have_the_interval_of_the_closed_form() -> None:
    """Coarse samples of a fast decay: the data bound the rate from below far better than from above."""
    data = relaxation(2.5, 0.05, seed=0)
    model = fitted(data)
    found = model.profile_likelihood(data, "x", "x")
    best, slow, fast = exact_interval(data)
    assert found.estimate == pytest.approx(-best, abs=0.02 * found.std)  # the precision of a fit
    assert (-found.upper, -found.lower) == pytest.approx((slow, fast), abs=0.03 * found.std)
    assert found.estimate - found.lower > 1.15 * (found.upper - found.estimate)
    assert found.wald[0] == pytest.approx(model.conf_int()["lower"][1], rel=0.02)


def test_an_unbounded_side_is_infinite_and_says_so() -> None:
    data = relaxation(3.0, 0.3, seed=0)
    found = fitted(data).profile_likelihood(data, "x", "x")
    assert found.lower == -math.inf and found.estimate < found.upper < 0
    assert "do not bound" in found.status and "-inf to" in str(found) and "note:" in str(found)
    assert found.deviance.max() < 2 * CHI2


def test_level_and_points() -> None:
    data = relaxation(1.0, 0.05, seed=2)
    model = fitted(data)
    narrow = model.profile_likelihood(data, "x", "x", level=0.5)
    wide = model.profile_likelihood(data, "x", "x", level=0.99, n_points=40)
    assert wide.lower < narrow.lower < narrow.upper < wide.upper
    assert len(wide.values) > len(narrow.values) and wide.limit == pytest.approx(6.6349, abs=1e-3)
    inside = np.interp([narrow.lower, narrow.upper], wide.values, wide.deviance)
    assert inside == pytest.approx(narrow.limit, abs=0.05)


def test_one_environment_of_several_and_all_coefficients() -> None:
    """Environments without shared coefficients are fitted apart: the others do not matter."""
    parts = [relaxation(rate, 0.03, seed) for seed, rate in enumerate((0.8, 1.2))]
    x, t = [x for part in parts for x in part.x], parts[0].t[0]
    data = Trajectories(x, t, env=["a"] * 3 + ["b"] * 3, state_names=["x"])
    model = fitted(data)
    both = model.profile_likelihood(data, "x", "x", env="b")
    alone = model.profile_likelihood(data.where(env="b"), "x", "x", env="b")
    assert both.env == "b" and (alone.lower, alone.upper) == pytest.approx((both.lower, both.upper), abs=1e-3)
    assert both.estimate == pytest.approx(model.coef_[1, 0, 1], abs=0.02 * both.std)
    assert both.std == pytest.approx(model.coef_std_[1, 0, 1], rel=0.02)
    level = model.profile_likelihood(data, "x", "1", env="b")
    assert level.lower < 1.2 < level.upper


def test_the_law_of_a_file_does_as_well(tmp_path: Any) -> None:
    data = relaxation(1.0, 0.05, seed=2)
    model = fitted(data)
    model.save(tmp_path / "model.json")
    again = SpReME.load(tmp_path / "model.json").profile_likelihood(data, "x", "x")
    assert np.array_equal(again.deviance, model.profile_likelihood(data, "x", "x").deviance)


def test_regression_laws_can_be_profiled() -> None:
    data = relaxation(1.0, 0.02, seed=3, step=0.2)
    model = SpReME(library=PolynomialLibrary(degree=1), allowed=TERMS, required=TERMS, refine=None).fit(data)
    found = model.profile_likelihood(data, "x", "x")
    assert found.lower < -1.0 < found.upper and found.status == "converged"


def test_coverage() -> None:
    """Of 60 intervals of level 0.9, 54 should hold the truth, give or take 2.3; Wald's miss it on one side only."""
    hits = []
    for seed in range(60):
        data = relaxation(2.0, 0.08, seed=100 + seed, step=0.5)
        found = fitted(data).profile_likelihood(data, "x", "x", level=0.9, n_points=8)
        hits.append(found.lower < -2.0 < found.upper)
    assert 47 <= sum(hits) <= 60


def test_what_is_refused() -> None:
    data = relaxation(1.0, 0.05, seed=2)
    model = SpReME(library=PolynomialLibrary(degree=2), allowed=TERMS, required=TERMS).fit(data)
    for arguments, message in (
        ((data, "y", "x"), "unknown state 'y'"),
        ((data, "x", "x**2"), r"has no term 'x\*\*2': it has 1, x"),
        ((data, "x", "x", "cold"), "'cold' was not fitted"),
        ((data, "x", "x", 0, 95), "between 0 and 1"),
        ((data, "x", "x", 0, 0.9, 2), "at least 4"),
        ((Trajectories(data.x, data.t, env=["b"] * 3), "x", "x"), "no environment 0"),
    ):
        with pytest.raises(ValueError, match=message):
            model.profile_likelihood(*arguments)


def test_picture() -> None:
    data = relaxation(2.5, 0.05, seed=0)
    found = fitted(data).profile_likelihood(data, "x", "x")
    axes = found.plot()
    assert axes.get_ylabel() == "deviance" and len(axes.lines) == 3
    unbounded = Profile(np.r_[-3.0, 0, 1], np.r_[1.0, 0, 4], 0.0, 1.0, -math.inf, 0.9, 0.95, "", "x", "x", "a")
    assert plot_profile(unbounded, axes) is axes
    with pytest.raises(TypeError, match="needs a Profile"):
        plot_profile("x")  # type: ignore[arg-type]
    axes.figure.clear()


def logistic_growth(
    tie: object, brakes: tuple[float, ...] = (0.5, 0.7, 1.0), noise: float = 0.005
) -> tuple[SpReME, Trajectories]:
    """x' = x - b x^2 in three environments with a growth rate that they share; small errors: all is linear."""
    t, rng = np.linspace(0, 6, 41), np.random.default_rng(4)
    x = [
        0.1 * np.exp(t) / (1 + brake * 0.1 * (np.exp(t) - 1)) + noise * rng.standard_normal(len(t)) for brake in brakes
    ]
    data = Trajectories(x, t, env=["a", "b", "c"], state_names=["x"])
    terms = {"x": ["x", "x**2"]}
    return SpReME(library=PolynomialLibrary(degree=2), allowed=terms, required=terms, tie=tie).fit(data), data


def assert_wald(found: Profile, estimate: float, std: float) -> None:
    """The profile is the parabola that the joint errors foretell, to the precision of fits and 1 % noise."""
    assert found.status == "converged"
    assert found.estimate == pytest.approx(estimate, abs=0.03 * std) and found.std == pytest.approx(std, rel=0.02)
    half = math.sqrt(CHI2) * std
    assert (found.lower, found.upper) == pytest.approx((estimate - half, estimate + half), abs=0.06 * std)
    z = np.sqrt(np.maximum(found.deviance, 0))
    assert z == pytest.approx(np.abs(found.values - found.estimate) / found.std, abs=0.06)


@pytest.mark.parametrize("env", [None, "b"])
def test_a_tied_coefficient_moves_in_all_environments(env: str | None) -> None:
    model, data = logistic_growth({"x": ["x"]})
    found = model.profile_likelihood(data, "x", "x", env=env)
    assert found.env == "all environments" and "all environments:" in str(found)
    assert_wald(found, model.coef_[0, 0, 1], model.coef_std_[0, 0, 1])
    # three environments know it better than the best of them alone
    free = logistic_growth(None)[0]
    assert found.std < 0.8 * free.coef_std_[:, 0, 1].min()


def test_other_shared_coefficients_follow() -> None:
    """With all terms shared the environments are one long recording of one law."""
    model, data = logistic_growth("all", (0.7, 0.7, 0.7), noise=0.05)
    alone = Trajectories(data.x, data.t, state_names=["x"])
    terms = {"x": ["x", "x**2"]}
    one = SpReME(library=PolynomialLibrary(degree=2), allowed=terms, required=terms).fit(alone)
    for term in ("x", "x**2"):
        shared, whole = (own.profile_likelihood(own_data, "x", term) for own, own_data in ((model, data), (one, alone)))
        # environments get noise of their own: weights differ by the scatter of three estimates from 41 values
        assert (shared.lower, shared.upper) == pytest.approx((whole.lower, whole.upper), abs=0.5 * whole.std)


def test_own_coefficients_beside_shared_ones_know_what_the_others_say() -> None:
    model, data = logistic_growth({"x": ["x"]})
    found = model.profile_likelihood(data, "x", "x**2", env="c")
    assert found.env == "c"
    assert_wald(found, model.coef_[2, 0, 2], model.coef_std_[2, 0, 2])


def test_shared_coefficients_need_all_data() -> None:
    model, data = logistic_growth({"x": ["x"]})
    with pytest.raises(ValueError, match="no environment 'a' whose coefficients are shared"):
        model.profile_likelihood(data.where(env="b"), "x", "x", env="b")


def test_terminals_show_the_text() -> None:
    data = relaxation(1.0, 0.05, seed=2)
    found = fitted(data).profile_likelihood(data, "x", "x")
    assert repr(found) == str(found) and "(profile likelihood)" in repr(found)


@pytest.mark.parametrize(
    ("centre", "width"), [(-1.0, 1e-3), (-123.456, 1e-3), (2.6667, 1e-4), (1.2e6, 2.0), (0.5, 0.1)]
)
def test_tick_labels_do_not_overlap(centre: float, width: float) -> None:
    z = np.linspace(-3, 3, 13)
    own = Profile(
        centre + width * z, z**2, centre, width, centre - 2 * width, centre + 2 * width, 0.95, "", "x", "x", "a"
    )
    axes = plot_profile(own)
    axes.figure.canvas.draw()
    first, last = axes.get_xlim()
    ticks = [t for t in axes.xaxis.get_major_ticks() if first <= t.get_loc() <= last and t.label1.get_text()]
    boxes = [tick.label1.get_window_extent() for tick in ticks]
    assert len(boxes) >= 2
    assert all(left.x1 < right.x0 for left, right in pairwise(boxes))
    axes.figure.clear()
