"""`Equation`: one entry of ODEBench."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import sympy

STATES = ("x", "y", "z", "w")


class Equation(NamedTuple):
    """One entry of ODEBench: facts, no choices of ours.

    Attributes
    ----------
    number : int
        ODEBench's number, 1 to 63.
    description : str
        What is modelled.
    laws : tuple of str
        Right-hand sides in the states x, y, z, w and the constants c0, c1, ...
    constants : tuple of float
        Values of c0, c1, ...
    starts : pair of tuple of float
        The two initial states.
    source : str
        Where ODEBench takes it from: a page of Strogatz's book, or an address.
    """

    number: int
    description: str
    laws: tuple[str, ...]
    constants: tuple[float, ...]
    starts: tuple[tuple[float, ...], tuple[float, ...]]
    source: str

    @property
    def name(self) -> str:
        """Name of the system as given."""
        return f"odebench-{self.number:02d}"

    @property
    def states(self) -> tuple[str, ...]:
        """Names of the states."""
        return STATES[: len(self.laws)]

    @property
    def parameters(self) -> dict[str, float]:
        """Constant -> value."""
        return {f"c{i}": float(value) for i, value in enumerate(self.constants)}

    def expressions(self) -> dict[str, sympy.Expr]:
        """State -> right-hand side as a sum in which products of sines and cosines are resolved into sums."""
        from sympy import expand, sympify
        from sympy.simplify.fu import TR8

        # TR8: sin(x)*cos(y) = sin(x + y)/2 + sin(x - y)/2, so that every law has one form only
        return {state: TR8(expand(sympify(law))) for state, law in zip(self.states, self.laws, strict=True)}
