"""SpReME's Lorenz system: x' = s (y - x), y' = x (r - z) - y, z' = x y - b z, starts N(0, I).

From the publication: equations, base (10, 28, 8/3), spread, starts, polynomials up to degree 5.
"""

from dataclasses import replace

from spreme.library import PolynomialLibrary
from systems.catalogue.bench.lorenz import SYSTEM as LORENZ
from systems.environments import ParameterSets
from systems.replicas.spreme_protocol import CITATION, DT, HORIZON, SpremeReplica
from systems.starts import StandardNormal

BASE = {"s": 10.0, "r": 28.0, "b": 8 / 3}

REPLICA = SpremeReplica(
    system=replace(
        LORENZ,
        name="spreme-lorenz",
        key=502,
        parameters=BASE,
        environments=ParameterSets({100: BASE}),
        starts=StandardNormal(3),
        dt=DT,
        horizon=HORIZON,
        library=PolynomialLibrary(degree=5),
        citation=CITATION,
    )
)
