"""Run the demonstration: ``python -m systems.demo --out build/demo`` prints the laws and writes pictures and models."""

from __future__ import annotations

import argparse
import sys
import textwrap
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spreme import SpReME
from spreme.plotting import plot_coefficients, plot_fit
from systems.demo.sentences import CLOSE, MOST_LISTED, cautions, expectation, forecasts, term_names, truth_summary
from systems.demo.stories import STORIES, Story

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH = 100
INDENT = 11


def tell(story: Story, folder: Path) -> None:
    """Fit one story, print it, write its picture and its model."""
    model = SpReME(library=story.library).fit(story.data)
    print(f"{heading(story)}\n")
    if story.truth is None:
        print(f"{model}\n")
    else:
        print(f"{structure(model)}\n\n{truth_table(model, story.truth)}\n")
        say("truth", truth_summary(model, story.truth))
    say("forecasts", forecasts(model, story.data))
    say("expected", expectation(model, story))
    say("caution", cautions(model, story))
    picture, document = folder / f"{story.name}.png", folder / f"{story.name}.json"
    draw(model, story).savefig(picture, dpi=100)
    model.save(document)
    say("files", [str(picture), str(document)])


def heading(story: Story) -> str:
    """Title, source and sizes."""
    data = story.data
    sizes = ", ".join(
        f"{n} {noun}{'' if n == 1 else 's'}"
        for n, noun in ((len(data.environments), "environment"), (len(data.groups), "run"), (data.n_samples, "sample"))
    )
    title = f"== {story.title} "
    return f"{title}{'=' * (WIDTH - len(title))}\n{story.source}: {sizes}"


def structure(model: SpReME) -> str:
    """Write the shared equations."""
    return "\n".join(f"{state}' = {rhs}" for state, rhs in zip(model.state_names_, model.equations(), strict=True))


def truth_table(model: SpReME, truth: NDArray[np.float64]) -> str:
    """Write estimates with standard errors, and beside each the true value; one line per environment."""
    mask = model.mask_
    heads = [f"{term} in {x}'" for s, x in enumerate(model.state_names_) for term in term_names(model, mask[s])]
    rows = [["", *(head.center(22) for head in heads)], ["", *[f"{'found':>14}  {'true':>6}"] * len(heads)]]
    for e, env in enumerate(model.environments_):
        cells = zip(model.coef_[e][mask], model.coef_std_[e][mask], truth[e][mask], strict=True)
        rows.append([str(env), *(f"{value:.3f} ± {std:.3f}  {true:6.3f}" for value, std, true in cells)])
    first = max(len(row[0]) for row in rows)
    return "\n".join("  ".join([row[0].ljust(first), *(cell.rjust(22) for cell in row[1:])]).rstrip() for row in rows)


def draw(model: SpReME, story: Story) -> Figure:
    """Draw data and forecasts beside the coefficients; crosses are true values."""
    from matplotlib.figure import Figure

    has_many = len(model.environments_) > MOST_LISTED
    figure = Figure(figsize=(13, 6.0 if has_many else 4.5), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    plot_fit(model, story.data, ax=left)
    plot_coefficients(model, ax=right)
    figure.suptitle(f"{story.title} ({story.source})")
    if story.truth is not None:
        for axes, values in zip(figure.subfigs[1].axes, story.truth[:, model.mask_].T, strict=True):
            axes.plot(values, range(len(values)), ls="", marker="x", color="black", ms=6, zorder=3, label="truth")
        figure.subfigs[1].axes[0].legend(fontsize="small")
    return figure


def say(topic: str, lines: Sequence[str]) -> None:
    """Print sentences under a topic, wrapped."""
    for i, line in enumerate(lines):
        first = f"{topic if i == 0 else '':<{INDENT}}"
        # Paths and terms are kept whole, to be copied.
        print(
            textwrap.fill(
                line,
                WIDTH,
                initial_indent=first,
                subsequent_indent=" " * (INDENT + 2),
                break_long_words=False,
                break_on_hyphens=False,
            )
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demonstration; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m systems.demo", description="Three laws, found in data.")
    parser.add_argument("--out", type=Path, default=Path("build/demo"), help="folder for pictures and models")
    folder = parser.parse_args(arguments).out
    folder.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    for story in STORIES:
        tell(story(), folder)
        print()
    print(
        "± standard errors. Forecasts start at fitted states and are held against the data of the fit.\n"
        f"Differences of evidence or BIC below {CLOSE:g} are no strong evidence (Kass and Raftery 1995)."
    )
    print(f"{len(STORIES)} laws found and drawn in {time.perf_counter() - start:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
