"""Two masses on three springs: displacements x, y and velocities z, w."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, w, k1, kc, k2, c = symbols("x y z w k1 kc k2 c")

SYSTEM = System(
    name="springs",
    key=118,
    equations={"x": z, "y": w, "z": -(k1 + kc) * x + kc * y - c * z, "w": kc * x - (k2 + kc) * y - c * w},
    parameters={"k1": 1.0, "kc": 0.5, "k2": 1.5, "c": 0.15},
    environments=RelativeRanges({"k1": 0.3, "kc": 0.4, "k2": 0.3, "c": 0.4}),
    starts=Box(((-1.5, 1.5),) * 4),
    dt=0.1,
    horizon=15.0,
    library=PolynomialLibrary(degree=3),
    citation="L. Meirovitch, Elements of Vibration Analysis, 1975, chapter 4",
    units={
        "t": "s",
        "x": "m",
        "y": "m",
        "z": "m/s",
        "w": "m/s",
        "k1": "1/s^2",
        "kc": "1/s^2",
        "k2": "1/s^2",
        "c": "1/s",
    },
)
