"""Systems and methods, one a line."""

from __future__ import annotations

from collections.abc import Collection

from systems import methods, registry, replicas
from systems.system import System


def system_lines(suite: str | None = None) -> list[str]:
    """Describe systems and replicas.

    Parameters
    ----------
    suite : str or None, default None
        Only those of one suite, or "replicas"; None: all, without the replicas of systems that are listed anyway.

    Returns
    -------
    list of str
        Name, suite, states, parameters (* if they differ between environments), citation.

    Examples
    --------
    >>> from systems.listing import system_lines
    >>> system_lines("bench")[1][:77]
    'lotka                     bench      x y       a=0.5, b*=0.75, g=0.5, d*=0.75'
    """
    suites = registry.suites() if suite is None else [suite] if suite != "replicas" else []
    lines = [
        line(own, own_suite, own.environments.varied)
        for own_suite in suites
        for own in map(registry.get, registry.names(own_suite))
    ]
    if suite in (None, "replicas"):
        listed = registry.names() if suite is None else []
        setups = [(name, replicas.get(name)) for name in replicas.names()]
        setups = [(name, own) for name, own in setups if own.system.name not in listed]
        lines += [line(own.system, "replicas", own.system.environments.varied, name) for name, own in setups]
    return lines


def line(system: System, suite: str, varied: Collection[str], name: str | None = None) -> str:
    """Describe one system."""
    values = system.parameters.items()
    parameters = ", ".join(f"{own}{'*' * (own in varied)}={value:.4g}" for own, value in values)
    states = " ".join(system.states)
    return f"{name or system.name:<25} {suite:<10} {states:<9} {parameters:<44} {system.citation}"


def method_lines() -> list[str]:
    """Describe the methods.

    Returns
    -------
    list of str
        Name, package needed, whether it is told the truth, summary.

    Examples
    --------
    >>> from systems.listing import method_lines
    >>> method_lines()[0].split()[0]
    'spreme'
    """
    lines = []
    for own in map(methods.get, methods.names()):
        remarks = [*([f"needs {own.needs}"] if own.needs else []), *(["told the truth"] if own.uses_truth else [])]
        lines.append(f"{own.name:<22} {', '.join(remarks):<32} {own.summary}")
    return lines
