"""What the page says: section by section, from the records to sentences, pictures and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from systems.report.parts import Section
from systems.report.sections.accuracy import adaptation, efficiency, errors, profiles, rollouts, valid_times
from systems.report.sections.effort import comparisons, cost, failures
from systems.report.sections.overview import headline, what_was_run
from systems.report.sections.structure import heat_maps, recovery, searches, variants, wrong_terms

if TYPE_CHECKING:
    import pandas as pd

SECTIONS = (
    *(
        headline,
        what_was_run,
        recovery,
        heat_maps,
        variants,
        profiles,
        errors,
        efficiency,
        rollouts,
        valid_times,
        adaptation,
    ),
    *(comparisons, searches, wrong_terms, cost, failures),
)


def all_sections(records: pd.DataFrame) -> list[Section]:
    """Make all sections in order."""
    return [section(records) for section in SECTIONS]
