"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click

from spreme.cli.columns import Columns
from spreme.cli.tables import Spelling
from spreme.cli.values import UNITS, Names

Command = Callable[..., Any]
# Whether it can be read shows when it is read.
FILE = click.Path(path_type=Path, readable=False)


def together(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Give several options as one decorator, in the order of the help."""

    def decorate(command: Command) -> Command:
        """Add them, the last one first, as decorators are."""
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def column_options(states: str, env: str) -> Callable[[Command], Command]:
    """Give the options that say which column is what; the help of two of them depends on the command."""
    return together(
        click.option("--time", metavar="COLUMN", help="Times.  [default: the column t or time]"),
        click.option("--states", type=Names(), metavar="X,Y", help=states),
        click.option("--inputs", type=Names(), metavar="U", help="Known inputs that drive the system."),
        click.option("--env", metavar="COLUMN", help=env),
        click.option(
            "--trajectory",
            metavar="COLUMN",
            help="Tells repeated recordings of an environment apart.  [default: the column run or trajectory]",
        ),
        click.option("--units", type=UNITS, metavar="X=g/L", help="Units of states and inputs, for labels."),
        click.option("--time-unit", metavar="UNIT", help="Unit of the times."),
        click.option("--sep", metavar="CHARACTER", help="Between the cells of CSV.  [default: as in the header]"),
        click.option("--decimal", type=click.Choice([".", ","]), default=".", show_default=True, help="Decimal mark."),
    )


quiet_option = click.option("-q", "--quiet", is_flag=True, help="Say nothing beside warnings and errors.")

report_options = together(
    click.option("--report", type=FILE, metavar="FILE", help="Write an HTML report to this file."),
    click.option("--title", help="Title of the report."),
)

model_argument = click.argument("model", type=FILE, metavar="MODEL")


def columns_of(given: SimpleNamespace) -> Columns:
    """Columns as the options name them."""
    names = (given.time, given.env, given.trajectory, given.states, given.inputs)
    return Columns(*names, given.units, given.time_unit)


def spelling_of(given: SimpleNamespace) -> Spelling:
    """How text tables are written, as the options say."""
    return Spelling(given.sep, given.decimal)
