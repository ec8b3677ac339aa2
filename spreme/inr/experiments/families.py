"""Families of signals for comparisons, with the settings that suit them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spreme.inr import datasets
from spreme.inr.experiments.settings import Settings

Array = NDArray[Any]

# Share of the trajectories that starts learn from.
TRAIN_SHARE = 0.8
# Test signals of a quick run.
QUICK_SIGNALS = 4


@dataclass(frozen=True, eq=False)
class Family:
    """Signals on common coordinates.

    Attributes
    ----------
    X : ndarray (n, d_in)
        Coordinates.
    train, test : ndarray (m, n, d_out)
        Signals to learn from, and to be judged by, with values of range about 1.
    truth : tuple of ndarray (k, d_in) and ndarray (m, k, d_out), optional
        Coordinates and values by which the fits of the test signals are judged (default: the test signals themselves).
    """

    X: Array
    train: Array
    test: Array
    truth: tuple[Array, Array] | None = None


def load_family(name: str, *, quick: bool = False) -> tuple[Family, Settings]:
    """Load a family, and how to compare starts on it.

    Parameters
    ----------
    name : {"faces", "natural", "glyphs", "trajectories"}
        Which one.
    quick : bool, default False
        A smaller network, fewer meta-steps and test signals: a minute to see that all works, too little to judge by.

    Returns
    -------
    family : Family
        Signals.
    settings : Settings
        Settings.

    Raises
    ------
    ValueError
        If the name is unknown.
    ImportError
        If the package that the signals come with is missing.
    """
    if name not in FAMILIES:
        raise ValueError(f"family {name!r} is unknown: use one of {', '.join(FAMILIES)}")
    family, settings = FAMILIES[name]()
    if not quick:
        return family, settings
    densities = settings.densities[:4]
    truth = family.truth and (family.truth[0], family.truth[1][:QUICK_SIGNALS])
    small = replace(
        settings,
        hidden=(32,) * len(settings.hidden),
        densities=densities,
        judged=densities[1::2],
        meta_iter=100,
        retrain_iter=50,
        rates=settings.rates[::2],
    )
    return replace(family, test=family.test[:QUICK_SIGNALS], truth=truth), small


def _trajectories() -> tuple[Family, Settings]:
    """Noisy samples of Van der Pol oscillations, judged by the truth; all states mapped to about [0, 1]."""
    signals, truth = datasets.trajectories(n_trajectories=100)
    n_train = round(TRAIN_SHARE * len(signals))
    values, exact = (np.array([x for _, x in pairs], np.float32) for pairs in (signals, truth))
    low, high = values[:n_train].min(axis=(0, 1)), values[:n_train].max(axis=(0, 1))
    values, exact = (values - low) / (high - low), (exact - low) / (high - low)
    family = Family(signals[0][0], values[:n_train], values[n_train:], (truth[0][0], exact[n_train:]))
    return family, Settings(hidden=(32, 32, 32), w0=5.0, judged=(0.64**2, 0.64**4, 0.64**6))


FAMILIES: dict[str, Callable[[], tuple[Family, Settings]]] = {
    "faces": lambda: (Family(*datasets.faces()), Settings()),
    "natural": lambda: (Family(*datasets.natural()), Settings()),
    "glyphs": lambda: (Family(*datasets.glyphs()), Settings()),
    "trajectories": _trajectories,
}
