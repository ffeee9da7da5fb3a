"""Runs are started, blocks edited and gates approved in the forms of the UI, and what comes of it is seen."""

import re

import pyotp
import pytest
from prefect.client.orchestration import get_client

from flows.generator.samples import sample_input
from flows.generator.stages import STAGES
from flows.transitions.reading import read_gate
from flows.transitions.scanning import drift_scan
from flows.transitions.showing import write_gate
from flows.transitions.world import real_world
from tasks.records.database import engine
from tasks.records.runs import read_run, read_steps
from tests.browser.approving import awaiting_approval, type_decision, wrong
from tests.browser.ui import IN_BROWSER, Classic, Newer
from tests.house import SECRET, House

pytestmark = [*IN_BROWSER, pytest.mark.proof]


def test_the_run_form_is_filled_with_a_sample_and_starts_a_run_with_what_is_typed(
    house: House, classic: Classic
) -> None:
    deployment = house.do(_deployment)
    classic.open(f"deployments/deployment/{deployment}", "generate")
    classic.press("Run")
    classic.page.get_by_text("Custom run").click()
    classic.sees("Business Name")
    name = classic.field("Business Name")
    assert name.input_value() == sample_input().brief.business_name
    name.fill("Gull & Harbour Finance")
    classic.shoot("run-form")
    classic.press("Submit")
    run = house.newest("generator/generate")
    house.until(run, "Completed")
    kept = read_run(engine(), str(run))
    assert kept is not None
    assert kept["input"]["brief"]["business_name"] == "Gull & Harbour Finance"
    assert {role for role, part in read_steps(engine(), str(run)) if not part} == {stage.key for stage in STAGES}
    classic.open(f"runs/flow-run/{run}", "Completed")
    classic.shoot("run")


def test_a_lineup_edited_in_its_form_is_reported_as_drift(house: House, newer: Newer) -> None:
    lineup = house.do(lambda: _document("phasegate-transcript-lineup", "preview"))
    newer.open(f"v2/blocks/block/{lineup}/edit", "Structuring")
    newer.field("2. Extraction").fill("mistral-7b")
    newer.shoot("lineup-form-edited")
    newer.press("Save")
    newer.page.wait_for_url(re.compile(f"/block/{lineup}$"))
    [sentence] = house.do(drift_scan)
    assert sentence == "In the transcripts lineup 'preview' extraction is 'mistral-7b' instead of 'incumbent'."
    newer.open("v2/artifacts/key/drift", "1 edited by hand")
    newer.page.get_by_role("link", name=re.compile("^[0-9a-f]{8}$")).first.click()
    newer.sees("instead of")
    newer.shoot("drift")


def test_a_wrong_code_is_asked_again_and_the_right_ones_of_two_people_promote(
    house: House, classic: Classic, newer: Newer
) -> None:
    world, codes = real_world(), pyotp.TOTP(SECRET)
    gate = awaiting_approval(house, world)
    first = house.state(gate).state_details.pause_key

    classic.page.set_viewport_size({"width": 1000, "height": 1300})  # the whole form, and what is asked above it
    classic.open_approval(gate)
    type_decision(classic, wrong(codes.now()))
    classic.shoot("approval-form")
    classic.send()
    house.until(gate, "Suspended", key="approval-", other_than=first)
    assert [(entry.kind, entry.actor) for entry in world.read("answered", "refused", gate_id=str(gate))] == [
        ("refused", "grace")
    ]
    assert read_gate(world, str(gate)).state == "AWAITING_APPROVAL"

    newer.open_approval(gate)
    newer.sees("The answer of grace was not accepted: The one-time code is wrong.")
    newer.shoot("approval-form-again")
    type_decision(newer, codes.now())
    second = house.state(gate).state_details.pause_key
    newer.send()
    house.until(gate, "Suspended", key="approval-", other_than=second)
    assert read_gate(world, str(gate)).state == "AWAITING_APPROVAL"
    house.resume(gate, decision="approve", approver="alan", code=codes.now(), reason="Read it too.", confirmed="all")
    house.until(gate, "Completed")
    promoted = read_gate(world, str(gate))
    assert (promoted.state, promoted.settled) == ("PROMOTED", True), promoted.reason
    lineup = house.do(lambda: world.blocks.lineup("generator", "production")) or {}
    assert [lineup[change.role] for change in promoted.opening.changes] == ["candidate"] * 3
    newer.page.goto(write_gate(world, promoted)[1].as_uri())
    newer.shoot("gate")


async def _deployment() -> str:
    async with get_client() as client:
        return str((await client.read_deployment_by_name("generator/generate")).id)


async def _document(kind: str, name: str) -> str:
    async with get_client() as client:
        return str((await client.read_block_document_by_name(name, kind)).id)
