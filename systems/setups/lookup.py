"""Set-ups by name: systems of the catalogue in any variant, published set-ups, systems of a file."""

from __future__ import annotations

from systems import registry, replicas
from systems.setups.measured import Measured
from systems.setups.outside import systems_of
from systems.setups.setup import Setup
from systems.setups.variants import VARIANTS


def find(name: str, variant: str = "plain", suite: str | None = None) -> Setup:
    """Look up a system together with how it is measured.

    Parameters
    ----------
    name : str
        A system of the catalogue, a replica, or a system of the file `suite`.
    variant : str, default "plain"
        One of `systems.setups.VARIANTS`; replicas are measured as published, they have only "plain".
    suite : str, default None
        Python file with systems, see `systems.setups.outside`; its names go before those of the catalogue.

    Returns
    -------
    Setup
        What draws the data.

    Raises
    ------
    ValueError
        If there is no such system, or not in this variant; the message lists those there are.

    Examples
    --------
    >>> from systems.setups import find
    >>> find("lotka", "coarse").system.dt
    0.4
    >>> find("spreme-lotka").system.states
    ['x', 'y']
    """
    if variant not in VARIANTS:
        raise ValueError(f"unknown variant {variant!r:.60}: there are {', '.join(VARIANTS)}")
    given = {} if suite is None else systems_of(suite)
    if name in given:
        return Measured(given[name], variant)
    if name in replicas.names():
        if variant != "plain":
            raise ValueError(f"the replica {name} is measured as published: variant {variant!r} is not for it")
        return replicas.get(name)
    return Measured(registry.get(name), variant)
