"""Covariates come in several forms; whatever is wrong with them is named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from coefficient_laws.planted import fitted_model

from spreme import PolynomialLibrary, SpReME, coefficient_law
from spreme.coefficient_laws.covariates import read_covariates
from spreme.library import CustomLibrary

ENVIRONMENTS = ("A", "B", "C", "D", "E")
T = dict(zip(ENVIRONMENTS, [1.0, 2.0, 4.0, 3.0, 5.0], strict=True))
DOSE = dict(zip(ENVIRONMENTS, [0.0, 1.0, 0.0, 2.0, 1.0], strict=True))
ROWS = {env: {"T": T[env], "dose": DOSE[env]} for env in ENVIRONMENTS}


def model(n_environments: int = 5) -> SpReME:
    coef = np.linspace(1.0, 2.0, n_environments)[:, None]
    return fitted_model(coef, np.full((n_environments, 1, 1), 1e-4), ENVIRONMENTS[:n_environments])


@pytest.mark.parametrize(
    "given",
    [
        ROWS,
        {"T": T, "dose": DOSE},
        {**ROWS, "unseen": {"T": 9.0}},
        pd.DataFrame({"env": ENVIRONMENTS, "T": T.values(), "dose": DOSE.values()}),
        pl.DataFrame({"env": ENVIRONMENTS, "T": list(T.values()), "dose": list(DOSE.values())}),
        pd.DataFrame({"env": ENVIRONMENTS * 2, "T": [*T.values()] * 2, "dose": [*DOSE.values()] * 2}),
    ],
    ids=["by environment", "by name", "with others", "pandas", "polars", "repeated rows"],
)
def test_all_forms_give_the_same(given: Any) -> None:
    found = read_covariates(given, ENVIRONMENTS)
    assert found.names == ("T", "dose") and found.environments == ENVIRONMENTS
    np.testing.assert_array_equal(found.values, np.column_stack([list(T.values()), list(DOSE.values())]))


def test_one_number_for_each_environment() -> None:
    found = read_covariates(T, ENVIRONMENTS)
    assert found.names == ("z",) and found.values[:, 0].tolist() == list(T.values())


def test_labels_that_are_numbers() -> None:
    assert read_covariates({1: 2.0, 2: 4, 3: np.float32(3.0)}, (3, 1, 2)).values[:, 0].tolist() == [3.0, 2.0, 4.0]


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (3.0, TypeError, "covariates must be a dict environment -> .*got float"),
        ({}, ValueError, "environment 'A' of the model has no covariates|no covariates"),
        ({k: v for k, v in T.items() if k != "D"}, ValueError, "environment 'D' of the model has no covariates"),
        (
            {"T": {k: v for k, v in T.items() if k != "D"}},
            ValueError,
            "'D' of the model has no value of the covariate 'T'",
        ),
        ({**ROWS, "B": {"T": 2.0}}, ValueError, "'B' of the model has no value of the covariate 'dose'"),
        ({**ROWS, "B": 2.0}, TypeError, "environment 'B' has 2.0, others a dict"),
        ({**T, "C": float("nan")}, ValueError, "covariate 'z' of environment 'C' is nan: give a finite number"),
        ({**T, "C": float("inf")}, ValueError, "covariate 'z' of environment 'C' is inf"),
        ({**T, "C": None}, ValueError, "covariate 'z' of environment 'C' is nan"),
        ({**T, "C": "hot"}, TypeError, "covariate 'z' of environment 'C': numbers are expected, got 'hot'"),
        ({**T, "C": True}, TypeError, "covariate 'z' of environment 'C': numbers are expected, got True"),
        (dict.fromkeys(ENVIRONMENTS, 300), ValueError, r"covariate 'z' is constant \(300 in every environment\)"),
        ({"T": T, "K": {k: 273 + v for k, v in T.items()}}, ValueError, "covariates 'T' and 'K' change in proportion"),
        ({"2T": T}, ValueError, "covariate name '2T' is not allowed"),
        ({"x": T}, ValueError, "covariate 'x' has the name of a state"),
        ({"c_x_1": T}, ValueError, "covariate 'c_x_1' has the name of a state, an input or a coefficient"),
        (pd.DataFrame({"label": ENVIRONMENTS, "T": 1.0}), ValueError, "no column 'env' of environments, only label, T"),
        (pd.DataFrame({"env": ENVIRONMENTS}), ValueError, "no covariates: "),
        (
            pd.DataFrame({"env": [*ENVIRONMENTS, "A"], "T": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]}),
            ValueError,
            "environment 'A' has two values of the covariate 'T', 1.0 and 6.0",
        ),
        (pd.DataFrame({"env": ENVIRONMENTS, "T": list("abcde")}), TypeError, "covariate 'T' of environment 'A'"),
    ],
)
def test_what_cannot_be_used_is_named(given: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        coefficient_law(model(), given)


def test_a_frame_with_another_column_of_labels() -> None:
    frame = pd.DataFrame({"plot": ENVIRONMENTS, "T": T.values()})
    assert coefficient_law(model(), frame, env="plot").covariates.names == ("T",)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"library": "poly"}, TypeError, "library must be a library"),
        ({"library": CustomLibrary(["log(z - 1)"])}, ValueError, "term 'log.*' is not defined in environment 'A'"),
        ({"library": CustomLibrary(["y"])}, ValueError, "y"),
        ({"max_terms": 0}, ValueError, "max_terms must be a whole number, 1 or more"),
        ({"max_terms": True}, ValueError, "max_terms must be"),
        ({"transform": "sqrt"}, TypeError, "transform must be None, 'log' or a dict"),
        ({"transform": {"c_x_9": "log"}}, ValueError, "unknown coefficient 'c_x_9': the model has c_x_1"),
        ({"transform": {"c_x_1": "exp"}}, ValueError, "'log' is the only one"),
        ({"level": 5}, ValueError, "between 0 and 1"),
    ],
)
def test_options_that_cannot_be_used_are_named(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        coefficient_law(model(), T, **options)


def test_a_coefficient_that_changes_its_sign_has_no_logarithm() -> None:
    crossing = fitted_model(np.linspace(-1, 1, 5)[:, None], np.full((5, 1, 1), 1e-4), ENVIRONMENTS)
    with pytest.raises(ValueError, match="c_x_1: the coefficient changes its sign"):
        coefficient_law(crossing, T, transform="log")


def test_too_few_environments_are_refused() -> None:
    with pytest.raises(ValueError, match=r"need 4 environments or more.* the model was fitted to 3"):
        coefficient_law(model(3), T)


def test_too_many_candidates_are_refused() -> None:
    labels = tuple(range(30))
    many = fitted_model(np.linspace(1, 2, 30)[:, None], np.full((30, 1, 1), 1e-4), labels)
    rng = np.random.default_rng(0)
    given = {f"z{i}": dict(enumerate(rng.uniform(size=30).tolist())) for i in range(6)}
    with pytest.raises(ValueError, match=r"27 candidate terms make .* sets, more than 20000"):
        coefficient_law(many, given, library=PolynomialLibrary(degree=2))
    assert len(coefficient_law(many, {"z0": given["z0"]}, max_terms=2).laws[0].terms) <= 2


def test_other_things_than_models_are_refused() -> None:
    with pytest.raises(TypeError, match="model must be a fitted SpReME, got int"):
        coefficient_law(3, T)  # type: ignore[arg-type]
    with pytest.raises(Exception, match="not fitted"):
        coefficient_law(SpReME(), T)


@pytest.mark.parametrize(
    ("point", "error", "message"),
    [
        ({}, ValueError, "the covariate 'z' is missing: give {'z': 3.0}, say"),
        ({"z": 2.0, "w": 1.0}, ValueError, "unknown covariate 'w': the laws are in z"),
        ({"z": float("nan")}, ValueError, "covariate 'z' is nan"),
        ("hot", TypeError, "covariate 'z': numbers are expected"),
    ],
)
def test_points_that_cannot_be_used_are_named(point: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        coefficient_law(model(), T).predict(point)


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_covariates_whose_squares_are_no_numbers(scale: float) -> None:
    covariates = {env: scale * value for env, value in T.items()}
    with pytest.raises(ValueError, match=r"term 'z' is of the size .* in other units"):
        coefficient_law(model(), covariates, library=PolynomialLibrary(degree=1))
    read = read_covariates(covariates, ENVIRONMENTS)  # and they are not taken for constant
    np.testing.assert_array_equal(read.values[:, 0], list(covariates.values()))


def test_a_law_without_terms_is_refused() -> None:
    empty = fitted_model(np.zeros((5, 0)), np.zeros((5, 0, 0)), ENVIRONMENTS)
    with pytest.raises(ValueError, match="has no terms"):
        coefficient_law(empty, T)
