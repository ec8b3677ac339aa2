"""Criteria against their formulas."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest

from spreme.selection import CRITERIA, Regression, check_criterion
from spreme.selection.criteria import scores

K = 6
MASKS = [np.isin(np.arange(K), terms) for terms in ([], [1], [1, 3], [0, 1, 3], [0, 2], [0, 1, 2, 3, 4, 5])]


def regression(seed: int, sizes: tuple[int, ...] = (40, 70), floor: float = 0.0) -> Regression:
    """Two environments, terms 1 and 3, unit noise; term 0 is not observed in the second."""
    rng = np.random.default_rng(seed)
    thetas = [rng.standard_normal((n, K)) for n in sizes]
    thetas[1][:, 0] = 0.0
    targets = [theta[:, [1, 3]] @ [3.0, -2.0] + rng.standard_normal(len(theta)) for theta in thetas]
    return Regression(thetas, targets, np.array(sizes) / 2.0, np.full(len(sizes), floor))


def deviance_and_price(own: Regression, mask: np.ndarray) -> tuple[float, float, float]:
    """Sum of n log(rss / n + floor), of s log n, and of n rss / n, environment by environment."""
    deviance = price = squares = 0.0
    for theta, y, n, floor in zip(own.thetas, own.targets, own.n_effective, own.floor, strict=True):
        seen = mask & theta.any(axis=0)
        rest = y - theta[:, seen] @ np.linalg.lstsq(theta[:, seen], y)[0] if seen.any() else y
        deviance += n * np.log(np.mean(rest**2) + floor)
        price += seen.sum() * np.log(n)
        squares += n * np.mean(rest**2)
    return deviance, price, squares


@pytest.mark.parametrize("floor", [0.0, 3.0])
def test_formulas_are_means_over_widths(floor: float) -> None:
    levels = [regression(0, floor=floor), regression(1, (30, 90), floor)]
    bic, rms = scores(levels, MASKS, "bic")
    ebic, _ = scores(levels, MASKS, "ebic")
    for i, mask in enumerate(MASKS):
        parts = np.sum([deviance_and_price(own, mask) for own in levels], axis=0)
        assert bic[i] == pytest.approx((parts[0] + parts[1]) / 2, rel=1e-10)
        assert ebic[i] == pytest.approx(bic[i] + 2 * np.log(comb(K, mask.sum())), rel=1e-10)
        assert rms[i] == pytest.approx(np.sqrt(parts[2] / sum(own.n_effective.sum() for own in levels)), rel=1e-10)


@pytest.mark.parametrize("criterion", CRITERIA)
def test_every_criterion_prefers_the_planted_terms(criterion: str) -> None:
    values, _ = scores([regression(seed) for seed in range(3)], MASKS, criterion)
    assert int(np.argmin(values)) == 2


def test_knee_is_the_largest_drop_between_falls(monkeypatch: pytest.MonkeyPatch) -> None:
    deviance = {0: 1000.0, 1: 600.0, 2: 100.0, 3: 90.0, 5: 80.0}
    masks = [np.arange(K) < size for size in (0, 1, 2, 3, 5)] + [np.arange(K) >= K - 2]
    # n log(mean square) = deviance for one row of weight one; the last mask is a worse one of size 2
    own = Regression([np.zeros((1, K))], [np.zeros(1)], np.ones(1), np.zeros(1))
    log_square = [*deviance.values(), 300.0]
    found = iter(log_square)
    monkeypatch.setattr(
        "spreme.selection.criteria.misfit", lambda *_: (np.exp(np.array([next(found) / 100])), np.zeros(1))
    )
    values, _ = scores([own], masks, "knee")
    # falls 400, 500, 10, 5 a term: drops 0 - 400, 400 - 500, ... in hundredths
    np.testing.assert_allclose(values, [4.0, 1.0, -4.9, -0.05, -0.05, np.inf], atol=1e-12)


def test_empty_environments_count_nothing() -> None:
    own = regression(0)
    more = Regression(
        [*own.thetas, np.zeros((0, K))], [*own.targets, np.zeros(0)], np.append(own.n_effective, 0.0), np.ones(3)
    )
    less = own._replace(floor=np.ones(2))
    np.testing.assert_allclose(scores([more], MASKS, "bic")[0], scores([less], MASKS, "bic")[0])


def test_exact_laws_do_not_break_the_logarithm() -> None:
    theta = np.random.default_rng(0).standard_normal((20, K))
    own = Regression([theta], [theta[:, 1]], np.full(1, 20.0), np.full(1, 1e-8))
    values, residuals = scores([own], MASKS, "bic")
    assert np.isfinite(values).all()
    assert int(np.argmin(values)) == 1
    assert residuals[1] < 1e-12


@pytest.mark.parametrize(
    ("name", "message"), [("aic", "unknown.*'bic'"), ("cv", "needs the likelihood.*'bic'"), (3, "unknown")]
)
def test_other_criteria_are_refused(name: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_criterion(name)
