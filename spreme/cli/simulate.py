"""`spreme simulate`: a forecast from one start, as a table."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import click

from spreme.cli import exit_codes
from spreme.cli.files import TABLE, check_outputs
from spreme.cli.labels import chosen_environment
from spreme.cli.messages import tell
from spreme.cli.options import FILE, model_argument, quiet_option
from spreme.cli.tables import write_table
from spreme.cli.values import VALUES, Finite, in_order

if TYPE_CHECKING:
    import numpy as np

    from spreme.cli.drive import Drive
    from spreme.estimators import SpReME
    from spreme.results import Forecast

# Steps of a forecast if none is given, and at most.
STEPS, MOST_STEPS = 100, 10_000_000

EPILOG = """\b
Examples:
  spreme simulate ponds.json --env cold --start prey=2,predator=1 --until 30 > forecast.csv
  spreme simulate ponds.json --env cold --start prey=2,predator=1 --until 30 --step 0.1 --band 0.95 --out f.csv

\b
Exit codes: 0 done, 1 a file cannot be used, 2 wrong arguments, 4 the forecast ends early, 130 interrupted."""


@click.command(epilog=EPILOG, short_help="Forecast from a start.")
@model_argument
@click.option("--env", metavar="NAME", help="Environment; may be left out if MODEL has only one.")
@click.option("--start", type=VALUES, required=True, metavar="X=1,Y=2", help="States at the beginning.")
@click.option("--from", "begin", type=Finite(), default=0.0, show_default=True, help="Time of the start.")
@click.option("--until", type=Finite(), required=True, help="Last time; before --from: back in time.")
@click.option("--step", type=Finite(), help="Time between rows.  [default: a hundredth of the whole]")
@click.option("--band", type=click.FloatRange(0, 1, min_open=True, max_open=True), help="Share of forecasts in a band.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the draws of the band.")
@click.option("--input", "constant", type=VALUES, metavar="U=1", help="Inputs that stay constant.")
@click.option("--input-file", type=FILE, metavar="FILE", help="Table of times and inputs, linear in between.")
@click.option("--time", metavar="COLUMN", help="Times in the input file.  [default: the column t or time]")
@click.option("--out", type=FILE, metavar="FILE", help="Write to this file, CSV or Parquet.  [default: CSV, printed]")
@quiet_option
def simulate(**given: Any) -> int:
    """Forecast from a start: a table of times and states, and of a band if asked for.

    The columns of the band are called like the states with _lower and _upper behind. It holds the states themselves;
    measurements scatter around it by the noise on top.
    """
    return _simulate(SimpleNamespace(**given))


def _simulate(given: SimpleNamespace) -> int:
    """Load, integrate, write."""
    n_steps = _count_steps(given)
    inputs = [given.model] if given.input_file is None else [given.model, given.input_file]
    check_outputs({"--out": (given.out, TABLE)}, inputs, given.quiet)
    from spreme.estimators import SpReME

    model = SpReME.load(given.model)
    forecast = _forecast(model, given, n_steps)
    write_table(given.out, _columns(forecast))
    if given.out is not None:
        tell(f"wrote {given.out}", given.quiet)
    if forecast.status == "converged":
        return exit_codes.FINE
    tell(f"Warning: {forecast.status}")
    return exit_codes.STOPPED


def _count_steps(given: SimpleNamespace) -> int:
    """Count the rows after the first; refuse what makes no times."""
    if given.constant is not None and given.input_file is not None:
        raise click.UsageError("--input and --input-file exclude each other: put all inputs into the file")
    span = abs(given.until - given.begin)
    if span == 0:
        raise click.UsageError("--until is the time of the start (--from): give a later one, or an earlier one")
    if given.step is None:
        return STEPS
    if given.step <= 0:
        raise click.UsageError(f"--step {given.step:g}: a time above 0 is needed")
    if span / given.step > MOST_STEPS:
        raise click.UsageError(f"--step {given.step:g} makes more than {MOST_STEPS} rows: take a longer one")
    return math.floor(span / given.step * (1 + 1e-12) + 1e-9)


def _forecast(model: SpReME, given: SimpleNamespace, n_steps: int) -> Forecast:
    """Integrate."""
    import numpy as np

    from spreme.cli.drive import at

    step = given.step or abs(given.until - given.begin) / n_steps
    times = given.begin + math.copysign(step, given.until - given.begin) * np.arange(n_steps + 1)
    env, start = chosen_environment(model, given.env), in_order(model.state_names_, given.start, "--start", "state")
    t, u = _drive(model, given, times)
    return at(model.simulate(start, t, env, u, band=given.band, random_state=given.seed), times)


def _drive(model: SpReME, given: SimpleNamespace, times: np.ndarray) -> Drive:
    """Give the inputs that the model needs."""
    from spreme.cli.drive import Drive, constant_drive, recorded_drive

    names = model.input_names_
    has_any = given.constant is not None or given.input_file is not None
    if has_any != bool(names):
        has = f"has the inputs {', '.join(names)}: give --input or --input-file" if names else "has no inputs"
        raise ValueError(f"{given.model}: the model {has}")
    if given.input_file is not None:
        return recorded_drive(times, names, given.input_file, given.time)
    return constant_drive(times, names, given.constant) if names else Drive(times, None)


def _columns(forecast: Forecast) -> dict[str, np.ndarray]:
    """Columns of the table."""
    parts = {"": forecast.x, "_lower": forecast.lower, "_upper": forecast.upper}
    states = {
        f"{name}{suffix}": values[:, s]
        for suffix, values in parts.items()
        if values is not None
        for s, name in enumerate(forecast.state_names)
    }
    return {"time": forecast.t, **states}
