"""A food chain: prey x of capacity K, its predator y, and z, which eats y."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, r, K, a, c, d, e, f, g = symbols("x y z r K a c d e f g")

SYSTEM = System(
    name="food_chain",
    key=104,
    equations={
        "x": r * x - r / K * x**2 - a * x * y,
        "y": -c * y + d * x * y - e * y * z,
        "z": -f * z + g * y * z,
    },
    parameters={"r": 1.2, "K": 3.0, "a": 1.0, "c": 0.4, "d": 0.8, "e": 1.0, "f": 0.3, "g": 0.6},
    environments=RelativeRanges({"r": 0.2, "K": 0.2, "c": 0.3, "d": 0.2, "f": 0.2, "g": 0.2}),
    starts=Box(((0.3, 2.5), (0.1, 1.5), (0.2, 1.5))),
    dt=0.1,
    horizon=15.0,
    library=PolynomialLibrary(degree=3),
    citation="H. I. Freedman, P. Waltman, Mathematical analysis of some three-species food-chain models, "
    "Mathematical Biosciences, 1977",
)
