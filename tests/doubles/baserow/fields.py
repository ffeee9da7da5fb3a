"""Fields: how they are listed, made, changed and deleted. A JWT's business; tokens only read the list."""

import re
from typing import Any

from tests.doubles.baserow import answers
from tests.doubles.baserow.store import READ_ONLY, SELECTS, UNIQUE_POSSIBLE, Field, Store, Table
from tests.doubles.baserow.values import BadValueError, parse

DATE_DEFAULTS = {
    "date_format": "EU",
    "date_include_time": False,
    "date_time_format": "24",
    "date_show_tzinfo": False,
    "date_force_timezone": None,
}
NUMBER_DEFAULTS = {
    "number_decimal_places": 0,
    "number_negative": False,
    "number_prefix": "",
    "number_suffix": "",
    "number_separator": "",
    "number_default": None,
}
DEFAULTS: dict[str, dict[str, Any]] = {
    "text": {"text_default": ""},
    "long_text": {"long_text_enable_rich_text": None},
    "email": {},
    "phone_number": {},
    "url": {},
    "uuid": {},
    "autonumber": {},
    "number": NUMBER_DEFAULTS,
    "boolean": {"boolean_default": False},
    "date": DATE_DEFAULTS,
    "created_on": DATE_DEFAULTS,
    "last_modified": DATE_DEFAULTS,
    "single_select": {"single_select_default": None},
    "multiple_select": {"multiple_select_default": None},
    "link_row": {"link_row_multiple_relationships": True},
    "formula": {
        "date_show_tzinfo": None,
        "array_formula_type": None,
        "nullable": False,
        "date_force_timezone": None,
        "error": None,
        "available_collaborators": [],
        "number_suffix": "",
        "date_time_format": None,
        "number_separator": "",
        "select_options": [],
        "date_include_time": None,
        "number_decimal_places": 10,
        "duration_format": None,
        "date_format": None,
        "number_prefix": "",
        "formula": "",
        "formula_type": "number",
    },
}


def serialise(store: Store, field: Field) -> dict[str, Any]:
    table = store.tables[field.table_id]
    entry: dict[str, Any] = {
        "id": field.id,
        "table_id": field.table_id,
        "name": field.name,
        "order": field.order,
        "type": field.type,
        "primary": field.primary,
        "read_only": field.type in READ_ONLY,
        "immutable_type": False,
        "immutable_properties": False,
        "description": None,
        "database_id": table.database_id,
        "workspace_id": table.workspace_id,
        "db_index": False,
        "field_constraints": [{"type_name": name} for name in field.constraints],
    }
    if field.type == "link_row":
        entry |= _link(store, field)
    if field.type in SELECTS:
        entry["select_options"] = field.select_options
    return entry | {
        k: v for k, v in field.options.items() if not k.startswith("link_row_") or k in DEFAULTS["link_row"]
    }


def _link(store: Store, field: Field) -> dict[str, Any]:
    target, related = field.options["link_row_table_id"], field.options["link_row_related_field_id"]
    return {
        "link_row_table_id": target,
        "link_row_related_field_id": related,
        "link_row_table": target,
        "link_row_related_field": related,
        "link_row_limit_selection_view_id": None,
        "link_row_table_primary_field": serialise(store, store.tables[target].primary()),
    }


def add(store: Store, table: Table, name: str, kind: str, **settings: Any) -> Field:
    """A field straight into the store, without any check."""
    order = max((f.order for f in table.fields.values()), default=-1) + 1
    field = Field(store.take("field"), table.id, name, order, kind, primary=not table.fields)
    field.options = DEFAULTS[kind] | settings
    table.fields[field.id] = field
    return field


def create(store: Store, table: Table, body: dict[str, Any]) -> dict[str, Any]:
    name, kind = str(body.get("name", "")), body.get("type")
    if kind not in DEFAULTS:
        raise answers.bad_body({"type": [answers.problem(f'"{kind}" is not a valid choice.', "invalid_choice")]})
    _check_name(table, name)
    _check_constraints(kind, body)
    if kind == "formula":
        _check_formula(table, body["formula"])
    field = add(store, table, name, kind, **{k: v for k, v in body.items() if k in DEFAULTS[kind]})
    field.constraints = [c["type_name"] for c in body.get("field_constraints", [])]
    _set_options(store, field, body.get("select_options", []))
    if kind == "link_row":
        _relate(store, table, field, body)
    if kind == "autonumber":
        for row in table.sorted_rows():
            row.cells[field.id] = store.take(f"autonumber {field.id}")
    if field.unique:
        table.index_unique(field)
    return serialise(store, field) | {"related_fields": []}


