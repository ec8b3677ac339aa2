"""SpReME's damped pendulum: x' = y, y' = -b y - g sin x, with b for b/m and g for g/L.

From the publication: equations, base (0.6 / 1.2, 9.8 / 10), spread, starts at a distance of 1.3 to 2.3 from the origin,
polynomials up to degree 5 and sin x, sin y, sin(x + y).
"""

from dataclasses import replace

from spreme.library import CustomLibrary, PolynomialLibrary
from systems.catalogue.bench.pendulum import SYSTEM as PENDULUM
from systems.environments import ParameterSets
from systems.replicas.spreme_protocol import CITATION, DT, HORIZON, SpremeReplica
from systems.starts import Ring

BASE = {"b": 0.5, "g": 0.98}

REPLICA = SpremeReplica(
    system=replace(
        PENDULUM,
        name="spreme-pendulum",
        key=504,
        parameters=BASE,
        environments=ParameterSets({100: BASE}),
        starts=Ring(inner=1.3),
        dt=DT,
        horizon=HORIZON,
        library=PolynomialLibrary(degree=5) + CustomLibrary(["sin(x)", "sin(y)", "sin(x + y)"]),
        citation=CITATION,
    ),
    parameters_first=True,
)
