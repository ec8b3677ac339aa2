"""Which terms are the same in all environments, which vary, which were not observed."""

from __future__ import annotations

from collections import Counter

import numpy as np

from spreme.likelihood.term_report import TermReport
from spreme.likelihood.term_row import NOWHERE, SAME, SAME_WHERE_OBSERVED, VARIES, cells, header
from spreme.report.mathematics import symbol, term
from spreme.report.parts import Cell, Section, Table
from spreme.report.subject import Subject

# Cells of a row that name equation, term and coefficient.
AFTER_NAMES = 3
TITLE, ANCHOR = "What the environments share", "sharing"
WORDS = {
    SAME: "same in all environments",
    VARIES: "differing between environments",
    SAME_WHERE_OBSERVED: "same in the environments that observe it",
    NOWHERE: "not observed anywhere",
}


def sharing(subject: Subject) -> Section:
    """The term report, with a sentence on how to read it."""
    report = subject.model.term_report()
    if not report.is_fitted or not report.rows:
        return Section(TITLE, ANCHOR, ("No coefficient is known: there is nothing to compare.",))
    n = len(report.environments)
    names = tuple(header(n)[AFTER_NAMES:])
    places = zip(report.rows, np.argwhere(subject.law.mask), strict=True)
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (symbol(subject.law, int(s), int(k)), term(subject.law, int(k)), *cells(row, n)[AFTER_NAMES:])
        for row, (s, k) in places
    )
    table = Table("Every term of the law", ("coefficient", "of term", *names), rows)
    return Section(TITLE, ANCHOR, (_sentence(report),), (table,))


def _sentence(report: TermReport) -> str:
    """Count the verdicts, and say what they mean."""
    if len(report.environments) == 1:
        return "There is one environment: whether its coefficients hold elsewhere cannot be told."
    counts = Counter(row.verdict for row in report.rows)
    parts = [f"{counts[verdict]} {words}" for verdict, words in WORDS.items() if counts[verdict]]
    return (
        f"Coefficients: {'; '.join(parts)}. “Same” means that the data do not tell a difference. If all were the "
        f"same, one or more would be said to differ with a probability of {100 * report.level:g} %. The spread is the "
        "standard deviation between environments, freed of the errors of the estimates."
    )
