"""What a perfect agent would find in the two sample transcripts: every quote is the gold's own evidence."""

from pathlib import Path

from tasks.transcripts.evidence import verify
from tasks.transcripts.findings import Finding, FindingField
from tasks.transcripts.reading import read_file
from tasks.transcripts.transcript import Transcript
from tasks.transcripts.windows import Window, windows

DATA = Path(__file__).parents[1] / "data" / "transcripts"

# field, value, quote, and what else the agent says about it
Said = tuple[FindingField, str, str, dict[str, object]]

SHORT: list[Said] = [
    ("client_name", "Nadia Whitcombe", "Hi Nadia, thanks for making time.", {}),
    ("client_phone_number", "six oh eight, five five five, zero one one seven", "six oh eight, five five five, zero one one seven", {}),
    ("spouse_name", "Graham", "My husband Graham", {}),
    ("marital_status", "my husband", "My husband Graham", {}),
    ("children_count", "one", "We have one son, Theo", {}),
    ("real_estate_count", "1", "a house in Madison", {}),
    ("real_estate_locations", "Madison, WI", "a house in Madison", {}),
    ("estate_value", "$380,000", "worth about $380,000", {}),
    ("client_state", "Wisconsin", "one Wisconsin deed", {}),
    ("products_discussed", "living trust", "Then a living trust fits", {}),
    ("products_discussed", "both wills", "both wills", {}),
    ("products_discussed", "powers of attorney", "powers of attorney", {}),
    ("products_discussed", "Wisconsin deed", "one Wisconsin deed", {}),
    ("deal", "$3,200", "come to $3,200 flat", {"kind": "quoted"}),
    ("deposit", "$800", "$800 down", {"kind": "quoted"}),
    ("objections_raised", "More than she expected", "That's more than I expected", {"resolved": False}),
    ("objections_raised", "Cannot say yes without her husband Graham", "can't say yes without Graham", {"category": "Spouse"}),
    ("meeting_outcome", "Follow-up Scheduled", "Tuesday at two works", {}),
    ("next_meeting", "next Tuesday, the twenty-fourth, at two Central", "next Tuesday, the twenty-fourth, at two Central", {}),
    ("next_steps", "Email the fee sheet", "I'll email you the fee sheet tonight", {"owner": "advisor", "due": "tonight"}),
    ("next_steps", "Find the deed", "I'll find the deed before then", {"owner": "client", "due": "2026-02-24"}),
    ("next_steps", "Meet with Graham", "Shall we meet with Graham next Tuesday", {"owner": "both", "due": "the twenty-fourth"}),
]  # fmt: skip

LONG: list[Said] = [
    ("client_name", "Ted and Roz Lindqvist", "Ted and Roz, wonderful", {}),
    ("client_phone_number", "Seven one five, five five five, zero one four two", "Seven one five, five five five, zero one four two", {}),
    ("client_state", "Wisconsin", "So we'd have a lawyer in Wisconsin?", {}),
    ("marital_status", "married", "Thirty-three years of marriage in August", {}),
    ("children_count", "three", "We have three between us", {}),
    ("real_estate_count", "two", "So just the two properties now", {}),
    ("real_estate_locations", "Eau Claire, Wisconsin", "The house is here in Eau Claire", {}),
    ("real_estate_locations", "Ely, Minnesota", "It's up by Ely, Minnesota", {}),
    ("estate_value", "1.29 million", "roughly one point two nine million", {}),
    ("llc_interest", "Lindqvist Piano Works LLC", "Lindqvist Piano Works LLC", {}),
    ("products_discussed", "joint trust", "Joint trust with sub-trusts", {}),
    ("products_discussed", "sub-trusts", "Joint trust with sub-trusts", {}),
    ("products_discussed", "pour-over will", "First is the pour-over will", {}),
    ("products_discussed", "financial power of attorney", "the financial power of attorney", {}),
    ("products_discussed", "health documents", "the health documents", {}),
    ("products_discussed", "two deeds", "Third, the deeds", {}),
    ("products_discussed", "assignment of the LLC", "the assignment for the piano LLC", {}),
    ("deal", "$4,600", "For the two of you it's forty-six hundred", {"kind": "quoted"}),
    ("deal", "$4,950", "yours is $4,950", {"kind": "corrected"}),
    ("deal", "$4,650", "which makes four thousand six hundred and fifty", {"kind": "agreed"}),
    ("deal", "forty-six fifty", "Forty-six fifty. So nearly where we were", {"kind": "agreed"}),
    ("deposit", "$1,500", "it's fifteen hundred to start", {"kind": "quoted"}),
    ("deposit", "$1,500", "Approved, $1,500", {"kind": "paid"}),
    ("client_email", "ted.lindqvist88@northwoodspiano.example", "Ted dot Lindqvist eighty-eight, at northwoods piano dot example", {"kind": "agreed"}),
    ("objections_raised", "The price is more than she had in her head", "more than I had in my head", {"category": "Price", "resolved": True}),
    ("objections_raised", "Never again sign on the same day", "never again sign on the same day", {"resolved": True}),
    ("objections_raised", "Should we wait until June?", "should we wait until June?", {"resolved": True}),
    ("meeting_outcome", "Won", "It says payment received", {}),
    ("meeting_date", "Wednesday the eleventh of March", "Wednesday the eleventh of March", {}),
    ("next_meeting", "Thursday the nineteenth at nine-thirty", "Thursday the nineteenth at nine-thirty in the morning", {}),
    ("next_steps", "Finish the questionnaire", "finish by Monday the sixteenth", {"owner": "clients", "due": "Monday the sixteenth"}),
    ("next_steps", "Send copies of both deeds", "by Wednesday the eighteenth", {"owner": "clients", "due": "by Wednesday the eighteenth"}),
    ("next_steps", "Talk with Annika about being successor trustee", "have the talk with Annika", {"owner": "clients", "due": "the nineteenth"}),
    ("next_steps", "Check the 403(b) beneficiary", "beneficiary. That one I'd like you to check today", {"owner": "client", "due": "today"}),
    ("next_steps", "Send a recap with the fee sheet", "send a recap email with the fee sheet", {"owner": "Priya", "due": "this afternoon"}),
    ("next_steps", "Design meeting with Marcus", "Marcus holds design meetings", {"owner": "all", "due": "Thursday the nineteenth"}),
    ("next_steps", "Hold a spot with the mobile notary", "in the week of April thirteenth", {"owner": "advisor", "due": "in the week of April thirteenth"}),
    ("next_steps", "Family call after signing", "I generally suggest a family call once it's signed", {"owner": "advisor"}),
]  # fmt: skip


def sample(name: str) -> Transcript:
    return read_file(DATA / f"{name}.txt")


def proven(transcript: Transcript, said: list[Said], budget: int = 4_000) -> list[Finding]:
    """Each finding verified in the window that holds its quote; one that stands nowhere is an error of the test."""
    cut = windows(transcript.turns, budget)
    return [
        _proven(cut, Finding.model_validate({"field": f, "value": v, "quote": q, **more})) for f, v, q, more in said
    ]


def _proven(cut: tuple[Window, ...], finding: Finding) -> Finding:
    results = [verify(window, finding) for window in cut]
    return next(result for result in results if isinstance(result, Finding))
