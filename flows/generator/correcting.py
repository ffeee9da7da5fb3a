"""Facts a person corrects in what an earlier run found, checked before a run begins and anything is asked.

What a person corrects is a stage's answer. What code computes from it (totals, ratios, copies) follows from the
correction and is no field to correct: the run computes it when the stage's turn comes.
"""

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from blocks.errors import InputError
from flows.generator.stage import Stage
from flows.generator.stages import stage


def corrected(
    overrides: Mapping[str, Any],
    parent: str | None,
    outputs: Mapping[str, Mapping[str, Any]],
    awaited: Collection[str] = (),
) -> dict[str, BaseModel]:
    """Stage key -> its answer with the corrected facts in it.

    `overrides` maps stage.field to a value; `outputs` is what the run `parent` ended with, by stage, and `awaited` names
    the stages that were corrected there and whose turn had not come when it ended: those corrections hold on. Raises
    InputError for the first correction that cannot be made: no such stage, no such field, a field that is computed, a
    value the stage could not give.
    """
    if overrides and parent is None:
        raise InputError("Facts can be corrected only in an earlier run.", do="name the run to go on from.")
    made = {key: stage(key).correctable(outputs[key]) for key in awaited}
    for path, value in overrides.items():
        key, _, field = path.partition(".")
        known = stage(key)
        if known.key not in outputs:
            raise InputError(f"Run {parent} has no output of {known.name} to correct.", do="let it finish first.")
        try:
            answer = made.get(known.key) or known.correctable(outputs[known.key])
            made[known.key] = _with(answer, field, value)
        except ValidationError as error:
            reasons = "; ".join(fault["msg"] for fault in error.errors())
            raise InputError(
                f"{path} cannot be {value!r}: {reasons}.", do="give a value the stage itself could give."
            ) from None
        except NoFieldError as error:
            raise _no_field(path, field, known, outputs[known.key], error.there) from None
    return made


class NoFieldError(Exception):
    """A path leads nowhere; `there` is the value in which its next step is missing."""

    def __init__(self, there: Any) -> None:
        super().__init__()
        self.there = there


def _with(answer: BaseModel, field: str, value: Any) -> BaseModel:
    """The answer with a dotted field set; list items by number from 0. Raises NoFieldError, ValidationError."""
    body = answer.model_dump(mode="json")
    way, _, last = field.rpartition(".")
    place: Any = _at(body, way.split(".")) if way else body
    _at(place, [last])
    place[int(last) if isinstance(place, list) else last] = value
    return type(answer).model_validate(body)


def _at(body: Any, steps: list[str]) -> Any:
    """What stands at a path. Raises NoFieldError."""
    for step in steps:
        if isinstance(body, dict) and step in body:
            body = body[step]
        elif isinstance(body, list) and step.isdecimal() and int(step) < len(body):
            body = body[int(step)]
        else:
            raise NoFieldError(body)
    return body


def _no_field(path: str, field: str, known: Stage[Any, Any], output: Mapping[str, Any], there: Any) -> InputError:
    """Why a path names nothing to correct: it is not there, or code computes it from what is."""
    try:
        _at(output, field.split("."))
    except NoFieldError:
        return InputError(f"There is no field {path!r}.", do=f"at that place there is: {_there(there)}.")
    return InputError(
        f"{path} is computed from what {known.name} answers; it cannot be corrected by itself.",
        do=f"correct what it is computed from; at that place there is: {_there(there)}.",
    )


def _there(body: Any) -> str:
    match body:
        case dict():
            return ", ".join(body)
        case list():
            return f"a list; name one of its items by number, 0 to {len(body) - 1}"
        case _:
            return "a value without fields"
