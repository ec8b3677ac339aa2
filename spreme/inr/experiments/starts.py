"""The starts that are compared: pruned ones first, then for each of their densities the rivals of the same size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from spreme.inr.estimates import DensityPoint
from spreme.inr.experiments.contestants import Contestant
from spreme.inr.experiments.families import Family
from spreme.inr.experiments.settings import FIXED_RATE, METHODS, Narrow, OnTheWay, Pruned, Scratch, Settings, Trial
from spreme.inr.meta_sparse_inr import MetaSparseINR
from spreme.inr.network import initialise
from spreme.inr.sparse_inr import SparseINR

# Share of the weights that every round of gradual pruning leaves, as in the paper.
ROUND = 0.8


def contestants(family: Family, settings: Settings, methods: Sequence[str], seed: int) -> Iterator[Contestant]:
    """Yield every start of a seed; each is trained when its turn comes.

    Parameters
    ----------
    family : Family
        Signals.
    settings : Settings
        How to train.
    methods : sequence of str
        Names of `METHODS`. The rivals are matched to the first pruned start among them.
    seed : int
        Seed.

    Yields
    ------
    Contestant
        Start.
    """
    first: MetaSparseINR | None = None
    for name in sorted(methods, key=lambda name: not isinstance(METHODS[name], Pruned)):
        method = METHODS[name]
        if isinstance(method, Pruned):
            model = _pruned(family, settings, method, seed)
            first = first or model
            for density in settings.judged:
                inr, start = _wide(settings), model.path_[settings.densities.index(density)]
                yield Contestant(name, seed, density, settings.meta_steps(density), inr, start)
        else:
            assert first is not None
            for density in settings.judged:
                yield _rival(name, family, settings, seed, density, first)


def _wide(settings: Settings) -> SparseINR:
    """The network that is pruned."""
    return SparseINR(hidden=settings.hidden, w0=settings.w0)


def _pruned(family: Family, settings: Settings, method: Pruned, seed: int) -> MetaSparseINR:
    """Train a wide start and prune it, down to the last density that is judged."""
    last = settings.densities.index(min(settings.judged))
    return MetaSparseINR(
        _wide(settings),
        inner_lr=method.inner_lr,
        pruner=method.pruner,
        densities=settings.densities[: last + 1],
        meta_iter=settings.meta_iter,
        retrain_iter=settings.retrain_iter,
        outer_lr=settings.outer_lr,
        retrain_lr=settings.retrain_lr,
        random_state=seed,
    ).fit(family.train, X=family.X)


def _rival(
    name: str, family: Family, settings: Settings, seed: int, density: float, reference: MetaSparseINR
) -> Contestant:
    """What competes with a pruned start at one density."""
    method = METHODS[name]
    if isinstance(method, OnTheWay):
        dense = reference.path_[0]
        rounds = _rounds(method, settings.steps, density, sum(own.size for own in dense.mask))
        return Contestant(name, seed, density, settings.meta_iter, _wide(settings), dense, rounds)
    inr = SparseINR(hidden=_narrow_hidden(method, family, settings, density, reference), w0=settings.w0)
    if isinstance(method, Scratch):
        return Contestant(name, seed, density, 0, inr, _random_start(family, inr, seed))
    assert isinstance(method, Narrow)
    steps = settings.meta_steps(density)
    model = MetaSparseINR(
        inr, inner_lr=method.inner_lr, meta_iter=steps, outer_lr=settings.outer_lr, random_state=seed
    ).fit(family.train, X=family.X)
    return Contestant(name, seed, density, steps, inr, model.path_[0])


def _rounds(method: OnTheWay, steps: int, density: float, total: int) -> dict[int, int]:
    """Steps of Adam before which is pruned: one half-way, or many, evenly spread; and how many weights stay."""
    n_rounds = max(round(np.log(density) / np.log(ROUND)), 1) if method.is_gradual else 1
    shares = np.arange(1, n_rounds + 1) / n_rounds
    return {round(k * steps / (n_rounds + 1)): round(total * density ** shares[k - 1]) for k in range(1, n_rounds + 1)}


def _narrow_hidden(
    method: object, family: Family, settings: Settings, density: float, reference: MetaSparseINR
) -> tuple[int, ...]:
    """Layers of one width whose weights, or weights and biases, come closest to those of the pruned start."""
    start = reference.path_[settings.densities.index(density)]
    pruned = Contestant("", 0, density, 0, _wide(settings), start)
    counts = pruned.fit(family.X, family.train[0], Trial("sgd", 0, None)).n_parameters_
    with_biases = isinstance(method, Narrow) and method.counts_biases
    wanted = counts["weights"] + with_biases * counts["biases"]
    d_in, d_out, depth = family.X.shape[1], family.train.shape[2], len(settings.hidden)

    def distance(width: int) -> int:
        """How far the size of a network of this width is off."""
        weights = (d_in + d_out) * width + (depth - 1) * width**2
        return abs(weights + with_biases * (depth * width + d_out) - wanted)

    return (min(range(1, settings.hidden[0] + 1), key=distance),) * depth


def _random_start(family: Family, inr: SparseINR, seed: int) -> DensityPoint:
    """A start that has learned nothing."""
    widths = [family.X.shape[1], *inr.hidden, family.train.shape[2]]
    params = initialise(widths, inr.w0, rng=np.random.default_rng(seed), dtype=inr.dtype)
    masks = [np.ones(w.shape, bool) for w, _ in params]
    rates = np.full((len(params), 2), FIXED_RATE)
    n_weights = sum(own.size for own in masks)
    return DensityPoint(1.0, n_weights, [w for w, _ in params], [b for _, b in params], masks, rates, [])
