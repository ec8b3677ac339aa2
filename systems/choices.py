"""Names and numbers as they are given on the command line."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Collection, Sequence

from systems import registry, replicas


def split(given: Sequence[str]) -> list[str]:
    """Take apart what is separated by commas.

    Parameters
    ----------
    given : sequence of str
        Arguments, each one name or several with commas between.

    Returns
    -------
    list of str
        Single names.
    """
    return [part for own in given for part in own.split(",") if part]


def one_of(name: str, known: Collection[str], what: str) -> str:
    """Return a name that is known; refuse others, with the closest ones.

    Parameters
    ----------
    name : str
        As given.
    known : collection of str
        What there is.
    what : str
        What it is the name of.

    Returns
    -------
    str
        The name.

    Raises
    ------
    ValueError
        If it is not known.

    Examples
    --------
    >>> from systems.choices import one_of
    >>> one_of("lotke", ["lotka", "lorenz"], "system")
    Traceback (most recent call last):
        ...
    ValueError: unknown system 'lotke': did you mean lotka? There are lotka, lorenz
    """
    if name in known:
        return name
    close = difflib.get_close_matches(name, known, n=3)
    hint = f"did you mean {' or '.join(close)}? " if close else ""
    raise ValueError(f"unknown {what} {name!r:.60}: {hint}There are {', '.join(known)}")


def chosen_systems(asked: Sequence[str], own: Sequence[str] = ()) -> list[str]:
    """Resolve names of systems, replicas and suites.

    Parameters
    ----------
    asked : sequence of str
        Names of systems and replicas; of suites, for all of their systems; "replicas" and "all".
    own : sequence of str
        Systems of a file.

    Returns
    -------
    list of str
        Names of systems and replicas, each once.

    Raises
    ------
    ValueError
        If there is no such name.

    Examples
    --------
    >>> from systems.choices import chosen_systems
    >>> len(chosen_systems(["bench", "lotka"])) == len(chosen_systems(["bench"]))
    True
    """
    suites = registry.suites()
    groups = {suite: registry.names(suite) for suite in suites if suite in asked or "all" in asked}
    every = [*own, *registry.names(), *replicas.names()]
    found: list[str] = []
    for name in asked:
        if name == "all":
            found += every
        elif name == "replicas":
            found += replicas.names()
        elif name in suites and name not in own:
            found += groups[name]
        else:
            found.append(_system(name, every, suites))
    return list(dict.fromkeys(found))


def _system(name: str, every: Sequence[str], suites: Sequence[str]) -> str:
    """A system or replica; the message does not list the hundreds there are."""
    if name in every:
        return name
    close = difflib.get_close_matches(name, [*every, *suites], n=3)
    hint = f"did you mean {' or '.join(close)}? " if close else ""
    raise ValueError(
        f"unknown system {name!r:.60}: {hint}`python -m systems list` has all {len(every)}; the suites are "
        f"{', '.join(suites)}, and there are replicas and all"
    )


def chosen_methods(asked: Sequence[str], known: Sequence[str]) -> list[str]:
    """Resolve names of methods; "all" are all of them."""
    found = [name for own in asked for name in (known if own == "all" else [one_of(own, known, "method")])]
    return list(dict.fromkeys(found))


def levels(given: Sequence[str]) -> list[float]:
    """Read noise levels: finite numbers, 0 or more.

    Parameters
    ----------
    given : sequence of str
        As written.

    Returns
    -------
    list of float
        The levels.

    Raises
    ------
    ValueError
        If one is no such number.
    """
    return [_level(text) for text in given]


def _level(text: str) -> float:
    """One noise level."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise ValueError(f"--noise must be shares of the rms of each state, 0 or more, such as 0.05, got {text!r}")
    return value


def seed_range(given: Sequence[str]) -> list[int]:
    """Read seeds: whole numbers, and ranges with both ends.

    Parameters
    ----------
    given : sequence of str
        As written.

    Returns
    -------
    list of int
        The seeds.

    Raises
    ------
    ValueError
        If one is no whole number or range.

    Examples
    --------
    >>> from systems.choices import seed_range
    >>> seed_range(["0-3", "7"])
    [0, 1, 2, 3, 7]
    """
    return [seed for text in given for seed in _seeds(text)]


def _seeds(text: str) -> list[int]:
    """One seed or range."""
    match = re.fullmatch(r"(\d+)(?:-(\d+))?", text)
    if match is None or (match[2] is not None and int(match[2]) < int(match[1])):
        raise ValueError(f"--seeds must be whole numbers or ranges such as 0-9, got {text!r}")
    return list(range(int(match[1]), int(match[2] or match[1]) + 1))
