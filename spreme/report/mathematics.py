"""The law as presentation MathML, which browsers render without help from the network.

Every summand is a formula of its own, so that long equations break between summands.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from spreme.report.parts import Html
from spreme.results import Law
from spreme.symbolic import coefficient_names

if TYPE_CHECKING:
    import sympy

# Digits of a number in an equation; tables have them all.
DIGITS = 4
THIN = '<mspace width="0.17em"></mspace>'


def equations(law: Law, env: Hashable = None) -> tuple[tuple[Html, ...], ...]:
    """Write the law of an environment, or with symbols for its coefficients.

    Parameters
    ----------
    law : Law
        Fitted law.
    env : hashable, default None
        Environment whose numbers to write; None writes symbols.

    Returns
    -------
    tuple of tuple of Html
        Of every equation its left-hand side and its summands.
    """
    terms = _terms(law)
    out = []
    for s, state in enumerate(law.state_names):
        own = np.flatnonzero(law.mask[s]).tolist()
        values = [math.nan if env is None else float(law.coef[law.position(env), s, k]) for k in own]
        summands = [
            _summand(value, symbol(law, s, k).text, terms[k], is_first=not position)
            for position, (value, k) in enumerate(zip(values, own, strict=True))
        ]
        out.append((derivative(state), *(summands or [_formula("<mn>0</mn>", "0")])))
    return tuple(out)


def derivative(state: str) -> Html:
    """Left-hand side of an equation: the time derivative of a state and the sign of equality."""
    apart = THIN if len(state) > 1 else ""
    fraction = f"<mfrac><mrow><mi>d</mi>{apart}{_name(state)}</mrow><mrow><mi>d</mi><mi>t</mi></mrow></mfrac>"
    return Html(f'<math displaystyle="true">{fraction}<mo form="infix">=</mo></math>', f"{state}' =")


def symbol(law: Law, s: int, k: int) -> Html:
    """Symbol of a coefficient: its letter with the state and the number of the term below."""
    name = coefficient_names(law)[s, k]
    letter, number = name.split(f"_{law.state_names[s]}_")[0], name.rsplit("_", 1)[1]
    index = f'<mrow>{_name(law.state_names[s])}<mo separator="true">,</mo><mn>{number}</mn></mrow>'
    return _formula(f"<msub><mi>{escape(letter)}</mi>{index}</msub>", name)


def term(law: Law, k: int) -> Html:
    """A term of the library."""
    return _formula(_markup(law.table.subset(np.array([k])).sympy()[0], _separator(law)), law.table.names[k])


def _terms(law: Law) -> dict[int, str]:
    """Markup of the terms in use, empty for the constant."""
    used = np.flatnonzero(law.mask.any(axis=0))
    texts = (_factor(own, _separator(law)) for own in law.table.subset(used).sympy())
    return dict(zip(used.tolist(), texts, strict=True))


def _separator(law: Law) -> str | None:
    """What stands between factors: nothing between letters, a dot between words."""
    is_words = any(len(name.rstrip("0123456789_")) > 1 for name in law.table.column_names)
    return "dot" if is_words else None


def _summand(value: float, name: str, factor: str, is_first: bool) -> Html:
    """A coefficient, its number if it is known, times a term."""
    coefficient = _inside(name) if math.isnan(value) else _number(abs(value))
    sign, form = "−" if value < 0.0 else "" if is_first else "+", "prefix" if is_first else "infix"  # noqa: RUF001
    sign = sign and f'<mo form="{form}">{sign}</mo>'
    body = f"{coefficient}{THIN}{factor}" if factor else coefficient
    return _formula(sign + body, "")


def _factor(expression: sympy.Expr, separator: str | None) -> str:
    """Markup of a term behind its coefficient, sums in brackets; nothing for the constant."""
    if expression == 1:
        return ""
    text = _markup(expression, separator)
    needs_brackets = expression.is_Add or expression.could_extract_minus_sign()
    return f"<mrow><mo>(</mo>{text}<mo>)</mo></mrow>" if needs_brackets else text


@lru_cache(maxsize=4096)
def _markup(expression: sympy.Expr, separator: str | None) -> str:
    """SymPy's markup of an expression; Euler's number as the letter that everybody knows."""
    from sympy.printing.mathml import mathml

    text = str(mathml(expression, printer="presentation", mul_symbol=separator))
    return text.replace("&ExponentialE;", "e").replace("&InvisibleTimes;", "&#8290;")


def _name(name: str) -> str:
    """Markup of a state, an index below its letter."""
    import sympy

    return _markup(sympy.Symbol(name), None)


def _number(value: float) -> str:
    """Markup of a number of a few digits, with a power of ten where it is large or small."""
    text = f"{value:.{DIGITS}g}"
    if "e" not in text:
        return f"<mn>{text}</mn>"
    mantissa, exponent = text.split("e")
    power = str(int(exponent)).replace("-", "−")  # noqa: RUF001 (minus)
    return f"<mn>{mantissa}</mn><mo>·</mo><msup><mn>10</mn><mn>{power}</mn></msup>"


def _formula(inside: str, plain: str) -> Html:
    """An element for the inside of a line."""
    return Html(f"<math>{inside}</math>", plain)


def _inside(formula: str) -> str:
    """What an element made by `_formula` holds."""
    return formula.removeprefix("<math>").removesuffix("</math>")
