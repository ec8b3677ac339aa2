"""Species that are as good as absent: not observed, or hardly known, and said so."""

from __future__ import annotations

import numpy as np
import pytest

from spreme import PolynomialLibrary, SpReME, Trajectories
from spreme.data import Trajectory
from spreme.estimators.absent_states import is_noise_around_zero, without_traces

T = np.linspace(0, 8, 81)
TERMS = {"x": ["x", "x**2"], "y": ["y", "x*y"]}


def grazed(present: np.ndarray | None, seed: int = 0, noise: float = 0.02) -> Trajectories:
    """Grazers y fade where grass x, which grows to its limit, is absent; environment "bare" measures `present`."""
    rng = np.random.default_rng(seed)
    x, env = [], []
    for label, start, brake in (("wet", 0.1, 0.5), ("dry", 0.2, 0.8), ("bare", 0.0, 1.0)):
        grass = start * np.exp(T) / (1 + brake * start * (np.exp(T) - 1))
        # the integral of the grass is log(1 + brake start (exp(t) - 1)) / brake
        grazers = np.exp(-0.6 * T) * (1 + brake * start * (np.exp(T) - 1)) ** (0.3 / brake)
        own = np.column_stack([grass, grazers]) + noise * rng.standard_normal((len(T), 2)) * [start > 0, 1]
        own[:, 0] = present if label == "bare" and present is not None else own[:, 0]
        x.append(own)
        env.append(label)
    return Trajectories(x, [T] * 3, env=env, state_names=["x", "y"])


def fitted(data: Trajectories) -> SpReME:
    return SpReME(library=PolynomialLibrary(degree=2), allowed=TERMS, required=TERMS).fit(data)


NOISE = np.random.default_rng(7).standard_normal(len(T))
TRACES = {
    "none at all": None,
    "rounding": 1e-9 * NOISE,
    "positive traces": np.abs(1e-7 * NOISE),
    "a constant with scatter": 1e-9 * (1 + 0.1 * NOISE),
}


@pytest.mark.parametrize("kind", TRACES)
def test_traces_are_not_observed(kind: str) -> None:
    model = fitted(grazed(TRACES[kind]))
    bare = model.environments_.index("bare")
    names = list(model.get_feature_names_out())
    unknown = np.isnan(model.coef_[bare])
    assert unknown[0][model.mask_[0]].all() and unknown[1, names.index("x*y")]
    # what remains is the fading of the grazers, to four standard errors
    value, std = model.coef_[bare, 1, names.index("y")], model.coef_std_[bare, 1, names.index("y")]
    assert abs(value + 0.6) < 4 * std < 0.05
    assert model.status_ == "converged"
    assert ("traces of x in environment 'bare'" in model.selection_.reason) == (kind != "none at all")
    # the other environments know nothing of it
    clean = fitted(grazed(None))
    np.testing.assert_allclose(model.coef_[:2], clean.coef_[:2], rtol=1e-6)


def test_noise_around_zero_leaves_large_errors_and_a_note() -> None:
    model = fitted(grazed(0.02 * NOISE))
    bare = model.environments_.index("bare")
    assert "x is nothing but noise around zero in environment 'bare'" in model.selection_.reason
    known = np.isfinite(model.coef_[bare, 0])
    assert (
        model.coef_std_[bare, 0][known & model.mask_[0]] > 0.3 * np.abs(model.coef_[bare, 0])[known & model.mask_[0]]
    ).all()


def test_small_states_that_move_are_kept() -> None:
    """A state of 1e-9 that decays as a state does tells its rate as well as a large one."""
    runs = [[Trajectory(T, np.exp(-T)[:, None], "a")], [Trajectory(T, 1e-9 * np.exp(-T)[:, None], "b")]]
    kept = without_traces(runs)
    assert kept[1][0].x is runs[1][0].x


def test_only_traces_become_zero_and_gaps_stay() -> None:
    trace = 1e-8 * NOISE
    trace[5] = np.nan
    runs = [
        [Trajectory(T, np.column_stack([np.exp(-T), np.exp(-T)]), "a")],
        [Trajectory(T, np.column_stack([trace, np.exp(-T)]), "b")],
    ]
    found = without_traces(runs)[1][0].x
    assert np.isnan(found[5, 0]) and (np.delete(found[:, 0], 5) == 0).all()
    assert (found[:, 1] == np.exp(-T)).all()


def test_noise_around_zero() -> None:
    columns = [NOISE, NOISE + 5.0, np.sin(T), np.zeros(len(T)), np.full(len(T), 2.0)]
    run = Trajectory(T, np.column_stack(columns), "a")
    assert is_noise_around_zero([run]).tolist() == [True, False, False, False, False]
    short = Trajectory(T[:5], NOISE[:5, None], "a")
    assert is_noise_around_zero([short]).tolist() == [False]
