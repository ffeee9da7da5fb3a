"""The block a person fills in: its rules are JSON schema rules, its token is never shown."""

import pytest
from jsonschema import Draft202012Validator

from blocks.baserow import Baserow

TOKEN = "0123456789abcdefghijklmnopqrstuv"


def valid(**given: object) -> bool:
    validator = Draft202012Validator(Baserow.model_json_schema())
    return validator.is_valid({"url": "https://baserow.example", "database_id": 7, "token": TOKEN} | given)


@pytest.mark.parametrize("url", ["https://baserow.example", "http://127.0.0.1:8000/", "https://b.example:8443"])
def test_an_address_is_scheme_host_and_port(url: str) -> None:
    assert valid(url=url)


@pytest.mark.parametrize(
    "given",
    [{"url": "baserow.example"}, {"url": "https://b.example/database/7"}, {"url": "https://b x"}, {"database_id": 0}],
)
def test_the_form_refuses_what_cannot_work(given: dict[str, object]) -> None:
    assert not valid(**given)


def test_the_token_is_not_shown() -> None:
    block = Baserow(url="https://baserow.example", database_id=7, token=TOKEN)
    assert TOKEN not in f"{block!r} {block} {block.model_dump_json()}"
