"""NCF's pendulum under 25 gravities: x' = y, y' = -(g / L) sin x with L = 1.

From the published code: g from 2 to 24, starts uniform in [-pi/3, pi/3] x [-1, 1] and different in each environment, 40
samples from 0 to 10 (both ends are samples); 12 trajectories in training, 32 in tests; adaptation to g = 10.25 and
14.75, one trajectory each. States are not rounded.
"""

import math
from dataclasses import replace

import numpy as np
from sympy import sin, symbols

from systems.catalogue.bench.pendulum import SYSTEM as PENDULUM
from systems.environments import FIRST_ADAPTATION, ParameterSets
from systems.replicas.seeded_protocol import SeededReplica, StartsOf, by_default_solver, solved_exactly
from systems.starts import Box

x, y, g = symbols("x y g")

TRAINING = np.linspace(2.0, 24.0, 25)
ADAPTATION = (10.25, 14.75)
TIMES = np.linspace(0.0, 10.0, 40)

NCF_PENDULUM = SeededReplica(
    system=replace(
        PENDULUM,
        name="ncf-pendulum",
        key=513,
        equations={"x": y, "y": -g * sin(x)},
        parameters={"g": 13.0},
        environments=ParameterSets(
            {
                first + env: {"g": float(value)}
                for first, sets in ((0, TRAINING), (FIRST_ADAPTATION, ADAPTATION))
                for env, value in enumerate(sets)
            }
        ),
        starts=Box(((-math.pi / 3, math.pi / 3), (-1, 1))),
        dt=10.0 / 39.0,
        horizon=10.0,
        units={"t": "s", "x": "rad", "y": "rad/s", "g": "1/s^2"},
        citation="R. D. Nzoyem, D. A. W. Barton, T. Deakin, Neural Context Flows for Meta-Learning of Dynamical "
        "Systems, arXiv:2405.02154, 2025",
    ),
    times=TIMES,
    integrator=by_default_solver(10.0),
    forecast_integrator=by_default_solver(10.0),
    n_trajectories=12,
    n_unseen=32,
    starts_of=StartsOf.EACH,
    is_rounded=False,
)

REPLICAS = {"ncf-pendulum": NCF_PENDULUM, "ncf-pendulum-exact": solved_exactly(NCF_PENDULUM, key=514)}
