"""Recorded answers of Baserow with something else in them: a success or an error in words, whatever they hold.

What was ever wrong is kept in `tests/data/baserow/hostile.jsonl` and asked again each time; new answers are looked for in
bounded time.
"""

import contextlib
import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blocks.errors import BaserowError
from tests.crm.baserow_setting import Setting, crm, record
from tests.crm.contract import RECORDING, recorded
from tests.doubles.baserow import answer

CORPUS = RECORDING.with_name("hostile.jsonl")
SYNC = [
    ("GET", "/all-tables/"), ("GET", "/fields/table/"), ("GET", "/rows/table/"), ("POST", "/batch/"), ("PATCH", "/batch/"),
    ("POST", "/token-auth/"), ("GET", "/tokens/"), ("POST", "/tokens/"), ("PATCH", "/tokens/"),
]  # fmt: skip
"""What the sync asks, and the set-up where the tables are there."""
MAKING = [
    ("GET", "/tables/database/"), ("POST", "/tables/database/"), ("GET", "/fields/table/"), ("POST", "/fields/table/"),
    ("PATCH", "/fields/"), ("DELETE", "/rows/table/"),
]  # fmt: skip
"""What the set-up asks where something is missing."""
KINDS = [pytest.param(scene, *kind, id=" ".join([scene, *kind])) for scene, kinds in (("whole", SYNC), ("half made", MAKING))
         for kind in kinds]  # fmt: skip
HOSTILE: list[Any] = [
    None, True, -1, 0.5, 10**400, "", "x" * 70_000, "\u202e\x00", "=1+1", "99999-99-99", [], {}, [None], {"id": None},
    [[[[[[]]]]]], {"detail": {"items": {"0": {"x": None}}}},
]  # fmt: skip
EXAMPLES = settings(max_examples=4, suppress_health_check=list(HealthCheck))
SEEDS = st.integers(0, 10**6)


def changed(body: Any, chance: random.Random) -> Any:
    """The body with one to three places of it left out, doubled or in hostile hands."""
    whole = {"": copy.deepcopy(body)}
    for _ in range(chance.randint(1, 3)):
        holder, key = chance.choice(list(_places(whole)))
        match chance.choice(["hostile", "left out", "doubled"]):
            case "left out" if key != "":
                del holder[key]
            case "doubled" if isinstance(holder, list):
                holder.append(holder[key])
            case _:
                holder[key] = copy.deepcopy(chance.choice(HOSTILE))
    return whole[""]


def _places(holder: Any) -> Iterator[tuple[Any, Any]]:
    keys = list(holder) if isinstance(holder, dict) else range(len(holder))
    for key in keys:
        yield holder, key
        if isinstance(holder[key], dict | list):
            yield from _places(holder[key])


@contextlib.contextmanager
def half_made() -> Iterator[Setting]:
    """Five tables of which one, an option and a constraint are missing, so that the set-up asks everything it can ask."""
    with crm() as setting:
        store = setting.double.store
        del store.tables[setting.double.table("Deals").id]
        setting.double.change_field("Clients", "marital_status", select_options=[{"id": 1, "value": "Single"}])
        setting.double.change_field("Meetings", "external_id", field_constraints=[])
        yield setting


SCENES = {"whole": crm, "half made": half_made}


def meets(setting: Setting, line: dict[str, Any], kind: str = "before", **more: Any) -> None:
    """Sets up and syncs with a server that answers so. What is raised is one of our errors, or the line is to be kept."""
    made: Callable[[], Any] = answer(line["status"], line["body"], **line.get("headers", {}))
    setting.double.faults.plan(kind, method=line["method"], path=line["path"], times=999, answer=made, **more)
    for work in (lambda: setting.sync(record()), setting.setup):
        try:
            work()
        except BaserowError:
            continue
        except Exception as error:
            raise AssertionError(f"To be kept in {CORPUS.name}, and mended: {json.dumps(line)}") from error


@pytest.mark.parametrize("line", [*map(json.loads, CORPUS.read_text().splitlines())], ids=lambda line: line["why"])
def test_answers_that_were_once_too_much_are_borne(line: dict[str, Any]) -> None:
    with SCENES[line["scene"]]() as setting:
        meets(setting, line)


@pytest.mark.parametrize(("scene", "method", "path"), KINDS)
@EXAMPLES
@given(seed=SEEDS)
def test_a_recorded_answer_in_hostile_hands(scene: str, method: str, path: str, seed: int) -> None:
    chance = random.Random(seed)
    known = [one["response"] for one in recorded() if _asks(one, method, path)]
    real = chance.choice(known)
    body = changed(real.get("body"), chance)
    line = {"scene": scene, "method": method, "path": path, "status": real["status"], "body": body}
    with SCENES[scene]() as setting:
        meets(setting, line)


def _asks(one: dict[str, Any], method: str, path: str) -> bool:
    request = one.get("request", {})
    return request.get("method") == method and path in request["path"] and "status" in one["response"]


@pytest.mark.parametrize(("scene", "method", "path"), KINDS)
@EXAMPLES
@given(seed=SEEDS)
def test_the_right_answer_in_hostile_hands(scene: str, method: str, path: str, seed: int) -> None:
    """As the double, which was measured by the recording, answers just this request."""
    line = {"scene": scene, "method": method, "path": path, "status": 200, "body": None}

    def change(body: Any) -> Any:
        line["body"] = changed(json.loads(json.dumps(body)), random.Random(seed))
        return line["body"]

    with SCENES[scene]() as setting:
        meets(setting, line, "changed answer", change=change)
