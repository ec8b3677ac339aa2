"""Oscillations of glycolysis: product x, substrate y."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, a, b = symbols("x y a b")

SYSTEM = System(
    name="selkov",
    key=18,
    equations={"x": -x + a * y + x**2 * y, "y": b - a * y - x**2 * y},
    parameters={"a": 0.1, "b": 0.6},
    environments=RelativeRanges({"a": 0.3, "b": 0.35}),
    starts=Box(((0.2, 2), (0.3, 3))),
    dt=0.05,
    horizon=20.0,
    library=PolynomialLibrary(degree=4),
    citation="E. E. Sel'kov, Self-oscillations in glycolysis, European Journal of Biochemistry, 1968",
)
