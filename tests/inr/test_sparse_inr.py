"""One signal as a sparse network: what is learned, masks, derivatives, settings, and scikit-learn's contract."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
from networks import KINDS, along
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.utils.estimator_checks import parametrize_with_checks

from spreme.inr import SparseINR
from spreme.inr.dead_neurons import without_dead_neurons

T = np.linspace(-1, 1, 80)[:, None]
WAVE = 0.5 + 0.5 * np.sin(5 * T)
# Scores in dB: 30 is a mean error of 3 % of the range, 20 of 10 %; the wave itself has 9 around its mean.
GOOD, FAIR = 30.0, 20.0


def small(**settings):
    return SparseINR(**{"hidden": (16, 16), "w0": 8.0, "max_iter": 60, "lr": 5e-3, "random_state": 0, **settings})


@pytest.fixture(scope="module")
def picture():
    line = np.linspace(-1, 1, 12)
    x = np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1).reshape(-1, 2)
    return x, np.column_stack([0.5 + 0.5 * np.sin(3 * x[:, 0] + 2 * x[:, 1]), x[:, 0] ** 2])


@pytest.fixture(scope="module")
def fitted(picture):
    return small(dtype="float64", density=0.4).fit(*picture)


# -------------------------------------------------------------------------------------------------------- what it does


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_easy_series(kind, dtype):
    model = small(activation=kind, dtype=dtype, max_iter=200).fit(T, WAVE)
    assert model.score(T, WAVE) > GOOD
    between = T[:-1] + 0.5 * (T[1] - T[0])
    assert model.score(between, 0.5 + 0.5 * np.sin(5 * between)) > FAIR
    assert {own.dtype for own in (*model.weights_, *model.biases_, model.predict(T))} == {np.dtype(dtype)}
    assert model.loss_curve_[-1] < 0.01 * model.loss_curve_[0] and len(model.loss_curve_) == 200
    assert model.status_ == "finished" and model.n_features_in_ == 1


def test_a_picture(picture):
    assert small(max_iter=300).fit(*picture).score(*picture) > GOOD


def test_score_is_the_peak_signal_to_noise_ratio(fitted, picture):
    x, y = picture
    error = np.mean((fitted.predict(x) - y) ** 2)
    assert np.isclose(fitted.score(x, y), -10 * np.log10(error))
    assert fitted.score(x, fitted.predict(x)) == np.inf


@pytest.mark.parametrize("density", [1.0, 0.3, 0.1])
@pytest.mark.parametrize("pruner", ["lamp", "magnitude", "random", "random_balanced"])
def test_density(density, pruner):
    model = small(density=density, pruner=pruner).fit(T, WAVE)
    total = 16 + 256 + 16
    left = sum(int(own.sum()) for own in model.mask_)
    assert left == round(density * total) and np.isclose(model.sparsity_, 1 - left / total)
    assert [own.shape for own in model.weights_] == [own.shape for own in model.mask_] == [(1, 16), (16, 16), (16, 1)]
    assert all(not w[~own].any() for w, own in zip(model.weights_, model.mask_, strict=True))


def test_counts_are_those_without_dead_neurons(fitted, picture):
    """The smaller network predicts the same up to rounding."""
    x, _ = picture
    living = without_dead_neurons(fitted.weights_, fitted.biases_, fitted.mask_, lambda u: np.sin(8.0 * u))
    assert fitted.n_parameters_ == {
        "weights": sum(int(own.sum()) for own in living.masks),
        "biases": sum(own.size for own in living.biases),
    }
    a = x
    for w, b in zip(living.weights[:-1], living.biases[:-1], strict=True):
        a = np.sin(8.0 * (a @ w + b))
    np.testing.assert_allclose(a @ living.weights[-1] + living.biases[-1], fitted.predict(x), rtol=0, atol=1e-11)


def test_dimension_of_values():
    flat, column = small().fit(T, WAVE[:, 0]), small().fit(T, WAVE)
    both = small().fit(T, np.hstack([WAVE, 1 - WAVE]))
    assert flat.predict(T).shape == flat.derivative(T).shape == (80,)
    assert column.predict(T).shape == column.derivative(T).shape == (80, 1)
    assert both.predict(T).shape == both.derivative(T).shape == (80, 2)
    np.testing.assert_array_equal(flat.predict(T), column.predict(T)[:, 0])
    assert flat.score(T, WAVE[:, 0]) == column.score(T, WAVE) == flat.score(T, WAVE)


def test_the_seed_decides():
    one, two, three = (small(density=0.3, pruner="random", random_state=own).fit(T, WAVE) for own in (0, 0, 1))
    np.testing.assert_array_equal(one.predict(T), two.predict(T))
    assert one.loss_curve_ == two.loss_curve_ != three.loss_curve_
    drawn = small(density=0.3, pruner="random", random_state=np.random.default_rng(0)).fit(T, WAVE)
    assert drawn.loss_curve_ == one.loss_curve_


def test_fit_forgets_the_previous_fit(picture):
    model = small().fit(*picture)
    assert model.fit(T, WAVE[:, 0]) is model
    np.testing.assert_array_equal(model.predict(T), small().fit(T, WAVE[:, 0]).predict(T))


def test_early_stopping_and_batches_and_penalty():
    noisy = WAVE + 0.3 * np.random.default_rng(0).standard_normal(WAVE.shape)
    stopped = small(early_stopping=True, max_iter=2000, lr=1e-2).fit(T, noisy)
    assert stopped.status_ == "stopped early" and len(stopped.loss_curve_) < 2000
    assert stopped.score(T, WAVE) > small(max_iter=2000, lr=1e-2).fit(T, noisy).score(T, WAVE)
    assert small(batch_size=20, max_iter=300).fit(T, WAVE).score(T, WAVE) > FAIR

    def to_one(x, out):
        return 100 * np.mean((out - 1) ** 2), 200 * (out - 1) / out.size

    pulled = small(penalty=to_one, max_iter=300).fit(T, WAVE).predict(T)
    # The minimiser is (y + 100) / 101.
    np.testing.assert_allclose(pulled, (WAVE + 100) / 101, rtol=0, atol=0.03)


# -------------------------------------------------------------------------------------------------------- derivatives


@pytest.mark.parametrize("axis", [0, 1])
def test_derivatives_against_differences(axis, fitted, picture):
    """In double precision, steps of 1e-3; frequency 8 on small weights: each against the order before it."""
    x = picture[0]
    step = np.eye(2)[axis]
    np.testing.assert_allclose(fitted.derivative(x, 0, axis), fitted.predict(x), rtol=0, atol=1e-13)
    for order in (1, 2, 3):
        found = fitted.derivative(x, order, wrt=axis)

        def before(at, order=order):
            return fitted.derivative(at, order - 1, wrt=axis)

        np.testing.assert_allclose(found, along(before, x, step, 1e-3), rtol=0, atol=1e-6 * np.abs(found).max())


def test_all_coordinates_at_once(fitted, picture):
    x, y = picture
    found = fitted.derivative(x, 2)
    assert found.shape == (144, 2, 2)
    for axis in (0, 1):
        np.testing.assert_array_equal(found[..., axis], fitted.derivative(x, 2, wrt=axis))
    np.testing.assert_array_equal(fitted.derivative(x, wrt=-1), fitted.derivative(x, wrt=1))
    assert small().fit(x, y[:, 0]).derivative(x).shape == (144, 2)


def test_derivative_of_what_was_learned():
    """To a tenth of its range: errors of 3 % in the values, of a wave of frequency 5."""
    model = small(max_iter=400, dtype="float64").fit(T, WAVE)
    inside = T[8:-8]
    np.testing.assert_allclose(model.derivative(inside), 2.5 * np.cos(5 * inside), rtol=0, atol=0.5)


# ------------------------------------------------------------------------------------------------------ what goes wrong


@pytest.mark.parametrize("settings", [{"lr": 1e30}, {"lr": 1e30, "density": 0.3}, {"lr": 1e30, "activation": "gabor"}])
def test_divergence_is_a_status_with_one_warning(settings):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model = small(**settings).fit(T, WAVE)
        model.predict(T), model.derivative(T), model.score(T, WAVE)
    assert [(own.category, own.filename == __file__) for own in said] == [(ConvergenceWarning, True)]
    assert "take a smaller lr or w0" in str(said[0].message)
    assert model.status_ == "diverged" and np.isnan(model.score(T, WAVE))


def test_values_out_of_range_are_a_divergence_too():
    with pytest.warns(ConvergenceWarning, match="diverged after 1 steps"):
        assert small().fit(T, 1e25 * WAVE).status_ == "diverged"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hidden": ()}, r"hidden=\(\): give the numbers"),
        ({"hidden": (8, 0)}, r"hidden=\(8, 0\)"),
        ({"hidden": 8}, "hidden=8"),
        ({"activation": "relu"}, "activation='relu': use one of 'sine'"),
        ({"pruner": "best"}, "pruner='best': use one of"),
        ({"w0": -1.0}, "w0=-1.0: use a positive number"),
        ({"density": 0.0}, r"density=0.0: use a number in \(0, 1\]"),
        ({"density": 1.5}, "density=1.5"),
        ({"density": 1e-3}, "density=0.001 leaves 0 of 288 weights for 3 layers: use at least 0.01"),
        ({"lr": "fast"}, "lr='fast': use a positive number"),
        ({"max_iter": 0}, "max_iter=0: use a whole number of steps"),
        ({"max_iter": True}, "max_iter=True"),
        ({"batch_size": 0.5}, "batch_size=0.5: use a whole number of points"),
        ({"dtype": "float16"}, "dtype='float16': use 'float32' or 'float64'"),
    ],
)
def test_bad_settings_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        small(**settings).fit(T, WAVE)


def test_a_penalty_is_a_function():
    with pytest.raises(TypeError, match="penalty='rough': give a function"):
        small(penalty="rough").fit(T, WAVE)


BAD = np.where(np.arange(80)[:, None] == 3, np.nan, WAVE)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (T[:, 0], WAVE, r"X has 1 dimension: give coordinates of shape \(n, d_in\), for a series X\[:, None\]"),
        (T, WAVE[:-1], "X has 80 points and Y 79"),
        (T, WAVE[:, :, None], r"Y has 3 dimensions: give values of shape \(n, d_out\)"),
        (T, BAD, r"Y\[3, 0\] is NaN: leave that point out"),
        (np.where(BAD == BAD, T, np.inf), WAVE, r"X\[3, 0\] is inf \(infinity\)"),
        (T[:0], WAVE[:0], r"X has 0 sample\(s\) \(shape=\(0, 1\)\)"),
        (T[:, :0], WAVE, r"X has 0 feature\(s\) \(shape=\(80, 0\)\)"),
        (T, 1j * WAVE, "Y: Complex data not supported"),
        ([["a"]], [1.0], "X is not an array of numbers"),
    ],
)
def test_bad_data_are_named(x, y, message):
    with pytest.raises(ValueError, match=message):
        small().fit(x, y)


def test_bad_questions_are_named(fitted, picture):
    x, y = picture
    with pytest.raises(NotFittedError, match="not fitted yet"):
        small().predict(T)
    with pytest.raises(ValueError, match="X has 1 features, but SparseINR is expecting 2 features"):
        fitted.predict(T)
    with pytest.raises(ValueError, match="X has 1 features, but SparseINR is expecting 2 features"):
        fitted.score(T, WAVE)
    with pytest.raises(ValueError, match="Y has 1 outputs, the fitted network 2"):
        fitted.score(x, y[:, 0])
    for order in (-1, 1.5, True):
        with pytest.raises(ValueError, match=f"order={order}: use a whole number"):
            fitted.derivative(x, order)
    for wrt in (2, -3, "x"):
        with pytest.raises(ValueError, match=f"wrt={wrt!r}: use the number of a coordinate, 0 to 1"):
            fitted.derivative(x, wrt=wrt)


# ------------------------------------------------------------------------------------------------------- scikit-learn


@parametrize_with_checks([SparseINR(hidden=(8,), max_iter=5), SparseINR(hidden=(8, 8), max_iter=5, density=0.5)])
def test_contract_of_scikit_learn(estimator, check):
    # Called with y= as a keyword, but targets are the values Y here; test_bad_questions_are_named asks the same of
    # predict and score.
    if check.func.__name__ != "check_n_features_in_after_fitting":
        check(estimator)


def test_clone_settings_and_pickle(fitted, picture):
    x, _ = picture
    model = clone(fitted)
    assert model.get_params() == fitted.get_params() and not hasattr(model, "weights_")
    np.testing.assert_array_equal(model.fit(*picture).predict(x), fitted.predict(x))
    assert model.set_params(w0=3.0).w0 == 3.0
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(fitted)).predict(x), fitted.predict(x))
