"""Networks without dead neurons against the networks they came from."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spreme.inr.pruning import parameter_counts, without_dead_neurons

EPS = np.finfo(float).eps

ACTIVATIONS = {
    "sine": lambda u: np.sin(30 * u),
    "finer": lambda u: np.sin(30 * (np.abs(u) + 1) * u),
    "gauss": lambda u: np.exp(-(u**2)),
}


def predict(x, weights, biases, masks, activate):
    for weight, bias, mask in zip(weights[:-1], biases, masks, strict=False):
        x = activate(x @ (weight * mask) + bias)
    return x @ (weights[-1] * masks[-1]) + biases[-1]


def make_network(rng, widths, density, dtype=np.float64):
    shapes = list(pairwise(widths))
    weights = [(rng.uniform(-1, 1, shape) / 30).astype(dtype) for shape in shapes]
    biases = [(rng.uniform(-1, 1, shape[1]) / 30).astype(dtype) for shape in shapes]
    return weights, biases, [rng.random(shape) < density for shape in shapes]


def neurons_alive(masks):
    """Hidden neurons on a path of weights that leads back to an input and on to an output."""
    fed, used = [np.ones(len(masks[0]), dtype=bool)], [np.ones(masks[-1].shape[1], dtype=bool)]
    for mask in masks:
        fed.append((mask & fed[-1][:, None]).any(axis=0))
    for mask in reversed(masks):
        used.insert(0, (mask & used[0]).any(axis=1))
    return [np.flatnonzero(a & b) for a, b in zip(fed[1:-1], used[1:-1], strict=True)]


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, 10**6),
    st.lists(st.integers(1, 8), min_size=2, max_size=6),
    st.floats(0, 1),
    st.sampled_from(sorted(ACTIVATIONS)),
)
def test_predictions_without_dead_neurons(seed, widths, density, name):
    """Activations are at most 1, slopes at most 100; weights are below 1/30, at most 8 go into a neuron."""
    rng = np.random.default_rng(seed)
    weights, biases, masks = make_network(rng, widths, density)
    living = without_dead_neurons(weights, biases, masks, ACTIVATIONS[name])
    x = rng.uniform(-1, 1, (20, widths[0]))
    before = predict(x, weights, biases, masks, ACTIVATIONS[name])
    after = predict(x, living.weights, living.biases, living.masks, ACTIVATIONS[name])
    # Every hidden layer multiplies a rounding by at most 8 / 30 * 100 and adds some of its own.
    assert after == pytest.approx(before, abs=16 * EPS * 27 ** (len(widths) - 2))
    for kept, alive in zip(living.kept, neurons_alive(masks), strict=True):
        assert kept.tolist() == (alive.tolist() or [0])
    widths_after = [widths[0], *map(len, living.kept), widths[-1]]
    assert [w.shape for w in living.weights] == list(pairwise(widths_after))
    for weight, bias, mask in zip(*living[:3], strict=True):
        assert weight.shape == mask.shape
        assert bias.shape == weight.shape[1:]
        assert not weight[~mask].any()


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.floats(0, 0.6))
def test_nothing_is_left_to_drop(seed, density):
    weights, biases, masks = make_network(np.random.default_rng(seed), [2, 6, 6, 6, 1], density)
    once = without_dead_neurons(weights, biases, masks, np.sin)
    twice = without_dead_neurons(*once[:3], np.sin)
    assert all(kept.tolist() == list(range(len(kept))) for kept in twice.kept)
    for before, after in zip(once[:3], twice[:3], strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_a_chain_of_dead_neurons():
    """1 -> 2 -> 2 -> 1: the second neuron has no input, the one fed by it alone is a constant, too."""
    weights = [np.array([[1.0, 9.0]]), np.diag([2.0, 3.0]), np.array([[1.0], [4.0]])]
    masks = [np.array([[True, False]]), np.eye(2, dtype=bool), np.ones((2, 1), dtype=bool)]
    biases = [np.array([0.1, 0.2]), np.array([0.3, 0.4]), np.array([0.5])]
    living = without_dead_neurons(weights, biases, masks, np.sin)
    assert [kept.tolist() for kept in living.kept] == [[0], [0]]
    assert living.biases[-1] == pytest.approx([0.5 + 4 * np.sin(0.4 + 3 * np.sin(0.2))], rel=4 * EPS)
    assert parameter_counts(living.masks, living.biases) == {"weights": 3, "biases": 3}


def test_a_constant_network_keeps_its_shape():
    """No weight between the hidden layers: one neuron each is left, without weights, and the outputs are biases."""
    rng = np.random.default_rng(0)
    weights, biases, masks = make_network(rng, [2, 5, 4, 3], 1.0)
    masks[1][:] = False
    living = without_dead_neurons(weights, biases, masks, np.sin)
    assert [kept.tolist() for kept in living.kept] == [[0], [0]]
    assert [w.shape for w in living.weights] == [(2, 1), (1, 1), (1, 3)]
    assert parameter_counts(living.masks, living.biases) == {"weights": 0, "biases": 5}
    assert living.biases[-1] == pytest.approx(np.sin(biases[1]) @ weights[2] + biases[2], rel=16 * EPS)


def test_single_precision_and_arguments_stay():
    weights, biases, masks = make_network(np.random.default_rng(3), [2, 12, 12, 3], 0.1, np.float32)
    copies = [own.copy() for own in (*weights, *biases, *masks)]
    living = without_dead_neurons(weights, biases, masks, ACTIVATIONS["sine"])
    assert len(living.kept[0]) < 12
    assert {own.dtype for own in (*living.weights, *living.biases)} == {np.dtype(np.float32)}
    assert all(np.array_equal(a, b) for a, b in zip((*weights, *biases, *masks), copies, strict=True))
    # Nothing of the arguments is shared.
    for own in (*living.weights, *living.biases, *living.masks):
        assert not any(np.shares_memory(own, given) for given in (*weights, *biases, *masks))


def test_a_network_without_hidden_layers_stays():
    living = without_dead_neurons([np.ones((2, 1))], [np.zeros(1)], [np.zeros((2, 1), dtype=bool)], np.sin)
    assert living.kept == []
    assert living.weights[0].tolist() == [[0], [0]]


ONES = [np.ones((2, 3)), np.ones((3, 1))]
FULL = [own.astype(bool) for own in ONES]


@pytest.mark.parametrize(
    ("weights", "biases", "masks", "message"),
    [
        (ONES, [np.zeros(3)], FULL, "biases must have one array per layer, 2 in all, got 1"),
        (ONES, [np.zeros(2), np.zeros(1)], FULL, r"biases of layer 0 must have shape \(3,\), got \(2,\)"),
        ([ONES[0], np.ones((2, 1))], [np.zeros(3), np.zeros(1)], [FULL[0], FULL[1][:2]], "layer 1 must take 3 inputs"),
    ],
)
def test_wrong_networks(weights, biases, masks, message):
    with pytest.raises(ValueError, match=message):
        without_dead_neurons(weights, biases, masks, np.sin)
