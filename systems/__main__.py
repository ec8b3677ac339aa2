"""Command line of the benchmark: ``python -m systems list`` prints one system a line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from systems import replicas
from systems.registry import get, names
from systems.system import System


def line(system: System) -> str:
    """Describe a system in one line: name, states, parameters (* if they differ between environments), citation."""
    varied = system.environments.varied
    parameters = ", ".join(
        f"{name}{'*' * (name in varied)}={value:.4g}" for name, value in system.parameters.items()
    )
    return f"{system.name:<16} {' '.join(system.states):<9} {parameters:<44} {system.citation}"


def listing() -> str:
    """Describe all systems and replicas."""
    known = [get(name) for name in names()] + [replicas.get(name).system for name in replicas.names()]
    return "\n".join(map(line, known))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m systems", description="Benchmark systems of spreme.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    commands.add_parser("list", help="print one system a line; * marks parameters that differ between environments")
    parser.parse_args(arguments)
    print(listing())
    return 0


if __name__ == "__main__":
    sys.exit(main())
