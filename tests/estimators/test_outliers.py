"""Wild samples are taken out and named; ordinary ones stay."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from spreme import Trajectories
from spreme.estimators.outliers import without_outliers

T = np.linspace(0, 10, 200)


def run(x: np.ndarray, t: np.ndarray = T) -> list:
    return list(Trajectories([x], [t], state_names=["a", "b"]))


def signal() -> np.ndarray:
    return np.column_stack([np.sin(T), np.exp(-T)]) + 0.05 * np.random.default_rng(0).standard_normal((200, 2))


def test_a_wild_sample_is_missing_and_named() -> None:
    x = signal()
    x[77, 1] = -1e4
    with pytest.warns(UserWarning, match=r"b = -1e\+04 at t = 3.86935 in trajectory 0"):
        found = without_outliers(run(x), ["a", "b"])[0]
    assert np.argwhere(found.missing).tolist() == [[77, 1]]


def test_ordinary_samples_stay() -> None:
    rng = np.random.default_rng(1)
    step = np.where(T < 5, 0.0, 1e6)[:, None] * np.ones((1, 2))
    heavy = rng.standard_t(3, (200, 2))
    spikes = np.exp(-((T - 5) ** 2) / 0.05)[:, None] * np.ones((1, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for x in (signal(), step, heavy, spikes, np.ones((200, 2))):
            source = run(x)
            assert without_outliers(source, ["a", "b"])[0] is source[0]


def test_few_samples_are_not_judged() -> None:
    x = np.ones((6, 2))
    x[3] = 1e6
    source = run(x, np.arange(6.0))
    assert without_outliers(source, ["a", "b"])[0] is source[0]
