"""Tables, files and labelled arrays: how `Trajectories` are read from them and written to them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self, cast

from spreme.data.runs import Roles

if TYPE_CHECKING:
    import xarray

    from spreme.data.collection import Trajectories


class Exchange:
    """Readers and writers of `Trajectories`, each handed on to the function that does it."""

    if TYPE_CHECKING:

        def __init__(self, *runs: Any, units: Mapping[str, str] | None, time_unit: str | None) -> None: ...

    @classmethod
    def from_frame(
        cls,
        df: Any,
        *,
        time: str,
        states: Sequence[str],
        env: str | None = None,
        trajectory: str | None = None,
        inputs: Sequence[str] | None = None,
        units: Mapping[str, str] | None = None,
        time_unit: str | None = None,
    ) -> Self:
        """
        Read a pandas or polars data frame in long form: one row per sample.

        Rows of equal environment and trajectory are one trajectory, in the order of the frame; trajectory labels may
        start again in every environment.

        Parameters
        ----------
        df : pandas.DataFrame or polars.DataFrame
            The table; other columns are ignored.
        time : str
            Column of times: numbers, increasing within a trajectory.
        states : list of str
            Columns of the states; they name the states. Empty cells are missing values.
        env : str, default=None
            Column of environment labels; None: one environment.
        trajectory : str, default=None
            Column of trajectory labels; None: one trajectory per environment.
        inputs : list of str, default=None
            Columns of inputs, without missing values; they name the inputs.
        units : dict of str to str, default=None
            Units of states and inputs, by name.
        time_unit : str, default=None
            Unit of the times.

        Returns
        -------
        Trajectories
            The data.

        Raises
        ------
        ValueError, TypeError
            If a column is missing or cannot be used; the message names column and row.

        Examples
        --------
        >>> import pandas as pd
        >>> df = pd.DataFrame({"day": [0, 1, 2, 3], "hare": [30.0, 47.2, 70.2, 77.4], "lynx": [4.0, 6.1, 9.8, 35.2]})
        >>> from spreme.data import Trajectories
        >>> Trajectories.from_frame(df, time="day", states=["hare", "lynx"]).state_names
        ['hare', 'lynx']
        """
        from spreme.data.frames import read_frame

        return cls(*read_frame(df, Roles(time, states, env, trajectory, inputs)), units=units, time_unit=time_unit)

    @classmethod
    def from_csv(
        cls,
        path: str | os.PathLike[str],
        *,
        time: str,
        states: Sequence[str],
        env: str | None = None,
        trajectory: str | None = None,
        inputs: Sequence[str] | None = None,
        sep: str = ",",
        decimal: str = ".",
        units: Mapping[str, str] | None = None,
        time_unit: str | None = None,
    ) -> Self:
        r"""
        Read a text table in long form: a header, then one line per sample.

        The file is UTF-8, with or without a byte order mark; lines that start with # before the header are comments.
        Empty cells, NA, N/A, NaN, null, None and - are missing values. Labels that are all numbers become numbers.

        Parameters
        ----------
        path : str or path-like
            The file.
        time : str
            Column of times.
        states : list of str
            Columns of the states.
        env : str, default=None
            Column of environment labels.
        trajectory : str, default=None
            Column of trajectory labels.
        inputs : list of str, default=None
            Columns of inputs; they name the inputs.
        sep : str, default=","
            The character between cells.
        decimal : {".", ","}, default="."
            The decimal mark.
        units : dict of str to str, default=None
            Units of states and inputs, by name.
        time_unit : str, default=None
            Unit of the times.

        Returns
        -------
        Trajectories
            The data.

        Raises
        ------
        OSError
            If the file cannot be opened.
        ValueError, TypeError
            If a line or a column cannot be used; the message names it.

        Examples
        --------
        >>> import pathlib, tempfile
        >>> from spreme.data import Trajectories
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "runs.csv")
        ...     _ = path.write_text("place,t,x\nA,0,1\nA,1,2\nA,2,\n")
        ...     data = Trajectories.from_csv(path, time="t", states=["x"], env="place")
        >>> data.x
        [array([[ 1.],
               [ 2.],
               [nan]])]
        """
        from spreme.data.delimited import read_csv

        roles = Roles(time, states, env, trajectory, inputs)
        return cls(*read_csv(path, roles, sep, decimal), units=units, time_unit=time_unit)

    @classmethod
    def from_parquet(
        cls,
        path: str | os.PathLike[str],
        *,
        time: str,
        states: Sequence[str],
        env: str | None = None,
        trajectory: str | None = None,
        inputs: Sequence[str] | None = None,
        units: Mapping[str, str] | None = None,
        time_unit: str | None = None,
    ) -> Self:
        """
        Read a Parquet file in long form: one row per sample; only the columns in use are read.

        Parameters
        ----------
        path : str or path-like
            The file.
        time, states, env, trajectory, inputs
            Columns, as in `from_frame`.
        units : dict of str to str, default=None
            Units of states and inputs, by name.
        time_unit : str, default=None
            Unit of the times.

        Returns
        -------
        Trajectories
            The data.

        Raises
        ------
        ImportError
            If pyarrow is not installed.
        OSError
            If the file cannot be opened.
        ValueError, TypeError
            If the file is no Parquet file, or a column is missing or cannot be used.

        Examples
        --------
        >>> import pathlib, tempfile
        >>> from spreme.data import Trajectories
        >>> frame = Trajectories([[1, 2, 4]], 1.0, state_names=["x"]).to_frame()
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "runs.parquet")
        ...     frame.to_parquet(path)
        ...     data = Trajectories.from_parquet(path, time="time", states=["x"], trajectory="trajectory")
        >>> data.x[0][:, 0].tolist()
        [1.0, 2.0, 4.0]
        """
        from spreme.data.parquet import read_parquet

        roles = Roles(time, states, env, trajectory, inputs)
        return cls(*read_parquet(path, roles), units=units, time_unit=time_unit)

    @classmethod
    def from_xarray(
        cls,
        dataset: xarray.Dataset,
        *,
        time: str,
        states: Sequence[str],
        env: str | None = None,
        trajectory: str | None = None,
        inputs: Sequence[str] | None = None,
        units: Mapping[str, str] | None = None,
        time_unit: str | None = None,
    ) -> Self:
        """
        Read an xarray Dataset, one variable per state.

        One dimension runs along the samples: that of `time`. The others make trajectories, each named as `env` or
        `trajectory`, or carrying the coordinate `env`: (env, run, time), or (run, time) with a coordinate env(run).
        Samples at the end that only fill up the array are left out: those without a time or, where all share their
        times, without any value; so is a trajectory without any sample.

        Parameters
        ----------
        dataset : xarray.Dataset
            Variables of states and inputs; other ones are ignored.
        time : str
            Coordinate of the times, of one dimension or one more for every trajectory's own times.
        states : list of str
            Variables of the states; they name the states. NaN are missing values.
        env : str, default=None
            Dimension or coordinate of environment labels; None: one environment.
        trajectory : str, default=None
            Dimension of trajectories.
        inputs : list of str, default=None
            Variables of inputs, of the same dimensions or fewer.
        units : dict of str to str, default=None
            Units by name, in place of ``attrs["units"]`` of the variables.
        time_unit : str, default=None
            Unit of the times, in place of ``attrs["units"]`` of the times.

        Returns
        -------
        Trajectories
            The data.

        Raises
        ------
        ValueError, TypeError
            If a variable is missing, or its dimensions or values cannot be used; the message names it.

        Warns
        -----
        UserWarning
            If an environment has no sample at all.

        Examples
        --------
        >>> import xarray
        >>> from spreme.data import Trajectories
        >>> hare = xarray.DataArray([[1.0, 2.0, 4.0], [1.0, 3.0, 9.0]], dims=("place", "t"), attrs={"units": "1/km**2"})
        >>> dataset = xarray.Dataset({"hare": hare}, coords={"place": ["hill", "dale"], "t": [0.0, 1.0, 2.0]})
        >>> data = Trajectories.from_xarray(dataset, time="t", states=["hare"], env="place")
        >>> data.environments, data.units
        (['hill', 'dale'], {'hare': '1/km**2'})
        """
        from spreme.data.labelled import read_dataset

        runs, own, own_time = read_dataset(dataset, Roles(time, states, env, trajectory, inputs))
        return cls(*runs, units={**own, **(units or {})}, time_unit=time_unit or own_time)

    def to_frame(
        self, backend: str = "pandas", *, time: str = "time", env: str = "env", trajectory: str = "trajectory"
    ) -> Any:
        """
        Write a data frame in long form: one row per sample, as `from_frame` reads it.

        Parameters
        ----------
        backend : {"pandas", "polars"}, default="pandas"
            Package of the frame.
        time, env, trajectory : str
            Names of these columns; trajectories are numbered from 0.

        Returns
        -------
        pandas.DataFrame or polars.DataFrame
            Columns env, trajectory, time, then states, then inputs. Units are not in it.

        Raises
        ------
        ImportError
            If the package is not installed.
        ValueError
            If a state or an input has the name of another column.

        Examples
        --------
        >>> from spreme.data import Trajectories
        >>> data = Trajectories([[1, 2, None]], 0.5, env=["A"], state_names=["x"])
        >>> print(data.to_frame())
          env  trajectory  time    x
        0   A           0   0.0  1.0
        1   A           0   0.5  2.0
        2   A           0   1.0  NaN
        """
        from spreme.data.tables import long_columns, make_frame

        return make_frame(long_columns(cast("Trajectories", self), time, env, trajectory), backend)

    def to_xarray(self, *, time: str = "time", env: str = "env", trajectory: str = "trajectory") -> xarray.Dataset:
        """
        Write an xarray Dataset of the dimensions (trajectory, sample), as `from_xarray` reads it.

        Parameters
        ----------
        time, env, trajectory : str
            Names of the coordinates of times, (trajectory, sample), and labels, (trajectory,), and of the dimension.

        Returns
        -------
        xarray.Dataset
            One variable per state and input, NaN after the last sample of a trajectory; units in ``attrs["units"]``.

        Raises
        ------
        ImportError
            If xarray is not installed.
        ValueError
            If a state or an input has the name of a coordinate.

        Examples
        --------
        >>> from spreme.data import Trajectories
        >>> dataset = Trajectories([[1, 2, 4], [1, 3, 9, 27]], 1.0, state_names=["x"]).to_xarray()
        >>> dict(dataset.sizes), dataset["x"].values[0].tolist()
        ({'trajectory': 2, 'sample': 4}, [1.0, 2.0, 4.0, nan])
        """
        from spreme.data.labelled import write_dataset

        return write_dataset(cast("Trajectories", self), time, env, trajectory)
