"""Oscillations just after their onset: real part x and imaginary part y of an amplitude."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, mu, om, al, be = symbols("x y mu om al be")

SYSTEM = System(
    name="stuart_landau",
    key=115,
    equations={
        "x": mu * x - om * y - (x**2 + y**2) * (al * x - be * y),
        "y": om * x + mu * y - (x**2 + y**2) * (be * x + al * y),
    },
    parameters={"mu": 0.5, "om": 2.0, "al": 1.0, "be": 0.5},
    environments=RelativeRanges({"mu": 0.5, "om": 0.2, "al": 0.3, "be": 0.5}),
    starts=Box(((-1.5, 1.5),) * 2),
    dt=0.05,
    horizon=10.0,
    library=PolynomialLibrary(degree=5),
    citation="L. D. Landau, On the problem of turbulence, Doklady Akademii Nauk SSSR, 1944; J. T. Stuart, On "
    "the non-linear mechanics of hydrodynamic stability, Journal of Fluid Mechanics, 1958",
)
