"""A progress bar with the current peak signal-to-noise ratio."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

# The loss shown is averaged over about so many steps.
MEMORY = 20


@contextmanager
def progress(total: int, verbose: bool, title: str) -> Iterator[Callable[[float], None]]:
    """A bar to report losses to; silent unless asked for.

    Raises
    ------
    ImportError
        If tqdm is missing; the message names the extra.
    """
    if not verbose:
        yield lambda loss: None
        return
    try:
        from tqdm.auto import tqdm
    except ImportError as error:
        raise ImportError('verbose=True shows a bar by tqdm: pip install "spreme[progress]"') from error
    smooth = [np.nan]
    with tqdm(total=total, desc=title, unit="step") as bar:

        def report(loss: float) -> None:
            """Move the bar by one step."""
            smooth[0] = loss if np.isnan(smooth[0]) else smooth[0] + (loss - smooth[0]) / MEMORY
            bar.set_postfix_str(f"{psnr(smooth[0]):.1f} dB", refresh=False)
            bar.update()

        yield report


def psnr(loss: float) -> float:
    """Peak signal-to-noise ratio in dB of a mean square error, for targets of range 1."""
    return float("inf") if loss == 0 else float(-10.0 * np.log10(loss))
