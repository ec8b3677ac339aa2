"""One signal as a small sparse network."""

from __future__ import annotations

import os
import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted

from spreme.inr import activations, files
from spreme.inr.checks import as_coordinates, as_signal, check_density, check_settings
from spreme.inr.dead_neurons import without_dead_neurons
from spreme.inr.estimates import network_from
from spreme.inr.masks import parameter_counts
from spreme.inr.network import Theta, initialise
from spreme.inr.progress import progress, psnr
from spreme.inr.training import Penalty, Schedule, Trained, train

Array = NDArray[Any]

# Training that ends at so many times the error it began with has diverged.
DIVERGED = 10.0


class SparseINR(BaseEstimator):
    """A signal y = f(x) as a sparse implicit neural representation.

    A network with periodic activations is fitted by Adam to values at coordinates; with ``density`` below 1 weights are
    pruned on the way. It can be evaluated and differentiated anywhere.

    Parameters
    ----------
    hidden : tuple of int, default (64, 64, 64, 64)
        Neurons of the hidden layers.
    w0 : float, default 30
        Frequency of the activation for coordinates on [-1, 1]: about 30 for an image of 32 pixels a side, 5 to 20 for
        a time series.
    activation : {"sine", "finer", "gabor"}, default "sine"
        Activation of the hidden layers.
    density : float, default 1
        Share of the weights that are left in the end.
    pruner : {"lamp", "magnitude", "random", "random_balanced"}, default "lamp"
        Which weights stay.
    max_iter : int, default 1000
        Steps of Adam.
    lr : float, default 1e-3
        Their rate.
    penalty : callable, optional
        ``penalty(X, out) -> (value, slope)``: what is added to the mean square error for outputs ``out`` (n, d_out) at
        ``X`` (n, d_in), and its derivative by ``out``, such as the roughness of a solution on a grid.
    early_stopping : bool, default False
        Whether to hold out a fifth of the points and to return the parameters that fit these best.
    random_state : int, numpy.random.Generator or None, default None
        Seed.
    batch_size : int, optional
        Points drawn anew for every step (default: all).
    dtype : {"float32", "float64"}, default "float32"
        Precision.
    verbose : bool, default False
        Whether to show a progress bar.

    Attributes
    ----------
    weights_, biases_ : list of ndarray
        W (in, out) and b (out,) of every layer; ``weights_[k][~mask_[k]]`` is exactly zero.
    mask_ : list of ndarray of bool
        Weights in use.
    sparsity_ : float
        Share of the weights that are zero.
    n_parameters_ : dict
        Numbers of "weights" and "biases" that are left once neurons without any effect are dropped.
    loss_curve_ : list of float
        Mean square error at every step.
    held_out_loss_ : float
        Mean square error at the points that early stopping held out; NaN without.
    status_ : str
        "finished", "stopped early" or "diverged".
    n_features_in_ : int
        Number of coordinates.

    References
    ----------
    Sitzmann et al. (2020), Implicit neural representations with periodic activation functions, NeurIPS. Lee et al.
    (2021), Layer-adaptive sparsity for the magnitude-based pruning, ICLR.

    Examples
    --------
    >>> import numpy as np
    >>> from spreme.inr import SparseINR
    >>> t = np.linspace(-1, 1, 100)[:, None]
    >>> model = SparseINR(hidden=(32, 32), w0=8.0, density=0.3, max_iter=300, random_state=0).fit(t, np.sin(5 * t))
    >>> bool(model.score(t, np.sin(5 * t)) > 30), round(model.sparsity_, 2)
    (True, 0.7)
    >>> model.derivative(t).shape
    (100, 1)
    """

    def __init__(
        self,
        hidden: tuple[int, ...] = (64, 64, 64, 64),
        w0: float = 30.0,
        activation: str = "sine",
        density: float = 1.0,
        pruner: str = "lamp",
        max_iter: int = 1000,
        lr: float = 1e-3,
        penalty: Penalty | None = None,
        early_stopping: bool = False,
        random_state: int | np.random.Generator | None = None,
        *,
        batch_size: int | None = None,
        dtype: str = "float32",
        verbose: bool = False,
    ) -> None:
        self.hidden = hidden
        self.w0 = w0
        self.activation = activation
        self.density = density
        self.pruner = pruner
        self.max_iter = max_iter
        self.lr = lr
        self.penalty = penalty
        self.early_stopping = early_stopping
        self.random_state = random_state
        self.batch_size = batch_size
        self.dtype = dtype
        self.verbose = verbose

    def fit(self, X: ArrayLike, Y: ArrayLike) -> SparseINR:
        """Fit the network.

        Parameters
        ----------
        X : array_like (n, d_in)
            Coordinates, best on [-1, 1].
        Y : array_like (n, d_out) or (n,)
            Values, best of range about 1.

        Returns
        -------
        SparseINR
            The fitted estimator.

        Raises
        ------
        ValueError
            If data or settings cannot be used; the message names the culprit.
        """
        check_settings(self)
        x, y = as_signal(X, Y)
        rng = np.random.default_rng(self.random_state)
        widths = [x.shape[1], *self.hidden, y.shape[1]]
        check_density(self.density, widths)
        params = initialise(widths, self.w0, rng=rng, dtype=self.dtype)
        mask = [np.ones(w.shape, bool) for w, _ in params]
        network, theta = network_from([w for w, _ in params], [b for _, b in params], mask, self.activation, self.w0)
        schedule = Schedule(
            self.max_iter, self.lr, self.density, self.pruner, self.batch_size, self.early_stopping, self.penalty
        )
        with progress(self.max_iter, self.verbose, "SparseINR") as report:
            found = train(network, theta, _lower(x, self.dtype), _lower(y, self.dtype), schedule, rng, report)
        self._is_flat = np.ndim(Y) == 1
        return self._keep(found, stopped=len(found.loss) < self.max_iter)

    def _keep(self, found: Trained, *, stopped: bool = False) -> SparseINR:
        """Take over what was trained."""
        matrices = found.network.matrices(found.theta)
        self.weights_ = [w for w, _ in matrices]
        self.biases_ = [b for _, b in matrices]
        self.mask_ = [own.mask for own in found.network.patterns]
        self.loss_curve_, self.held_out_loss_ = found.loss, found.held_out_loss
        self.n_features_in_ = self.weights_[0].shape[0]
        self._count()
        diverged = bool(found.loss) and not found.loss[-1] < min(DIVERGED * found.loss[0] + 1e-12, np.inf)
        self.status_ = "diverged" if diverged else "stopped early" if stopped else "finished"
        if diverged:
            warnings.warn(
                f"training diverged after {len(found.loss)} steps: take a smaller lr or w0",
                ConvergenceWarning,
                stacklevel=3,
            )
        return self

    @np.errstate(over="ignore", invalid="ignore", divide="ignore")
    def _count(self) -> None:
        """Numbers that follow from weights and masks."""
        total = sum(own.size for own in self.mask_)
        self.sparsity_ = 1.0 - sum(int(own.sum()) for own in self.mask_) / total
        _, biases, masks, _ = without_dead_neurons(self.weights_, self.biases_, self.mask_, self._activate)
        self.n_parameters_ = parameter_counts(masks, biases)

    def _activate(self, u: Array) -> Array:
        """The activation of neurons, any shape."""
        return activations.value(self.activation, np.atleast_2d(u), self.w0).reshape(np.shape(u))

    def predict(self, X: ArrayLike) -> Array:
        """Evaluate the network.

        Parameters
        ----------
        X : array_like (n, d_in)
            Coordinates.

        Returns
        -------
        ndarray (n, d_out) or (n,)
            Values, of the dimension of the ``Y`` that was fitted.
        """
        check_is_fitted(self)
        x = as_coordinates(X, n_inputs=self.n_features_in_)
        network, theta = self._lowered()
        out = np.ascontiguousarray(network.predict(theta, _lower(x, self.dtype)).T)
        return out[:, 0] if self._is_flat else out

    def derivative(self, X: ArrayLike, order: int = 1, wrt: int | None = None) -> Array:
        """Differentiate the network exactly.

        Parameters
        ----------
        X : array_like (n, d_in)
            Coordinates.
        order : int, default 1
            Order of the derivative.
        wrt : int, optional
            Coordinate to differentiate by. None: the only one, or all of them apart.

        Returns
        -------
        ndarray (n, d_out) or (n,), or (n, d_out, d_in) or (n, d_in) for all coordinates
            Derivatives d^order y / d x_wrt^order.

        Examples
        --------
        >>> import numpy as np
        >>> from spreme.inr import SparseINR
        >>> x = np.random.default_rng(0).uniform(-1, 1, (50, 2))
        >>> model = SparseINR(hidden=(8,), max_iter=1, random_state=0).fit(x, x[:, 0])
        >>> model.derivative(x, order=2).shape, model.derivative(x, wrt=1).shape
        ((50, 2), (50,))
        """
        check_is_fitted(self)
        x = as_coordinates(X, n_inputs=self.n_features_in_)
        d = x.shape[1]
        if isinstance(order, bool) or not isinstance(order, int | np.integer) or order < 0:
            raise ValueError(f"order={order!r}: use a whole number, 0 or larger")
        if wrt is not None and not (isinstance(wrt, int | np.integer) and -d <= wrt < d):
            raise ValueError(f"wrt={wrt!r}: use the number of a coordinate, 0 to {d - 1}")
        network, theta = self._lowered()
        axes = [0] if d == 1 else range(d) if wrt is None else [int(wrt) % d]
        factorial = float(np.prod(np.arange(1, order + 1)))
        found = [factorial * network.series(theta, _lower(x, self.dtype), axis, int(order))[order].T for axis in axes]
        out = np.stack(found, axis=-1)
        out = out[:, 0] if self._is_flat else out
        return np.ascontiguousarray(out[..., 0] if len(found) == 1 else out)

    def _lowered(self) -> tuple[Any, Theta]:
        """Network and parameters."""
        return network_from(self.weights_, self.biases_, self.mask_, self.activation, self.w0)

    @np.errstate(over="ignore", invalid="ignore", divide="ignore")
    def score(self, X: ArrayLike, Y: ArrayLike) -> float:
        """Peak signal-to-noise ratio in dB, -10 log10 of the mean square error: for values of range 1.

        Parameters
        ----------
        X : array_like (n, d_in)
            Coordinates.
        Y : array_like (n, d_out) or (n,)
            Values.

        Returns
        -------
        float
            Higher is better; not R^2.
        """
        check_is_fitted(self)
        x, y = as_signal(X, Y, n_inputs=self.n_features_in_, n_outputs=self.weights_[-1].shape[1])
        left = np.asarray(self.predict(x), dtype=float).reshape(y.shape) - y
        return psnr(float(np.mean(left**2)))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted network to a .npz file: plain arrays and a JSON header, no pickle; ``penalty`` is left out.

        Parameters
        ----------
        path : path-like
            File.
        """
        check_is_fitted(self)
        arrays = {"loss_curve": np.array(self.loss_curve_), "held_out_loss": np.array(self.held_out_loss_)}
        for k, (w, b, own) in enumerate(zip(self.weights_, self.biases_, self.mask_, strict=True)):
            arrays.update({f"weights_{k}": w, f"biases_{k}": b, f"mask_{k}": own})
        settings = files.plain_settings(self.get_params(deep=False))
        fitted = {"is_flat": self._is_flat, "status": self.status_, "n_layers": len(self.weights_)}
        files.save(path, "SparseINR", {**settings, "fitted": fitted}, arrays)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> SparseINR:
        """Read a network written by `save`.

        Parameters
        ----------
        path : path-like
            File.

        Returns
        -------
        SparseINR
            Predicts as the saved one did.

        Raises
        ------
        ValueError
            If the file is foreign, damaged or newer.
        """
        settings, arrays = files.load(path, "SparseINR")
        with files.blamed_on(path):
            return cls._restored(settings, arrays)

    @classmethod
    def _restored(cls, settings: dict[str, Any], arrays: dict[str, Array]) -> SparseINR:
        """The network of a file."""
        fitted = settings.pop("fitted")
        model = cls(**{**settings, "hidden": tuple(settings["hidden"])})
        layers = range(fitted["n_layers"])
        model.weights_ = [arrays[f"weights_{k}"] for k in layers]
        model.biases_ = [arrays[f"biases_{k}"] for k in layers]
        model.mask_ = [arrays[f"mask_{k}"] for k in layers]
        model.loss_curve_, model.status_ = arrays["loss_curve"].tolist(), fitted["status"]
        model.held_out_loss_ = float(arrays["held_out_loss"])
        model._is_flat, model.n_features_in_ = fitted["is_flat"], model.weights_[0].shape[0]
        model._count()
        return model


def _lower(values: Array, dtype: str) -> Array:
    """Points as columns, in one precision."""
    return np.ascontiguousarray(values.T, dtype=dtype)
