"""Tables of the report: frames of text, ready to be read."""

from systems.report.tables.comparisons import win_matrix, wins
from systems.report.tables.failures import failures
from systems.report.tables.quartiles import quartile_table, valid_times
from systems.report.tables.recovery import headline, recovery_by
from systems.report.tables.terms import miss_counts, misses, wrong_terms

__all__ = [
    "failures",
    "headline",
    "miss_counts",
    "misses",
    "quartile_table",
    "recovery_by",
    "valid_times",
    "win_matrix",
    "wins",
    "wrong_terms",
]
