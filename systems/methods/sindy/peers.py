"""What the peers have in common: one law per environment or one for all, from tuned laws to what was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spreme.data import Trajectories
from spreme.library import TermTable
from systems.methods.method import Found, Mask, Task, majority
from systems.methods.sindy.recordings import Recording, recordings
from systems.methods.sindy.rows import least_squares
from systems.methods.sindy.tuning import Candidate, Form

Array = NDArray[np.float64]


def by_environment(data: Trajectories, dt: float) -> dict[Hashable, list[Recording]]:
    """Regular recordings of every environment."""
    return {env: recordings(data.where(env=env), dt) for env in data.environments}


def found_apart(task: Task, form: Form, laws: Sequence[Candidate], **details: Any) -> Found:
    """Fit the law of every environment to everything; at least half of them decide, each keeps its own terms."""
    groups = by_environment(task.data, task.system.dt).values()
    rows = [form.rows(runs, task.table, own.setting.width) for runs, own in zip(groups, laws, strict=True)]
    masks = np.array([own.mask for own in laws])
    width = Counter(own.setting.width for own in laws).most_common(1)[0][0]
    return Found(
        mask=majority(masks),
        coef=np.array([least_squares(*pair) for pair in zip(rows, masks, strict=True)]),
        masks=masks,
        adapt=partial(adapt, form, task.table, majority(masks), width, task.system.dt),
        details={"settings": [list(own.setting) for own in laws], **details},
    )


def adapt(form: Form, table: TermTable, mask: Mask, width: float, dt: float, data: Trajectories) -> Array:
    """Coefficients (E, S, K) of new environments: least squares on the shared mask, at the width most often chosen."""
    groups = by_environment(data, dt).values()
    return np.array([least_squares(form.rows(runs, table, width), mask) for runs in groups])
