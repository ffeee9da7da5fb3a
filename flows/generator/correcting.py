"""Facts a person corrects in what an earlier run found, checked before a run begins and anything is asked."""

import copy
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from blocks.errors import InputError
from flows.generator.stages import stage


def corrected(
    overrides: Mapping[str, Any], parent: str | None, outputs: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Stage key -> its output with the corrected facts in it.

    `overrides` maps stage.field to a value; `outputs` is what the run `parent` ended with, by stage. Raises InputError
    for the first correction that cannot be made: no such stage, no such field, a value the stage could not give.
    """
    if overrides and parent is None:
        raise InputError("Facts can be corrected only in an earlier run.", do="name the run to go on from.")
    made: dict[str, dict[str, Any]] = {}
    for path, value in overrides.items():
        key, _, field = path.partition(".")
        known = stage(key)
        if known.key not in outputs:
            raise InputError(f"Run {parent} has no output of {known.name} to correct.", do="let it finish first.")
        body = made.get(known.key) or copy.deepcopy(dict(outputs[known.key]))
        _set(body, field, value, path)
        try:
            made[known.key] = known.output.model_validate(body).model_dump(mode="json")
        except ValidationError as error:
            reasons = "; ".join(fault["msg"] for fault in error.errors())
            raise InputError(
                f"{path} cannot be {value!r}: {reasons}.", do="give a value the stage itself could give."
            ) from None
    return made


def _set(body: Any, field: str, value: Any, path: str) -> None:
    """Sets a dotted field; list items by number from 0. Raises InputError if there is no such field."""
    *steps, last = field.split(".")
    try:
        for step in steps:
            body = body[int(step)] if isinstance(body, list) else body[step]
        if isinstance(body, list):
            body[int(last)] = value
        elif last in body:
            body[last] = value
        else:
            raise KeyError(last)
    except (KeyError, IndexError, ValueError, TypeError):
        raise InputError(f"There is no field {path!r}.", do=f"at that place there is: {_there(body)}.") from None


def _there(body: Any) -> str:
    match body:
        case dict():
            return ", ".join(body)
        case list():
            return f"a list; name one of its items by number, 0 to {len(body) - 1}"
        case _:
            return "a value without fields"
