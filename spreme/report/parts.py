"""What the page is made of: sections with sentences, formulas, tables and pictures."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Html:
    """Text that is HTML already; everything else is escaped.

    Attributes
    ----------
    text : str
        The element.
    plain : str
        The same without elements.
    """

    text: str
    plain: str = ""

    def __html__(self) -> str:
        """Give the element to the template."""
        return self.text

    def __str__(self) -> str:
        """Give what a reader of plain text sees."""
        return self.plain


Cell = str | Html


@dataclass(frozen=True)
class Formulas:
    """Equations, one a line, under a caption; folded up unless they are the main thing.

    Attributes
    ----------
    equations : tuple of tuple of Html
        Of every equation its left-hand side and its summands, between which a line may be broken.
    caption : str
        Empty, or whose equations they are.
    is_folded : bool
        Whether they are folded up on the screen.
    """

    equations: tuple[tuple[Html, ...], ...]
    caption: str = ""
    is_folded: bool = False
    kind: str = "formulas"


@dataclass(frozen=True)
class Table:
    """Rows of cells, the first of which names its row.

    Attributes
    ----------
    caption : str
        What the table says.
    head : tuple of str or Html
        Names of the columns.
    rows : tuple of tuple of str or Html
        Cells.
    is_folded : bool
        Whether it is folded up on the screen.
    """

    caption: str
    head: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    is_folded: bool = False
    kind: str = "table"


@dataclass(frozen=True)
class Picture:
    """A drawing.

    Attributes
    ----------
    svg : Html
        The SVG element.
    caption : str
        What is to be seen.
    text : str
        The alternative text.
    is_folded : bool
        Whether it is folded up on the screen.
    """

    svg: Html
    caption: str
    text: str
    is_folded: bool = False
    kind: str = "picture"


@dataclass(frozen=True)
class Section:
    """A section of the page.

    Attributes
    ----------
    title, anchor : str
        Heading, and its name for links.
    sentences : tuple of str
        Paragraphs.
    parts : tuple of Formulas, Table or Picture
        In order.
    warnings : tuple of str
        Sentences that must not be overlooked.
    """

    title: str
    anchor: str
    sentences: tuple[str, ...] = ()
    parts: tuple[Formulas | Table | Picture, ...] = ()
    warnings: tuple[str, ...] = field(default=())
