"""Stage 6, report synthesis: a client-ready report from an outline, its sections written at the same time.

One call cannot write it: 5,000 to 6,000 words and the research they rest on do not fit a 24,000-token window, and a
single long answer is cut in silence. So a short outline comes first, then each section by a call of its own that reads
only what it needs; tables are made by code from the research itself.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from blocks.models import LanguageModel
from flows.generator.alone import stage_flow
from flows.generator.checks import placeholders
from flows.generator.excerpt import cut, excerpt, render
from flows.generator.report_tables import competitor_table, phrase_table, pricing_table
from flows.generator.run import GeneratorRun, Prompt, finish_all
from flows.generator.stage import Answer, Inputs, Phrase, Problem, Sentence, Stage, error, warning

FULL_RESEARCH_WINDOW = 100_000
"""Tokens; a model with such a window reads the research in full, a smaller one a condensed form."""
CONDENSED_CHARACTERS = 140
"""Longest text in the condensed form."""
TOKENS_PER_WORD = 1.6
_HEADING = re.compile(r"^(?:#{1,6} .+|\*\*[^*]+\*\*:?)[ \t]*$", re.MULTILINE)
"""A line that is a heading, or that models write for one: bold from its beginning to its end."""
SHORTEST_SECTION = 30
"""Words."""


@dataclass(frozen=True)
class Section:
    """One section of the report: its share of the words, what it is about and what it reads."""

    key: str
    title: str
    share: float
    task: str
    reads: Mapping[str, Sequence[str]]
    headings: int = 0
    """Sub-headings a reader finds their way by."""
    table: Any = None
    """Function from the stage outputs to a Markdown table that follows the text."""


_EVERYTHING = ("*",)
SECTIONS: tuple[Section, ...] = (
    Section("executive_summary", "Executive Summary", 0.07,
            "Sum up for an owner with five minutes: the market, the buyer, the opening in the market, the offer and its "
            "price, and what to do first.",
            {"market_analysis": ("bleeding_neck_problem", "market_growth_rate", "power_4_percent"),
             "competitive_analysis": ("unique_value_proposition",),
             "offer_design": ("core_offer", "pricing_tiers[:3].price")}),
    Section("market", "1. Market Validation & Opportunity", 0.13,
            "Judge the market: size and growth, the problem that cannot wait, purchasing power, how buyers are reached. "
            "Use four sub-headings.",
            {"market_analysis": _EVERYTHING}, 4),
    Section("segments", "2. Customer Segmentation", 0.09,
            "Describe the best fifth and the best four per cent of the buyers and how serving them differs. Use two "
            "sub-headings.",
            {"market_analysis": ("top_20_percent", "power_4_percent", "purchasing_power", "targetability")}, 2),
    Section("psychology", "3. Buyer Psychology Deep-Dive", 0.15,
            "Explain how these buyers talk, fear, want and hesitate, and what each means for the message. Use "
            "sub-headings for fears, desires, pains, barriers, language and price.",
            {"buyer_psychology": _EVERYTHING}, 6, phrase_table),
    Section("competition", "4. Competitive Intelligence", 0.12,
            "Set the competitors side by side, name the gaps between them and how this business wins. Use "
            "five sub-headings.",
            {"competitive_analysis": _EVERYTHING}, 5, competitor_table),
    Section("avatar", "5. Dream Customer Avatar", 0.15,
            "Portray the ideal customer: a day in their life, what sets off a purchase, where they are met, what they "
            "hope and fear, the tone that reaches them. Use six sub-headings.",
            {"avatar_creation": _EVERYTHING}, 6),
    Section("offer", "6. Offer Design & Pricing Strategy", 0.13,
            "Present the core offer, its tiers, payment plans, messages, guarantee and bonuses, and why the price holds. "
            "Use six sub-headings.",
            {"offer_design": ("core_offer", "pricing_tiers", "payment_plans", "marketing_messages[:6].headline",
                              "guarantee", "bonuses"),
             "buyer_psychology": ("price_justification",)}, 6, pricing_table),
    Section("campaign", "7. First Campaign Strategy", 0.06,
            "Lay out the first campaign: where, with which message and offer, by when, and how its result is measured.",
            {"offer_design": ("first_campaign", "marketing_messages[:3]"),
             "avatar_creation": ("buying_triggers", "online_communities[:3].name", "recommended_tone")}),
    Section("recommendations", "8. Strategic Recommendations", 0.10,
            "Give five actions for weeks 1 and 2, three for months 1 to 3, three for months 4 to 12, and four or five "
            "measures of success.",
            {"market_analysis": ("bleeding_neck_problem", "targetability"),
             "competitive_analysis": ("positioning_gaps", "differentiation_opportunities"),
             "offer_design": ("core_offer", "first_campaign")}),
)  # fmt: skip


class SectionPlan(Answer):
    messages: Annotated[list[Sentence], Field(min_length=2, max_length=4)]
    """What a reader should remember of this section; no message stands in two sections."""


class Outline(Answer):
    headline: Phrase
    """The report's single most important finding."""
    sections: Annotated[list[SectionPlan], Field(min_length=len(SECTIONS), max_length=len(SECTIONS))]
    """One plan for each section of the report, in their order."""


