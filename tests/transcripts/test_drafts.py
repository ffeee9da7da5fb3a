"""What agents write is checked by code: the right name, no invented amount or day, verbatim quotes."""

from datetime import date

import pytest

from tasks.transcripts.assemble import assemble
from tasks.transcripts.merge import merge
from tasks.transcripts.record import Coaching, Communications, CrmRecord
from tasks.transcripts.scoring.drafts import check_drafts, check_written
from tests.transcripts.perfect import SHORT, proven, sample

CALL = sample("short")
DAY = date(2026, 2, 17)


def written(**texts: object) -> CrmRecord:
    knowledge = merge(CALL, proven(CALL, SHORT))
    return assemble(CALL, knowledge, communications=Communications.model_validate(texts))


def failed(**texts: object) -> list[str]:
    return [check.name for check in check_drafts(written(**texts), CALL, DAY) if not check.passed]


def test_a_true_email_passes() -> None:
    mail = "Dear Nadia, the package is $3,200 with $800 down. See you on Tuesday, February 24 at 2 pm."

    assert failed(follow_up_email=mail) == []


def test_an_email_to_nobody_is_seen() -> None:
    assert failed(follow_up_email="Dear Valued Client, thank you.") == ["e-mail names the client"]


@pytest.mark.parametrize(
    "text", ["2026-17-30 09:48:55.322.203.37", "a" * 40, "#plan #wills #trusts!", "12 b 34 c 56 d 78"]
)
def test_a_post_without_a_sentence_of_words_is_seen(text: str) -> None:
    assert "Facebook post: words" in failed(facebook=text)


def test_a_subject_is_not_the_body_of_an_email() -> None:
    mail = "Subject: The plan for Nadia Whitcombe\n\n"

    assert failed(follow_up_email=f"{mail}+++ 1.1.1 +++") == ["follow-up e-mail: words"]
    assert failed(follow_up_email=f"{mail}It was good to talk.") == []


def test_an_invented_amount_is_seen() -> None:
    assert failed(facebook="A full plan from $2,999!") == ["Facebook post: amounts"]


def test_an_invented_day_is_seen() -> None:
    assert failed(linkedin="Join us on March 3.") == ["LinkedIn post: dates"]


def test_a_quote_must_be_verbatim() -> None:
    assert failed(client_quotes=["I’d sleep better knowing who can sign for us"]) == []
    assert failed(client_quotes=["I sleep well"]) == ["quote is verbatim"]


def test_coaching_and_summary_are_checked_too() -> None:
    knowledge = merge(CALL, proven(CALL, SHORT))
    coaching = Coaching(objection_rebuttals=["Say that it is only $77 a week."])
    record = assemble(CALL, knowledge, coaching=coaching, summary="They meet again on March 9.")

    failed = [check.name for check in check_drafts(record, CALL, DAY) if not check.passed]

    assert failed == ["coaching: amounts", "summary: dates"]
    assert [check.name for check in check_written(record) if check.passed] == ["coaching: written", "summary: written"]


def test_what_was_not_written_is_not_checked() -> None:
    assert check_drafts(written(), CALL, DAY) == []
