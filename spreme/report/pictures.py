"""Figures as SVG elements for the inside of a page that may be light or dark."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from spreme.report.parts import Html

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# A picture is not drawn smaller than this share of its size, but scrolled.
SMALLEST = 0.7
# Points of a picture that are drawn; of more, every second, third ... of each line is, but so many of each are left.
MOST_POINTS, FEWEST_OF_LINE = 6000, 40
IDENTIFIERS = re.compile(r'(\bid="|(?:xlink:)?href="#|url\(#)')
COLOUR = re.compile(r"(?<=: )#[0-9a-f]{6}\b")
# What the page gives another colour on dark ground; all other colours stay as they are.
THEMED = {
    "#000000": "ink",
    "#ffffff": "paper",
    "#767676": "faint",
    "#808080": "faint",
    "#dddddd": "line",
    "#b0b0b0": "line",
    "#f0f0f0": "shade",
    "#0072b2": "c1",
    "#d55e00": "c2",
    "#009e73": "c3",
    "#cc79a7": "c4",
    "#e69f00": "c5",
    "#56b4e9": "c6",
}
# The points of one line in the form of matplotlib, and one of them: its marker and its place.
POINTS = re.compile(r'<g( clip-path="[^"]*")?>\n((?:[ \t]*<use [^>]*/>\n){2,})')
POINT = re.compile(r'<use xlink:href="([^"]*)" x="([^"]*)" y="([^"]*)" style="([^"]*)"/>')
FONTS = ["DejaVu Sans", "Verdana", "Arial"]
NO_METADATA = ("Date", "Creator", "Format", "Type")
SETTINGS: dict[str, Any] = {"svg.fonttype": "none", "font.sans-serif": FONTS, "figure.max_open_warning": 0}


class Drawing(NamedTuple):
    """An SVG element, and whether points were left out of it."""

    svg: Html
    is_thinned: bool


def drawn(draw: Callable[[], Figure], prefix: str) -> Drawing:
    """Draw a figure and turn it into an SVG element.

    Parameters
    ----------
    draw : callable
        Makes the figure.
    prefix : str
        Put before all identifiers, which must differ between the pictures of a page.

    Returns
    -------
    Drawing
        Text is text, colours have the names that the page gives them; no prologue and no metadata, the same for the
        same figure.
    """
    import matplotlib
    import matplotlib.pyplot as plt

    buffer = io.StringIO()
    settings: Any = {**SETTINGS, "svg.hashsalt": prefix}
    with plt.style.context("default"), matplotlib.rc_context(settings):
        with warnings.catch_warnings():
            # The reader's browser has the letters that the fonts here lack.
            warnings.filterwarnings("ignore", message=r"Glyph .* missing from")
            figure = draw()
            _take_literally(figure)
            figure.savefig(buffer, format="svg", transparent=True, metadata=dict.fromkeys(NO_METADATA))
        width = figure.get_figwidth()
        plt.close(figure)
    return _for_page(buffer.getvalue(), prefix, width)


def _take_literally(figure: Figure) -> None:
    """Keep dollar signs in names from being read as mathematics; numbers on axes stay what they are."""
    from matplotlib.text import Text

    for axes in figure.axes:
        axes.get_xticklabels()
        axes.get_yticklabels()
    for text in figure.findobj(Text):
        if "$" in text.get_text() and "mathdefault" not in text.get_text():
            text.set_parse_math(False)


def _for_page(text: str, prefix: str, width: float) -> Drawing:
    """Cut prologue and metadata, name colours and identifiers for the page, thin points."""
    text = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
    numbers = [own[2].count("<use") for own in POINTS.finditer(text)]
    most = (
        max(MOST_POINTS // max(len(numbers), 1), FEWEST_OF_LINE)
        if sum(numbers) > MOST_POINTS
        else max(numbers, default=0)
    )
    text = POINTS.sub(lambda points: _thinned(points, most), text)
    text = COLOUR.sub(_themed, text)
    text = text.replace("<svg", f'<svg style="min-width: {SMALLEST * width:.2f}in" aria-hidden="true"', 1)
    return Drawing(Html(IDENTIFIERS.sub(rf"\g<1>{prefix}-", text)), any(n > most for n in numbers))


def _themed(colour: re.Match[str]) -> str:
    """Name of a colour with the colour itself to fall back on."""
    name = THEMED.get(colour[0])
    return f"var(--{name}, {colour[0]})" if name else colour[0]


def _thinned(points: re.Match[str], most: int) -> str:
    """Every k-th point of a line; what all have in common is said once."""
    found = POINT.findall(points[2])
    styles = {style for *_, style in found}
    if len(styles) != 1:
        return points[0]
    uses = (f'<use xlink:href="{marker}" x="{float(x):.2f}" y="{float(y):.2f}"/>' for marker, x, y, _ in found)
    kept = "\n".join(list(uses)[:: -(-len(found) // most)])
    return f'<g{points[1] or ""} style="{styles.pop()}">\n{kept}\n'
