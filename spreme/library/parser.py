"""Safe parser of expressions: Python's grammar is used to read the text, a closed list of nodes to accept it.

Nothing is ever evaluated by Python: the syntax tree is walked and rebuilt as an `Expression`, limits first.
"""

from __future__ import annotations

import ast
import unicodedata
import warnings
from collections.abc import Mapping, Sequence

from spreme.library.expressions import FUNCTIONS, Expression, Number, Symbol, add, call, multiply, number, power

MAX_LENGTH = 1000
MAX_DEPTH = 50

_NEGATIVE = Number(-1.0)
_ALLOWED = f"allowed are numbers, the states, + - * / **, brackets and the functions {', '.join(FUNCTIONS)}"


def parse(text: str, names: Sequence[str]) -> Expression:
    """Read an expression in the given states.

    Parameters
    ----------
    text : str
        Expression, at most 1000 characters: numbers, states, ``+ - * / **``, brackets and the functions ``sin cos tan
        exp log sqrt tanh sinh cosh abs``. Exponents are constants between -100 and 100.
    names : sequence of str
        Names of the states.

    Returns
    -------
    Expression
        Canonical tree: ``x*y`` and ``y*x`` give the same one.

    Raises
    ------
    TypeError
        If `text` is not a string.
    ValueError
        If anything else than the above occurs; the message names the piece.

    Examples
    --------
    >>> from spreme.library.readers import to_text
    >>> to_text(parse("y*x/(1 + x)*x", ["x", "y"]))
    'x**2*y/(x + 1)'
    """
    if not isinstance(text, str):
        raise TypeError(f"an expression must be a string (str), got {text!r} of type {type(text).__name__}")
    if len(text) > MAX_LENGTH:
        raise ValueError(f"expression of {len(text)} characters is too long (at most {MAX_LENGTH}): {text[:30]!r}...")
    if not text.strip():
        raise ValueError("empty expression: write a term in the states such as 'x*y' or 'exp(-x)'")
    symbols = {unicodedata.normalize("NFKC", name): name for name in names}
    try:
        return _walk(_syntax_tree(text.strip()), symbols, 0)
    except ValueError as error:
        raise ValueError(f"cannot use the expression {_short(repr(text))}: {error}") from None
    except RecursionError:
        raise ValueError(f"expression {text[:30]!r}... is nested too deeply (at most {MAX_DEPTH} levels)") from None


def _syntax_tree(text: str) -> ast.expr:
    """Read the text with Python's grammar; comments, which it would skip, are refused."""
    if "#" in text:
        raise ValueError(f"'#' is not allowed in an expression; {_ALLOWED}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the grammar warns of some odd texts that are refused below
            return ast.parse(text, mode="eval").body
    except (MemoryError, RecursionError):
        raise ValueError(f"it is nested too deeply (at most {MAX_DEPTH} levels)") from None
    except (SyntaxError, ValueError) as error:
        reason = getattr(error, "msg", None) or "invalid text"
        raise ValueError(
            f"syntax error ({reason}); write '*' between factors and '**' for powers; {_ALLOWED}"
        ) from None


def _walk(node: ast.expr, symbols: Mapping[str, str], depth: int) -> Expression:
    """Rebuild one node."""
    if depth > MAX_DEPTH:
        raise ValueError(f"it is nested too deeply (at most {MAX_DEPTH} levels)")
    match node:
        case ast.BinOp(op=ast.Pow()):
            return _power(node, symbols, depth)
        case ast.BinOp():
            return _chain(node, symbols, depth)
        case ast.UnaryOp(op=ast.UAdd()):
            return _walk(node.operand, symbols, depth + 1)
        case ast.UnaryOp(op=ast.USub()):
            return multiply([_NEGATIVE, _walk(node.operand, symbols, depth + 1)])
        case ast.Call():
            return _call(node, symbols, depth)
        case ast.Name(id=name):
            return _symbol(name, symbols)
        case ast.Constant(value=value):
            return _constant(value)
    raise ValueError(f"{_piece(node)} is not allowed in an expression; {_ALLOWED}")


def _chain(node: ast.BinOp, symbols: Mapping[str, str], depth: int) -> Expression:
    """Rebuild a + b - c ... or a*b/c ...: its left spine may be long, so it is read in a loop."""
    spine: list[ast.BinOp] = []
    first: ast.expr = node
    while isinstance(first, ast.BinOp) and not isinstance(first.op, ast.Pow):
        spine.append(first)
        first = first.left
    result = _walk(first, symbols, depth + 1)
    for step in reversed(spine):
        right = _walk(step.right, symbols, depth + 1)
        match step.op:
            case ast.Add():
                result = add([result, right])
            case ast.Sub():
                result = add([result, multiply([_NEGATIVE, right])])
            case ast.Mult():
                result = multiply([result, right])
            case ast.Div():
                result = multiply([result, power(right, -1.0)])
            case ast.BitXor():
                raise ValueError(f"'^' is not a power in {_piece(step)}: write '**'; {_ALLOWED}")
            case _:
                raise ValueError(f"the operator in {_piece(step)} is not allowed; {_ALLOWED}")
    return result


def _power(node: ast.BinOp, symbols: Mapping[str, str], depth: int) -> Expression:
    """Rebuild a power, whose exponent must be a constant."""
    exponent = _walk(node.right, symbols, depth + 1)
    if not isinstance(exponent, Number):
        raise ValueError(f"the exponent in {_piece(node)} is not a constant: write exp(b*log(a)) for a to the power b")
    return power(_walk(node.left, symbols, depth + 1), exponent.value)


def _call(node: ast.Call, symbols: Mapping[str, str], depth: int) -> Expression:
    """Rebuild a function call."""
    if not isinstance(node.func, ast.Name):
        raise ValueError(f"{_piece(node)} is not allowed in an expression; {_ALLOWED}")
    name = node.func.id
    if name not in FUNCTIONS:
        hint = f"; write '*' to multiply: {name}*(...)" if name in symbols else ""
        raise ValueError(f"unknown function {name!r} in {_piece(node)}; {_ALLOWED}{hint}")
    if len(node.args) != 1 or node.keywords or isinstance(node.args[0], ast.Starred):
        raise ValueError(f"{_piece(node)} is not allowed: {name} takes exactly one argument")
    return call(name, _walk(node.args[0], symbols, depth + 1))


def _symbol(name: str, symbols: Mapping[str, str]) -> Expression:
    """Look up a state."""
    if name in symbols:
        return Symbol(symbols[name])
    if name in FUNCTIONS:
        raise ValueError(f"the function {name!r} lacks its argument: write {name}(...)")
    raise ValueError(f"unknown symbol {name!r}: the states are {', '.join(symbols.values())}; {_ALLOWED}")


def _constant(value: object) -> Expression:
    """Take a real number only: text, booleans, imaginary numbers and the like are refused."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{_short(repr(value))} is not allowed in an expression; {_ALLOWED}")
    if abs(value) > 1e308:
        raise ValueError(f"the constant {_short(str(value))} is too large: constants must lie below 1e308")
    return number(float(value))


def _piece(node: ast.expr) -> str:
    """Text of a node for a message."""
    return _short(repr(ast.unparse(node)))


def _short(text: str) -> str:
    """Cut a long piece."""
    return text if len(text) <= 80 else text[:77] + "..."
