"""What the data say about coefficients outside the mask of a joint fit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spreme.likelihood.field import Field
from spreme.likelihood.spline.collocation import Linear, linearisation, probe_terms
from spreme.likelihood.spline.elimination import LEAST_DAMPING, Weights, eliminate
from spreme.likelihood.spline.grid import Grid
from spreme.likelihood.spline.result import JointFit

Array = NDArray[np.float64]


def joint_information(fit: JointFit, probe: Field) -> tuple[Array, Array]:
    """Quadratic model of the cost around a fit over more coefficients, those outside its mask at zero.

    The states follow every change of the coefficients: cost(c) = cost - 2 g' (c - c_0) + (c - c_0)' A (c - c_0).

    Parameters
    ----------
    fit : JointFit
        A fit.
    probe : Field
        Law of Q coefficients, among them those of the fit.

    Returns
    -------
    information : ndarray (Q, Q)
        A.
    gradient : ndarray (Q,)
        g; it vanishes for the coefficients of the fit.

    Examples
    --------
    >>> import numpy as np
    >>> from spreme.library import PolynomialLibrary
    >>> from spreme.likelihood.field import make_field
    >>> from spreme.likelihood.recording import Recording
    >>> from spreme.likelihood.spline import fit_jointly
    >>> t = np.linspace(0.0, 2.0, 9)
    >>> recording = Recording(np.exp(-0.5 * t)[:, None], t, np.zeros((9, 0)), np.array([0, 9]))
    >>> table = PolynomialLibrary(degree=1).table(["x"])
    >>> law, probe = (make_field(table, np.array([mask])) for mask in ([False, True], [True, True]))
    >>> information, gradient = joint_information(fit_jointly(recording, law, np.zeros(1), np.array([0.1])), probe)
    >>> information.shape, gradient.shape
    ((2, 2), (2,))
    """
    linear = linearisation(fit.grid, fit.nodes, fit.coef, fit.field)
    theta, middle = (np.zeros((len(fit.nodes), len(probe.products.start) - 1)) for _ in range(2))
    probe_terms(fit.grid, fit.nodes, probe, linear, theta, middle)
    return eliminated(fit.grid, fit.nodes, linear, fit.weights, fit.rho, probe, (theta, middle))


def eliminated(
    grid: Grid, nodes: Array, linear: Linear, weights: Weights, rho: float, probe: Field, terms: tuple[Array, Array]
) -> tuple[Array, Array]:
    """Information matrix and gradient of the coefficients of `probe`, with its terms at nodes and at midpoints."""
    d, Q = nodes.shape[1], len(probe.state_index)
    information, gradient, forgotten = np.zeros((Q, Q)), np.zeros(Q), np.zeros((1, d, 2 * d + Q + 1))
    defect, (theta, middle) = linear.defect, terms
    rows = (grid, nodes, linear, defect, theta, middle, probe, weights)
    eliminate(*rows, rho, LEAST_DAMPING, 1.0, forgotten, information, gradient)
    return information, gradient
