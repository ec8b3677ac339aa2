"""Coefficients as functions of what is known about the environments: temperature, dose, distance."""

from spreme.coefficient_laws.covariates import Covariates
from spreme.coefficient_laws.law import coefficient_law
from spreme.coefficient_laws.prediction import Prediction
from spreme.coefficient_laws.result import CoefficientLaw, CoefficientLaws

__all__ = ["CoefficientLaw", "CoefficientLaws", "Covariates", "Prediction", "coefficient_law"]
