"""A law in other forms: SymPy, text, LaTeX, a callable for integrators, a tidy table.

Coefficients without a number are named c_<state>_<i>: i counts the terms of the equation of that state from 1, in the
order of the library, so the names are the same in every environment (c_{x,1} in LaTeX). If a state or an input has such
a name, all coefficients take a longer letter ("coef_x_1").
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

import numpy as np

from spreme.data.tables import Labels, make_frame
from spreme.data.units import is_available
from spreme.library import dimensions
from spreme.library.expressions import Sum
from spreme.results import Law

if TYPE_CHECKING:
    import sympy

__all__ = ["coefficient_names", "coefficient_units", "equations", "to_callable", "to_frame", "to_latex", "to_sympy"]

BACKENDS = ("numpy", "numba")
MOST_DIGITS = 17


def coefficient_names(law: Law) -> dict[tuple[int, int], str]:
    """Name the coefficients of the shared structure.

    Parameters
    ----------
    law : Law
        Fitted law.

    Returns
    -------
    dict
        (state, term) -> name such as "c_x_1", in the order of the equations.

    Examples
    --------
    >>> coefficient_names(_example())
    {(0, 1): 'c_x_1', (0, 2): 'c_x_2'}
    """
    prefix = "c"
    while True:
        names = {
            (s, int(k)): f"{prefix}_{state}_{i}"
            for s, state in enumerate(law.state_names)
            for i, k in enumerate(np.flatnonzero(law.mask[s]), start=1)
        }
        if not set(names.values()) & set(law.table.column_names):
            return names
        prefix = "coef" if prefix == "c" else prefix + "_"


def coefficient_units(law: Law) -> dict[tuple[int, int], str | None]:
    """Find the units of the coefficients: unit of the state over that of time over that of the term.

    Parameters
    ----------
    law : Law
        Fitted law.

    Returns
    -------
    dict
        (state, term) -> unit such as "1/d", in the order of the equations; None where a unit is not known.

    Raises
    ------
    ImportError
        If pint is not installed.

    Examples
    --------
    >>> from dataclasses import replace
    >>> coefficient_units(replace(_example(), units={"x": "g"}, time_unit="day"))
    {(0, 1): '1/d', (0, 2): '1/d/g'}
    """
    return dimensions.coefficient_units(law.table, law.mask, law.units, law.time_unit)


def to_sympy(law: Law, env: Hashable = None) -> dict[str, sympy.Expr]:
    """Write the right-hand sides as SymPy expressions.

    Parameters
    ----------
    law : Law
        Fitted law.
    env : hashable, default None
        Environment whose coefficients to put in, as floats of full double precision; None keeps all coefficients as
        symbols. A coefficient that the data of the environment do not determine stays a symbol.

    Returns
    -------
    dict
        State name -> right-hand side in plain symbols of the names of states and inputs.

    Raises
    ------
    ValueError
        If the environment is unknown.

    Examples
    --------
    >>> to_sympy(_example(), env="A")
    {'x': -0.5*x**2 + 2.0*x}
    >>> to_sympy(_example())
    {'x': c_x_1*x + c_x_2*x**2}
    """
    import sympy

    values, names = _values(law, env), coefficient_names(law)
    used = np.flatnonzero(law.mask.any(axis=0))
    terms = dict(zip(used.tolist(), law.table.subset(used).sympy(), strict=True))
    parts: dict[str, list[sympy.Expr]] = {state: [] for state in law.state_names}
    for (s, k), name in names.items():
        value = values[s, k]
        factor = sympy.Symbol(name) if math.isnan(value) else sympy.Float(float(value))
        parts[law.state_names[s]].append(factor * terms[k] if value != 0.0 else sympy.Integer(0))
    return {state: sympy.Add(*own) for state, own in parts.items()}


def equations(law: Law, env: Hashable = None, precision: int = 3) -> list[str]:
    """Write the right-hand sides as text that reads back as an expression.

    Parameters
    ----------
    law : Law
        Fitted law.
    env : hashable, default None
        Environment whose coefficients to write; None writes their names.
    precision : int, default 3
        Digits after the point; numbers below 1 get as many significant digits, so none is rounded to nothing.

    Returns
    -------
    list of str
        One right-hand side per state.

    Raises
    ------
    ValueError
        If the environment is unknown or the precision is not a whole number from 0 to 17.

    Examples
    --------
    >>> equations(_example(), env="A")
    ['2.000*x - 0.500*x**2']
    >>> equations(_example())
    ['c_x_1*x + c_x_2*x**2']
    """
    _check_precision(precision)
    values, names = _values(law, env), coefficient_names(law)
    parts: list[list[str]] = [[] for _ in law.state_names]
    for (s, k), name in names.items():
        if values[s, k] != 0.0:
            number = name if math.isnan(values[s, k]) else _number_text(float(values[s, k]), precision)
            parts[s].append(_times(number, law, k))
    return [_sum(own) for own in parts]


def to_latex(law: Law, env: Hashable = None, precision: int = 3) -> str:
    r"""Write the equations as an aligned LaTeX system.

    Parameters
    ----------
    law : Law
        Fitted law.
    env : hashable, default None
        Environment whose coefficients to write; None writes their names as in :math:`c_{x,1}`.
    precision : int, default 3
        Digits as in `equations`.

    Returns
    -------
    str
        An ``aligned`` environment, to be put between dollar signs or into ``equation``.

    Raises
    ------
    ValueError
        If the environment is unknown or the precision is not a whole number from 0 to 17.

    Examples
    --------
    >>> print(to_latex(_example(), env="A"))
    \begin{aligned}
    \dot{x} &= 2.000 x - 0.500 x^{2}
    \end{aligned}
    """
    import sympy

    _check_precision(precision)
    values, names = _values(law, env), coefficient_names(law)
    used = np.flatnonzero(law.mask.any(axis=0))
    terms = dict(zip(used.tolist(), law.table.subset(used).sympy(), strict=True))
    columns = law.table.column_names
    symbols = {sympy.Symbol(name): _latex_name(name) for name in columns}
    states = list(symbols.values())[: len(law.state_names)]
    parts: list[list[str]] = [[] for _ in states]
    for (s, k), name in names.items():
        if values[s, k] == 0.0:
            continue
        if math.isnan(values[s, k]):
            prefix, index = name.split("_", 1)[0], name.rsplit("_", 1)[1]
            number = f"{prefix if prefix == 'c' else chr(92) + 'mathrm{' + prefix + '}'}_{{{states[s]},{index}}}"
        else:
            number = _latex_number(_number_text(float(values[s, k]), precision))
        parts[s].append(number if terms[k] == 1 else f"{number} {_latex_term(terms[k], symbols)}")
    lines = [rf"\dot{{{state}}} &= {_sum(own)}" for state, own in zip(states, parts, strict=True)]
    return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"


def to_callable(law: Law, env: Hashable = None, backend: str = "numpy") -> Callable[..., Any]:
    """Make a function of time and state that integrators take.

    Parameters
    ----------
    law : Law
        Fitted law.
    env : hashable, default None
        Environment; may be left out if there is only one.
    backend : {"numpy", "numba"}, default "numpy"
        "numpy": an object that can be pickled and takes x of shape (S,) or (S, n). "numba": a function compiled at its
        first call, for x of shape (S,), that other compiled functions can call.

    Returns
    -------
    callable
        ``f(t, x)`` -> time derivatives, of the shape of x; ``f(t, x, u)`` if the law has inputs, u of shape (U,) or,
        for "numpy", also a function of time, as in ``solve_ivp(f, span, x0, args=(u,))``. Where a term is not zero
        whose coefficient the data of the environment do not determine, "numpy" raises ValueError and "numba" gives NaN.

    Raises
    ------
    ValueError
        If the environment or the backend is unknown.

    Examples
    --------
    >>> from scipy.integrate import solve_ivp
    >>> solution = solve_ivp(to_callable(_example(), "A"), (0, 10), [1.0], rtol=1e-6)
    >>> float(solution.y[0, -1].round(3))
    4.0
    """
    from spreme.simulate.callables import NumpyCallable, numba_callable
    from spreme.simulate.vector_field import environment_position

    if backend not in BACKENDS:
        raise ValueError(f"unknown backend {backend!r} of to_callable: choose one of {', '.join(map(repr, BACKENDS))}")
    position = environment_position(law, env)
    return NumpyCallable(law, position) if backend == "numpy" else numba_callable(law, position)


def to_frame(law: Law, backend: str = "pandas") -> Any:
    """List all coefficients in a tidy table.

    Parameters
    ----------
    law : Law
        Fitted law.
    backend : {"pandas", "polars"}, default "pandas"
        Package of the table.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        Columns env, state, term, value, std, and unit if units of the data are known and pint is installed; one row per
        environment and term of the shared structure.

    Raises
    ------
    ImportError
        If the package is not installed.

    Examples
    --------
    >>> print(to_frame(_example()))
      env state  term  value  std
    0   A     x     x    2.0  0.1
    1   A     x  x**2   -0.5  0.1
    """
    labels, (states, terms) = law.environments, np.nonzero(law.mask)
    columns = {
        "env": Labels(label for label in labels for _ in states),
        "state": [law.state_names[s] for s in states] * len(labels),
        "term": [law.table.names[k] for k in terms] * len(labels),
        "value": law.coef[:, law.mask].ravel(),
        "std": law.coef_std[:, law.mask].ravel(),
    }
    if law.units and is_available():
        columns["unit"] = list(coefficient_units(law).values()) * len(labels)
    return make_frame(columns, backend)


def _values(law: Law, env: Hashable) -> Any:
    """Coefficients (S, K); NaN where a name stands for the number."""
    return np.full(law.mask.shape, np.nan) if env is None else law.coef[law.position(env)]


def _check_precision(precision: int) -> None:
    """Refuse what is no number of digits."""
    is_whole = isinstance(precision, (int, np.integer)) and not isinstance(precision, bool)
    if not is_whole or not 0 <= precision <= MOST_DIGITS:
        raise ValueError(f"precision must be a whole number of digits from 0 to {MOST_DIGITS}, got {precision!r}")


def _number_text(value: float, precision: int) -> str:
    """Write a number with `precision` digits after the point, below 1 with as many significant digits."""
    size = abs(value)
    if size >= 1e5 or size < 1e-4:
        return f"{value:.{precision}e}"
    decimals = precision if size >= 1 else max(precision, 1) - 1 - math.floor(math.log10(size))
    return f"{value:.{decimals}f}"


def _times(number: str, law: Law, k: int) -> str:
    """Text of a number times a term."""
    term = law.table.names[k]
    if term == "1":
        return number
    if term.startswith("1/"):
        return number + term[1:]
    is_sum = isinstance(law.table.factors[k], Sum) and not any(law.table.monomials[k])
    return f"{number}*({term})" if is_sum or term.startswith("-") else f"{number}*{term}"


def _sum(parts: list[str]) -> str:
    """Text of a sum whose parts may start with a minus sign."""
    if not parts:
        return "0"
    return parts[0] + "".join(f" - {part[1:]}" if part.startswith("-") else f" + {part}" for part in parts[1:])


def _latex_number(text: str) -> str:
    r"""Turn 1.2e-05 into 1.2 \cdot 10^{-5}."""
    if "e" not in text:
        return text
    mantissa, exponent = text.split("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}"


def _latex_name(name: str) -> str:
    """LaTeX of a state: words upright, so that they do not look like products of letters."""
    import sympy

    text = str(sympy.latex(sympy.Symbol(name)))
    return rf"\mathrm{{{text}}}" if text.isalpha() and len(text) > 1 else text


def _latex_term(term: sympy.Expr, symbols: dict[sympy.Symbol, str]) -> str:
    """LaTeX of a term as a factor; words are set apart by a thin space."""
    import sympy

    apart = r"\," if any("mathrm" in text for text in symbols.values()) else None
    text = str(sympy.latex(term, symbol_names=symbols, mul_symbol=apart))
    needs_brackets = isinstance(term, sympy.Add) or text.startswith("-") or text[0].isdigit()
    return rf"\left({text}\right)" if needs_brackets else text


def _example() -> Law:
    """Logistic growth in one environment, for the examples above."""
    from spreme.library import PolynomialLibrary

    coef = np.array([[[0.0, 2.0, -0.5]]])
    mask = coef[0] != 0
    std = np.where(mask, 0.1, np.nan)[None]
    return Law(PolynomialLibrary(degree=2).table(["x"]), mask, coef, std, ("A",), np.zeros((1, 1)))
