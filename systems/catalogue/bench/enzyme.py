"""An enzyme of total concentration E0: substrate x, complex y of enzyme and substrate."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, k1, km, k2, E0 = symbols("x y k1 km k2 E0")

SYSTEM = System(
    name="enzyme",
    key=11,
    equations={"x": -k1 * E0 * x + k1 * x * y + km * y, "y": k1 * E0 * x - k1 * x * y - (km + k2) * y},
    parameters={"k1": 1.5, "km": 0.4, "k2": 0.7, "E0": 1.0},
    environments=RelativeRanges({"k1": 0.3, "km": 0.4, "k2": 0.4, "E0": 0.3}),
    starts=Box(((0.5, 3), (0, 0.6))),
    dt=0.02,
    horizon=4.0,
    library=PolynomialLibrary(degree=3),
    citation="L. Michaelis, M. L. Menten, Die Kinetik der Invertinwirkung, Biochemische Zeitschrift, 1913; G. E. "
    "Briggs, J. B. S. Haldane, A note on the kinetics of enzyme action, Biochemical Journal, 1925",
)
