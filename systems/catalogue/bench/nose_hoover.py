"""A harmonic oscillator with a thermostat: position x, velocity y, friction z; conservative and chaotic."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, a = symbols("x y z a")

SYSTEM = System(
    name="nose_hoover",
    key=25,
    equations={"x": y, "y": -x - y * z, "z": y**2 - a},
    parameters={"a": 1.5},
    environments=RelativeRanges({"a": 0.4}),
    starts=Box(((-2, 2), (-2, 2), (-1, 1))),
    dt=0.02,
    horizon=20.0,
    library=PolynomialLibrary(degree=3),
    citation="W. G. Hoover, Canonical dynamics: equilibrium phase-space distributions, Physical Review A, 1985; H. "
    "A. Posch, W. G. Hoover, F. J. Vesely, Canonical dynamics of the Nosé oscillator: stability, order, and chaos, "
    "Physical Review A, 1986",
)
