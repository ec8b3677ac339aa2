"""`Method`: what every method of the benchmark is, what it is given and what it returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from spreme.data import Trajectories
from spreme.library import Library, TermTable
from systems.integration import Integrator
from systems.system import System

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Task:
    """What a method is given.

    Attributes
    ----------
    data : Trajectories
        Measured trajectories of all environments, with gaps and known inputs where the set-up has them.
    library : Library
        Terms that may be used.
    rng : numpy.random.Generator
        The only source of randomness of a method.
    system : System
        The truth, for methods that say so (`Method.uses_truth`), and the step between samples, for all.
    integrator : Integrator or None, default None
        Solver that made the data, where its error is part of the protocol (`Setup.forecast_integrator`).

    Examples
    --------
    >>> import numpy as np
    >>> import systems
    >>> from systems.methods import Task
    >>> lotka = systems.get("lotka")
    >>> task = Task(systems.generate(lotka), lotka.library, np.random.default_rng(0), lotka)
    >>> task.table.n_terms
    21
    """

    data: Trajectories
    library: Library
    rng: np.random.Generator
    system: System
    integrator: Integrator | None = None

    @property
    def environments(self) -> list[int]:
        """Labels of the environments of the data, numbers as all those of systems."""
        return cast("list[int]", self.data.environments)

    @property
    def table(self) -> TermTable:
        """Terms of the library in the states and inputs of the data."""
        return term_table(self.library, self.data)


@dataclass(frozen=True, eq=False, kw_only=True)
class Found:
    """What a method returns.

    Attributes
    ----------
    mask : ndarray of bool, shape (S, K)
        Shared terms.
    coef : ndarray (E, S, K) or None
        Coefficients in the order of `data.environments`, zero outside the mask, or outside its own where an environment
        has one; None: the method has none.
    masks : ndarray of bool (E, S, K) or None
        Terms of every environment, where a method treats them apart; the verdict then tells what their majority, union
        and intersection would be.
    adapt : callable or None
        Data of new environments -> coefficients (E', S, K), in the order of its environments.
    status : str
        "ok", or in a few words what the method says of itself.
    details : mapping
        Anything else to keep; must be writable as JSON.

    Examples
    --------
    >>> import numpy as np
    >>> from systems.methods import Found
    >>> Found(mask=np.ones((2, 6), dtype=bool), details={"rounds": 3}).status
    'ok'
    """

    mask: Mask
    coef: Array | None = None
    masks: Mask | None = None
    adapt: Callable[[Trajectories], Array] | None = None
    status: str = "ok"
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Method:
    """A method of the benchmark.

    Attributes
    ----------
    name : str
        As it is called on the command line and in the report.
    fit : callable
        `Task` -> `Found`.
    summary : str
        One line: what it does and how it is tuned.
    needs : str or None, default None
        A package that must be installed (extra ``bench``); without it the method's cases are skipped.
    uses_truth : bool, default False
        Whether it looks at the true law: shown apart.

    Examples
    --------
    >>> from systems import methods
    >>> methods.get("oracle").uses_truth
    True
    """

    name: str
    fit: Callable[[Task], Found]
    summary: str
    needs: str | None = None
    uses_truth: bool = False


def term_table(library: Library, data: Trajectories) -> TermTable:
    """Terms of a library in the states and inputs of data."""
    return library.table([*data.state_names, *data.input_names]).with_inputs(data.n_inputs)


def majority(masks: Mask) -> Mask:
    """Terms (S, K) that at least half of the environments have, given the masks (E, S, K) of all."""
    return np.asarray(2 * masks.sum(axis=0) >= len(masks))
