"""A neuron that fires in bursts: membrane potential x, fast currents y, slow adaptation z."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, a, b, c, d, r, s, xr, current = symbols("x y z a b c d r s xr I")

SYSTEM = System(
    name="hindmarsh_rose",
    key=107,
    equations={
        "x": y - a * x**3 + b * x**2 - z + current,
        "y": c - d * x**2 - y,
        "z": r * s * x + r * s * xr - r * z,
    },
    parameters={"a": 1.0, "b": 3.0, "c": 1.0, "d": 5.0, "r": 0.006, "s": 4.0, "xr": 1.6, "I": 3.25},
    environments=RelativeRanges({"b": 0.05, "r": 0.3, "s": 0.1, "I": 0.1}),
    starts=Box(((-1.5, 1.5), (-8, 0), (2.5, 3.7))),
    dt=0.05,
    horizon=100.0,  # long enough for z to move
    library=PolynomialLibrary(degree=3),
    citation="J. L. Hindmarsh, R. M. Rose, A model of neuronal bursting using three coupled first order "
    "differential equations, Proceedings of the Royal Society B, 1984",
)
