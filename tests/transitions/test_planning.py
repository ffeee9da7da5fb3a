"""Planning a gate: what moves, what it takes, what is refused; what is replayed when; what people are shown."""

import asyncio
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert
from typer import Exit

from blocks.errors import ConfigurationError, GateError
from blocks.models import EmbeddedModel, OllamaModel
from deployments.commands.gates import show_plan
from flows.transitions.form import page
from flows.transitions.gate_view import gate_view
from flows.transitions.machine import approvals_needed
from flows.transitions.moving import open_gate
from flows.transitions.planning import plan_phase, shown
from flows.transitions.preconditions import not_yet, unmet
from flows.transitions.telling import notices
from flows.transitions.trial import replay_due, replays
from tasks.records.tables import runs
from tasks.reports.gate import at_a_glance, gate_page
from tests.transitions.records import run_row
from tests.transitions.scenes import START, given, opening
from tests.transitions.story import GATE, QUICK, Story
from tests.transitions.suited import FREE, briefs, planned, served


@pytest.fixture(autouse=True)
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of a person's own, with as many briefs as the default policy demands."""
    folder = briefs(tmp_path)
    monkeypatch.setenv("PHASEGATE_SUITES", str(folder.parent))
    return folder


@pytest.fixture
def priced(story: Story) -> Story:
    """Models that cost nothing, and a run of production that took 26 seconds."""
    story.blocks.facts = {"old": FREE, "new": FREE}
    return served(story)


def test_a_phase_moves_its_roles_and_watches_the_others(priced: Story) -> None:
    about = planned(priced)
    assert [(c.incumbent, c.candidate) for c in about.changes] == [("old", "new")] * 3
    assert (len(about.plan.changed), len(about.plan.others), about.plan.refusals) == (3, 10, ())


def test_roles_that_are_there_already_do_not_move(priced: Story) -> None:
    priced.blocks.lineups["generator", "production"].update(market_analysis="new")
    assert len(planned(priced).changes) == 2
    priced.blocks.lineups["generator", "production"].update(buyer_psychology="new", competitive_analysis="new")
    with pytest.raises(GateError, match="already"):
        planned(priced)


@pytest.mark.parametrize(
    ("asked", "because"),
    [
        ({"phase": "generator-0"}, "changes nothing"),
        ({"phase": "generator-9"}, "no phase"),
        ({"target": "gpt-9"}, "no model block 'gpt-9'"),
        ({"phase": "generator-protected", "target": ""}, "name no target"),
        ({"overrides": {"window": "soon"}}, "policy cannot be changed"),
        ({"overrides": {"colour": 1}}, "there is no value 'colour'; there are alpha, .*failures_allowed"),
        ({"overrides": {"good_share": None}}, "null is no value; leave 'good_share' out"),
        ({"overrides": {"canary": []}}, "policy cannot be changed so: canary: the shares"),
        ({"phase": "generator-protected", "overrides": {"approvers": 1}}, "needs 2 approvers"),
        ({"production": "nowhere"}, "no lineup 'nowhere'"),
        ({"phase": "generator-protected", "canary": True}, "takes no canary"),
        (
            {"phase": "generator-protected", "overrides": {"invariants": "rate"}},
            "less would be asked of it: invariants",
        ),
        ({"phase": "generator-protected", "overrides": {"window": "PT5S"}}, "window 5 seconds instead of 24"),
        ({"preview": "production"}, "it serves users"),
        ({"production": "preview"}, "it serves users"),
        ({"production": "preview", "preview": "production"}, "it serves users"),
    ],
)
def test_what_cannot_be_planned_is_refused_with_the_way_out(priced: Story, asked: dict[str, Any], because: str) -> None:
    with pytest.raises((ConfigurationError, GateError), match=because) as refused:
        planned(priced, **asked)
    assert refused.value.do


def test_what_another_gate_promotes_to_is_nobodys_preview(priced: Story) -> None:
    open_gate(priced.world, GATE, opening(production="europe"), "Ada")
    with pytest.raises(ConfigurationError, match="'europe' cannot be the preview"):
        planned(priced, preview="europe")


def test_a_starter_who_is_no_approver_is_called_so_wherever_the_gate_is_shown(priced: Story) -> None:
    about = asyncio.run(plan_phase(priced.world, "generator-1", " ada ", target="new"))
    assert (about.starter, about.stranger, notices(about)) == ("ada", False, ())
    about = asyncio.run(plan_phase(priced.world, "generator-1", "root", target="new"))
    open_gate(priced.world, GATE, about, "root")
    view = gate_view(priced.world, priced.gate)
    for shown_as in (page(priced.world, priced.gate), at_a_glance(view), " ".join(gate_page(view).banners[0].lines)):
        assert "Started by root, a name no approver had then" in shown_as


