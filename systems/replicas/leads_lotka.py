"""LEADS' predator and prey: ten environments, one trajectory in each, 20 samples.

From the published code: x' = a x - b x y, y' = d x y - g y with b = d = 0.5, starts uniform in [1, 2]^2, T = 10, dt =
0.5; 32 test trajectories. Its README states a test error (MSE) of 1.16e-3 +- 0.99e-3. No adaptation.
"""

from dataclasses import replace

import numpy as np

from spreme.library import PolynomialLibrary
from systems.catalogue.bench.lotka import SYSTEM as LOTKA
from systems.environments import ParameterSets
from systems.replicas.seeded_protocol import SeededReplica, by_default_solver, solved_exactly
from systems.starts import Box

# (a, g) in the order of the publication
TRAINING = (
    (0.5, 0.5),
    (0.25, 0.5),
    (0.75, 0.5),
    (1.0, 0.5),
    (0.5, 0.25),
    (0.5, 0.75),
    (0.5, 1.0),
    (0.25, 0.25),
    (0.75, 0.75),
    (1.0, 1.0),
)

LEADS_LV = SeededReplica(
    system=replace(
        LOTKA,
        name="leads-lv",
        key=505,
        parameters={"a": 0.5, "b": 0.5, "g": 0.5, "d": 0.5},
        environments=ParameterSets({env: {"a": a, "g": g} for env, (a, g) in enumerate(TRAINING)}),
        starts=Box(((1, 2), (1, 2))),
        dt=0.5,
        horizon=9.5,
        library=PolynomialLibrary(degree=3),
        citation="Y. Yin et al., LEADS: Learning Dynamical Systems that Generalize Across Environments, "
        "arXiv:2106.04546, 2021",
    ),
    times=np.arange(0.0, 10.0, 0.5),
    integrator=by_default_solver(10.0),
    forecast_integrator=by_default_solver(10.0),
    n_trajectories=1,
    n_unseen=32,
)

REPLICAS = {"leads-lv": LEADS_LV, "leads-lv-exact": solved_exactly(LEADS_LV, key=506)}
