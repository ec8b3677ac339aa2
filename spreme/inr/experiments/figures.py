"""Pictures of a comparison: quality against size, and reconstructions beside the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spreme.inr.experiments.records import Record
from spreme.inr.experiments.settings import METHODS
from spreme.inr.progress import psnr

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[Any]

LABELS = {
    "lamp": "meta-sparse, LAMP",
    "lamp_learned": "meta-sparse, LAMP, learned rates",
    "magnitude": "meta-sparse, magnitude",
    "random": "random pruning",
    "random_balanced": "random pruning, balanced",
    "dense_narrow": "dense-narrow (weights)",
    "dense_narrow_total": "dense-narrow (weights + biases)",
    "dense_narrow_learned": "dense-narrow (weights), learned rates",
    "dense_narrow_total_learned": "dense-narrow (weights + biases), learned rates",
    "one_shot": "one-shot pruning per signal",
    "iterative_magnitude": "gradual pruning per signal",
    "scratch": "narrow, no meta-learning",
}
COLOURS = {name: f"C{k % 10}" for k, name in enumerate(METHODS)}
DASHED = ("dense", "scratch", "one_shot", "iterative")


def plot_psnr(records: Sequence[Record], *, with_biases: bool = False) -> Figure:
    """Draw quality against size, one panel per trial.

    Parameters
    ----------
    records : sequence of Record
        Records. Lines are means over seeds, bands reach from the worst to the best seed.
    with_biases : bool, default False
        Whether the size counts biases, too.

    Returns
    -------
    matplotlib.figure.Figure
        Figure.
    """
    from matplotlib.figure import Figure

    labels = list(dict.fromkeys(record.label for record in records))
    figure = Figure(figsize=(3.1 * len(labels) + 2.6, 3.6), dpi=110, layout="constrained")
    axes = figure.subplots(1, len(labels), squeeze=False)[0]
    for ax, label in zip(axes, labels, strict=True):
        of_trial = [record for record in records if record.label == label]
        for method in dict.fromkeys(record.method for record in of_trial):
            _line(ax, [record for record in of_trial if record.method == method], method, with_biases)
        _finish(ax, of_trial[0], label, with_biases)
    axes[0].set_ylabel("PSNR, mean over test signals (dB)")
    # Trials of pruning on the way are fewer: the panel of the last has all methods.
    figure.legend(*axes[-1].get_legend_handles_labels(), loc="outside right center", fontsize="small", frameon=False)
    return figure


def _line(ax: Axes, records: Sequence[Record], method: str, with_biases: bool) -> None:
    """One method in one panel."""
    densities = sorted({record.density for record in records}, reverse=True)
    groups = [[record for record in records if record.density == density] for density in densities]
    sizes = [np.mean([own.n_total if with_biases else own.n_weights for own in group]) for group in groups]
    scores = [[own.psnr for own in group] for group in groups]
    style = "--" if method.startswith(DASHED) else "-"
    ax.plot(
        sizes, [np.mean(own) for own in scores], f"o{style}", ms=3, lw=1.4, color=COLOURS[method], label=LABELS[method]
    )
    if max(map(len, scores)) > 1:
        lowest, highest = [min(own) for own in scores], [max(own) for own in scores]
        ax.fill_between(sizes, lowest, highest, color=COLOURS[method], alpha=0.15, lw=0)


def _finish(ax: Axes, record: Record, label: str, with_biases: bool) -> None:
    """Title, axes, grid."""
    title = label if record.optimizer == "sgd" else f"{record.steps} steps of {label}"
    ax.set(title=f"{title}, inner rates" if record.rate is None else title, xscale="log")
    ax.set_xlabel("weights and biases" if with_biases else "weights")
    ax.grid(alpha=0.25, which="both", lw=0.5)
    ax.spines[["top", "right"]].set_visible(False)


def plot_pictures(truths: Array, predictions: Mapping[str, Array]) -> Figure:
    """Draw square pictures, their reconstructions and the errors of these.

    Parameters
    ----------
    truths : ndarray (m, n, d_out)
        Pictures row by row, n a square number, one or three colours in [0, 1].
    predictions : mapping of str to ndarray (m, n, d_out)
        Method -> reconstructions.

    Returns
    -------
    matplotlib.figure.Figure
        A row for each picture: the truth, and for each method reconstruction and error.
    """
    from matplotlib.figure import Figure

    m, columns = len(truths), 1 + 2 * len(predictions)
    figure = Figure(figsize=(1.75 * columns, 1.8 * m + 0.3), dpi=110, layout="constrained")
    axes = figure.subplots(m, columns, squeeze=False)
    errors = {name: np.abs(found - truths).mean(axis=2) for name, found in predictions.items()}
    worst = max(float(np.quantile(own, 0.99)) for own in errors.values())
    for i, row in enumerate(axes):
        _show(row[0], truths[i])
        for k, (name, found) in enumerate(predictions.items()):
            _show(row[1 + 2 * k], found[i])
            row[1 + 2 * k].set_xlabel(f"{psnr(float(np.mean((found[i] - truths[i]) ** 2))):.1f} dB", fontsize="small")
            shown = row[2 + 2 * k].imshow(_square(errors[name][i]), cmap="magma", vmin=0, vmax=worst)
    titles = ["truth", *(text for name in predictions for text in (LABELS.get(name, name), "error"))]
    for ax, title in zip(axes[0], titles, strict=True):
        ax.set_title(title, fontsize="small")
    for ax in axes.flat:
        ax.set(xticks=[], yticks=[])
    figure.colorbar(shown, ax=axes, shrink=0.6, label="|error|")
    return figure


def _square(values: Array) -> Array:
    """A picture (side, side, ...) from its pixels (n, ...)."""
    side = round(len(values) ** 0.5)
    return values.reshape(side, side, *values.shape[1:])


def _show(ax: Axes, values: Array) -> None:
    """One picture, grey or in colours."""
    picture = np.clip(_square(values), 0, 1)
    ax.imshow(picture if values.shape[1] == 3 else picture[..., 0], cmap="gray", vmin=0, vmax=1)


def plot_curves(
    t: Array, truths: Array, predictions: Mapping[str, Array], samples: tuple[Array, Array] | None = None
) -> Figure:
    """Draw curves and their reconstructions.

    Parameters
    ----------
    t : ndarray (n,)
        Times.
    truths : ndarray (m, n, d_out)
        True curves.
    predictions : mapping of str to ndarray (m, n, d_out)
        Method -> reconstructions.
    samples : tuple of ndarray (k,) and ndarray (m, k, d_out), optional
        What was fitted.

    Returns
    -------
    matplotlib.figure.Figure
        A row for each curve, a column for each of its values.
    """
    from matplotlib.figure import Figure

    m, d_out = len(truths), truths.shape[2]
    figure = Figure(figsize=(3.6 * d_out, 1.9 * m + 0.6), dpi=110, layout="constrained")
    axes = figure.subplots(m, d_out, squeeze=False, sharex=True)
    for (i, j), ax in np.ndenumerate(axes):
        ax.plot(t, truths[i, :, j], color="0.6", lw=3, label="truth")
        for name, found in predictions.items():
            ax.plot(t, found[i, :, j], lw=1.3, color=COLOURS.get(name), label=LABELS.get(name, name))
        if samples is not None:
            ax.plot(samples[0], samples[1][i, :, j], "k.", ms=4, label="samples")
        ax.spines[["top", "right"]].set_visible(False)
    for ax in axes[-1]:
        ax.set_xlabel("t")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=4, fontsize="small")
    return figure
