"""The wake of a cylinder in three modes: vortex shedding x, y, and the shift z of the mean flow."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, mu, om, A, la = symbols("x y z mu om A la")

SYSTEM = System(
    name="wake3",
    key=26,
    equations={
        "x": mu * x - om * y + A * x * z,
        "y": om * x + mu * y + A * y * z,
        "z": -la * z + la * x**2 + la * y**2,
    },
    parameters={"mu": 0.1, "om": 1.0, "A": -0.1, "la": 1.0},
    environments=RelativeRanges({"mu": 0.6, "om": 0.2, "A": 0.3, "la": 0.5}),
    starts=Box(((-1.5, 1.5), (-1.5, 1.5), (-0.2, 2))),
    dt=0.1,
    horizon=30.0,
    library=PolynomialLibrary(degree=3),
    citation="B. R. Noack, K. Afanasiev, M. Morzynski, G. Tadmor, F. Thiele, A hierarchy of low-dimensional models "
    "for the transient and post-transient cylinder wake, Journal of Fluid Mechanics, 2003",
)
