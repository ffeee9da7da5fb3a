"""Stage 6: the report in sections, tables from the research itself, as much research as the model's window holds."""

from collections.abc import Mapping
from typing import Any

import pytest

from blocks.errors import CallError
from flows.generator.excerpt import cut, excerpt, render
from flows.generator.report_synthesis import (
    CONDENSED_CHARACTERS,
    SECTIONS,
    Report,
    Section,
    WrittenSection,
    check,
    count_words,
    words_of_text,
)
from flows.generator.report_tables import competitor_table, phrase_table, pricing_table
from flows.generator.stages import stage
from tests.conftest import SaveLineup, SaveModel
from tests.doubles.model_server import AskedRequest, ModelServer, faults
from tests.generator import examples
from tests.generator.scene import REPORT, asked, asks, calls, newest_run, outputs, run_generator, steps

running = [pytest.mark.server]


def report_requests(models: ModelServer) -> dict[str, AskedRequest]:
    return {asked(request): request for request in models.requests if asked(request) in REPORT}


class TestWriting:
    pytestmark = running

    def test_all_sections_stand_in_their_order(self, models: ModelServer, lineup: SaveLineup) -> None:
        report = outputs(run_generator(lineup()))["report_synthesis"]
        assert [section["key"] for section in report["sections"]] == [section.key for section in SECTIONS]
        assert all(section["markdown"].strip() for section in report["sections"])

    def test_tables_hold_the_research_itself(self, models: ModelServer, lineup: SaveLineup) -> None:
        found = outputs(run_generator(lineup()))
        written = {section["key"]: section["markdown"] for section in found["report_synthesis"]["sections"]}
        for key, table in (("psychology", phrase_table), ("competition", competitor_table), ("offer", pricing_table)):
            assert written[key].endswith(table(found))

    def test_words_are_counted_and_the_target_is_the_lineups(self, models: ModelServer, lineup: SaveLineup) -> None:
        report = outputs(run_generator(lineup("short", report_words=900)))["report_synthesis"]
        assert report["target_words"] == 900
        assert [section["words"] for section in report["sections"]] == [
            count_words(section["markdown"]) for section in report["sections"]
        ]
        assert report["words"] == sum(section["words"] for section in report["sections"])

    def test_each_section_is_asked_for_its_share_of_the_words(self, models: ModelServer, lineup: SaveLineup) -> None:
        found = outputs(run_generator(lineup("long", report_words=6000)))
        for section in SECTIONS:
            request = report_requests(models)[f"report_synthesis-{section.key}"]
            words = words_of_text(6000 * section.share, section.table(found) if section.table else "")
            assert f"about {words} words" in request.user
            assert request.max_tokens is not None
            assert request.max_tokens > 1.3 * words

    def test_the_outline_guides_each_section(self, models: ModelServer, lineup: SaveLineup) -> None:
        run = run_generator(lineup())
        outline = steps(run)["report_synthesis", "outline"][1]
        for section, plan in zip(SECTIONS, outline["sections"], strict=True):
            request = report_requests(models)[f"report_synthesis-{section.key}"]
            assert "; ".join(plan["messages"]) in request.user

    def test_sections_are_written_at_the_same_time(
        self, models: ModelServer, lineup: SaveLineup, save_model: SaveModel
    ) -> None:
        models.delay = lambda request: 2 if asked(request) in REPORT else 0
        wide = save_model("wide", model="smol", context_window=8_000, concurrency=20)
        run_generator(lineup("wide", report_synthesis=wide))
        assert models.max_in_flight["smol"] == len(SECTIONS)

    def test_one_at_a_time_where_the_model_serves_one(
        self, models: ModelServer, lineup: SaveLineup, save_model: SaveModel
    ) -> None:
        narrow = save_model("single", model="smol", context_window=8_000, concurrency=1)
        run_generator(lineup("single", report_synthesis=narrow))
        assert models.max_in_flight["smol"] == 1

    def test_a_small_window_gets_condensed_research_a_large_one_all(
        self, models: ModelServer, lineup: SaveLineup, save_model: SaveModel
    ) -> None:
        small = run_generator(lineup("small-window", report_synthesis=save_model("w24", context_window=24_000)))
        condensed = report_requests(models)
        models.clear()
        large = run_generator(lineup("large-window", report_synthesis=save_model("w128", context_window=131_072)))
        full = report_requests(models)
        assert material("avatar", outputs(large)) in full["report_synthesis-avatar"].user
        assert material("avatar", outputs(small), CONDENSED_CHARACTERS) in condensed["report_synthesis-avatar"].user
        assert len(condensed["report_synthesis-avatar"].user) < len(full["report_synthesis-avatar"].user)

    def test_a_client_report_fits_the_baselines_window(self, models: ModelServer, lineup: SaveLineup) -> None:
        run_generator(lineup("client", report_words=6000))
        for name, request in report_requests(models).items():
            assert request.prompt_tokens + (request.max_tokens or 0) < 24_000, name

    def test_a_failed_section_keeps_the_others(self, models: ModelServer, lineup: SaveLineup) -> None:
        models.fail_when(asks("report_synthesis-avatar"), faults.http_error(400))
        with pytest.raises(CallError, match=r"6\. Report Synthesis: avatar"):
            run_generator(lineup())
        kept = {f"{role}-{part}" for (role, part) in steps(newest_run()["id"]) if part}
        assert kept == REPORT - {"report_synthesis-avatar"}

    def test_a_section_cut_at_its_limit_is_an_error_of_that_section(
        self, models: ModelServer, lineup: SaveLineup
    ) -> None:
        models.fail_next(faults.truncated(), when=asks("report_synthesis-avatar"))
        call = calls(run_generator(lineup()))["report_synthesis-avatar"]
        assert (call["truncated"], call["score"]) == (True, 90)
        assert [problem["message"] for problem in call["problems"]] == ["was cut at the output limit"]

    def test_the_report_is_scored_as_a_whole(self, models: ModelServer, lineup: SaveLineup) -> None:
        run = run_generator(lineup())
        whole, found = steps(run)["report_synthesis", ""]
        problems = check(Report.model_validate(found), stage(6).inputs({}, {}, outputs(run)))
        assert whole.score == stage(6).score(problems)
        assert {name for name in calls(run) if name.startswith("report_synthesis")} == REPORT


