"""One fit of the soak and what is asked of it: the record says whether any promise was broken."""

from __future__ import annotations

import tempfile
import time
import traceback
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from reliability.fuzzing import is_raised_by_spreme
from reliability.random_systems import Sample, draw

from spreme import PolynomialLibrary, SpReME, Trajectories

#: Outcomes that keep every promise; all others are defects.
GOOD = ("fitted", "refused")


def record(seed: int) -> dict[str, Any]:
    """Draw, fit, look.

    Parameters
    ----------
    seed : int
        Key of the data set.

    Returns
    -------
    dict
        seed, words, outcome ("fitted", "refused", or the kind of defect), detail, status, seconds (of the
        processor), rss (MB).
    """
    sample = draw(seed)
    begin = time.process_time()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        outcome, detail, status = _judged(sample)
    if outcome in GOOD:
        outcome, detail = _judged_warnings(caught) or (outcome, detail)
    return {
        "seed": seed,
        "words": " ".join(sample.words),
        "outcome": outcome,
        "detail": detail,
        "status": status,
        "seconds": round(time.process_time() - begin, 3),
        "rss": round(psutil.Process().memory_info().rss / 2**20, 1),
    }


def _judged(sample: Sample) -> tuple[str, str, str]:
    """Outcome, detail and status of fit, exports, forecast and file."""
    try:
        data = Trajectories(sample.x, sample.t, env=sample.env)
        model = SpReME(library=PolynomialLibrary(degree=sample.degree), **sample.options).fit(data)
    except (ValueError, TypeError) as error:
        return ("refused" if is_raised_by_spreme(error) else "leaked error"), _told(error), ""
    except Exception as error:
        return "crash", _told(error), ""
    try:
        return *(_broken_promise(model, data) or ("fitted", "")), model.status_
    except Exception as error:
        return "crash after fit", _told(error), model.status_


def _broken_promise(model: SpReME, data: Trajectories) -> tuple[str, str] | None:
    """What is wrong with a fitted model, if anything."""
    inside, outside = model.coef_[:, model.mask_], model.coef_[:, ~model.mask_]
    words = f"{model.status_} {model.selection_.reason}"
    if np.isinf(model.coef_).any() or outside.any() or not np.isfinite(outside).all():
        return "bad coefficients", str(model.coef_[:, model.mask_].tolist())
    if np.isnan(inside).any() and model.status_ == "converged" and "not observed" not in words:
        return "silent NaN", words
    if model.status_ == "converged" and not np.isfinite(model.coef_std_[:, model.mask_][np.isfinite(inside)]).all():
        return "silent NaN error", words
    env = model.environments_[-1]
    first = data.where(env=env)[0]
    start = np.nan_to_num(np.asarray(first.x)[0])
    forecast = model.simulate(start, first.t, env=env)
    if not np.isfinite(forecast.x).all():
        return "bad forecast", forecast.status
    model.equations(env), str(model), model.term_report()
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / "model.json")
        again = SpReME.load(Path(folder) / "model.json")
    if not np.array_equal(again.coef_, model.coef_, equal_nan=True) or again.status_ != model.status_:
        return "file differs", model.status_
    return None


def _judged_warnings(caught: list[warnings.WarningMessage]) -> tuple[str, str] | None:
    """Warnings of others, which spreme should have kept to itself."""
    for own in caught:
        if own.category is not UserWarning:
            return "leaked warning", f"{own.category.__name__}: {own.message} ({own.filename}:{own.lineno})"
    return None


def _told(error: Exception) -> str:
    """Message and the last places."""
    places = [f"{Path(own.filename).name}:{own.lineno}" for own in traceback.extract_tb(error.__traceback__)[-3:]]
    return f"{type(error).__name__}: {error} ({' '.join(places)})"
