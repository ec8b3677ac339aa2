"""An epidemic whose infected are not infectious at once: shares x susceptible, y exposed, z infectious."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, be, si, ga = symbols("x y z be si ga")

SYSTEM = System(
    name="seir",
    key=101,
    equations={"x": -be * x * z, "y": be * x * z - si * y, "z": si * y - ga * z},
    parameters={"be": 1.2, "si": 0.5, "ga": 0.3},
    environments=RelativeRanges({"be": 0.3, "si": 0.3, "ga": 0.3}),
    starts=Box(((0.6, 0.98), (0.01, 0.1), (0.01, 0.1))),
    dt=0.25,
    horizon=30.0,
    library=PolynomialLibrary(degree=3),
    citation="R. M. Anderson, R. M. May, Infectious Diseases of Humans, 1991; H. W. Hethcote, The mathematics "
    "of infectious diseases, SIAM Review, 2000",
    units={"t": "d", "be": "1/d", "si": "1/d", "ga": "1/d"},
)
