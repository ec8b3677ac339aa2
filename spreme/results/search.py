"""How a law was found: candidates, what was tried, what was chosen."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np

from spreme.rendering import html

# Candidates of an equation that are listed.
MOST_CANDIDATES = 5


@dataclass(frozen=True)
class Candidate:
    """One candidate equation of one state.

    Attributes
    ----------
    terms : tuple of str
        Its terms.
    mask : tuple of bool
        The same as a row of the mask (K,).
    score : float
        Criterion; lower is better.
    distance : float
        Score minus that of the chosen equation.
    residual : float
        Root mean square of the whitened residuals: 1 means that the misfit is as large as the measurement noise
        explains.
    found_by : tuple of str
        Windows or path points that proposed it.
    """

    terms: tuple[str, ...]
    mask: tuple[bool, ...]
    score: float
    distance: float
    residual: float
    found_by: tuple[str, ...]


@dataclass(frozen=True)
class LawCandidate:
    """One candidate law: the equations of all states together, fitted to the measured trajectories.

    Attributes
    ----------
    equations : tuple of tuple of str
        Terms of every equation.
    support : tuple of (int, int)
        The same as (state, term) pairs of the mask.
    score : float
        Criterion of the fit; infinite if it could not be integrated.
    distance : float
        Score minus that of the best law with the same segments.
    bic, evidence : float
        Both criteria, whichever is in use.
    residual : float
        Standard deviation of the residuals in units of the noise.
    segments : int
        Into how many segments trajectories were cut; scores compare at equal segments only.
    reason : str
        Why it was chosen or not.
    """

    equations: tuple[tuple[str, ...], ...]
    support: tuple[tuple[int, int], ...]
    score: float
    distance: float
    bic: float
    evidence: float
    residual: float
    segments: int
    reason: str


@dataclass(frozen=True, repr=False)
class SearchPath:
    """Everything that was looked at.

    Attributes
    ----------
    candidates : dict
        State name -> candidate equations, best first. With the likelihood of trajectories the score of an equation is
        that of the best law that contains it.
    laws : tuple of LawCandidate
        Candidate laws, those with the longest segments first, best first; empty without that likelihood.
    """

    candidates: dict[str, tuple[Candidate, ...]]
    laws: tuple[LawCandidate, ...] = ()

    def __str__(self) -> str:
        """List the best candidates of every state."""
        lines = []
        for state, own in self.candidates.items():
            lines.append(f"{state}' ({len(own)} candidates)")
            lines += [f"  {c.distance:10.1f}  {' + '.join(c.terms) or '0'}" for c in own[:MOST_CANDIDATES]]
        return "\n".join(lines)

    def __repr__(self) -> str:
        """Show the same list."""
        return str(self)

    def _repr_html_(self) -> str:
        """Show the best candidates of every state in a table."""
        rows = []
        for state, own in self.candidates.items():
            for place, c in enumerate(own[:MOST_CANDIDATES]):
                worse = f"{c.distance:.1f}" if np.isfinite(c.distance) else "no score"
                residual = f"{c.residual:.3g}" if np.isfinite(c.residual) else ""
                name = f"{escape(state)}&prime;" if place == 0 else ""
                terms = escape(" + ".join(c.terms) or "0")
                rows.append([name, terms if place else f"<b>{terms}</b>", str(len(c.terms)), worse, residual])
            if len(own) > MOST_CANDIDATES:
                rows.append(["", f"... {len(own) - MOST_CANDIDATES} more", "", "", ""])
        head = ["equation", "terms, the chosen ones first", "size", "worse by", "residuals / noise"]
        laws = f"; {len(self.laws)} laws fitted" if self.laws else ""
        n = sum(map(len, self.candidates.values()))
        return f"<div><div><b>SearchPath</b>: {n} candidate equations{laws}</div>{html.table(head, rows, 2)}</div>"


@dataclass(frozen=True, repr=False)
class Selection:
    """Which equations were chosen, and why.

    Attributes
    ----------
    criterion : str
        Name of the criterion.
    reason : str
        Why, in words.
    chosen : dict
        State name -> chosen candidate.
    runner_up : dict
        State name -> second best candidate, None where there is no other.
    rivals : tuple of LawCandidate
        Laws that the criterion cannot rule out, best first; the chosen one is not among them.
    other_choice : LawCandidate or None
        What the other criterion (BIC or the population evidence) would have chosen, if it disagrees.
    """

    criterion: str
    reason: str
    chosen: dict[str, Candidate]
    runner_up: dict[str, Candidate | None]
    rivals: tuple[LawCandidate, ...] = ()
    other_choice: LawCandidate | None = None

    def __str__(self) -> str:
        """State the choice and how close the next best came."""
        lines = [f"criterion {self.criterion}: {self.reason}"]
        for state, own in self.chosen.items():
            other = self.runner_up[state]
            lines.append(f"{state}' ~ {' + '.join(own.terms) or '0'}   (residuals {own.residual:.3g} times the noise)")
            if other is not None:
                lines.append(f"  next: {' + '.join(other.terms) or '0'}, worse by {other.distance:.1f}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        """Show the same lines."""
        return str(self)
