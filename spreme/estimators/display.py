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
    if state.status != "converged":
        lines += ["", f"note: {state.status}"]
    return "\n".join(lines)


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
    note = "" if state.status == "converged" else f"<p><em>{escape(state.status)}</em></p>"
    return f"<div>{equations}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}</div>"


def unfitted_html(text_: str) -> str:
    """The constructor call of an estimator that is not fitted."""
    return f"<code>{escape(text_)}</code>"
