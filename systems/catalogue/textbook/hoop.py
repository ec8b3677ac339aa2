"""A bead on a hoop that turns: angle x from the lowest point, angular velocity y."""

from sympy import sin, symbols

from spreme.library import FourierLibrary, PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, b, g, q = symbols("x y b g q")

# g is gravity over radius, q the square of the hoop's speed of rotation.
SYSTEM = System(
    name="hoop",
    key=119,
    equations={"x": y, "y": -b * y - g * sin(x) + q / 2 * sin(2 * x)},
    parameters={"b": 0.3, "g": 1.0, "q": 1.8},
    environments=RelativeRanges({"b": 0.4, "g": 0.3, "q": 0.4}),
    starts=Box(((-2.5, 2.5), (-1.2, 1.2))),
    dt=0.05,
    horizon=12.0,
    library=PolynomialLibrary(degree=2) + FourierLibrary(n_frequencies=2),
    citation="S. H. Strogatz, Nonlinear Dynamics and Chaos, 1994, section 3.5",
    units={"t": "s", "x": "rad", "y": "rad/s", "b": "1/s", "g": "1/s^2", "q": "1/s^2"},
)
