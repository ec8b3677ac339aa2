"""What the law leaves of the data: whether residuals look like measurement noise, in plain words."""

from __future__ import annotations

import math
from collections.abc import Sequence

from spreme.plotting.residuals import draw_residuals
from spreme.report.diagnostics import FEWEST, Diagnosis, diagnose
from spreme.report.parts import Section, Table
from spreme.report.portions import Portion, picture
from spreme.report.subject import Subject, listed, name_of

TITLE, ANCHOR = "Residuals", "residuals"
INTRODUCTION = (
    "Where the law holds, what it leaves of the data is measurement noise: as often above as below zero, neighbours no "
    "more alike than distant samples, few far out. Residuals of the table come from segments as long as the fit used, "
    "those of the picture from forecasts over whole trajectories, which may lose chaotic or long ones."
)
NOT_FOLLOWED = "The law cannot be followed over the data: there are no residuals to judge."
CAPTION = (
    "Residuals in units of the noise. Waves tell of a missing term, growing residuals of a forecast that gets lost."
)
HEAD = (
    "environment",
    "state",
    "residuals",
    "standard deviation",
    "over spread of data",
    "common to neighbours",
    "beyond 1.96 sd",
    "largest",
    "verdict",
)


def residuals(subject: Subject, pieces: Sequence[Portion]) -> Section:
    """Sentences on every state, a picture, and the numbers."""
    found = diagnose(subject)
    if not found:
        return Section(TITLE, ANCHOR, (), warnings=(NOT_FOLLOWED,))
    sentences = tuple(_about(state, [own for own in found if own.state == state]) for state in subject.law.state_names)
    table = Table("Residuals of every state and environment", HEAD, tuple(map(_row, found)), is_folded=len(found) > 12)
    pictures = [picture(subject, piece, draw_residuals, CAPTION, "residuals") for piece in pieces]
    return Section(TITLE, ANCHOR, (INTRODUCTION, *sentences), (*pictures, table))


def _about(state: str, found: Sequence[Diagnosis]) -> str:
    """What is to be said about one state."""
    judged = [own for own in found if own.is_white is not None]
    if not judged:
        return f"{state}: too few residuals to judge (fewer than {FEWEST}), or none, because there is no noise."
    sizes = [own.relative_size for own in judged if not math.isnan(own.relative_size)]
    size = f"{state}: residuals are {_range(sizes)} of the spread of the data" if sizes else f"{state}"
    waves = [own for own in judged if not own.is_white]
    odd = [own for own in judged if not own.is_normal]
    if not waves and not odd:
        elsewhere = "" if len(judged) == len(found) else ", and are none or too few to judge elsewhere"
        return f"{size}; they look like independent normal noise{_where(judged, len(found))}{elsewhere}."
    parts = []
    if waves:
        parts.append(
            f"neighbouring residuals are alike{_where(waves, len(found))}: the law misses something there, or the "
            "noise is not independent from sample to sample"
        )
    if odd:
        parts.append(
            f"their distribution is not normal{_where(odd, len(found))} (largest {max(own.largest for own in odd):.1f} "
            "standard deviations): there may be wild samples, or noise that depends on the state"
        )
    return f"{size}; {'; '.join(parts)}."


def _where(found: Sequence[Diagnosis], total: int) -> str:
    """Name the environments, unless there is but one."""
    if total == 1:
        return ""
    if len(found) == total:
        return " in all environments"
    return f" in {len(found)} of {total} environments ({listed([name_of(own.env) for own in found])})"


def _range(shares: Sequence[float]) -> str:
    """Smallest and largest share in percent."""
    low, high = f"{100 * min(shares):.2g}", f"{100 * max(shares):.2g}"
    return f"{low} %" if low == high else f"{low} to {high} %"


def _row(own: Diagnosis) -> tuple[str, ...]:
    """Numbers of one state in one environment."""
    return (
        name_of(own.env),
        own.state,
        str(own.n_values),
        f"{own.size:.3g}",
        _percent(own.relative_size),
        _percent(own.common if own.n_values else math.nan),
        _percent(own.beyond),
        f"{own.largest:.1f} sd" if own.n_values else "–",  # noqa: RUF001 (dash)
        _verdict(own),
    )


def _percent(share: float) -> str:
    """A share with two digits."""
    return "–" if math.isnan(share) else f"{100 * share:.2g} %"  # noqa: RUF001 (dash)


def _verdict(own: Diagnosis) -> str:
    """Both tests in words."""
    if own.is_white is None:
        return "no noise" if not own.n_values else "too few to judge"
    parts = [] if own.is_white else ["neighbours alike"]
    parts += [] if own.is_normal else ["not normal"]
    return ", ".join(parts) or "noise"
