"""Units from the data to the law: kept, written, converted on the way back, and without any effect on the numbers."""

import sys
import warnings

import numpy as np
import pytest

from spreme import CustomLibrary, SpReME, Trajectories
from spreme.persistence import law_from_dict, law_to_dict

pytest.importorskip("pint")
pandas = pytest.importorskip("pandas")
polars = pytest.importorskip("polars")

RATES = {"cold": 0.5, "mild": 1.0, "hot": 2.0}
T = np.linspace(0.0, 3.0, 61)


def data(scale=1.0, time_scale=1.0, **units):
    """Exponential decay at three rates."""
    x = [scale * np.exp(-rate * T) for rate in RATES.values()]
    return Trajectories(x, time_scale * T, list(RATES), state_names=["x"], **units)


# Least squares of the rows alone: the units are the same, and fits are faster.
FAST = {"refine": None}
GRAM = {"units": {"x": "g"}, "time_unit": "day"}


@pytest.fixture(scope="module")
def model():
    return SpReME(library=CustomLibrary(["1", "x", "x**2"]), **FAST).fit(data(**GRAM))


def test_learned_units(model):
    assert (model.units_, model.time_unit_) == ({"x": "g"}, "day")
    plain = SpReME(library=CustomLibrary(["1", "x", "x**2"]), **FAST).fit(data())
    assert (plain.units_, plain.time_unit_) == ({}, None)
    assert np.array_equal(plain.coef_, model.coef_)  # labels change no number
    assert "unit" not in plain.to_frame().columns


def test_units_of_coefficients(model):
    assert model.to_frame()["unit"].tolist() == ["1/d"] * 3
    assert model.conf_int()["unit"].tolist() == ["1/d"] * 3


@pytest.mark.parametrize("backend", ["pandas", "polars"])
def test_table_of_coefficients(model, backend):
    frame = model.to_frame(backend)
    assert type(frame).__module__.startswith(backend)
    assert list(frame.columns) == ["env", "state", "term", "value", "std", "unit"]
    assert frame["env"].to_list() == list(RATES)
    assert np.array_equal(frame["value"].to_numpy(), model.coef_[:, 0, 1])


def test_data_in_other_units_are_converted(model):
    other = data(1000.0, 24.0, units={"x": "mg"}, time_unit="h")
    assert model.score(other) == pytest.approx(model.score(data()), rel=1e-9)
    assert model.rollout_error(other)["hot"] == pytest.approx(model.rollout_error(data())["hot"], abs=1e-6)
    assert model.score_environments(other) != model.score_environments(data(1000.0, 24.0))


def test_data_of_other_dimensions_are_refused(model):
    with pytest.raises(ValueError, match=r"state 'x': 'm' .*to 'g'"):
        model.score(data(units={"x": "m"}))
    with pytest.raises(ValueError, match=r"the time: 'm' .*to 'day'"):
        model.adapt(data(time_unit="m").where(env="hot"))


def test_columns_without_names_go_by_position(model):
    plain = Trajectories([1000 * np.exp(-T)], T, ["mild"], units={"x0": "mg"})
    assert model.score(plain) == pytest.approx(1.0, abs=1e-6)


def test_adaptation_converts_and_keeps_units(model):
    new = Trajectories([1000 * np.exp(-0.7 * T)], 24 * T, ["new"], units={"x0": "mg"}, time_unit="h")
    adapted = model.adapt(new)
    assert (adapted.units_, adapted.time_unit_) == ({"x": "g"}, "day")
    assert adapted.coef_[0, 0, 1] == pytest.approx(-0.7, abs=1e-4)  # per day, as fitted


def test_quantities_are_fitted():
    import pint

    registry = pint.get_application_registry()
    x = [registry.Quantity(np.exp(-rate * T), "g") for rate in RATES.values()]
    found = SpReME(library=CustomLibrary(["1", "x0", "x0**2"]), **FAST).fit(
        x, registry.Quantity(T, "day"), env=list(RATES)
    )
    assert (found.units_, found.time_unit_) == ({"x0": "g"}, "d")


def test_saved_and_loaded(model, tmp_path):
    model.save(tmp_path / "model.json")
    loaded = SpReME.load(tmp_path / "model.json")
    assert (loaded.units_, loaded.time_unit_) == ({"x": "g"}, "day")
    document = law_to_dict(model._state.law)
    assert document["units"] == {"x": "g"}
    old = {key: value for key, value in document.items() if key not in ("units", "time_unit")}
    law = law_from_dict(old)
    assert (law.units, law.time_unit) == ({}, None)
    assert law_to_dict(law) == old  # a law without units is written as before
    for damage in ({"units": ["g"]}, {"units": {"x": 1}}, {"units": {"y": "g"}}, {"time_unit": 1}):
        with pytest.raises(ValueError, match=r"damaged.*unit"):
            law_from_dict({**document, **damage})


def test_a_unit_that_this_session_does_not_know(model):
    law = law_from_dict({**law_to_dict(model._state.law), "units": {"x": "spremeling"}})
    state = type(model._state)(**{**vars(model._state), "law": law})
    other = SpReME()
    other._learn(state)
    assert other.to_frame()["unit"].isna().all()
    assert other.score(data()) == model.score(data())


def test_terms_with_implied_constants_are_told_of():
    library = CustomLibrary(["x", "x/(1 + x)"])
    with pytest.warns(UserWarning, match=r"x/\(x \+ 1\) \(x \+ 1 adds x in g and a number\)"):
        SpReME(library=library, **FAST).fit(data(**GRAM))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        SpReME(library=library, **FAST).fit(data())
        SpReME(library=library, **FAST).fit(data(units={"x": "dimensionless"}))


def test_without_pint(model, monkeypatch):
    monkeypatch.setitem(sys.modules, "pint", None)
    found = SpReME(library=CustomLibrary(["x", "exp(x)"]), **FAST).fit(data(units={"x": "hares"}, time_unit="moons"))
    assert found.units_ == {"x": "hares"}
    assert list(found.to_frame().columns) == ["env", "state", "term", "value", "std"]
    assert found.score(data(units={"x": "hares"})) > 0.99
    with pytest.raises(ImportError, match=r"converting 'g' to 'hares' needs pint"):
        found.score(data(units={"x": "g"}))


@pytest.mark.parametrize("backend", ["pandas", "polars"])
def test_forecasts_as_frames(model, backend):
    many = model.simulate([[1.0], [2.0]], [0.0, 0.5, 1.0, 1.5], env="hot")
    frame = many.to_frame(backend)
    assert list(frame.columns) == ["env", "trajectory", "time", "x"]
    read = Trajectories.from_frame(frame, time="time", states=["x"], env="env", trajectory="trajectory")
    assert read.env == ["hot", "hot"]
    assert np.array_equal(np.stack(read.x), many.x)
    assert np.array_equal(read.t[1], many.t)


def test_forecast_with_a_band(model):
    one = model.simulate([1.0], [0.0, 0.5, 1.0], env="hot", band=0.9, n_draws=20)
    frame = one.to_frame(time="t")
    assert list(frame.columns) == ["env", "trajectory", "t", "x", "x_lower", "x_upper"]
    assert np.array_equal(frame["x_upper"], one.upper[:, 0])
    with pytest.raises(ValueError, match="time: the column 'x'"):
        one.to_frame(time="x")
