"""Whatever is given to `Trajectories` and its loaders is taken as it is or refused in words."""

from __future__ import annotations

import io
import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st
from reliability.fuzzing import fuzz, outcome

from spreme import Trajectories

Array = np.ndarray

# ---- anything at all
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.complex_numbers(),
    st.text(max_size=5),
    st.binary(max_size=3),
    st.sampled_from([np.float32(1.5), np.datetime64("2020-01-01"), np.int8(3), 10**400, 1e200, 1e-200, object, math]),
)
arrays = st.builds(
    lambda shape, kind, seed: (1e2 * np.random.default_rng(seed).standard_normal(shape)).astype(kind),
    st.lists(st.integers(0, 6), max_size=4).map(tuple),
    st.sampled_from([float, np.float32, ">f8", int, bool, complex, object, "U8", "S8", "M8[s]"]),
    st.integers(0, 99),
)
anything = st.recursive(
    scalars | arrays,
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.tuples(inner, inner),
        st.dictionaries(st.text(max_size=2), inner, max_size=3),
        st.frozensets(st.integers(), max_size=2),
        st.lists(inner, max_size=3).map(iter),
    ),
    max_leaves=12,
)

# ---- data as they come: sound but for a few entries
values = st.one_of(st.floats(-1e3, 1e3), st.sampled_from([math.nan, math.inf, -math.inf, 1e200, 1e-200, 0.0, None]))
labels = st.one_of(st.sampled_from(["A", "B", 1, "1", 2.5, ("a", 2), True, np.int64(3)]), scalars)


@st.composite
def near_misses(draw: st.DrawFn) -> dict[str, Any]:
    """Arguments of some trajectories, one of which may be replaced by anything."""
    m, n_states = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    sizes = draw(st.lists(st.integers(0, 8), min_size=m, max_size=m))
    given: dict[str, Any] = {
        "x": [[draw(st.lists(values, min_size=n_states, max_size=n_states)) for _ in range(n)] for n in sizes],
        "t": draw(st.one_of(st.floats(), st.just([np.arange(n) * 0.5 for n in sizes]))),
        "env": draw(st.one_of(st.none(), st.lists(labels, min_size=m, max_size=m))),
        "u": draw(st.one_of(st.none(), st.just([np.ones((n, 1)) for n in sizes]))),
        "state_names": draw(st.one_of(st.none(), st.lists(st.text(max_size=3), min_size=1, max_size=3))),
    }
    if draw(st.booleans()):
        given[draw(st.sampled_from(sorted(given)))] = draw(anything)
    return given


def assert_sound(data: Trajectories) -> None:
    """What stands behind the door: no infinity, increasing times, everything of the same length."""
    assert len(data) > 0 and len(data.state_names) == data.n_states == len(set(data.state_names))
    for run in data:
        assert run.x.dtype == run.t.dtype == np.float64
        assert run.x.shape == (len(run.t), data.n_states) and len(run.t) >= 3
        assert not np.isinf(run.x).any() and np.isfinite(run.t).all() and (np.diff(run.t) > 0).all()
        assert (~np.isnan(run.x)).any(axis=0).all()
        assert hash(run.env) is not None
    assert sorted(set(data.groups.tolist())) == list(range(len(data.environments)))
    assert repr(data) and data._repr_html_()


@fuzz(60, 5000, x=anything, t=anything, env=st.none() | anything, u=st.none() | anything, names=st.none() | anything)
def test_anything_is_taken_or_refused(x: Any, t: Any, env: Any, u: Any, names: Any) -> None:
    data = outcome(lambda: Trajectories(x, t, env, u, names))
    if data is not None:
        assert_sound(data)


@fuzz(60, 5000, given=near_misses())
def test_near_misses_are_taken_or_refused(given: dict[str, Any]) -> None:
    data = outcome(lambda: Trajectories(**given))
    if data is not None:
        assert_sound(data)


# ---- data that are sound
@st.composite
def sound(draw: st.DrawFn) -> Trajectories:
    """A data set of one to six trajectories with labels of several types, gaps and inputs."""
    env = draw(st.lists(st.sampled_from(["A", "B", 1, 2, ("a", 2)]), min_size=1, max_size=6))
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    n_states, n_inputs = int(rng.integers(1, 4)), int(rng.integers(0, 3))
    sizes = rng.integers(3, 9, len(env))
    x = [rng.standard_normal((n, n_states)) * 10.0 ** rng.integers(-9, 10, n_states) for n in sizes]
    for own in x:
        own[1:][rng.random(own[1:].shape) < 0.2] = np.nan
    t = [np.cumsum(rng.uniform(0.01, 1.0, n)) for n in sizes]
    u = [rng.standard_normal((n, n_inputs)) for n in sizes] if n_inputs else None
    return Trajectories(x, t, env, u, [f"s{i}" for i in range(n_states)])


