"""Derivatives of the terms by the states: against SymPy, and without compilation."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
from without_jit import compiled_and_plain

from spreme.library import CustomLibrary, FourierLibrary, Library, PolynomialLibrary, TermTable
from spreme.library.gradients import evaluate_gradients

STATES = ["x", "y", "z"]
LIBRARIES: dict[str, Library] = {
    "polynomial": PolynomialLibrary(degree=5),
    "constant": PolynomialLibrary(degree=0),
    "interactions": PolynomialLibrary(degree=3, interaction_only=True),
    "negative powers": CustomLibrary(["1/x", "x**-3*y", "1/(x*y**2)", "y/z", "x**2/z**5"]),
    "real powers": CustomLibrary(["x**2.5/z", "x**-0.5", "(x + y)**1.7", "x*y**0.3"]),
    "roots": CustomLibrary(["sqrt(x)", "sqrt(x)*log(y)", "1/sqrt(x + 2*y)", "x*sqrt(1 + x*y)"]),
    "rational": CustomLibrary(["x/(1 + x)", "x**2*y/(1 + x**2)", "(x + y + z)**-3", "1/(1 + x/(1 + y))"]),
    "exponential": CustomLibrary(["exp(-x)", "exp(-(x - y)**2/2)", "x*exp(y*z)", "log(x + y)"]),
    "functions": CustomLibrary(["tanh(x*y) + cosh(z)/sinh(z)", "tan(x/4)", "sinh(x)*cosh(y)", "cos(sin(x))"]),
    "abs": CustomLibrary(["abs(x - y)", "x*abs(y)", "abs(sin(3*x))*z"]),
    "fourier": FourierLibrary(n_frequencies=3),
    "product": PolynomialLibrary(degree=2) * FourierLibrary(n_frequencies=2),
    "sums": CustomLibrary(["x/3", "z - (x + y)", "2*(x + y)*x", "7", "x - 7"]),
    "quotients": PolynomialLibrary(degree=2) * CustomLibrary(["1/x", "1/(1 + y)", "sqrt(x)", "1"]),
}
# A derivative takes at most some fifty roundings of 1e-16; cancellation in its sums costs another factor of 100.
CLOSE = {"rtol": 1e-12, "atol": 1e-13}


def gradients(table: TermTable, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Terms and derivatives at one state."""
    program = table.program()
    theta, dtheta = np.full(table.n_terms, np.nan), np.full((table.n_terms, len(x)), np.nan)
    stack, slopes = np.full(program.depth, np.nan), np.full((program.depth, len(x)), np.nan)
    evaluate_gradients(x, *program[:4], stack, slopes, theta, dtheta)
    return theta, dtheta


@pytest.mark.parametrize("name", LIBRARIES)
def test_derivatives_are_those_of_sympy(name: str) -> None:
    table = LIBRARIES[name].table(STATES)
    symbols = sympy.symbols(STATES, real=True)  # else the derivative of abs is not a sign
    terms = [sympy.sympify(term).subs(dict(zip(sympy.symbols(STATES), symbols, strict=True))) for term in table.sympy()]
    function = sympy.lambdify(symbols, [[sympy.diff(term, own) for own in symbols] for term in terms], "numpy")
    for x in np.random.default_rng(0).uniform(0.2, 2.5, (7, 3)):
        theta, dtheta = gradients(table, x)
        np.testing.assert_allclose(theta, table.evaluate(x[None])[0], **CLOSE)
        np.testing.assert_allclose(dtheta, np.array(function(*x), dtype=float), **CLOSE)


def test_polynomials_are_differentiated_at_zero() -> None:
    """Where a derivative by quotients of the term would divide by zero."""
    table = PolynomialLibrary(degree=3).table(["x", "y"])
    _, dtheta = gradients(table, np.zeros(2))
    wanted = np.zeros((table.n_terms, 2))
    wanted[table.index("x"), 0] = wanted[table.index("y"), 1] = 1.0
    np.testing.assert_array_equal(dtheta, wanted)


def test_abs_has_no_slope_at_zero() -> None:
    _, dtheta = gradients(CustomLibrary(["abs(x)"]).table(["x"]), np.zeros(1))
    assert dtheta[0, 0] == 0.0


def test_kernels_agree_with_and_without_compilation() -> None:
    compiled, plain = compiled_and_plain(
        """
import numpy as np
from spreme.library import CustomLibrary, PolynomialLibrary
from spreme.library.gradients import evaluate_gradients
forms = ["1/x", "x**-3*y", "x**2.5", "sqrt(x)*log(y)", "x/(1 + x)", "exp(-x*y)", "tanh(x)", "abs(x - y)", "x*sin(y)",
         "cos(x)", "tan(x)", "sinh(x)", "cosh(x)"]
table = (PolynomialLibrary(degree=3) + CustomLibrary(forms)).table(["x", "y"])
program, K = table.program(), table.n_terms
stack, slopes, theta, dtheta = np.zeros(program.depth), np.zeros((program.depth, 2)), np.zeros(K), np.zeros((K, 2))
evaluate_gradients(np.array([0.7, 1.9]), *program[:4], stack, slopes, theta, dtheta)
print(*theta, *dtheta.ravel())
"""
    )
    np.testing.assert_allclose(compiled, plain, rtol=1e-14)  # the same operations, but for fused ones
