"""Refit: least squares in every environment, errors that are calibrated, the choice of the window width."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t as t_distribution

from spreme.refit import Refit, refit
from spreme.selection import Regression

MASK = np.array([True, False, True, True, False])
COEF = np.array([[1.0, -2.0, 0.5], [3.0, 0.2, -1.0]])


def rows(rng: np.random.Generator, n: int, noise: float = 1.0) -> Regression:
    """Two environments of n rows."""
    thetas = [rng.standard_normal((n, 5)) * [1, 1, 2, 0.3, 1] for _ in COEF]
    targets = [theta[:, MASK] @ c + noise * rng.standard_normal(n) for theta, c in zip(thetas, COEF, strict=True)]
    return Regression(thetas, targets, np.full(2, float(n)), np.zeros(2))


def fit(*levels: Regression, mask: np.ndarray = MASK) -> Refit:
    return refit(lambda level, _: levels[level], len(levels), mask)


def test_equals_numpy() -> None:
    own = rows(np.random.default_rng(0), 30)
    found = fit(own)
    for e, (theta, y) in enumerate(zip(own.thetas, own.targets, strict=True)):
        coef, rss = np.linalg.lstsq(theta[:, MASK], y)[:2]
        np.testing.assert_allclose(found.coef[e], coef, rtol=1e-10)
        covariance = np.linalg.inv(theta[:, MASK].T @ theta[:, MASK]) * rss[0] / 27
        np.testing.assert_allclose(found.covariance[e], covariance, rtol=1e-9)
        student = t_distribution.ppf(0.975, len(own.targets[e]) - len(covariance)) / 1.96
        np.testing.assert_allclose(found.coef_std[e], student * np.sqrt(np.diag(covariance)), rtol=1e-6)
        assert found.residual[e] == pytest.approx(np.sqrt(rss[0] / 27))
    assert found.dependent == ()


@pytest.mark.parametrize("n", [12, 80])
def test_standard_errors_are_calibrated(n: int) -> None:
    rng = np.random.default_rng(1)
    draws = 400
    found = [fit(rows(rng, n, 0.7)) for _ in range(draws)]
    z = np.array([(own.coef - COEF) / own.coef_std for own in found])
    # 2400 values, at least 800 independent: the share inside has a standard error below 0.8 %; four of them
    assert np.mean(np.abs(z) < 1.96) == pytest.approx(0.95, abs=0.032)
    assert np.mean([own.residual**2 for own in found]) == pytest.approx(0.49, rel=0.05)
    assert np.abs(z.mean(axis=0)).max() < 5 * np.sqrt(1.3 / draws)


def test_rows_that_repeat_each_other_widen_the_errors() -> None:
    own = rows(np.random.default_rng(2), 60)
    fewer = own._replace(n_effective=np.array([60.0, 15.0]))
    np.testing.assert_allclose(fit(fewer).coef_std, fit(own).coef_std * np.array([[1.0], [2.0]]), rtol=1e-12)
    np.testing.assert_allclose(fit(fewer).coef, fit(own).coef)


def test_the_width_with_the_smallest_relative_errors_is_taken() -> None:
    rng = np.random.default_rng(3)
    noisy, clean = rows(rng, 40, 2.0), rows(rng, 40, 0.1)
    for levels in ((noisy, clean), (clean, noisy)):
        np.testing.assert_array_equal(fit(*levels).coef, fit(clean).coef)


def test_a_width_without_rows_for_an_environment_is_not_common() -> None:
    rng = np.random.default_rng(4)
    narrow, wide = rows(rng, 40, 0.1), rows(rng, 40, 1.0)
    narrow = Regression(
        [narrow.thetas[0], np.zeros((0, 5))], [narrow.targets[0], np.zeros(0)], np.array([40.0, 0.0]), np.zeros(2)
    )
    np.testing.assert_array_equal(fit(narrow, wide).coef, fit(wide).coef)


def test_without_a_common_width_every_environment_takes_its_own() -> None:
    rng = np.random.default_rng(5)
    one, two = rows(rng, 40), rows(rng, 40)
    empty = np.zeros((0, 5)), np.zeros(0)
    first = Regression([one.thetas[0], empty[0]], [one.targets[0], empty[1]], np.array([40.0, 0.0]), np.zeros(2))
    second = Regression([empty[0], two.thetas[1]], [empty[1], two.targets[1]], np.array([0.0, 40.0]), np.zeros(2))
    found = fit(first, second)
    np.testing.assert_array_equal(found.coef[0], fit(one).coef[0])
    np.testing.assert_array_equal(found.coef[1], fit(two).coef[1])
    assert np.isfinite(found.residual).all()


def test_unobserved_terms_are_nan_in_their_environment_only() -> None:
    own = rows(np.random.default_rng(6), 40)
    own.thetas[1][:, 2] = 0.0
    found = fit(own)
    assert np.isnan(found.coef).tolist() == [[False] * 3, [False, True, False]]
    assert np.isnan(found.coef_std).tolist() == [[False] * 3, [False, True, False]]
    assert found.dependent == ()


def test_dependent_terms_are_reported() -> None:
    own = rows(np.random.default_rng(7), 40)
    own.thetas[1][:, 3] = 2 * own.thetas[1][:, 2]
    assert fit(own).dependent == (1,)


def test_empty_mask() -> None:
    own = rows(np.random.default_rng(8), 40)
    found = fit(own, mask=np.zeros(5, bool))
    assert found.coef.shape == found.coef_std.shape == (2, 0)
    assert found.covariance.shape == (2, 0, 0)
    np.testing.assert_allclose(found.residual, [np.sqrt(np.mean(y**2)) for y in own.targets])


def test_exact_law() -> None:
    found = fit(rows(np.random.default_rng(9), 40, 0.0))
    np.testing.assert_allclose(found.coef, COEF, rtol=1e-12)
    assert (found.coef_std < 1e-12).all()


def test_units_of_terms_and_target() -> None:
    own = rows(np.random.default_rng(10), 40)
    unit = np.array([1e-6, 1, 1e3, 1e9, 1])
    other = own._replace(thetas=[t * unit for t in own.thetas], targets=[100 * y for y in own.targets])
    base, found = fit(own), fit(other)
    np.testing.assert_allclose(found.coef * unit[MASK] / 100, base.coef, rtol=1e-9)
    np.testing.assert_allclose(found.coef_std * unit[MASK] / 100, base.coef_std, rtol=1e-9)
