"""SpReME's damped rotation and decay: x' = a x + b y, y' = c x + d y, z' = e z, starts N(0, I).

From the publication: equations, base (-0.1, 2, -2, -0.1, -0.3), spread, starts, polynomials up to degree 5.
"""

from dataclasses import replace

from spreme.library import PolynomialLibrary
from systems.catalogue.bench.linear3d import SYSTEM as LINEAR3D
from systems.environments import ParameterSets
from systems.replicas.spreme_protocol import CITATION, DT, HORIZON, SpremeReplica
from systems.starts import StandardNormal

BASE = {"a": -0.1, "b": 2.0, "c": -2.0, "d": -0.1, "e": -0.3}

REPLICA = SpremeReplica(
    system=replace(
        LINEAR3D,
        name="spreme-linear",
        key=501,
        parameters=BASE,
        environments=ParameterSets({100: BASE}),
        starts=StandardNormal(3),
        dt=DT,
        horizon=HORIZON,
        library=PolynomialLibrary(degree=5),
        citation=CITATION,
    )
)
