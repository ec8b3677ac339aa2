"""CoDA's glycolytic oscillator: seven states, nine environments, 32 trajectories in each; misspecified.

From the published code: k1 in {100, 90, 80} and K1 in {1, 0.75, 0.5}, T = 1, dt = 0.05; adaptation to k1 in {85, 95}
and K1 in {0.625, 0.875}, one trajectory each; 32 test trajectories. K1 varies inside a rational term, k1 S1 S6 / (1 +
(S6 / K1)^4), which no library has: there is no true mask, and what is found is a surrogate of that term.
"""

from dataclasses import replace

import numpy as np

from systems.catalogue.bench.glycolytic import SYSTEM as GLYCOLYTIC
from systems.environments import FIRST_ADAPTATION, ParameterSets
from systems.replicas.seeded_protocol import SeededReplica, by_default_solver, solved_exactly
from systems.starts import Box

TRAINING = tuple((k1, K1) for k1 in (100.0, 90.0, 80.0) for K1 in (1.0, 0.75, 0.5))
ADAPTATION = tuple((k1, K1) for k1 in (85.0, 95.0) for K1 in (0.625, 0.875))

CODA_GO = SeededReplica(
    system=replace(
        GLYCOLYTIC,
        name="coda-go",
        key=509,
        environments=ParameterSets(
            {
                first + env: {"k1": k1, "K1": K1}
                for first, sets in ((0, TRAINING), (FIRST_ADAPTATION, ADAPTATION))
                for env, (k1, K1) in enumerate(sets)
            }
        ),
        starts=Box(((0.15, 1.6), (0.19, 2.16), (0.04, 0.2), (0.1, 0.35), (0.08, 0.3), (0.14, 2.67), (0.05, 0.1))),
        dt=0.05,
        horizon=0.95,
        citation="M. Kirchmeyer et al., Generalizing to New Physical Systems via Context-Informed Dynamics Model, "
        "arXiv:2202.01889, 2022; B. C. Daniels, I. Nemenman, PLOS ONE, 2015",
    ),
    times=np.arange(0.0, 1.0, 0.05),
    integrator=by_default_solver(1.0),
    forecast_integrator=by_default_solver(1.0),
    n_trajectories=32,
    n_unseen=32,
)

REPLICAS = {"coda-go": CODA_GO, "coda-go-exact": solved_exactly(CODA_GO, key=510)}
