"""A drug in two compartments: concentration x in plasma and y in tissue."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, k10, k12, k21 = symbols("x y k10 k12 k21")

SYSTEM = System(
    name="pharmacokinetics",
    key=109,
    equations={"x": -(k10 + k12) * x + k21 * y, "y": k12 * x - k21 * y},
    parameters={"k10": 0.4, "k12": 0.8, "k21": 0.5},
    environments=RelativeRanges({"k10": 0.4, "k12": 0.3, "k21": 0.3}),
    starts=Box(((2, 10), (0, 4))),
    dt=0.1,
    horizon=8.0,
    library=PolynomialLibrary(degree=3),
    citation="M. Gibaldi, D. Perrier, Pharmacokinetics, 1982",
    units={"t": "h", "x": "mg/l", "y": "mg/l", "k10": "1/h", "k12": "1/h", "k21": "1/h"},
)
