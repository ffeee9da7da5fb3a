"""Every error phasegate raises on purpose.

    PhasegateError
    ├── InputError                what a person gave cannot be used; names the field
    │   ├── BriefError            a business brief or its preferences
    │   └── TranscriptError       a transcript file or pasted text
    ├── ConfigurationError        a block, lineup, plan or setting is missing or wrong
    │   ├── UnknownModelError     a lineup names a model block that is not there
    │   └── PromptTooLongError    the prompt does not fit the model's context window
    ├── StorageError              the database, the disk or a file could not be used
    ├── ServiceError              a server phasegate talks to did not do its part
    │   ├── CallError             a language model gave no usable answer
    │   ├── BaserowError
    │   └── GraphError
    └── GateError                 a move of a gate that its state does not allow

Each message says what happened, what it means and what to do next; `str(error)` is what people are shown.
"""

import copy
from collections.abc import Sequence
from typing import Self


class PhasegateError(Exception):
    """Base of all errors phasegate raises on purpose.

    `happened`: one sentence, what was found. `means`: what follows from it. `do`: the next command, field or UI place.
    """

    def __init__(self, happened: str, *, means: str = "", do: str = "") -> None:
        self.happened, self.means, self.do = happened, means, do
        super().__init__(self.__str__())

    def __str__(self) -> str:
        lines = [self.happened]
        if self.means:
            lines.append(f"It means: {self.means}")
        if self.do:
            lines.append(f"Next: {self.do}")
        return "\n".join(lines)

    def within(self, where: str) -> Self:
        """The same error with the place where it happened in front, for people who see only the message."""
        return self._saying(f"{where}: {self.happened}")

    def with_more(self, told: Sequence[str]) -> Self:
        """The same error with what else went wrong at the same time behind it, a line each."""
        return self._saying("\n".join([self.happened, *(f"Besides: {other}" for other in told)]))

    def _saying(self, happened: str) -> Self:
        said = copy.copy(self)
        PhasegateError.__init__(said, happened, means=self.means, do=self.do)
        return said

    def __reduce__(self) -> tuple[object, ...]:
        # Prefect pickles exceptions between processes; keyword-only arguments need help.
        return (_rebuild, (type(self), self.happened, self.means, self.do, self.__dict__.copy()))


def _rebuild(cls: type[PhasegateError], happened: str, means: str, do: str, state: dict[str, object]) -> PhasegateError:
    error = cls.__new__(cls)
    PhasegateError.__init__(error, happened, means=means, do=do)
    error.__dict__.update(state)
    return error


class InputError(PhasegateError):
    """What a person gave cannot be used."""


class BriefError(InputError):
    """A business brief or its offer preferences break a rule; all problems are listed at once."""


class TranscriptError(InputError):
    """A transcript file or pasted text cannot be read as one."""


class ConfigurationError(PhasegateError):
    """A block, lineup, plan or setting is missing or wrong."""


class UnknownModelError(ConfigurationError):
    """A lineup names a model block that does not exist, or that exists under two providers."""


class PromptTooLongError(ConfigurationError):
    """The prompt and the room for the answer do not fit the model's context window; nothing was sent."""


class StorageError(PhasegateError):
    """The database, the disk or a file could not be used."""


class ServiceError(PhasegateError):
    """A server phasegate talks to did not do its part."""


class CallError(ServiceError):
    """A language model gave no usable answer.

    `error_class` is the machine-readable reason recorded with the call ("capacity", "timeout", "invalid_answer", ...).
    """

    def __init__(
        self, happened: str, *, means: str = "", do: str = "", error_class: str = "unknown", retryable: bool = False
    ) -> None:
        self.error_class, self.retryable = error_class, retryable
        super().__init__(happened, means=means, do=do)


class BaserowError(ServiceError):
    """Baserow refused or failed a request."""


class GraphError(ServiceError):
    """The graph server refused or failed a query."""


class GateError(PhasegateError):
    """A move of a gate that its state does not allow."""
