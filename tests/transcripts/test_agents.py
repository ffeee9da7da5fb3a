"""What the agents are asked, how their answers are judged, and what one record comes of them."""

from typing import Any

import pytest

from blocks.errors import CallError
from flows.transcripts import structuring
from flows.transcripts.agents import AGENTS
from flows.transcripts.samples import LONG, SHORT
from flows.transcripts.understanding import Query
from tasks.transcripts.reading import read_file, read_text
from tasks.transcripts.record import Coaching
from tasks.transcripts.scoring.gold import read_gold
from tasks.transcripts.scoring.score import score
from tasks.transcripts.transcript import without_header
from tasks.transcripts.windows import windows
from tests.transcripts.listening import CALL, Listener, stretch
from tests.transcripts.scene import call, heard, recorded


def test_recorded_answers_give_the_gold_record() -> None:
    judged = score(heard(CALL).record, read_gold(SHORT.with_suffix(".gold.json")), "pipeline")

    assert [cell for cell in judged.cells if not cell.right] == []
    assert [one for one in judged.lists if one.f1 < 1] == []


def test_a_record_without_any_finding_still_has_the_header() -> None:
    record = heard(CALL, recorded(extraction={"findings": []})).record

    assert (record.client.email, record.client.name) == ("nadia.whitcombe@example.net", "Nadia Whitcombe")
    assert record.deal.amount is None
    assert record.deal.next_steps == []


def test_every_prompt_of_a_window_begins_with_the_same_text_and_ends_with_the_instruction() -> None:
    listener = Listener()
    heard(CALL, listener)

    prompts = [query.prompt for query in listener.asked if query.part == "window-001"]
    shared = stretch().text
    assert len(prompts) == 5
    assert all(prompt.startswith(f"{shared}\n\n# Task: ") for prompt in prompts)


def test_all_agents_are_asked_about_a_window_before_the_next_one() -> None:
    listener = Listener()
    heard(read_file(LONG), listener, budget=4_000)

    parts = [query.part for query in listener.asked]
    assert parts == sorted(parts, key=lambda part: (part == "whole", part))
    assert len(set(parts)) >= 6


@pytest.mark.parametrize("at_once", [1, 2])
def test_no_more_windows_are_under_way_than_the_model_has_room_for(at_once: int) -> None:
    under_way: list[str] = []
    most = 0
    listener = Listener()

    async def ask(query: Query) -> Any:
        nonlocal most
        under_way.append(query.part)
        most = max(most, len(set(under_way)))
        answer = await listener(query)
        under_way.remove(query.part)
        return answer

    heard(read_file(LONG), ask, budget=4_000, at_once=at_once)

    assert most == at_once


def test_every_turn_is_seen_by_every_agent_that_reads_windows() -> None:
    listener = Listener()
    long = read_file(LONG)
    heard(long, listener, budget=4_000)

    for agent in (agent for agent in AGENTS if agent.window):
        seen = "\n".join(query.prompt for query in listener.asked if query.agent is agent)
        assert all(turn.text in seen for turn in long.turns)


def test_one_window_is_not_summed_up_a_second_time() -> None:
    listener = Listener()
    heard(CALL, listener)

    assert {"social/whole", "email/whole"} <= set(listener.names())
    assert {"summary/whole", "coaching/whole"}.isdisjoint(listener.names())


def test_notes_on_more_windows_than_a_model_holds_are_united_half_by_half() -> None:
    listener = Listener()

    def fits(query: Query) -> bool:
        return query.prompt.count("# Your notes on part ") < 3

    understood = heard(read_file(LONG), listener, budget=4_000, fits=fits)

    asked = [query for query in listener.asked if query.agent.key == "coaching" and query.part.startswith("whole")]
    assert (asked[0].part[:9], asked[-1].part, len(asked) > 3) == ("whole-1-1", "whole", True)
    assert all(map(fits, asked))
    assert understood.missing == {}


def test_half_of_the_notes_is_not_taken_for_the_whole() -> None:
    answer = Listener()

    def fits(query: Query) -> bool:
        return query.prompt.count("# Your notes on part ") < 3

    async def ask(query: Query) -> Any:
        if (query.agent.key, query.part) == ("coaching", "whole-1"):
            raise CallError("There is no answer.")
        return await answer(query)

    understood = heard(read_file(LONG), ask, budget=4_000, fits=fits)

    assert understood.missing == {"coaching/whole-1": "There is no answer."}
    assert understood.record.coaching == Coaching()
    assert understood.record.summary


def test_the_email_is_written_from_facts_and_not_from_the_transcript() -> None:
    listener = Listener()
    heard(CALL, listener)

    email = next(query.prompt for query in listener.asked if query.agent.key == "email")
    assert "# Facts of the call" in email
    assert "probate" not in email


