"""One sparse start for a family: the path of densities, adaptation, codes, settings."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError

from spreme.inr import MetaSparseINR, SparseINR
from spreme.inr.meta_training import FIRST_RATE

T = np.linspace(-1, 1, 40)[:, None]
FAMILY = np.array([0.5 + 0.4 * np.sin((3 + k / 4) * T + k / 5) for k in range(8)])
NEW = 0.5 + 0.4 * np.sin(3.9 * T + 0.5)
INR = SparseINR(hidden=(12, 12), w0=6.0)
# Weights of a network of that shape.
TOTAL = 12 + 144 + 12


def small(**settings):
    defaults = {"inr": INR, "meta_iter": 30, "retrain_iter": 10, "outer_lr": 5e-3, "random_state": 0}
    return MetaSparseINR(**{**defaults, **settings})


@pytest.fixture(scope="module")
def meta():
    return small(meta_iter=150, retrain_iter=80, densities=(1.0, 0.5, 0.2)).fit(FAMILY, X=T)


@pytest.fixture(scope="module")
def shifts():
    return small(adapt_mode="modulations", meta_iter=60).fit(FAMILY, X=T)


def same(one, other):
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


def test_path(meta):
    assert [point.density for point in meta.path_] == [1.0, 0.5, 0.2]
    assert [point.n_weights for point in meta.path_] == [TOTAL, round(0.5 * TOTAL), round(0.2 * TOTAL)]
    assert [len(point.loss) for point in meta.path_] == [150, 80, 80]
    assert meta.status_ == "finished" and meta.n_features_in_ == 1
    for point in meta.path_:
        assert point.n_weights == sum(int(own.sum()) for own in point.mask)
        assert [own.shape for own in point.weights] == [own.shape for own in point.mask] == [(1, 12), (12, 12), (12, 1)]
        assert all(not w[~own].any() for w, own in zip(point.weights, point.mask, strict=True))
        assert point.inner_lr.shape == (3, 2) and (point.inner_lr > 0).all()
    for before, after in zip(meta.path_, meta.path_[1:], strict=False):
        assert all(not (new & ~old).any() for new, old in zip(after.mask, before.mask, strict=True))


def test_meta_training_helps(meta):
    losses = meta.path_[0].loss
    assert np.mean(losses[-10:]) < 0.1 * np.mean(losses[:3])


def test_learned_and_fixed_rates(meta):
    assert not np.allclose(meta.path_[0].inner_lr, FIRST_RATE)
    for point in small(inner_lr=0.03, densities=(1.0, 0.4)).fit(FAMILY, X=T).path_:
        np.testing.assert_allclose(point.inner_lr, 0.03, rtol=1e-12)


def test_two_steps_from_the_start_beat_two_from_scratch(meta):
    """A network that was not trained is near zero, 5 to 10 dB from this signal; a start of the family is near it."""
    adapted = meta.adapt(T, NEW, steps=2, optimizer="sgd", lr=None, density=1.0)
    scratch = small(meta_iter=1, outer_lr=1e-12).fit(FAMILY, X=T).adapt(T, NEW, steps=2, optimizer="sgd", lr=None)
    assert adapted.score(T, NEW) > scratch.score(T, NEW) + 8


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("density", [1.0, 0.5, 0.2, None])
def test_adapt(optimizer, density, meta):
    model = meta.adapt(T, NEW, steps=20, optimizer=optimizer, lr=1e-3, density=density)
    point = meta.path_[-1 if density is None else [1.0, 0.5, 0.2].index(density)]
    assert isinstance(model, SparseINR) and model.status_ == "finished"
    same(model.mask_, point.mask)
    assert all(not w[~own].any() for w, own in zip(model.weights_, point.mask, strict=True))
    assert len(model.loss_curve_) == 20 and model.loss_curve_[-1] < model.loss_curve_[0]
    assert model.score(T, NEW) > meta.adapt(T, NEW, steps=0, density=density).score(T, NEW)
    assert model.get_params()["hidden"] == INR.hidden and model.derivative(T).shape == (40, 1)
    assert meta.adapt(T, NEW[:, 0], steps=1, density=density).predict(T).shape == (40,)


def test_no_step_is_the_start(meta):
    model = meta.adapt(T, NEW, steps=0)
    same(model.weights_, meta.path_[-1].weights)
    same(model.biases_, meta.path_[-1].biases)
    assert model.loss_curve_ == [] and model.status_ == "finished"


def test_the_start_is_not_changed_by_what_is_made_of_it(meta):
    before = pickle.dumps([point.to_arrays("") for point in meta.path_])
    for optimizer in ("adam", "sgd"):
        meta.adapt(T, NEW, steps=3, optimizer=optimizer).weights_[0][:] = 7.0
    meta.inverse_transform(meta.transform(FAMILY[:2], X=T), T)
    assert pickle.dumps([point.to_arrays("") for point in meta.path_]) == before


def test_descent_by_the_inner_rates(meta):
    """One step by hand, from the loss of the start: every array moves by its rate times a gradient."""
    start, model = meta.adapt(T, NEW, steps=0), meta.adapt(T, NEW, steps=1, optimizer="sgd", lr=None)
    fast = meta.adapt(T, NEW, steps=1, optimizer="sgd", lr=0.1)
    rates = meta.path_[-1].inner_lr
    for k in range(3):
        for column, name in enumerate(("weights_", "biases_")):
            was, own, other = (getattr(one, name)[k].astype(float) for one in (start, model, fast))
            np.testing.assert_allclose((own - was) / rates[k, column], (other - was) / 0.1, rtol=0, atol=1e-4)


def test_modulations_change_hidden_biases_alone(shifts):
    start = shifts.path_[-1]
    np.testing.assert_array_equal(start.inner_lr[:, 0], 0.0)
    np.testing.assert_array_equal(start.inner_lr[-1], 0.0)
    for optimizer, lr in (("adam", 1e-3), ("sgd", None), ("sgd", 1e-2)):
        model = shifts.adapt(T, NEW, steps=5, optimizer=optimizer, lr=lr)
        same(model.weights_, start.weights)
        np.testing.assert_array_equal(model.biases_[-1], start.biases[-1])
        assert all((own != was).any() for own, was in zip(model.biases_[:-1], start.biases[:-1], strict=True))
        assert model.loss_curve_[-1] < model.loss_curve_[0]
    assert [code.shape for code in shifts.transform(FAMILY, X=T)] == [(24,)] * 8


@pytest.mark.parametrize("name", ["meta", "shifts"])
def test_codes(name, request):
    """A code holds what the inner loop gave: its signal is the prediction, but for rounding in single precision."""
    model = request.getfixturevalue(name)
    codes = model.transform(FAMILY, X=T)
    found = model.inverse_transform(codes, T)
    assert found.shape == FAMILY.shape
    for own, values in zip(found, FAMILY, strict=True):
        adapted = model.adapt(T, values, steps=2, optimizer="sgd", lr=None)
        np.testing.assert_allclose(own, adapted.predict(T), rtol=0, atol=1e-5)
    if name == "meta":
        assert {code.shape for code in codes} == {(round(0.2 * TOTAL) + 12 + 12 + 1,)}
    scores = [model.adapt(T, own, 2, "sgd", None).score(T, own) for own in FAMILY]
    assert np.isclose(model.score(FAMILY, X=T), np.mean(scores))


def test_family_as_array_and_as_pairs():
    array = small(densities=(1.0, 0.3)).fit(FAMILY, X=T)
    for family in ([(T, own) for own in FAMILY], [(T.copy(), own[:, 0]) for own in FAMILY]):
        pairs = small(densities=(1.0, 0.3)).fit(family)
        for one, other in zip(array.path_, pairs.path_, strict=True):
            assert one.loss == other.loss
            same(one.weights, other.weights)
        assert pairs.score(family) == array.score(FAMILY, X=T)
        np.testing.assert_array_equal(pairs.transform(family), array.transform(FAMILY, X=T))
    lists = small(densities=(1.0, 0.3)).fit(FAMILY.tolist(), X=T.tolist())
    same(lists.path_[-1].weights, array.path_[-1].weights)


def test_signals_may_differ_in_their_points():
    family = [(T[k:], FAMILY[k][k:]) for k in range(4)]
    assert np.isfinite(small().fit(family).score(family))


def test_the_seed_decides():
    settings = {"densities": (1.0, 0.3), "pruner": "random_balanced"}
    one, two, three = (small(random_state=k, **settings).fit(FAMILY, X=T).path_[-1] for k in (0, 0, 1))
    assert one.loss == two.loss != three.loss
    same(one.weights, two.weights)


@pytest.mark.parametrize(
    "settings",
    [
        {"order": 1},
        {"points": 0.5},
        {"inner_steps": 3, "inner_lr": 0.02},
        {"densities": (0.5,), "pruner": "magnitude"},
        {"inr": SparseINR(hidden=(12, 12), w0=6.0, activation="finer", dtype="float64")},
        {"inr": SparseINR(hidden=(12,), w0=6.0, activation="gabor")},
    ],
)
def test_variants_learn(settings):
    model = small(meta_iter=60, **settings).fit(FAMILY, X=T)
    assert np.mean(model.path_[-1].loss[-5:]) < 0.5 * np.mean(model.path_[-1].loss[:3])
    assert model.status_ == "finished" and np.isfinite(model.score(FAMILY, X=T))


def test_the_default_network_is_that_of_sparse_inr():
    model = MetaSparseINR(meta_iter=1, random_state=0).fit(FAMILY, X=T)
    assert [own.shape for own in model.path_[0].weights] == [(1, 64), (64, 64), (64, 64), (64, 64), (64, 1)]
    assert model.inr is None


def test_clone_settings_and_pickle(meta):
    assert clone(meta).get_params()["inr__w0"] == 6.0
    assert clone(meta).set_params(inr__w0=3.0, densities=(1.0,)).inr.w0 == 3.0
    assert meta.inr.w0 == 6.0
    again = pickle.loads(pickle.dumps(meta))
    np.testing.assert_array_equal(again.adapt(T, NEW, steps=3).predict(T), meta.adapt(T, NEW, steps=3).predict(T))


# ------------------------------------------------------------------------------------------------------ what goes wrong


def test_divergence_is_a_status_with_one_warning():
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model = small(outer_lr=1e30, densities=(1.0, 0.5)).fit(FAMILY, X=T)
    assert [(own.category, own.filename == __file__) for own in said] == [(ConvergenceWarning, True)]
    assert "meta-training diverged at density 1: take a smaller outer_lr" in str(said[0].message)
    assert model.status_ == "diverged" and len(model.path_) == 1


def test_an_adaptation_that_diverges_says_so(meta):
    with pytest.warns(ConvergenceWarning, match="training diverged") as said:
        assert meta.adapt(T, NEW, steps=50, optimizer="sgd", lr=1e10).status_ == "diverged"
    assert len(said) == 1 and said[0].filename == __file__


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"inner_steps": 0}, "inner_steps=0: use a whole number, at least 1"),
        ({"inner_lr": "fast"}, "inner_lr='fast': use 'learned' or a positive number"),
        ({"inner_lr": -1.0}, "inner_lr=-1.0"),
        ({"order": 3}, "order=3: use one of 1, 2"),
        ({"outer_lr": 0}, "outer_lr=0: use a positive number"),
        ({"retrain_lr": None}, "retrain_lr=None"),
        ({"meta_batch": 2.5}, "meta_batch=2.5: use a whole number"),
        ({"meta_iter": 0}, "meta_iter=0"),
        ({"retrain_iter": -1}, "retrain_iter=-1"),
        ({"densities": ()}, r"densities=\(\): give decreasing shares"),
        ({"densities": (0.5, 1.0)}, r"densities=\(0.5, 1.0\): they must decrease"),
        ({"densities": (1.0, 1.0)}, "they must decrease"),
        ({"densities": (2.0, 1.0)}, "they must decrease, from at most 1.0"),
        ({"densities": (1.0, 0.001)}, "density=0.001 leaves 0 of 168 weights for 3 layers"),
        ({"pruner": "best"}, "pruner='best': use one of 'magnitude'"),
        ({"adapt_mode": "some"}, "adapt_mode='some': use one of 'full', 'modulations'"),
        ({"points": 1.5}, r"points=1.5: use a share in \(0, 1\]"),
        ({"backend": "torch"}, "backend='torch': use one of 'numpy', 'jax'"),
        ({"inr": SparseINR(hidden=())}, r"hidden=\(\)"),
    ],
)
def test_bad_settings_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        small(**settings).fit(FAMILY, X=T)


def test_bad_families_are_named():
    with pytest.raises(TypeError, match="inr='siren': give a SparseINR"):
        small(inr="siren").fit(FAMILY, X=T)
    with pytest.raises(TypeError, match=r"family is NoneType: give pairs \(X, Y\)"):
        small().fit(None)
    with pytest.raises(ValueError, match=r"family is an array .*give the coordinates of its n points as X="):
        small().fit(FAMILY)
    with pytest.raises(ValueError, match="the family is empty"):
        small().fit([])
    with pytest.raises(ValueError, match=r"signal 1 is no pair \(X, Y\)"):
        small().fit([(T, NEW), T])
    with pytest.raises(ValueError, match="signal 1: X has 40 points and Y 39"):
        small().fit([(T, NEW), (T, NEW[1:])])
    with pytest.raises(ValueError, match="signal 0: X has 39 points and Y 40"):
        small().fit(FAMILY, X=T[1:])
    with pytest.raises(ValueError, match=r"signal 1 has 1 coordinates and 2 outputs, \(1, 1\) expected"):
        small().fit([(T, NEW), (T, np.hstack([NEW, NEW]))])
    with pytest.raises(ValueError, match=r"signal 2: Y\[0, 0\] is NaN"):
        small().fit([(T, NEW), (T, NEW), (T, np.vstack([[[np.nan]], NEW[1:]]))])


def test_bad_questions_are_named(meta):
    with pytest.raises(NotFittedError):
        small().adapt(T, NEW)
    for settings, message in (
        ({"steps": -1}, "steps=-1: use a whole number"),
        ({"steps": 1.5}, "steps=1.5"),
        ({"optimizer": "lbfgs"}, "optimizer='lbfgs': use 'adam' or 'sgd'"),
        ({"lr": None}, "lr=None: Adam wants a rate"),
        ({"lr": "fast"}, "lr='fast': use a positive number"),
        ({"lr": 0.0}, "lr=0.0"),
        ({"density": 0.3}, "density=0.3: there are starts for 1, 0.5, 0.2"),
    ):
        with pytest.raises(ValueError, match=message):
            meta.adapt(T, NEW, **settings)
    with pytest.raises(ValueError, match="X has 2 features, but SparseINR is expecting 1 features"):
        meta.adapt(np.hstack([T, T]), NEW)
    with pytest.raises(ValueError, match="Y has 2 outputs, the fitted network 1"):
        meta.adapt(T, np.hstack([NEW, NEW]))
    with pytest.raises(ValueError, match=r"code 1 has shape \(3,\); the last start has codes of shape \(59,\)"):
        meta.inverse_transform([np.zeros(59), np.zeros(3)], T)
