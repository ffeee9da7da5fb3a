"""How long the original system took for each question, for doubles that take as long in proportion.

Stages 1 to 5 as its log has them (the best time where a retry is in it). The report there was one short answer; a report
of 5,500 words is counted here at the 27 tokens a second the log comes to. The log has nothing of stages 7 to 13: they get
the time of stages 1 and 3, in proportion to the longest answer they may give.
"""

from flows.generator.report_synthesis import SECTIONS, TOKENS_PER_WORD
from flows.generator.stages import STAGES

SEEN = {
    "market_analysis": 22.0, "buyer_psychology": 21.0, "competitive_analysis": 29.0, "avatar_creation": 43.0,
    "offer_design": 45.0, "report_synthesis-outline": 20.0,
}  # fmt: skip
REPORT_WORDS = 5500
TOKENS_A_SECOND = 27.0
SECONDS_A_TOKEN_ALLOWED = 25 / 2500


def seconds(question: str) -> float:
    """How long a question took in the original system, or would have taken."""
    if question in SEEN:
        return SEEN[question]
    for section in SECTIONS:
        if question == f"report_synthesis-{section.key}":
            return REPORT_WORDS * section.share * TOKENS_PER_WORD / TOKENS_A_SECOND
    return next(each for each in STAGES if each.key == question).max_tokens * SECONDS_A_TOKEN_ALLOWED
