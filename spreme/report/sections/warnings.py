"""What a reader must know before believing the law."""

from __future__ import annotations

from collections.abc import Sequence

from spreme.estimators.display import notes
from spreme.report.parts import Section
from spreme.report.subject import Subject, listed, name_of

NOTHING = "Nothing to warn of: the fit converged, and no law that was tried comes close to the chosen one."


def what_to_know(subject: Subject, remarks: Sequence[str]) -> Section:
    """Complaints of the fit, laws that are not ruled out, forecasts that fail, environments without data."""
    found = [*notes(subject.state), *remarks, *_without_data(subject)]
    return Section(
        "What to know first",
        "warnings",
        () if found else (NOTHING,),
        warnings=tuple(_as_sentence(note, subject.law.state_names) for note in found),
    )


def _without_data(subject: Subject) -> list[str]:
    """Environments of the law that the report cannot judge."""
    absent = [name_of(env) for env in subject.without_data]
    if not absent:
        return []
    return [f"no data were given of {listed(absent)}: pictures of data and residuals leave these environments out"]


def _as_sentence(note: str, names: Sequence[str]) -> str:
    """A note that begins with a capital, unless it begins with a name or a formula."""
    first = note.split(maxsplit=1)[0].rstrip(",:;")
    return note[0].upper() + note[1:] if first.isalpha() and first not in names else note
