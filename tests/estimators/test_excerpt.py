"""Long recordings: what the search sees of them, and that the law is fitted to all of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from spreme import PolynomialLibrary, SpReME, Trajectories
from spreme.data import Trajectory
from spreme.estimators import by_likelihood, excerpt, prepared
from spreme.estimators.excerpt import is_excerpt, n_samples

Array = NDArray[np.float64]


def sine(n: int, step: float, period: float = 1.0) -> Trajectory:
    """A wave of one state."""
    t = step * np.arange(n)
    return Trajectory(t, np.sin(2 * np.pi * t / period)[:, None], "A")


def decay(n: int, rate: float, seed: int, cubic: float = 0.0) -> tuple[Array, Array]:
    """Noisy damped oscillations that are kicked again and again, as starts of their own: times and states (n, 2)."""
    rng = np.random.default_rng(seed)
    t = np.linspace(0.0, 40.0, n)
    x, v = np.empty(n), np.empty(n)
    x[0], v[0], h = 1.0, 0.0, t[1]
    for i in range(n - 1):  # the midpoint rule is exact enough: 1e-6 of the noise at these steps
        mx, mv = x[i] + h / 2 * v[i], v[i] + h / 2 * (-x[i] - rate * v[i] - cubic * x[i] ** 3)
        x[i + 1], v[i + 1] = x[i] + h * mv, v[i] + h * (-mx - rate * mv - cubic * mx**3)
    return t, np.column_stack([x, v]) + 0.05 * rng.standard_normal((n, 2))


def test_what_is_short_is_searched_as_it_is() -> None:
    runs = [[sine(500, 0.01)], [sine(900, 0.02)]]
    part = excerpt.excerpt(runs, 1400)
    assert part[0][0] is runs[0][0] and part[1][0] is runs[1][0]
    assert not is_excerpt(part, runs)


def test_a_period_of_very_many_samples_is_thinned_to_a_hundred() -> None:
    run = sine(20_000, 1e-3)  # a thousand samples a period, twenty periods
    (kept,) = excerpt.excerpt([[run]], 2000)[0]
    step = np.diff(kept.t)
    assert np.allclose(step, step[0])
    assert 80 <= 1.0 / step[0] <= 130  # the period is told within a fifth
    assert kept.t[0] == run.t[0] and kept.t[-1] > run.t[-1] - step[0]


def test_long_recordings_leave_stretches_with_the_beginning_among_them() -> None:
    run = sine(50_000, 0.02)  # fifty samples a period: none to spare
    kept = excerpt.excerpt([[run]], 6000)[0]
    assert kept[0].t[0] == run.t[0] and kept[-1].t[-1] == run.t[-1]
    assert all(np.allclose(np.diff(own.t), 0.02) for own in kept)
    assert 5000 < n_samples([kept]) <= 6000
    assert is_excerpt([kept], [[run]])


def test_of_very_many_trajectories_some_are_searched() -> None:
    runs = [replace(sine(200, 0.02), index=i) for i in range(100)]
    kept = excerpt.excerpt([runs], 3000)[0]
    assert 10 <= len(kept) <= 20
    assert {kept[0].index, kept[-1].index} == {0, 99}


def test_each_environment_keeps_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excerpt, "LEAST", 100)
    runs = [[sine(50_000, 0.02)], [sine(700, 0.02)]]
    part = excerpt.excerpt(runs, 4000)
    assert part[1][0] is runs[1][0], "what is below its share stays whole"
    assert n_samples([part[0]]) <= 2000


def test_inputs_keep_all_their_samples_within_a_stretch() -> None:
    run = sine(20_000, 1e-3)
    driven = replace(run, u=run.x.copy())
    kept = excerpt.excerpt([[driven]], 2000)[0]
    assert all(np.allclose(np.diff(own.t), 1e-3) and own.u is not None and len(own.u) == len(own.t) for own in kept)


def test_missing_values_and_rest_do_not_hide_the_period() -> None:
    run = sine(60_000, 1e-3)
    x = run.x.copy()
    x[:30_000] = np.nan  # nothing at all was seen in the first half
    (kept,) = excerpt.excerpt([[replace(run, x=x)]], 8000)[0]
    assert 3 <= np.median(np.diff(kept.t)) / 1e-3 <= 15


def test_the_law_is_fitted_to_all_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same terms, coefficients and errors as without an excerpt, up to where segments are cut."""
    runs = [decay(4000, rate, seed) for seed, rate in enumerate((0.1, 0.14))]
    data = Trajectories([x for _, x in runs], [t for t, _ in runs], env=["a", "b"], state_names=["x", "v"])
    library = PolynomialLibrary(degree=2)
    whole = SpReME(library=library).fit(data)
    monkeypatch.setattr(prepared, "SEARCHED", 1200)
    monkeypatch.setattr(excerpt, "LEAST", 300)
    thinned = SpReME(library=library).fit(data)
    assert np.array_equal(whole.mask_, thinned.mask_)
    inside = whole.mask_
    assert np.abs((whole.coef_ - thinned.coef_)[:, inside] / whole.coef_std_[:, inside]).max() < 1.0
    ratio = thinned.coef_std_[:, inside] / whole.coef_std_[:, inside]
    assert ratio.min() > 0.8 and ratio.max() < 1.5, "the errors are those of all samples, not of a sixth of them"
    assert "of 8,000 samples 1,200 were searched and all fitted" in thinned.selection_.reason
    assert "samples" not in whole.selection_.reason


