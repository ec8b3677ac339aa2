"""Equations in HTML as they are written by hand: subscripts, powers, names in italics; no script, no colours."""

from __future__ import annotations

import re
from html import escape

from spreme.results import Law
from spreme.symbolic import coefficient_names

# Names, powers and products of an expression that is escaped already.
TOKEN = re.compile(r"[^\W\d]\w*|\*\*(?P<power>\d+)|\*")


def written(expression: str, law: Law) -> str:
    """Write an expression in the names of a law: ``c_x_1*x**2`` with a subscript, a dot and a superscript."""
    symbols = set(coefficient_names(law).values())

    def one(token: re.Match[str]) -> str:
        """Write one name or sign."""
        text = token.group()
        if token["power"]:
            return f"<sup>{token['power']}</sup>"
        if text.startswith("*"):
            return "·" if text == "*" else text
        if text in symbols:
            return symbol(text)
        return f"<i>{text}</i>" if text in law.table.column_names else text

    return TOKEN.sub(one, escape(expression))


def symbol(name: str) -> str:
    """Write the name of a coefficient, such as c_x_1, with its subscripts."""
    letter, _, rest = name.partition("_")
    state, _, number = rest.rpartition("_")
    return f"<i>{escape(letter)}</i><sub>{escape(state)},{escape(number)}</sub>"


def derivative(state: str) -> str:
    """Write the time derivative of a state."""
    return f"<i>{escape(state)}</i>&prime;"
