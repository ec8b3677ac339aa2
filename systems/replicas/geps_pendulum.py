"""GEPS' pendulum, damped in two environments and driven in two: x' = y, y' = -w2 sin x - c y + f u, u = cos(wf t).

From the published code: (c, w, wf, f) = (0.2, 0.5, 0, 0), (0.5, 0.5, 0, 0), (0, 0.7, 0.75, 0.2), (0, 0.5, 1, 0.1), w2 =
w^2; starts in [0, 0.25] x [0, 1]; dt = 0.5, T = 25 in training and 50 in tests; 8 and 32 trajectories; adaptation to
four driven and damped pendulums, one trajectory each. RK45 with rtol = 1e-10; its absolute tolerance is SciPy's, 1e-6.

The frequency of the drive is known, so u is a known input. Inputs count as linear between samples, and half a second is
long beside them: u is told 5 times as often as the states, and its straight lines are 1e-3 off at most.
In the damped environments wf = 0 makes u = 1 throughout, and the driven ones have no damping: no data tell c y from c y
u. The library has the drive alone, not its products with states, as a force that adds to others.

Publications compare the relative error in the 2-norm of a run.
"""

from dataclasses import replace

import numpy as np
from sympy import cos, sin, symbols

from spreme.library import CustomLibrary, PolynomialLibrary
from systems.catalogue.bench.pendulum import SYSTEM as PENDULUM
from systems.environments import FIRST_ADAPTATION, ParameterSets
from systems.integration import Integrator
from systems.replicas.seeded_protocol import SeededReplica, StartsOf, solved_exactly
from systems.starts import Box

# besides 1, x, y and u; polynomials up to degree 3
TERMS = ["x**2", "x*y", "y**2", "x**3", "x**2*y", "x*y**2", "y**3", "sin(x)", "cos(x)", "sin(y)", "cos(y)"]

x, y, u, t, c, w2, wf, f = symbols("x y u t c w2 wf f")

# (damping, frequency, frequency of the drive, its strength)
TRAINING = ((0.2, 0.5, 0.0, 0.0), (0.5, 0.5, 0.0, 0.0), (0.0, 0.7, 0.75, 0.2), (0.0, 0.5, 1.0, 0.1))
ADAPTATION = ((0.5, 1.0, 0.3, 0.2), (0.5, 0.75, 0.7, 0.1), (0.1, 1.0, 1.0, 0.15), (0.1, 0.5, 0.5, 0.05))

RK45 = Integrator("RK45", rtol=1e-10, atol=1e-6)

GEPS_PENDULUM = SeededReplica(
    system=replace(
        PENDULUM,
        name="geps-pendulum",
        key=515,
        equations={"x": y, "y": -w2 * sin(x) - c * y + f * u},
        parameters={"c": 0.2, "w2": 0.25, "wf": 1.0, "f": 0.1},
        environments=ParameterSets(
            {
                first + env: {"c": damping, "w2": frequency**2, "wf": drive, "f": strength}
                for first, sets in ((0, TRAINING), (FIRST_ADAPTATION, ADAPTATION))
                for env, (damping, frequency, drive, strength) in enumerate(sets)
            }
        ),
        inputs={"u": cos(wf * t)},
        starts=Box(((0, 0.25), (0, 1))),
        library=PolynomialLibrary(degree=1) + CustomLibrary(TERMS),
        dt=0.5,
        horizon=24.5,
        units={"t": "s", "x": "rad", "y": "rad/s", "c": "1/s", "w2": "1/s^2", "wf": "1/s", "f": "1/s^2"},
        citation="A. Kassai Koupai et al., GEPS: Boosting Generalization in Parametric PDE Neural Solvers through "
        "Adaptive Conditioning, arXiv:2410.23889, 2024",
    ),
    times=np.arange(0.0, 25.0, 0.5),
    unseen_times=np.arange(0.0, 50.0, 0.5),
    integrator=RK45,
    forecast_integrator=RK45,
    n_trajectories=8,
    n_unseen=32,
    starts_of=StartsOf.INDEX,
    n_between=5,
)

REPLICAS = {"geps-pendulum": GEPS_PENDULUM, "geps-pendulum-exact": solved_exactly(GEPS_PENDULUM, key=516)}
