"""One sparse start for a family of signals."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted

from spreme.inr import files
from spreme.inr.adaptation import climb_down, descend
from spreme.inr.checks import as_coordinates, as_family, as_signal, check_adaptation, check_density, check_meta_settings
from spreme.inr.codes import decode, encode
from spreme.inr.estimates import DensityPoint, network_from
from spreme.inr.learners import learner_by
from spreme.inr.masks import check_layers
from spreme.inr.meta_gradient import lowered
from spreme.inr.meta_training import make_plan, meta_train
from spreme.inr.network import initialise
from spreme.inr.progress import progress
from spreme.inr.sparse_inr import SparseINR

Array = NDArray[Any]


class MetaSparseINR(BaseEstimator):
    """A sparse start from which every signal of a family is fitted in a few steps.

    The start is learned by exact second-order meta-gradients, pruned and trained again, density by density.

    Parameters
    ----------
    inr : SparseINR, default SparseINR()
        Gives the architecture: ``hidden``, ``w0``, ``activation``, ``dtype``.
    inner_steps : int, default 2
        Steps of gradient descent on a signal.
    inner_lr : "learned" or float, default "learned"
        Their rate; "learned" learns one for the weights and one for the biases of every layer, from 1e-2 on.
    order : {2, 1}, default 2
        1 leaves out second derivatives: half the time, worse starts.
    outer_lr : float, default 1e-3
        Rate of Adam at the first density; it falls linearly to a tenth.
    retrain_lr : float, default 5e-4
        The same at every further density.
    meta_batch : int, default 3
        Signals of one meta-step.
    meta_iter : int, default 400
        Meta-steps at the first density.
    densities : tuple of float, default (1.0,)
        Decreasing shares of the weights; each has a start of its own.
    retrain_iter : int, default 200
        Meta-steps at every further density; fewer than 200 are too few.
    pruner : {"lamp", "magnitude", "random", "random_balanced"}, default "lamp"
        Which weights stay.
    adapt_mode : {"full", "modulations"}, default "full"
        What a signal may change: everything, or one shift of every hidden neuron.
    points : float, optional
        Share of the points, those of the largest error, that every inner step uses (default: all).
    backend : {"numpy", "jax"}, default "numpy"
        What computes meta-gradients; "jax" needs the extra ``spreme[jax]`` and runs on an accelerator.
    random_state : int, numpy.random.Generator or None, default None
        Seed.
    verbose : bool, default False
        Whether to show a progress bar.

    Attributes
    ----------
    path_ : list of DensityPoint
        One start per density: ``density``, ``n_weights``, ``weights``, ``biases``, ``mask``, ``inner_lr``, ``loss``.
    status_ : str
        "finished" or "diverged".
    n_features_in_ : int
        Number of coordinates.

    References
    ----------
    Lee, Tack, Lee and Shin (2021), Meta-learning sparse implicit neural representations, NeurIPS (arXiv 2110.14678).

    Examples
    --------
    >>> import numpy as np
    >>> from spreme.inr import MetaSparseINR, SparseINR
    >>> t = np.linspace(-1, 1, 60)[:, None]
    >>> family = [(t, np.sin((3 + k / 4) * t)) for k in range(8)]
    >>> inr = SparseINR(hidden=(24, 24), w0=6.0)
    >>> meta = MetaSparseINR(inr, densities=(1.0, 0.5), meta_iter=100, retrain_iter=50, random_state=0).fit(family)
    >>> [point.n_weights for point in meta.path_]
    [624, 312]
    >>> fitted = meta.adapt(t, np.sin(3.6 * t), steps=2, optimizer="sgd")
    >>> bool(fitted.score(t, np.sin(3.6 * t)) > 15)
    True
    """

    def __init__(
        self,
        inr: SparseINR | None = None,
        inner_steps: int = 2,
        inner_lr: str | float = "learned",
        order: int = 2,
        outer_lr: float = 1e-3,
        retrain_lr: float = 5e-4,
        meta_batch: int = 3,
        meta_iter: int = 400,
        densities: tuple[float, ...] = (1.0,),
        retrain_iter: int = 200,
        pruner: str = "lamp",
        adapt_mode: str = "full",
        points: float | None = None,
        backend: str = "numpy",
        random_state: int | np.random.Generator | None = None,
        *,
        verbose: bool = False,
    ) -> None:
        self.inr = inr
        self.inner_steps = inner_steps
        self.inner_lr = inner_lr
        self.order = order
        self.outer_lr = outer_lr
        self.retrain_lr = retrain_lr
        self.meta_batch = meta_batch
        self.meta_iter = meta_iter
        self.densities = densities
        self.retrain_iter = retrain_iter
        self.pruner = pruner
        self.adapt_mode = adapt_mode
        self.points = points
        self.backend = backend
        self.random_state = random_state
        self.verbose = verbose

    def fit(
        self, family: ArrayLike | Sequence[tuple[ArrayLike, ArrayLike]], X: ArrayLike | None = None
    ) -> MetaSparseINR:
        """Learn the start.

        Parameters
        ----------
        family : sequence of (X, Y) or array_like (m, n, d_out)
            Signals: coordinates (n, d_in) and values (n, d_out), or the values of all on common coordinates.
        X : array_like (n, d_in), optional
            The common coordinates.

        Returns
        -------
        MetaSparseINR
            The fitted estimator.

        Raises
        ------
        ValueError
            If data or settings cannot be used; the message names the culprit.
        ImportError
            If JAX or Optax is missing with ``backend="jax"``, or tqdm with ``verbose``; the message names the extra.
        """
        inr = SparseINR() if self.inr is None else self.inr
        check_meta_settings(self, inr)
        signals = as_family(family, X)
        rng = np.random.default_rng(self.random_state)
        d_in, d_out = signals[0][0].shape[1], signals[0][1].shape[1]
        widths = [d_in, *inr.hidden, d_out]
        check_density(self.densities[-1], widths)
        params = initialise(widths, inr.w0, rng=rng, dtype=inr.dtype)
        masks = [np.ones(w.shape, bool) for w, _ in params]
        network, theta = network_from([w for w, _ in params], [b for _, b in params], masks, inr.activation, inr.w0)
        plan = make_plan(self, len(params))
        total = self.meta_iter + (len(self.densities) - 1) * self.retrain_iter
        with progress(total, self.verbose, "MetaSparseINR") as report:
            self.path_ = meta_train(
                network, theta, lowered(signals, inr.dtype), plan, rng, report, learner_by(self.backend)
            )
        self.n_features_in_ = d_in
        self._n_outputs = d_out
        self.status_ = "finished" if np.isfinite(self.path_[-1].loss[-1]) else "diverged"
        if self.status_ == "diverged":
            warnings.warn(
                f"meta-training diverged at density {self.path_[-1].density:g}: take a smaller outer_lr or w0",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self

    def adapt(
        self,
        X: ArrayLike,
        Y: ArrayLike,
        steps: int = 100,
        optimizer: str = "adam",
        lr: float | None = 1e-4,
        density: float | None = None,
    ) -> SparseINR:
        """Fit one signal from the start.

        Parameters
        ----------
        X : array_like (n, d_in)
            Coordinates.
        Y : array_like (n, d_out) or (n,)
            Values.
        steps : int, default 100
            Steps.
        optimizer : {"adam", "sgd"}, default "adam"
            Adam for many steps, "sgd" for the few of the inner loop.
        lr : float or None, default 1e-4
            Rate; None with "sgd" takes the inner rates.
        density : float, optional
            Which start (default: the last, sparsest one).

        Returns
        -------
        SparseINR
            Fitted; weights outside its mask are exactly zero.

        Raises
        ------
        ValueError
            If data or settings cannot be used, or there is no start of that density.
        """
        check_is_fitted(self)
        point = self._at(density)
        x, y = as_signal(X, Y, n_inputs=self.n_features_in_, n_outputs=self._n_outputs)
        check_adaptation(steps, optimizer, lr)
        inr = self._architecture()
        network, theta = point.network(inr.activation, inr.w0)
        (x, y) = lowered([(x, y)], inr.dtype)[0]
        shifts_only = self.adapt_mode == "modulations"
        if optimizer == "adam":
            found = climb_down(network, theta, x, y, float(lr or 0.0), steps, shifts_only=shifts_only)
        else:
            found = descend(network, theta, x, y, self._rates(point, lr), steps, self.points)
        inr._is_flat = np.ndim(Y) == 1
        return inr._keep(found)

    def _rates(self, point: DensityPoint, lr: float | None) -> Array:
        """Rates of gradient descent (layers, 2)."""
        return point.inner_lr if lr is None else np.where(point.inner_lr > 0, lr, 0.0)

    def _architecture(self) -> SparseINR:
        """A network of the family, not yet fitted."""
        return SparseINR() if self.inr is None else clone(self.inr)

    def _at(self, density: float | None) -> DensityPoint:
        """The start of a density."""
        if density is None:
            return self.path_[-1]
        for point in self.path_:
            if np.isclose(point.density, density, rtol=1e-6):
                return point
        known = ", ".join(f"{point.density:.4g}" for point in self.path_)
        raise ValueError(f"density={density!r}: there are starts for {known}")

    def transform(self, family: Any, X: ArrayLike | None = None) -> list[Array]:
        """Codes of signals: the parameters after the inner loop from the last start.

        Parameters
        ----------
        family : sequence of (X, Y) or array_like (m, n, d_out)
            Signals.
        X : array_like (n, d_in), optional
            Common coordinates.

        Returns
        -------
        list of ndarray
            Weights in use and biases, layer by layer; with ``adapt_mode="modulations"`` the shifts alone: the change
            of the biases of the hidden layers.
        """
        check_is_fitted(self)
        return [self._encode(*signal) for signal in as_family(family, X, self.n_features_in_, self._n_outputs)]

    def _encode(self, x: Array, y: Array) -> Array:
        """Code of one signal."""
        fitted = self.adapt(x, y, steps=self.inner_steps, optimizer="sgd", lr=None)
        return encode(fitted.weights_, fitted.biases_, self.path_[-1], shifts_only=self.adapt_mode == "modulations")

    def inverse_transform(self, codes: Sequence[ArrayLike], X: ArrayLike) -> Array:
        """Signals of codes.

        Parameters
        ----------
        codes : sequence of array_like
            Output of `transform`.
        X : array_like (n, d_in)
            Where to evaluate.

        Returns
        -------
        ndarray (m, n, d_out)
            Values.
        """
        check_is_fitted(self)
        x = as_coordinates(X, n_inputs=self.n_features_in_)
        return np.array([self._decode(np.asarray(code), i, x) for i, code in enumerate(codes)])

    def _decode(self, code: Array, i: int, x: Array) -> Array:
        """Signal of one code."""
        inr, point = self._architecture(), self.path_[-1]
        weights, biases = decode(code, point, f"code {i}", shifts_only=self.adapt_mode == "modulations")
        network, theta = network_from(weights, biases, point.mask, inr.activation, inr.w0)
        return network.predict(theta, np.ascontiguousarray(x.T, dtype=inr.dtype)).T

    def score(self, family: Any, X: ArrayLike | None = None) -> float:
        """Mean peak signal-to-noise ratio in dB of signals after the inner loop from the last start.

        Parameters
        ----------
        family : sequence of (X, Y) or array_like (m, n, d_out)
            Signals.
        X : array_like (n, d_in), optional
            Common coordinates.

        Returns
        -------
        float
            Higher is better.
        """
        check_is_fitted(self)
        signals = as_family(family, X, self.n_features_in_, self._n_outputs)
        fitted = [self.adapt(x, y, steps=self.inner_steps, optimizer="sgd", lr=None) for x, y in signals]
        return float(np.mean([own.score(x, y) for own, (x, y) in zip(fitted, signals, strict=True)]))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write all starts to a .npz file: plain arrays and a JSON header, no pickle.

        Parameters
        ----------
        path : path-like
            File.
        """
        check_is_fitted(self)
        arrays = {key: value for i, point in enumerate(self.path_) for key, value in point.to_arrays(f"{i}_").items()}
        inr = files.plain_settings(self._architecture().get_params(deep=False))
        settings = files.plain_settings({**self.get_params(deep=False), "inr": None})
        fitted = {"densities": [float(own.density) for own in self.path_], "n_layers": len(self.path_[0].weights)}
        files.save(
            path, "MetaSparseINR", {**settings, "inr": inr, "fitted": {**fitted, "status": self.status_}}, arrays
        )

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> MetaSparseINR:
        """Read starts written by `save`.

        Parameters
        ----------
        path : path-like
            File.

        Returns
        -------
        MetaSparseINR
            Adapts as the saved one did.

        Raises
        ------
        ValueError
            If the file is foreign, damaged or newer.
        """
        settings, arrays = files.load(path, "MetaSparseINR")
        with files.blamed_on(path):
            return cls._restored(settings, arrays)

    @classmethod
    def _restored(cls, settings: dict[str, Any], arrays: dict[str, Array]) -> MetaSparseINR:
        """The starts of a file."""
        fitted, inr = settings.pop("fitted"), settings.pop("inr")
        inr = SparseINR(**{**inr, "hidden": tuple(inr["hidden"])})
        model = cls(**{**settings, "inr": inr, "densities": tuple(settings["densities"])})
        n_layers, densities = fitted["n_layers"], fitted["densities"]
        model.path_ = [DensityPoint.from_arrays(arrays, f"{i}_", own, n_layers) for i, own in enumerate(densities)]
        for point in model.path_:
            check_layers(point.weights, point.mask)
        model.status_ = fitted["status"]
        model.n_features_in_, model._n_outputs = len(model.path_[0].weights[0]), len(model.path_[0].biases[-1])
        return model
