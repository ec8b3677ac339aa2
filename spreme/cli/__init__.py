"""Command line: `spreme fit`, `simulate`, `adapt`, `show`. Options become arguments, results become text and files."""

from spreme.cli.program import main

__all__ = ["main"]
