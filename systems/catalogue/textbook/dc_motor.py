"""A motor at a constant voltage V: current x, speed y."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, R, L, K, J, b, V = symbols("x y R L K J b V")

SYSTEM = System(
    name="dc_motor",
    key=120,
    equations={"x": -R / L * x - K / L * y + V / L, "y": K / J * x - b / J * y},
    parameters={"R": 1.0, "L": 0.5, "K": 0.3, "J": 0.1, "b": 0.1, "V": 1.0},
    environments=RelativeRanges({"R": 0.3, "J": 0.3, "b": 0.4, "V": 0.3}),
    starts=Box(((-1, 1.5), (-1, 2))),
    dt=0.05,
    horizon=6.0,
    library=PolynomialLibrary(degree=3),
    citation="G. F. Franklin, J. D. Powell, A. Emami-Naeini, Feedback Control of Dynamic Systems, 1986, section 2.3",
    units={"t": "s", "x": "A", "y": "rad/s", "R": "Ohm", "L": "H", "K": "V s", "J": "kg m^2", "b": "N m s", "V": "V"},
)
