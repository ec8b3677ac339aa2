"""SpReME's four set-ups without noise: the defaults find the exact shared structure and its coefficients."""

from __future__ import annotations

import numpy as np
import pytest

import spreme
import systems
from systems import replicas

# Single precision leaves relative rounding errors of at most 2^-24 = 6e-8, one per sample. Taken as noise of that
# size in the median state, they bound the error of an environment (16 trajectories of 200 samples) by Cramer and Rao to
# 2e-10 (lorenz) to 6e-9 (lotka) of the coefficients' norm; 1e-6 leaves a factor of 150 for fits of short segments, and
# half of it with the first four of the trajectories, which the default run makes do with.
RELATIVE_ERROR = 1e-6


@pytest.mark.parametrize("n_trajectories", [4, pytest.param(16, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", [name for name in replicas.names() if name.startswith("spreme")])
def test_defaults_find_the_exact_mask(name: str, n_trajectories: int) -> None:
    experiment = replicas.get(name).training(n_trajectories=n_trajectories)
    system, data = experiment.system, experiment.data
    model = spreme.SpReME(library=system.library).fit(data)
    table = system.library.table(system.states)
    np.testing.assert_array_equal(model.mask_, systems.true_mask(system, table, data.environments))
    coef = systems.true_coefficients(system, table, data.environments)
    for found, true in zip(model.coef_, coef, strict=True):
        assert np.linalg.norm(found - true) < RELATIVE_ERROR * np.linalg.norm(true)
