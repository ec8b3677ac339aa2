"""Gause's cultures of two species of Paramecium."""

from __future__ import annotations

from importlib import resources

from spreme.data import Trajectories


def load_gause() -> Trajectories:
    """
    Load the growth of *Paramecium aurelia* and *Paramecium caudatum*, alone and mixed.

    Three environments of one trajectory each: ``"aurelia alone"``, ``"caudatum alone"``, ``"mixed"``. States
    ``aurelia`` and ``caudatum`` in individuals per 0.5 cc; times 0 to 25 in days. A species that was not put into a
    culture is exactly 0; the counts of day 1 are missing. The expected law is competition,
    x' = r1 x - a11 x^2 - a12 x y and y' = r2 y - a22 y^2 - a21 x y.

    Returns
    -------
    Trajectories
        3 trajectories of 26 samples, 2 states.

    References
    ----------
    G. F. Gause, The Struggle for Existence, Williams & Wilkins, Baltimore, 1934, appendix.

    Examples
    --------
    >>> from spreme.datasets import load_gause
    >>> load_gause()
    Trajectories: 3 trajectories, 3 environments, 78 samples
      states        aurelia, caudatum
      environments  'aurelia alone' (1), 'caudatum alone' (1), 'mixed' (1)
      samples       26 per trajectory
      times         0 to 25
      missing       2.6 %
    """
    with resources.as_file(resources.files("spreme.datasets") / "gause.csv") as path:
        return Trajectories.from_csv(path, time="day", states=["aurelia", "caudatum"], env="environment")
