"""Alerts on a real Prefect server, sent by its automations to a real receiver; and runs that go on without anybody."""

import asyncio
import json
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
from prefect.blocks.notifications import CustomWebhookNotificationBlock
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.events.schemas.automations import AutomationCore
from prefect.exceptions import ObjectAlreadyExists
from prefect.settings import PREFECT_API_URL, temporary_settings
from typer.testing import CliRunner

from blocks.errors import ConfigurationError
from blocks.home import PROJECT_ROOT
from blocks.lineups import GeneratorLineup
from deployments.alerts import Alerts, automations, create_alerts
from deployments.application import app
from deployments.applying import bootstrap
from flows.alarming import FAMILIES, Alarm, tell, tell_once, told_since
from tests import one_loop
from tests.conftest import fresh_events
from tests.deployments.terminal import environment, phasegate

pytestmark = [pytest.mark.server]
DAY = timedelta(days=1)
LINEUP = GeneratorLineup.get_block_type_slug()


class Receiver(BaseHTTPRequestHandler):
    """Takes messages as a chat or a pager would."""

    received: ClassVar[list[dict[str, str]]] = []

    def do_POST(self) -> None:
        self.received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *words: Any) -> None:
        pass


@pytest.fixture(scope="module", autouse=True)
def _events(prefect_api: str) -> None:
    fresh_events()


@pytest.fixture(scope="module")
def receiver(prefect_api: str) -> Iterator[str]:
    """A notification block that sends to a server of this process; its name, with the automations made."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    block = CustomWebhookNotificationBlock(
        name="ops", url=f"http://127.0.0.1:{server.server_port}/", json_data={"subject": "{{subject}}", "body": "{{body}}"}
    )  # fmt: skip
    one_loop.run(block.asave("alerts-test", overwrite=True))
    yield "custom-webhook/alerts-test"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def alerted(receiver: str) -> Iterator[Alerts]:
    yield on_server(lambda client: create_alerts(client, receiver))
    for one in on_server(automations):
        on_server(lambda client, one=one: client.delete_automation(one.id))


def on_server(work: Callable[[Any], Any]) -> Any:
    async def connected() -> Any:
        async with get_client() as client:
            return await work(client)

    return one_loop.run(connected())


def message(about: str, seconds: float = 60) -> dict[str, str]:
    """The message that names this, as soon as it has come."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for one in Receiver.received:
            if about in one["subject"] + one["body"]:
                return one
        time.sleep(0.1)
    raise AssertionError(f"no message about {about} came within {seconds:.0f} s: {Receiver.received}")


def stored(alarm: Alarm) -> None:
    """Waits until the server can be asked for the event: it stores events some seconds after it has acted on them."""
    deadline = time.monotonic() + 60
    while not one_loop.run(told_since(alarm, datetime.now(UTC) - DAY)):
        assert time.monotonic() < deadline
        time.sleep(0.2)


def an_alarm(event: str = "phasegate.harm", **fields: Any) -> Alarm:
    word = uuid.uuid4().hex
    return Alarm(event, f"test.{word}", "Gate generator-1", f"3 of 3 calls failed ({word}).", "Look at it.", **fields)


def test_a_message_arrives_in_plain_words(alerted: Alerts) -> None:
    alarm = an_alarm(run_id=str(uuid.uuid4()))
    tell(alarm)
    came = message(alarm.happened)
    assert came["subject"] == "Gate generator-1: A candidate did harm; it is being taken back."
    assert came["body"].splitlines()[:3] == [alarm.happened, "", "Look at it."]
    assert f"/runs/flow-run/{alarm.run_id}" in came["body"]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_event_of_a_family_is_sent(alerted: Alerts, family: str) -> None:
    alarms = [an_alarm(event) for event in FAMILIES[family]]
    for alarm in alarms:
        tell(alarm)
    for alarm in alarms:
        assert message(alarm.happened)["subject"] == alarm.payload["what"]


def test_a_pool_without_a_worker_is_told_by_the_server_itself(alerted: Alerts, prefect_api: str) -> None:
    async def lost(client: Any) -> None:
        try:
            pool = await client.create_work_pool(WorkPoolCreate(name="phasegate", type="process"))
        except ObjectAlreadyExists:
            pool = await client.read_work_pool("phasegate")
        of_pool = {"prefect.resource.id": f"prefect.work-pool.{pool.id}", "prefect.resource.name": pool.name}
        of_queue = {"prefect.resource.id": f"prefect.work-queue.{uuid.uuid4()}", "prefect.resource.name": "first"}
        related = [{**of_pool, "prefect.resource.role": "work-pool"}]
        about = [("work-pool", of_pool, []), ("work-queue", of_queue, related)]
        events = [{"event": f"prefect.{kind}.not-ready", "resource": resource, "related": others, "id": str(uuid.uuid4()),
                   "occurred": datetime.now(UTC).isoformat()} for kind, resource, others in about]  # fmt: skip
        await client.request("POST", "/events", json=events)

    on_server(lost)
    assert "phasegate doctor" in message("Work pool phasegate: no live worker")["body"]
    assert "rollbacks and the janitor wait" in message("Work queue first: no live worker")["body"]


def test_what_lasts_is_told_once(alerted: Alerts) -> None:
    alarm = an_alarm("phasegate.drift")
    assert one_loop.run(tell_once([alarm], DAY)) == [alarm]
    stored(alarm)
    assert one_loop.run(tell_once([alarm], DAY)) == []
    assert one_loop.run(tell_once([alarm], timedelta(seconds=-5))) == [alarm]


