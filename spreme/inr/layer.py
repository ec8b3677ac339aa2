"""One sine layer on a mask, for people who bring their own network."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spreme.inr import activations
from spreme.inr.kernels import sparse_sine_layer
from spreme.inr.patterns import SparsePattern, make_pattern

Array = NDArray[Any]


class SparseLayer:
    """
    Sine layer whose weight matrix is mostly zero.

    It computes sin(w0 (W' a + b)).

    Parameters
    ----------
    weight : ndarray (in, out)
        Weights.
    bias : ndarray (out,)
        Biases.
    w0 : float, default 30
        Frequency.
    mask : ndarray (in, out) of bool, optional
        Weights in use; by default those that are not zero.
    kernel : {"auto", "dense", "sparse"}, default "auto"
        How to multiply; "auto" takes the sparse product below a density of one quarter.

    Attributes
    ----------
    kernel : str
        "dense" or "sparse".

    Examples
    --------
    >>> import numpy as np
    >>> layer = SparseLayer(np.eye(8, dtype=np.float32), np.zeros(8, np.float32), w0=1.0)
    >>> layer.kernel, layer.forward(np.ones((8, 3), np.float32)).shape
    ('sparse', (8, 3))
    """

    def __init__(
        self,
        weight: Array,
        bias: Array,
        w0: float = 30.0,
        mask: NDArray[np.bool_] | None = None,
        kernel: str = "auto",
    ) -> None:
        weight, bias = np.asarray(weight), np.asarray(bias)
        mask = weight != 0 if mask is None else np.asarray(mask, dtype=bool)
        if weight.ndim != 2 or mask.shape != weight.shape or bias.shape != weight.shape[1:]:
            raise ValueError(
                f"weight {weight.shape}, bias {bias.shape}, mask {mask.shape}: use (in, out), (out,), (in, out)"
            )
        self._pattern = make_pattern(mask, kernel)
        self.kernel = self._pattern.kernel
        self.w0 = w0
        self._values, self._bias = self._pattern.take(weight), np.ascontiguousarray(bias, dtype=weight.dtype)

    def forward(self, a: Array) -> Array:
        """Apply the layer.

        Parameters
        ----------
        a : ndarray (in, n)
            Activations, a neuron a row; fastest in C order and single precision.

        Returns
        -------
        ndarray (out, n)
            Activations of this layer.
        """
        a = np.ascontiguousarray(a, dtype=self._values.dtype)
        if a.ndim != 2 or len(a) != self._pattern.mask.shape[0]:
            raise ValueError(f"a has shape {a.shape}: use ({self._pattern.mask.shape[0]}, n), a neuron a row")
        if isinstance(self._pattern, SparsePattern) and a.dtype == np.float32:
            out = np.empty((len(self._bias), a.shape[1]), a.dtype)
            sparse_sine_layer(*self._pattern.of_output, self._values, self._bias, np.float32(self.w0), a, out)
            return out
        u = self._pattern.forward(self._values, a)
        u += self._bias[:, None]
        return activations.value("sine", u, self.w0)
