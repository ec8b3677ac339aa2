"""Glucose x after an injection, the remote action y of insulin, and insulin z: the minimal model."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, p1, p2, p3, n, Gb, Ib = symbols("x y z p1 p2 p3 n Gb Ib")

SYSTEM = System(
    name="glucose",
    key=108,
    equations={"x": p1 * Gb - p1 * x - x * y, "y": -p2 * y + p3 * z - p3 * Ib, "z": -n * z + n * Ib},
    parameters={"p1": 0.0317, "p2": 0.0123, "p3": 4.92e-06, "n": 0.2659, "Gb": 92.5, "Ib": 11.0},
    environments=RelativeRanges({"p1": 0.3, "p2": 0.3, "p3": 0.3, "n": 0.3}),
    starts=Box(((150, 300), (0, 0.01), (50, 350))),
    dt=1.0,
    horizon=120.0,
    library=PolynomialLibrary(degree=2),
    citation="R. N. Bergman, Y. Z. Ider, C. R. Bowden, C. Cobelli, Quantitative estimation of insulin "
    "sensitivity, American Journal of Physiology, 1979; G. Pacini, R. N. Bergman, MINMOD: a computer "
    "program to calculate insulin sensitivity and pancreatic responsivity, Computer Methods and "
    "Programs in Biomedicine, 1986",
    units={
        "t": "min",
        "x": "mg/dl",
        "y": "1/min",
        "z": "mU/l",
        "p1": "1/min",
        "p2": "1/min",
        "p3": "l/(mU min^2)",
        "n": "1/min",
        "Gb": "mg/dl",
        "Ib": "mU/l",
    },
)
