"""The only door of covariates: dicts and data frames become one matrix, or an error that names the culprit."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spreme.data.arrays import number
from spreme.data.checks import check_name
from spreme.data.frames import is_frame

Array = NDArray[np.float64]
Table = Mapping[str, Mapping[Hashable, Any]]

# The name of a covariate that is given without one.
UNNAMED = "z"
# Covariates that agree to this share of their spread cannot be told apart.
ALIKE = 1e-9
FORMS = (
    "covariates must be a dict environment -> {name: number}, a dict environment -> number, a dict name -> "
    "{environment: number}, or a data frame of pandas or polars with a column of environments"
)


@dataclass(frozen=True, eq=False)
class Covariates:
    """What is known about each environment.

    Attributes
    ----------
    names : tuple of str
        Names of the C covariates.
    values : ndarray (E, C)
        Their values, in the order of the environments.
    environments : tuple
        Labels.

    Examples
    --------
    >>> covariates = read_covariates({"cold": 280.0, "hot": 320.0}, ("cold", "hot"))
    >>> covariates.names, covariates.values.tolist(), covariates.range("z")
    (('z',), [[280.0], [320.0]], (280.0, 320.0))
    """

    names: tuple[str, ...]
    values: Array
    environments: tuple[Hashable, ...]

    def range(self, name: str) -> tuple[float, float]:
        """Give the smallest and the largest value of a covariate.

        Parameters
        ----------
        name : str
            The covariate.

        Returns
        -------
        tuple of float
            Both.
        """
        column = self.values[:, self.names.index(name)]
        return float(column.min()), float(column.max())

    def point(self, given: Any) -> Array:
        """Read the covariates (C,) of one other environment.

        Parameters
        ----------
        given : mapping or float
            Name -> number; with a single covariate, the number will do.

        Returns
        -------
        ndarray (C,)
            Values in the order of the names.

        Raises
        ------
        ValueError, TypeError
            If a covariate is missing, unknown or no finite number.
        """
        if not isinstance(given, Mapping) and len(self.names) == 1:
            given = {self.names[0]: given}
        if not isinstance(given, Mapping):
            raise TypeError(
                f"covariates of one environment must be a dict such as {self._example()}, got {given!r:.60}"
            )
        strange = [name for name in given if name not in self.names]
        if strange:
            raise ValueError(f"unknown covariate {strange[0]!r}: the laws are in {', '.join(self.names)}")
        for name in self.names:
            if name not in given:
                raise ValueError(f"the covariate {name!r} is missing: give {self._example()}, say")
        return np.array([_finite(given[name], f"covariate {name!r}") for name in self.names])

    def _example(self) -> str:
        """A point of the right form: the means."""
        return str(
            {name: float(f"{mean:.4g}") for name, mean in zip(self.names, self.values.mean(axis=0), strict=True)}
        )


def read_covariates(
    given: Any, environments: Sequence[Hashable], *, env: str = "env", taken: Iterable[str] = ()
) -> Covariates:
    """Read covariates of all environments.

    Parameters
    ----------
    given : mapping or data frame
        Environment -> {name: number}; environment -> number, the covariate is then called "z"; name -> {environment:
        number}; or a frame whose column `env` holds the environments and all others are covariates. Environments
        beyond the wanted ones are left aside.
    environments : sequence of hashable
        Labels that are wanted, in this order.
    env : str, default "env"
        Column of the labels in a frame.
    taken : iterable of str, default ()
        Names that a covariate may not have.

    Returns
    -------
    Covariates
        Complete and finite, no covariate constant, no two alike.

    Raises
    ------
    ValueError, TypeError
        If an environment is missing or a value is not usable; the message names both and the remedy.

    Examples
    --------
    >>> read_covariates({"T": {"A": 1, "B": 2}, "dose": {"A": 0, "B": 5}}, ["B", "A"]).values.tolist()
    [[2.0, 5.0], [1.0, 0.0]]
    """
    table = _columns_of_frame(given, env) if is_frame(given) else _columns_of_mapping(given, environments)
    if not table:
        raise ValueError(f"no covariates: {FORMS}")
    names = tuple(_checked_name(name, taken) for name in table)
    columns = [[_value(own, name, label) for label in environments] for name, own in table.items()]
    values = np.array(columns, dtype=np.float64).T.reshape(len(environments), len(names))
    _check_spread(names, values)
    return Covariates(names, values, tuple(environments))


def _columns_of_mapping(given: Any, environments: Sequence[Hashable]) -> Table:
    """Name -> {environment: number} from one of the forms of a dict."""
    if not isinstance(given, Mapping):
        raise TypeError(f"{FORMS}; got {type(given).__name__}")
    known = set(environments)
    if not known & set(given) and all(isinstance(own, Mapping) for own in given.values()):
        return dict(given)
    for label in environments:
        if label not in given:
            raise ValueError(_missing(label))
    rows = {label: given[label] for label in environments}
    named = [label for label in environments if isinstance(rows[label], Mapping)]
    if not named:
        return {UNNAMED: rows}
    if len(named) < len(rows):
        odd = next(label for label in environments if label not in named)
        raise TypeError(f"environment {odd!r} has {rows[odd]!r:.60}, others a dict: {FORMS}")
    return {name: {label: own[name] for label, own in rows.items() if name in own} for name in _names(rows)}


def _names(rows: Mapping[Hashable, Mapping[str, Any]]) -> list[str]:
    """All names in the rows, in the order of their first appearance."""
    return list(dict.fromkeys(name for own in rows.values() for name in own))


def _columns_of_frame(frame: Any, env: str) -> Table:
    """Name -> {environment: number} from a frame; repeated rows of an environment must agree."""
    names = [str(name) for name in frame.columns]
    if env not in names:
        raise ValueError(
            f"the frame has no column {env!r} of environments, only {', '.join(names)}; name it by env=..."
        )
    labels = frame[env].to_list()
    table: dict[str, dict[Hashable, Any]] = {}
    for name in frame.columns:
        if name != env:
            table[name] = {}
            for label, value in zip(labels, frame[name].to_list(), strict=True):
                first = table[name].setdefault(label, value)
                if first != value and (first == first or value == value):
                    raise ValueError(
                        f"environment {label!r} has two values of the covariate {name!r}, {first!r} and {value!r}: "
                        "a covariate has one value in each environment"
                    )
    return table


def _value(own: Any, name: str, label: Hashable) -> float:
    """One covariate of one environment."""
    if label not in own:
        raise ValueError(_missing(label, name))
    return _finite(own[label], f"covariate {name!r} of environment {label!r}")


def _finite(value: Any, what: str) -> float:
    """A finite number."""
    result = number(value, what)
    if not np.isfinite(result):
        raise ValueError(f"{what} is {result}: give a finite number, or fit the model without this environment")
    return result


def _missing(label: Hashable, name: str = "") -> str:
    """What is said of an environment without a covariate."""
    what = f"value of the covariate {name!r}" if name else "covariates"
    return f"environment {label!r} of the model has no {what}: give every environment its own"


def _checked_name(name: Any, taken: Iterable[str]) -> str:
    """A name that can stand in an expression beside states and inputs."""
    legal = check_name(name, "covariate")
    if legal in taken:
        raise ValueError(
            f"covariate {legal!r} has the name of a state, an input or a coefficient: give it another one, as in "
            f"{{'covariate_{legal}': {{environment: number}}}}"
        )
    return legal


def _check_spread(names: tuple[str, ...], values: Array) -> None:
    """Refuse covariates that do not change, and two that change alike."""
    if not len(values):
        return
    unit = np.zeros_like(values)
    sizes = np.abs(values).max(axis=0)
    relative = values / np.where(sizes > 0.0, sizes, 1.0)  # squares of very large and small values are no numbers
    for c, name in enumerate(names):
        column = relative[:, c] - relative[:, c].mean()
        size = float(np.linalg.norm(column))
        if len(values) > 1 and size <= ALIKE * float(np.linalg.norm(relative[:, c])):
            raise ValueError(
                f"covariate {name!r} is constant ({values[0, c]:.6g} in every environment): no coefficient can be a "
                "function of it; leave it out"
            )
        unit[:, c] = column / size if size else 0.0
        for other in range(c):
            if abs(unit[:, c] @ unit[:, other]) > 1.0 - ALIKE and len(values) > 2:
                raise ValueError(
                    f"covariates {names[other]!r} and {name!r} change in proportion over the environments: which "
                    "of them acts cannot be told; leave one out"
                )
