"""Names and heights of the limits that models share."""

import pytest

from blocks.limits import Limit, limit_name, limits_of, rate_limit
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
    assert limits_of(models) == {"phasegate:ollama:models.example:11434": Limit(1)}


@pytest.mark.parametrize("host", ["localhost", "LocalHost", "127.0.0.1", "[::1]"])
def test_a_host_has_one_limit_however_it_is_called(host: str) -> None:
    assert limit_name(ollama(f"http://{host}:11434")) == "phasegate:ollama:127.0.0.1:11434"


def test_the_most_careful_block_decides() -> None:
    models = [ollama(concurrency=4), ollama(concurrency=2)]
    assert list(limits_of(models).values()) == [Limit(2)]


def hosted(rate: int | None) -> CloudflareModel:
    return CloudflareModel(model="@cf/meta/llama", context_window=4096, requests_per_minute=rate)


def test_a_model_with_a_rate_has_a_second_limit_that_the_most_careful_block_decides() -> None:
    found = limits_of([hosted(None), hosted(300), hosted(60)])
    assert found == {
        "phasegate:cloudflare:@cf-meta-llama": Limit(4), "phasegate:cloudflare:@cf-meta-llama:rate": rate_limit(60)
    }  # fmt: skip


@pytest.mark.parametrize("per_minute", [1, 2, 9, 60, 300, 5000])
def test_no_minute_has_more_requests_than_the_rate(per_minute: int) -> None:
    limit = rate_limit(per_minute)
    come_back = limit.decay * 60
    assert limit.slots >= 1
    assert limit.slots + come_back == pytest.approx(per_minute + 1)  # the last of them after the minute is over


def test_changing_the_rate_is_no_other_model() -> None:
    assert hosted(60).facts() == hosted(None).facts()
