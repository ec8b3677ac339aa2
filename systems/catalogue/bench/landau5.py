"""An amplitude x that grows by a cubic term and is saturated by a quintic one: a subcritical bifurcation."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, a, b, c = symbols("x a b c")

SYSTEM = System(
    name="landau5",
    key=7,
    equations={"x": a * x + b * x**3 - c * x**5},
    parameters={"a": 0.6, "b": 1.2, "c": 0.5},
    environments=RelativeRanges({"a": 0.4, "b": 0.4, "c": 0.3}),
    starts=Box(((-1.9, 1.9),)),
    dt=0.02,
    horizon=3.0,
    library=PolynomialLibrary(degree=6),
    citation="L. D. Landau, On the problem of turbulence, Doklady Akademii Nauk SSSR, 1944; S. H. Strogatz, "
    "Nonlinear Dynamics and Chaos, 1994, section 3.4",
)
