"""A gate from a terminal: every act of the Prefect UI typed as a command, on a real server and a real ledger."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pyotp
import pytest
from typer.testing import CliRunner

from blocks.approvers import Approver
from blocks.lineups import GeneratorLineup
from deployments.application import app
from flows.transitions.drift import note_new
from tests import one_loop
from tests.conftest import SaveModel
from tests.transitions.gated import Scene
from tests.transitions.serving import production_on
from tests.transitions.shortened import LINEUPS, SECRET

pytestmark = [
    pytest.mark.server, pytest.mark.long, pytest.mark.usefixtures("own_environment"),
]  # fmt: skip


def phasegate(*words: str, status: int = 0) -> str:
    """What a command prints, in one line."""
    found = CliRunner().invoke(app, list(words))
    assert found.exit_code == status, (found.output, found.exception)
    return re.sub(r"\s+", " ", found.output + str(found.exception or ""))


def code(scene: Scene) -> str:
    return pyotp.TOTP(SECRET).at(scene.clock())


def test_a_gate_is_approved_and_taken_back(monitoring: Scene) -> None:
    monitoring.monitored()
    gate = monitoring.gate.id
    assert "AWAITING_APPROVAL" in phasegate("status").upper().replace(" ", "_")
    assert "3 of 3 requirements proven" in phasegate("status", gate)
    read = re.search(r"Evidence ([0-9a-f]{12})", phasegate("status", gate))
    assert read
    answered = phasegate(
        "approve", gate[:8], "grace", "--code", code(monitoring), "--confirmed", "all", "--evidence", read[1]
    )
    assert "requirements proven over the whole window" in answered
    assert ("is PROMOTED" in answered, monitoring.serves()) == (True, "new")
    assert "is ROLLED_BACK" in phasegate("rollback", gate, "--reason", "too slow")
    assert monitoring.serves() == "old"
    assert "ROLLED_BACK" in phasegate("rollback", gate)  # twice in a row


def test_the_newest_gate_is_taken_back_where_none_is_named(monitoring: Scene, save_model: SaveModel) -> None:
    save_model("old", base_url="http://127.0.0.1:1")
    assert "what serves again does not answer" in phasegate("rollback", status=1)
    save_model("old", input_price=0, output_price=0)
    assert f"({monitoring.gate.id}) is ROLLED_BACK" in phasegate("rollback")


def test_a_rejection_wants_its_reason(monitoring: Scene) -> None:
    monitoring.monitored()
    gate = monitoring.gate.id
    assert "Missing option '--reason'" in phasegate("reject", gate, "grace", "--code", code(monitoring), status=2)
    assert "is ROLLED_BACK" in phasegate("reject", gate, "grace", "--code", code(monitoring), "--reason", "wordy")


def test_a_held_gate_is_given_more_time(monitoring: Scene) -> None:
    monitoring.clock.by += timedelta(hours=3)
    monitoring.watched()
    monitoring.drive.leg()
    assert monitoring.gate.state == "HELD"
    assert "is MONITORING" in phasegate("extend", monitoring.gate.id, "12")


def test_an_emergency_and_its_end(monitoring: Scene) -> None:
    assert "All gates are frozen" in phasegate("emergency-rollback", "nonsense in offers")
    assert monitoring.gate.state == "ROLLED_BACK"
    assert "The incident is closed" in phasegate("close-incident", "a full cache")


def test_a_block_edited_by_hand_is_shown_adopted_and_reverted(scene: Scene) -> None:
    one_loop.run(note_new(scene.world, tuple(LINEUPS.values())))
    edited("new")
    for told in (phasegate("drift"), phasegate("watch")):
        assert LINEUPS["production"] in told
        assert 'Next: keep it with `phasegate drift adopt --reason "..."`' in told
    other = phasegate("drift", "revert", "--name", LINEUPS["production"], "--pipeline", "transcripts", "--reason", "x")
    assert ("No such block differs" in other, scene.serves()) == (True, "new")
    assert "knows no block 'nosuch'" in phasegate("drift", "adopt", "--name", "nosuch", "--reason", "x", status=1)
    assert "Handled: revert" in phasegate("drift", "revert", "--name", LINEUPS["production"], "--reason", "not meant")
    assert scene.serves() == "old"
    edited("new")
    assert "Handled: adopt" in phasegate("drift", "adopt", "--name", LINEUPS["production"], "--reason", "meant so")
    assert scene.serves() == "new"


def edited(model: str) -> None:
    lineup = GeneratorLineup(**{**dict.fromkeys(GeneratorLineup.roles, "old"), "market_analysis": model})
    one_loop.run(lineup.asave(LINEUPS["production"], overwrite=True))


@pytest.fixture
def production(scene: Scene) -> Iterator[None]:
    """The lineup that a drill without a word rehearses for."""
    with production_on(GeneratorLineup, "old"):
        yield


@pytest.mark.usefixtures("production")
def test_the_way_back_is_rehearsed() -> None:
    assert "The drill passed" in phasegate("drill")


def test_an_approver_is_added_once(scene: Scene) -> None:
    assert "Scan this with an authenticator app" in phasegate("approver", "add", "hopper")
    assert one_loop.run(Approver.aload("hopper")).totp.get_secret_value()  # type: ignore[union-attr]
    assert "is an approver already" in phasegate("approver", "add", "hopper", status=1)


def test_an_approver_is_listed_and_removed_with_the_secret(scene: Scene) -> None:
    phasegate("approver", "add", "lovelace", "--by", "ada")
    assert re.search(r"lovelace +yes +20\d\d-\d\d-\d\d \d\d:\d\d +ada", phasegate("approver", "list"))
    assert "lovelace may not decide any more" in phasegate("approver", "remove", "lovelace", "--reason", "left")
    assert "lovelace" not in phasegate("approver", "list")
    with pytest.raises(ValueError, match="lovelace"):
        one_loop.run(Approver.aload("lovelace"))  # type: ignore[arg-type]
