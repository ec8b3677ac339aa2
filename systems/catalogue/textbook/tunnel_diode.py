"""A circuit with a tunnel diode, whose current is a polynomial of its voltage x; current y of the coil."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, c, e, R, u = symbols("x y c e R u")

SYSTEM = System(
    name="tunnel_diode",
    key=121,
    equations={
        "x": c * (y - 17.76 * x + 103.79 * x**2 - 229.62 * x**3 + 226.31 * x**4 - 83.72 * x**5),
        "y": e * u - e * x - e * R * y,
    },
    parameters={"c": 0.5, "e": 0.2, "R": 1.5, "u": 1.2},
    environments=RelativeRanges({"c": 0.3, "e": 0.3, "u": 0.1}),
    starts=Box(((0, 1),) * 2),
    dt=0.05,
    horizon=15.0,
    library=PolynomialLibrary(degree=5),
    citation="H. K. Khalil, Nonlinear Systems, 2002, sections 1.2.2 and 2.1; L. O. Chua, C. A. Desoer, E. S. "
    "Kuh, Linear and Nonlinear Circuits, 1987",
    units={"t": "ns", "x": "V", "y": "mA", "c": "1/pF", "e": "1/uH", "R": "kOhm", "u": "V"},
)
