"""Pictures of the records, one file each.

Every function takes the frame of `systems.report.frame` and returns a new figure of pyplot; nothing is shown. A method
keeps its colour, marker and line in all pictures; what looks at the true law is dashed, with hollow markers.
"""

from systems.report.figures.cost import plot_cost
from systems.report.figures.errors import plot_adaptation, plot_efficiency, plot_errors, plot_rollouts, plot_valid_times
from systems.report.figures.heat_map import plot_heat_map
from systems.report.figures.profiles import plot_profiles
from systems.report.figures.recovery import plot_recovery
from systems.report.figures.variants import at_common_noise, plot_variants

__all__ = [
    "at_common_noise",
    "plot_adaptation",
    "plot_cost",
    "plot_efficiency",
    "plot_errors",
    "plot_heat_map",
    "plot_profiles",
    "plot_recovery",
    "plot_rollouts",
    "plot_valid_times",
    "plot_variants",
]
