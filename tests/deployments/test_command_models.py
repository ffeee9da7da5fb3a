"""`phasegate models`: which blocks there are, whom they serve, and the account they ask with."""

from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from blocks.catalogue import default_lineups, default_models
from blocks.errors import InputError
from blocks.lineups import TranscriptLineup, lineup_kinds
from blocks.loading import load_model
from blocks.models import PROVIDERS, CloudflareModel, OllamaModel
from blocks.registering import register_blocks
from deployments.application import app
from deployments.commands.bootstrap import show_models
from deployments.terminal import console
from flows.transitions.drift import scan
from flows.transitions.world import real_world
from tests import one_loop

pytestmark = [
    pytest.mark.server, pytest.mark.usefixtures("own_environment"),
]  # fmt: skip
CLOUDFLARE = {name: block for name, block in default_models().items() if isinstance(block, CloudflareModel)}


@pytest.fixture
def no_account(prefect_api: str) -> Iterator[None]:
    """The blocks of Cloudflare's models are as they come, before and after."""
    yield
    for name, block in CLOUDFLARE.items():
        one_loop.run(block.asave(name, overwrite=True))


@pytest.fixture
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "width", 200)  # as wide as the terminal was in which it was first used otherwise


def phasegate(*words: str) -> str:
    result = CliRunner().invoke(app, list(words), env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.exception
    return result.output


def test_every_block_is_listed_with_its_model_what_it_serves_and_when_it_was_withdrawn(
    prefect_api: str, wide: None
) -> None:
    for name, block in (*default_models().items(), *default_lineups().items()):
        one_loop.run(block.asave(name, overwrite=True))  # other tests may have edited them
    lines = phasegate("models", "list").splitlines()
    for name, block in default_models().items():
        assert any(name in line and block.model in line for line in lines)
    assert any("llama-3-1-70b " in line and "2026-05-30" in line for line in lines)
    assert any("generator/preview: 13 roles" in line for line in lines)  # below others that serve as well


def test_a_model_that_serves_transcripts_is_shown_with_them(prefect_api: str, wide: None) -> None:
    one_loop.run(TranscriptLineup(coaching="mistral-7b").asave("some-other", overwrite=True))
    try:
        assert "transcripts/some-other: 1 role" in phasegate("models", "list")
    finally:
        one_loop.run(TranscriptLineup.adelete("some-other"))  # type: ignore[arg-type]


def test_a_list_makes_no_blocks(prefect_api: str, wide: None) -> None:
    one_loop.run(default_models()["deepseek-coder-33b"].asave("deepseek-coder-33b", overwrite=True))
    one_loop.run(OllamaModel.adelete("deepseek-coder-33b"))  # type: ignore[arg-type]
    try:
        assert "deepseek-coder:33b" not in phasegate("models", "list")
    finally:
        one_loop.run(register_blocks())


def test_a_server_without_models_is_said_with_the_way_to_some(capsys: pytest.CaptureFixture[str]) -> None:
    show_models(dict.fromkeys([*PROVIDERS, *lineup_kinds().values()], ()))
    assert "phasegate bootstrap" in capsys.readouterr().out


def test_an_account_is_entered_into_every_cloudflare_block_and_the_token_not_shown(no_account: None) -> None:
    said = phasegate("models", "cloudflare", "--account", "a" * 32, "--token", "hidden-token", "--gateway", "eu")
    assert "hidden-token" not in said
    for name in CLOUDFLARE:
        assert f"entered the account into {name}" in said
        block = one_loop.run(load_model(name))
        assert (block.account_id, block.gateway) == ("a" * 32, "eu")
        assert block.api_token.get_secret_value() == "hidden-token"
    assert [found for found in one_loop.run(scan(real_world())) if found.name in CLOUDFLARE] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--account", "a" * 32, "--token", ""), "The API token is empty."),
        (("--account", "", "--token", "t"), "'' is no Cloudflare account id."),
        (("--account", "a b", "--token", "t"), "'a b' is no Cloudflare account id."),
        (("--account", "a" * 32, "--token", "t", "--gateway", "e/u"), "'e/u' is no id of an AI Gateway."),
    ],
)
def test_what_cannot_be_an_account_is_refused_before_anything_is_entered(words: tuple[str, ...], said: str) -> None:
    result = CliRunner().invoke(
        app, ["models", "cloudflare", *words], env={"PREFECT_API_URL": "http://127.0.0.1:9/api"}
    )
    assert isinstance(result.exception, InputError)
    assert said in str(result.exception)
