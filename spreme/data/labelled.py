"""xarray Datasets: read as trajectories, and written from them."""

from __future__ import annotations

import itertools
import sys
import warnings
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spreme.data.arrays import floats
from spreme.data.runs import Roles, Runs
from spreme.data.tables import check_roles

if TYPE_CHECKING:
    import xarray

    from spreme.data.collection import Trajectories

SAMPLE = "sample"


def read_dataset(dataset: Any, roles: Roles) -> tuple[Runs, dict[str, str], str | None]:
    """Read a Dataset, with the units of its variables and that of its times."""
    kind = getattr(sys.modules.get("xarray"), "Dataset", None)
    if kind is None or not isinstance(dataset, kind):
        hint = "; call .to_dataset() first" if type(dataset).__name__ == "DataArray" else ""
        raise TypeError(f"an xarray Dataset is expected, got {type(dataset).__name__}{hint}")
    roles.check(list(dict.fromkeys([*dataset.variables, *dataset.dims])))
    sample, run_dims = _dimensions(dataset, roles)
    sizes = {dim: dataset.sizes[dim] for dim in (*run_dims, sample)}
    times, *columns = [_spread(dataset[name], sizes, name) for name in (roles.time, *roles.states, *_inputs(roles))]
    labels = _labels(dataset, roles, run_dims)
    has_own_times = dataset[roles.time].ndim > 1
    runs = []
    for place, label in zip(itertools.product(*(range(sizes[dim]) for dim in run_dims)), labels, strict=True):
        table = np.column_stack([column[place] for column in columns])
        n_samples = _length(times[place], table, has_own_times)
        if n_samples:
            runs.append((times[place][:n_samples], table[:n_samples], label))
    _check_runs(runs, labels, roles)
    n_states, names = len(roles.states), list(_inputs(roles))
    read = Runs(
        [table[:, :n_states] for _, table, _ in runs],
        [own for own, _, _ in runs],
        [label for _, _, label in runs] if roles.env else None,
        [table[:, n_states:] for _, table, _ in runs] if names else None,
        list(roles.states),
        names or None,
    )
    return read, *_units(dataset, roles)


def _inputs(roles: Roles) -> Sequence[str]:
    """Names of the inputs, if any."""
    return roles.inputs or ()


def _dimensions(dataset: Any, roles: Roles) -> tuple[str, list[str]]:
    """The dimension of samples, and those of trajectories in the order of the first state."""
    if roles.time not in dataset.variables:
        raise ValueError(f"time: the dimension {roles.time!r} has no coordinate; give it its times")
    named = {name for name in (roles.env, roles.trajectory) if name is not None}
    of_env = dataset[roles.env].dims if roles.env in dataset.variables else ()
    of_runs = (named & set(dataset.dims)) | set(of_env)
    along = [dim for dim in dataset[roles.time].dims if dim not in of_runs]
    if len(along) != 1:
        raise ValueError(
            f"time: the coordinate {roles.time!r} has the dimensions {dataset[roles.time].dims}; exactly one of them "
            "is that of the samples, any other is named as env or trajectory"
        )
    run_dims = _run_dimensions(dataset, roles, along[0], of_runs)
    for name in (roles.time, *_inputs(roles)):
        other = [dim for dim in dataset[name].dims if dim not in (*run_dims, along[0])]
        if other:
            raise ValueError(f"variable {name!r} has the dimension {other[0]!r}, which no state has; select a position")
    return along[0], run_dims


def _run_dimensions(dataset: Any, roles: Roles, sample: str, of_runs: set[str]) -> list[str]:
    """Dimensions of the states that make trajectories."""
    for name in roles.states:
        dims = dataset[name].dims
        strange = [dim for dim in dims if dim not in of_runs and dim != sample]
        if strange:
            raise ValueError(
                f"variable {name!r} has the dimension {strange[0]!r}, which is neither that of {roles.time!r} nor "
                "named as env or trajectory; name it, or select one of its positions by .isel"
            )
        if sample not in dims:
            raise ValueError(f"state {name!r} has no dimension {sample!r}, along which the samples are")
    return list(dict.fromkeys(dim for name in roles.states for dim in dataset[name].dims if dim != sample))


