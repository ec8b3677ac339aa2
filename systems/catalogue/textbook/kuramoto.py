"""Three oscillators with phases x, y, z that pull each other."""

from sympy import sin, symbols

from spreme.library import CustomLibrary, PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, w1, w2, w3, K = symbols("x y z w1 w2 w3 K")

SYSTEM = System(
    name="kuramoto",
    key=116,
    equations={
        "x": w1 + K / 3 * sin(y - x) + K / 3 * sin(z - x),
        "y": w2 + K / 3 * sin(x - y) + K / 3 * sin(z - y),
        "z": w3 + K / 3 * sin(x - z) + K / 3 * sin(y - z),
    },
    parameters={"w1": 1.0, "w2": 1.5, "w3": 0.6, "K": 0.9},
    environments=RelativeRanges({"w1": 0.2, "w2": 0.2, "w3": 0.2, "K": 0.4}),
    starts=Box(((-3, 3),) * 3),
    dt=0.1,
    horizon=15.0,
    library=PolynomialLibrary(degree=1)
    + CustomLibrary([f"{f}({a})" for f in ("sin", "cos") for a in ("x", "y", "z", "x - y", "x - z", "y - z")]),
    citation="Y. Kuramoto, Self-entrainment of a population of coupled non-linear oscillators, International "
    "Symposium on Mathematical Problems in Theoretical Physics, 1975",
    units={"x": "rad", "y": "rad", "z": "rad"},
)
