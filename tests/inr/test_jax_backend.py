"""The backend of JAX against NumPy's: meta-gradients, whole training, and what is said where JAX is missing."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from spreme.inr import MetaSparseINR, SparseINR, initialise, meta_gradient
from spreme.inr.meta_gradient import Inner, lowered, meta_step, network_of

W0 = 10.0
# Both backends round every product in its last place. Through three layers at w0 = 10, two inner steps and sums over
# 30 points that grows by a factor of at most 100: 6e-8 and 1e-16 become 1e-5 and, generously, 1e-10.
TOLERANCE = {np.float32: 1e-5, np.float64: 1e-10}
MISSING = r'pip install "spreme\[jax\]"'


@pytest.fixture
def jax():
    return pytest.importorskip("jax")


@pytest.fixture
def optax(jax):
    return pytest.importorskip("optax")


def problem(dtype, numbers=(30, 30), densities=(1.0, 0.2, 0.6)):
    """Parameters, masks (one so thin that NumPy takes the sparse kernels), and signals of so many points."""
    rng = np.random.default_rng(0)
    params = initialise([2, 12, 12, 3], W0, rng=rng, dtype=dtype)
    masks = [rng.random(w.shape) < density for (w, _), density in zip(params, densities, strict=True)]
    return params, masks, [(rng.uniform(-1, 1, (n, 2)), rng.uniform(0, 1, (n, 3))) for n in numbers]


def flat(gradient):
    return np.concatenate([np.ravel(own) for pair in gradient for own in pair]).astype(float)


def assert_close(found, wanted, dtype):
    """Relative in the norm: single entries may be as small as they like."""
    assert np.linalg.norm(found - wanted) <= TOLERANCE[dtype] * np.linalg.norm(wanted)


def both_steps(dtype, inner, numbers=(30, 30), kind="sine"):
    from spreme.inr.jax_backend import meta_step_by_jax

    params, masks, signals = problem(dtype, numbers)
    network = network_of(params, masks, kind, W0)
    assert {own.kernel for own in network.patterns} == {"dense", "sparse"}
    asked = network, network.take(params), lowered(signals, dtype), inner
    return meta_step_by_jax(*asked), meta_step(*asked)


@pytest.mark.parametrize(
    ("dtype", "activation", "order", "is_masked"),
    [
        (np.float64, "sine", 2, False),
        (np.float64, "sine", 1, True),
        (np.float64, "finer", 2, True),
        (np.float64, "gabor", 2, True),
        (np.float32, "sine", 2, True),
        (np.float32, "finer", 2, True),
        (np.float32, "gabor", 2, True),
    ],
)
def test_meta_gradients_agree(jax, dtype, activation, order, is_masked):
    params, masks, signals = problem(dtype)
    options = {"w0": W0, "activation": activation, "order": order, "masks": masks if is_masked else None}
    loss, gradient = meta_gradient(params, signals, backend="jax", **options)
    wanted_loss, wanted = meta_gradient(params, signals, **options)
    assert loss == pytest.approx(wanted_loss, rel=TOLERANCE[dtype])
    assert_close(flat(gradient), flat(wanted), dtype)
    assert all(type(own) is np.ndarray and own.dtype == dtype for pair in gradient for own in pair)
    if is_masked:
        assert all(np.all(w[~mask] == 0) for (w, _), mask in zip(gradient, masks, strict=True))


@pytest.mark.parametrize(
    ("order", "points", "numbers"), [(2, None, (30, 30)), (1, None, (30, 30)), (2, 0.5, (30, 30)), (2, None, (30, 17))]
)
def test_steps_agree_with_rates_of_their_own(jax, order, points, numbers):
    rates = np.random.default_rng(1).uniform(0, 0.02, (3, 2))
    rates[1, 0] = 0.0
    found, wanted = both_steps(np.float64, Inner(rates, 3, order, points), numbers)
    assert found.loss == pytest.approx(wanted.loss, rel=1e-10)
    assert [own.shape for pair in found.gradient for own in pair] == [
        own.shape for pair in wanted.gradient for own in pair
    ]
    assert_close(flat(found.gradient), flat(wanted.gradient), np.float64)
    assert_close(found.by_log_rate, wanted.by_log_rate, np.float64)
    assert found.by_log_rate[1, 0] == 0.0


def test_signals_mapped_over_as_on_an_accelerator(jax):
    from spreme.inr.jax_backend import masks_of, mean_gradient, on_device, precision, setting_of

    params, masks, signals = problem(np.float64)
    network, inner = network_of(params, masks, "sine", W0), Inner(np.full((3, 2), 1e-2), 2)
    with precision(np.float64):
        asked = on_device(params), jax.numpy.asarray(inner.rates), masks_of(network)
        pairs, setting = on_device(lowered(signals, np.float64)), setting_of(network, inner)
        one_way, other_way = (mean_gradient(setting._replace(maps=maps), *asked, pairs) for maps in (True, False))
    assert float(one_way[0]) == pytest.approx(float(other_way[0]), rel=1e-12)
    assert_close(flat(one_way[1]), flat(other_way[1]), np.float64)


def test_one_program_serves_all_masks(jax):
    from spreme.inr.jax_backend import compiled, setting_of

    inner = Inner(np.full((3, 2), 1e-2), 1)
    params, masks, signals = problem(np.float64, numbers=(11,))
    for own in (None, masks):
        meta_gradient(params, signals, w0=W0, inner_steps=1, masks=own, backend="jax")
    network = network_of(params, None, "sine", W0)
    assert compiled(setting_of(network, inner))._cache_size() == 1


@pytest.mark.parametrize("is_double", [False, True])
def test_precision_of_the_session_is_left_alone(jax, is_double):
    from spreme.inr.jax_backend import precision

    with precision(np.float64 if is_double else np.float32):
        for dtype in (np.float32, np.float64):
            params, _, signals = problem(dtype, numbers=(11,))
            _, gradient = meta_gradient(params, signals, w0=W0, inner_steps=1, backend="jax")
            assert gradient[0][0].dtype == dtype
            assert (jax.numpy.zeros(1, float).dtype == np.float64) == is_double


def family(lengths=(40, 40, 40, 40)):
    """Sines of frequencies close together."""
    coordinates = [np.linspace(-1, 1, n)[:, None] for n in lengths]
    return [(x, np.sin((3 + k / 4) * x)) for k, x in enumerate(coordinates)]


def trained(backend, signals=None, dtype="float64", **settings):
    inr = SparseINR(hidden=(8, 8), w0=6.0, dtype=dtype)
    phases = {"densities": (1.0, 0.5, 0.2), "meta_iter": 4, "retrain_iter": 3, "meta_batch": 2}
    model = MetaSparseINR(inr, backend=backend, random_state=0, **{**phases, **settings})
    return model.fit(family() if signals is None else signals)


def assert_same_starts(found, wanted, tolerance):
    for own, other in zip(found.path_, wanted.path_, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(own.mask, other.mask, strict=True))
        assert own.n_weights == other.n_weights
        vectors = [flat(zip(point.weights, point.biases, strict=True)) for point in (own, other)]
        assert np.linalg.norm(vectors[0] - vectors[1]) <= tolerance * np.linalg.norm(vectors[1])
        np.testing.assert_allclose(own.inner_lr, other.inner_lr, rtol=tolerance)
        np.testing.assert_allclose(own.loss, other.loss, rtol=tolerance)
        assert all(np.all(w[~mask] == 0) for w, mask in zip(own.weights, own.mask, strict=True))


# Adam divides by the size of the gradient: an entry that is all rounding moves by a whole step, 1e-3 of the weights.
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-8), ("float32", 1e-3)])
def test_training_finds_the_same_starts(optax, dtype, tolerance):
    found, wanted = trained("jax", dtype=dtype), trained("numpy", dtype=dtype)
    assert_same_starts(found, wanted, tolerance)
    assert {own.dtype for point in found.path_ for own in (*point.weights, *point.biases)} == {np.dtype(dtype)}
    assert found.score(family()) == pytest.approx(wanted.score(family()), rel=tolerance)


@pytest.mark.parametrize(
    "settings", [{"inner_lr": 1e-2, "pruner": "random"}, {"adapt_mode": "modulations", "pruner": "magnitude"}]
)
def test_training_finds_the_same_starts_in_other_settings(optax, settings):
    assert_same_starts(trained("jax", **settings), trained("numpy", **settings), 1e-8)


def test_training_on_signals_of_different_lengths(optax):
    signals = family((40, 33, 40, 33))
    assert_same_starts(trained("jax", signals), trained("numpy", signals), 1e-8)


def test_a_start_that_diverges_is_the_last_finite_one(optax):
    models = []
    for backend in ("jax", "numpy"):
        with pytest.warns(ConvergenceWarning, match="diverged"):
            models.append(trained(backend, inner_lr=1e200, meta_iter=2))
    assert [len(model.path_) for model in models] == [1, 1]
    assert [model.status_ for model in models] == ["diverged", "diverged"]
    for found, wanted in zip(models[0].path_[0].weights, models[1].path_[0].weights, strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_without_jax_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    params, _, signals = problem(np.float32)
    with pytest.raises(ImportError, match=MISSING):
        meta_gradient(params, signals, backend="jax")
    with pytest.raises(ImportError, match=MISSING):
        trained("jax")


def test_without_optax_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "optax", None)
    with pytest.raises(ImportError, match=MISSING):
        trained("jax")


def test_the_package_itself_needs_no_jax():
    code = "import sys; sys.modules['jax'] = sys.modules['optax'] = None; import spreme.inr.jax_training"
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
