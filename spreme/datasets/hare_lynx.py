"""The pelts of hare and lynx of the Hudson's Bay Company."""

from __future__ import annotations

from importlib import resources

from spreme.data import Trajectories


def load_hare_lynx() -> Trajectories:
    """
    Load the yearly pelts of snowshoe hare and Canadian lynx, 1900 to 1920.

    One environment, ``"Hudson Bay"``, of one trajectory. States ``hare`` and ``lynx`` in thousands of pelts; times in
    calendar years. The expected law is that of prey and predator, x' = a x - b x y and y' = -c y + d x y.

    Returns
    -------
    Trajectories
        1 trajectory of 21 samples, 2 states.

    References
    ----------
    C. G. Hewitt, The Conservation of the Wild Life of Canada, Scribner, New York, 1921.

    Examples
    --------
    >>> from spreme.datasets import load_hare_lynx
    >>> load_hare_lynx()
    Trajectories: 1 trajectory, 1 environment, 21 samples
      states        hare, lynx
      environments  'Hudson Bay' (1)
      samples       21 per trajectory
      times         1900 to 1920
    """
    with resources.as_file(resources.files("spreme.datasets") / "hare_lynx.csv") as path:
        return Trajectories.from_csv(path, time="year", states=["hare", "lynx"], env="environment")
