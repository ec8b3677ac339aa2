"""The comparison of starts: sizes as asked for, rivals that match, what scores must be, records, commands."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spreme.inr import MetaSparseINR
from spreme.inr.experiments import (
    METHODS,
    Family,
    Settings,
    command_line,
    compare,
    families,
    load_family,
    plot_curves,
    plot_pictures,
    plot_psnr,
    read_records,
    write_records,
)
from spreme.inr.experiments.contestants import Contestant
from spreme.inr.experiments.settings import FIXED_RATE, Trial

TINY = Settings((10, 10), 6.0, (1.0, 0.6, 0.36), (0.6, 0.36), meta_iter=20, retrain_iter=10, rates=(1e-3,), steps=8)
TOTAL = 1 * 10 + 10 * 10 + 10 * 1


def waves(n_signals: int = 7, n_points: int = 40) -> Family:
    t = np.linspace(-1, 1, n_points)[:, None]
    values = np.array([0.5 + 0.4 * np.sin((3 + k / 5) * t) for k in range(n_signals)])
    return Family(t, values[:-2], values[-2:])


@pytest.fixture(scope="module")
def compared():
    starts: list[Contestant] = []
    records = compare(waves(), settings=TINY, methods=list(METHODS), report=lambda start, _: starts.append(start))
    return records, starts


def test_every_method_is_judged_in_every_trial_that_suits_it(compared) -> None:
    records, starts = compared
    expected = {
        (name, density, label)
        for name in METHODS
        for density in TINY.judged
        for label in ("2 SGD", "Adam 0.001")
        if label != "2 SGD" or name not in ("one_shot", "iterative_magnitude")
    }
    assert {(record.method, record.density, record.label) for record in records} == expected
    assert len(records) == len(expected)
    assert len(starts) == len(METHODS) * len(TINY.judged)
    assert all(np.isfinite(record.psnr) and record.n_signals == 2 for record in records)


def test_pruned_networks_have_at_most_the_weights_asked_for(compared) -> None:
    for record in compared[0]:
        if record.width == 10 and "narrow" not in record.method and record.method != "scratch":
            assert record.n_weights <= round(record.density * TOTAL)
            assert record.n_weights < record.n_total <= record.n_weights + 21


def test_rivals_are_of_the_nearest_size(compared) -> None:
    records = compared[0]
    sizes = {(own.method, own.density): (own.n_weights, own.n_total, own.width) for own in records}
    for density in TINY.judged:
        n_weights, n_total, _ = sizes["lamp", density]
        by_weights = min(range(1, 11), key=lambda w: abs(2 * w + w * w - n_weights))
        by_total = min(range(1, 11), key=lambda w: abs(2 * w + w * w + 2 * w + 1 - n_total))
        for method, width in (("dense_narrow", by_weights), ("dense_narrow_total", by_total), ("scratch", by_weights)):
            assert sizes[method, density] == (2 * width + width**2, 4 * width + width**2 + 1, width)


def test_rivals_have_as_many_meta_steps(compared) -> None:
    steps = {(own.method, own.density): own.meta_steps for own in compared[0]}
    for density, wanted in zip(TINY.judged, (30, 40), strict=True):
        for method in ("lamp", "random", "dense_narrow", "dense_narrow_total"):
            assert steps[method, density] == wanted
        assert steps["scratch", density] == 0
        assert steps["one_shot", density] == 20


def test_a_start_is_adapted_as_the_estimator_adapts_it(compared) -> None:
    family = waves()
    start = next(own for own in compared[1] if own.method == "lamp" and own.density == 0.36)
    meta = MetaSparseINR(
        start.inr, inner_lr=FIXED_RATE, densities=TINY.densities, meta_iter=20, retrain_iter=10, random_state=0
    ).fit(family.train, X=family.X)
    y = family.test[0]
    for trial in TINY.trials:
        known = meta.adapt(family.X, y, steps=trial.steps, optimizer=trial.optimizer, lr=trial.rate)
        assert np.array_equal(start.fit(family.X, y, trial).predict(family.X), known.predict(family.X))


@pytest.mark.parametrize("method", ["one_shot", "iterative_magnitude"])
def test_pruning_on_the_way_prunes_each_signal_for_itself(compared, method) -> None:
    family = waves()
    start = next(own for own in compared[1] if own.method == method and own.density == 0.36)
    kept = list(start.rounds.values())
    # One round half-way, or as many of about 20 % as lead to 36 %: log 0.36 / log 0.8 = 4.6.
    assert list(start.rounds) == [4] if method == "one_shot" else len(kept) == 5
    assert kept == sorted(kept, reverse=True)
    assert kept[-1] == round(0.36 * TOTAL)
    models = [start.fit(family.X, y, Trial("adam", 8, 1e-2)) for y in family.test]
    for model in models:
        assert sum(int(own.sum()) for own in model.mask_) == kept[-1]
        assert all(np.all(w[~own] == 0) for w, own in zip(model.weights_, model.mask_, strict=True))
    assert not start.takes(Trial("sgd", 2, None))


def test_meta_learning_beats_a_random_start_after_two_steps(compared) -> None:
    """The targets lie around 0.5, where a meta-start begins; a random one begins around 0."""
    found = {(own.method, own.density): own.psnr for own in compared[0] if own.label == "2 SGD"}
    assert found["dense_narrow", 0.6] > found["scratch", 0.6]


def test_the_truth_is_what_counts() -> None:
    family = waves()
    shifted = replace(family, truth=(family.X, family.test + 1.0))
    settings = replace(TINY, judged=(0.6,))
    plain, wrong = (compare(own, settings=settings, methods=["lamp"]) for own in (family, shifted))
    # The fit is closer than 0.3 (10 dB) to the signal, so at least 0.7 from what lies 1 above it: at most 3.1 dB.
    assert plain[-1].psnr > 10
    assert wrong[-1].psnr < 3.2


def test_seeds_give_other_starts_and_the_same_seed_the_same(compared) -> None:
    settings = replace(TINY, judged=(0.6,))
    again = compare(waves(), settings=settings, methods=["lamp"], seeds=(0, 1))
    first = [own for own in compared[0] if own.method == "lamp" and own.density == 0.6]
    assert again[:2] == first
    assert all(own.psnr != other.psnr for own, other in zip(again[2:], first, strict=True))


@pytest.mark.parametrize(
    ("settings", "methods", "message"),
    [
        (TINY, ["lampp"], "methods: 'lampp' is unknown.*lamp, magnitude"),
        (TINY, ["dense_narrow"], "matched to a pruned network.*name one of lamp"),
        (replace(TINY, judged=(0.5,)), ["lamp"], r"judged: 0\.5 is none of"),
        (replace(TINY, hidden=(8, 10)), ["lamp"], "layers of one width"),
    ],
)
def test_what_cannot_be_compared(settings, methods, message) -> None:
    with pytest.raises(ValueError, match=message):
        compare(waves(), settings=settings, methods=methods)


def test_records_come_back(compared, tmp_path) -> None:
    records = compared[0]
    write_records(records, tmp_path / "records.csv")
    assert read_records(tmp_path / "records.csv") == records
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match=r"other\.csv: the columns are \['a', 'b'\]"):
        read_records(tmp_path / "other.csv")


def test_figure_of_quality_has_every_method(compared) -> None:
    records = [*compared[0], *(replace(own, seed=1, psnr=own.psnr + 1) for own in compared[0])]
    for with_biases in (False, True):
        figure = plot_psnr(records, with_biases=with_biases)
        few, all_methods = figure.axes
        assert len(all_methods.lines) == len(METHODS)
        assert len(few.lines) == len(METHODS) - 2
        assert all_methods.get_xscale() == "log"
        line = all_methods.lines[0]
        found = [own for own in records if own.method == records[0].method and own.optimizer == "adam"]
        mean = np.mean([own.psnr for own in found if own.density == 0.6])
        assert line.get_ydata()[0] == pytest.approx(mean)


@pytest.mark.parametrize("n_colours", [1, 3])
def test_pictures(n_colours) -> None:
    truths = np.random.default_rng(0).random((2, 16, n_colours))
    figure = plot_pictures(truths, {"lamp": truths + 0.1, "dense_narrow": truths})
    axes = np.array(figure.axes[:10]).reshape(2, 5)
    assert axes[0, 1].get_xlabel() == "20.0 dB"  # a mean square error of 0.01
    assert np.allclose(axes[1, 2].images[0].get_array(), 0.1)
    assert np.allclose(axes[1, 4].images[0].get_array(), 0)


def test_curves() -> None:
    t, truths = np.linspace(0, 1, 9), np.random.default_rng(0).random((2, 9, 2))
    figure = plot_curves(t, truths, {"lamp": truths, "other": truths}, samples=(t[::2], truths[:, ::2]))
    assert [len(ax.lines) for ax in figure.axes] == [4] * 4


def test_families_suit_their_settings() -> None:
    family, settings = load_family("trajectories", quick=True)
    assert family.train.shape[1:] == family.test.shape[1:] == (len(family.X), 2)
    assert settings.densities[0] == 1.0
    assert set(settings.judged) <= set(settings.densities)
    assert settings.meta_steps(settings.judged[-1]) < Settings().meta_iter
    # Values are what the score in dB takes for granted.
    assert family.train.min() >= 0
    assert family.train.max() <= 1
    assert family.truth is not None
    assert len(family.test) == len(family.truth[1]) == families.QUICK_SIGNALS
    assert family.truth[1].shape[1:] == (len(family.truth[0]), 2)
    with pytest.raises(ValueError, match="'moons' is unknown: use one of faces"):
        load_family("moons")


@pytest.fixture
def two_tiny_families(monkeypatch):
    x = np.stack(np.meshgrid(*[np.linspace(-1, 1, 6)] * 2), axis=-1).reshape(-1, 2)
    pictures = np.random.default_rng(0).random((6, 36, 1))
    known = {"faces": (Family(x, pictures[:4], pictures[4:]), TINY), "trajectories": (waves(), TINY)}
    monkeypatch.setattr(command_line, "load_family", lambda name, quick: known[name])


@pytest.mark.parametrize("name", ["faces", "trajectories"])
def test_command_writes_records_and_pictures(two_tiny_families, name, tmp_path, capsys) -> None:
    folder = tmp_path / "a" / "b"
    assert command_line.main([name, "--methods", "lamp,dense_narrow", "--seeds", "2", "--out", str(folder)]) == 0
    assert len(read_records(folder / "records.csv")) == 2 * 2 * 2 * 2
    pictures = {"psnr.png", "psnr_with_biases.png", "reconstructions.png"}
    assert {file.name for file in folder.iterdir()} == {"records.csv", *pictures}
    assert all((folder / picture).stat().st_size > 5000 for picture in pictures)
    assert capsys.readouterr().out.count("dense_narrow (seed 1)") == 2


def test_command_says_what_is_wrong(two_tiny_families, tmp_path, capsys) -> None:
    assert command_line.main(["faces", "--methods", "dense_narrow", "--out", str(tmp_path)]) == 2
    assert "matched to a pruned network" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        command_line.main(["moons"])
