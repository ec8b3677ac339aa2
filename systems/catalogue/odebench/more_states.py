"""Entries 52 to 63 of ODEBench: three and four states."""

from systems.catalogue.odebench.equation import Equation

LORENZ = ("c0*(y - x)", "c1*x - y - x*z", "x*y - c2*z")
LORENZ_STARTS = ((2.3, 8.1, 12.4), (10, 20, 30))
ROSSLER = ("c3*(-y - z)", "c3*(x + c0*y)", "c3*(c1 + z*(x - c2))")  # c3 only scales time
ROSSLER_STARTS = ((2.3, 1.1, 0.8), (-0.1, 4.1, -2.1))
ROSSLER_SOURCE = "https://en.wikipedia.org/wiki/Rössler_attractor"
ACTIVATION = "c1*z*(c8 + y) - c2*y/(c6 + y) - c3*x*y/(c7 + y)"

EQUATIONS = (
    Equation(
        52,
        "laser by Maxwell and Bloch",
        ("c0*(y - x)", "c1*(x*z - y)", "c2*(c3 + 1 - z - c3*x*y)"),
        (0.1, 0.21, 0.34, 3.1),
        ((1.3, 1.1, 0.89), (0.89, 1.3, 1.1)),
        "p. 82",
    ),
    Equation(
        53,
        "cell death",
        ("c0 - c5*y*x/(c9 + x) - c4*x", ACTIVATION, f"-({ACTIVATION})"),
        (0.1, 0.6, 0.2, 7.95, 0.05, 0.4, 0.1, 2.0, 0.1, 0.1),
        ((0.005, 0.26, 2.15), (0.248, 0.0973, 0.0027)),
        "https://epubs.siam.org/doi/10.1137/20M1318043",
    ),
    Equation(54, "Lorenz, towards a fixed point", LORENZ, (5.1, 12, 1.67), LORENZ_STARTS, "p. 319"),
    Equation(55, "Lorenz, periodic", LORENZ, (10, 99.96, 8 / 3), LORENZ_STARTS, "p. 319"),
    Equation(56, "Lorenz, chaotic", LORENZ, (10, 28, 8 / 3), LORENZ_STARTS, "p. 319"),
    Equation(57, "Rössler, stable", ROSSLER, (-0.2, 0.2, 5.7, 5), ROSSLER_STARTS, ROSSLER_SOURCE),
    Equation(58, "Rössler, periodic", ROSSLER, (0.1, 0.2, 5.7, 5), ROSSLER_STARTS, ROSSLER_SOURCE),
    Equation(59, "Rössler, chaotic", ROSSLER, (0.2, 0.2, 5.7, 5), ROSSLER_STARTS, ROSSLER_SOURCE),
    Equation(
        60,
        "Aizawa, chaotic",
        (
            "x*(z - c1) - c3*y",
            "c3*x + y*(z - c1)",
            "c2 + c0*z - z**3/3 - (x**2 + y**2)*(1 + c4*z) + c5*z*x**3",
        ),
        (0.95, 0.7, 0.65, 3.5, 0.25, 0.1),
        ((0.1, 0.05, 0.05), (-0.3, 0.2, 0.1)),
        "https://analogparadigm.com/downloads/alpaca_17.pdf",
    ),
    Equation(
        61,
        "gyroscope by Chen and Lee, chaotic",
        ("c0*x - y*z", "c1*y + x*z", "c2*z + x*y/c3"),
        (5.0, -10.0, -3.8, 3.0),
        ((15, -15, -15), (8, 14, -10)),
        "https://doi.org/10.1016/j.chaos.2003.12.034",
    ),
    Equation(
        62,
        "binocular rivalry with adaptation",
        (
            "-x + 1/(1 + exp(c0*z + c1*y - c2))",
            "c3*(x - y)",
            "-z + 1/(1 + exp(c0*x + c1*w - c2))",
            "c3*(z - w)",
        ),
        (0.89, 0.4, 1.4, 1.0),
        ((2.25, -0.5, -1.13, 0.4), (0.342, -0.431, -0.86, 0.041)),
        "p. 295",
    ),
    Equation(
        63,
        "epidemic with incubation, as shares",
        ("-c1*x*z", "c1*x*z - c0*y", "c0*y - c2*z", "c2*z"),
        (0.47, 0.28, 0.3),
        ((0.6, 0.3, 0.09, 0.01), (0.4, 0.3, 0.25, 0.05)),
        "https://de.wikipedia.org/wiki/SEIR-Modell",
    ),
)
