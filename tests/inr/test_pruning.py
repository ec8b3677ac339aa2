"""Pruning against its definitions: the scores, which weights survive, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from spreme.inr.pruning import PRUNERS, _lamp, count_kept, parameter_counts, prune

EPS = np.finfo(float).eps


def make_layers(rng, shapes, density=1.0):
    """Weights of scales that differ by layer, and masks of about a density."""
    weights = [rng.standard_normal(shape) / 10**k for k, shape in enumerate(shapes)]
    return weights, [rng.random(shape) < density for shape in shapes]


def lamp_by_definition(weight, mask):
    """Scores of all positions, nan where pruned: two loops over the layer."""
    scores = np.full(weight.shape, np.nan)
    for own in zip(*np.nonzero(mask), strict=True):
        total = sum(weight[other] ** 2 for other in zip(*np.nonzero(mask), strict=True) if larger(weight, other, own))
        scores[own] = weight[own] ** 2 / total
    return scores


def larger(weight, other, own):
    return abs(weight[other]) >= abs(weight[own])


def kept_by_sorting(scores, keep):
    """The `keep` highest scores of all layers: one sort of a list of triples, the first layer and position first."""
    entries = [(-s, k, i) for k, score in enumerate(scores) for i, s in enumerate(score.ravel()) if not np.isnan(s)]
    chosen = {(k, i) for _, k, i in sorted(entries)[:keep]}
    return [np.reshape([(k, i) in chosen for i in range(s.size)], s.shape) for k, s in enumerate(scores)]


layers = st.lists(
    st.tuples(st.integers(1, 4), st.integers(1, 4)).flatmap(
        lambda shape: st.tuples(
            # Few different numbers: equal weights are frequent.
            arrays.arrays(np.float64, shape, elements=st.integers(-6, 6).map(lambda n: n / 2)),
            arrays.arrays(np.bool_, shape),
        )
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=150, deadline=None)
@given(layers, st.sampled_from(sorted(PRUNERS)), st.integers(0, 4), st.data())
def test_every_method(layers, method, floor, data):
    weights, masks = map(list, zip(*layers, strict=True))
    floors = [min(floor, int(mask.sum())) for mask in masks]
    keep = data.draw(st.integers(sum(floors), count_kept(masks)))
    pruned, again = (prune(weights, masks, keep, method, np.random.default_rng(0), floor=floor) for _ in range(2))
    assert count_kept(pruned) == keep
    for new, old, repeated, least in zip(pruned, masks, again, floors, strict=True):
        assert new.dtype == bool
        assert new.shape == old.shape
        assert not (new & ~old).any()
        assert new.sum() >= least
        assert np.array_equal(new, repeated)


@settings(max_examples=150, deadline=None)
@given(layers, st.sampled_from(["magnitude", "lamp"]), st.data())
def test_without_a_floor_the_best_survive(layers, method, data):
    """Equal weights of a layer have equal scores, and the first of them survive."""
    weights, masks = map(list, zip(*layers, strict=True))
    keep = data.draw(st.integers(0, count_kept(masks)))
    if method == "magnitude":
        scores = [np.where(mask, np.abs(weight), np.nan) for weight, mask in layers]
    else:
        scores = [np.full(mask.shape, np.nan) for _, mask in layers]
        for score, (weight, mask) in zip(scores, layers, strict=True):
            score[mask] = _lamp(np.abs(weight[mask]))
    expected = kept_by_sorting(scores, keep)
    found = prune(weights, masks, keep, method, floor=0)
    assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))


@settings(max_examples=100, deadline=None)
@given(arrays.arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(1, 5)), elements=st.floats(-1e3, 1e3)))
def test_lamp_against_its_definition(weight):
    """Sums of up to 25 squares in another order."""
    weight = np.where(np.abs(weight) < 1e-100, 0, weight)  # squares below the smallest number are nobody's business
    mask = np.ones(weight.shape, dtype=bool)
    with np.errstate(invalid="ignore"):
        expected = np.nan_to_num(lamp_by_definition(weight, mask)).ravel()
    assert _lamp(np.abs(weight).ravel()) == pytest.approx(expected, rel=60 * EPS, abs=1e-300)


@pytest.mark.parametrize("keep", [3, 8, 20, 41])
def test_lamp_chooses_by_its_definition(keep):
    """Random weights have no equal scores; pruned weights, however large, do not enter the sums."""
    rng = np.random.default_rng(keep)
    weights, masks = make_layers(rng, [(2, 8), (8, 8), (8, 1)], 0.7)
    weights = [np.where(mask, weight, 1e6) for weight, mask in zip(weights, masks, strict=True)]
    scores = [lamp_by_definition(weight, mask) for weight, mask in zip(weights, masks, strict=True)]
    found = prune(weights, masks, keep, "lamp", floor=0)
    assert all(np.array_equal(a, b) for a, b in zip(found, kept_by_sorting(scores, keep), strict=True))


def test_lamp_by_hand():
    scores = _lamp(np.array([1.0, 2.0, 2.0, 4.0]))
    assert scores == pytest.approx([1 / 25, 4 / 24, 4 / 24, 1], rel=4 * EPS)
    assert _lamp(np.zeros(3)).tolist() == [0, 0, 0]
    assert _lamp(np.zeros(0)).shape == (0,)


def test_lamp_does_not_see_the_scale_of_a_layer():
    weights, masks = make_layers(np.random.default_rng(0), [(2, 16), (16, 16), (16, 1)])
    scaled = [weight * factor for weight, factor in zip(weights, (1e200, 1e-200, 8.0), strict=True)]
    for keep in (10, 60, 200):
        found = [prune(these, masks, keep, "lamp") for these in (weights, scaled)]
        assert all(np.array_equal(a, b) for a, b in zip(*found, strict=True))


def test_magnitude_empties_a_small_layer_and_lamp_does_not():
    """The hidden weights are 100 times smaller than the first ones: all of them go, up to the floor."""
    rng = np.random.default_rng(0)
    weights = [rng.uniform(-0.5, 0.5, (2, 40)), rng.uniform(-0.001, 0.001, (40, 40)), rng.uniform(-0.5, 0.5, (40, 1))]
    masks = [np.ones(weight.shape, dtype=bool) for weight in weights]
    magnitude, lamp = ([int(m.sum()) for m in prune(weights, masks, 60, how)] for how in ("magnitude", "lamp"))
    assert magnitude[1] == 1
    assert lamp[1] >= 10


def test_order_of_neurons_does_not_matter():
    rng = np.random.default_rng(1)
    weights, masks = make_layers(rng, [(3, 6), (6, 5), (5, 2)], 0.8)
    first, second = rng.permutation(6), rng.permutation(5)

    def renamed(own):
        return [own[0][:, first], own[1][first][:, second], own[2][second]]

    for method in ("magnitude", "lamp"):
        expected = renamed(prune(weights, masks, 20, method))
        found = prune(renamed(weights), renamed(masks), 20, method)
        assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))


def test_the_floor_takes_the_best_of_its_layer():
    weights = [np.array([[5.0, 4.0, 3.0, 2.0]]), np.array([[0.1], [0.4], [0.2], [0.3]])]
    masks = [np.ones(weight.shape, dtype=bool) for weight in weights]
    first, second = prune(weights, masks, 5, "magnitude", floor=2)
    assert first.ravel().tolist() == [True, True, True, False]
    assert second.ravel().tolist() == [False, True, False, True]


def test_equal_weights_survive_in_the_order_of_their_places():
    weights = [np.ones((2, 2)), -np.ones((2, 1))]
    masks = [np.ones(weight.shape, dtype=bool) for weight in weights]
    # The scores of LAMP are 1/4 in the first layer, 1/2 in the second.
    for method, keep, last in (("magnitude", 3, [[True], [False]]), ("lamp", 4, [[True], [True]])):
        first, second = prune(weights, masks, keep, method)
        assert first.tolist() == [[True, True], [False, False]]
        assert second.tolist() == last


@pytest.mark.parametrize("keep", [7, 50, 123, 300])
def test_random_balanced_leaves_equal_shares(keep):
    """A share common to all layers, to half a weight in each: the counts of any two layers agree to one share."""
    weights, masks = make_layers(np.random.default_rng(2), [(2, 20), (20, 20), (20, 3)], 0.9)
    pruned = prune(weights, masks, keep, "random_balanced", np.random.default_rng(keep), floor=0)
    sizes, counts = (np.array([int(m.sum()) for m in own]) for own in (masks, pruned))
    lowest, highest = (counts - 0.5) / sizes, (counts + 0.5) / sizes
    assert lowest.max() <= highest.min()


def test_random_methods_draw_every_weight_alike():
    """3000 draws of 12 of 36 weights: deviation of a frequency sqrt(1/3 2/3 / 3000) = 0.0086, five times that."""
    weights, masks = make_layers(np.random.default_rng(0), [(2, 6), (6, 4)])
    rng = np.random.default_rng(1)
    for method in ("random", "random_balanced"):
        draws = [np.concatenate([m.ravel() for m in prune(weights, masks, 12, method, rng)]) for _ in range(3000)]
        assert np.mean(draws, axis=0) == pytest.approx(np.full(36, 1 / 3), abs=0.043)


def test_pruning_changes_none_of_its_arguments():
    weights, masks = make_layers(np.random.default_rng(0), [(2, 6), (6, 4)], 0.8)
    copies = [own.copy() for own in (*weights, *masks)]
    prune(weights, masks, 5)
    assert all(np.array_equal(a, b) for a, b in zip((*weights, *masks), copies, strict=True))


ONES = [np.ones((2, 3)), np.ones((3, 1))]
FULL = [own.astype(bool) for own in ONES]


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((ONES, FULL[:1], 2), {}, ValueError, "one array per layer, got 2 and 1"),
        (([], [], 0), {}, ValueError, "one array per layer, got 0 and 0"),
        ((ONES, ONES, 2), {}, TypeError, "mask of layer 0 must be boolean, got float64"),
        ((ONES, [FULL[0], FULL[1].T], 2), {}, ValueError, r"layer 1 must be \(in, out\), got \(3, 1\) and \(1, 3\)"),
        ((ONES, FULL, 10), {}, ValueError, "keep must be from 2 .* to 9, got 10"),
        ((ONES, FULL, 3), {"floor": 2}, ValueError, "keep must be from 4 .* to 9, got 3"),
        ((ONES, FULL, -1), {}, ValueError, "keep must not be negative, got -1"),
        ((ONES, FULL, 2), {"floor": -1}, ValueError, "floor must not be negative, got -1"),
        ((ONES, FULL, 0.5), {}, TypeError, "keep must be an integer, got 0.5"),
        ((ONES, FULL, True), {}, TypeError, "keep must be an integer, got True"),
        ((ONES, FULL, 2, "largest"), {}, ValueError, "'magnitude', 'lamp', 'random', 'random_balanced', got 'largest'"),
        ((ONES, FULL, 2, "random"), {}, TypeError, "'random' needs rng, a numpy Generator, got None"),
        (([ONES[0], ONES[1] * np.nan], FULL, 2), {}, ValueError, "weights of layer 1 must be finite, got nan"),
    ],
)
def test_wrong_requests(arguments, options, error, message):
    with pytest.raises(error, match=message):
        prune(*arguments, **options)


def test_pruned_weights_may_be_anything():
    weights = [np.array([[1.0, np.nan, 2.0]]), np.ones((3, 1))]
    masks = [np.array([[True, False, True]]), FULL[1]]
    assert prune(weights, masks, 3, "magnitude", floor=0)[0].tolist() == [[True, False, True]]


def test_counts():
    masks = [np.array([[True, False], [True, True]]), np.array([[True], [False]])]
    assert count_kept(masks) == 4
    assert parameter_counts(masks, [np.zeros(2), np.zeros(1)]) == {"weights": 4, "biases": 3}