def test_a_term_that_only_all_samples_show_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [decay(8000, rate, seed, cubic=0.05) for seed, rate in enumerate((0.1, 0.14))]
    data = Trajectories([x for _, x in runs], [t for t, _ in runs], env=["a", "b"], state_names=["x", "v"])
    monkeypatch.setattr(prepared, "SEARCHED", 500)
    monkeypatch.setattr(excerpt, "LEAST", 150)
    seen = []
    original = by_likelihood._on_all_samples

    def spy(given, problem, options, search, last, pool):  # type: ignore[no-untyped-def]
        seen.append(last.fit.mask)
        return original(given, problem, options, search, last, pool)

    monkeypatch.setattr(by_likelihood, "_on_all_samples", spy)
    model = SpReME(library=PolynomialLibrary(degree=3)).fit(data)
    terms = [str(term) for term in model.terms_]
    assert not seen[0][1, terms.index("x**3")], "else this says nothing"
    assert model.mask_[1, terms.index("x**3")]


def test_a_law_that_fails_on_all_samples_stands_on_the_excerpt(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [decay(2000, rate, seed) for seed, rate in enumerate((0.1, 0.14))]
    monkeypatch.setattr(prepared, "SEARCHED", 800)
    monkeypatch.setattr(excerpt, "LEAST", 300)
    monkeypatch.setattr(by_likelihood, "search_all_samples", lambda *args: None)
    model = SpReME(library=PolynomialLibrary(degree=1)).fit([x for _, x in runs], [t for t, _ in runs], env=["a", "b"])
    assert "of 4,000 samples 800 were searched and 800 fitted" in model.selection_.reason


def test_more_samples_than_memory_holds_are_read_in_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Recordings on disk, of which stretches are read."""
    files = []
    for seed, rate in enumerate((0.1, 0.14)):
        t, x = decay(4000, rate, seed)
        stored = np.memmap(tmp_path / f"{seed}.bin", dtype=np.float64, mode="w+", shape=x.shape)
        stored[:] = x
        files.append((t, stored))
    monkeypatch.setattr(prepared, "FITTED", 3000)  # a share of 1500 is every third sample of 4000: 1334
    model = SpReME(library=PolynomialLibrary(degree=1)).fit(
        [x for _, x in files], [t for t, _ in files], env=["a", "b"]
    )
    assert [str(term) for term in np.array(model.terms_)[model.mask_.any(axis=0)]] == ["x0", "x1"]
    assert "of 8,000 samples 2,668 were searched and 2,668 fitted" in model.selection_.reason


def test_no_state_loses_all_its_values() -> None:
    """One state seen at every tenth sample only, one not at all for most of a recording."""
    run = sine(40_000, 1e-3)
    seldom = np.full(len(run.t), np.nan)
    seldom[5::10] = 1.0 + run.t[5::10]
    both = replace(run, x=np.column_stack([run.x[:, 0], seldom]))
    (kept,) = excerpt.excerpt([[both]], 4000)[0][:1]
    assert np.isfinite(kept.x).any(axis=0).all()
    long = sine(9000, 0.02)
    gap = 1.0 + long.t
    gap[2000:8000] = np.nan
    for most in (4500, 1000):
        parts = excerpt.excerpt([[replace(long, x=np.column_stack([long.x[:, 0], gap]))]], most)[0]
        assert parts and all(np.isfinite(part.x).any(axis=0).all() for part in parts)
    hidden = gap.copy()
    hidden[:1500] = hidden[8000:] = np.nan  # seen for 500 samples, which no stretch at equal distances meets
    (part,) = excerpt.excerpt([[replace(long, x=np.column_stack([long.x[:, 0], hidden]))]], 1000)[0]
    assert np.isfinite(part.x[:, 1]).sum() == 500
