"""Arguments of a forecast that may be quantities of pint, as numbers in the units of the fitted data."""

from __future__ import annotations

from typing import Any

import numpy as np

from spreme.data.magnitudes import magnitudes
from spreme.data.quantities import is_quantity
from spreme.results import Law

TIME, STD = "t", "x0_std: state"


def plain_times(t: Any, law: Law) -> Any:
    """Times in the unit of time."""
    return magnitudes(t, [TIME], {} if law.time_unit is None else {TIME: law.time_unit}, "times")


def plain_inputs(u: Any, law: Law) -> Any:
    """Inputs, or a function that gives them, in their units."""
    if callable(u):
        return lambda t: plain_inputs(u(t), law)
    return magnitudes(u, law.input_names, law.units, "u: input")


def plain_errors(x0_std: Any, law: Law) -> Any:
    """Standard errors of a start in the units of the states; a single one counts for every state."""
    if is_quantity(x0_std) and np.ndim(x0_std.magnitude) == 0:
        x0_std = [x0_std] * len(law.state_names)
    found = magnitudes(x0_std, law.state_names, law.units, STD)
    if found is x0_std:
        return found
    return found - magnitudes(_zero(x0_std), law.state_names, law.units, STD)  # 0 °C is not 0 K


def _zero(quantities: Any) -> Any:
    """The same quantities with the value zero."""
    if isinstance(quantities, (list, tuple)):
        return [_zero(own) for own in quantities]
    return type(quantities)(0.0 * quantities.magnitude, quantities.units)