def _spread(array: Any, sizes: Mapping[str, int], name: str) -> np.ndarray:
    """Numbers of a variable over all trajectories and samples, NaN where missing."""
    values = floats(array.values, f"variable {name!r}")
    order = [dim for dim in sizes if dim in array.dims]
    aligned = values.transpose([array.dims.index(dim) for dim in order])
    shape = [size if dim in array.dims else 1 for dim, size in sizes.items()]
    return np.broadcast_to(aligned.reshape(shape), tuple(sizes.values()))


def _labels(dataset: Any, roles: Roles, run_dims: Sequence[str]) -> list[Hashable]:
    """Environment of every trajectory; numbers from 0 for a dimension without labels."""
    shape = tuple(dataset.sizes[dim] for dim in run_dims)
    if roles.env is None:
        return [0] * int(np.prod(shape))
    dims = dataset[roles.env].dims if roles.env in dataset.variables else (roles.env,)
    if not set(dims) <= set(run_dims):
        raise ValueError(f"env: no state has the dimension {dims[0]!r} of {roles.env!r}, so it tells none apart")
    values = dataset[roles.env].values
    labels = np.empty(values.shape, dtype=object)
    for place in np.ndindex(values.shape):
        labels[place] = values[place].item() if isinstance(values[place], np.generic) else values[place]
    aligned = labels.transpose([dims.index(dim) for dim in run_dims if dim in dims])
    full = np.broadcast_to(aligned.reshape([dataset.sizes[d] if d in dims else 1 for d in run_dims]), shape)
    return list(full.reshape(-1))


def _length(times: np.ndarray, table: np.ndarray, has_own_times: bool) -> int:
    """Number of samples of a trajectory without what only fills up the array."""
    is_sample = ~np.isnan(times) if has_own_times else ~np.isnan(table).all(axis=1)
    return int(np.flatnonzero(is_sample)[-1]) + 1 if is_sample.any() else 0


def _check_runs(runs: Sequence[tuple[Any, Any, Hashable]], labels: Sequence[Hashable], roles: Roles) -> None:
    """Refuse a Dataset without samples; tell of environments without any."""
    if not runs:
        raise ValueError(f"the Dataset is empty: no value of {', '.join(roles.states)} in it")
    found = {label for _, _, label in runs}
    for label in dict.fromkeys(labels):
        if label not in found:
            warnings.warn(f"environment {label!r} has no sample: it is left out", UserWarning, stacklevel=4)


def _units(dataset: Any, roles: Roles) -> tuple[dict[str, str], str | None]:
    """Units that the variables carry."""
    given = {name: dataset[name].attrs.get("units") for name in (roles.time, *roles.states, *_inputs(roles))}
    time_unit = given.pop(roles.time)
    if isinstance(time_unit, str):
        time_unit = time_unit.split(" since ")[0]  # the spelling of climate data, days since a date
    return {name: unit for name, unit in given.items() if unit is not None}, time_unit


def write_dataset(data: Trajectories, time: str, env: str, trajectory: str) -> xarray.Dataset:
    """Write a Dataset of the dimensions (trajectory, sample)."""
    try:
        import xarray
    except ImportError as error:
        raise ImportError('to_xarray needs xarray: pip install "spreme[frames]"') from error
    check_roles({"time": time, "env": env, "trajectory": trajectory, "the dimension": SAMPLE}, data.column_names)
    labels = np.empty(len(data), dtype=object)
    for i, label in enumerate(data.env):  # one by one: a list of tuples would become two axes
        labels[i] = label
    dims = (trajectory, SAMPLE)
    tables = [np.column_stack([member.t, member.x, member.inputs]) for member in data]
    full = np.full((len(data), max(map(len, tables)), 1 + len(data.column_names)), np.nan)
    for block, table in zip(full, tables, strict=True):
        block[: len(table)] = table
    units = {time: data.time_unit, **data.units}
    attrs = {name: {"units": unit} for name, unit in units.items() if unit is not None}
    columns = {
        name: xarray.Variable(dims, full[..., k], attrs.get(name)) for k, name in enumerate([time, *data.column_names])
    }
    own_times = columns.pop(time)
    return xarray.Dataset(columns, coords={time: own_times, env: ((trajectory,), labels)})
