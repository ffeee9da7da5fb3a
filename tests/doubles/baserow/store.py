"""Workspaces, tables, fields and rows as the server keeps them, all behind one lock."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.doubles.baserow import answers

READ_ONLY = {"formula", "created_on", "last_modified", "uuid", "autonumber"}
SELECTS = {"single_select", "multiple_select"}
EMPTY_TEXT = {"email", "phone_number", "url"}
UNIQUE_POSSIBLE = {"text", "long_text", "url", "email", "number", "date", "single_select", "duration", "rating"}


@dataclass
class Field:
    id: int
    table_id: int
    name: str
    order: int
    type: str
    primary: bool = False
    options: dict[str, Any] = field(default_factory=dict)
    """Settings that only this type has, under the API's names."""
    select_options: list[dict[str, Any]] = field(default_factory=list)
    constraints: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        return f"field_{self.id}"

    @property
    def unique(self) -> bool:
        return "unique_with_empty" in self.constraints

    def empty(self) -> Any:
        """What a cell holds that was never written."""
        if self.type == "boolean":
            return bool(self.options.get("boolean_default"))
        if self.type in ("multiple_select", "link_row"):
            return []
        return "" if self.type in EMPTY_TEXT else None


@dataclass
class Row:
    id: int
    order: Decimal
    cells: dict[int, Any]
    created_on: datetime
    updated_on: datetime


@dataclass
class Table:
    id: int
    name: str
    order: int
    database_id: int
    workspace_id: int
    fields: dict[int, Field] = field(default_factory=dict)
    rows: dict[int, Row] = field(default_factory=dict)
    trash: dict[int, Row] = field(default_factory=dict)
    next_row: int = 1
    uniques: dict[int, dict[Any, int]] = field(default_factory=dict)
    """Of every field with the constraint: which row holds a value."""

    def sorted_fields(self) -> list[Field]:
        return sorted(self.fields.values(), key=lambda f: (f.order, f.id))

    def sorted_rows(self) -> list[Row]:
        return sorted(self.rows.values(), key=lambda row: (row.order, row.id))

    def primary(self) -> Field:
        return next(f for f in self.fields.values() if f.primary)

    def named(self, name: str) -> Field | None:
        return next((f for f in self.fields.values() if f.name == name), None)

    def take_id(self) -> int:
        """Ids are never used again; a create that fails after this leaves a gap."""
        self.next_row += 1
        return self.next_row - 1

    def index_unique(self, fld: Field) -> None:
        """Builds the index of a unique field; refused while two rows hold one value."""
        seen: dict[Any, int] = {}
        for row in self.rows.values():
            value = row.cells.get(fld.id)
            if value in (None, ""):
                continue
            if value in seen:
                raise answers.refused(
                    400, "ERROR_FIELD_CONSTRAINT", "Cannot apply field constraint due to existing data conflicts."
                )
            seen[value] = row.id
        self.uniques[fld.id] = seen

    def claim(self, row_id: int, cells: dict[int, Any], old: dict[int, Any]) -> None:
        """Gives `row_id` the unique values in `cells`; refused when another row holds one of them."""
        for field_id, seen in self.uniques.items():
            if field_id in cells and seen.get(cells[field_id], row_id) != row_id:
                raise answers.taken()
        for field_id, seen in self.uniques.items():
            if field_id in cells:
                if seen.get(old.get(field_id)) == row_id:
                    del seen[old[field_id]]
                if cells[field_id] not in (None, ""):
                    seen[cells[field_id]] = row_id

    def release(self, row: Row) -> None:
        for field_id, seen in self.uniques.items():
            if seen.get(row.cells.get(field_id)) == row.id:
                del seen[row.cells[field_id]]

    def last_order(self) -> Decimal:
        highest = max((row.order for row in self.rows.values()), default=Decimal(0))
        return Decimal(int(highest) + 1)

    def order_before(self, row: Row) -> Decimal:
        """Between `row` and the one above it: the mediant of the two as fractions, as the server computes it."""
        below = max((r.order for r in self.rows.values() if r.order < row.order), default=Decimal(0))
        low, high = Fraction(float(below)).limit_denominator(10**6), Fraction(float(row.order)).limit_denominator(10**6)
        middle = Fraction(low.numerator + high.numerator, low.denominator + high.denominator)
        return Decimal(float(middle)).quantize(Decimal("1e-20"))


@dataclass
class Store:
    """Everything the server knows. `clock` is passed in; `lock` is held for every request's work."""

    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    workspaces: dict[int, dict[str, Any]] = field(default_factory=dict)
    databases: dict[int, dict[str, Any]] = field(default_factory=dict)
    tables: dict[int, Table] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def take(self, kind: str) -> int:
        self.counters[kind] = self.counters.get(kind, 0) + 1
        return self.counters[kind]

    def table(self, table_id: int) -> Table:
        if table_id not in self.tables:
            raise answers.no_table()
        return self.tables[table_id]

    def all_fields(self) -> Iterator[Field]:
        for table in self.tables.values():
            yield from table.fields.values()