def material(key: str, found: Mapping[str, Any], limit: int | None = None) -> str:
    """What a section reads, as its prompt shows it."""
    section = next(one for one in SECTIONS if one.key == key)
    values = {name: excerpt(found[name], paths) for name, paths in section.reads.items()}
    return render({name: cut(value, limit) for name, value in values.items()} if limit else values)


class TestDeclaration:
    def test_the_shares_make_a_whole(self) -> None:
        assert sum(section.share for section in SECTIONS) == pytest.approx(1.0)

    @pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.key)
    def test_what_a_section_reads_is_there(self, section: Section) -> None:
        found = examples.outputs()
        assert set(section.reads) <= set(stage(6).reads)
        assert all(excerpt(found[key], paths) for key, paths in section.reads.items())


class TestTables:
    def test_a_row_for_each_thing(self) -> None:
        found = examples.outputs()
        assert len(competitor_table(found).splitlines()) == 2 + len(found["competitive_analysis"]["competitors"])
        assert len(phrase_table(found).splitlines()) == 2 + len(found["buyer_psychology"]["buyer_language"])
        assert len(pricing_table(found).splitlines()) == 2 + len(found["offer_design"]["pricing_tiers"])

    def test_a_text_cannot_break_out_of_its_cell(self) -> None:
        found = examples.outputs()
        found["competitive_analysis"]["competitors"][0]["name"] = "A | B\n| C\\| D"
        lines = competitor_table(found).splitlines()
        assert len(lines) == 2 + len(found["competitive_analysis"]["competitors"])
        assert _cells(lines[2]) == _cells(lines[0])


def _cells(line: str) -> int:
    """Cells of a Markdown table's row: bars that no backslash takes the meaning from."""
    count, escaped = 0, False
    for character in line:
        count += character == "|" and not escaped
        escaped = character == "\\" and not escaped
    return count - 1


class TestChecks:
    @pytest.mark.parametrize(("table", "asked_for"), [("", 800), ("word " * 250, 550), ("word " * 700, 400)])
    def test_a_table_is_part_of_its_section(self, table: str, asked_for: int) -> None:
        assert words_of_text(800, table) == asked_for

    def test_what_draws_a_table_or_a_heading_is_no_word(self) -> None:
        assert count_words("## 1. Market\n\n- **Cash** - first\n\n| A | 5 % |\n| --- | --- |") == 6

    @staticmethod
    def report(words: int, target: int, shortest: int = 200) -> Report:
        sections = [
            WrittenSection(
                key=one.key,
                title=one.title,
                markdown="## A\n\n**B**\n\nC.\n\n" * 3,
                words=shortest if one.key == "avatar" else 200,
            )
            for one in SECTIONS
        ]
        return Report(title="Report", headline="Cash first", sections=sections, words=words, target_words=target)

    @pytest.mark.parametrize(
        ("words", "severities"),
        [(5000, []), (4500, []), (4499, ["warning"]), (2250, ["warning"]), (2249, ["error"]), (5501, ["warning"])],
    )
    def test_length_is_judged_by_the_target(self, words: int, severities: list[str]) -> None:
        problems = check(self.report(words, 5000), stage(6).inputs({}, {}, examples.outputs()))
        assert [problem.severity for problem in problems if problem.field == "words"] == severities

    def test_missing_sub_headings_are_one_warning_that_names_the_sections(self) -> None:
        report = self.report(5000, 5000)
        bare = [one.model_copy(update={"markdown": "**Bold** words."}) for one in report.sections]
        [problem] = check(report.model_copy(update={"sections": bare}), stage(6).inputs({}, {}, examples.outputs()))
        assert (problem.severity, problem.field) == ("warning", "sections")
        assert "1. Market" in problem.message
        assert "Executive" not in problem.message

    def test_a_short_section_is_a_warning_at_its_place(self) -> None:
        problems = check(self.report(5000, 5000, shortest=20), stage(6).inputs({}, {}, examples.outputs()))
        assert [(problem.severity, problem.field) for problem in problems] == [("warning", "sections[5]")]
