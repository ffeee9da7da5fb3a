"""A lineup and its models read from a real Prefect server, and everything that may be wrong with them there."""

import asyncio
import contextlib
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import BlockDocumentUpdate
from pydantic import SecretStr

from blocks import loading
from blocks.catalogue import BASELINE, default_models
from blocks.errors import ConfigurationError, UnknownModelError
from blocks.lineups import EMBEDDED, GeneratorLineup
from blocks.loading import LoadedLineup, load_lineup, model_documents
from blocks.models import CloudflareModel, EmbeddedModel, OllamaModel
from blocks.registering import register_blocks

pytestmark = [pytest.mark.server, pytest.mark.usefixtures("prefect_api")]


@pytest.fixture
def name() -> str:
    """A name no other test uses."""
    return f"t{uuid.uuid4().hex[:12]}"


@pytest.fixture
def defaults() -> None:
    """Blocks as they are created, whatever other tests made of them."""
    with contextlib.suppress(ValueError):
        asyncio.run(GeneratorLineup.adelete("production"))  # type: ignore[arg-type]
    asyncio.run(register_blocks())


def save(name: str, **roles: Any) -> None:
    asyncio.run(GeneratorLineup(**roles).asave(name, overwrite=True))


def load(name: str) -> LoadedLineup:
    return asyncio.run(load_lineup(GeneratorLineup, name))


def load_model(name: str) -> OllamaModel:
    save(name, offer_design=name)
    block = load(name).models[name]
    assert isinstance(block, OllamaModel)
    return block


def edit(slug: str, name: str, **data: Any) -> None:
    """Changes a document as a person with the API would, past its form."""

    async def update() -> None:
        async with get_client() as client:
            document = await client.read_block_document_by_name(name, slug)
            await client.update_block_document(document.id, BlockDocumentUpdate(data=data))

    asyncio.run(update())


def refused(kind: type[ConfigurationError], act: Callable[[], Any]) -> str:
    with pytest.raises(kind) as error:
        act()
    return str(error.value)


def test_the_default_lineup_is_read_with_its_one_model(defaults: None) -> None:
    loaded = load("production")

    assert (loaded.name, set(loaded.roles), set(loaded.roles.values())) == (
        "production", set(GeneratorLineup.roles), {EMBEDDED},
    )  # fmt: skip
    assert loaded.settings["report_words"] == 600
    assert list(loaded.models) == [EMBEDDED]
    assert isinstance(loaded.models[EMBEDDED], EmbeddedModel)
    assert loaded.withdrawn() == []


def test_each_model_is_read_once_with_its_secrets(name: str) -> None:
    asyncio.run(OllamaModel(model="smol", context_window=8192, api_key=SecretStr("word")).asave(name))
    save(name, market_analysis=name, offer_design=name)

    assert sorted(load(name).models) == sorted([EMBEDDED, name])
    block = load_model(name)
    assert block.api_key is not None
    assert block.api_key.get_secret_value() == "word"
    assert block.facts()["model"] == "smol"


def test_the_documents_lineup_says_that_its_model_is_gone() -> None:
    (told,) = load("documents-phase-0").withdrawn()

    assert f"{BASELINE!r} (@cf/meta/llama-3.1-70b-instruct) was withdrawn by its host on 2026-05-30" in told
    assert "market_analysis" in told
    assert "'documents-phase-0'" in told


def test_a_lineup_that_is_not_there_is_told_with_those_that_are(name: str) -> None:
    said = refused(ConfigurationError, lambda: load(name))

    assert f"no Generator Lineup block named '{name}'" in said
    assert "documents-phase-0" in said
    assert "production" in said
    assert "phasegate bootstrap" not in said


def test_a_name_no_model_has_is_told_with_the_names_there_are(name: str) -> None:
    save(name, offer_design="mistral-8b", report_synthesis="mistral-8b")

    said = refused(UnknownModelError, lambda: load(name))

    assert f"The lineup '{name}' names the model block 'mistral-8b' for offer_design, report_synthesis" in said
    for known in default_models():
        assert known in said
    assert "nothing was asked" in said


def test_a_name_two_providers_have_is_told_with_both(name: str) -> None:
    asyncio.run(OllamaModel(model="smol", context_window=8192).asave(name))
    asyncio.run(CloudflareModel(model="@cf/one", context_window=8192).asave(name))
    save(name, offer_design=name)

    said = refused(UnknownModelError, lambda: load(name))

    assert "there are 2: Language Model: Cloudflare Workers AI and Language Model: Ollama" in said
    assert "rename one of them" in said


def test_a_model_edited_outside_its_form_is_told_by_field_without_its_values(name: str) -> None:
    asyncio.run(OllamaModel(model="smol", context_window=8192).asave(name))
    save(name, offer_design=name)
    edit("phasegate-model-ollama", name, context_window="eight thousand", keep_alive="word")

    said = refused(ConfigurationError, lambda: load(name))

    assert f"Language Model: Ollama / {name}" in said
    assert "context_window" in said
    assert "keep_alive" in said
    assert "eight thousand" not in said


def test_a_lineup_edited_outside_its_form_is_told_by_field(name: str) -> None:
    save(name)
    edit("phasegate-generator-lineup", name, offer_design="")

    assert "offer_design" in refused(ConfigurationError, lambda: load(name))


def test_a_model_nobody_names_may_be_broken(name: str) -> None:
    asyncio.run(OllamaModel(model="smol", context_window=8192).asave(name))
    edit("phasegate-model-ollama", name, context_window=-1)

    assert load("production").models


def test_registering_again_creates_nothing_and_keeps_what_a_person_changed(name: str, defaults: None) -> None:
    changed = default_models()["mistral-7b"].model_copy(update={"remark": name})
    asyncio.run(changed.asave("mistral-7b", overwrite=True))

    assert asyncio.run(register_blocks()) == []
    assert load_model("mistral-7b").remark == name


def test_a_default_that_a_person_deleted_comes_back(defaults: None) -> None:
    asyncio.run(OllamaModel.adelete("deepseek-coder-33b"))

    assert asyncio.run(register_blocks()) == ["Language Model: Ollama / deepseek-coder-33b"]


def test_documents_beyond_one_page_are_read_too(defaults: None, monkeypatch: pytest.MonkeyPatch) -> None:
    async def read() -> set[str]:
        async with get_client() as client:
            return set(await model_documents(client))

    monkeypatch.setattr(loading, "PAGE", 3)
    assert set(default_models()) <= asyncio.run(read())
