"""ODEBench with its own constants: one environment each. Keys 301 to 363.

`systems.replicas` measures them by the published protocol. Here the starts are drawn between ODEBench's two.
"""

from spreme.library import Library
from systems.catalogue.odebench.equation import Equation
from systems.catalogue.odebench.libraries import linear_equations
from systems.environments import ParameterSets
from systems.starts import Box
from systems.system import System

FIRST_KEY = 300  # plus ODEBench's number
HORIZON = 10.0
N_SAMPLES = 150
CITATION = "S. d'Ascoli et al., ODEFormer: Symbolic Regression of Dynamical Systems with Transformers, ICLR 2024"


def make_system(equation: Equation, library: Library) -> System:
    """Make the system of an entry that is linear in the library."""
    page = f"S. H. Strogatz, Nonlinear Dynamics and Chaos, {equation.source}"
    return System(
        name=equation.name,
        key=FIRST_KEY + equation.number,
        equations=equation.expressions(),
        parameters=equation.parameters,
        environments=ParameterSets({0: equation.parameters}),
        starts=Box(tuple((min(pair), max(pair)) for pair in zip(*equation.starts, strict=True))),
        dt=HORIZON / (N_SAMPLES - 1),
        horizon=HORIZON,
        library=library,
        citation=f"{CITATION}; {page if equation.source.startswith('p.') else equation.source}",
    )


SYSTEMS = tuple(make_system(equation, library) for equation, library in linear_equations())
