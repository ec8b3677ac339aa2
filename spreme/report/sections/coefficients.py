"""Coefficients with their standard errors: tables and a picture."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

import numpy as np

from spreme.data.units import is_available
from spreme.estimators.display import number
from spreme.likelihood.term_report import NOT_FITTED
from spreme.likelihood.wald import is_anything_known
from spreme.plotting import plot_coefficients
from spreme.report.mathematics import symbol, term
from spreme.report.parts import Cell, Html, Picture, Section, Table
from spreme.report.pictures import drawn
from spreme.report.subject import Subject, name_of
from spreme.results import Law
from spreme.symbolic import coefficient_units

# More environments than this stand below each other, and every equation has a table of its own.
FEW = 5
# Tables of more environments are folded up.
MOST_OPEN = 12
SENTENCE = (
    "Value ± standard error. “Not observed” means that the data of an environment say nothing about a term because it "
    "is zero on all of them; it does not mean zero."
)


def coefficients(subject: Subject) -> Section:
    """Tables of coefficients, and their picture with intervals."""
    law = subject.law
    if not law.mask.any():
        return Section("Coefficients", "coefficients", ("The law has no terms: nothing changes.",))
    if not is_anything_known(law.coef[:, law.mask], law.coef_std[:, law.mask] ** 2):
        return Section("Coefficients", "coefficients", (), warnings=(NOT_FITTED,))
    tables = [_by_term(law)] if len(law.environments) <= FEW else list(_by_environment(law))
    return Section("Coefficients", "coefficients", (SENTENCE,), (_picture(subject), *tables))


def _by_term(law: Law) -> Table:
    """One line a coefficient."""
    units = _units(law)
    rows: list[tuple[Cell, ...]] = [
        (symbol(law, s, k), term(law, k), *([units[s, k]] if units else []), *_values(law, s, k))
        for s, k in _places(law)
    ]
    head = ("coefficient", "of term", *(["unit"] if units else []), *map(name_of, law.environments))
    return Table("Coefficients of every environment", head, tuple(rows))


def _by_environment(law: Law) -> Iterable[Table]:
    """One table an equation, one line an environment."""
    for s, state in enumerate(law.state_names):
        own = [k for row, k in _places(law) if row == s]
        if own:
            head: tuple[Cell, ...] = ("environment", *(_heading(law, s, k) for k in own))
            rows = tuple((name_of(env), *(_value(law, e, s, k) for k in own)) for e, env in enumerate(law.environments))
            yield Table(f"Coefficients of the equation of {state}", head, rows, is_folded=len(rows) > MOST_OPEN)


def _heading(law: Law, s: int, k: int) -> Html:
    """Coefficient, its term and, where it is known, its unit."""
    letter, own, unit = symbol(law, s, k), term(law, k), _units(law).get((s, k), "")
    below = f'<br><span class="of">({escape(unit)})</span>' if unit else ""
    return Html(f'{letter.text} <span class="of">of {own.text}</span>{below}', f"{letter.plain} of {own.plain}")


def _units(law: Law) -> dict[tuple[int, int], str]:
    """Units of the coefficients, empty where one is not known; nothing at all if none is."""
    found = coefficient_units(law) if law.units and is_available() else {}
    return {place: unit or "" for place, unit in found.items()} if any(found.values()) else {}


def _places(law: Law) -> list[tuple[int, int]]:
    """Pairs of state and term."""
    return [(int(s), int(k)) for s, k in np.argwhere(law.mask)]


def _values(law: Law, s: int, k: int) -> list[str]:
    """A coefficient in all environments."""
    return [_value(law, e, s, k) for e in range(len(law.environments))]


def _value(law: Law, e: int, s: int, k: int) -> str:
    """A coefficient and its standard error."""
    return number(law.coef[e, s, k], law.coef_std[e, s, k])


def _picture(subject: Subject) -> Picture:
    """Coefficients over environments."""
    law = subject.law
    caption = (
        "Coefficients with 95 % intervals, a panel per term and a line per environment. Intervals that do not overlap "
        "tell environments apart; the dotted line, where it is drawn, is zero."
    )
    names = ", ".join(f"{name}'" for name in law.state_names)
    text = f"Intervals of {int(law.mask.sum())} coefficients of {names} in {len(law.environments)} environments."
    return Picture(drawn(lambda: plot_coefficients(subject.model), "coefficients").svg, caption, text)
