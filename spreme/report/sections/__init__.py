"""The sections of the page, one file each."""

from __future__ import annotations

from spreme.report.following import drawable, follow_all
from spreme.report.parts import Section
from spreme.report.portions import portions
from spreme.report.sections.candidates import other_laws
from spreme.report.sections.coefficients import coefficients
from spreme.report.sections.forecasts import forecasts, remarks
from spreme.report.sections.law import the_law
from spreme.report.sections.making import making
from spreme.report.sections.recordings import recordings
from spreme.report.sections.residuals import residuals
from spreme.report.sections.sharing import sharing
from spreme.report.sections.warnings import what_to_know
from spreme.report.subject import Subject


def all_sections(subject: Subject) -> list[Section]:
    """All sections in the order of the page."""
    outcome = follow_all(subject.starts, list(portions(subject.data)))
    pieces = drawable(subject.data, outcome)
    return [
        what_to_know(subject, remarks(outcome)),
        the_law(subject),
        coefficients(subject),
        sharing(subject),
        forecasts(subject, outcome, pieces),
        residuals(subject, pieces),
        other_laws(subject),
        recordings(subject),
        making(subject),
    ]
