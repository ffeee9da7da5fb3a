"""What a report is made of: blocks of text that hold no markup of any format.

Whatever is shown (a stage's output, a model's Markdown, a table of figures) becomes these first; `as_markdown` and
`as_html` escape every text in them. So nothing reaches a page but the few forms named here: no image, no HTML, and no link that a model or a person wrote.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class Styled:
    """Inline text within strong, emphasised or struck-out text."""

    style: Literal["strong", "em", "s"]
    inside: "Line"


@dataclass(frozen=True)
class Code:
    text: str


@dataclass(frozen=True)
class LineBreak:
    pass


@dataclass(frozen=True)
class Link:
    """An address of phasegate's own making, in the Prefect UI. Text of strangers never becomes one."""

    text: str
    address: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"(https?:/)?/[A-Za-z0-9._~:/?#@=&%+,-]*", self.address):
            raise ValueError(f"{self.address!r} is no plain web address")


Inline: TypeAlias = Text | Styled | Code | LineBreak | Link
Line: TypeAlias = tuple[Inline, ...]


@dataclass(frozen=True)
class Heading:
    level: int
    line: Line


@dataclass(frozen=True)
class Paragraph:
    line: Line


@dataclass(frozen=True)
class Items:
    """A list; each item holds blocks. `first` is the number of the first item, None for bullets."""

    items: tuple["Blocks", ...]
    first: int | None = None


@dataclass(frozen=True)
class Facts:
    """Labels, each with what is said under it."""

    rows: tuple[tuple[str, "Blocks"], ...]


@dataclass(frozen=True)
class Table:
    head: tuple[Line, ...]
    rows: tuple[tuple[Line, ...], ...]
    numeric: frozenset[int] = frozenset()
    """Columns set flush right."""
    total: bool = False
    """The last row sums up the others."""


@dataclass(frozen=True)
class Quote:
    inside: "Blocks"


@dataclass(frozen=True)
class CodeBlock:
    text: str


@dataclass(frozen=True)
class Rule:
    pass


Block: TypeAlias = Heading | Paragraph | Items | Facts | Table | Quote | CodeBlock | Rule
Blocks: TypeAlias = tuple[Block, ...]


def line(text: str) -> Line:
    """Plain text as inline content."""
    return (Text(text),)


def paragraph(text: str) -> Paragraph:
    return Paragraph(line(text))


def table(
    head: tuple[str, ...], rows: Sequence[tuple[str, ...]], numeric: frozenset[int] = frozenset(), total: bool = False
) -> Table:
    """A table of plain texts."""
    return Table(
        tuple(map(line, head)), tuple(tuple(line(cell) for cell in row) for row in rows), numeric=numeric, total=total
    )
