"""A damped pendulum: angle x, angular velocity y."""

from sympy import sin, symbols

from spreme.library import FourierLibrary, PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, b, g = symbols("x y b g")

SYSTEM = System(
    name="pendulum",
    key=4,
    equations={"x": y, "y": -b * y - g * sin(x)},
    parameters={"b": 0.5, "g": 0.98},
    environments=RelativeRanges({"b": 0.6, "g": 0.4}),
    starts=Box(((-2.6, 2.6), (-1.5, 1.5))),
    dt=0.05,
    horizon=10.0,
    library=PolynomialLibrary(degree=3) + FourierLibrary(n_frequencies=1),
    citation="S. H. Strogatz, Nonlinear Dynamics and Chaos, 1994, section 6.7",
    units={"t": "s", "x": "rad", "y": "rad/s", "b": "1/s", "g": "1/s^2"},
)
