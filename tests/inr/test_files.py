"""Files of networks: round trips without pickle, and what is said about foreign, newer, damaged and wrong ones."""

from __future__ import annotations

import json
import os
import stat

import numpy as np
import pytest

from spreme.inr import MetaSparseINR, SparseINR

T = np.linspace(-1, 1, 40)[:, None]
CLASSES = (SparseINR, MetaSparseINR)


@pytest.fixture(scope="module")
def models():
    inr = SparseINR(hidden=(8, np.int64(7)), w0=6.0, density=0.4, max_iter=20, random_state=np.int64(0))
    family = [(T, np.sin((3 + k) * T)) for k in range(4)]
    meta = MetaSparseINR(inr, densities=(1.0, np.float64(0.5)), meta_iter=5, retrain_iter=4, random_state=0)
    return {SparseINR: inr.fit(T, np.sin(5 * T[:, 0])), MetaSparseINR: meta.fit(family)}


@pytest.fixture(params=CLASSES, ids=lambda own: own.__name__)
def saved(request, models, tmp_path):
    path = tmp_path / "model.npz"
    models[request.param].save(path)
    return request.param, path


def rewritten(path, change):
    """The file with something else in its header or among its arrays."""
    with np.load(path) as stored:
        arrays = dict(stored)
    header = json.loads(str(arrays.pop("header")))
    change(header, arrays)
    np.savez(path, header=np.array(json.dumps(header)), **arrays)


def refused(saved, message):
    cls, path = saved
    with pytest.raises(ValueError, match=message) as caught:
        cls.load(path)
    assert str(path) in str(caught.value)


def test_a_network_comes_back(models, tmp_path):
    model, path = models[SparseINR], tmp_path / "no_suffix"
    model.save(path)
    back = SparseINR.load(str(path))
    assert sorted(os.listdir(tmp_path)) == ["no_suffix"]
    np.testing.assert_array_equal(back.predict(T), model.predict(T))
    np.testing.assert_array_equal(back.derivative(T, 2), model.derivative(T, 2))
    for name in ("weights_", "biases_", "mask_"):
        for one, other in zip(getattr(back, name), getattr(model, name), strict=True):
            assert one.dtype == other.dtype
            np.testing.assert_array_equal(one, other)
    assert all(not w[~own].any() for w, own in zip(back.weights_, back.mask_, strict=True))
    for name in ("sparsity_", "n_parameters_", "loss_curve_", "status_", "n_features_in_"):
        assert getattr(back, name) == getattr(model, name)
    assert back.get_params() == model.get_params()


def test_starts_come_back(models, tmp_path):
    model, path = models[MetaSparseINR], tmp_path / "model.npz"
    model.save(path)
    back = MetaSparseINR.load(path)
    for density in (1.0, 0.5):
        wanted = model.adapt(T, np.cos(4 * T), steps=5, density=density)
        np.testing.assert_array_equal(
            back.adapt(T, np.cos(4 * T), steps=5, density=density).predict(T), wanted.predict(T)
        )
    for one, other in zip(back.path_, model.path_, strict=True):
        assert (one.density, one.n_weights, one.loss) == (other.density, other.n_weights, other.loss)
        np.testing.assert_array_equal(one.inner_lr, other.inner_lr)
        assert all(not w[~own].any() for w, own in zip(one.weights, one.mask, strict=True))
    settings, others = back.get_params(deep=False), model.get_params(deep=False)
    assert settings.pop("inr").get_params() == others.pop("inr").get_params()
    assert settings == others and back.status_ == model.status_


def test_nothing_is_pickled(saved):
    with np.load(saved[1], allow_pickle=False) as stored:
        assert all(stored[key].dtype != object for key in stored.files)


