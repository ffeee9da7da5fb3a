"""What every model block keeps: forms that explain themselves, rules a form can hold, secrets that stay secret."""

from typing import Any

import pytest
from prefect.blocks.core import Block
from pydantic import SecretStr, ValidationError

from blocks.models import PROVIDERS, CloudflareModel, EmbeddedModel, LanguageModel, OllamaModel, OpenAICompatibleModel
from blocks.models.base import URL
from blocks.registering import KINDS

SECRET = "only-for-the-host"
BLOCKS: dict[type[LanguageModel], LanguageModel] = {
    CloudflareModel: CloudflareModel(
        model="@cf/one", context_window=24_000, account_id="me", api_token=SecretStr(SECRET), input_price=0.293
    ),
    OllamaModel: OllamaModel(model="smol", context_window=8192, api_key=SecretStr(SECRET), expected_digest="9f59"),
    OpenAICompatibleModel: OpenAICompatibleModel(
        model="any", context_window=8192, base_url="http://x/v1", api_key=SecretStr(SECRET), strict_schema=True
    ),
    EmbeddedModel: EmbeddedModel(threads=2),
}
every_block = pytest.mark.parametrize("block", BLOCKS.values(), ids=lambda block: block.provider)
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def test_every_provider_is_tested_here() -> None:
    assert set(BLOCKS) == set(PROVIDERS)


# Secrets --------------------------------------------------------------------------------------------------------------


@every_block
def test_no_secret_is_in_the_recorded_facts_or_the_printed_block(block: LanguageModel) -> None:
    assert SECRET not in str(block.facts())
    assert SECRET not in f"{block!r} {block}"
    assert not {"api_key", "api_token", "block_type_slug"} & block.facts().keys()


@pytest.mark.parametrize(
    "url",
    ["http://user:word@host/v1", "http://host/v1?key=word", "http://host/v1#word", "ftp://host", "host:80", "http://",
     "http://a host"],
)  # fmt: skip
@pytest.mark.parametrize("kind", [OllamaModel, OpenAICompatibleModel])
def test_a_url_holds_no_password_and_nothing_but_a_place(kind: type[LanguageModel], url: str) -> None:
    """It is recorded with every run and shown in errors."""
    with pytest.raises(ValidationError):
        kind(model="any", context_window=8192, base_url=url)


# Forms ----------------------------------------------------------------------------------------------------------------


@every_kind
def test_each_field_of_the_form_has_a_title_and_a_sentence(kind: type[Block]) -> None:
    for name, field in kind.model_fields.items():
        if name != "block_type_slug":
            assert field.title, name
            assert len(field.description or "") >= 12, name


@every_kind
def test_each_block_type_says_what_it_is(kind: type[Block]) -> None:
    assert len(kind.get_description() or "") >= 20
    assert (kind.get_description() or "").endswith(".")


@every_kind
def test_only_rules_that_the_form_checks_stand_in_a_block(kind: type[Block]) -> None:
    decorators = kind.__pydantic_decorators__
    own = {*decorators.field_validators, *decorators.model_validators} - set(
        Block.__pydantic_decorators__.model_validators
    )
    assert own == set()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("context_window", 100), ("context_window", 10**9), ("max_output_tokens", 1), ("temperature", -0.1),
        ("temperature", 2.1), ("seed", 0), ("json_capability", "some"), ("input_price", -1), ("base_seconds", 0),
        ("tokens_per_second", 0), ("attempts", 0), ("attempts", 11), ("concurrency", 0), ("withdrawn_on", "May 30"),
        ("model", ""),
    ],
)  # fmt: skip
@every_block
def test_a_value_out_of_bounds_is_refused(block: LanguageModel, field: str, value: Any) -> None:
    fields = {name: given for name, given in block if name in type(block).model_fields}
    with pytest.raises(ValidationError, match=field):
        type(block)(**{**fields, field: value})


def test_the_time_limit_follows_from_the_output_limit() -> None:
    assert OllamaModel(model="m", context_window=4096, base_seconds=30, tokens_per_second=20).time_limit(2500) == 155


def test_a_url_pattern_takes_what_people_type() -> None:
    for url in ("http://127.0.0.1:11434", "https://models.example/v1/", "http://[::1]:8000/v1", "http://gpu-1:80"):
        assert OllamaModel(model="m", context_window=4096, base_url=url).base_url == url
    assert URL.startswith("^")
