"""Nothing outside is touched: what a process has set stays as it was, and two threads do not disturb each other."""

from __future__ import annotations

import decimal
import io
import locale
import logging
import os
import random
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
import threadpoolctl
from reliability.fuzzing import outcome

from spreme import GroupSparseRegressor, PolynomialLibrary, SpReME, Trajectories, plotting

T = np.linspace(0.0, 4.0, 41)
LIBRARY = PolynomialLibrary(degree=2)


def decays(seed: int) -> Trajectories:
    """x' = -a x + b, measured with noise in two environments."""
    rng = np.random.default_rng(seed)
    x = [np.exp(-rate * T) + level + 0.01 * rng.standard_normal(len(T)) for rate, level in ((0.5, 0.2), (1.0, 0.4))]
    return Trajectories(x, T, env=["A", "B"], state_names=["x"])


def global_state() -> dict[str, Any]:
    """Whatever a library could change for the whole process."""
    backend = matplotlib.get_backend()  # looked at first: the look resolves rcParams["backend"]
    loggers = [
        logging.getLogger(),
        *(own for own in logging.Logger.manager.loggerDict.values() if isinstance(own, logging.Logger)),
    ]
    return {
        "numpy.random": [str(part) for part in np.random.get_state()],  # noqa: NPY002
        "random": random.getstate(),
        "seterr": np.geterr(),
        "seterrcall": np.geterrcall(),
        "printoptions": np.get_printoptions(),
        "warnings": list(warnings.filters),
        "showwarning": warnings.showwarning,
        "rcParams": dict(matplotlib.rcParams.copy()),
        "backend": backend,
        "figures": plt.get_fignums(),
        "locale": locale.setlocale(locale.LC_ALL),
        "environ": dict(os.environ),
        "folder": os.getcwd(),
        "threads": {own["filepath"]: own["num_threads"] for own in threadpoolctl.threadpool_info()},
        "logging": {own.name: (own.level, list(own.handlers), own.disabled, own.propagate) for own in loggers},
        "signals": {number: signal.getsignal(number) for number in signal.valid_signals()},
        "excepthook": (sys.excepthook, threading.excepthook, sys.displayhook),
        "recursion": sys.getrecursionlimit(),
        "trace": (sys.gettrace(), sys.getprofile()),
        "decimal": str(decimal.getcontext()),
        "path": list(sys.path),
        "streams": (sys.stdout, sys.stderr, sys.stdin),
    }


MODEL = SpReME(library=LIBRARY)


def regression() -> None:
    """The plain regressor."""
    rng = np.random.default_rng(0)
    features = rng.standard_normal((40, 3))
    GroupSparseRegressor().fit(features, features[:, 0])


def plots(model: SpReME) -> None:
    """A plot of each kind, closed again by the caller."""
    axes = plt.figure().add_subplot()
    plotting.plot_fit(model, decays(0))
    plotting.plot_coefficients(model)
    plotting.plot_forecast(model.simulate([1.0], T, env="A"), decays(0), ax=axes)
    plt.close("all")


def files(model: SpReME, folder: Path) -> None:
    """There and back."""
    model.save(folder / "model.json")
    SpReME.load(folder / "model.json")


def words(model: SpReME) -> None:
    """What a notebook shows."""
    with redirect_stdout(io.StringIO()):
        print(model, model.equations("A"), model.term_report(), model.to_latex("A"), model.to_sympy("A"))
    assert model._repr_html_()


@pytest.fixture(scope="module")
def model() -> SpReME:
    return SpReME(library=LIBRARY).fit(decays(0))


ACTIONS: dict[str, Callable[[SpReME, Path], Any]] = {
    "fit": lambda model, _: SpReME(library=LIBRARY).fit(decays(1)),
    "fit in threads": lambda model, _: SpReME(library=LIBRARY, n_jobs=2).fit(decays(1)),
    "fit by regression": lambda model, _: SpReME(library=LIBRARY, refine=None).fit(decays(1)),
    "derivative fit": lambda model, _: SpReME(library=LIBRARY, formulation="derivative", refine=None).fit(decays(1)),
    "resampled fit": lambda model, _: SpReME(library=LIBRARY, criterion="stability", random_state=0).fit(decays(1)),
    "regressor": lambda model, _: regression(),
    "refused fit": lambda model, _: outcome(lambda: SpReME().fit([np.full(9, np.inf)], 0.1)),
    "simulate": lambda model, _: model.simulate([0.5], T, env="A"),
    "blow-up": lambda model, _: model.simulate([1e30], T, env="A"),
    "score": lambda model, _: (model.score(decays(1)), model.rollout_error(decays(1))),
    "adapt": lambda model, _: model.adapt(decays(2).where(env="B"), env="C"),
    "plot": lambda model, _: plots(model),
    "save and load": files,
    "print": lambda model, _: words(model),
}


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_leaves_the_process_as_it_was(action: str, model: SpReME, tmp_path: Path) -> None:
    ACTIONS[action](model, tmp_path)  # what is imported at the first call may well set up its own loggers
    with np.errstate(divide="raise", under="warn"), np.printoptions(precision=5):
        before = global_state()
        ACTIONS[action](model, tmp_path)
        after = global_state()
    assert {name for name in before if before[name] != after[name]} == set()


FIRST = """
import os, random, warnings, signal, locale
import numpy as np
def state():
    handlers = [signal.getsignal(number) for number in signal.valid_signals()]
    draws = str(np.random.get_state()), random.getstate()
    return draws, np.geterr(), dict(os.environ), locale.setlocale(locale.LC_ALL), handlers
before, filters = state(), list(warnings.filters)
import spreme
t = np.linspace(0, 4, 41)
model = spreme.SpReME(library=spreme.PolynomialLibrary(degree=1)).fit([np.exp(-t)], t)
model.simulate([1.0], t)
assert before == state()
assert [own for own in filters if own not in warnings.filters] == []
"""


def test_importing_and_fitting_for_the_first_time_draws_no_random_numbers() -> None:
    """Nor does it lift a filter of warnings; in a process of its own, where nothing is imported yet."""
    done = subprocess.run([sys.executable, "-c", FIRST], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_two_threads_give_what_one_gives() -> None:
    data = [decays(seed) for seed in range(3)]
    fit = lambda own: SpReME(library=LIBRARY).fit(own)  # noqa: E731
    alone = [fit(own) for own in data]
    with ThreadPoolExecutor(2) as threads:
        together = list(threads.map(fit, data))
    for one, other in zip(alone, together, strict=True):
        assert np.array_equal(one.coef_, other.coef_) and np.array_equal(one.coef_std_, other.coef_std_, equal_nan=True)
        assert one.status_ == other.status_ and str(one) == str(other)