def test_a_window_made_shorter_is_said_and_takes_one_person(priced: Story) -> None:
    about = planned(priced, overrides={"window": "PT5S", "buckets": 1, "buckets_needed": 1})
    assert (about.loosened, about.approvers) == (False, 1)
    assert "Changed for this gate: window 5 seconds instead of 24.0 hours" in shown(about)


def test_proofs_made_easier_are_said_and_take_two_people(priced: Story) -> None:
    about = planned(priced, overrides={"demands": ["failures"], "failure_limit": 0.49})
    open_gate(priced.world, GATE, about, "Ada")
    assert (about.approvers, approvals_needed(priced.gate)) == (2, 2)
    for shown_as in (shown(about), page(priced.world, priced.gate), at_a_glance(gate_view(priced.world, priced.gate))):
        assert "so it takes two people: " in shown_as
        assert "failure limit 0.49 instead of 0.01" in shown_as


@pytest.mark.parametrize("starter", ["", "  ", "\u200b", " - "])
def test_nobody_starts_a_gate(priced: Story, starter: str) -> None:
    with pytest.raises(ConfigurationError, match="Nobody is named"):
        asyncio.run(plan_phase(priced.world, "generator-1", starter, target="new"))


def test_an_unknown_price_is_a_refusal_not_a_guess(story: Story) -> None:
    about = planned(story)
    assert "price is unknown" in about.plan.refusals[0]
    with pytest.raises(GateError, match="cannot pass"):
        open_gate(story.world, GATE, about, "Ada")
    assert story.world.read() == []


def test_what_runs_on_this_machine_is_known_to_cost_nothing(story: Story) -> None:
    story.blocks.facts = {name: EmbeddedModel().facts() for name in ("old", "new")}
    served(story)
    assert (EmbeddedModel().input_price, planned(story).plan.refusals) == (0, ())
    story.blocks.facts["new"] = OllamaModel(model="m", context_window=4096).facts()
    lost = "`input_price` in the block 'new' and `output_price` in the block 'new'"
    assert f"a price is unknown, so its cost can never be proven; set {lost}" in planned(story).plan.refusals[0]


def test_cost_that_is_not_demanded_may_stay_unknown(story: Story) -> None:
    assert planned(served(story), overrides={"demands": ["failures", "quality"]}).plan.refusals == ()


def test_a_canary_is_watched_by_comparing_its_arms(priced: Story) -> None:
    assert planned(priced, canary=True).plan.policy.watched == ("failures", "worse", "slower", "excess")
    assert "excess" not in planned(priced).plan.policy.watched


