"""How a fitted law is shown: the shared structure once, then the coefficients of every environment."""

from __future__ import annotations

from collections.abc import Hashable
from html import escape

import numpy as np

from spreme import symbolic
from spreme.estimators.state import FittedState
from spreme.results import Law

# Environments shown in full; the rest are counted.
MOST_ENVIRONMENTS = 30
# A candidate worse by less than this is not ruled out (Kass and Raftery 1995: evidence is strong from 6 on).
CLOSE = 6.0
# Errors smaller than this many decimals are given as a power of ten.
MOST_DECIMALS = 6


def number(value: float, std: float) -> str:
    """A coefficient with its standard error, both to the second digit of the error."""
    if np.isnan(value):
        return "not observed"
    if not np.isfinite(std) or std == 0:
        return f"{value:.4g}"
    decimals = 1 - int(np.floor(np.log10(std)))
    if decimals > MOST_DECIMALS:
        return f"{value:.6g} ± {std:.0e}"
    if decimals < -3:
        return f"{value:.3e} ± {std:.1e}"
    return f"{value:.{max(decimals, 0)}f} ± {std:.{max(decimals, 0)}f}"


def one_environment(law: Law, env: Hashable, precision: int) -> str:
    """Equations of one environment with numbers."""
    return "\n".join(
        f"{name}' = {rhs}" for name, rhs in zip(law.state_names, symbolic.equations(law, env, precision), strict=True)
    )


def text(state: FittedState) -> str:
    """Plain text for terminals."""
    law = state.law
    lines = [f"{name}' = {rhs}" for name, rhs in zip(law.state_names, symbolic.equations(law), strict=True)]
    rows = _table(law)
    if len(rows) > 1:
        widths = [max(len(row[c]) for row in rows) for c in range(len(rows[0]))]
        lines.append("")
        lines += [
            "  ".join(
                cell.rjust(w) if c else cell.ljust(w) for c, (cell, w) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in rows
        ]
    hidden = len(law.environments) - MOST_ENVIRONMENTS
    if hidden > 0:
        lines.append(f"... and {hidden} more environments")
    lines += ["", *(f"note: {note}" for note in notes(state))] if notes(state) else []
    return "\n".join(lines)


def notes(state: FittedState) -> list[str]:
    """What must stand beside the law: complaints of the fit, and equations hardly worse than the chosen ones."""
    out = [] if state.status == "converged" else [state.status]
    for name, own in state.path.candidates.items():
        near = [c for c in own[1:] if c.distance < CLOSE and state.selection.criterion != "knee"]
        if near:
            more = f" and {len(near) - 1} more" if len(near) > 1 else ""
            other = " + ".join(near[0].terms) or "0"
            out.append(f"the data hardly tell {name}' from {name}' ~ {other} (worse by {near[0].distance:.1f}){more}")
    return out


def _table(law: Law) -> list[list[str]]:
    """Header and one row per coefficient: symbol, then a column per environment."""
    environments = law.environments[:MOST_ENVIRONMENTS]
    symbols = symbolic.coefficient_names(law)
    if len(environments) <= 5:
        rows = [["", *map(str, environments)]]
        for (s, k), symbol in symbols.items():
            rows.append([symbol, *(number(law.coef[e, s, k], law.coef_std[e, s, k]) for e in range(len(environments)))])
        return rows
    rows = [["", *symbols.values()]]
    for e, env in enumerate(environments):
        rows.append([str(env), *(number(law.coef[e, s, k], law.coef_std[e, s, k]) for s, k in symbols)])
    return rows


def html(state: FittedState) -> str:
    """Compact HTML without colours of its own, for light and dark notebooks."""
    law = state.law
    equations = "".join(
        f"<div><code>{escape(name)}' = {escape(rhs)}</code></div>"
        for name, rhs in zip(law.state_names, symbolic.equations(law), strict=True)
    )
    rows = _table(law)
    head = "".join(f"<th>{escape(cell)}</th>" for cell in rows[0])
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows[1:])
    note = "".join(f"<p><em>{escape(text_)}</em></p>" for text_ in notes(state))
    return f"<div>{equations}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}</div>"


def unfitted_html(text_: str) -> str:
    """The constructor call of an estimator that is not fitted."""
    return f"<code>{escape(text_)}</code>"
