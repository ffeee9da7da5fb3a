"""What commands ask for, where nobody is there to ask: all of it is named at once, with the ways to give it."""

from io import StringIO

import pytest
from typer.testing import CliRunner

from blocks.errors import InputError
from deployments.application import app
from deployments.prompting import prompt

MAKE_TABLES = ("baserow", "bootstrap")


def refusal(*words: str, **env: str) -> InputError:
    error = CliRunner().invoke(app, list(words), env={"BASEROW_PASSWORD": "", **env}).exception
    assert isinstance(error, InputError)
    return error


def test_everything_that_is_missing_is_named_with_the_ways_to_give_it() -> None:
    error = refusal(*MAKE_TABLES)
    assert error.happened == "There is no terminal to ask for --url, --database, --email, --password."
    assert error.do == (
        "give what is missing: --url URL, --database DATABASE, --email EMAIL, "
        "BASEROW_PASSWORD in the environment or --password PASSWORD"
    )


def test_what_was_given_is_not_named() -> None:
    error = refusal(*MAKE_TABLES, "--database", "3", "--url=http://127.0.0.1:9", BASEROW_PASSWORD="secret")
    assert error.happened == "There is no terminal to ask for --email."


def test_what_is_needed_beside_what_is_asked_for_is_named_with_it() -> None:
    error = refusal("models", "cloudflare", CLOUDFLARE_API_TOKEN="")
    assert all(one in error.happened for one in ("--account", "--token"))
    assert "CLOUDFLARE_API_TOKEN in the environment" in error.do


def test_help_and_wrong_options_are_as_everywhere() -> None:
    shown, wrong = (CliRunner().invoke(app, [*MAKE_TABLES, word]) for word in ("--help", "--no-such"))
    assert (shown.exit_code, wrong.exit_code) == (0, 2)


@pytest.mark.parametrize("stdin", [None, StringIO()])
def test_a_code_is_not_asked_for_without_a_terminal(stdin: StringIO | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", stdin)
    with pytest.raises(InputError, match=r"no terminal to ask for --code"):
        prompt("One-time code", "--code")
