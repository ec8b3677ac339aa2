"""A body that turns freely: angular velocities x, y, z about its three axes of inertia A, B, C."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, A, B, C = symbols("x y z A B C")

SYSTEM = System(
    name="rigid_body",
    key=112,
    equations={"x": (B - C) / A * y * z, "y": (C - A) / B * x * z, "z": (A - B) / C * x * y},
    parameters={"A": 1.0, "B": 2.0, "C": 3.0},
    environments=RelativeRanges({"A": 0.2, "B": 0.2, "C": 0.15}),
    starts=Box(((-2, 2),) * 3),
    dt=0.05,
    horizon=12.0,
    library=PolynomialLibrary(degree=3),
    citation="L. Euler, Du mouvement de rotation des corps solides autour d'un axe variable, Mémoires de "
    "l'académie des sciences de Berlin, 1765; L. D. Landau, E. M. Lifshitz, Mechanics, section 36",
    units={"t": "s", "x": "rad/s", "y": "rad/s", "z": "rad/s", "A": "kg m^2", "B": "kg m^2", "C": "kg m^2"},
)
