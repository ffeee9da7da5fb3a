"""Whatever stands where Baserow should be: its answers are refused in words, and no token goes elsewhere."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from blocks.errors import BaserowError
from tasks.crm.baserow import connection
from tests.crm.baserow_setting import Setting, crm, record
from tests.doubles.baserow import answer

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "name", "type", "database_id", "results", "items", "detail"]), inner)
    ),
    max_leaves=8,
)
WHERE = ["all-tables", "/fields/table/", "/rows/table/"]


@pytest.fixture(scope="module")
def setting() -> Iterator[Setting]:
    with crm() as given_one:
        yield given_one


def refused(setting: Setting, path: str, body: Any, status: int = 200) -> str:
    """What is said about a server that answers so to every request of this kind; empty if it was taken all the same."""
    return said_of(setting, path, answer(status, body))


def said_of(setting: Setting, path: str, given_answer: Callable[[], Any]) -> str:
    setting.double.faults.planned.clear()
    setting.double.faults.plan("before", path=path, times=999, answer=given_answer)
    try:
        results = setting.sync(record())
    except BaserowError as error:
        return str(error)
    finally:
        setting.double.faults.planned.clear()
    return "\n".join(result.error or str(result.rejected) for result in results.values() if not result.complete)


@pytest.mark.parametrize("path", WHERE)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=VALUES, status=st.sampled_from([200, 400, 500]))
@example(body={"results": [None]}, status=200)
@example(body=[{"database_id": 1}], status=200)
@example(body={"error": "ERROR_REQUEST_BODY_VALIDATION", "detail": {"items": {"0": None}}}, status=400)
def test_any_json_is_an_error_in_words_or_understood(setting: Setting, path: str, body: Any, status: int) -> None:
    refused(setting, path, body, status)


@pytest.mark.parametrize(
    "body", ["[" * 200_000, '{"results": [{"id": ' + "9" * 5_000 + "}]}", "\x00", "<html>", '{"results": "\\ud800"}']
)
def test_what_is_no_answer_is_refused(setting: Setting, body: str) -> None:
    assert "Baserow" in refused(setting, "/rows/table/", body)


def test_an_answer_without_end_is_not_read_to_its_end(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "ANSWER_BYTES", 1_000)
    assert "over 1,000 bytes" in refused(setting, "all-tables", "x" * 2_000)


def test_a_packed_answer_is_not_unpacked(setting: Setting) -> None:
    packed = answer(200, "x", content_encoding="gzip, gzip")
    assert "compressed" in said_of(setting, "all-tables", packed)


def test_a_redirect_is_not_followed(setting: Setting) -> None:
    with crm() as elsewhere:
        setting.double.faults.plan(
            "before",
            times=1,
            answer=answer(307, "", Location=f"{elsewhere.double.url}/api/database/tables/all-tables/"),
        )
        with pytest.raises(BaserowError, match="redirect"):
            setting.sync(record())
        assert not elsewhere.double.seen


def test_a_server_that_repeats_the_token_does_not_bring_it_into_errors(setting: Setting) -> None:
    key = setting.token.get_secret_value()
    said = refused(setting, "all-tables", {"error": "ERROR_X", "detail": f"Authorization: Token {key}"}, 400)
    assert "ERROR_X" in said
    assert key not in said


def test_it_still_works_afterwards(setting: Setting) -> None:
    with contextlib.suppress(BaserowError):
        setting.sync(record())
    assert all(result.complete for result in setting.sync(record()).values())
    assert asyncio.run(setting.run([record()]))
