"""What the steps of the package hand on: frozen containers, no behaviour beyond lookup and display."""

from spreme.results.forecast import Forecast as Forecast
from spreme.results.law import Law as Law
from spreme.results.path import Path as Path
from spreme.results.search import Candidate as Candidate
from spreme.results.search import LawCandidate as LawCandidate
from spreme.results.search import SearchPath as SearchPath
from spreme.results.search import Selection as Selection
