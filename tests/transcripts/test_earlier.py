"""What an agent without an answer wrote in an earlier run stays, and the run says so."""

from dataclasses import asdict
from typing import Any

import pytest

from blocks.errors import CallError
from flows.transcripts.earlier import STAYS, with_earlier, without
from flows.transcripts.samples import SHORT
from flows.transcripts.understanding import Query, Understood
from tasks.records.transcripts import Earlier
from tasks.transcripts.reading import read_file
from tasks.transcripts.record import Communications
from tasks.transcripts.scoring.drafts import check_drafts
from tests.transcripts.scene import heard, recorded

CALL = read_file(SHORT)
GOOD = heard(CALL)
EARLIER = Earlier(GOOD.record, GOOD.phases)


def answered_but(*agents: str) -> Understood:
    answer = recorded()

    async def ask(query: Query) -> Any:
        if query.agent.key in agents:
            raise CallError("The model does not answer.")
        return await answer(query)

    return heard(CALL, ask)


@pytest.mark.parametrize("agent", ["email", "social", "coaching", "summary", "structuring"])
def test_what_an_agent_wrote_earlier_stays_when_it_fails(agent: str) -> None:
    failed = answered_but(agent)
    assert (failed.record, failed.phases) != (GOOD.record, GOOD.phases)

    mended = with_earlier(failed, EARLIER, CALL)

    assert (mended.record, mended.phases) == (GOOD.record, GOOD.phases)
    assert without(mended.record, mended.stays) == failed.record
    assert all(why.endswith(STAYS) for why in mended.missing.values())


def test_an_earlier_run_that_had_no_answer_either_leaves_nothing() -> None:
    failed = answered_but("email")
    assert with_earlier(failed, Earlier(failed.record, failed.phases), CALL) is failed


def test_only_what_failed_is_taken_over() -> None:
    other = GOOD.record.model_copy(
        update={"summary": "Earlier.", "communications": Communications(facebook="Earlier.")}
    )

    mended = with_earlier(answered_but("email", "summary"), Earlier(other, GOOD.phases), CALL)

    assert mended.record.summary == "Earlier."
    assert mended.record.communications.facebook == GOOD.record.communications.facebook
    assert mended.missing["email/whole"] == "The model does not answer."


def test_a_draft_that_stays_is_checked_against_what_this_run_found() -> None:
    mail = Communications(follow_up_email="Dear Nobody, the price is $77,777.")
    other = GOOD.record.model_copy(update={"communications": mail})

    mended = with_earlier(answered_but("email"), Earlier(other, ()), CALL)

    assert mended.checks == [
        asdict(check) for check in check_drafts(mended.record, CALL, mended.knowledge.meeting_date)
    ]
    assert not all(check["passed"] for check in mended.checks)


def test_a_first_run_has_nothing_to_take_over() -> None:
    failed = answered_but("email")

    assert with_earlier(failed, None, CALL) is failed
