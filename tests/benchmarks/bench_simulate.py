"""Time of a forecast: spreme and PySINDy on the Lorenz system, 500 points, equal tolerances, in one run.

Needs the extra `bench`:  python tests/benchmarks/bench_simulate.py

Both packages fit the same clean trajectory and then simulate their own law from the same start. Calls alternate, so a
busy machine disturbs both alike; what counts is the ratio of the medians. The error is the largest distance from a
tight solution of the same law, so that speed is not bought by accuracy.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from spreme import PolynomialLibrary, SpReME

Array = NDArray[np.float64]
Forecaster = Callable[[float], Array]

START = np.array([-8.0, 8.0, 27.0])
TIMES = 0.01 * np.arange(500)
TOLERANCES = (1e-12, 1e-8)  # the first is PySINDy's default


def lorenz(_: float, state: Array) -> list[float]:
    """Lorenz's equations with his parameters."""
    x, y, z = state
    return [10.0 * (y - x), x * (28.0 - z) - y, x * y - 8.0 / 3.0 * z]


def training_data() -> tuple[Array, Array]:
    """Times and states of ten time units without noise."""
    t = np.linspace(0.0, 10.0, 5001)
    x = solve_ivp(lorenz, (0.0, t[-1]), START, t_eval=t, method="DOP853", rtol=1e-12, atol=1e-12).y.T
    return t, np.asarray(x, dtype=np.float64)


def spreme_forecaster(t: Array, x: Array) -> tuple[Forecaster, Callable[[float, Array], Array]]:
    """Forecast by spreme, and its right-hand side."""
    model = SpReME(library=PolynomialLibrary(degree=2)).fit([x], [t])
    assert model.mask_.sum() == 7, "spreme has not found the Lorenz system"
    return lambda tolerance: model.simulate(START, TIMES, rtol=tolerance).x, model.to_callable()


def pysindy_forecaster(t: Array, x: Array) -> tuple[Forecaster, Callable[[float, Array], Array]]:
    """Forecast by PySINDy with its default method, and its right-hand side."""
    import pysindy

    model = pysindy.SINDy(optimizer=pysindy.STLSQ(threshold=0.1), feature_library=pysindy.PolynomialLibrary(degree=2))
    model.fit(x, t=t)
    assert np.count_nonzero(model.coefficients()) == 7, "PySINDy has not found the Lorenz system"

    def forecast(tolerance: float) -> Array:
        options: dict[str, Any] = {"method": "LSODA", "rtol": tolerance, "atol": tolerance}
        return np.asarray(model.simulate(START, TIMES, integrator_kws=options))

    return forecast, lambda _, state: np.asarray(model.predict(state[None]))[0]


def error_of(forecast: Array, field: Callable[[float, Array], Array]) -> float:
    """Largest distance from a tight solution of the same law."""
    exact = solve_ivp(field, (0.0, TIMES[-1]), START, t_eval=TIMES, method="DOP853", rtol=1e-13, atol=1e-13).y.T
    return float(np.abs(forecast - exact).max())


def seconds(call: Callable[[], object]) -> float:
    """Wall time of one call."""
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def main() -> None:
    """Print one line per tolerance."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=15, help="calls of each package")
    repeats = parser.parse_args().repeats
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        t, x = training_data()
        ours, our_field = spreme_forecaster(t, x)
        theirs, their_field = pysindy_forecaster(t, x)
        for tolerance in TOLERANCES:
            errors = error_of(ours(tolerance), our_field), error_of(theirs(tolerance), their_field)
            pairs = [(seconds(lambda: ours(tolerance)), seconds(lambda: theirs(tolerance))) for _ in range(repeats)]  # noqa: B023
            fast, slow = (statistics.median(own) for own in zip(*pairs, strict=True))
            print(
                f"tolerance {tolerance:.0e}:  spreme {1e3 * fast:.3f} ms (error {errors[0]:.0e}),  "
                f"PySINDy {1e3 * slow:.1f} ms (error {errors[1]:.0e}),  ratio {slow / fast:.0f}"
            )


if __name__ == "__main__":
    main()
