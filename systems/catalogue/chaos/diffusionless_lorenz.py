"""Lorenz's convection without diffusion: a single parameter R is left; chaotic."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, a, b, c, d, R = symbols("x y z a b c d R")

SYSTEM = System(
    name="diffusionless_lorenz",
    key=204,
    equations={"x": a * y - b * x, "y": -c * x * z, "z": d * x * y - R},
    parameters={"a": 1.0, "b": 1.0, "c": 1.0, "d": 1.0, "R": 1.0},
    environments=RelativeRanges({"a": 0.05, "b": 0.05, "c": 0.05, "d": 0.05, "R": 0.05}),
    starts=Box(((-0.9, 0.9), (-1, 1), (-0.9, 0.9))),
    dt=0.05,
    horizon=30.0,
    library=PolynomialLibrary(degree=2),
    citation="G. van der Schrier, L. R. M. Maas, The diffusionless Lorenz equations; Shil'nikov bifurcations "
    "and reduction to an explicit map, Physica D, 2000",
    lyapunov_time=1 / 0.21,  # J. C. Sprott, Chaos and Time-Series Analysis, 2003, appendix A
)
