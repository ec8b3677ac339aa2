"""Pictures of data, laws and forecasts, and of implicit representations.

Every function draws into new axes or into given ones, returns what it has drawn in, and shows nothing by itself.
States keep their colour and marker in all pictures (the palette of Okabe and Ito, which colour-blind readers can tell
apart).
"""

from spreme.plotting.coefficient_laws import plot_coefficient_law
from spreme.plotting.coefficients import plot_coefficients, plot_mask
from spreme.plotting.densities import plot_density_path
from spreme.plotting.fit import plot_fit
from spreme.plotting.forecast import plot_forecast
from spreme.plotting.path import plot_path
from spreme.plotting.profiles import plot_profile
from spreme.plotting.residuals import plot_residuals
from spreme.plotting.signals import plot_signal

__all__ = [
    "plot_coefficient_law",
    "plot_coefficients",
    "plot_density_path",
    "plot_fit",
    "plot_forecast",
    "plot_mask",
    "plot_path",
    "plot_profile",
    "plot_residuals",
    "plot_signal",
]
