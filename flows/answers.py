"""What every pipeline asks for and how it names what is wrong with an answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    """Base of everything a model is asked for: immutable, an unknown field is an error, every field is described."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Problem:
    """One broken rule of a valid answer. An error makes the answer invalid, a warning costs points only."""

    severity: Severity
    field: str
    """Dotted path of the field, for example `pricing_tiers[1].price`."""
    message: str


def error(field: str, message: str) -> Problem:
    return Problem("error", field, message)


def warning(field: str, message: str) -> Problem:
    return Problem("warning", field, message)


def texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a model, mapping or list, with its dotted path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, BaseModel):
        yield from texts(value.model_dump(), path)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from texts(item, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from texts(item, f"{path}[{index}]")
