"""`judge`: all that a record says of a `Found`."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from systems.judging.coefficients import coef_error, judge_coefficients
from systems.judging.forecasts import forecasts
from systems.judging.rollouts import CAP, GOOD_R2, Rollouts, compare
from systems.judging.search_gap import search_gap
from systems.judging.structure import judge_structure
from systems.judging.true_law import TrueLaw, true_law
from systems.methods import Found
from systems.setups.setup import Experiment, Setup

Array = NDArray[np.float64]

FEW_RUNS = 2

#: What a verdict tells, in the order of a record.
FIELDS = (
    *("n_environments", "n_states", "n_library", "n_samples"),
    *("exact", "precision", "recall", "f1", "n_true", "n_found", "missing", "extra"),
    *("environments_right", "exact_majority", "exact_union", "exact_intersection"),
    *("support_f1", "coef_error", "worst_term_error", "search_gap"),
    *("rollout", "rollout_beyond", "rollout_diverged", "rollout_mse", "rollout_mape", "rollout_r2", "valid_time"),
    *("adapt_error", "adapt_rollout", "adapt_rollout_mse", "adapt_seconds"),
)


def judge(
    found: Found, setup: Setup, experiment: Experiment, *, noise: float = 0.0, seed: int = 0, with_gap: bool = False
) -> dict[str, Any]:
    """Judge what a method found.

    Parameters
    ----------
    found : Found
        What the method returned.
    setup : Setup
        The system and how it was measured.
    experiment : Experiment
        What the method was given: ``setup.training(noise, seed)``.
    noise : float, default 0
        Noise of the training data; recordings of new environments have as much.
    seed : int, default 0
        Key of the noise.
    with_gap : bool, default False
        Whether to fit the true mask too, for ``search_gap``.

    Returns
    -------
    dict
        One entry for each of `FIELDS`, None where it does not apply; it can be written as JSON.

    Raises
    ------
    ValueError
        If masks or coefficients do not have the shapes that the data ask for.

    Examples
    --------
    >>> import systems
    >>> from systems.judging import judge
    >>> from systems.judging.true_law import true_law
    >>> from systems.methods import Found
    >>> from systems.setups import find
    >>> lotka = find("lotka", "few")
    >>> experiment = lotka.training(noise=0.05)
    >>> coef = true_law(experiment).coef
    >>> verdict = judge(Found(mask=(coef != 0).any(axis=0), coef=coef), lotka, experiment, noise=0.05)
    >>> verdict["exact"], verdict["coef_error"], verdict["rollout"] < 1e-6
    (True, 0.0, True)
    """
    own = judge_law(found, setup, experiment, noise=noise, seed=seed, with_gap=with_gap)
    return own | judge_forecasts(found, setup, experiment, noise=noise, seed=seed)


def judge_law(
    found: Found, setup: Setup, experiment: Experiment, *, noise: float = 0.0, seed: int = 0, with_gap: bool = False
) -> dict[str, Any]:
    """Judge the structure and the coefficients; arguments and errors as in `judge`, forecasts left at None."""
    law, data = true_law(experiment), experiment.data
    check_shapes(found, law)
    clean = setup.training(0.0, seed).data if noise > 0 else data
    verdict: dict[str, Any] = dict.fromkeys(FIELDS)
    verdict |= {
        "n_environments": len(law.environments),
        "n_states": len(data.state_names),
        "n_library": law.table.n_terms,
        "n_samples": data.n_samples,
    }
    verdict |= judge_structure(found, law, clean)
    verdict |= judge_coefficients(found.coef, law.coef)
    return verdict | ({"search_gap": search_gap(found, law, data, clean, noise)} if with_gap else {})


def judge_forecasts(
    found: Found, setup: Setup, experiment: Experiment, *, noise: float = 0.0, seed: int = 0
) -> dict[str, Any]:
    """Judge the forecasts and the adaptation only; arguments as in `judge`."""
    unseen = setup.unseen()
    if found.coef is None or unseen is None:
        return {}
    own = rolled_out(true_law(experiment), found.coef, setup, unseen)
    verdict = summary(own, setup) | judge_adaptation(found, setup, noise, seed)
    if len(own.r2) <= FEW_RUNS:  # a protocol that tells its runs apart
        verdict["details"] = {**found.details, "r2_of_runs": own.r2.tolist()}
    return verdict


def judge_adaptation(found: Found, setup: Setup, noise: float, seed: int) -> dict[str, Any]:
    """Judge coefficients and forecasts in new environments, where both method and set-up have any."""
    experiment = None if found.adapt is None else setup.adaptation(noise, seed)
    if found.adapt is None or experiment is None:
        return {}
    law, begin = true_law(experiment), time.perf_counter()
    try:
        coef = found.adapt(experiment.data)
        check_coef(coef, law, "adapted coefficients")
    except Exception as error:  # counted, not dropped
        return {"adapt_rollout": CAP, "error": f"adapt: {type(error).__name__}: {error}"}
    verdict: dict[str, Any] = {"adapt_seconds": time.perf_counter() - begin}
    if law.coef is not None:
        verdict["adapt_error"] = coef_error(coef, law.coef)
    unseen = setup.unseen_adapted()
    if unseen is not None:
        own = rolled_out(law, coef, setup, unseen)
        verdict |= {"adapt_rollout": float(np.median(own.within)), "adapt_rollout_mse": own.mse}
    return verdict


def rolled_out(law: TrueLaw, coef: Array, setup: Setup, unseen: Experiment) -> Rollouts:
    """Forecasts of coefficients, compared."""
    found = forecasts(law.law(coef), unseen.data, setup.forecast_integrator)
    return compare(unseen.data, found, setup.system.horizon)


def summary(own: Rollouts, setup: Setup) -> dict[str, Any]:
    """Entries of a record about forecasts."""
    later = own.beyond[np.isfinite(own.beyond)]
    unit = setup.system.lyapunov_time
    return {
        "rollout": float(np.median(own.within)),
        "rollout_beyond": float(np.median(later)) if len(later) else None,
        "rollout_diverged": own.n_diverged,
        "rollout_mse": own.mse,
        "rollout_mape": own.mape if np.isfinite(own.mape) else None,
        "rollout_r2": float(np.mean(own.r2 > GOOD_R2)),
        "valid_time": None if unit is None else float(np.median(own.valid_time)) / unit,
    }


def check_shapes(found: Found, law: TrueLaw) -> None:
    """Refuse masks and coefficients of other shapes."""
    S, K = len(law.table.state_names), law.table.n_terms
    if found.mask.shape != (S, K):
        raise ValueError(f"the mask must be (states, terms) = ({S}, {K}), the method returned {found.mask.shape}")
    if found.masks is not None and found.masks.shape != (len(law.environments), S, K):
        raise ValueError(f"masks must be ({len(law.environments)}, {S}, {K}), the method returned {found.masks.shape}")
    if found.coef is not None:
        check_coef(found.coef, law, "coefficients")


def check_coef(coef: Array, law: TrueLaw, what: str) -> None:
    """Refuse coefficients of another shape, naming the environments there are."""
    shape = (len(law.environments), len(law.table.state_names), law.table.n_terms)
    if np.shape(coef) != shape:
        labels = ", ".join(map(repr, law.environments))
        raise ValueError(
            f"{what} must be {shape}, one (states, terms) table for each of the environments {labels}; "
            f"the method returned {np.shape(coef)}"
        )
