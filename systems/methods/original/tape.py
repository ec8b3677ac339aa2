"""A tape: the active terms of a library as elementary operations, differentiated by reading them backwards.

    node i = operation[i](node left[i], node right[i]) or operation[i](node left[i], value[i]),   columns come first
    dx_s/dt = sum over q with state_index[q] == s of coef[q] * node[term_node[q]]

Equal parts of terms are one node: x*x*y is the node of x*x times y.

Legend: S states, V = S + U columns (states, then inputs), Q active coefficients.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spreme.library import TermTable
from spreme.library.program import ADD, CONSTANT, INTEGER_POWER, MULTIPLY, REAL_POWER, STATE, TermProgram

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]
Node = tuple[int, int, int, float]

NOTHING: Node = (STATE, 0, 0, 0.0)  # columns are filled in, not computed


class Tape(NamedTuple):
    """Operations, one row per node, and by which nodes the coefficients are multiplied.

    Attributes
    ----------
    operation, left, right : ndarray of int64
        Operation code of `spreme.library.program` and the nodes it takes; powers are `REAL_POWER`.
    value : ndarray
        Constant or exponent.
    n_states, n_columns : int
        Numbers of states S and columns V.
    state_index, term_index, term_node : ndarray (Q,) of int64
        Equation, term of the library and node of each active coefficient.
    """

    operation: Indices
    left: Indices
    right: Indices
    value: Array
    n_states: int
    n_columns: int
    state_index: Indices
    term_index: Indices
    term_node: Indices


def record(table: TermTable, active: Mask) -> Tape:
    """Write the active terms as a tape.

    Parameters
    ----------
    table : TermTable
        Library of K terms.
    active : ndarray (S, K) of bool
        Coefficients in use.

    Returns
    -------
    Tape
        Only with nodes that the active terms need.

    Examples
    --------
    >>> import numpy as np
    >>> from spreme.library import PolynomialLibrary
    >>> record(PolynomialLibrary(degree=2).table(["x"]), np.array([[True, False, True]])).term_node
    array([1, 2])
    """
    state_index, term_index = (index.astype(np.int64) for index in np.nonzero(active))
    used, which = np.unique(term_index, return_inverse=True)
    program = table.subset(used).program() if used.size else None
    recorder = _Recorder(len(table.column_names))
    nodes = [] if program is None else [recorder.term(program, k) for k in range(len(used))]
    operation, left, right, value = (np.array(part) for part in zip(*recorder.nodes, strict=True))
    return Tape(
        operation.astype(np.int64),
        left.astype(np.int64),
        right.astype(np.int64),
        value.astype(np.float64),
        len(table.state_names),
        len(table.column_names),
        state_index,
        term_index,
        np.array(nodes, dtype=np.int64)[which.reshape(-1)],
    )


class _Recorder:
    """Nodes so far, each once."""

    def __init__(self, n_columns: int) -> None:
        self.nodes: list[Node] = [NOTHING] * n_columns
        self._known: dict[Node, int] = {}

    def add(self, operation: int, left: int = 0, right: int = 0, value: float = 0.0) -> int:
        """Position of a node, which is added if it is new."""
        node = (operation, left, right, value)
        if node not in self._known:
            self._known[node] = len(self.nodes)
            self.nodes.append(node)
        return self._known[node]

    def term(self, program: TermProgram, k: int) -> int:
        """Node of a term: its powers of columns times the rest."""
        exponents = tuple(int(power) for power in program.powers[k])
        first, last = program.start[k], program.start[k + 1]
        if first == last:
            return self.monomial(exponents)
        rest = self.postfix(program.code[first:last], program.arg[first:last])
        return self.add(MULTIPLY, self.monomial(exponents), rest) if any(exponents) else rest

    def monomial(self, exponents: tuple[int, ...]) -> int:
        """Node of a product of powers of columns: the last factor times the node of the others."""
        if not any(exponents):
            return self.add(CONSTANT, value=1.0)
        column = max(c for c, exponent in enumerate(exponents) if exponent)
        sign = 1 if exponents[column] > 0 else -1
        others = tuple(exponent - sign * (c == column) for c, exponent in enumerate(exponents))
        factor = column if sign == 1 else self.add(REAL_POWER, column, value=-1.0)
        return self.add(MULTIPLY, self.monomial(others), factor) if any(others) else factor

    def postfix(self, code: Indices, arg: Array) -> int:
        """Node of what a postfix program leaves on its stack."""
        stack: list[int] = []
        for operation, value in zip(code.tolist(), arg.tolist(), strict=True):
            if operation == STATE:
                stack.append(int(value))
            elif operation == CONSTANT:
                stack.append(self.add(CONSTANT, value=value))
            elif operation in (ADD, MULTIPLY):
                right = stack.pop()
                stack.append(self.add(operation, stack.pop(), right))
            else:
                power = operation in (INTEGER_POWER, REAL_POWER)
                stack.append(self.add(REAL_POWER if power else operation, stack.pop(), value=value if power else 0.0))
        return stack[0]
