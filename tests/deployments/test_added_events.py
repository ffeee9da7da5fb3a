"""Which events an automation that is there does not send, although it should."""

import uuid
from typing import Any

import pytest
from prefect.client.schemas.objects import BlockDocument
from prefect.events.schemas.automations import AutomationCore

from deployments.alerts import added_events, wanted_automations
from flows.alarming import FAMILIES

HELD, MEANING = "phasegate.gate.held", FAMILIES["gates"]["phasegate.gate.held"]
BLOCK = BlockDocument(id=uuid.uuid4(), name="ops", data={}, block_schema_id=uuid.uuid4(), block_type_id=uuid.uuid4())
GATES = wanted_automations("slack-webhook/ops", BLOCK)[0]


def made(expect: set[str], description: str) -> AutomationCore:
    return GATES.model_copy(
        update={"trigger": GATES.trigger.model_copy(update={"expect": expect}), "description": description}
    )


@pytest.mark.parametrize(
    ("expect", "description", "added"),
    [
        (set(FAMILIES["gates"]), GATES.description, []),
        (set(FAMILIES["gates"]) - {HELD}, GATES.description.replace(MEANING, ""), [HELD]),
        (set(FAMILIES["gates"]) - {HELD}, GATES.description, []),  # a person took it out
        ({*FAMILIES["gates"], "theirs"} - {HELD}, "", [HELD]),
        (set(), "", []),  # it sends everything
    ],
)  # fmt: skip
def test_what_a_release_added_is_sent_and_what_a_person_took_out_is_not(
    expect: set[str], description: str, added: list[str]
) -> None:
    assert added_events(made(expect, description), GATES) == added


def test_a_trigger_of_a_person_is_left_to_them() -> None:
    theirs: Any = {"type": "sequence", "triggers": [GATES.trigger], "within": 60}
    other = AutomationCore(name="theirs", trigger=theirs, actions=[])
    assert added_events(other, GATES) == []
