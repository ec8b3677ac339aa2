"""What the door lets in, how it is stored, and how it is cut and joined."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import GroupKFold, KFold, LeaveOneGroupOut, train_test_split
from sklearn.utils import _safe_indexing

from spreme.data import Trajectories, Trajectory, coerce

nan = np.nan
T = 0.5 * np.arange(8)


def runs(m, n=8, n_states=2):
    """States of m trajectories, all different."""
    return [np.random.default_rng(i).standard_normal((n, n_states)) for i in range(m)]


def build(labels):
    """A data set with these environment labels."""
    return Trajectories(runs(len(labels)), T, env=labels, state_names=["x", "y"])


def same(a, b):
    """Equal contents, index aside."""
    arrays = all(np.array_equal(p, q, equal_nan=True) for p, q in zip(a.x + a.t, b.x + b.t, strict=True))
    return arrays and a.env == b.env and a.state_names == b.state_names


FORMS = {
    "integers": lambda v: np.rint(100 * v).astype(int),
    "unsigned": lambda v: np.rint(100 * np.abs(v)).astype(np.uint8),
    "float32": lambda v: v.astype(np.float32),
    "long double": lambda v: v.astype(np.longdouble),
    "big-endian": lambda v: v.astype(">f8"),
    "objects": lambda v: v.astype(object),
    "Fortran order": np.asfortranarray,
    "views": lambda v: np.repeat(v, 2, 0)[::2],
    "lists": lambda v: v.tolist(),
    "matrix of records": lambda v: tuple(map(tuple, v)),
}


@pytest.mark.parametrize("form", FORMS)
def test_number_types_become_float64_in_c_order(form):
    given_values = [FORMS[form](v) for v in runs(2)]
    data = Trajectories(given_values, T)
    for stored, value in zip(data.x, given_values, strict=True):
        assert stored.dtype == np.float64
        assert stored.dtype.isnative
        assert stored.flags.c_contiguous
        assert np.array_equal(stored, np.asarray(value, dtype=float))


def test_missing_values_in_three_spellings():
    x = runs(1)[0]
    masked = np.ma.masked_array(x.copy(), mask=np.zeros_like(x, bool))
    masked[2, 1] = np.ma.masked
    plain, objects = x.copy(), x.astype(object)
    plain[2, 1], objects[2, 1] = nan, None
    for data in (Trajectories([v], T) for v in (masked, plain, objects)):
        assert data[0].missing.sum() == 1
        assert data[0].missing[2, 1]


@pytest.mark.parametrize("t", [0.5, T, T.tolist(), [T] * 3, np.tile(T, (3, 1)), np.float32(0.5), np.array(0.5)])
def test_forms_of_times(t):
    assert all(np.array_equal(times, T) for times in Trajectories(runs(3), t).t)


def test_forms_of_x():
    x = runs(3)
    data = Trajectories(x, T)
    ragged = np.empty(3, dtype=object)
    ragged[:] = x
    for form in (np.array(x), tuple(x), ragged):
        assert same(data, Trajectories(form, T))
    assert same(data[:1], Trajectories(x[0], T))
    assert same(data[:1], Trajectories(x[0], [T]))
    one = Trajectories(np.exp(-T), T)
    assert (len(one), one.n_states) == (1, 1)
    assert Trajectories([np.exp(-T)], T, state_names=["x"]).state_names == ["x"]


def test_input_is_copied_and_left_alone():
    x, t, u = runs(2), [T.copy(), T.copy()], [np.ones((8, 1)) for _ in range(2)]
    env, names = ["A", "B"], ["x", "y"]
    for array in x + t + u:
        array.setflags(write=False)
    data = Trajectories(x, t, env, u, names)
    data.x[0][:] = data.t[0][:] = data.u[0][:] = 7.0
    assert not (x[0] == 7).any()
    assert np.array_equal(t[0], T)
    assert (u[0] == 1).all()
    env[0] = names[0] = "changed"
    assert data.environments == ["A", "B"]
    assert data.state_names == ["x", "y"]


def test_lists_given_out_do_not_reach_inside():
    data = build(["A", "B"])
    for given_out in (data.x, data.t, data.env, data.environments, data.state_names, data.known_environments):
        given_out.clear()
    assert len(data.x) == len(data.environments) == len(data.state_names) == 2
    with pytest.raises(AttributeError):
        data.env = []
    with pytest.raises(AttributeError):
        data[0].env = "B"


def test_defaults():
    data = Trajectories(runs(2), T)
    assert data.environments == [0]
    assert data.groups.tolist() == [0, 0]
    assert data.state_names == ["x0", "x1"]
    assert data.u is None
    assert (data.n_inputs, data.n_states, data.n_samples, data.shape) == (0, 2, 16, (2,))
    assert [member.index for member in data] == [0, 1]
    assert isinstance(data[0], Trajectory)


def test_inputs():
    data = Trajectories(runs(2), T, u=[np.arange(8), np.ones((8, 1))])
    assert data.n_inputs == 1
    assert data.u[0].shape == data[0].u.shape == (8, 1)
    assert Trajectories(runs(1)[0], T, u=np.ones((8, 2))).n_inputs == 2


def test_labels_keep_their_type_and_order():
    data = build([2, "1", 1, ("a", 1), 2])
    assert data.environments == [2, "1", 1, ("a", 1)]
    assert data.groups.tolist() == [0, 1, 2, 3, 0]
    assert len(data.where(env="1")) == len(data.where(env=1)) == 1
    assert [type(v) for v in build(np.array(["A", "B"])).env] == [str, str]
    assert [type(v) for v in build(np.array([1, 2])).env] == [int, int]


NAMES = [("I", "E"), ("S", "N"), ("pi", "beta"), ("α", "Größe"), ("ñ1", "水"), ("t", "e")]  # noqa: RUF001


@pytest.mark.parametrize("names", NAMES)
def test_names_that_other_packages_reserve(names):
    assert Trajectories(runs(1), T, state_names=names).state_names == list(names)


def test_names_are_stored_as_python_reads_them():
    assert Trajectories(runs(1), T, state_names=["µ", "y"]).state_names == ["μ", "y"]


def test_short_trajectory_is_left_out():
    x = runs(3)
    with pytest.warns(
        UserWarning, match=r"trajectory 1 \(environment 'A'\) has only 1 sample, at least 3 .* left out$"
    ):
        data = Trajectories([x[0], x[1][:1], x[2]], [T, T[:1], T], env=["A", "A", "B"])
    assert [member.index for member in data] == [0, 2]
    assert same(data, Trajectories([x[0], x[2]], T, env=["A", "B"]))


def test_unmeasured_state_leaves_the_trajectory_and_its_environment_out():
    x = runs(2)
    x[1][:, 1] = nan
    with pytest.warns(UserWarning, match="state 'y' has no value .* trajectory 1 .*environment 'B', of which no traj"):
        data = Trajectories(x, T, env=["A", "B"], state_names=["x", "y"])
    assert data.environments == data.known_environments == ["A"]


def test_coerce():
    data = build(["A", "B"])
    assert coerce(data) is data
    assert coerce(data, state_names=["x", "y"]) is data
    assert len(coerce([np.ones((1, 2))], [np.zeros(1)], min_samples=1)) == 1
    assert same(coerce(runs(2), T, ["A", "B"], None, ["x", "y"]), data)


def test_copies_through_the_door():
    data = Trajectories(runs(2), T, env=["A", "B"], u=[np.ones(8)] * 2, state_names=["x", "y"])
    for again in (Trajectories(data), Trajectories(list(data), state_names=["x", "y"])):
        assert same(again, data)
        assert np.array_equal(again.u[0], data.u[0])
        assert not np.shares_memory(again.x[0], data.x[0])


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda d: pickle.loads(pickle.dumps(d))])
def test_copy_and_pickle(duplicate):
    data = build(["A", "B", "A"])[[0, 2]]
    again = duplicate(data)
    assert same(again, data)
    assert again.known_environments == ["A", "B"]
    assert [member.index for member in again] == [0, 2]


def test_indexing():
    data = build(list("AABBC"))
    assert data[-1].env == "C"
    assert data[np.int64(2)].index == 2
    assert [member.index for member in data[[4, 0, 0]]] == [4, 0, 0]
    assert [member.index for member in data[np.array([0, 1, 0, 1, 0], bool)]] == [1, 3]
    assert [member.index for member in data[::-2]] == [4, 2, 0]
    assert data[3:].known_environments == ["A", "B", "C"]
    assert data[3:].environments == ["B", "C"]
    assert [member.index for member in data] == [0, 1, 2, 3, 4]


def test_indices_that_make_no_sense():
    data = build(list("AB"))
    for key in (9, -3, [0, 9]):
        with pytest.raises(IndexError, match=r"there are 2, from 0 to 1"):
            data[key]
    with pytest.raises(IndexError, match="mask of 3"):
        data[[True, False, True]]
    with pytest.raises(TypeError, match="where"):
        data["A"]
    for key in (1.0, None, [0.5], [[0, 1]], (0, 1), True):
        with pytest.raises(TypeError, match="index"):
            data[key]
    for key in ([], slice(5, 9), [False, False]):
        with pytest.raises(ValueError, match="empty"):
            data[key]


def test_where_names_the_labels():
    data = build(list("AAB"))
    with pytest.raises(ValueError, match=r"'Z'.*'A', 'B'"):
        data.where(env="Z")
    with pytest.raises(TypeError, match="hashable"):
        data.where(env=["A"])
    assert data.where(env="A").known_environments == ["A", "B"]


def test_joining_needs_equal_names():
    data = build(list("AB"))
    with pytest.raises(ValueError, match=r"'u'"):
        data + Trajectories(runs(1), T, state_names=["u", "v"])
    with pytest.raises(TypeError):
        data + runs(1)


labels = st.lists(st.sampled_from(["A", "B", 1, "1", ("a", 2)]), min_size=1, max_size=6)


@settings(deadline=None, max_examples=40)
@given(labels, st.data())
def test_slices_agree_with_lists(env, draw):
    data = build(env)
    key = draw.draw(st.slices(len(env)))
    wanted = list(range(len(env)))[key]
    if wanted:
        cut = data[key]
        assert [member.index for member in cut] == wanted
        assert same(cut, data[wanted])
        assert all(a is b for a, b in zip(cut, (data[i] for i in wanted), strict=True))
        assert cut.known_environments == data.environments
        assert cut.n_samples == sum(data[i].n_samples for i in wanted)


@settings(deadline=None, max_examples=40)
@given(labels)
def test_environments_partition_the_data(env):
    data = build(env)
    parts = [data.where(env=label) for label in data.environments]
    assert sum(map(len, parts)) == len(data)
    for e, part in enumerate(parts):
        assert part.environments == [data.environments[e]]
        assert same(part, data[data.groups == e])


@settings(deadline=None, max_examples=40)
@given(labels, st.data())
def test_cutting_and_joining_gives_the_data_back(env, draw):
    data = build(env)
    if len(env) > 1:
        cut = draw.draw(st.integers(1, len(env) - 1))
        joined = data[:cut] + data[cut:]
        assert same(joined, data)
        assert joined.environments == data.environments
        assert [member.index for member in joined] == list(range(len(env)))


def test_splitters_of_scikit_learn():
    data = build(list("AABBCC"))
    for train, test in KFold(3).split(data):
        assert len(data[train]) + len(data[test]) == 6
    for splitter in (GroupKFold(3), LeaveOneGroupOut()):
        for train, test in splitter.split(data, groups=data.groups):
            assert not set(data[train].environments) & set(data[test].environments)
    train, test = train_test_split(data, test_size=2, random_state=0)
    assert isinstance(train, Trajectories)
    assert (len(train), len(test)) == (4, 2)
    for key in ([0, 3], np.array([0, 3]), np.array([True, False, False, True, False, False]), slice(0, 4, 3)):
        assert [member.index for member in _safe_indexing(data, key)] == [0, 3]


def test_what_is_mapped_from_disk_for_reading_is_not_copied(tmp_path):
    """A recording may be larger than memory; one that could still be written to is copied, for it may change."""
    x = runs(1)[0]
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    data = Trajectories([mapped], T)
    assert np.shares_memory(data.x[0], mapped)
    assert same(data, Trajectories([x], T))
    for other in (np.load(tmp_path / "x.npy", mmap_mode="r+"), np.load(tmp_path / "x.npy", mmap_mode="c")):
        assert not np.shares_memory(Trajectories([other], T).x[0], other)
