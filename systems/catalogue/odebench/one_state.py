"""Entries 1 to 23 of ODEBench: one state."""

from systems.catalogue.odebench.equation import Equation

EQUATIONS = (
    Equation(1, "charge of a capacitor", ("(c0 - x/c1)/c2",), (0.7, 1.2, 2.31), ((10,), (3.54,)), "p. 20"),
    Equation(2, "unlimited growth", ("c0*x",), (0.23,), ((4.78,), (0.87,)), "p. 22"),
    Equation(3, "logistic growth", ("c0*x*(1 - x/c1)",), (0.79, 74.3), ((7.3,), (21,)), "p. 22"),
    Equation(
        4, "capacitor, nonlinear resistor", ("1/(1 + exp(c0 - x/c1)) - 1/2",), (0.5, 0.96), ((0.8,), (0.02,)), "p. 38"
    ),
    Equation(5, "fall with drag", ("c0 - c1*x**2",), (9.81, 0.0021175), ((0.5,), (73,)), "p. 38"),
    Equation(6, "autocatalysis", ("c0*x - c1*x**2",), (2.1, 0.5), ((0.13,), (2.24,)), "p. 39"),
    Equation(7, "tumor growth by Gompertz", ("c0*x*log(c1*x)",), (0.032, 2.29), ((1.73,), (9.5,)), "p. 39"),
    Equation(
        8,
        "growth with an Allee effect",
        ("c0*x*(1 - x/c1)*(x/c2 - 1)",),
        (0.14, 130, 4.4),
        ((6.123,), (2.1,)),
        "p. 39",
    ),
    Equation(9, "competing languages", ("(1 - x)*c0 - x*c1",), (0.32, 0.28), ((0.14,), (0.55,)), "p. 40"),
    Equation(
        10,
        "competing languages with a status",
        ("(1 - x)*c0*x**c1 - x*(1 - c0)*(1 - x)**c1",),
        (0.2, 1.2),
        ((0.83,), (0.34,)),
        "p. 40",
    ),
    Equation(11, "critical slowing down", ("-x**3",), (), ((3.4,), (1.6,)), "p. 41"),
    Equation(12, "photons in a laser", ("c0*x - c1*x**2",), (1.8, 0.1107), ((11,), (1.3,)), "p. 55"),
    Equation(13, "overdamped bead on a hoop", ("c0*sin(x)*(c1*cos(x) - 1)",), (0.0981, 9.7), ((3.1,), (2.4,)), "p. 63"),
    Equation(
        14,
        "budworm outbreak",
        ("c0*x*(1 - x/c1) - c3*x**2/(c2**2 + x**2)",),
        (0.78, 81, 21.2, 0.9),
        ((2.76,), (23.3,)),
        "p. 75",
    ),
    Equation(
        15,
        "budworm outbreak, dimensionless",
        ("c0*x*(1 - x/c1) - x**2/(1 + x**2)",),
        (0.4, 95),
        ((44.3,), (4.5,)),
        "p. 76",
    ),
    Equation(16, "Landau equation", ("c0*x - c1*x**3 - c2*x**5",), (0.1, -0.04, 0.001), ((0.94,), (1.65,)), "p. 87"),
    Equation(
        17, "logistic growth with harvesting", ("c0*x*(1 - x/c1) - c2",), (0.4, 100, 0.3), ((14.3,), (34.2,)), "p. 89"
    ),
    Equation(
        18,
        "logistic growth with saturating harvest",
        ("c0*x*(1 - x/c1) - c2*x/(c3 + x)",),
        (0.4, 100, 0.24, 50),
        ((21.1,), (44.1,)),
        "p. 90",
    ),
    Equation(
        19,
        "logistic growth with saturating harvest, dimensionless",
        ("x*(1 - x) - c0*x/(c1 + x)",),
        (0.08, 0.8),
        ((0.13,), (0.03,)),
        "p. 90",
    ),
    Equation(20, "gene switch", ("c0 - c1*x + x**2/(1 + x**2)",), (0.1, 0.55), ((0.002,), (0.25,)), "p. 91"),
    Equation(21, "deaths in an epidemic", ("c0 - c1*x - exp(-x)",), (1.2, 0.2), ((0,), (0.8,)), "p. 92"),
    Equation(
        22,
        "protein expression with feedback",
        ("c0 + c1*x**5/(c2 + x**5) - c3*x",),
        (1.4, 0.4, 123, 0.89),
        ((3.1,), (6.3,)),
        "p. 93",
    ),
    Equation(23, "overdamped driven pendulum", ("c0 - sin(x)",), (0.21,), ((-2.74,), (1.65,)), "p. 104"),
)
