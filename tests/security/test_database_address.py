"""A database's address holds a password, and people mistype it: no message repeats a part that may be one."""

import traceback

import pytest

from blocks.errors import PhasegateError
from tasks.operations.machine import check_database
from tasks.records.database import engine, given_address, open_database

CANARY = "canary-4f1b"
UNUSABLE = (
    "postgresql://phasegate:{}@127.0.0.1:9/phasegate",
    "postgresql://phasegate:a/{}@127.0.0.1:9/phasegate",
    "postgresql://phasegate:12/{}@127.0.0.1:9/phasegate",
    "postgresql://phasegate:a@{}@127.0.0.1:9/phasegate",
    "postgresql://phasegate@127.0.0.1:9/phasegate?password={}",
    "postgresql://phasegate@127.0.0.1:9/phasegate?sslpassword={}",
    "postgresql://127.0.0.1:{}/phasegate",
    "postgres:phasegate:{}@127.0.0.1",
    "host=127.0.0.1 password={}",
    "mysql://phasegate:{}@127.0.0.1/phasegate",
)


@pytest.mark.parametrize("address", UNUSABLE)
def test_no_part_of_a_password_is_in_the_error_nor_in_its_traceback(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHASEGATE_DATABASE_URL", address.format(CANARY))

    given = address.format(CANARY)
    for use in (engine, lambda: check_database(given), lambda: open_database(given_address(given, "--to"))):
        with pytest.raises(PhasegateError) as raised:
            use()
        assert CANARY not in "".join(traceback.format_exception(raised.value))
        assert raised.value.do


def test_a_password_with_signs_written_as_they_must_be_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHASEGATE_DATABASE_URL", "postgresql://phasegate:a%2Fb%40c@127.0.0.1:9/phasegate")

    with pytest.raises(PhasegateError, match="cannot be used") as raised:
        engine()
    assert "phasegate:***@127.0.0.1" in str(raised.value)