def test_functions_and_generators_are_left_out(tmp_path):
    def nothing(x, out):
        return 0.0, 0 * out

    model = SparseINR(hidden=(4,), max_iter=2, penalty=nothing, random_state=np.random.default_rng(0)).fit(T, T)
    model.save(tmp_path / "model.npz")
    back = SparseINR.load(tmp_path / "model.npz")
    assert back.penalty is None and back.random_state is None
    np.testing.assert_array_equal(back.predict(T), model.predict(T))


@pytest.mark.parametrize("content", [b"", b"hello, world\n", b"PK\x03\x04" + bytes(40), b'{"format": "spreme-model"}'])
def test_foreign_files(saved, content):
    saved[1].write_bytes(content)
    refused(saved, "is not a file written by spreme.inr")


def test_foreign_arrays(saved):
    path = saved[1]
    np.savez(path, weights=np.ones(3))
    refused(saved, "is not a file written by spreme.inr")
    np.savez(path, header=np.array(json.dumps({"format": "other"})))
    refused(saved, "is not a file written by spreme.inr")
    np.savez(path, header=np.array(json.dumps([1, 2])))
    refused(saved, "is not a file written by spreme.inr")
    with path.open("wb") as stream:
        np.save(stream, np.ones(3))
    refused(saved, "is not a file written by spreme.inr")


def test_objects_are_not_unpickled(saved):
    rewritten(saved[1], lambda header, arrays: arrays.update(loss_curve=np.array([{}], dtype=object)))
    refused(saved, "is not a file written by spreme.inr")


@pytest.mark.parametrize("version", [2, "1", None])
def test_newer_files(saved, version):
    rewritten(saved[1], lambda header, arrays: header.update(version=version))
    refused(saved, f"has format version {version!r}; this spreme reads 1")


def test_files_of_the_other_kind(saved):
    cls, path = saved
    other = CLASSES[1 - CLASSES.index(cls)]
    refused((other, path), f"holds a {cls.__name__}, not a {other.__name__}: use {cls.__name__}.load")


@pytest.mark.parametrize("share", [0.2, 0.9])
def test_cut_files(saved, share):
    content = saved[1].read_bytes()
    saved[1].write_bytes(content[: round(share * len(content))])
    refused(saved, "is not a file written by spreme.inr")


@pytest.mark.parametrize(
    "change",
    [
        lambda header, arrays: arrays.pop(next(key for key in arrays if "weights_0" in key)),
        lambda header, arrays: arrays.update({key: own[:1] for key, own in arrays.items() if "mask_1" in key}),
        lambda header, arrays: header["settings"].pop("fitted"),
        lambda header, arrays: header["settings"].update(colour="red"),
        lambda header, arrays: header.update(settings=[]),
        lambda header, arrays: header.pop("settings"),
    ],
)
def test_damaged_contents(saved, change):
    rewritten(saved[1], change)
    refused(saved, "is damaged")


def test_missing_files_and_folders(models, tmp_path):
    for cls, model in models.items():
        with pytest.raises(FileNotFoundError, match=r"nowhere\.npz"):
            cls.load(tmp_path / "nowhere.npz")
        with pytest.raises(FileNotFoundError, match=r"there is no folder .*make it"):
            model.save(tmp_path / "no" / "folder.npz")
        with pytest.raises(Exception, match="not fitted yet"):
            cls().save(tmp_path / "model.npz")
    assert os.listdir(tmp_path) == []


def test_a_failure_leaves_the_old_file(models, tmp_path, monkeypatch):
    path = tmp_path / "model.npz"
    models[SparseINR].save(path)
    before = path.read_bytes()

    def fail(*arguments, **keywords):
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez", fail)
    with pytest.raises(OSError, match="disk full"):
        models[SparseINR].save(path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["model.npz"]


@pytest.mark.skipif(os.name == "nt", reason="rights of files are those of POSIX")
def test_files_have_the_usual_rights(saved, tmp_path):
    (tmp_path / "other").touch()
    assert stat.S_IMODE(saved[1].stat().st_mode) == stat.S_IMODE((tmp_path / "other").stat().st_mode)
