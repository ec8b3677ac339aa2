"""What is demonstrated: data, the terms offered, and the law one would expect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import systems
from spreme import PolynomialLibrary, Trajectories
from spreme.datasets import load_gause, load_hare_lynx
from spreme.library import Library

# No constants: what is absent does not appear from nothing.
OF_POPULATIONS = PolynomialLibrary(degree=2, include_bias=False)


@dataclass(frozen=True, eq=False, kw_only=True)
class Story:
    """Data, what to fit to them, and what one would expect to find.

    Attributes
    ----------
    name : str
        Name of the files.
    title, source : str
        What it is, and where it comes from.
    data : Trajectories
        Recordings.
    library : Library
        Candidate terms.
    law : str
        What the expected law is called.
    expected : mapping of str to sequence of str
        Terms of the equation of every state in this law.
    caveat : str
        What to keep in mind about such data.
    truth : ndarray (E, S, K) or None
        True coefficients where they are known.
    """

    name: str
    title: str
    source: str
    data: Trajectories
    library: Library
    law: str
    expected: Mapping[str, Sequence[str]]
    caveat: str
    truth: NDArray[np.float64] | None = None


def gause() -> Story:
    """Two species of Paramecium, each alone and both mixed."""
    return Story(
        name="gause",
        title="Two species of Paramecium, each alone and both together",
        source="Gause, The Struggle for Existence, 1934",
        data=load_gause(),
        library=OF_POPULATIONS,
        law="competition",
        expected={
            "aurelia": ["aurelia", "aurelia**2", "aurelia*caudatum"],
            "caudatum": ["caudatum", "aurelia*caudatum", "caudatum**2"],
        },
        caveat="one culture of each kind: how much cultures of one kind differ is not seen",
    )


def hare_lynx() -> Story:
    """Prey and predator in the fur trade."""
    data = load_hare_lynx()
    return Story(
        name="hare_lynx",
        title="Hare and lynx in the pelts of the Hudson's Bay Company",
        source="Hewitt, The Conservation of the Wild Life of Canada, 1921",
        data=data,
        library=OF_POPULATIONS,
        law="prey and predator",
        expected={"hare": ["hare", "hare*lynx"], "lynx": ["lynx", "hare*lynx"]},
        caveat=f"{data.n_samples} yearly samples of pelts sold: a proxy for the animals alive",
    )


def lotka() -> Story:
    """Prey and predator on the computer, where the truth is known."""
    system, noise = systems.get("lotka"), 0.05
    data = systems.generate(system, n_environments=9, n_trajectories=4, noise=noise)
    table = system.library.table(system.states)
    truth = systems.true_coefficients(system, table, range(len(data.environments)))
    mask = np.any(truth != 0, axis=0)
    return Story(
        name="lotka",
        title=f"Lotka and Volterra's equations with {100 * noise:.0f} % noise",
        source="simulated, so that the truth is known",
        data=data,
        library=system.library,
        law="the true law",
        expected={state: [table.names[k] for k in np.flatnonzero(mask[s])] for s, state in enumerate(system.states)},
        caveat="the noise here is Gaussian and independent, which real noise seldom is",
        truth=truth,
    )


STORIES = (gause, hare_lynx, lotka)
