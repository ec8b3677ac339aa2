"""What a family's start is worth at each density."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from spreme.inr import MetaSparseINR
from spreme.inr.checks import as_family
from spreme.inr.progress import psnr
from spreme.plotting.panels import COLOURS, count, one_panel, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[Any]

# Meta-steps at the end of a density whose losses are averaged, and the share of the axis that a tick takes.
LAST, APART = 20, 0.14


def plot_density_path(
    meta: MetaSparseINR, family: Any = None, X: ArrayLike | None = None, ax: Axes | None = None
) -> Axes:
    """Draw how well the starts of a family do against their number of weights.

    Parameters
    ----------
    meta : MetaSparseINR
        Fitted starts.
    family : sequence of (X, Y) or array_like (m, n, d_out), default None
        Signals to judge by, best ones that were not learned from; None takes the losses at the end of the training.
    X : array_like (n, d_in), default None
        Common coordinates of a family that is an array.
    ax : matplotlib.axes.Axes, default None
        Axes to draw into; None makes a figure.

    Returns
    -------
    matplotlib.axes.Axes
        Peak signal-to-noise ratio after the inner loop, mean and range over the signals; or that of the mean loss of
        the last 20 meta-steps at each density. Weights are on a logarithmic scale.

    Raises
    ------
    TypeError
        If meta is no MetaSparseINR, or family no family.
    ValueError
        If meta is not fitted, or the signals do not fit.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from spreme.inr import MetaSparseINR, SparseINR
    >>> t = np.linspace(-1, 1, 40)[:, None]
    >>> family = [(t, np.sin((3 + k / 4) * t)) for k in range(6)]
    >>> inr = SparseINR(hidden=(12, 12), w0=6.0)
    >>> meta = MetaSparseINR(inr, densities=(1.0, 0.5), meta_iter=40, retrain_iter=20, random_state=0).fit(family)
    >>> axes = plot_density_path(meta, family)
    >>> axes.get_xlabel()
    'number of weights'
    >>> plt.close(axes.figure)
    """
    if not isinstance(meta, MetaSparseINR):
        raise TypeError(f"plot_density_path needs a fitted MetaSparseINR, got {type(meta).__name__}")
    check_is_fitted(meta)
    scores = None if family is None else _scores(meta, family, X)
    axes = one_panel(ax, 5.2, 3.6)
    counts = np.array([point.n_weights for point in meta.path_])
    if scores is None:
        means = np.array([psnr(float(np.mean(point.loss[-LAST:]))) for point in meta.path_])
        axes.set_ylabel("PSNR of the training loss (dB)")
    else:
        means = scores.mean(axis=1)
        label = f"range of {count(scores.shape[1], 'signal')}"
        axes.fill_between(
            counts, scores.min(axis=1), scores.max(axis=1), color=COLOURS[0], alpha=0.15, lw=0, label=label
        )
        axes.set_ylabel(f"PSNR after {count(meta.inner_steps, 'step')} (dB)")
    axes.plot(counts, means, color=COLOURS[0], marker="o", ms=5, lw=1.6, label="mean")
    if scores is not None and scores.shape[1] > 1:
        axes.legend(frameon=False, fontsize="small", loc="lower right")
    _scale(axes, counts)
    return axes


def _scores(meta: MetaSparseINR, family: Any, X: ArrayLike | None) -> Array:
    """Scores (densities, signals) after the inner loop."""
    signals = as_family(family, X, meta.n_features_in_, meta.path_[0].biases[-1].size)
    return np.array(
        [
            [meta.adapt(x, y, meta.inner_steps, "sgd", None, point.density).score(x, y) for x, y in signals]
            for point in meta.path_
        ]
    )


def _scale(axes: Axes, counts: NDArray[np.int64]) -> None:
    """Logarithms of the weights, with ticks at starts."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    axes.set_xscale("log")
    axes.set_xlabel("number of weights")
    axes.grid(lw=0.4, color="#dddddd")
    axes.xaxis.set_major_locator(FixedLocator(_ticks(counts)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    tidy(axes)


def _ticks(counts: NDArray[np.int64]) -> list[int]:
    """Numbers of weights, from the largest down, as many as can be read beside each other."""
    ticks = [int(counts[0])]
    for own in counts[1:]:
        if np.log(ticks[-1] / own) >= APART * np.log(counts[0] / counts[-1]):
            ticks.append(int(own))
    return ticks
