"""How a fitted law is shown: the shared structure once, then the coefficients of every environment."""

from __future__ import annotations

import textwrap
from collections.abc import Hashable, Sequence
from html import escape

import numpy as np

from spreme import symbolic
from spreme.data.summary import count
from spreme.estimators import notation
from spreme.estimators.state import FittedState
from spreme.likelihood.record import NO_DEVIANCE
from spreme.likelihood.term_report import NOT_FITTED
from spreme.likelihood.wald import is_anything_known
from spreme.rendering import html as pieces
from spreme.results import Law, LawCandidate

# Environments shown in full; the rest are counted.
MOST_ENVIRONMENTS = 30
# Notes are wrapped to this many columns; lines after the first are set in.
WIDTH, INDENT = 100, " " * len("note: ")
# A candidate worse by less than this is not ruled out (Kass and Raftery 1995: evidence is strong from 6 on).
CLOSE = 6.0
# Other laws named in one note; the rest are counted.
MOST_RIVALS = 3
# An equation with more changes than this is given by its terms.
MOST_CHANGES = 2
# What a criterion is called, and the one that it is compared with.
CRITERIA = {"evidence": ("evidence", "BIC"), "bic": ("BIC", "the evidence"), "ebic": ("EBIC", "the evidence")}
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
    lines += _coefficients(law) if _is_fitted(law) else ["", NOT_FITTED]
    for note in notes(state):
        first, *rest = note.split("\n")
        lines += ["", *_wrapped(f"note: {first}", ""), *(line for part in rest for line in _wrapped(part, INDENT))]
    return "\n".join(lines)


def _is_fitted(law: Law) -> bool:
    """Whether there is anything to show."""
    return is_anything_known(law.coef[:, law.mask], law.coef_std[:, law.mask] ** 2)


def _coefficients(law: Law) -> list[str]:
    """The table of the coefficients in aligned columns, after an empty line."""
    lines, rows = [], _table(law)
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
    return [*lines, f"... and {hidden} more environments"] if hidden > 0 else lines


def _wrapped(line: str, indent: str) -> list[str]:
    """A line of a note in lines of limited width."""
    return textwrap.wrap(line, WIDTH, initial_indent=indent, subsequent_indent=INDENT, break_on_hyphens=False)


def notes(state: FittedState) -> list[str]:
    """What must stand beside the law: complaints of the fit, and what is hardly worse than the chosen law."""
    out = [] if state.status == "converged" else [state.status]
    return out + (_other_laws(state) if state.path.laws else _other_equations(state))


def _other_laws(state: FittedState) -> list[str]:
    """Laws that the criterion does not rule out, and the one that the other criterion prefers."""
    selection = state.selection
    name, other_name = CRITERIA.get(selection.criterion, (selection.criterion, "the evidence"))
    other, out = selection.other_choice, []
    shown = selection.rivals[:MOST_RIVALS]
    if shown:
        hidden = len(selection.rivals) - len(shown)
        more = f"; {hidden} more in selection_.rivals" if hidden else ""
        lines = [f"not ruled out ({name} worse by less than {CLOSE:g}{more}):"]
        for rival in shown:
            also = f"   ({other_name} prefers it)" if other is not None and other.support == rival.support else ""
            lines.append(f"{rival.distance:.1f}  {_changes(rival, state)}{also}")
        out.append("\n".join(lines))
    if other is not None and other.support not in [rival.support for rival in shown]:
        worse = f"{name} worse by {other.distance:.1f}" if np.isfinite(other.distance) else f"no {name}"
        out.append(f"{other_name} prefers {_changes(other, state)} ({worse})")
    return out


def _changes(other: LawCandidate, state: FittedState) -> str:
    """Tell another law from the chosen one, equation by equation: by what changes, or by its terms if much does."""
    out = []
    for name, terms in zip(state.law.state_names, other.equations, strict=True):
        chosen = state.selection.chosen[name].terms
        n_changes = len(set(terms) ^ set(chosen))
        if 0 < n_changes <= MOST_CHANGES:
            out.append(f"{name}' {_difference(terms, chosen)}")
        elif n_changes:
            out.append(f"{name}' ~ {' + '.join(terms) or '0'}")
    return ", ".join(out)


