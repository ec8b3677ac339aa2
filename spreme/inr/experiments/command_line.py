"""Command line: ``python -m spreme.inr faces``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from spreme.inr.experiments.comparison import compare
from spreme.inr.experiments.contestants import Contestant
from spreme.inr.experiments.families import FAMILIES, Family, load_family
from spreme.inr.experiments.figures import plot_curves, plot_pictures, plot_psnr
from spreme.inr.experiments.records import Record, write_records
from spreme.inr.experiments.settings import METHODS, Settings

QUICK_METHODS = ("lamp", "dense_narrow", "dense_narrow_total", "scratch")
# The paper's, and those that it leaves out; dense starts with learned rates can be asked for.
STANDARD_METHODS = tuple(name for name in METHODS if name not in ("dense_narrow_learned", "dense_narrow_total_learned"))
# Test signals in the picture of reconstructions.
SHOWN = 3

EPILOG = """writes into DIR: records.csv, one line per method, seed, density and trial; psnr.png and
psnr_with_biases.png; reconstructions.png, the sparse start and the dense one of as many weights
after Adam at the smallest rate. A full run on faces takes some ten minutes on one core."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        Arguments (default: those of the process).

    Returns
    -------
    int
        Exit status: 0, or 2 if something could not be done.
    """
    given = parser().parse_args(arguments)
    try:
        family, settings = load_family(given.family, quick=given.quick)
        methods = given.methods.split(",") if given.methods else QUICK_METHODS if given.quick else STANDARD_METHODS
        run(family, settings, methods, range(given.seeds), Path(given.out))
    except (ValueError, OSError, ImportError) as error:
        print(f"spreme.inr: {error}", file=sys.stderr)
        return 2
    return 0


def parser() -> argparse.ArgumentParser:
    """Options."""
    top = argparse.ArgumentParser(
        prog="python -m spreme.inr",
        description="Compare meta-learned sparse starts with their rivals on one family of signals.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("family", choices=tuple(FAMILIES), help="signals")
    top.add_argument("--quick", action="store_true", help="a minute: small networks, too little to judge by")
    top.add_argument("--seeds", type=int, default=1, metavar="N", help="starts from seeds 0 to N - 1 (default: 1)")
    top.add_argument("--methods", metavar="A,B", help=f"some of {', '.join(METHODS)}")
    top.add_argument("--out", default="runs/inr", metavar="DIR", help="folder to write to (default: runs/inr)")
    return top


def run(family: Family, settings: Settings, methods: Sequence[str], seeds: Sequence[int], folder: Path) -> None:
    """Compare; write records after every start, so that an interrupted run leaves what it has, and pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    records: list[Record] = []
    shown: dict[str, Contestant] = {}

    def report(contestant: Contestant, found: Sequence[Record]) -> None:
        """Print a line, keep what the picture shows."""
        records.extend(found)
        write_records(records, folder / "records.csv")
        print(_line(found), flush=True)
        if contestant.density == _middle(settings):
            shown.setdefault(contestant.method, contestant)

    compare(family, settings=settings, methods=methods, seeds=seeds, report=report)
    plot_psnr(records).savefig(folder / "psnr.png")
    plot_psnr(records, with_biases=True).savefig(folder / "psnr_with_biases.png")
    rivals = [shown[name] for name in ("lamp", "dense_narrow") if name in shown] or list(shown.values())[:2]
    _draw(family, settings, rivals, folder / "reconstructions.png")


def _middle(settings: Settings) -> float:
    """The density that is shown."""
    return settings.judged[len(settings.judged) // 2]


def _line(found: Sequence[Record]) -> str:
    """Size and scores of a start."""
    first = found[0]
    scores = "  ".join(f"{record.label} {record.psnr:5.1f}" for record in found)
    name = f"{first.method} (seed {first.seed})"
    return f"{name:34} {first.n_weights:6d} weights {first.n_total:6d} with biases   dB: {scores}"


def _draw(family: Family, settings: Settings, rivals: Sequence[Contestant], path: Path) -> None:
    """Reconstructions of the first test signals."""
    X, truths = family.truth or (family.X, family.test)
    trial = settings.trials[1]
    fitted = {own.method: [own.fit(family.X, y, trial) for y in family.test[:SHOWN]] for own in rivals}
    predictions = {name: np.array([model.predict(X) for model in models]) for name, models in fitted.items()}
    if X.shape[1] == 1:
        figure = plot_curves(X[:, 0], truths[:SHOWN], predictions, samples=(family.X[:, 0], family.test[:SHOWN]))
    else:
        figure = plot_pictures(truths[:SHOWN], predictions)
    figure.savefig(path)
