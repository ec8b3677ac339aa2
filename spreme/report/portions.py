"""The data as they are drawn: a few environments a picture, long recordings shortened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from spreme.data import Trajectories, Trajectory
from spreme.plotting.fit import MOST_ENVIRONMENTS, MOST_RUNS
from spreme.report.parts import Picture
from spreme.report.pictures import drawn
from spreme.report.subject import Subject, listed, name_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Samples of one trajectory that forecasts and pictures are made from.
MOST_SAMPLES = 900


@dataclass(frozen=True, eq=False)
class Portion:
    """Data of a few environments, for one picture.

    Attributes
    ----------
    data : Trajectories
        The first trajectories of each environment.
    first, last : int
        Positions of its environments among all, counted from 1.
    """

    data: Trajectories
    first: int
    last: int


def portions(data: Trajectories) -> Iterator[Portion]:
    """Cut data by environments into what fits into one picture."""
    environments = data.environments
    for first in range(0, len(environments), MOST_ENVIRONMENTS):
        own = environments[first : first + MOST_ENVIRONMENTS]
        runs = [run for env in own for run in list(data.where(env=env))[:MOST_RUNS]]
        shown = Trajectories(
            [_shortened(run) for run in runs], state_names=data.state_names, input_names=data.input_names or None
        )
        yield Portion(shown, first + 1, first + len(own))


def what_is_left_out(data: Trajectories) -> str:
    """Say which data are not drawn; empty if all are."""
    texts, longest = [], max(run.n_samples for run in data)
    if max(np.bincount(data.groups)) > MOST_RUNS:
        texts.append(f"Of every environment the first {MOST_RUNS} trajectories at most are shown.")
    if longest > MOST_SAMPLES:
        how = "the first" if data.n_inputs else "evenly spaced"
        texts.append(f"Of trajectories of more than {MOST_SAMPLES} samples, {how} {MOST_SAMPLES} at most are used.")
    return " ".join(texts)


def picture(subject: Subject, piece: Portion, draw: Callable[..., Figure], caption: str, prefix: str) -> Picture:
    """Draw data and model of a few environments; all but the first picture are folded up."""
    data = piece.data
    drawing = drawn(lambda: draw(subject.starts, data), f"{prefix}{piece.first}")
    n, environments = len(subject.data.environments), [name_of(env) for env in data.environments]
    sentences = [
        caption,
        f"Environments {piece.first} to {piece.last} of {n}." if n > len(environments) else "",
        what_is_left_out(subject.data),
        "Of the points of each line only every second, third, … is drawn." if drawing.is_thinned else "",
    ]
    states = ", ".join(subject.law.state_names)
    text = f"{caption} States {states} over time; environments {listed(environments, most=12)}."
    return Picture(drawing.svg, " ".join(filter(None, sentences)), text, is_folded=piece.first > 1)


def _shortened(run: Trajectory) -> Trajectory:
    """Every k-th sample of a long trajectory; of one with inputs its first samples, for inputs may not be thinned."""
    if run.n_samples <= MOST_SAMPLES:
        return run
    rows = slice(MOST_SAMPLES) if run.u is not None else slice(None, None, -(-run.n_samples // MOST_SAMPLES))
    short = replace(run, t=run.t[rows], x=run.x[rows], u=None if run.u is None else run.u[rows])
    # A state that was measured at few times must not be lost.
    return run if short.missing.all(axis=0).any() else short
