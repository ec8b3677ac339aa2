"""Four species that compete; the interactions are fixed, the rates of growth differ; chaotic."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

x, y, z, w, r1, r2, r3, r4 = symbols("x y z w r1 r2 r3 r4")

SYSTEM = System(
    name="lv4",
    key=28,
    equations={
        "x": r1 * x * (1 - x - 1.09 * y - 1.52 * z),
        "y": r2 * y * (1 - y - 0.44 * z - 1.36 * w),
        "z": r3 * z * (1 - 2.33 * x - z - 0.47 * w),
        "w": r4 * w * (1 - 1.21 * x - 0.51 * y - 0.35 * z - w),
    },
    parameters={"r1": 1.0, "r2": 0.72, "r3": 1.53, "r4": 1.27},
    environments=RelativeRanges({"r1": 0.15, "r2": 0.15, "r3": 0.15, "r4": 0.15}),
    starts=Box(((0.05, 0.9),) * 4),
    dt=0.1,
    horizon=30.0,
    library=PolynomialLibrary(degree=3),
    citation="J. A. Vano, J. C. Wildenberg, M. B. Anderson, J. K. Noel, J. C. Sprott, Chaos in low-dimensional "
    "Lotka-Volterra models of competition, Nonlinearity, 2006",
    lyapunov_time=1 / 0.0203,  # the publication cited
)