class SectionText(Answer):
    key: Phrase
    title: Phrase
    markdown: Annotated[str, Field(min_length=1, max_length=60_000)]
    """Text and table, without the section's own heading."""


class WrittenSection(SectionText):
    words: Annotated[int, Field(ge=0)]
    """Number of words in its text and table."""


class ReportText(Answer):
    """The report, assembled by code from its sections."""

    title: Phrase
    headline: Phrase
    sections: Sequence[SectionText]
    target_words: Annotated[int, Field(ge=1)]


class Report(ReportText):
    sections: Sequence[WrittenSection]
    words: Annotated[int, Field(ge=0)]
    """Number of words in all sections."""


def count_up(text: ReportText, inputs: Inputs) -> Report:
    counted = [{**one.model_dump(), "words": count_words(one.markdown)} for one in text.sections]
    words = sum(section["words"] for section in counted)
    return Report.model_validate(text.model_dump() | {"sections": counted, "words": words})


def check(output: Report, inputs: Inputs) -> Sequence[Problem]:
    """Length against the lineup's own target: a tenth too short or too long is a warning, under 45 % of it an error."""
    problems = placeholders(output)
    if output.words < 0.45 * output.target_words:
        problems.append(error("words", f"{output.words:,} words, less than half of the {output.target_words:,} wanted"))
    elif not 0.9 * output.target_words <= output.words <= 1.1 * output.target_words:
        problems.append(warning("words", f"{output.words:,} words of the {output.target_words:,} wanted"))
    wanted = max(SHORTEST_SECTION, output.target_words // len(SECTIONS) // 4)
    problems += [
        warning(f"sections[{index}]", f"{section.title} has only {section.words} words")
        for index, section in enumerate(output.sections)
        if section.words < wanted
    ]
    return [*problems, *_unstructured(output)]


def _unstructured(output: Report) -> list[Problem]:
    """One warning for all sections together: a small model leaves most sub-headings out."""
    wanted = {section.key: section.headings for section in SECTIONS}
    few = [one.title for one in output.sections if len(_HEADING.findall(one.markdown)) < wanted.get(one.key, 0)]
    return [warning("sections", f"have fewer sub-headings than were asked for: {', '.join(few)}")] if few else []


OUTLINE_READS: Mapping[str, Sequence[str]] = {
    "market_analysis": (
        "market_growth_rate",
        "market_size_2024",
        "bleeding_neck_problem",
        "power_4_percent.demographics",
    ),
    "buyer_psychology": ("top_fears.name", "top_desires.name", "price_justification"),
    "competitive_analysis": ("unique_value_proposition", "positioning_gaps"),
    "avatar_creation": ("avatar_name", "price_sensitivity"),
    "offer_design": ("core_offer",),
}
OUTLINE_TOKENS = 2000


async def write_report(run: GeneratorRun) -> Mapping[str, Any]:
    """Stage 6 as a whole: outline, sections at the same time, tables, assembly. Raises CallError if a part fails."""
    business = str(run.brief.get("business_name", ""))
    outline = await _outline(run, business)
    asked = (_section(run, number, section, outline, business) for number, section in enumerate(SECTIONS))
    sections = await finish_all(asked)
    text = ReportText(
        title=cut(f"Market research report: {business}", 160),
        headline=outline["headline"],
        sections=sections,
        target_words=run.report_words,
    )
    inputs = STAGE.inputs(run.brief, {}, run.outputs)
    report = STAGE.finish(text, inputs)
    body = report.model_dump(mode="json")
    await run.finish_parts(STAGE, body, check(report, inputs))
    return body


async def _outline(run: GeneratorRun, business: str) -> Mapping[str, Any]:
    def prompt(block: LanguageModel) -> Prompt:
        material = render(_material(run, block, OUTLINE_READS))
        return Prompt(
            f"# Research for {business}\n\n{material}\n\n# Task: outline of the report\n\n{STAGE.task}", material
        )

    def judge(answer: Outline) -> tuple[Outline, Sequence[Problem]]:
        return answer, placeholders(answer)

    outline: Mapping[str, Any]
    outline = await run.part(STAGE, "outline", prompt, Outline, OUTLINE_TOKENS, judge)
    return outline


async def _section(
    run: GeneratorRun, number: int, section: Section, outline: Mapping[str, Any], business: str
) -> WrittenSection:
    table = section.table(run.outputs) if section.table else ""
    words = words_of_text(run.report_words * section.share, table)
    plan = outline["sections"][number]["messages"]
    instructions = (
        f"Write the section '{section.title}' of the report in Markdown, about {words} words. {section.task} Bring out: "
        f"{'; '.join(plan)}. Do not repeat the section's title, do not invent figures, leave nothing open."
    )

    def prompt(block: LanguageModel) -> Prompt:
        material = render(_material(run, block, section.reads))
        text = f"# Research for {business}\n\n{material}\n\n# Task: one section of the report\n\n{instructions}"
        return Prompt(text, json.dumps([material, plan, words]))

    def judge(text: str) -> tuple[dict[str, Any], Sequence[Problem]]:
        markdown = f"{text}\n\n{table}".strip()
        written = WrittenSection(key=section.key, title=section.title, markdown=markdown, words=count_words(markdown))
        return written.model_dump(mode="json"), placeholders(written)

    tokens = round(words * TOKENS_PER_WORD) + 60
    body = await run.part(STAGE, section.key, prompt, None, tokens, judge, instructions=section.task)
    return WrittenSection.model_validate(body)


def words_of_text(wanted: float, table: str) -> int:
    """Words to ask for: those of the section's table count too, but a text is at least half of its section."""
    return max(SHORTEST_SECTION, round(max(wanted / 2, wanted - count_words(table))))


def count_words(markdown: str) -> int:
    """Words a reader reads, those in tables too; the signs that draw a table, a list or a heading are none."""
    return sum(any(map(str.isalnum, word)) for word in markdown.split())


def _material(run: GeneratorRun, block: LanguageModel, reads: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """What a part reads: in full for a model with a large window, texts cut short for the others."""
    found = {key: excerpt(run.outputs[key], paths) for key, paths in reads.items()}
    if block.context_window >= FULL_RESEARCH_WINDOW:
        return found
    return {key: cut(value, CONDENSED_CHARACTERS) for key, value in found.items()}


STAGE = Stage(
    number=6,
    key="report_synthesis",
    name="Report Synthesis",
    kind="synthesis",
    answer=Outline,
    output=Report,
    written=ReportText,
    max_tokens=12_000,
    task=(
        "Plan a client-ready market research report. For each of these sections, in this order, decide what its reader "
        "should remember: " + "; ".join(section.title for section in SECTIONS) + ". Spread the findings so that no "
        "message is told twice."
    ),
    brief_reads=("business_name",),
    reads=dict.fromkeys(
        ("market_analysis", "buyer_psychology", "competitive_analysis", "avatar_creation", "offer_design"), _EVERYTHING
    ),
    complete=count_up,
    check=check,
    write=write_report,
    error_points=10,
    warning_points=5,
    upgrade_phase=4,
)

report_synthesis = stage_flow(STAGE)
