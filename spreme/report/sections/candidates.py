"""Laws that were tried, and how much worse than the chosen one they are."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from spreme.likelihood.record import CLOSE, NO_DEVIANCE
from spreme.plotting import plot_path
from spreme.plotting.path import CRITERIA
from spreme.report.parts import Picture, Section, Table
from spreme.report.pictures import drawn
from spreme.report.subject import Subject
from spreme.results import LawCandidate

TITLE, ANCHOR = "Other laws", "others"
# Candidates that are listed; of the others there is the picture.
MOST_LISTED = 12
CAPTION = (
    "How much worse than the chosen equation its competitors are, by their number of terms. The ring is the chosen one."
)


def other_laws(subject: Subject) -> Section:
    """Why the law was chosen, its rivals, the other candidates."""
    selection = subject.state.selection
    name = CRITERIA.get(selection.criterion, selection.criterion)
    why = f"Chosen by {name}: {selection.reason}."
    laws = subject.state.path.laws
    tables = _laws(subject, laws) if laws else _equations(subject)
    text = f"Scores of candidate equations of {', '.join(subject.law.state_names)} against their number of terms."
    picture = Picture(drawn(lambda: plot_path(subject.model), "others").svg, CAPTION, text)
    return Section(TITLE, ANCHOR, (why, _how_to_read(selection.criterion)), (*tables, picture))


def _how_to_read(criterion: str) -> str:
    """What a distance means."""
    if criterion in NO_DEVIANCE:
        return "Scores of this criterion are no differences of likelihoods: small ones rule nothing in or out."
    return (
        f"A distance is how much worse the score is. Below {CLOSE:g} a law is not ruled out by these data; more or "
        "longer trajectories would tell."
    )


def _laws(subject: Subject, laws: Sequence[LawCandidate]) -> Iterator[Table]:
    """Rivals, and the best laws fitted to the longest segments."""
    rivals = subject.state.selection.rivals
    if rivals:
        yield _table(subject, f"Laws that are not ruled out ({len(rivals)})", rivals[:MOST_LISTED], is_folded=False)
    last = [own for own in laws if own.segments == laws[0].segments]
    caption = f"Laws compared at the end of the search, the best {min(len(last), MOST_LISTED)} of {len(last)}"
    yield _table(subject, caption, last[:MOST_LISTED], is_folded=bool(rivals))


def _table(subject: Subject, caption: str, laws: Sequence[LawCandidate], is_folded: bool) -> Table:
    """One line a law."""
    names = subject.law.state_names
    head = ("distance", *(f"{name}'" for name in names), "residuals / noise", "remark")
    rows = tuple(
        (_distance(own.distance), *map(_sum, own.equations), _number(own.residual), _remark(own.reason)) for own in laws
    )
    return Table(caption, head, rows, is_folded)


def _remark(reason: str) -> str:
    """What the distance does not say already."""
    return "" if reason.startswith("worse by") else reason


def _equations(subject: Subject) -> Iterator[Table]:
    """Candidate equations of every state, where laws were not compared as a whole."""
    for name, candidates in subject.state.path.candidates.items():
        rows = tuple((_distance(own.distance), _sum(own.terms), _number(own.residual)) for own in candidates)
        caption = f"Equations of {name}, the best {min(len(rows), MOST_LISTED)} of {len(rows)}"
        yield Table(caption, ("distance", f"{name}'", "residuals / noise"), rows[:MOST_LISTED], is_folded=True)


def _sum(terms: Sequence[str]) -> str:
    """Terms without coefficients."""
    return " + ".join(terms) or "0"


def _distance(value: float) -> str:
    """Difference of scores."""
    return "no score" if not math.isfinite(value) else f"{value:.1f}"


def _number(value: float) -> str:
    """Residuals in units of the noise."""
    return "–" if not math.isfinite(value) else f"{value:.3g}"  # noqa: RUF001 (dash)
