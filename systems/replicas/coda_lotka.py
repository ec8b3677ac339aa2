"""CoDA's predator and prey: nine environments, four trajectories in each, 20 samples; adaptation to four more.

From the published code: x' = a x - b x y, y' = d x y - g y with a = g = 0.5, starts uniform in [1, 2]^2, T = 10, dt =
0.5; one trajectory to adapt, 32 test trajectories.
"""

from dataclasses import replace

import numpy as np

from spreme.library import PolynomialLibrary
from systems.catalogue.bench.lotka import SYSTEM as LOTKA
from systems.environments import FIRST_ADAPTATION, ParameterSets
from systems.replicas.seeded_protocol import SeededReplica, by_default_solver, solved_exactly
from systems.replicas.spreme_lotka import TRAINING
from systems.starts import Box

# (b, d)
ADAPTATION = ((0.625, 0.625), (0.625, 1.125), (1.125, 0.625), (1.125, 1.125))

CODA_LV = SeededReplica(
    system=replace(
        LOTKA,
        name="coda-lv",
        key=507,
        parameters={"a": 0.5, "b": 0.75, "g": 0.5, "d": 0.75},
        environments=ParameterSets(
            {
                first + env: {"b": b, "d": d}
                for first, sets in ((0, TRAINING), (FIRST_ADAPTATION, ADAPTATION))
                for env, (b, d) in enumerate(sets)
            }
        ),
        starts=Box(((1, 2), (1, 2))),
        dt=0.5,
        horizon=9.5,
        library=PolynomialLibrary(degree=3),
        citation="M. Kirchmeyer et al., Generalizing to New Physical Systems via Context-Informed Dynamics Model, "
        "arXiv:2202.01889, 2022",
    ),
    times=np.arange(0.0, 10.0, 0.5),
    integrator=by_default_solver(10.0),
    forecast_integrator=by_default_solver(10.0),
    n_trajectories=4,
    n_unseen=32,
)

REPLICAS = {"coda-lv": CODA_LV, "coda-lv-exact": solved_exactly(CODA_LV, key=508)}
