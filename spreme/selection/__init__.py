"""Selection of the shared terms: candidate equations and the criteria that choose among them."""

from spreme.selection.candidates import propose as propose
from spreme.selection.criteria import CRITERIA as CRITERIA
from spreme.selection.criteria import check_criterion as check_criterion
from spreme.selection.regression import Regression as Regression
from spreme.selection.regression import least_squares as least_squares
from spreme.selection.search import StateProblem as StateProblem
from spreme.selection.search import choose as choose
