"""The tables as they should be against the tables as they are, by name, type and settings."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from blocks.errors import BaserowError
from tasks.crm.tables import KEY, Column, Table

UNIQUE = {"type_name": "unique_with_empty"}
COLORS = ("light-blue", "light-green", "light-orange", "light-red", "light-gray", "blue")


class SchemaError(BaserowError):
    """The live tables differ from what the sync writes; `differences` lists every one."""

    def __init__(self, happened: str, *, means: str = "", do: str = "", differences: tuple[str, ...] = ()) -> None:
        self.differences = differences
        super().__init__(happened, means=means, do=do)


@dataclass(frozen=True)
class LiveTable:
    """A table whose fields were compared; `fields` gives the field's id for each column's name.

    Ids, not names, are used on every call: a filter on an unknown *name* would be ignored and bring all rows.
    """

    id: int
    spec: Table
    fields: dict[str, int]

    def key(self, column: Column) -> str:
        return f"field_{self.fields[column.name]}"

    @property
    def key_field(self) -> int:
        return self.fields[KEY]


def settings(column: Column) -> dict[str, Any]:
    """What of a field's settings decides about the values it takes, under the API's names."""
    match column.type:
        case "number":
            return {"number_decimal_places": column.decimals, "number_negative": False}
        case "date":
            return {"date_include_time": column.with_time}
    return {}


def definition(column: Column) -> dict[str, Any]:
    """The body that creates the field."""
    body: dict[str, Any] = {"name": column.name, "type": column.type, **settings(column)}
    if column.type == "date":
        body |= {"date_format": "ISO", "date_time_format": "24"}
    if column.options:
        body["select_options"] = [option(text, number) for number, text in enumerate(column.options)]
    if column.unique:
        body["field_constraints"] = [UNIQUE]
    return body


def option(text: str, number: int) -> dict[str, str]:
    return {"value": text, "color": COLORS[number % len(COLORS)]}


def missing_options(column: Column, field: dict[str, Any]) -> list[str]:
    there = {entry["value"] for entry in field.get("select_options", [])}
    return [text for text in column.options if text not in there]


def is_unique(field: dict[str, Any]) -> bool:
    return UNIQUE["type_name"] in {entry["type_name"] for entry in field.get("field_constraints", [])}


def compare(table: Table, fields: list[dict[str, Any]]) -> list[str]:
    """Every difference that would spoil a row, one sentence each. What a person added is none."""
    by_name = {field["name"]: field for field in fields}
    found = []
    for column in table.columns:
        field = by_name.get(column.name)
        place = f"{table.name}.{column.name}"
        found += [f"{place} is missing"] if field is None else [f"{place} {text}" for text in _wrong(column, field)]
    return found


def _wrong(column: Column, field: dict[str, Any]) -> list[str]:
    if field["type"] != column.type:
        return [f"is of type {field['type']}, not {column.type}"]
    found = [
        f"has {name} {field.get(name)}, not {wanted}"
        for name, wanted in settings(column).items()
        if field.get(name) != wanted
    ]
    if texts := missing_options(column, field):
        found.append("lacks the option " + ", ".join(repr(text) for text in texts))
    twice = [text for text, n in Counter(o["value"] for o in field.get("select_options", [])).items() if n > 1]
    found += [f"has the option {text!r} twice" for text in twice if text in column.options]
    if column.unique and not is_unique(field):
        found.append("has no unique constraint")
    return found


def live(table: Table, table_id: int, fields: list[dict[str, Any]]) -> LiveTable:
    """The table with its field ids; only for fields that `compare` found right."""
    ids = {field["name"]: int(field["id"]) for field in fields}
    return LiveTable(table_id, table, {column.name: ids[column.name] for column in table.columns})


def schema_error(differences: list[str]) -> SchemaError:
    listed = "".join(f"\n  - {text}" for text in differences)
    return SchemaError(
        f"The Baserow tables are not as the sync needs them:{listed}",
        means="Baserow would drop or refuse values without saying so; nothing was written.",
        do="run `phasegate baserow bootstrap` to add what is missing; change wrong types back in Baserow by hand.",
        differences=tuple(differences),
    )
