"""`spreme show`: a fitted law in other forms."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Hashable, Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from spreme.cli import exit_codes
from spreme.cli.labels import environment
from spreme.cli.options import model_argument

if TYPE_CHECKING:
    from spreme.estimators import SpReME

EPILOG = """\b
Examples:
  spreme show ponds.json
  spreme show ponds.json --env cold --precision 5
  spreme show ponds.json --format latex
  spreme show ponds.json --format csv > coefficients.csv
  spreme show ponds.json --terms

\b
Exit codes: 0 done, 1 the file cannot be used, 2 wrong arguments."""


class Row(NamedTuple):
    """One coefficient of one environment; NaN where it was not observed, or its error is not known."""

    env: Hashable
    state: str
    term: str
    value: float
    std: float


@click.command(epilog=EPILOG, short_help="Print a fitted law in several forms.")
@model_argument
@click.option("--env", metavar="NAME", help="Only this environment, with numbers in the equations.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "latex", "sympy", "table", "csv", "json"]),
    default="text",
    show_default=True,
    help="table and csv: a line per coefficient. sympy, csv, json: numbers in full.",
)
@click.option("--terms", is_flag=True, help="Tell which terms are the same in all environments, and which vary.")
@click.option("--precision", type=click.IntRange(0, 17), metavar="N", help="Digits of text and latex with --env.")
def show(**given: Any) -> int:
    """Print the law of MODEL: its equations, or its coefficients as a table, or what is known of its terms."""
    return _show(SimpleNamespace(**given))


def _show(given: SimpleNamespace) -> int:
    """Load, print."""
    _check(given)
    from spreme.estimators import SpReME

    model = SpReME.load(given.model)
    env = None if given.env is None else environment(model, given.env)
    precision = 3 if given.precision is None else given.precision
    click.echo(str(model.term_report()) if given.terms else FORMS[given.form](model, env, precision))
    return exit_codes.FINE


def _check(given: SimpleNamespace) -> None:
    """Refuse options that would do nothing together."""
    if given.terms and (given.form != "text" or given.env is not None):
        raise click.UsageError("--terms compares all environments in a text: leave --env and --format out")
    if given.precision is not None and (given.env is None or given.form not in ("text", "latex")):
        raise click.UsageError("--precision is for the equations of one environment: give --env, as text or latex")


def _text(model: SpReME, env: Hashable, precision: int) -> str:
    """The law as it is printed, or the equations of one environment."""
    if env is None:
        return str(model)
    lines = zip(model.state_names_, model.equations(env, precision), strict=True)
    return "\n".join(f"{name}' = {right}" for name, right in lines)


def _latex(model: SpReME, env: Hashable, precision: int) -> str:
    """An aligned system."""
    from spreme.symbolic import to_latex

    return to_latex(model._state.law, env, precision)


def _sympy(model: SpReME, env: Hashable, _: int) -> str:
    """Right-hand sides as SymPy writes them, numbers in full."""
    return "\n".join(f"{name}' = {right}" for name, right in model.to_sympy(env).items())


def _table(model: SpReME, env: Hashable, _: int) -> str:
    """Coefficients with their errors, in aligned columns."""
    from spreme.estimators.display import number

    rows = [("env", "state", "term", "value ± std")]
    rows += [(str(row.env), row.state, row.term, number(row.value, row.std)) for row in _rows(model, env)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _csv(model: SpReME, env: Hashable, _: int) -> str:
    """Coefficients in long form, cells of what is not known empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Row._fields)
    writer.writerows([_or_nothing(cell, "") for cell in row] for row in _rows(model, env))
    return text.getvalue().rstrip("\n")


def _json(model: SpReME, env: Hashable, _: int) -> str:
    """The law for other programs, null where something is not known."""
    names, labels = list(model.state_names_), model.environments_ if env is None else [env]
    rows = [{key: _or_nothing(cell, None) for key, cell in row._asdict().items()} for row in _rows(model, env)]
    document = {
        "states": names,
        "inputs": list(model.input_names_),
        "environments": labels,
        "law": dict(zip(names, model.equations(), strict=True)),
        "equations": [
            {"env": label, **{name: str(right) for name, right in model.to_sympy(label).items()}} for label in labels
        ],
        "coefficients": rows,
        "status": model.status_,
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _rows(model: SpReME, env: Hashable) -> Iterator[Row]:
    """Coefficients environment by environment, in the order of the equations."""
    terms = model.get_feature_names_out()
    for label, coef, std in zip(model.environments_, model.coef_, model.coef_std_, strict=True):
        if env is None or label == env:
            for s, k in zip(*model.mask_.nonzero(), strict=True):
                yield Row(label, model.state_names_[s], str(terms[k]), float(coef[s, k]), float(std[s, k]))


def _or_nothing(cell: Any, nothing: Any) -> Any:
    """Give a cell, or what stands for a number that is not known."""
    return nothing if isinstance(cell, float) and not math.isfinite(cell) else cell


FORMS: dict[str, Callable[[SpReME, Hashable, int], str]] = {
    "text": _text,
    "latex": _latex,
    "sympy": _sympy,
    "table": _table,
    "csv": _csv,
    "json": _json,
}