def test_a_second_time_makes_and_changes_nothing(alerted: Alerts, receiver: str) -> None:
    [one] = [each for each in on_server(automations) if each.name == f"phasegate gates to {receiver}"]
    on_server(lambda client: client.pause_automation(one.id))
    again = on_server(lambda client: create_alerts(client, receiver))
    assert (list(again.created), list(again.present)) == ([], list(alerted.created))
    assert not next(each for each in on_server(automations) if each.id == one.id).enabled
    on_server(lambda client: client.resume_automation(one.id))


def test_a_block_that_was_deleted_and_made_anew_is_sent_through_again(alerted: Alerts, receiver: str) -> None:
    kind, _, name = receiver.partition("/")
    old = on_server(lambda client: client.read_block_document_by_name(name, kind))
    [one] = [each for each in on_server(automations) if each.name == f"phasegate gates to {receiver}"]
    on_server(lambda client: client.pause_automation(one.id))
    block = one_loop.run(CustomWebhookNotificationBlock.aload(name))
    on_server(lambda client: client.delete_block_document(old.id))
    one_loop.run(CustomWebhookNotificationBlock(**block.model_dump()).asave(name))
    again = on_server(lambda client: create_alerts(client, receiver))
    assert (list(again.created), list(again.present), list(again.mended)) == ([], [], list(alerted.created))
    assert not next(each for each in on_server(automations) if each.id == one.id).enabled
    on_server(lambda client: client.resume_automation(one.id))
    alarm = an_alarm()
    tell(alarm)
    assert message(alarm.happened)


def test_one_that_was_made_before_an_event_existed_sends_it_from_the_next_time_on(
    alerted: Alerts, receiver: str
) -> None:
    name, event = f"phasegate gates to {receiver}", "phasegate.gate.way-back-dead"
    [one] = [each for each in on_server(automations) if each.name == name]
    older = without(one, event, description=one.description.replace(FAMILIES["gates"][event], ""))
    on_server(lambda client: client.update_automation(one.id, older))
    assert on_server(lambda client: create_alerts(client, receiver)).extended == {name: [event]}
    assert not on_server(lambda client: create_alerts(client, receiver)).extended
    alarm = an_alarm(event)
    tell(alarm)
    assert message(alarm.happened)


def without(automation: Any, event: str, **values: Any) -> AutomationCore:
    trigger = automation.trigger.model_copy(update={"expect": automation.trigger.expect - {event}})
    facts = {name: getattr(automation, name) for name in ("name", "description", "tags", "actions", "enabled")}
    return AutomationCore(**facts | {"trigger": trigger, **values})


def test_a_bootstrap_makes_them_for_the_block_it_is_given(alerted: Alerts, receiver: str) -> None:
    applied = one_loop.run(bootstrap(receiver))
    assert list(applied.alerts.present) == list(alerted.created)
    assert applied.alerts_problem == ""


@pytest.mark.parametrize(
    ("words", "status"),
    [(("--alerts", "slack-webhook/none"), 1), ((), 0)],
    ids=["by hand", "by the environment"],
)
def test_a_bootstrap_that_cannot_alert_does_the_rest(
    prefect_api: str, own_environment: None, words: tuple[str, ...], status: int
) -> None:
    done = CliRunner().invoke(app, ["bootstrap", *words], env={"PHASEGATE_ALERTS": "slack-webhook/none"})
    assert "nobody is told of anything: There is no block 'slack-webhook/none'" in done.output
    assert ("deployments are up to date" in done.output, done.exit_code) == (True, status)


@pytest.mark.parametrize(
    ("block", "said"), [("slack-webhook/none", "no block"), (f"{LINEUP}/production", "cannot send")]
)
def test_a_block_that_cannot_send_is_refused(prefect_api: str, block: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        on_server(lambda client: create_alerts(client, block))


def test_the_command_shows_what_is_sent_where(alerted: Alerts, receiver: str, home: Any, prefect_api: str) -> None:
    status, again = phasegate("alerts", "--block", receiver, env=environment(home, prefect_api))
    assert (status, "is there already" in again) == (0, True), again
    status, printed = phasegate("alerts", env=environment(home, prefect_api))
    assert status == 0, printed
    assert f"phasegate harm to {receiver}" in printed
    assert "phasegate.gate.awaiting-approval" in printed


GONE = """
import asyncio
from prefect.settings import PREFECT_API_URL
from flows.alarming import Alarm, tell, tell_once
from datetime import timedelta
alarm = Alarm("phasegate.harm", "x", "X", "so")
tell(alarm)
assert asyncio.run(tell_once([alarm], timedelta(days=1))) == []
print("went on")
"""


def test_with_the_server_gone_everything_goes_on(home: Any) -> None:
    env = environment(home, "http://127.0.0.1:9/api")
    command = [sys.executable, "-c", GONE]
    ended = subprocess.run(command, cwd=PROJECT_ROOT, env=env, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == "went on\n"


def test_without_a_server_nobody_is_told_and_none_is_started() -> None:
    with temporary_settings(restore_defaults=[PREFECT_API_URL]):
        tell(an_alarm())
        assert asyncio.run(tell_once([an_alarm()], DAY)) == []
