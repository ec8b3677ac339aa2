"""The true law of a system as expressions, as coefficients and as a mask: all computed from its equations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spreme.library import TermTable
from systems.system import System

if TYPE_CHECKING:
    import sympy


def truth(system: System, env: int) -> dict[str, sympy.Expr]:
    """Write the law of one environment.

    Parameters
    ----------
    system : System
        The system.
    env : int
        Label of the environment.

    Returns
    -------
    dict of str to sympy.Expr
        State -> expanded right-hand side with the numbers of the environment.

    Examples
    --------
    >>> import systems
    >>> systems.truth(systems.get("pendulum"), env=0)["x"]
    y
    """
    from sympy import Symbol, expand

    values = {Symbol(name): value for name, value in system.parameters_in(env).items()}
    return {state: expand(expand(rhs).subs(values)) for state, rhs in system.equations.items()}


def true_coefficients(system: System, table: TermTable, environments: Sequence[int]) -> NDArray[np.float64]:
    """Write the law of several environments in the terms of a library.

    Parameters
    ----------
    system : System
        The system.
    table : TermTable
        K terms in the S states of the system.
    environments : sequence of int
        Labels of E environments.

    Returns
    -------
    ndarray, shape (E, S, K)
        Coefficients; 0 where a term is absent.

    Raises
    ------
    ValueError
        If a term of the equations is not in the table.

    Examples
    --------
    >>> import systems
    >>> lotka = systems.get("lotka")
    >>> systems.true_coefficients(lotka, lotka.library.table(lotka.states), environments=range(3)).shape
    (3, 2, 21)
    """
    from sympy import Add

    position = {term: k for k, term in enumerate(table.sympy())}
    coef = np.zeros((len(environments), len(system.states), table.n_terms))
    for e, env in enumerate(environments):
        for s, (state, rhs) in enumerate(truth(system, env).items()):
            for part in Add.make_args(rhs):
                value, term = part.as_coeff_Mul()
                if value == 0:
                    continue
                if term not in position:
                    raise ValueError(f"the term {term} of state {state!r} of {system.name} is not in the library")
                coef[e, s, position[term]] = float(value)
    return coef


def true_mask(system: System, table: TermTable, environments: Sequence[int]) -> NDArray[np.bool_]:
    """Find the terms that are present in at least one environment.

    Parameters
    ----------
    system : System
        The system.
    table : TermTable
        K terms in the S states of the system.
    environments : sequence of int
        Labels of the environments.

    Returns
    -------
    ndarray of bool, shape (S, K)
        Shared support.

    Raises
    ------
    ValueError
        If a term of the equations is not in the table.

    Examples
    --------
    >>> import systems
    >>> lorenz = systems.get("lorenz")
    >>> systems.true_mask(lorenz, lorenz.library.table(lorenz.states), environments=range(8)).sum(axis=1)
    array([2, 3, 2])
    """
    return np.any(true_coefficients(system, table, environments) != 0, axis=0)
