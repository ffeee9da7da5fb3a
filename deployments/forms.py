"""The form that starts a flow: its parameters' schema, made readable for people."""

from typing import Any

from prefect import Flow
from prefect.utilities.callables import parameter_schema


def form(flow: Flow[..., Any]) -> dict[str, Any]:
    """JSON schema of a flow's parameters, as a deployment keeps it.

    A parameter that the flow does not have is refused by the server, by its name; it would only fail the run. Fields are
    titled in words. A text or a table that may be left out is a plain field, which left empty is left out;
    Prefect's form shows "a text or null" as a switch between two types.
    """
    schema = parameter_schema(flow).model_dump() | {"additionalProperties": False}
    for name, field in schema["properties"].items():
        field["title"] = name.replace("_", " ").capitalize()
    for part in (schema, *schema["definitions"].values()):
        for field in part.get("properties", {}).values():
            _plain(field)
    return schema


def _plain(field: dict[str, Any]) -> None:
    kinds = [kind for kind in field.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) == 1 and len(field["anyOf"]) == 2 and field.get("default") is None and _is_plain(kinds[0]):
        del field["anyOf"]
        field.pop("default", None)
        field.update(kinds[0])


def _is_plain(kind: dict[str, Any]) -> bool:
    return kind.get("type") == "object" or (kind.get("type") == "string" and "enum" not in kind)
