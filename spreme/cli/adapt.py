"""`spreme adapt`: the coefficients of a new environment, with the terms of a fitted law."""

from __future__ import annotations

import warnings
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import click

from spreme.cli.options import (
    FILE,
    column_options,
    columns_of,
    model_argument,
    quiet_option,
    report_options,
    spelling_of,
)
from spreme.cli.results import check_files, hand_over
from spreme.cli.tables import read_data

if TYPE_CHECKING:
    from spreme.cli.columns import Columns
    from spreme.data import Trajectories
    from spreme.estimators import SpReME

EPILOG = """\b
Examples:
  spreme adapt ponds.json lake.csv --time day --out lake.json
  spreme adapt ponds.json monday.csv tuesday.csv --env-name lake --no-prior

\b
Exit codes: 0 done, 1 a file cannot be used, 2 wrong arguments, 3 a law with a complaint, 130 interrupted."""


@click.command(epilog=EPILOG, short_help="Fit the coefficients of a new environment.")
@model_argument
@click.argument("data", nargs=-1, required=True, type=FILE, metavar="DATA...")
@column_options(
    states="The states of MODEL, in its order.  [default: the columns of their names]",
    env="The new environment, one in all rows.  [default: the column env or environment]",
)
@click.option(
    "--env-name",
    metavar="NAME",
    help="Name of the new environment.  [default: as in its column, or the name of the file]",
)
@click.option("--prior/--no-prior", default=True, help="Shrink to the fitted environments.  [default: prior]")
@click.option("--out", type=FILE, metavar="FILE", help="Save the new model to this file (.json).")
@report_options
@quiet_option
def adapt(**given: Any) -> int:
    """Fit the coefficients of a new environment, with the terms of MODEL, to the recordings in DATA.

    The law is printed with the coefficients of the new environment; MODEL itself is not changed.
    """
    return _adapt(SimpleNamespace(**given))


def _adapt(given: SimpleNamespace) -> int:
    """Read, fit, write."""
    if len(given.data) > 1 and given.env_name is None and given.env is None:
        raise click.UsageError("several files of one new environment: name it by --env-name")
    check_files(given, [given.model, *given.data])
    from spreme.data import Trajectories
    from spreme.estimators import SpReME

    model = SpReME.load(given.model)
    data = read_data(given.data, _columns(model, given), spelling_of(given), env=given.env_name, quiet=given.quiet)
    label = _new_label(model, data)
    data = Trajectories(data, state_names=model.state_names_, input_names=model.input_names_ or None)
    with warnings.catch_warnings(record=True) as held:
        adapted = model.adapt(data, env=label, prior=given.prior)
    return hand_over(adapted, data, given, held)


def _columns(model: SpReME, given: SimpleNamespace) -> Columns:
    """Columns as the options say; states and inputs as the model names them."""
    columns = columns_of(given)
    states, inputs = tuple(model.state_names_), tuple(model.input_names_) or None
    for option, own, theirs in (("--states", columns.states, states), ("--inputs", columns.inputs, inputs)):
        if own is not None and len(own) != len(theirs or ()):
            raise ValueError(
                f"{option}: the model has {len(theirs or ())} of them: {', '.join(theirs or ()) or 'none'}"
            )
    return replace(columns, states=columns.states or states, inputs=columns.inputs or inputs)


def _new_label(model: SpReME, data: Trajectories) -> Any:
    """Give the one label of the data, which the model must not know."""
    if len(data.environments) > 1:
        names = ", ".join(map(str, data.environments))
        raise ValueError(f"the data hold the environments {names}: adapt takes one at a time, keep only its rows")
    label = data.environments[0]
    if str(label) in map(str, model.environments_):
        raise ValueError(f"the model knows an environment {str(label)!r} already: give the new one another --env-name")
    return label
