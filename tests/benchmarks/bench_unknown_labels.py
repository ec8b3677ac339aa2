"""Inferred environments against known ones: accuracy of labels, masks and processor time.

    python tests/benchmarks/bench_unknown_labels.py [--seeds 3] [--noise 0.05] [--systems lotka enzyme vdp]

Four environments of six trajectories each, in random order and without labels.
"""

from __future__ import annotations

import argparse
import time
import warnings

import numpy as np
from scipy.optimize import linear_sum_assignment

import systems
from spreme import SpReME, Trajectories


def agreement(labels: np.ndarray, truth: np.ndarray) -> float:
    """Share of equal labels under the best renaming."""
    size = (truth.max() + 1, labels.max() + 1)
    table = np.zeros(size)
    np.add.at(table, (truth, labels), 1.0)
    return float(table[linear_sum_assignment(-table)].sum() / len(truth))


def one_case(name: str, noise: float, seed: int, n_environments: int | None) -> str:
    """One line of the table."""
    system = systems.get(name)
    data = systems.generate(system, n_environments=4, n_trajectories=6, noise=noise, seed=seed)
    order = np.random.default_rng(seed).permutation(len(data))
    data = data[order.tolist()]
    begin = time.process_time()
    known = SpReME().fit(data)
    middle = time.process_time()
    inferred = SpReME(env="infer", n_environments=n_environments).fit(
        data.x, data.t, u=data.u, state_names=data.state_names
    )
    end = time.process_time()
    found, same = agreement(inferred.labels_, data.groups), (inferred.mask_ == known.mask_).all()
    return (
        f"| {name} | {seed} | {len(inferred.environments_)} | {found:.0%} | {'yes' if same else 'no'} | "
        f"{middle - begin:.1f} | {end - middle:.1f} |"
    )


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--noise", type=float, default=0.05)
    parser.add_argument("--systems", nargs="+", default=["lotka", "enzyme", "vdp"])
    parser.add_argument("--n-environments", type=int, default=None)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    SpReME(env="infer").fit(*_small())  # compiles what is compiled
    print("| system | seed | environments found | labels right | same mask | s, labels known | s, inferred |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name in given.systems:
        for seed in range(given.seeds):
            print(one_case(name, given.noise, seed, given.n_environments), flush=True)


def _small() -> tuple[list[np.ndarray], np.ndarray]:
    """A few short trajectories."""
    t = np.linspace(0.0, 3.0, 41)
    noise = np.random.default_rng(0).normal(0.0, 0.01, (4, 41))
    data = Trajectories([np.exp(-rate * t) + own for rate, own in zip((0.5, 2.0, 0.5, 2.0), noise, strict=True)], t)
    return data.x, t


if __name__ == "__main__":
    main()
