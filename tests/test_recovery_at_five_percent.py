"""The whole pipeline with its defaults on six systems of different kinds: with 5 % of noise, and without any."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import pytest

import systems
from spreme import SpReME


class Size(NamedTuple):
    """Environments and trajectories of each: as few as tell the law apart."""

    n_environments: int
    n_trajectories: int


SYSTEMS = {
    "lotka": Size(4, 2),
    "pendulum": Size(4, 3),
    "vdp": Size(3, 2),
    "lorenz": Size(3, 1),
    "fhn": Size(3, 2),
    "linear3d": Size(4, 4),
}


@cache
def fitted(name: str, noise: float) -> tuple[SpReME, np.ndarray, np.ndarray]:
    """Model, true coefficients (E, S, K) and standard deviation of the noise (E, S)."""
    system = systems.get(name)
    data = systems.generate(system, *SYSTEMS[name], noise=noise, seed=0)
    model = SpReME(library=system.library).fit(data)
    truth = systems.true_coefficients(system, system.library.table(system.states), data.environments)
    clean = systems.simulate_clean(system, *SYSTEMS[name])
    size = np.array([np.sqrt(np.mean(np.vstack(clean.where(env=env).x) ** 2, axis=0)) for env in data.environments])
    return model, truth, noise * size


@pytest.mark.parametrize("name", SYSTEMS)
def test_five_percent_of_noise(name: str) -> None:
    model, truth, noise = fitted(name, 0.05)
    mask = (truth != 0).any(axis=0)
    np.testing.assert_array_equal(model.mask_, mask)
    assert model.status_ == "converged"
    error = (model.coef_ - truth)[:, mask] / model.coef_std_[:, mask]
    # some fifty numbers: one in 15 000 exceeds 4, and they are about 1
    assert np.abs(error).max() < 4
    assert 0.6 < np.sqrt(np.mean(error**2)) < 1.5
    # 200 values of each state and more: 1/sqrt(400) is 5 % for the smallest, but mean and extremes are over many
    np.testing.assert_allclose(model.noise_std_.mean(axis=0), noise.mean(axis=0), rtol=0.1)


@pytest.mark.parametrize("name", SYSTEMS)
def test_without_noise(name: str) -> None:
    model, truth, _ = fitted(name, 0.0)
    mask = (truth != 0).any(axis=0)
    np.testing.assert_array_equal(model.mask_, mask)
    np.testing.assert_allclose(model.coef_[:, mask], truth[:, mask], rtol=1e-6)
