"""How coefficient laws are shown: equations, one line per coefficient, and what must be said beside them."""

from __future__ import annotations

import textwrap
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from spreme import symbolic
from spreme.coefficient_laws.texts import law_text, terms_text

if TYPE_CHECKING:
    from spreme.coefficient_laws.result import CoefficientLaw, CoefficientLaws

WIDTH, INDENT = 100, " " * len("note: ")
# A law worse by less than this is not ruled out (Kass and Raftery 1995: evidence is strong from 6 on).
CLOSE = 6.0
HEADER = ["coefficient", "of", "law", "spread left", "explained", "left-out error"]


def text(laws: CoefficientLaws) -> str:
    """Plain text for terminals."""
    rows = [HEADER, *(_cells(laws, law) for law in laws.laws)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]
    parts = [_title(laws), "", *_equations(laws), "", *lines]
    for note in notes(laws):
        parts += ["", *textwrap.wrap(f"note: {note}", WIDTH, subsequent_indent=INDENT, break_on_hyphens=False)]
    return "\n".join(parts)


def html(laws: CoefficientLaws) -> str:
    """Compact HTML without colours of its own, for light and dark notebooks."""
    lines = "".join(f"<div><code>{escape(line)}</code></div>" for line in _equations(laws))
    head = "".join(f"<th>{escape(name)}</th>" for name in HEADER)
    body = ""
    for law in laws.laws:
        cells = [f"<td>{escape(cell)}</td>" for cell in _cells(laws, law)]
        body += f"<tr>{''.join(cells)}</tr>"
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    below = "".join(f"<p><em>{escape(note)}</em></p>" for note in notes(laws))
    return f"<div><p>{escape(_title(laws))}</p>{lines}{table}{below}</div>"


def _title(laws: CoefficientLaws) -> str:
    """How many environments, and over which range."""
    ranges = []
    for name in laws.covariates.names:
        low, high = laws.covariates.range(name)
        ranges.append(f"{name} from {low:g} to {high:g}")
    return f"{len(laws.covariates.environments)} environments, {', '.join(ranges)}"


def _equations(laws: CoefficientLaws) -> list[str]:
    """The shared structure in named coefficients."""
    law = laws.model._state.law
    return [f"{name}' = {rhs}" for name, rhs in zip(law.state_names, symbolic.equations(law), strict=True)]


def _cells(laws: CoefficientLaws, law: CoefficientLaw) -> list[str]:
    """Texts of one line."""
    spread = "" if np.isnan(law.between_std) else "0" if law.between_std == 0 else f"{law.between_std:.2g}"
    explained = f"{_percent(law.explained)}" if law.is_varying else ""
    error = "" if np.isnan(law.left_out_error) else f"{law.left_out_error:.2g} ({_percent(law.left_out_relative)})"
    return [law.symbol, f"{law.term} in {law.state}'", _law_cell(laws, law), spread, explained, error]


def _law_cell(laws: CoefficientLaws, law: CoefficientLaw) -> str:
    """The law, or why there is none."""
    if not law.terms:
        return law.status
    remark = "" if law.is_varying else f"   ({law.status})"
    return law_text(laws, law) + remark


def _percent(share: float) -> str:
    """A share in percent, without pretending that it is exactly all."""
    return ">99.9%" if 0.999 < share < 1 else f"{100 * share:.3g}%"


def notes(laws: CoefficientLaws) -> list[str]:
    """What must stand beside the laws."""
    searched = [law for law in laws.laws if not np.isnan(law.left_out_error)]
    out = [_how_to_read()] if searched else ["no coefficient varies between environments: there is no law to find"]
    for law in searched:
        if law.margin < CLOSE and law.runner_up:
            out.append(f"{law.symbol}: {terms_text(law.runner_up)} is not ruled out ({_distance(law.margin)})")
        if law.is_varying and law.left_out_relative >= 1.0:
            out.append(
                f"{law.symbol}: its law tells an environment left out no better than the mean does; do not use it"
            )
    return out


def _how_to_read() -> str:
    """Meaning of the columns."""
    return (
        "spread left: standard deviation between environments that neither the law nor errors of measurement explain; "
        "left-out error: of predicting an environment that took no part, in brackets relative to predicting the mean"
    )


def _distance(margin: float) -> str:
    """How close the next best law comes."""
    return (
        f"evidence worse by {margin:.1f}" if margin >= 0 else f"evidence better by {-margin:.1f}, but of higher degree"
    )
