"""Oscillations of glycolysis in yeast: glucose S1 to extracellular pyruvate S7; its rational term is in no library."""

from sympy import symbols

from spreme.library import PolynomialLibrary
from systems.environments import RelativeRanges
from systems.starts import Box
from systems.system import System

S1, S2, S3, S4, S5, S6, S7, J0, k1, k2, k3, k4, k5, k6, k, ka, K1, psi, N, A = symbols(
    "S1 S2 S3 S4 S5 S6 S7 J0 k1 k2 k3 k4 k5 k6 k ka K1 psi N A"
)

SYSTEM = System(
    name="glycolytic",
    key=31,
    equations={
        "S1": J0 - k1 * S1 * S6 / (1 + (S6 / K1) ** 4),
        "S2": 2 * k1 * S1 * S6 / (1 + (S6 / K1) ** 4) - k2 * S2 * (N - S5) - k6 * S2 * S5,
        "S3": k2 * S2 * (N - S5) - k3 * S3 * (A - S6),
        "S4": k3 * S3 * (A - S6) - k4 * S4 * S5 - ka * (S4 - S7),
        "S5": k2 * S2 * (N - S5) - k4 * S4 * S5 - k6 * S2 * S5,
        "S6": -2 * k1 * S1 * S6 / (1 + (S6 / K1) ** 4) + 2 * k3 * S3 * (A - S6) - k5 * S6,
        "S7": psi * ka * (S4 - S7) - k * S7,
    },
    parameters={
        "J0": 2.5,
        "k1": 90.0,
        "k2": 6.0,
        "k3": 16.0,
        "k4": 100.0,
        "k5": 1.28,
        "k6": 12.0,
        "k": 1.8,
        "ka": 13.0,
        "K1": 0.75,
        "psi": 0.1,
        "N": 1.0,
        "A": 4.0,
    },
    environments=RelativeRanges({"k1": 0.1, "K1": 0.3}),
    starts=Box(((0.15, 1.6), (0.19, 2.16), (0.04, 0.2), (0.1, 0.35), (0.08, 0.3), (0.14, 2.67), (0.05, 0.1))),
    dt=0.01,
    horizon=1.0,  # as CoDA has it; later most environments rest
    library=PolynomialLibrary(degree=2),
    citation="B. C. Daniels, I. Nemenman, Efficient inference of parsimonious phenomenological models of "
    "cellular dynamics using S-systems and alternating regression, PLOS ONE, 2015; P. Ruoff, M. K. "
    "Christensen, J. Wolf, R. Heinrich, Temperature dependency and temperature compensation in a "
    "model of yeast glycolytic oscillations, Biophysical Chemistry, 2003",
    units={"t": "min", "S1": "mM", "S2": "mM", "S3": "mM", "S4": "mM", "S5": "mM", "S6": "mM", "S7": "mM"},
)
