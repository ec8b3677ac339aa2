"""What a search looked at, as results: all laws with their scores, all equations by the best law that contains them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from spreme.library import TermTable
from spreme.likelihood.criteria import score
from spreme.likelihood.evaluation import Fit
from spreme.likelihood.one_stage import Stage
from spreme.results import Candidate, LawCandidate

Mask = NDArray[np.bool_]

# Differences of the criterion below this rule nothing out (Kass and Raftery 1995: evidence is strong from 6 on).
CLOSE = 6.0
# Criteria whose differences are no differences of deviances: nothing follows from a small one.
NO_DEVIANCE = ("knee", "stability")


def laws(stages: Sequence[Stage], table: TermTable, chosen: Mask) -> tuple[LawCandidate, ...]:
    """All laws fitted, those with the longest segments first, best first.

    Parameters
    ----------
    stages : sequence of Stage
        The search.
    table : TermTable
        Library.
    chosen : ndarray (S, K) of bool
        The mask that was chosen.

    Returns
    -------
    tuple of LawCandidate
        Every mask at every segmentation; scores and distances are those of the criterion of its stage.
    """
    out: list[LawCandidate] = []
    for stage in reversed(stages):
        visited = stage.visited
        keys = sorted(visited.scores, key=visited.scores.__getitem__)
        best = visited.scores[keys[0]]
        for key in keys:
            fit, value = visited.fits[key], visited.scores[key]
            distance = value - best if np.isfinite(value) else float("inf")
            out.append(_law(fit, table, value, distance, stage, _reason(fit, distance, stage is stages[-1], chosen)))
    return tuple(out)


def _law(fit: Fit, table: TermTable, value: float, distance: float, stage: Stage, reason: str) -> LawCandidate:
    """One law as a result."""
    return LawCandidate(
        equations=tuple(tuple(table.names[k] for k in np.flatnonzero(row).tolist()) for row in fit.mask),
        support=tuple((int(s), int(k)) for s, k in np.argwhere(fit.mask)),
        score=value,
        distance=distance,
        bic=score(fit, "bic"),
        evidence=value if stage.visited.criterion == "evidence" else score(fit, "evidence"),
        residual=float(np.sqrt(fit.spread)) if fit.is_feasible else float("inf"),
        segments=stage.pieces,
        reason=reason,
    )


def _reason(fit: Fit, distance: float, is_last: bool, chosen: Mask) -> str:
    """Why a law was chosen or not."""
    if (fit.mask == chosen).all():
        return "chosen"
    if not fit.is_feasible:
        return "could not be integrated over the data"
    if distance <= 0.0:
        return "best, but not clearly better than the chosen one" if is_last else "best, but not with longer segments"
    return f"worse by {distance:.1f}"


def equations(stage: Stage, table: TermTable, chosen: Mask) -> dict[str, tuple[Candidate, ...]]:
    """Candidate equations of every state at the last segmentation, the chosen one first.

    Parameters
    ----------
    stage : Stage
        Last stage of the search.
    table : TermTable
        Library.
    chosen : ndarray (S, K) of bool
        The mask that was chosen.

    Returns
    -------
    dict
        State name -> candidates; the score of an equation is that of the best law that contains it.
    """
    visited = stage.visited
    least = visited.scores[chosen.tobytes()] if chosen.tobytes() in visited.scores else min(visited.scores.values())
    out = {}
    for s, name in enumerate(table.state_names[: len(chosen)]):
        best: dict[bytes, tuple[float, Fit]] = {}
        for key, fit in visited.fits.items():
            row = fit.mask[s].tobytes()
            if row not in best or visited.scores[key] < best[row][0]:
                best[row] = visited.scores[key], fit
        own = [_candidate(s, table, value, max(value - least, 0.0), fit, stage.pieces) for value, fit in best.values()]
        out[name] = tuple(sorted(own, key=lambda c: (list(c.mask) != chosen[s].tolist(), c.score)))
    return out


def _candidate(s: int, table: TermTable, value: float, distance: float, fit: Fit, pieces: int) -> Candidate:
    """One equation as a result."""
    return Candidate(
        terms=tuple(table.names[k] for k in np.flatnonzero(fit.mask[s]).tolist()),
        mask=tuple(fit.mask[s].tolist()),
        score=value,
        distance=distance if np.isfinite(value) else float("inf"),
        residual=float(np.sqrt(fit.spread)) if fit.is_feasible else float("inf"),
        found_by=(f"trajectories in {pieces} segments" if pieces > 1 else "whole trajectories",),
    )


def rivals(found: Sequence[LawCandidate], criterion: str) -> tuple[LawCandidate, ...]:
    """Laws at the longest segments that the criterion cannot rule out."""
    if criterion in NO_DEVIANCE:
        return ()
    last = found[0].segments
    return tuple(own for own in found if own.segments == last and own.reason != "chosen" and own.distance < CLOSE)


def other_choice(found: Sequence[LawCandidate], criterion: str) -> LawCandidate | None:
    """The law at the longest segments that the other criterion prefers, if it is not the chosen one."""
    last = [own for own in found if own.segments == found[0].segments]
    best = min(last, key=lambda own: own.bic if criterion == "evidence" else own.evidence)
    return None if best.reason == "chosen" else best
