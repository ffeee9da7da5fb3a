"""A quote must stand in its window; what comes back is the transcript's own text."""

from datetime import date

import pytest

from tasks.transcripts.candidates import candidates
from tasks.transcripts.evidence import find_quote, is_verbatim, verify, verify_all
from tasks.transcripts.findings import Finding, FindingField, Rejected
from tasks.transcripts.reading import read_text
from tasks.transcripts.windows import Window, windows
from tests.transcripts.perfect import LONG, SHORT, Said, proven, sample


def window(*lines: str) -> Window:
    return windows(read_text("\n".join(lines)).turns, 4_000)[0]


CALL = window(
    "[00:00:05] Ann: It’s “forty-six hundred” — all of it.",
    "[00:00:09] Bo: Sure. Call 608-555-0117, or write to bo at lake house dot example.",
    "[00:00:15] Ann: Sure. Then Thursday the twelfth? We live in Minnesota.",
)


@pytest.mark.parametrize(
    "quote",
    [
        "forty-six hundred",
        'It\'s "forty-six hundred" - all of it.',
        "It`s «forty–six hundred» — all of it.",
        '"all of it"',
        "[00:00:05] Ann: It's",
        "...all of it...",
    ],
)
def test_blanks_quotation_marks_and_dashes_may_differ(quote: str) -> None:
    span = find_quote(CALL, quote)

    assert span is not None
    assert (span.turn, span.timestamp, span.speaker) == (0, "00:00:05", "Ann")


@pytest.mark.parametrize(
    "quote", ["forty-seven hundred", "all of it. Sure.", "FORTY-SIX HUNDRED", "forty six hundred", "", "x" * 5_000]
)
def test_nothing_else_may_differ(quote: str) -> None:
    assert find_quote(CALL, quote) is None


def test_the_claimed_time_chooses_among_equal_quotes() -> None:
    first, third = find_quote(CALL, "Sure."), find_quote(CALL, "Sure.", "00:00:15")

    assert first is not None
    assert third is not None
    assert (first.turn, third.turn) == (1, 2)


@pytest.mark.parametrize(("name", "said"), [("short", SHORT), ("long", LONG)])
def test_every_span_equals_the_text_it_points_at(name: str, said: list[Said]) -> None:
    turns = sample(name).turns
    for cut in (windows(turns, 4_000), windows(turns, 60)):
        spans = [span for _, _, quote, _ in said for one in cut if (span := find_quote(one, quote))]
        assert len(spans) >= len(said) // 2
        assert all(turns[span.turn].text[span.start : span.end] == span.text for span in spans)


def test_a_proven_finding_carries_the_transcripts_words_and_time() -> None:
    finding = Finding(
        field="deal", value="$4,600", quote='"forty-six hundred" - all of it', timestamp="09:09:09", window=7
    )

    result = verify(CALL, finding)

    assert isinstance(result, Finding)
    assert (result.quote, result.timestamp, result.window) == ("“forty-six hundred” — all of it", "00:00:05", 0)


@pytest.mark.parametrize(
    ("field", "value", "quote", "reason"),
    [
        ("deal", "$4,600", "nobody said this", "does not stand"),
        ("deal", "$4,600", "a", "too short"),
        ("deal", "$4,700", "forty-six hundred", "does not contain the amount 4700"),
        ("deposit", "$500", "all of it", "does not contain the amount"),
        ("client_phone_number", "715-555-0142", "Call 608-555-0117", "does not contain the number"),
        ("client_email", "bob@lakehouse.example", "write to bo at lake house dot example", "another address"),
        ("client_state", "Wisconsin", "We live in Minnesota", "another state"),
    ],
)
def test_a_finding_without_proof_is_dropped_with_the_reason(
    field: FindingField, value: str, quote: str, reason: str
) -> None:
    result = verify(CALL, Finding(field=field, value=value, quote=quote))

    assert isinstance(result, Rejected)
    assert reason in result.reason


def test_proven_and_dropped_are_kept_apart() -> None:
    good = Finding(field="deal", value="4600", quote="forty-six hundred")

    kept, dropped = verify_all(CALL, [good, good.model_copy(update={"quote": "invented words"})])

    assert len(kept) == len(dropped) == 1


def test_asset_values_may_leave_the_thousand_out() -> None:
    call = window("[00:00:01] Ann: It's four ten for the home.")

    assert isinstance(
        verify(call, Finding(field="estate_value", value="410000", quote="four ten for the home")), Finding
    )
    assert isinstance(verify(call, Finding(field="deal", value="410000", quote="four ten for the home")), Rejected)


def test_code_finds_what_an_agent_can_be_offered() -> None:
    found = {(one.kind, one.value, one.timestamp) for one in candidates(CALL, date(2026, 3, 11))}

    assert found == {
        ("sum", "4600.00", "00:00:05"),
        ("phone", "+16085550117", "00:00:09"),
        ("email", "bo@lakehouse.example", "00:00:09"),
        ("date", "2026-03-12", "00:00:15"),
    }


def test_candidates_of_the_long_call_hold_every_key_value() -> None:
    transcript = sample("long")

    found = {one.value for cut in windows(transcript.turns, 4_000) for one in candidates(cut)}

    assert {"ted.lindqvist88@northwoodspiano.example", "+17155550142", "4650.00", "1290000.00", "1500.00"} <= found


def test_quotes_of_posts_are_checked_the_same_way() -> None:
    assert is_verbatim("“don't want”", "We don’t want probate.")
    assert is_verbatim("want... probate", "We want… probate.")
    assert not is_verbatim("do want", "We don’t want probate.")


def test_perfect_findings_stand_in_their_windows_whatever_the_budget() -> None:
    assert len(proven(sample("short"), SHORT, 400)) == len(SHORT)
