"""Two generators on a grid: angles x, y of their rotors against it, and the rates z, w at which these change."""

from sympy import sin, symbols

from spreme.library import CustomLibrary, PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, w, p1, p2, d, b1, b2, k = symbols("x y z w p1 p2 d b1 b2 k")

SYSTEM = System(
    name="power_grid",
    key=117,
    equations={
        "x": z,
        "y": w,
        "z": p1 - d * z - b1 * sin(x) - k * sin(x - y),
        "w": p2 - d * w - b2 * sin(y) - k * sin(y - x),
    },
    parameters={"p1": 0.4, "p2": 0.2, "d": 0.3, "b1": 1.2, "b2": 1.5, "k": 0.8},
    environments=RelativeRanges({"p1": 0.4, "p2": 0.4, "d": 0.3, "b1": 0.2, "b2": 0.2, "k": 0.3}),
    starts=Box(((-1.2, 1.6), (-1.2, 1.6), (-0.8, 0.8), (-0.8, 0.8))),
    dt=0.1,
    horizon=15.0,
    library=PolynomialLibrary(degree=2)
    + CustomLibrary(["sin(x)", "cos(x)", "sin(y)", "cos(y)", "sin(x - y)", "cos(x - y)"]),
    citation="P. Kundur, Power System Stability and Control, 1994; G. Filatrella, A. H. Nielsen, N. F. "
    "Pedersen, Analysis of a power grid using a Kuramoto-like model, The European Physical Journal B,"
    " 2008",
    units={"x": "rad", "y": "rad"},
)
