"""The data: what was recorded in every environment."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from spreme.data.summary import headline, missing_share, percent, span, time_span
from spreme.plotting.panels import with_unit
from spreme.report.parts import Section, Table
from spreme.report.subject import Subject, listed, name_of

# States whose ranges are listed.
MOST_STATES = 8


def recordings(subject: Subject) -> Section:
    """Counts, times, missing values and ranges of every environment."""
    data = subject.data
    states = data.state_names[:MOST_STATES]
    sentences = [f"{headline(data)}; states {', '.join(data.state_names)}."]
    if data.n_inputs:
        sentences.append(f"Known inputs: {', '.join(data.input_names)}.")
    if len(data.state_names) > len(states):
        sentences.append(f"Ranges are those of {listed(list(states), MOST_STATES)}.")
    ranges = (f"range of {with_unit(state, data.units.get(state))}" for state in states)
    times = with_unit("times", data.time_unit)
    head = ("environment", "trajectories", "samples", times, "step", "missing", *ranges)
    rows = tuple(_row(subject, env) for env in data.environments)
    return Section("The data", "data", tuple(sentences), (Table("Recordings of every environment", head, rows),))


def _row(subject: Subject, env: Hashable) -> tuple[str, ...]:
    """Cells of one environment."""
    own = subject.data.where(env=env)
    steps = np.concatenate([np.diff(t) for t in own.t])
    ranges = [_range(np.concatenate([x[:, s] for x in own.x])) for s in range(min(own.n_states, MOST_STATES))]
    step = f"{np.median(steps):.3g}"
    return name_of(env), str(len(own)), str(own.n_samples), time_span(own), step, percent(missing_share(own)), *ranges


def _range(values: np.ndarray) -> str:
    """Smallest and largest value that is not missing."""
    seen = values[np.isfinite(values)]
    return span([float(f"{seen.min():.4g}"), float(f"{seen.max():.4g}")]) if len(seen) else "none"