def change(store: Store, field: Field, body: dict[str, Any]) -> dict[str, Any]:
    table = store.tables[field.table_id]
    if "name" in body and body["name"] != field.name:
        _check_name(table, body["name"])
    kind = body.get("type", field.type)
    _check_constraints(kind, body)
    if "field_constraints" in body:
        wanted = [c["type_name"] for c in body["field_constraints"]]
        if wanted:
            table.index_unique(field)
        else:
            table.uniques.pop(field.id, None)
        field.constraints = wanted
    field.name = body.get("name", field.name)
    if kind != field.type:
        field.type, field.options = kind, dict(DEFAULTS[kind])
    field.options |= {k: v for k, v in body.items() if k in DEFAULTS[kind]}
    if "select_options" in body:
        _set_options(store, field, body["select_options"])
    _convert(table, field)
    return serialise(store, field) | {"related_fields": []}


def delete(store: Store, field: Field) -> dict[str, Any]:
    table = store.tables[field.table_id]
    table.fields.pop(field.id)
    table.uniques.pop(field.id, None)
    return {"related_fields": []}


def _set_options(store: Store, field: Field, options: list[dict[str, Any]]) -> None:
    field.select_options = [
        {"id": o.get("id") or store.take("option"), "value": o["value"], "color": o.get("color", "blue")}
        for o in options
    ]


def _relate(store: Store, table: Table, field: Field, body: dict[str, Any]) -> None:
    target = store.table(body["link_row_table_id"])
    field.options |= {"link_row_table_id": target.id, "link_row_related_field_id": None}
    if body.get("has_related_field", True):
        back = add(store, target, table.name, "link_row")
        back.options |= {"link_row_table_id": table.id, "link_row_related_field_id": field.id}
        field.options["link_row_related_field_id"] = back.id


def _convert(table: Table, field: Field) -> None:
    """A changed type keeps what still fits and empties the other cells."""
    known = {option["id"] for option in field.select_options}
    for row in table.rows.values():
        value = row.cells.get(field.id)
        if field.type == "single_select":
            row.cells[field.id] = value if value in known else None
        elif field.type == "multiple_select":
            row.cells[field.id] = [v for v in value if v in known] if isinstance(value, list) else []
        elif field.type != "link_row" and field.type not in READ_ONLY:
            try:
                row.cells[field.id] = parse(field, value if value is None else str(value))
            except BadValueError:
                row.cells[field.id] = field.empty()


def _check_name(table: Table, name: str) -> None:
    if name in ("id", "order"):
        raise answers.refused(
            400,
            "ERROR_RESERVED_BASEROW_FIELD_NAME",
            "The field names id,order are reserved and cannot and cannot be used for a user created field, please "
            "choose different field name.",
        )
    if table.named(name):
        raise answers.refused(
            400,
            "ERROR_FIELD_WITH_SAME_NAME_ALREADY_EXISTS",
            "You cannot have two fields with the same name in the same table, please choose a unique name for each "
            "field.",
        )


def _check_constraints(kind: str, body: dict[str, Any]) -> None:
    for constraint in body.get("field_constraints", []):
        name = constraint["type_name"]
        if name != "unique_with_empty" or kind not in UNIQUE_POSSIBLE:
            raise answers.refused(
                400,
                "ERROR_INVALID_FIELD_CONSTRAINT",
                f"The field constraint {name} is not supported for field {kind}.",
            )
        if body.get(f"{kind}_default"):
            raise answers.refused(
                400,
                "ERROR_FIELD_CONSTRAINT_DOES_NOT_SUPPORT_DEFAULT_VALUE",
                "Cannot set this constraint when default value is set.",
            )


def _check_formula(table: Table, formula: str) -> None:
    for name in re.findall(r"field\('([^']*)'\)", formula):
        if not table.named(name):
            raise answers.refused(
                400,
                "ERROR_WITH_FORMULA",
                f"Error with formula: references the deleted or unknown field {name}.",
            )
