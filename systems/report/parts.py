"""What a page is made of: sections with sentences, pictures and tables."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

SHORT = 12  # rows that may always be seen
SMALLEST = 0.7  # of its size: a picture is not drawn smaller
IDENTIFIERS = re.compile(r'(\bid="|(?:xlink:)?href="#|url\(#)')


@dataclass(frozen=True, eq=False)
class Picture:
    """A figure and what is to be seen in it.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
        Drawn by `systems.report.figures`.
    caption : str
        What is to be seen, with numbers; also the alternative text.
    """

    figure: Figure
    caption: str


@dataclass(frozen=True, eq=False)
class Table:
    """A frame of text and what it says.

    Attributes
    ----------
    data : pandas.DataFrame
        Ready to be read.
    caption : str
        What it says.
    is_detail : bool, default False
        Whether it is folded up on the screen, unless it is short.
    """

    data: pd.DataFrame
    caption: str
    is_detail: bool = False

    @property
    def is_folded(self) -> bool:
        """Whether it is folded up."""
        return self.is_detail and len(self.data) > SHORT


@dataclass(frozen=True, eq=False)
class Section:
    """A section of the page.

    Attributes
    ----------
    title, anchor : str
        Heading, and its name for links.
    sentences : list of str
        Paragraphs.
    parts : list of Picture or Table
        In order.
    """

    title: str
    anchor: str
    sentences: list[str] = field(default_factory=list)
    parts: list[Picture | Table] = field(default_factory=list)


def svg(figure: Figure, prefix: str) -> str:
    """Draw a figure as an SVG element for the inside of a page.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Any figure.
    prefix : str
        Put before all identifiers, which must differ between the pictures of a page.

    Returns
    -------
    str
        The element, with text as outlines (it looks alike everywhere), without prologue and metadata.
    """
    import matplotlib

    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "path", "svg.hashsalt": prefix}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = buffer.getvalue()
    text = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
    # On a narrow screen a picture shrinks until its words can hardly be read, then it is scrolled.
    narrowest = f'<svg style="min-width: {SMALLEST * figure.get_figwidth():.2f}in"'
    return IDENTIFIERS.sub(rf"\g<1>{prefix}-", text.replace("<svg", narrowest, 1))
