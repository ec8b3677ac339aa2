"""Grams of library matrices that lie in memory or in a memory-mapped file."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spreme.gram.culprits import check_labels, check_rows, name_of, refuse_rows
from spreme.gram.sums import GramSums, scaled_system
from spreme.gram.system import GramSystem
from spreme.gram.threads import for_each

Array = NDArray[np.float64]


def build(
    thetas: Sequence[ArrayLike],
    targets: Sequence[ArrayLike],
    *,
    n_jobs: int | None = None,
    environments: Sequence[Hashable] | None = None,
) -> GramSystem:
    """Build the Gram system of several environments.

    Doubles in row or column order, memory-mapped ones included, are read where they lie; other numbers are turned into
    doubles block by block. Memory beyond the system is one block of 2048 rows per thread at most.

    Parameters
    ----------
    thetas : sequence of array_like (n_e, K)
        Library matrices, one per environment.
    targets : sequence of array_like (n_e, S)
        Targets.
    n_jobs : int, default None
        Threads that the environments are dealt out to, each using BLAS on one thread; None takes as many as BLAS may
        use, -1 all processors. The result is the same to the last bit. A single environment is left to BLAS's threads.
    environments : sequence of hashable, default None
        Names of the environments, kept in the system and used in messages; None counts from 0.

    Returns
    -------
    GramSystem
        Scaled system.

    Raises
    ------
    ValueError
        If the numbers of environments, rows, terms or states do not agree, or a value or its square is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> thetas = [rng.standard_normal((50, 4)) for _ in range(3)]
    >>> system = build(thetas, [theta[:, :1] - theta[:, 2:3] for theta in thetas])
    >>> system.gram.shape, system.cross.shape
    ((3, 4, 4), (3, 1, 4))
    """
    theta, target = checked_matrices(thetas, targets, environments)
    E, K = len(theta), theta[0].shape[1]
    gram = np.zeros((E, K, K))
    sums = [GramSums(K, y.shape[1], own) for y, own in zip(target, gram, strict=True)]

    def add(e: int) -> None:
        sums[e].add(theta[e], target[e])
        if not sums[e].is_finite:
            refuse_rows(name_of(e, environments), theta[e], target[e])

    for_each(add, E, work=float(sum(len(t) for t in theta)) * K * K, n_jobs=n_jobs)
    return scaled_system(sums, gram, environments)


def checked_matrices(
    thetas: Sequence[ArrayLike],
    targets: Sequence[ArrayLike],
    environments: Sequence[Hashable] | None,
    name: str = "theta",
) -> tuple[list[NDArray[np.generic]], list[NDArray[np.generic]]]:
    """Matrices and targets as arrays that fit together, neither copied nor turned into doubles where they are numbers.

    What does not fit is refused by the name of its environment.
    """
    theta, target = _matrices(thetas, name), _matrices(targets, "target")
    if len(theta) == 0 or len(theta) != len(target):
        what = "library matrices" if name == "theta" else f"matrices of {name}"
        raise ValueError(f"expected as many targets as {what}, at least one: got {len(theta)} and {len(target)}")
    check_labels(environments, len(theta))
    for e, (t, y) in enumerate(zip(theta, target, strict=True)):
        check_rows(f"environment {name_of(e, environments)}", t, y, name)
        if len(t) == 0:
            raise ValueError(
                f"environment {name_of(e, environments)}: 0 rows of {name}, 0 of target; expected equal numbers, not 0"
            )
        if t.shape[1] != theta[0].shape[1] or y.shape[1] != target[0].shape[1]:
            columns = "terms" if name == "theta" else "columns"
            raise ValueError(
                f"environment {name_of(e, environments)} has {t.shape[1]} {columns} and {y.shape[1]} states, "
                f"environment {name_of(0, environments)} {theta[0].shape[1]} and {target[0].shape[1]}"
            )
    return theta, target


def _matrices(values: Sequence[ArrayLike], name: str) -> list[NDArray[np.generic]]:
    """Arrays of real numbers, one per environment."""
    arrays = []
    try:
        for value in values:
            array = np.asarray(value)
            if array.dtype.kind == "c":
                raise TypeError("the numbers are complex")
            arrays.append(array if array.dtype.kind in "fiub" else array.astype(np.float64))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be a list of numeric matrices, one per environment: {error}") from None
    return arrays