class TestSuite:
    def test_the_shipped_sample_is_too_little_for_what_is_demanded_of_answers(
        self, priced: Story, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("PHASEGATE_SUITES")
        (refusal,) = planned(priced).plan.refusals
        assert "`good_share` needs 93 different inputs; the suite has 1" in refusal
        assert "put 92 more into the suite" in refusal

    def test_one_brief_is_enough_where_only_failures_are_demanded(
        self, priced: Story, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("PHASEGATE_SUITES")
        assert planned(priced, overrides={"demands": ["failures"]}).plan.refusals == ()

    def test_a_brief_too_few_is_one_too_few(self, priced: Story, suite: Path) -> None:
        (suite / "0.json").unlink()
        assert "put 1 more into the suite" in planned(priced).plan.refusals[0]

    def test_users_bring_inputs_too(self, priced: Story, suite: Path) -> None:
        for path in sorted(suite.iterdir())[2:]:
            path.unlink()
        rows = [run_row(str(n), START - timedelta(hours=n % 160), environment="production", purpose="user")
                for n in range(7 * 24 * 4)]  # fmt: skip
        with priced.database.begin() as connection:
            connection.execute(insert(runs), rows)
        assert planned(priced, overrides={"mirror": 1.0}).plan.refusals == ()

    def test_a_folder_that_is_not_there_is_an_error_and_not_the_sample(self, priced: Story, suite: Path) -> None:
        shutil.rmtree(suite)
        with pytest.raises(ConfigurationError, match="no folder 'generator'"):
            planned(priced)


def test_mirrored_runs_of_the_last_week_are_expected_again(priced: Story) -> None:
    rows = [run_row(str(n), START - timedelta(hours=n % 160), environment="production", purpose="user")
            for n in range(7 * 24 * 10)]  # fmt: skip
    with priced.database.begin() as connection:
        connection.execute(insert(runs), rows)
    (effort, *_) = planned(priced, overrides={"mirror": 0.5}).plan.efforts
    assert (effort.calls_expected, effort.inputs_expected) == (120, 93 + 120)
    assert planned(priced).plan.efforts[0].calls_expected == 0


def test_the_plan_is_shown_with_calls_hours_and_money(priced: Story) -> None:
    text = shown(planned(priced))
    assert "This gate can pass." in text
    assert "| 1. Market analysis | old | new |" in text
    assert "| 473 | 0 | 93 | 93 | 380 |" in text
    assert (
        "26 calls, 52 s. Tests ask 93 inputs (1.3 hours), replay 380 more, spread over the window (5.5 hours)" in text
    )
    assert "12,298 calls, 0.00 USD" in text


def test_a_refused_plan_says_why_once_and_ends_with_status_1(story: Story, capsys: pytest.CaptureFixture[str]) -> None:
    about = asyncio.run(plan_phase(served(story).world, "generator-1", "root", target="new"))
    with pytest.raises(Exit, match="1"):
        show_plan(about, asyncio.run(not_yet(story.world, about)))
    said = " ".join(capsys.readouterr().out.split())
    assert (said.count("Refused."), said.count("1. Market analysis: a price is unknown")) == (1, 1)
    assert "Started by" not in said


def test_one_gate_at_a_time(story: Story) -> None:
    story.monitoring()
    assert any("still MONITORING" in one for one in asyncio.run(unmet(story.world, opening(), "another")))


def test_a_phase_waits_for_the_one_before(story: Story) -> None:
    second = opening(phase="generator-2")
    assert any("generator-1 must be stable" in one for one in asyncio.run(unmet(story.world, second)))
    story.awaiting().answered().served()
    assert not any("must be stable" in one for one in asyncio.run(unmet(story.world, second)))


def test_a_phase_taken_back_is_not_stable_any_more(story: Story) -> None:
    story.awaiting().answered().served().rolled_back()
    second = opening(phase="generator-2")
    assert any("generator-1 must be stable" in one for one in asyncio.run(unmet(story.world, second)))


class TestReplay:
    def due(self, hours: float, done: int = 0, broken: int = 0) -> int:
        return replay_due(given("MONITORING").gate, done, START + timedelta(hours=hours), broken)

    def test_is_spread_over_the_window_and_over_before_the_last_look(self) -> None:
        assert [self.due(hours) for hours in (0, 11.75, 23.5, 24, 48)] == [1, 237, 474, 474, 474]

    def test_what_is_done_is_not_due(self) -> None:
        assert (self.due(12, 242), self.due(12, 1000)) == (0, 0)

    def test_a_role_that_runs_broke_off_before_is_asked_as_often_as_planned(self) -> None:
        assert [self.due(24, 474, broken) for broken in (0, 3, 100)] == [0, 3, 24]

    def test_counts_runs_that_are_over_and_those_that_did_not_come_to_a_changed_role(self, story: Story) -> None:
        story.monitoring().waited(hours=24).called(3)
        rows = [run_row(status, story.clock.now, status=status) for status in ("failed", "running")]
        with story.database.begin() as connection:
            connection.execute(insert(runs), rows)
        assert replays(story.world, story.gate) == (4, story.gate.plan.replays + 1 + 1 - 4)

    def test_only_while_monitoring(self) -> None:
        assert replay_due(given("HELD").gate, 0, START + timedelta(hours=9)) == 0


class TestPage:
    def test_holds_verdict_proofs_and_what_is_asked(self, story: Story) -> None:
        story.opened = {"human": ("Report read",)}
        text = page(story.awaiting().world, story.gate)
        for words in (
            "awaiting approval",
            "**Pass:",
            "## Proofs",
            "0 of 1 approval given",
            "1. Report read",
            "## Your decision",
        ):
            assert words in text

    def test_says_what_is_missing_and_that_two_people_answer_for_it(self, story: Story) -> None:
        text = page(story.monitoring().monitored(calls=2).world, story.gate)
        assert "Missing:" in text
        assert "two people" in text

    def test_says_what_a_promoted_gate_needs_to_be_stable(self, story: Story) -> None:
        story.awaiting().answered().called(1, environment="production", purpose="user").waited(hours=1)
        following = gate_view(story.world, story.gate).next_step
        assert "on 2026-11-04 08:00 UTC at the earliest" in following
        assert "every changed role in 2 parts of 6.0 hours; so far in 1." in following

    def test_keeps_the_verdict_when_the_gate_is_over(self, story: Story) -> None:
        story.awaiting().answered("Grace", "reject", reason="too wordy")
        assert "too wordy" in page(story.world, story.gate)
        assert "**Pass:" in page(story.world, story.gate)

    def test_nothing_people_typed_becomes_markup(self, story: Story) -> None:
        story.awaiting().answered("Grace", "reject", reason="a | b\n<img> [x](http://evil.example)")
        assert "a \\| b &lt;img&gt; \\[x\\]" in page(story.world, story.gate)


def test_another_change_is_another_digest() -> None:
    about = opening(policy=QUICK)
    assert about.change_digest == opening(policy=QUICK).change_digest
    assert about.change_digest != about.model_copy(update={"starter": "Eve"}).change_digest
    assert replace(given("PLANNED").gate, state="TESTING").serves == {}
