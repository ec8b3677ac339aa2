"""SpReME's predator and prey: x' = a x - b x y, y' = d x y - g y, starts uniform in [1, 2]^2.

From the publication: equations, the nine environments of training and the one of adaptation (both as in CoDA: a = g =
0.5), starts, polynomials up to degree 5.
"""

from dataclasses import replace

from spreme.library import PolynomialLibrary
from systems.catalogue.bench.lotka import SYSTEM as LOTKA
from systems.environments import ParameterSets
from systems.replicas.spreme_protocol import CITATION, DT, HORIZON, SpremeReplica
from systems.starts import Box

BASE = {"a": 0.5, "b": 0.625, "g": 0.5, "d": 1.125}

# (b, d) in the order of the publication's list
TRAINING = (
    (0.5, 0.5),
    (0.75, 0.5),
    (1.0, 0.5),
    (0.5, 0.75),
    (0.5, 1.0),
    (0.75, 0.75),
    (0.75, 1.0),
    (1.0, 0.75),
    (1.0, 1.0),
)

REPLICA = SpremeReplica(
    system=replace(
        LOTKA,
        name="spreme-lotka",
        key=503,
        parameters=BASE,
        environments=ParameterSets({100: BASE}),
        starts=Box(((1, 2), (1, 2))),
        dt=DT,
        horizon=HORIZON,
        library=PolynomialLibrary(degree=5),
        citation=CITATION,
    ),
    training_sets=ParameterSets({env: {"a": 0.5, "b": b, "g": 0.5, "d": d} for env, (b, d) in enumerate(TRAINING)}),
)
