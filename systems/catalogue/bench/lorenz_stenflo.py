"""Lorenz's convection in a rotating fluid: a fourth state w couples by the rotation k; chaotic."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, w, s, r, b, k = symbols("x y z w s r b k")

SYSTEM = System(
    name="lorenz_stenflo",
    key=30,
    equations={"x": s * y - s * x + k * w, "y": r * x - x * z - y, "z": x * y - b * z, "w": -x - s * w},
    parameters={"s": 2.0, "r": 26.0, "b": 0.7, "k": 1.5},
    environments=RelativeRanges({"s": 0.15, "r": 0.15, "b": 0.2, "k": 0.3}),
    starts=Box(((-4, 4), (-4, 4), (10, 30), (-3, 3))),
    dt=0.01,
    horizon=12.0,
    library=PolynomialLibrary(degree=2),
    citation="L. Stenflo, Generalized Lorenz equations for acoustic-gravity waves in the atmosphere, Physica "
    "Scripta, 1996",
    lyapunov_time=1 / 0.386,  # computed; all environments are chaotic
)
