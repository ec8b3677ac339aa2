"""Selection of the shared terms: candidate equations and the criteria that choose among them."""

from spreme.selection.candidates import propose
from spreme.selection.criteria import CRITERIA, check_criterion
from spreme.selection.regression import Regression, least_squares
from spreme.selection.search import StateProblem, choose

__all__ = ["CRITERIA", "Regression", "StateProblem", "check_criterion", "choose", "least_squares", "propose"]
