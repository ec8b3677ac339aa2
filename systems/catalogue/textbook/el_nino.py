"""El Niño as a recharge oscillator: sea temperature x in the east, depth y of the warm layer in the west."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, c, b, ga, r, al, e = symbols("x y c b ga r al e")

# Jin's equation (3.1) with e_n = 3; his b = 2.5 mu at mu = 0.7.
SYSTEM = System(
    name="el_nino",
    key=124,
    equations={"x": (ga * b - c) * x + ga * y - e * (y + b * x) ** 3, "y": -r * y - al * b * x},
    parameters={"c": 1.0, "b": 1.75, "ga": 0.75, "r": 0.25, "al": 0.125, "e": 3.0},
    environments=RelativeRanges({"b": 0.1, "ga": 0.1, "r": 0.2, "al": 0.3, "e": 0.4}),
    starts=Box(((-0.3, 0.3), (-0.2, 0.2))),
    dt=0.1,
    horizon=30.0,
    library=PolynomialLibrary(degree=5),
    citation="F.-F. Jin, An equatorial ocean recharge paradigm for ENSO, Journal of the Atmospheric Sciences, 1997",
    units={"t": "2 months", "x": "7.5 K", "y": "150 m"},
)
