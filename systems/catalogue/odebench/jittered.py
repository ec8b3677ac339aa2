"""ODEBench with constants that differ by up to 20 % between environments. Keys 401 to 463.

Starts are uniform in the box that ODEBench's two initial states span. Entry 11 has no constants and stays out.
"""

from dataclasses import replace

from systems.catalogue.odebench.as_given import SYSTEMS as AS_GIVEN
from systems.environments import RelativeRanges
from systems.system import System

KEY_STEP = 100
HALF_RANGE = 0.2


def _jittered(system: System) -> System:
    """Vary all constants of a system."""
    return replace(
        system,
        name=f"{system.name}-jittered",
        key=system.key + KEY_STEP,
        environments=RelativeRanges(dict.fromkeys(system.parameters, HALF_RANGE)),
    )


SYSTEMS = tuple(_jittered(system) for system in AS_GIVEN if system.parameters)
