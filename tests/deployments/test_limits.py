"""Names and heights of the limits that models share."""

import pytest

from blocks.limits import limit_name, limits_of
from blocks.models import CloudflareModel, EmbeddedModel, LanguageModel, OllamaModel, OpenAICompatibleModel


def ollama(url: str = "http://models.example:11434", concurrency: int = 1, model: str = "mistral:7b") -> OllamaModel:
    return OllamaModel(model=model, base_url=url, concurrency=concurrency, context_window=4096)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (ollama(), "phasegate:ollama:models.example:11434"),
        (ollama("https://Models.example/ollama/"), "phasegate:ollama:models.example:443"),
        (CloudflareModel(model="@cf/meta/llama", context_window=4096), "phasegate:cloudflare:@cf-meta-llama"),
        (
            OpenAICompatibleModel(model="org/big", base_url="http://127.0.0.1:8000/v1", context_window=4096),
            "phasegate:openai-compatible:127.0.0.1:8000:org-big",
        ),
        (EmbeddedModel(), "phasegate:embedded:SmolLM2-135M-Instruct"),
    ],
)
def test_a_limit_is_named_after_what_is_shared(model: LanguageModel, name: str) -> None:
    assert limit_name(model) == name


def test_all_models_of_an_ollama_host_share_one_limit() -> None:
    models = [ollama(model="mistral:7b"), ollama(model="deepseek-coder:33b-instruct")]
    assert limits_of(models) == {"phasegate:ollama:models.example:11434": 1}


def test_the_most_careful_block_decides() -> None:
    models = [ollama(concurrency=4), ollama(concurrency=2)]
    assert list(limits_of(models).values()) == [2]
