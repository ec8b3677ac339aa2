"""A virus in its host: cells x not infected, cells y infected, free virus z."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, la, d, be, a, k, u = symbols("x y z la d be a k u")

SYSTEM = System(
    name="virus",
    key=102,
    equations={"x": la - d * x - be * x * z, "y": be * x * z - a * y, "z": k * y - u * z},
    parameters={"la": 0.1, "d": 0.1, "be": 0.5, "a": 0.5, "k": 5.0, "u": 3.0},
    environments=RelativeRanges({"be": 0.3, "a": 0.3, "k": 0.3, "u": 0.2}),
    starts=Box(((0.3, 1.2), (0.01, 0.3), (0.05, 0.6))),
    dt=0.1,
    horizon=20.0,
    library=PolynomialLibrary(degree=2),
    citation="M. A. Nowak, C. R. M. Bangham, Population dynamics of immune responses to persistent viruses, "
    "Science, 1996; M. A. Nowak, R. M. May, Virus Dynamics, 2000",
    units={"t": "d", "la": "1/d", "d": "1/d", "be": "1/d", "a": "1/d", "k": "1/d", "u": "1/d"},
)