def _other_equations(state: FittedState) -> list[str]:
    """Equations hardly worse than the chosen ones."""
    out, criterion = [], state.selection.criterion
    for name, (chosen, *others) in state.path.candidates.items():
        near = [c for c in others if c.distance < CLOSE] if criterion not in NO_DEVIANCE else []
        if near:
            more = f"; {len(near) - 1} more below {CLOSE:g}" if len(near) > 1 else ""
            worse = f"is worse by only {near[0].distance:.1f} ({criterion.upper()}{more})"
            out.append(f"not ruled out: {name}' {_difference(near[0].terms, chosen.terms)} {worse}")
    return out


def _difference(other: Sequence[str], chosen: Sequence[str]) -> str:
    """Name what another equation has more and less than the chosen one."""
    if not other:
        return "without any term"
    more = ["a constant" if term == "1" else term for term in other if term not in chosen]
    less = ["the constant" if term == "1" else term for term in chosen if term not in other]
    added = [f"with {' and '.join(more)} added"] if more else []
    return " and ".join([*added, *([f"without {' and '.join(less)}"] if less else [])])


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
    """The law without colours of its own, for light and dark notebooks: equations, table, notes."""
    law = state.law
    n_terms, n_environments = int(law.mask.sum()), len(law.environments)
    caption = f"{count(len(law.state_names), 'equation')}, {count(n_terms, 'term')}, " + count(
        n_environments, "environment"
    )
    equations = "".join(
        f"<div>{notation.derivative(name)} = {notation.written(rhs, law)}</div>"
        for name, rhs in zip(law.state_names, symbolic.equations(law), strict=True)
    )
    table = _html_table(law) if _is_fitted(law) else f"<p>{NOT_FITTED}</p>"
    note = "".join(_html_note(text_) for text_ in notes(state))
    return (
        f"<div><div><b>SpReME</b>: {caption}</div>"
        f'<div style="margin:0.5em 0 0.5em 1.5em;line-height:1.7;overflow-x:auto;white-space:nowrap">{equations}</div>'
        f"{table}{note}</div>"
    )


def _html_table(law: Law) -> str:
    """The table of the coefficients, and how many environments it leaves out."""
    (_, *heads), *rows = _table(law)
    if not rows or not heads:
        return ""
    symbols = set(symbolic.coefficient_names(law).values())
    names = ["", *(notation.symbol(cell) if cell in symbols else escape(cell) for cell in heads)]
    firsts = [notation.symbol(row[0]) if row[0] in symbols else escape(row[0]) for row in rows]
    body = [[first, *map(_html_number, row[1:])] for first, row in zip(firsts, rows, strict=True)]
    hidden = len(law.environments) - MOST_ENVIRONMENTS
    rest = f"<div>... and {hidden} more environments</div>" if hidden > 0 else ""
    return pieces.table(names, body) + rest


def _html_number(cell: str) -> str:
    """A coefficient in one line; pale if there is none."""
    text_ = escape(cell).replace(" ", "&nbsp;")
    return text_ if "±" in cell or cell[-1].isdigit() else f'<span style="opacity:0.6"><i>{text_}</i></span>'


def _html_note(text_: str) -> str:
    """A note behind a bar; its lines after the first in a list."""
    first, *rest = escape(text_).split("\n")
    lines = "".join(f"<div style='margin-left:1.5em'>{line}</div>" for line in rest)
    style = "border-left:3px solid currentColor;padding-left:0.7em;margin:0.5em 0;max-width:60em"
    return f'<div style="{style}">note: {first}{lines}</div>'


def unfitted_html(text_: str) -> str:
    """The constructor call of an estimator that is not fitted."""
    return f"<code>{escape(text_)}</code>"
