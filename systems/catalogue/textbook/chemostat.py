"""Bacteria y in a culture that flows through; substrate x, of which half of the fastest growth needs 1/2."""

from sympy import symbols

from spreme.library import CustomLibrary, PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, D, s0, q, Y = symbols("x y D s0 q Y")

# Y is the yield, q x / (1 + 2 x) the uptake: Monod's law with half saturation at 1/2.
SYSTEM = System(
    name="chemostat",
    key=111,
    equations={"x": D * s0 - D * x - q * x * y / (1 + 2 * x), "y": Y * q * x * y / (1 + 2 * x) - D * y},
    parameters={"D": 0.3, "s0": 3.0, "q": 3.5, "Y": 0.6},
    environments=RelativeRanges({"D": 0.4, "s0": 0.3, "q": 0.2, "Y": 0.2}),
    starts=Box(((0.2, 3), (0.05, 1.5))),
    dt=0.1,
    horizon=15.0,
    library=PolynomialLibrary(degree=2) + CustomLibrary(["x/(1 + 2*x)", "x*y/(1 + 2*x)", "y**2/(1 + 2*x)"]),
    citation="J. Monod, La technique de culture continue: théorie et applications, Annales de l'Institut "
    "Pasteur, 1950; H. L. Smith, P. Waltman, The Theory of the Chemostat, 1995",
)
