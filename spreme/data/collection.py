"""`Trajectories`: the only door through which measured data enter the package."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any, overload

import numpy as np

from spreme.data import summary
from spreme.data.admission import admit
from spreme.data.checks import check_label, check_types
from spreme.data.conversion import convert_members
from spreme.data.exchange import Exchange
from spreme.data.quantities import strip
from spreme.data.selection import as_positions
from spreme.data.trajectory import Trajectory
from spreme.data.units import check_time_unit, check_units

MIN_SAMPLES = 3  # a derivative and a judgement of it need three points


class Trajectories(Exchange):
    """
    Measured trajectories of one system in one or several environments.

    Everything is checked once, here, and copied; what was given is never changed. A trajectory of fewer than 3 samples,
    or without any value of some state, is left out with a warning.

    Parameters
    ----------
    x : list of array-like of shape (n_i, S)
        States, one array per trajectory; NaN, None and masked entries are missing values. A one-dimensional
        array is a single state. One array of shape (m, n, S) is m trajectories, one of shape (n, S) or (n,) is a
        single one. Also a `Trajectories`, or a list of `Trajectory`, which bring their own times, environments, inputs.
        Arrays may be quantities of pint; a list of one quantity (n_i,) per state is a trajectory, too.
    t : list of array-like of shape (n_i,), array-like of shape (n,), or float
        Times, one array per trajectory, or one array for all, or the step between samples for all. They must increase
        strictly, but need not be regular.
    env : list of hashable, default=None
        Label of the environment of every trajectory; None: all are of one environment, 0.
    u : list of array-like of shape (n_i, U), default=None
        Known inputs that drive the system (forces, controls), at the times of the samples, one array per trajectory,
        without missing values; taken as linear in between. A row without any measured state still tells the inputs.
    state_names : list of str, default=None
        Names of the states: identifiers, stored in Unicode form NFKC; None: x0, x1, ...
    input_names : list of str, default=None
        Names of the inputs, other ones than those of the states; None: u0, u1, ...
    units : dict of str to str, default=None
        Units of states and inputs by name, such as ``{"prey": "g/L"}``. Plain numbers are in these; quantities are
        converted to these, or to those of the first trajectory.
    time_unit : str, default=None
        Unit of the times, in the same way.

    Raises
    ------
    ValueError, TypeError
        If something cannot be used; the message names trajectory, environment and state, and says what to do.

    Warns
    -----
    UserWarning
        If a trajectory is left out.

    Examples
    --------
    >>> import numpy as np
    >>> from spreme.data import Trajectories
    >>> t = np.linspace(0, 1, 11)
    >>> data = Trajectories([np.exp(-t), np.exp(-2 * t)], t, env=["cold", "warm"], state_names=["x"])
    >>> data
    Trajectories: 2 trajectories, 2 environments, 22 samples
      states        x
      environments  'cold' (1), 'warm' (1)
      samples       11 per trajectory
      times         0 to 1
    >>> data.where(env="warm").environments
    ['warm']
    """

    _members: tuple[Trajectory, ...]
    _state_names: tuple[str, ...]
    _input_names: tuple[str, ...]
    _known: tuple[Hashable, ...]
    _units: dict[str, str]
    _time_unit: str | None

    def __init__(
        self,
        x: Any,
        t: Any = None,
        env: Any = None,
        u: Any = None,
        state_names: Any = None,
        input_names: Any = None,
        *,
        units: Mapping[str, str] | None = None,
        time_unit: str | None = None,
    ) -> None:
        self._fill(x, t, env, u, state_names, input_names, min_samples=MIN_SAMPLES)
        self._declare(units, time_unit)

    def _fill(self, x: Any, t: Any, env: Any, u: Any, state_names: Any, input_names: Any, min_samples: int) -> None:
        """Admit the data, warn of what is left out, and store the rest."""
        unpacked = unpack(x, t, env, u, state_names, input_names)
        plain = strip(unpacked[0], unpacked[1], unpacked[3])
        admitted = admit(plain.x, plain.t, unpacked[2], plain.u, *unpacked[4:], min_samples)
        check_types(admitted.env)
        inputs: Sequence[np.ndarray | None] = [None for _ in admitted.x] if admitted.u is None else admitted.u
        quintuples = zip(admitted.t, admitted.x, admitted.env, inputs, range(len(admitted.x)), strict=True)
        members = [Trajectory(*fields) for fields in quintuples]
        self._members = tuple(member for member in members if member.index not in admitted.left_out)
        self._state_names, self._input_names = tuple(admitted.state_names), tuple(admitted.input_names)
        self._known = tuple(dict.fromkeys(member.env for member in self._members))
        self._units, self._time_unit = dict(zip(admitted.state_names, plain.x_units, strict=False)), plain.time_unit
        self._units |= dict(zip(admitted.input_names, plain.u_units, strict=False))
        if isinstance(x, Trajectories):
            old = dict(zip(x.column_names, self.column_names, strict=True))
            self._units, self._time_unit = {old[name]: unit for name, unit in x._units.items()}, x._time_unit
        for index, reason in admitted.left_out.items():
            message = f"{reason}: the trajectory is left out"
            if members[index].env not in self._known:
                message += f", and with it environment {members[index].env!r}, of which no trajectory remains"
            warnings.warn(message, UserWarning, stacklevel=3)

    def _declare(self, units: Any, time_unit: Any) -> None:
        """Give units to what has none; what has another one is converted."""
        given, own = check_units(units, self.column_names), check_time_unit(time_unit)
        self._members = convert_members(self, given, own)
        self._units = {name: unit for name in self.column_names if (unit := given.get(name) or self._units.get(name))}
        self._time_unit = own or self._time_unit

    def _cut(self, members: Sequence[Trajectory], known: Sequence[Hashable] | None = None) -> Trajectories:
        """Wrap trajectories that have passed the door already."""
        data = type(self).__new__(type(self))
        data._members, data._known = tuple(members), self._known if known is None else tuple(known)
        data._state_names, data._input_names = self._state_names, self._input_names
        data._units, data._time_unit = self._units, self._time_unit
        return data

    @classmethod
    def _admit(
        cls, x: Any, t: Any, env: Any, u: Any, state_names: Any, input_names: Any, min_samples: int
    ) -> Trajectories:
        """Pass the same door with another least number of samples."""
        data = cls.__new__(cls)
        data._fill(x, t, env, u, state_names, input_names, min_samples)
        return data

    @property
    def x(self) -> list[np.ndarray]:
        """States of every trajectory: list of arrays of shape (n, S), NaN where missing."""
        return [member.x for member in self._members]

    @property
    def t(self) -> list[np.ndarray]:
        """Times of every trajectory: list of arrays of shape (n,)."""
        return [member.t for member in self._members]

    @property
    def env(self) -> list[Hashable]:
        """Environment label of every trajectory."""
        return [member.env for member in self._members]

    @property
    def u(self) -> list[np.ndarray] | None:
        """Inputs of every trajectory: list of arrays of shape (n, U), or None."""
        inputs = [member.u for member in self._members if member.u is not None]
        return inputs or None

    @property
    def state_names(self) -> list[str]:
        """Names of the states."""
        return list(self._state_names)

    @property
    def input_names(self) -> list[str]:
        """Names of the inputs; empty if there are none."""
        return list(self._input_names)

    @property
    def column_names(self) -> list[str]:
        """Names of states and, after them, inputs."""
        return [*self._state_names, *self._input_names]

    @property
    def units(self) -> dict[str, str]:
        """Units of the states and inputs that have one, by name."""
        return dict(self._units)

    @property
    def time_unit(self) -> str | None:
        """Unit of the times, or None."""
        return self._time_unit

    @property
    def environments(self) -> list[Hashable]:
        """Labels of the environments, in order of first appearance."""
        return list(dict.fromkeys(self.env))

    @property
    def known_environments(self) -> list[Hashable]:
        """Labels of the whole data set from which these trajectories were cut."""
        return list(self._known)

    @property
    def groups(self) -> np.ndarray:
        """Position in `environments` for every trajectory: int array of shape (len(self),)."""
        position = {label: i for i, label in enumerate(self.environments)}
        return np.array([position[label] for label in self.env], dtype=np.int64)

    @property
    def n_samples(self) -> int:
        """Number of samples of all trajectories together."""
        return sum(member.n_samples for member in self._members)

    @property
    def n_states(self) -> int:
        """Number of states S."""
        return len(self._state_names)

    @property
    def n_inputs(self) -> int:
        """Number of inputs U; 0 if there are none."""
        return len(self._input_names)

    @property
    def shape(self) -> tuple[int]:
        """(number of trajectories,): what scikit-learn's splitters look at."""
        return (len(self._members),)

    def __len__(self) -> int:
        return len(self._members)

    def __iter__(self) -> Iterator[Trajectory]:
        return iter(self._members)

    @overload
    def __getitem__(self, key: int | np.integer[Any]) -> Trajectory: ...

    @overload
    def __getitem__(self, key: slice | list[int] | list[bool] | np.ndarray | tuple[Any, Any]) -> Trajectories: ...

    def __getitem__(self, key: Any) -> Trajectory | Trajectories:
        """Give one `Trajectory` for an int, `Trajectories` for a slice, a list of int or a mask of bool."""
        if isinstance(key, tuple) and len(key) == 2 and key[1] is Ellipsis:
            key = key[0]  # scikit-learn indexes what has a shape this way
        positions = as_positions(key, len(self))
        if isinstance(positions, int):
            return self._members[positions]
        if not positions:
            raise ValueError(
                f"the selection {key!r:.60} is empty: at least one of the {len(self)} trajectories is needed"
            )
        return self._cut([self._members[i] for i in positions])

    def __add__(self, other: Trajectories) -> Trajectories:
        """Give the trajectories of both, renumbered, in the units of the first; names must be the same."""
        if not isinstance(other, Trajectories):
            return NotImplemented
        if (self._state_names, self._input_names) != (other._state_names, other._input_names):
            raise ValueError(
                f"cannot join data of states {self.state_names} and inputs {self.input_names} with data of states "
                f"{other.state_names} and inputs {other.input_names}; both need the same names in the same order"
            )
        other = other.in_units(self.units, self.time_unit)
        members = [Trajectory(m.t, m.x, m.env, m.u, i) for i, m in enumerate(self._members + other._members)]
        joined = self._cut(members, list(dict.fromkeys(self._known + other._known)))
        joined._units, joined._time_unit = other._units, other._time_unit
        return joined

    def where(self, *, env: Hashable) -> Trajectories:
        """
        Give the trajectories of one environment.

        Parameters
        ----------
        env : hashable
            Label of the environment.

        Returns
        -------
        Trajectories
            The data.

        Raises
        ------
        ValueError
            If no trajectory has this label; the message lists the labels there are.

        Examples
        --------
        >>> from spreme.data import Trajectories
        >>> data = Trajectories([[1, 2, 3], [3, 2, 1]], 1.0, env=["up", "down"])
        >>> len(data.where(env="down"))
        1
        """
        label = check_label(env, "the label given to where()")
        chosen = [member for member in self._members if member.env == label]
        if not chosen:
            raise ValueError(
                f"unknown environment {env!r:.60}; these trajectories are of {summary.listing(self.environments)}"
            )
        return self._cut(chosen)

    def in_units(self, units: Mapping[str, str] | None = None, time_unit: str | None = None) -> Trajectories:
        """
        Give the same data in other units.

        Parameters
        ----------
        units : dict of str to str, default=None
            New units of states and inputs, by name; those that are not named keep theirs.
        time_unit : str, default=None
            New unit of the times; None: as it is.

        Returns
        -------
        Trajectories
            The data; what had no unit is taken to be in the new one.

        Raises
        ------
        ValueError
            If a name or a unit is unknown, or the old unit cannot be converted to the new one.
        ImportError
            If units differ and pint is not installed.

        Examples
        --------
        >>> from spreme.data import Trajectories
        >>> data = Trajectories([[1, 2, 3]], 1.0, state_names=["x"], units={"x": "g"}, time_unit="h")
        >>> data.in_units({"x": "mg"}).x[0][:, 0].tolist()
        [1000.0, 2000.0, 3000.0]
        """
        data = self._cut(self._members)
        data._declare(units, time_unit)
        return data

    def __repr__(self) -> str:
        return summary.as_text(self)

    def _repr_html_(self) -> str:
        return summary.as_html(self)


def unpack(x: Any, t: Any, env: Any, u: Any, state_names: Any, input_names: Any) -> tuple[Any, Any, Any, Any, Any, Any]:
    """Replace a `Trajectories` or a list of `Trajectory` by its arrays."""
    is_list = isinstance(x, (list, tuple)) and any(isinstance(entry, Trajectory) for entry in x)
    if not is_list and not isinstance(x, Trajectories):
        return x, t, env, u, state_names, input_names
    for name, value in (("t", t), ("env", env), ("u", u)):
        if value is not None:
            raise ValueError(f"{name} must not be given with {type(x).__name__} of trajectories, which bring their own")
    for i, entry in enumerate(x):
        if not isinstance(entry, Trajectory):
            raise TypeError(f"x mixes trajectories with other things: entry {i} is of type {type(entry).__name__}")
    if isinstance(x, Trajectories):
        state_names = x.state_names if state_names is None else state_names
        input_names = x.input_names if input_names is None else input_names
    inputs = [entry.u for entry in x]
    u = inputs if any(entry is not None for entry in inputs) else None
    return [e.x for e in x], [e.t for e in x], [e.env for e in x], u, state_names, input_names
