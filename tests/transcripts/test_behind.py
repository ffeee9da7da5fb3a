"""Telling people that a store lacks calls."""

from flows.transcripts.behind import of_round
from tasks.crm.projecting import Projection


def test_a_store_that_lacks_calls_is_told_with_the_first_reason() -> None:
    alarm = of_round(
        Projection("baserow", behind={"1": "HTTP 503\\nIt means: wait.", "2": "HTTP 503"}, status="behind")
    )
    assert alarm is not None
    assert alarm.name == "Baserow"
    assert alarm.happened.startswith("2 calls are not there.")
    assert "HTTP 503" in alarm.happened
    assert "phasegate sync" in alarm.do


def test_a_store_nobody_has_configured_lacks_nothing() -> None:
    assert of_round(Projection("baserow", behind={"1": "no block"}, status="unconfigured")) is None


def test_a_store_that_has_everything_is_no_news() -> None:
    assert of_round(Projection("graph", done=["1"])) is None
