"""Rules that several stages share."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from flows.generator.stage import Problem, error
from tasks.answering.faults import find_placeholders


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


def placeholders(output: BaseModel) -> list[Problem]:
    """One error for every field that still holds a placeholder."""
    return [
        error(path, f"holds a placeholder: {found[0]}")
        for path, text in texts(output)
        if (found := find_placeholders(text))
    ]
