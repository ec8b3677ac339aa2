"""A ship that rolls in calm water: angle x, angular velocity y; eddies damp it by |y| y."""

from sympy import Abs, symbols

from spreme.library import CustomLibrary, PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, c, d, w, k = symbols("x y c d w k")

SYSTEM = System(
    name="ship_roll",
    key=123,
    equations={"x": y, "y": -c * y - d * y * Abs(y) - w * x + k * x**3},
    parameters={"c": 0.06, "d": 0.25, "w": 1.0, "k": 0.35},
    environments=RelativeRanges({"c": 0.5, "d": 0.4, "w": 0.2, "k": 0.4}),
    starts=Box(((-1, 1), (-0.6, 0.6))),
    dt=0.1,
    horizon=25.0,
    library=PolynomialLibrary(degree=5) + CustomLibrary(["x*abs(x)", "y*abs(y)"]),
    citation="J. F. Dalzell, A note on the form of ship roll damping, Journal of Ship Research, 1978; A. H. "
    "Nayfeh, D. T. Mook, Nonlinear Oscillations, 1979",
    units={"x": "rad"},
)
