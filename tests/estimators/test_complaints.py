"""What a law found by the likelihood complains of, and what it only notes."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from estimators.test_spreme import lotka_volterra

from spreme import PolynomialLibrary, SpReME, Trajectories
from spreme.estimators.complaints import collinear

T = np.linspace(0, 8, 81)
LIBRARY = PolynomialLibrary(degree=2)
LAW = {"library": LIBRARY, "required": {"x": ["x", "x**2"]}, "max_terms": 2}


def logistic(start: float, brake: float, seed: int, noise: float = 0.02) -> np.ndarray:
    """Solution of x' = x - brake x^2, measured with noise."""
    x = start * np.exp(T) / (1 + brake * start * (np.exp(T) - 1))
    return (x + noise * np.random.default_rng(seed).standard_normal(len(T)))[:, None]


def fitted(x: list[np.ndarray], env: list[str], **options: object) -> tuple[SpReME, list[str]]:
    """A model and the warnings of its fit."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = SpReME(**{**LAW, **options}).fit(Trajectories(x, [T] * len(x), env=env, state_names=["x"]))
    return model, [str(own.message) for own in caught]


def test_good_data_raise_no_complaint() -> None:
    model, warned = fitted([logistic(0.05, 0.5, 0), logistic(0.05, 0.8, 1)], ["A", "B"])
    assert model.status_ == "converged" and not warned
    assert "at rest" not in model.selection_.reason and "no noise" not in model.selection_.reason


def test_trajectories_at_rest_are_noted() -> None:
    model, warned = fitted([logistic(0.05, 0.5, 0), logistic(2.0, 0.5, 1), logistic(0.05, 0.8, 2)], ["A", "A", "B"])
    assert model.status_ == "converged" and not warned
    assert "telling little: 1 of 3 trajectories (1 of 'A'; counted from 0)" in model.selection_.reason


def test_an_environment_at_rest_is_a_complaint() -> None:
    model, warned = fitted([logistic(0.05, 0.5, 0), logistic(1.25, 0.8, 1)], ["A", "B"])
    assert "no trajectory of environment 'B' moves beyond its noise" in model.status_ and len(warned) == 1


def test_data_without_noise_are_noted() -> None:
    model, warned = fitted([logistic(0.05, 0.5, 0, 0.0), logistic(0.05, 0.8, 1, 0.0)], ["A", "B"])
    assert model.status_ == "converged" and not warned
    assert "standard errors are those of rounding and integration" in model.selection_.reason


def test_collinear_terms_are_named() -> None:
    # the trajectory stays near x = 1, where x and x**2 differ by their slopes alone
    rng = np.random.default_rng(0)
    x = [(1.0 + 0.02 * np.exp(-rate * T) + 0.001 * rng.standard_normal(len(T)))[:, None] for rate in (0.8, 1.0)]
    model, warned = fitted(x, ["A", "B"], required={"x": ["1", "x", "x**2"]}, max_terms=3)
    assert "c_x_1 and c_x_2 and c_x_3 are known only together in environment 'A', 'B'" in model.status_
    assert len(warned) == 1


def test_groups_of_collinear_terms() -> None:
    a, b = np.array([1.0, 1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0, -1.0])
    covariance = np.outer(a, a) + np.outer(b, b) + 1e-6 * np.eye(4)
    assert collinear(covariance, np.ones(4)) == [(0, 1), (2, 3)]
    # small errors mislead nobody, and what is not observed is in no group
    assert collinear(covariance, np.array([1.0, 1.0, 100.0, 100.0])) == [(0, 1)]
    covariance[1] = covariance[:, 1] = np.nan
    assert collinear(covariance, np.array([1.0, np.nan, 1.0, 1.0])) == [(2, 3)]


def test_a_law_that_is_well_known_has_no_pairs() -> None:
    assert SpReME(library=LIBRARY).fit(lotka_volterra(0.02)).status_ == "converged"


@pytest.mark.parametrize("tie", [None, "all"])
def test_a_wrong_tie_is_not_blamed_on_the_library(tie: str | None) -> None:
    model, warned = fitted([logistic(0.05, 0.5, 0), logistic(0.05, 0.9, 1)], ["A", "B"], tie=tie)
    assert ("disagree" in model.status_) == (tie is not None) == bool(warned)
    assert "library may lack" not in model.status_
