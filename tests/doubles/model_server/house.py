"""What the protocols share: the models served, the keys, the clock."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.doubles.model_server.asked import HostedModel


@dataclass
class House:
    """Changed only between requests, by the test."""

    token: str
    account: str
    models: dict[str, HostedModel] = field(default_factory=dict)
    clock: Callable[[], float] = time.monotonic

    def model(self, name: str) -> HostedModel | None:
        return self.models.get(name)

    def by_tag(self, name: str) -> HostedModel | None:
        """Ollama's look-up: a name without a tag means `:latest`."""
        wanted = name if ":" in name else f"{name}:latest"
        return next((model for model in self.local() if model.tag == wanted), None)

    def local(self) -> list[HostedModel]:
        return [model for model in self.models.values() if not model.name.startswith("@")]

    def cloud(self) -> list[HostedModel]:
        return [model for model in self.models.values() if model.name.startswith("@")]
