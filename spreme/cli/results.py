"""What `fit` and `adapt` leave behind: the law on standard output, the model and the report in files."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import click

from spreme.cli import exit_codes
from spreme.cli.files import MODEL, PAGE, check_outputs
from spreme.cli.messages import as_options, tell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spreme.data import Trajectories
    from spreme.estimators import SpReME


def check_files(given: SimpleNamespace, inputs: Sequence[Path]) -> None:
    """Refuse files that could not be written, before the work begins."""
    if given.title is not None and given.report is None:
        raise click.UsageError("--title is the title of a report: give --report FILE, too")
    check_outputs({"--out": (given.out, MODEL), "--report": (given.report, PAGE)}, inputs, given.quiet)
    if given.report is not None:
        _check_templates()


def _check_templates() -> None:
    """Refuse a report that cannot be written for want of its package."""
    from importlib.util import find_spec

    if find_spec("jinja2") is None:
        raise ImportError('--report needs jinja2: pip install "spreme[report]"')


def hand_over(
    model: SpReME, data: Trajectories, given: SimpleNamespace, held: Sequence[warnings.WarningMessage]
) -> int:
    """Print the law and the warnings held back, write the files, and give the exit code."""
    click.echo(str(model))
    for warning in held:
        # The status stands among the notes of the law; who sees these need not read it twice.
        if str(warning.message) != model.status_ or not sys.stdout.isatty():
            tell(f"Warning: {as_options(str(warning.message))}")
    if given.out is not None:
        model.save(given.out)
        tell(f"wrote {given.out}", given.quiet)
    if given.report is not None:
        _write_report(model, data, given)
    return exit_codes.FINE if model.status_ == "converged" else exit_codes.COMPLAINT


def _write_report(model: SpReME, data: Trajectories, given: SimpleNamespace) -> None:
    """Write the report."""
    from spreme.report import write_report

    write_report(model, data, given.report, title=given.title)
    tell(f"wrote {given.report}", given.quiet)
