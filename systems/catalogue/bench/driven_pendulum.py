"""A damped pendulum under a constant torque I: angle x, angular velocity y."""

from sympy import sin, symbols

from spreme.library import FourierLibrary, PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, torque, b, g = symbols("x y I b g")

SYSTEM = System(
    name="driven_pendulum",
    key=19,
    equations={"x": y, "y": torque - b * y - g * sin(x)},
    parameters={"I": 0.6, "b": 0.35, "g": 1.0},
    environments=RelativeRanges({"I": 0.4, "b": 0.4, "g": 0.3}),
    starts=Box(((-2.5, 2.5), (-1.5, 1.5))),
    dt=0.05,
    horizon=12.0,
    library=PolynomialLibrary(degree=2) + FourierLibrary(n_frequencies=2),
    citation="S. H. Strogatz, Nonlinear Dynamics and Chaos, 1994, section 8.5",
    units={"t": "s", "x": "rad", "y": "rad/s", "I": "1/s^2", "b": "1/s", "g": "1/s^2"},
)
