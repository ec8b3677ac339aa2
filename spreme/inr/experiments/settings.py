"""What is compared, and how it is trained and judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

# Inner rate of the paper's protocol.
FIXED_RATE = 1e-2


class Trial(NamedTuple):
    """How a start is adapted to a test signal; rate None: the inner rates of the start."""

    optimizer: str
    steps: int
    rate: float | None


class Pruned(NamedTuple):
    """A wide start, pruned and trained again density by density."""

    pruner: str
    inner_lr: str | float = FIXED_RATE


class Narrow(NamedTuple):
    """A dense start of as many weights, or weights and biases, with as many meta-steps as the pruned one had."""

    counts_biases: bool
    inner_lr: str | float = FIXED_RATE


class OnTheWay(NamedTuple):
    """The dense start of the pruned one, pruned by magnitude while Adam fits each signal."""

    is_gradual: bool


class Scratch(NamedTuple):
    """A network as narrow as the narrow start, without meta-learning."""


Method = Pruned | Narrow | OnTheWay | Scratch

METHODS: dict[str, Method] = {
    "lamp": Pruned("lamp"),
    "magnitude": Pruned("magnitude"),
    "random": Pruned("random"),
    "random_balanced": Pruned("random_balanced"),
    "lamp_learned": Pruned("lamp", "learned"),
    "dense_narrow": Narrow(counts_biases=False),
    "dense_narrow_total": Narrow(counts_biases=True),
    "dense_narrow_learned": Narrow(counts_biases=False, inner_lr="learned"),
    "dense_narrow_total_learned": Narrow(counts_biases=True, inner_lr="learned"),
    "one_shot": OnTheWay(is_gradual=False),
    "iterative_magnitude": OnTheWay(is_gradual=True),
    "scratch": Scratch(),
}


@dataclass(frozen=True)
class Settings:
    """How starts are trained and judged.

    Attributes
    ----------
    hidden : tuple of int
        Neurons of the hidden layers of the wide network, the same number in each.
    w0 : float
        Frequency of the activation.
    densities : tuple of float
        Densities of the pruned starts, decreasing from 1.
    judged : tuple of float
        Those of them that are judged.
    meta_iter, retrain_iter : int
        Meta-steps of the dense phase and of each round of pruning.
    outer_lr, retrain_lr : float
        Rates of the two.
    rates : tuple of float
        Rates of Adam on a test signal.
    steps : int
        Its steps.
    """

    hidden: tuple[int, ...] = (64, 64, 64, 64)
    w0: float = 30.0
    densities: tuple[float, ...] = tuple(0.64**k for k in range(9))
    judged: tuple[float, ...] = (0.64**4, 0.64**6, 0.64**8)
    meta_iter: int = 400
    retrain_iter: int = 200
    outer_lr: float = 1e-3
    retrain_lr: float = 5e-4
    rates: tuple[float, ...] = (1e-4, 3e-4, 1e-3)
    steps: int = 100

    @property
    def trials(self) -> list[Trial]:
        """Two steps of descent, then Adam at each rate."""
        return [Trial("sgd", 2, None), *(Trial("adam", self.steps, rate) for rate in self.rates)]

    def meta_steps(self, density: float) -> int:
        """Meta-steps that the pruned start has had when it reaches a density."""
        return self.meta_iter + self.densities.index(density) * self.retrain_iter


def check_request(settings: Settings, methods: Sequence[str]) -> None:
    """Refuse unknown methods and densities, and comparisons without a pruned network."""
    if unknown := [name for name in methods if name not in METHODS]:
        raise ValueError(f"methods: {unknown[0]!r} is unknown, use some of {', '.join(METHODS)}")
    pruned = [name for name, method in METHODS.items() if isinstance(method, Pruned)]
    if not set(methods) & set(pruned):
        raise ValueError(f"methods: the others are matched to a pruned network, so name one of {', '.join(pruned)}")
    if strangers := [density for density in settings.judged if density not in settings.densities]:
        raise ValueError(f"judged: {strangers[0]:g} is none of the densities {settings.densities}")
    if len(set(settings.hidden)) != 1:
        raise ValueError(f"hidden={settings.hidden}: a narrow network has one width, so give layers of one width")
