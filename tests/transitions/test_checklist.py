"""A line of the checklist is done where something was looked at that proves it, and nowhere else."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, update

from blocks.errors import ConfigurationError
from blocks.lineups import GeneratorLineup, TranscriptLineup
from flows.transitions.gate_view import gate_view
from flows.transitions.moving import open_gate
from flows.transitions.plans import check, phase, phases
from flows.transitions.plans.phase import Phase, suite
from flows.transitions.reading import read_gate
from flows.transitions.story import Change
from flows.transitions.suite_lines import Asked, look
from flows.transitions.tracker_view import standing
from tasks.crm.tables import TABLES
from tasks.judging.observations import Call
from tasks.judging.planning import Passage, plan_gate
from tasks.judging.policy import Policy
from tasks.records.tables import outputs, runs, steps
from tasks.records.transcript_tables import sync_status, transcript_runs, transcripts
from tasks.records.trials import Trial, TrialCall, TrialRun
from tests.transitions.records import run_row, store_calls
from tests.transitions.scenes import opening, plan
from tests.transitions.story import GATE, QUICK, Story

SHORT = QUICK.model_copy(update={"window": timedelta(hours=1)})


def a_call(role: str = "scarcity_upsells", **given: Any) -> TrialCall:
    usual: dict[str, Any] = {"model": "new", "failed": False, "flaws": 0, "score": 100, "problems": ()}
    return TrialCall(role, **(usual | given))


def problem(severity: str) -> dict[str, str]:
    return {"severity": severity, "field": "order_bumps", "message": "holds 2"}


def whole(*broken: TrialCall, seconds: float | None = 600, completed: bool = True) -> Asked:
    """One run of all stages, with these calls instead of sound ones."""
    named = {call.role for call in broken}
    sound = [a_call(role) for role in GeneratorLineup.roles if role not in named]
    run = TrialRun("r", "brief", completed, seconds)
    return Asked(Trial((run,), (*sound, *broken)), GeneratorLineup.roles, (TrialRun("b", "brief", True, 1_000),))


def put_together(score: int) -> Asked:
    """Every answer is sound, and what code made of those of stage 13 scores this."""
    asked = whole()
    return replace(asked, trial=replace(asked.trial, scores=(("scarcity_upsells", score),)))


def lines(key: str, look_at: str) -> Sequence[Any]:
    return [item for item in phase(key).checklist if item.look == look_at and item.by == "suite"]


@pytest.mark.parametrize(
    ("asked", "state"),
    [
        (whole(), "done"),
        (whole(a_call(problems=[problem("error")])), "failed"),
        (whole(a_call(problems=[problem("warning")])), "open"),
        (whole(a_call(failed=True, score=None)), "failed"),
        (whole(completed=False), "failed"),
        (put_together(96), "open"),
        (put_together(94), "failed"),
        (Asked(Trial(), GeneratorLineup.roles), "open"),
    ],
)
def test_bumps_and_upsells_are_done_only_where_no_rule_of_stage_13_is_broken(asked: Asked, state: str) -> None:
    (line,) = [item for item in lines("generator-3", "rules") if "bumps" in item.text]
    assert look(line, asked)[0] == state


@pytest.mark.parametrize(
    ("wanted", "asked", "state"),
    [
        ("answered", whole(), "done"),
        ("answered", whole(a_call(failed=True)), "failed"),
        ("answered", Asked(Trial(whole().trial.runs, (a_call(),)), GeneratorLineup.roles), "open"),
        ("score", whole(), "done"),
        ("score", whole(a_call("avatar_creation", score=94)), "failed"),
        ("score", whole(a_call("avatar_creation", score=None)), "open"),
        ("clean", whole(a_call("avatar_creation", flaws=1)), "failed"),
        ("clean", Asked(Trial(whole().trial.runs), GeneratorLineup.roles), "open"),
        ("hour", whole(seconds=3_601), "failed"),
        ("hour", whole(seconds=None), "open"),
        ("faster", whole(seconds=850), "done"),
        ("faster", whole(seconds=900), "failed"),
        ("length", whole(), "open"),
    ],
)
def test_each_look_at_the_suite_can_fail(wanted: str, asked: Asked, state: str) -> None:
    line, *_ = lines("generator-4", wanted)
    assert look(line, asked)[0] == state


def tried(story: Story, **given: Any) -> Story:
    """A suite of one brief under the candidate, as the gate records it."""
    at = story.clock.now
    made = [Call(role=role, arm="candidate", at=at, run_id="suite", failed=False, score=99, seconds=1, cost=0)
            for role in GeneratorLineup.roles]  # fmt: skip
    store_calls(story.database, made, first=900, **given)
    asked = {"run_id": "suite", "lineup": "preview", "item": "brief", "problem": ""}
    body = {"outcome": "done", "detail": "2 runs, 0 not completed.", "runs": [asked]}
    story.world.record("tested", "tester", body, GATE, story.gate.sequence + 1)
    return story.moved()


def state(story: Story, text: str) -> tuple[str, str]:
    (found,) = [line for line in gate_view(story.world, story.gate).checklist if text in line.text]
    return found.state, found.detail


def test_a_suite_whose_runs_did_not_complete_leaves_its_lines_undone(story: Story) -> None:
    story.prepared().planned().moved()
    tried(story)
    assert state(story, "all thirteen stages valid")[0] == "done"
    with story.database.begin() as connection:
        connection.execute(update(runs).where(runs.c.id == "suite").values(status="failed"))
    assert state(story, "all thirteen stages valid") == ("failed", "0 of 1 run completed, 13 of 13 calls valid")


def test_a_suite_that_left_no_runs_proves_nothing(story: Story) -> None:
    assert state(story.monitoring(), "Stage 2")[0] == "open"


def test_a_report_is_long_enough_only_by_its_own_words(story: Story) -> None:
    story.opened = {"phase": "generator-4"}
    tried(story.prepared().planned().moved())
    step = {"run_id": "suite", "role": "report_synthesis", "part": "", "input_key": "k", "output_sha256": "a" * 64,
            "source": "asked", "score": 100, "finished_at": story.clock.now}  # fmt: skip
    with story.database.begin() as connection:
        connection.execute(insert(outputs).values(sha256="a" * 64, body={"words": 600}, created_at=story.clock.now))
        connection.execute(insert(steps).values(step))
    assert state(story, "5,000 to 6,000 words") == ("failed", "600 to 600 words")


@pytest.mark.parametrize(
    ("reach", "expected"),
    [
        (lambda story: story.monitoring(), "open"),
        (lambda story: story.awaiting(), "done"),
        (lambda story: story.monitoring().monitored(calls=1), "open"),
    ],
)
def test_a_day_is_monitored_when_it_has_passed_with_calls(
    story: Story, reach: Callable[[Story], Story], expected: str
) -> None:
    assert state(reach(story), "Monitored for 24 hours")[0] == expected


def test_a_window_of_an_hour_is_no_day(story: Story) -> None:
    story.opened = {"policy": SHORT}
    story.monitoring().called(20).waited(hours=1).moved()
    assert story.gate.state in ("HELD", "AWAITING_APPROVAL")
    found, detail = state(story, "Monitored for 24 hours")
    assert (found, detail.split(",")[0]) == ("open", "60 minutes")


def test_a_gate_held_without_a_window_was_not_monitored(story: Story) -> None:
    story.prepared().planned().moved()
    body = {"outcome": "impossible", "detail": "no suite"}
    story.world.record("tested", "tester", body, GATE, story.gate.sequence + 1)
    assert story.moved().gate.state == "HELD"
    assert state(story, "Monitored for 24 hours")[0] == "open"


def test_a_phase_before_that_was_stable_for_an_hour_only_is_not_stable_for_a_day(story: Story) -> None:
    story.opened = {"policy": SHORT}
    story.monitoring().called(20).waited(hours=1).moved()
    story.opened = {}
    for name in ("Grace", "Alan"):
        if story.gate.state != "PROMOTED":
            story.answered(name)
    story.served()
    assert story.gate.state == "STABLE"
    assert stood(story) == ("open", "generator-1 served 60 minutes before it was called stable")


def test_a_phase_before_that_served_a_day_is_stable(story: Story) -> None:
    story.awaiting().answered().served()
    assert stood(story)[0] == "done"


def test_gates_of_the_phase_before_are_not_read_one_by_one(story: Story) -> None:
    story.awaiting().answered().served()
    stood(story)
    asked: list[str] = []
    event.listen(story.database, "before_cursor_execute", lambda *given: asked.append(given[2]))
    counts = []
    for n in range(2):
        asked.clear()
        gate_view(story.world, read_gate(story.world, "gate-2"))
        counts.append(len(asked))
        open_gate(story.world, f"later-{n}", opening(), "Ada")
    assert counts[0] == counts[1]


def stood(story: Story) -> tuple[str, str]:
    """The line of phase 2 about phase 1."""
    changes = (Change(role="value_stack", incumbent="old", candidate="new"),)
    begun = opening(phase="generator-2", plan=plan(QUICK, "value_stack"), changes=changes)
    open_gate(story.world, "gate-2", begun, "Ada")
    story.world.record("moved", "tester", {"to": "TESTING", "reason": "so", "serves": {}}, "gate-2", 2)
    view = gate_view(story.world, read_gate(story.world, "gate-2"))
    (found,) = [line for line in view.checklist if "phases before" in line.text]
    return found.state, found.detail


# Baselines ------------------------------------------------------------------------------------------------------------


def baseline(story: Story, **body: Any) -> str:
    """State of the only line of phase 0 after this baseline."""
    usual = {"pipeline": "generator", "lineup": "production", "passed": True}
    story.world.record("baseline", "tester", usual | body)
    view = next(view for view in standing(story.world, "generator", (), ()).phases if view.key == "generator-0")
    return view.checklist[0].state


def test_a_baseline_is_done_when_all_thirteen_stages_answered(story: Story) -> None:
    made = [Call(role=role, arm="incumbent", at=story.clock.now, run_id="b", failed=False, score=99, seconds=1, cost=0)
            for role in GeneratorLineup.roles]  # fmt: skip
    store_calls(story.database, made, purpose="baseline")
    assert baseline(story) == "open"
    assert baseline(story, runs=["b"]) == "done"
    moved = {role: "new" if role == "value_stack" else "old" for role in GeneratorLineup.roles}
    body = {"pipeline": "generator", "lineup": "production", "content": moved}
    story.world.record("adopted", "tester", body)
    assert baseline(story, runs=["b"]) == "open"


# The CRM --------------------------------------------------------------------------------------------------------------


def crm_gate(story: Story) -> None:
    changes = tuple(Change(role=role, incumbent="old", candidate="new") for role in TranscriptLineup.roles)
    about = opening(pipeline="transcripts", phase="transcripts-production", changes=changes,
                    plan=plan_gate(QUICK, (), (), Passage(calls=2, seconds=1, money=0)))  # fmt: skip
    body = {"opening": about.model_dump(mode="json"), "plan_digest": "p"}
    story.world.record("planned", "Ada", body, GATE, 1)
    story.world.record("moved", "tester", {"to": "TESTING", "reason": "so", "serves": {}}, GATE, 2)


def reached_the_stores(story: Story) -> None:
    """One call, extracted by the candidate, in every table and in the graph."""
    at, places = story.clock.now, [*(("baserow", table.name) for table in TABLES), ("graph", "")]
    with story.database.begin() as connection:
        connection.execute(insert(runs), [run_row("t", at, pipeline="transcripts")])
        connection.execute(insert(outputs).values(sha256="c" * 64, body={}, created_at=at))
        connection.execute(insert(transcripts).values(
            external_id="x", filename="x.txt", raw_text="", content_sha256="d" * 64, header={}, turns=[],
            created_at=at, updated_at=at))  # fmt: skip
        connection.execute(insert(transcript_runs).values(
            run_id="t", external_id="x", content_sha256="d" * 64, model="new", record_sha256="c" * 64, at=at))  # fmt: skip
        connection.execute(insert(sync_status), [
            {"external_id": "x", "target": target, "place": place, "status": "done", "record_sha256": "c" * 64,
             "attempts": 1, "at": at}
            for target, place in places])  # fmt: skip


def test_baserow_is_filled_when_every_table_has_what_the_candidate_extracted(story: Story) -> None:
    crm_gate(story)
    assert state(story, "All five Baserow tables")[0] == "open"
    reached_the_stores(story)
    assert state(story, "All five Baserow tables") == ("done", "1 call in all 5 places")
    assert state(story, "from end to end")[0] == "done"
    with story.database.begin() as connection:
        connection.execute(update(sync_status).where(sync_status.c.target == "graph").values(status="rejected"))
    assert state(story, "from end to end") == ("failed", "1 call: graph rejected")


# The documents --------------------------------------------------------------------------------------------------------


def texts(key: str, by: str) -> str:
    return "\n".join(item.text for item in phase(key).checklist if item.by == by)


def test_every_moving_phase_of_the_generator_has_the_documents_goals() -> None:
    for each in phases().values():
        if each.pipeline == "generator" and not each.is_baseline:
            demands = {demand for item in each.checklist for demand in item.demands}
            assert demands >= {"good_share", "failures", "placeholders", "quality", "cost"}
            assert {item.look for item in each.checklist} >= {"answered", "score", "clean", "hour"}


def test_the_last_phase_has_the_goals_of_the_whole() -> None:
    assert {item.look for item in phase("generator-4").checklist} >= {"faster", "hour", "length", "answered"}


@pytest.mark.parametrize(
    ("key", "by", "words"),
    [
        ("transcripts-preproduction", "person", "mistral:7b"),
        ("transcripts-preproduction", "person", "issues are written down"),
        ("transcripts-preproduction", "crm", "All five Baserow tables"),
        ("transcripts-production", "person", "makes its rows, processed again it changes them"),
        ("transcripts-production", "crm", "from end to end"),
        ("transcripts-production", "person", "a test alert has arrived"),
    ],
)
def test_the_transcript_phases_have_the_documents_lines(key: str, by: str, words: str) -> None:
    assert words in texts(key, by)


def test_the_protected_stage_has_the_documents_four_conditions() -> None:
    items = [item for item in phase("generator-protected").checklist if item.text.startswith("Condition")]
    assert [(item.text[10], item.by) for item in items] == [
        ("1", "person"), ("2", "person"), ("3", "precondition"), ("4", "window"),
    ]  # fmt: skip


def test_a_line_that_names_a_role_the_pipeline_does_not_have_is_refused() -> None:
    wrong = Phase(key="generator-x", title="X", pipeline="generator", roles=("value_stack",), policy=Policy(),
                  checklist=(suite("Stage 14", "rules", "stage_14"),))  # fmt: skip
    with pytest.raises(ConfigurationError, match="stage_14"):
        check([wrong])
