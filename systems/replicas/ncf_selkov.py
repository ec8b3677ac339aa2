"""NCF's Selkov system: 21 environments on both sides of a Hopf bifurcation, 11 samples in T = 40.

From the published code: x' = -x + a y + x^2 y, y' = b - a y - x^2 y with a = 0.1, starts uniform in [0, 3]^2; 4
trajectories in training and in tests; adaptation to six values of b, one trajectory each. The code gives training the
seeds 2^31 - 1 - j and tests the seeds j, the other way round than its siblings. States are not rounded.
"""

from dataclasses import replace

import numpy as np

from spreme.library import PolynomialLibrary
from systems.catalogue.bench.selkov import SYSTEM as SELKOV
from systems.environments import FIRST_ADAPTATION, ParameterSets
from systems.replicas.seeded_protocol import SeededReplica, by_default_solver, solved_exactly
from systems.starts import Box

TRAINING = (*np.linspace(-1.0, -0.25, 7), *np.linspace(-0.1, 0.1, 7), *np.linspace(0.25, 1.0, 7))
ADAPTATION = (-1.25, -0.65, -0.05, 0.02, 0.6, 1.2)

NCF_SELKOV = SeededReplica(
    system=replace(
        SELKOV,
        name="ncf-selkov",
        key=511,
        parameters={"a": 0.1, "b": 0.6},
        environments=ParameterSets(
            {
                first + env: {"a": 0.1, "b": float(b)}
                for first, sets in ((0, TRAINING), (FIRST_ADAPTATION, ADAPTATION))
                for env, b in enumerate(sets)
            }
        ),
        starts=Box(((0, 3), (0, 3))),
        dt=4.0,
        horizon=40.0,
        library=PolynomialLibrary(degree=3),
        citation="R. D. Nzoyem, D. A. W. Barton, T. Deakin, Neural Context Flows for Meta-Learning of Dynamical "
        "Systems, arXiv:2405.02154, 2025",
    ),
    times=np.linspace(0.0, 40.0, 11),
    integrator=by_default_solver(40.0),
    forecast_integrator=by_default_solver(40.0),
    n_trajectories=4,
    n_unseen=4,
    seeds_are_swapped=True,
    is_rounded=False,
)

REPLICAS = {"ncf-selkov": NCF_SELKOV, "ncf-selkov-exact": solved_exactly(NCF_SELKOV, key=512)}
