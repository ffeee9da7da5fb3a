"""Language models as blocks: one module a provider. A new provider is one new module and one line in `PROVIDERS`."""

from blocks.models.base import LanguageModel
from blocks.models.cloudflare import CloudflareModel
from blocks.models.embedded import EmbeddedModel
from blocks.models.ollama import OllamaModel
from blocks.models.openai_compatible import OpenAICompatibleModel

PROVIDERS: tuple[type[LanguageModel], ...] = (CloudflareModel, OllamaModel, OpenAICompatibleModel, EmbeddedModel)

__all__ = ["PROVIDERS", "CloudflareModel", "EmbeddedModel", "LanguageModel", "OllamaModel", "OpenAICompatibleModel"]
