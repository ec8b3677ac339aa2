"""Warming of the surface x and of the deep ocean y under a constant forcing F."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, F, la, ga, c, c0 = symbols("x y F la ga c c0")

SYSTEM = System(
    name="climate_boxes",
    key=125,
    equations={"x": (F - la * x - ga * x + ga * y) / c, "y": ga / c0 * (x - y)},
    parameters={"F": 6.9, "la": 1.13, "ga": 0.73, "c": 7.3, "c0": 106.0},
    environments=RelativeRanges({"F": 0.15, "la": 0.3, "ga": 0.3, "c": 0.2, "c0": 0.4}),
    starts=Box(((0, 4), (0, 2))),
    dt=1.0,
    horizon=150.0,
    library=PolynomialLibrary(degree=3),
    citation="O. Geoffroy, D. Saint-Martin, D. J. L. Olivié, A. Voldoire, G. Bellon, S. Tytéca, Transient "
    "climate response in a two-layer energy-balance model, Journal of Climate, 2013",
    units={
        "t": "a",
        "x": "K",
        "y": "K",
        "F": "W/m^2",
        "la": "W/(m^2 K)",
        "ga": "W/(m^2 K)",
        "c": "W a/(m^2 K)",
        "c0": "W a/(m^2 K)",
    },
)