def assert_equal(a: Trajectories, b: Trajectories) -> None:
    """Equal contents, bit for bit."""
    assert a.state_names == b.state_names and a.env == b.env and a.environments == b.environments
    assert (a.u is None) == (b.u is None)
    pairs = zip([*a.x, *a.t, *(a.u or [])], [*b.x, *b.t, *(b.u or [])], strict=True)
    assert all(np.array_equal(one, other, equal_nan=True) for one, other in pairs)


@fuzz(25, 2000, data=sound(), seed=st.integers(0, 99))
def test_a_permutation_and_its_inverse_give_the_data_back(data: Trajectories, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(data))
    moved = data[order]
    assert moved.env == [data.env[i] for i in order]
    for label in data.environments:  # the same trajectories, in the order of the permutation
        members = [i for i in order if data.env[i] == label]
        assert_equal(moved.where(env=label), data[members])
    assert_equal(moved[np.argsort(order)], data)
    assert_equal(Trajectories(data), data)
    assert_equal(Trajectories(list(data), state_names=data.state_names), data)  # a trajectory has no names


@fuzz(40, 3000, data=sound(), key=st.one_of(st.slices(6), st.lists(st.integers(-9, 9), max_size=5), anything))
def test_any_key_gives_what_a_list_gives_or_is_refused(data: Trajectories, key: Any) -> None:
    try:
        part = data[key]
    except (ValueError, TypeError, IndexError) as error:
        assert len(str(error)) > 10
        return
    if isinstance(key, slice):
        assert [own.index for own in part] == list(range(len(data)))[key]
    elif isinstance(part, Trajectories):
        assert set(map(id, part)) <= set(map(id, data))
    else:
        assert part in list(data)


@fuzz(40, 3000, data=sound(), label=anything)
def test_where_knows_its_labels(data: Trajectories, label: Any) -> None:
    part = outcome(lambda: data.where(env=label))
    if part is not None:
        assert all(own == label for own in part.env) and len(part) == data.env.count(part.env[0])


# ---- tables
def as_csv(data: Trajectories) -> str:
    """The data as a table in long form; doubles by their shortest texts."""
    header = ["env", "run", "time", *data.state_names]
    rows = [
        [f"at {run.env!r}", str(r), repr(float(time)), *("" if np.isnan(v) else repr(float(v)) for v in x)]
        for r, run in enumerate(data)
        for time, x in zip(run.t, run.x, strict=True)
    ]
    return "\n".join(",".join(f'"{cell}"' for cell in row) for row in [header, *rows]) + "\n"


def read(content: bytes, **columns: Any) -> Trajectories:
    """`from_csv` of a file with this content."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.csv"
        path.write_bytes(content)
        return Trajectories.from_csv(path, **columns)


COLUMNS = {"env": "env", "trajectory": "run", "time": "time"}


@fuzz(20, 1000, data=sound(), seed=st.integers(0, 99))
def test_tables_give_the_data_back_in_whatever_order_the_runs_interleave(data: Trajectories, seed: int) -> None:
    states = data.state_names
    bare = Trajectories(data.x, data.t, [f"at {label!r}" for label in data.env], state_names=states)
    assert_equal(read(as_csv(data).encode(), states=states, **COLUMNS), bare)
    header, *rows = as_csv(data).splitlines()
    rng = np.random.default_rng(seed)
    owners = [int(next(iter(io.StringIO(row))).split('","')[-2 - len(states)]) for row in rows]
    queues = {r: [row for row, own in zip(rows, owners, strict=True) if own == r] for r in range(len(data))}
    mixed = [queues[r].pop(0) for r in rng.permutation(owners)]  # rows of one run stay in order
    again = read("\n".join([header, *mixed]).encode(), states=states, **COLUMNS)
    wanted = {(own.env, own.x.tobytes(), own.t.tobytes()) for own in bare}
    assert {(own.env, own.x.tobytes(), own.t.tobytes()) for own in again} == wanted


@st.composite
def damaged_tables(draw: st.DrawFn) -> bytes:
    """A table with some bytes changed, cut out or put in."""
    content = bytearray(as_csv(draw(sound())).encode())
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(content)))
        kind = draw(st.sampled_from(["cut", "put", "truncate"]))
        if kind == "cut":
            del content[at : at + draw(st.integers(1, 20))]
        elif kind == "put":
            content[at:at] = draw(
                st.one_of(st.binary(max_size=4), st.sampled_from([b",", b"\n", b'"', b"\x00", b"nan"]))
            )
        else:
            del content[at:]
    return bytes(content)


@fuzz(
    40,
    4000,
    content=damaged_tables()
    | st.binary(max_size=60)
    | st.text(max_size=60).map(lambda s: s.encode("utf-8", "replace")),
)
def test_damaged_tables_are_taken_or_refused(content: bytes) -> None:
    for states in (["s0"], ["s0", "s1"]):
        data = outcome(lambda states=states: read(content, states=states, **COLUMNS))
        if data is not None:
            assert_sound(data)
