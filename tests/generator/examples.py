"""One invented run for the sample brief: what a careful model would answer in every stage that answers in JSON.

The answers are data in `tests/data/generator/answers`; inputs and outputs are made from them as in a real run.
"""

import copy
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from flows.generator.brief import GeneratorInput, load_input
from flows.generator.stage import Inputs, Problem, Stage
from flows.generator.stages import STAGES, stage

ANSWERS = Path(__file__).parents[1] / "data" / "generator" / "answers"
SAMPLE = Path(__file__).parents[2] / "flows" / "generator" / "samples" / "veterinary-finance.json"
JSON_STAGES = tuple(each for each in STAGES if each.kind != "synthesis")


def sample() -> GeneratorInput:
    """The shipped sample brief."""
    return load_input(SAMPLE)


def answer(key: str) -> dict[str, Any]:
    """What the model answers in this stage, as a fresh mapping a test may break."""
    loaded: dict[str, Any] = json.loads((ANSWERS / f"{key}.json").read_text())
    return loaded


@cache
def _outputs() -> Mapping[str, dict[str, Any]]:
    done: dict[str, dict[str, Any]] = {}
    for each in JSON_STAGES:
        done[each.key] = finish(each, answer(each.key), done).model_dump(mode="json")
    return done


def outputs() -> dict[str, dict[str, Any]]:
    """Stage key -> stored output of the whole run, fresh for each caller."""
    return copy.deepcopy(dict(_outputs()))


def inputs(key: str, earlier: Mapping[str, Mapping[str, Any]] | None = None) -> Inputs:
    """What the stage sees in this run."""
    given = sample().model_dump(mode="json")
    return stage(key).inputs(given["brief"], given["preferences"], outputs() if earlier is None else earlier)


def finish(each: Stage[Any, Any], values: Mapping[str, Any], earlier: Mapping[str, Mapping[str, Any]]) -> Any:
    """The stored output for an answer, validated and completed as in a run."""
    return each.finish(each.answer.model_validate(values), inputs(each.key, earlier))


def problems(key: str, values: Mapping[str, Any] | None = None) -> list[Problem]:
    """What the stage's checks say about an answer; without one, about this run's own."""
    each = stage(key)
    output = finish(each, answer(key) if values is None else values, outputs())
    return list(each.check(output, inputs(key)))


def changed(values: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`values` with some places replaced: `{"upsell_1.price": 97, "competitors[0].name": "..."}`."""
    for path, value in changes.items():
        *way, last = [
            int(step) if step.isdigit() else step for step in path.replace("[", ".").replace("]", "").split(".")
        ]
        place: Any = values
        for step in way:
            place = place[step]
        place[last] = value
    return values
