"""`spreme fit`: tables in, one law out."""

from __future__ import annotations

import sys
import warnings
from functools import reduce
from operator import add
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import click

from spreme.cli.options import FILE, column_options, columns_of, quiet_option, report_options, spelling_of
from spreme.cli.results import check_files, hand_over
from spreme.cli.tables import read_data
from spreme.cli.values import Terms, by_state

if TYPE_CHECKING:
    from spreme.library import Library

CRITERIA = ("auto", "evidence", "bic", "ebic", "knee", "cv", "loeo", "stability")
LOSSES = ("gaussian", "huber")
# Words for ties that are no terms.
TIES = ("auto", "all")

EPILOG = """\b
Examples:
  spreme fit ponds.csv --env pond --time day --states prey,predator
  spreme fit cold.csv warm.csv --time day --out ponds.json
  spreme fit ponds.csv --env pond --time day --degree 2 --term "exp(-prey)" --exclude "prey: 1"

\b
Exit codes: 0 done, 1 a file cannot be used, 2 wrong arguments, 3 a law with a complaint, 130 interrupted."""


class Tie(click.ParamType):
    """Terms of one state, or a word."""

    name = "terms"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read a word, or terms."""
        return value if value in TIES else Terms().convert(value, param, ctx)


@click.command(epilog=EPILOG, short_help="Find the law that recordings share.")
@click.argument("data", nargs=-1, required=True, type=FILE, metavar="DATA...")
@column_options(
    states="States.  [default: all other columns]",
    env="Environments.  [default: the column env or environment; without one, each file is an environment]",
)
@click.option("--degree", type=click.IntRange(min=0), default=3, show_default=True, help="Polynomials up to it.")
@click.option("--fourier", type=click.IntRange(min=1), metavar="N", help="Also sines and cosines of N frequencies.")
@click.option("--term", "terms", multiple=True, metavar="EXPRESSION", help='A term of your own, "exp(-x)"; repeatable.')
@click.option("--allow", multiple=True, type=Terms(), metavar="TERMS", help='Only these: "x: x, x*y"; repeatable.')
@click.option("--require", multiple=True, type=Terms(), metavar="TERMS", help="Terms that must be in; repeatable.")
@click.option("--exclude", multiple=True, type=Terms(), metavar="TERMS", help="Terms that must not; repeatable.")
@click.option("--criterion", type=click.Choice(CRITERIA), default="auto", show_default=True, help="Chooses the law.")
@click.option(
    "--tie", multiple=True, type=Tie(), metavar="TERMS", help='One value in all environments: auto, all or "x: x*y".'
)
@click.option("--max-terms", type=click.IntRange(min=1), metavar="N", help="Terms of one equation, at most.")
@click.option("--loss", type=click.Choice(LOSSES), default="gaussian", show_default=True, help="huber: wild samples.")
@click.option("--jobs", type=int, metavar="N", help="Threads; -1: all cores.  [default: 1]")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of --criterion stability.")
@click.option("--out", type=FILE, metavar="FILE", help="Save the model to this file (.json).")
@report_options
@quiet_option
@click.option("-v", "--verbose", is_flag=True, help="Tell every step of the fit, even if nobody watches a terminal.")
def fit(**given: Any) -> int:
    """Find the law that the recordings in DATA share, and print it.

    DATA are CSV or Parquet files in long form: a header, one row per sample. Rows of equal environment and trajectory
    are one recording.
    """
    return _fit(SimpleNamespace(**given))


def _fit(given: SimpleNamespace) -> int:
    """Read, fit, write."""
    tie = _tie(given.tie)
    check_files(given, given.data)
    data = read_data(given.data, columns_of(given), spelling_of(given), quiet=given.quiet)
    from spreme.estimators import SpReME

    model = SpReME(
        library=_library(given),
        criterion=given.criterion,
        loss=given.loss,
        tie=tie,
        max_terms=given.max_terms,
        allowed=by_state(given.allow),
        required=by_state(given.require),
        excluded=by_state(given.exclude),
        n_jobs=given.jobs,
        random_state=given.seed,
        verbose=_verbosity(given),
    )
    with warnings.catch_warnings(record=True) as held:
        model.fit(data)
    return hand_over(model.set_params(verbose=0), data, given, held)


def _verbosity(given: SimpleNamespace) -> int:
    """Whether the fit tells its steps: on a terminal, or on request."""
    return int(not given.quiet and (given.verbose or sys.stderr.isatty()))


def _library(given: SimpleNamespace) -> Library:
    """Polynomials, and what is asked for beside them."""
    from spreme.library import CustomLibrary, FourierLibrary, PolynomialLibrary

    parts: list[Library] = [PolynomialLibrary(given.degree)]
    parts += [FourierLibrary(given.fourier)] if given.fourier else []
    parts += [CustomLibrary(given.terms)] if given.terms else []
    return reduce(add, parts)


def _tie(values: tuple[Any, ...]) -> str | dict[str, list[str]] | None:
    """One word, or terms by state."""
    words = [value for value in values if isinstance(value, str)]
    if words and len(values) > 1:
        raise click.UsageError(f"--tie {words[0]} stands alone: leave the other --tie out")
    return words[0] if words else by_state(values)
