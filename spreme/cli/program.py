"""The program `spreme`: its commands, and how errors become one message and an exit code."""

from __future__ import annotations

from collections.abc import Sequence

import click

from spreme import __version__
from spreme.cli import exit_codes
from spreme.cli.adapt import adapt
from spreme.cli.fit import fit
from spreme.cli.messages import in_one_message, plain_warnings
from spreme.cli.show import show
from spreme.cli.simulate import simulate

EPILOG = """\b
Examples:
  spreme fit ponds.csv --env pond --time day --states prey,predator --out ponds.json
  spreme show ponds.json --format latex
  spreme simulate ponds.json --env cold --start prey=2,predator=1 --until 30 > forecast.csv
  spreme adapt ponds.json lake.csv --time day --out lake.json

\b
Exit codes:
  0    done
  1    a file cannot be used; the message says which, why, and what to do
  2    wrong arguments
  3    fit, adapt: a law was found, but with a complaint (its status is not "converged")
  4    simulate: the forecast ends early, it blows up for instance
  130  interrupted; files are complete or untouched"""


@click.group(epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="spreme")
def program() -> None:
    """Find one sparse law in many experiments: differential equations that share their terms.

    Tables in, laws out: CSV or Parquet in long form, one row per sample.
    """


for command in (fit, simulate, adapt, show):
    program.add_command(command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, default None
        Arguments; None: those of the process.

    Returns
    -------
    int
        Exit code: 0 done, 1 a file cannot be used, 2 wrong arguments, 3 a law with a complaint, 4 a forecast that ends
        early, 130 interrupted.

    Examples
    --------
    >>> from spreme.cli import main
    >>> main(["--version"])
    spreme, version ...
    0
    """
    try:
        with plain_warnings():
            given = None if arguments is None else list(arguments)
            return int(program.main(given, prog_name="spreme", standalone_mode=False) or exit_codes.FINE)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted: files are complete or untouched.", err=True)
        return exit_codes.INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except ModuleNotFoundError:
        raise  # a broken installation; what a missing extra raises is an ImportError in words
    except (ValueError, TypeError, OSError, ImportError) as error:
        click.ClickException(in_one_message(error)).show()
        return exit_codes.ERROR
