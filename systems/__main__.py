"""Command line of the benchmark: ``python -m systems list`` prints one system a line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Sequence

from systems import replicas
from systems.registry import get, names
from systems.system import System


def line(system: System, varied: Collection[str]) -> str:
    """Describe a system in one line: name, states, parameters (* if they differ between environments), citation."""
    values = system.parameters.items()
    parameters = ", ".join(f"{name}{'*' * (name in varied)}={value:.4g}" for name, value in values)
    return f"{system.name:<16} {' '.join(system.states):<9} {parameters:<44} {system.citation}"


def listing() -> str:
    """Describe all systems, then all replicas."""
    lines = [line(system, system.environments.varied) for system in map(get, names())]
    lines += [line(replica.system, replica.varied) for replica in map(replicas.get, replicas.names())]
    return "\n".join(lines)


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