def test_a_quote_that_nobody_said_is_dropped_and_named() -> None:
    wrong = {"field": "deal", "value": "$9,999", "quote": "it costs $9,999", "timestamp": "00:18:22", "kind": "quoted",
             "category": None, "resolved": None, "owner": None, "due": None}  # fmt: skip

    understood = heard(CALL, recorded(extraction={"findings": [wrong]}))

    assert understood.record.deal.amount is None
    assert [one.finding.value for one in understood.dropped] == ["$9,999"]


def test_a_client_quote_is_the_transcripts_own_text_and_never_the_advisors() -> None:
    quotes = ["Then a living trust fits.", "We are so happy with you!",
              "I’d sleep  better knowing who can sign"]  # fmt: skip

    record = heard(CALL, _social(quotes)).record

    assert record.communications.client_quotes == ["I'd sleep better knowing who can sign"]


def test_a_sentence_of_an_assistant_or_of_nobody_known_is_no_clients_quote() -> None:
    helper = "[00:00:07] Ines Ott: I am only here to open the room for you.\n[00:00:10] Hanna"
    three = read_text(call("1").text.replace("[00:00:10] Hanna", helper))
    said = ["I am only here to open the room for you.", "I will think about it."]

    assert heard(three, _social(said)).record.communications.client_quotes == ["I will think about it."]
    assert heard(without_header(three), _social(said)).record.communications.client_quotes == []


def _social(quotes: list[str]) -> Any:
    answer = recorded()

    async def ask(query: Query) -> Any:
        if query.agent.key == "social" and query.part != "whole":
            return query.answer.model_validate({"quotes": quotes})
        return await answer(query)

    return ask


@pytest.mark.parametrize(
    ("agent", "part", "change", "said"),
    [
        ("email", "whole", {"body": "Hi Nadia, the price is $2,750 now, and I am looking forward to it."}, "2750"),
        ("email", "whole", {"body": "Dear customer, thank you for your time. We will be in touch with you."}, "name"),
        (
            "social",
            "whole",
            {"facebook": "Nadia Whitcombe has made her plan with us, and so can you."},
            "names a client",
        ),
        ("social", "whole", {"linkedin": "2026-17-30 09:48:55.322.203.37"}, "no sentence of words"),
        ("structuring", "window-001", {"phases": [{"phase": "closing", "starts_at": "09:09:09"}]}, "no turn begins"),
        ("coaching", "window-001", {"strengths": ["Listened well.", "listened well."]}, "says the same"),
    ],
)
def test_what_is_wrong_with_an_answer_is_said(agent: str, part: str, change: dict[str, Any], said: str) -> None:
    replies, problems = recorded(), list[str]()

    async def ask(query: Query) -> Any:
        answer = await replies(query)
        if (query.agent.key, query.part) == (agent, part):
            answer = query.answer.model_validate({**answer.model_dump(), **change})
            problems.extend(problem.message for problem in query.check(answer))
        return answer

    heard(CALL, ask)

    assert any(said in problem for problem in problems)


def test_a_summary_of_many_windows_is_checked_as_well() -> None:
    listener, problems = Listener(), list[str]()

    async def ask(query: Query) -> Any:
        if (query.agent.key, query.part) == ("summary", "whole"):
            invented = query.answer.model_validate({"summary": "They agreed on $77,777 at the end of it."})
            problems.extend(problem.message for problem in query.check(invented))
        return await listener(query)

    heard(read_file(LONG), ask, budget=4_000)

    assert problems == ["nobody said the amount 77777.00"]


def test_the_recorded_answers_have_nothing_wrong_with_them() -> None:
    replies, problems = recorded(), list[Any]()

    async def ask(query: Query) -> Any:
        answer = await replies(query)
        problems.extend(query.check(answer))
        return answer

    understood = heard(CALL, ask)

    assert problems == []
    assert all(check["passed"] for check in understood.checks)


@pytest.mark.parametrize("agent", [agent.key for agent in AGENTS if not agent.required])
def test_an_agent_without_an_answer_leaves_a_gap_that_is_named(agent: str) -> None:
    understood = heard(CALL, Listener(agent))

    assert {name.split("/")[0] for name in understood.missing} == {agent}


def test_a_call_is_not_understood_without_its_extraction() -> None:
    with pytest.raises(CallError):
        heard(CALL, Listener(fail="extraction"))


def test_a_phase_that_goes_on_in_the_next_window_counts_once() -> None:
    first, second = windows(CALL.turns, 150)[:2]
    times = first.pieces[0].timestamp, second.pieces[0].timestamp
    said = [structuring.Phases.model_validate({"phases": [{"phase": "greeting", "starts_at": time}]}) for time in times]

    united = structuring.unite(zip((first, second), said, strict=True))

    assert united == [{"phase": "greeting", "start_timestamp": times[0]}]


def test_a_phase_at_a_time_nobody_spoke_is_left_out() -> None:
    window = stretch().window
    said = structuring.Phases.model_validate({"phases": [{"phase": "closing", "starts_at": "09:09:09"}]})

    assert structuring.unite([(window, said)]) == []
