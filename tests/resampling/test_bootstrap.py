"""Bootstrap: resamples of both kinds, the same whoever makes them."""

from __future__ import annotations

import joblib
import numpy as np
import pytest
from numpy.typing import NDArray

from spreme import Bootstrap, PolynomialLibrary, SpReME, Trajectories, bootstrap

Array = NDArray[np.float64]
T = np.linspace(0.0, 4.0, 41)
NOISE = 0.02


def decays(n_trajectories: int, seed: int = 0) -> Trajectories:
    """Exponential decays in two environments."""
    rng, x, env = np.random.default_rng(seed), [], []
    for label, rate in (("cold", 0.5), ("hot", 1.0)):
        for start in np.linspace(0.5, 1.5, n_trajectories):
            x.append(start * np.exp(-rate * T) + NOISE * rng.standard_normal(len(T)))
            env.append(label)
    return Trajectories(x, T, env=env, state_names=["x"])


def fitted(data: Trajectories, degree: int = 2) -> SpReME:
    """A quick fit; of degree 1 there is only one term to choose."""
    return SpReME(library=PolynomialLibrary(degree=degree, include_bias=degree > 1)).fit(data)


@pytest.mark.parametrize(("n_trajectories", "kind"), [(6, "trajectories"), (1, "noise")])
def test_it_scatters_as_the_standard_errors_say(n_trajectories: int, kind: str) -> None:
    data = decays(n_trajectories)
    model = fitted(data, degree=1)
    found = bootstrap(model, data, n_resamples=60)
    assert np.array_equal(found.mask, model.mask_) and found.same_law == 1.0
    ratio = found.std()[:, model.mask_] / model.coef_std_[:, model.mask_]
    # a standard deviation of 60 draws is right within 10 %; six trajectories drawn six times scatter a tenth less
    assert ratio.min() > 0.55 and ratio.max() < 1.4
    lower, upper = np.moveaxis(found.interval(), -1, 0)[:, :, model.mask_]
    assert (lower < model.coef_[:, model.mask_]).all() and (model.coef_[:, model.mask_] < upper).all()
    same = bootstrap(model, data, n_resamples=3, kind=kind)
    assert np.array_equal(same.coefs, found.coefs[:3]), "auto chose another kind"


def test_the_result_does_not_depend_on_who_computes() -> None:
    data = decays(4)
    model = fitted(data)
    alone = bootstrap(model, data, n_resamples=4, random_state=3)
    together = bootstrap(model, data, n_resamples=4, random_state=3, n_jobs=2)
    with joblib.parallel_config(backend="threading", n_jobs=2):
        threads = bootstrap(model, data, n_resamples=4, random_state=3)
    assert np.array_equal(alone.coefs, together.coefs) and np.array_equal(alone.coefs, threads.coefs)
    other = bootstrap(model, data, n_resamples=4, random_state=4)
    assert not np.array_equal(alone.coefs, other.coefs)


@pytest.mark.slow
def test_a_dask_cluster_gives_the_same() -> None:
    distributed = pytest.importorskip("distributed")
    data = decays(4)
    model = fitted(data)
    alone = bootstrap(model, data, n_resamples=4)
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster),
        joblib.parallel_config(backend="dask"),
    ):
        together = bootstrap(model, data, n_resamples=4)
    assert np.array_equal(alone.coefs, together.coefs)


def test_doubt_about_a_term_shows() -> None:
    """A quadratic term about as large as its standard error is chosen by some resamples only."""
    rng = np.random.default_rng(1)
    x = [start * np.exp(-0.5 * T) / (1 + 0.1 * start * (1 - np.exp(-0.5 * T))) for start in (0.8, 1.0, 1.2, 1.4)]
    data = Trajectories([own + 0.05 * rng.standard_normal(len(T)) for own in x], T, state_names=["x"])
    found = bootstrap(fitted(data), data, n_resamples=20)
    assert ((found.inclusion > 0.0) & (found.inclusion < 1.0)).any()
    assert found.same_law < 1.0


