"""Joint fit of states and coefficients on a fine grid: for few or irregular samples, gaps, chaos and stiff systems."""

from spreme.likelihood.spline.information import joint_information
from spreme.likelihood.spline.joint import fit_jointly
from spreme.likelihood.spline.result import JointFit, JointOptions

__all__ = ["JointFit", "JointOptions", "fit_jointly", "joint_information"]
