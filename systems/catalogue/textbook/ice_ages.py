"""Ice ages: anomalies of ice mass x, of carbon dioxide y in the air, and of the deep ocean's heat z."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, p, q, r, s = symbols("x y z p q r s")

SYSTEM = System(
    name="ice_ages",
    key=126,
    equations={"x": -x - y, "y": r * y - p * z + s * z**2 - y * z**2, "z": -q * x - q * z},
    parameters={"p": 1.0, "q": 1.2, "r": 0.8, "s": 0.8},
    environments=RelativeRanges({"p": 0.1, "q": 0.15, "r": 0.1, "s": 0.2}),
    starts=Box(((-1, 1),) * 3),
    dt=0.1,
    horizon=25.0,
    library=PolynomialLibrary(degree=3),
    citation="K. A. Maasch, B. Saltzman, A low-order dynamical model of global climatic variability over the "
    "full Pleistocene, Journal of Geophysical Research, 1990",
    units={"t": "10 ka"},
)