def test_the_table_and_the_text_name_what_was_found() -> None:
    data = decays(4)
    found = bootstrap(fitted(data), data, n_resamples=5)
    table = found.to_frame()
    assert list(table.columns) == ["state", "term", "in_model", "inclusion", "env", "std", "lower", "upper"]
    assert set(table["env"]) == {"cold", "hot"}
    assert "x':" in str(found) and "5 fits" in repr(found)
    assert found.to_frame("polars").shape == table.shape


def test_failures_are_counted_not_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    data = decays(4)
    model = fitted(data)
    fit, calls = SpReME.fit, []

    def fail_once(self: SpReME, *args: object, **kwargs: object) -> SpReME:
        calls.append(1)
        if len(calls) == 2:
            raise ValueError("no row could be made")
        return fit(self, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(SpReME, "fit", fail_once)
    found = bootstrap(model, data, n_resamples=4)
    assert len(found.masks) == 3 and found.failures == ("no row could be made",)
    assert "1 fits failed" in str(found)


def test_what_cannot_be_resampled_is_named() -> None:
    data = decays(1)
    model = fitted(data)
    with pytest.raises(ValueError, match="environment 'cold' has one trajectory"):
        bootstrap(model, data, kind="trajectories")
    with pytest.raises(ValueError, match="unknown kind 'residuals'"):
        bootstrap(model, data, kind="residuals")
    with pytest.raises(ValueError, match="n_resamples must be a positive integer, got 0"):
        bootstrap(model, data, n_resamples=0)
    with pytest.raises(ValueError, match="environments"):
        bootstrap(model, data.where(env="cold"))
    with pytest.raises(ValueError, match="level is 95"):
        bootstrap(model, data, n_resamples=2).interval(95)
    with pytest.raises(ValueError, match="random_state must be a non-negative integer or None, got -1"):
        bootstrap(model, data, random_state=-1)
    with pytest.raises(TypeError, match="Trajectories of the fit, got list"):
        bootstrap(model, data.x)  # type: ignore[arg-type]


def test_environments_that_were_inferred_are_taken_as_known() -> None:
    given = decays(2)
    data = Trajectories(given.x, T, state_names=["x"])
    model = SpReME(PolynomialLibrary(degree=1, include_bias=False), env="infer").fit(data)
    assert model.labels_ is not None and model.labels_.tolist() == [0, 0, 1, 1]
    found = bootstrap(model, data, n_resamples=2)
    labelled = Trajectories(given.x, T, env=[0, 0, 1, 1], state_names=["x"])
    known = bootstrap(fitted(labelled, degree=1), labelled, n_resamples=2)
    assert found.environments == (0, 1) and found.failures == ()
    # the same starts and draws; laws found in one round or in two agree to the precision of the last fit
    np.testing.assert_allclose(found.coefs, known.coefs, rtol=1e-3)
    with pytest.raises(ValueError, match="fitted to 4 trajectories, the data have 3"):
        bootstrap(model, data[:3])


def test_data_in_other_units_give_the_same() -> None:
    pytest.importorskip("pint")
    data = decays(2).in_units({"x": "g"}, "h")
    model = fitted(data, degree=1)
    found = bootstrap(model, data, n_resamples=2)
    same = bootstrap(model, data.in_units({"x": "mg"}, "minute"), n_resamples=2)
    # to the rounding of units, magnified by the tolerances of fits
    np.testing.assert_allclose(same.coefs, found.coefs, rtol=1e-6)


def test_missing_values_stay_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    data = decays(1)
    x = [own.copy() for own in data.x]
    x[0][5] = np.nan
    data = Trajectories(x, T, env=data.env, state_names=["x"])
    model = fitted(data)
    seen: list[Trajectories] = []
    fit = SpReME.fit

    def watch(self: SpReME, given: Trajectories) -> SpReME:
        seen.append(given)
        return fit(self, given)

    monkeypatch.setattr(SpReME, "fit", watch)
    found = bootstrap(model, data, n_resamples=2)
    assert isinstance(found, Bootstrap)
    assert all(np.isnan(own.x[0][5, 0]) and np.isfinite(own.x[1]).all() for own in seen)
