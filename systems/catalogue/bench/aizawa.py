"""A torus that breaks up, in the form known as Aizawa's attractor: rotation in x and y, height z."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, a, b, c, d, e, f = symbols("x y z a b c d e f")

SYSTEM = System(
    name="aizawa",
    key=23,
    equations={
        "x": x * z - b * x - d * y,
        "y": d * x + y * z - b * y,
        "z": c + a * z - z**3 / 3 - x**2 - y**2 - e * x**2 * z - e * y**2 * z + f * x**3 * z,
    },
    parameters={"a": 0.95, "b": 0.7, "c": 0.6, "d": 3.5, "e": 0.25, "f": 0.1},
    environments=RelativeRanges({"a": 0.05, "b": 0.1, "c": 0.1, "d": 0.2, "e": 0.2}),
    starts=Box(((-0.5, 0.5), (-0.5, 0.5), (-0.2, 0.8))),
    dt=0.02,
    horizon=15.0,
    library=PolynomialLibrary(degree=4),
    citation="W. F. Langford, Numerical studies of torus bifurcations, in Numerical Methods for Bifurcation "
    "Problems, 1984",
)
