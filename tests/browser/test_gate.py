"""A gate is approved as an engineer does it: the page of the run, the form, the one-time code."""

import pyotp

from flows.transitions.reading import read_gate
from flows.transitions.showing import write_gate
from flows.transitions.world import real_world
from tests.browser.approving import SECRET, awaiting_approval, type_decision, wrong
from tests.browser.ui import IN_BROWSER, Classic, Newer
from tests.house import House

pytestmark = IN_BROWSER


def test_a_wrong_code_is_asked_again_and_the_right_one_promotes(house: House, classic: Classic, newer: Newer) -> None:
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
    newer.send()
    house.until(gate, "Completed")
    promoted = read_gate(world, str(gate))
    assert (promoted.state, promoted.settled) == ("PROMOTED", True), promoted.reason
    lineup = house.do(lambda: world.blocks.lineup("generator", "production")) or {}
    assert [lineup[change.role] for change in promoted.opening.changes] == ["candidate"] * 3
    newer.page.goto(write_gate(world, promoted)[1].as_uri())
    newer.shoot("gate")
