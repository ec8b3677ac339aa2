"""Coefficient laws put into the equations: text, SymPy, LaTeX, a tidy table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import t as student

from spreme import symbolic
from spreme.coefficient_laws.texts import check_precision, coefficients, law_text

if TYPE_CHECKING:
    import pandas
    import sympy

    from spreme.coefficient_laws.result import CoefficientLaw, CoefficientLaws

COLUMNS = ["state", "term", "symbol", "covariate_term", "value", "std", "lower", "upper", "status", "between_std"]
COLUMNS += ["explained", "left_out_error", "left_out_relative"]


def equations(laws: CoefficientLaws, precision: int) -> list[str]:
    """Right-hand sides with the law of every coefficient in its place."""
    check_precision(precision)
    texts = {law.symbol: law_text(laws, law, precision) for law in laws.laws}
    pattern = re.compile(r"\b(" + "|".join(map(re.escape, texts)) + r")\b") if texts else re.compile(r"(?!)")
    out = []
    for rhs in symbolic.equations(laws.model._state.law):
        whole = pattern.sub(lambda match: _bracketed(texts[match.group()]), rhs)
        out.append(whole.replace("+ -", "- "))
    return out


def _bracketed(text: str) -> str:
    """A sum in brackets, a single number as it is."""
    return f"({text})" if " " in text and not text.rstrip(")").startswith(("exp(", "-exp(")) else text


def to_sympy(laws: CoefficientLaws) -> dict[str, sympy.Expr]:
    """Right-hand sides in states, inputs and covariates."""
    import sympy

    expressions = {sympy.Symbol(law.symbol): expression(laws, law) for law in laws.laws}
    return {state: rhs.xreplace(expressions) for state, rhs in symbolic.to_sympy(laws.model._state.law).items()}


def expression(laws: CoefficientLaws, law: CoefficientLaw) -> Any:
    """The law of one coefficient in SymPy; its name where no environment observes it."""
    import sympy

    if not law.terms:
        return sympy.Symbol(law.symbol)
    terms = dict(zip(laws.table.names, laws.table.sympy(), strict=True))
    inside = sympy.Add(*(sympy.Float(float(b)) * terms[name] for b, name in zip(law.coef, law.terms, strict=True)))
    return int(law.sign) * sympy.exp(inside) if law.sign else inside


def to_latex(laws: CoefficientLaws, precision: int) -> str:
    """Equations with named coefficients, and the laws of these below."""
    import sympy

    check_precision(precision)
    fitted = laws.model._state.law
    system = symbolic.to_latex(fitted).removesuffix("\n\\end{aligned}")
    lines = []
    for law in laws.laws:
        if law.terms:
            lines.append(f"{_latex_symbol(law)} &= {_latex_law(laws, law, precision, sympy)}")
    return " \\\\\n".join([system, *lines]) + "\n\\end{aligned}"


def _latex_symbol(law: CoefficientLaw) -> str:
    """Name of a coefficient as `spreme.symbolic.to_latex` writes it."""
    import sympy

    prefix, index = law.symbol.split("_", 1)[0], law.symbol.rsplit("_", 1)[1]
    state = str(sympy.latex(sympy.Symbol(law.state)))
    state = rf"\mathrm{{{state}}}" if state.isalpha() and len(state) > 1 else state
    return f"{prefix if prefix == 'c' else chr(92) + 'mathrm{' + prefix + '}'}_{{{state},{index}}}"


def _latex_law(laws: CoefficientLaws, law: CoefficientLaw, precision: int, sympy: Any) -> str:
    """Right-hand side of the law of one coefficient."""
    terms = dict(zip(laws.table.names, laws.table.sympy(), strict=True))
    text = ""
    for number, name in zip(coefficients(laws, law, precision), law.terms, strict=True):
        number = re.sub(r"e([+-]\d+)$", lambda match: rf" \cdot 10^{{{int(match.group(1))}}}", number)
        own = number if name == "1" else f"{number} {sympy.latex(terms[name])}"
        text += own if not text else f" - {own[1:]}" if own.startswith("-") else f" + {own}"
    return rf"{'-' if law.sign < 0 else ''}\exp\left({text}\right)" if law.sign else text


def to_frame(laws: CoefficientLaws, level: float) -> pandas.DataFrame:
    """One row for each term of each law."""
    try:
        import pandas
    except ImportError as error:
        raise ImportError("to_frame needs pandas: pip install 'spreme[frames]'") from error
    rows = []
    for law in laws.laws:
        half = float(student.ppf(0.5 + 0.5 * level, law.degrees)) * law.coef_std
        for k, name in enumerate(law.terms):
            value, std = float(law.coef[k]), float(law.coef_std[k])
            interval = (value - float(half[k]), value + float(half[k]))
            quality = (law.between_std, law.explained, law.left_out_error, law.left_out_relative)
            rows.append((law.state, law.term, law.symbol, name, value, std, *interval, law.status, *quality))
    table = pandas.DataFrame(rows, columns=COLUMNS)
    return table.astype({name: np.float64 for name in COLUMNS[4:8]})
