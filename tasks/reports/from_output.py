"""A stage's output, laid out without knowing the stage: labels from field names, lists, tables, one heading an item."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tasks.reports.document import Block, Blocks, Facts, Heading, Items, Paragraph, Table, line, paragraph, table

LONG_TEXT = 600
"""Characters from which a text gets a heading of its own instead of a label beside it."""
WIDEST_TABLE = 6
LONGEST_CELL = 140
DEEPEST_HEADING = 6

_SPELLED = {"url": "URL", "whats": "what's", "its": "it's", "vs": "against", "ltv": "lifetime value"}


def label(name: str) -> str:
    """A field's name as people write it: `whats_covered` becomes "What's covered"."""
    words = " ".join(_SPELLED.get(word, word) for word in name.split("_") if word)
    return words[:1].upper() + words[1:]


def output_blocks(body: Mapping[str, Any], level: int, dollars: frozenset[str] = frozenset()) -> Blocks:
    """The fields in their order: short ones as facts, long and nested ones under headings of `level`."""
    blocks: list[Block] = []
    facts: list[tuple[str, Blocks]] = []
    for name, value in body.items():
        nested = _nested(name, value, level, dollars)
        if not nested:
            facts.append((label(name), _plain(name, value, dollars)))
            continue
        if facts:
            blocks.append(Facts(tuple(facts)))
            facts = []
        blocks += [Heading(min(level, DEEPEST_HEADING), line(label(name))), *nested]
    return (*blocks, Facts(tuple(facts))) if facts else tuple(blocks)


def _nested(name: str, value: Any, level: int, dollars: frozenset[str]) -> Blocks:
    """What stands under a heading of its own; nothing for a value that fits beside a label."""
    if isinstance(value, str) and len(value) > LONG_TEXT:
        return _paragraphs(value)
    if isinstance(value, Mapping) and value:
        return output_blocks(value, level + 1, dollars)
    if isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        return _several(name, value, level, dollars)
    return ()


def _several(name: str, items: Sequence[Any], level: int, dollars: frozenset[str]) -> Blocks:
    """Flat records side by side in a table, others one after the other under the name each of them has."""
    if found := _table(items, dollars):
        return (found,)
    blocks: list[Block] = []
    for number, item in enumerate(items, start=1):
        fields = dict(item) if isinstance(item, Mapping) else {name: item}
        own = next((field for field, value in fields.items() if field.endswith("name") and isinstance(value, str)), "")
        title = str(fields.pop(own)) if own else f"{label(name)} {number}"
        blocks.append(Heading(min(level + 1, DEEPEST_HEADING), line(title)))
        blocks += output_blocks(fields, level + 2, dollars)
    return tuple(blocks)


def _table(items: Sequence[Any], dollars: frozenset[str]) -> Table | None:
    """None if the records differ in their fields, are nested, or would not fit on a page."""
    columns = tuple(items[0]) if isinstance(items[0], Mapping) else ()
    if not 0 < len(columns) <= WIDEST_TABLE:
        return None
    if any(not isinstance(item, Mapping) or tuple(item) != columns for item in items):
        return None
    rows = [tuple(_cell(name, item[name], dollars) for name in columns) for item in items]
    if any(cell is None or len(cell) > LONGEST_CELL for row in rows for cell in row):
        return None
    numeric = frozenset(index for index, name in enumerate(columns) if all(_is_number(item[name]) for item in items))
    return table(tuple(map(label, columns)), [tuple(cell or "" for cell in row) for row in rows], numeric)


def _cell(name: str, value: Any, dollars: frozenset[str]) -> str | None:
    if isinstance(value, list):
        return None if any(isinstance(item, (list, Mapping)) for item in value) else "; ".join(map(str, value))
    return None if isinstance(value, Mapping) else scalar(value, name in dollars)


def _plain(name: str, value: Any, dollars: frozenset[str]) -> Blocks:
    if isinstance(value, list) and value:
        return (Items(tuple((paragraph(scalar(item, name in dollars)),) for item in value)),)
    return _paragraphs(value) if isinstance(value, str) else (paragraph(scalar(value, name in dollars)),)


def _paragraphs(text: str) -> tuple[Paragraph, ...]:
    return tuple(paragraph(part) for part in text.split("\n\n") if part.strip()) or (paragraph("not stated"),)


def scalar(value: Any, dollars: bool = False) -> str:
    """A single value in words; what is missing says so and is never an empty string or a zero."""
    if value is None or value == "" or value == [] or value == {}:
        return "not stated"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        number = f"{value:,}" if isinstance(value, int) or not dollars else f"{value:,.2f}".removesuffix(".00")
        return f"${number}" if dollars else number
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
