"""Validation errors of a brief in plain sentences: which field, what was found, what is wanted."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError

_SHOWN = 60
"""Characters of what was found that are repeated to the person."""


def in_words(name: str) -> str:
    """A field name as a person says it: `target_demographics` becomes "Target demographics"."""
    return name.replace("_", " ").capitalize()


def explain(invalid: ValidationError, model: type[BaseModel]) -> list[str]:
    """One sentence for each problem, in the order of the form; `model` is what was validated."""
    return [_problem(each, model) for each in invalid.errors(include_url=False)]


def _problem(problem: Mapping[str, Any], model: type[BaseModel]) -> str:
    if problem["type"] == "extra_forbidden":  # shown as it is written: that is what the person has to look for
        *path, name = problem["loc"]
        return f"{_place(tuple(path))}: {name!r} {_unknown(problem['loc'], model)}"
    return f"{_place(problem['loc'])}: {_sentence(problem, model)}"


def _place(path: tuple[int | str, ...]) -> str:
    """`("brief", "niche")` becomes "Brief, niche"; the third item of a list is "item 3"."""
    parts = [f"item {part + 1}" if isinstance(part, int) else part.replace("_", " ") for part in path]
    return ", ".join(parts)[:1].upper() + ", ".join(parts)[1:] if parts else "The input"


def _sentence(problem: Mapping[str, Any], model: type[BaseModel]) -> str:
    kind, limits, found = problem["type"], problem.get("ctx", {}), problem["input"]
    match kind:
        case "missing":
            return f"is missing. {_help(problem['loc'], model)}".rstrip()
        case "string_too_short" if not found.strip():
            return f"is empty. {_help(problem['loc'], model)}".rstrip()
        case "string_too_short":
            return f"has {len(found.strip())} characters ({_short(found)}), at least {limits['min_length']} are wanted."
        case "string_too_long":
            return f"has {len(found):,} characters ({_short(found)}), at most {limits['max_length']:,} are allowed."
        case "value_error":
            return f"{limits['error']}."
    wanted = _WANTED.get(kind)
    return f"is {_short(found)}; wanted is {wanted.format(**limits)}." if wanted else f"{problem['msg']}."


_WHOLE = ("int_type", "int_parsing", "int_from_float", "int_parsing_size", "finite_number")
_WANTED = {
    "string_type": "a text",
    "string_unicode": "a text without broken characters",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "model_type": "an object with fields",
    "model_attributes_type": "an object with fields",
    "too_short": "at least {min_length} item(s)",
    "too_long": "at most {max_length} items",
    "greater_than": "more than {gt:,}",
    "less_than_equal": "at most {le:,}",
    "literal_error": "one of {expected}",
    **dict.fromkeys(_WHOLE, "a whole number"),
}
"""Kind of pydantic's error -> what is wanted instead, with the limits it names."""


def _unknown(path: tuple[int | str, ...], model: type[BaseModel]) -> str:
    known = list(_model_at(path[:-1], model).model_fields)
    near = get_close_matches(str(path[-1]), known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"the fields are {', '.join(known)}."
    return f"is no field; {hint}"


def _help(path: tuple[int | str, ...], model: type[BaseModel]) -> str:
    field = _model_at(path[:-1], model).model_fields[str(path[-1])]
    choices = get_args(field.annotation) if get_origin(field.annotation) is Literal else ()
    return f"Wanted: {field.description}" + (f" One of {', '.join(choices)}." if choices else "")


def _model_at(path: tuple[int | str, ...], model: type[BaseModel]) -> type[BaseModel]:
    """The model that a path of fields leads to, looking through `X | None`."""
    for name in path:
        held = model.model_fields[str(name)].annotation
        model = next(part for part in (held, *get_args(held)) if isinstance(part, type) and issubclass(part, BaseModel))
    return model


def _short(found: Any) -> str:
    if found is None:
        return "null"
    text = " ".join(repr(found).split())
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
