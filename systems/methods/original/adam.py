"""Adam, the optimizer of the publication, with its usual constants.

References
----------
D. P. Kingma, J. Ba, Adam: A Method for Stochastic Optimization, 2015, arXiv:1412.6980.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FIRST_DECAY, SECOND_DECAY, SMALLEST = 0.9, 0.999, 1e-8


class Adam:
    """Running moments of a gradient.

    Parameters
    ----------
    shape : tuple of int
        Shape of what is trained.
    rate : float
        Learning rate: the largest change of one step, nearly.

    Examples
    --------
    >>> import numpy as np
    >>> float(Adam((1,), rate=0.01).change(np.array([5.0]))[0].round(6))
    -0.01
    """

    def __init__(self, shape: tuple[int, ...], rate: float) -> None:
        self.rate = rate
        self._first, self._second, self._n = np.zeros(shape), np.zeros(shape), 0

    def change(self, gradient: Array) -> Array:
        """Take a gradient in and return the change of the parameters."""
        self._n += 1
        self._first += (1.0 - FIRST_DECAY) * (gradient - self._first)
        self._second += (1.0 - SECOND_DECAY) * (gradient * gradient - self._second)
        first = self._first / (1.0 - FIRST_DECAY**self._n)
        second = self._second / (1.0 - SECOND_DECAY**self._n)
        return -self.rate * first / (np.sqrt(second) + SMALLEST)
