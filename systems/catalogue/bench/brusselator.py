"""An autocatalytic reaction with a limit cycle: intermediates x and y, feeds A and B."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, A, B = symbols("x y A B")

SYSTEM = System(
    name="brusselator",
    key=17,
    equations={"x": A - (B + 1) * x + x**2 * y, "y": B * x - x**2 * y},
    parameters={"A": 1.0, "B": 2.6},
    environments=RelativeRanges({"A": 0.25, "B": 0.2}),
    starts=Box(((0.3, 2.5), (0.8, 4))),
    dt=0.02,
    horizon=12.0,
    library=PolynomialLibrary(degree=4),
    citation="I. Prigogine, R. Lefever, Symmetry breaking instabilities in dissipative systems II, Journal of "
    "Chemical Physics, 1968",
)
