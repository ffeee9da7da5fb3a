"""What a stage is: its answer, its prompt, what it reads and how its answer is judged. No Prefect, no I/O.

A stage module declares one `Stage` and its `@flow`; everything else (rendering, asking, recording) is the same for
all stages and lives in `asking.py`. The declaration is the only schema: it is sent to the model, validates the reply,
says what later stages may read and is what the report prints.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, Field

from flows.answers import Answer as Answer
from flows.answers import Problem as Problem
from flows.answers import error as error
from flows.answers import warning as warning
from flows.generator.excerpt import Reads, excerpt, render

Phrase = Annotated[str, Field(min_length=2, max_length=160)]
"""A name or a few words."""
Sentence = Annotated[str, Field(min_length=2, max_length=400)]
"""One or two sentences."""
Paragraph = Annotated[str, Field(min_length=2, max_length=1200)]
"""Up to about 200 words."""
Essay = Annotated[str, Field(min_length=2, max_length=2000)]
"""Up to about 330 words."""

Kind = Literal["analytical", "creative", "strategic", "synthesis"]


@dataclass(frozen=True)
class Inputs:
    """What a stage sees: exactly the fields it declares, nothing else."""

    brief: Mapping[str, Any]
    preferences: Mapping[str, Any]
    earlier: Mapping[str, Mapping[str, Any]]
    """Stage key -> the declared fields of that stage's output."""

    def canonical(self) -> str:
        """The same text for the same inputs; part of the key under which the stage's output is remembered."""
        return json.dumps([self.brief, self.preferences, self.earlier], sort_keys=True, ensure_ascii=False)


A = TypeVar("A", bound=BaseModel)
O = TypeVar("O", bound=BaseModel)  # noqa: E741 - the output beside the answer


@dataclass(frozen=True)
class Stage(Generic[A, O]):
    """One of the thirteen stages, as data.

    `answer` is what the model is asked for; `output` is what is stored: the answer and what `complete` computes from
    it and the inputs (totals, ratios), which no model is asked for. A person may correct an answer, never what is
    computed from it.
    """

    number: int
    key: str
    """Module and storage name, for example `market_analysis`."""
    name: str
    kind: Kind
    answer: type[A]
    output: type[O]
    max_tokens: int
    """Room for the answer, in tokens."""
    task: str
    """What the stage is to do: the instruction part of the prompt. Never an example a model could repeat."""
    brief_reads: tuple[str, ...]
    check: Callable[[O, Inputs], Sequence[Problem]]
    preference_reads: tuple[str, ...] = ()
    reads: Reads = field(default_factory=dict)
    """Earlier stage key -> the paths read of it (see `excerpt`)."""
    written: type[BaseModel] | None = None
    """What a stage that is asked in parts makes of them, where that and not the answer is completed to the output."""
    complete: Callable[[Any, Inputs], O] | None = None
    write: Callable[[Any], Awaitable[Mapping[str, Any]]] | None = None
    """How a run, which is given, asks this stage where one question is not enough."""
    error_points: int = 10
    warning_points: int = 5
    upgrade_phase: int | None = None
    """Phase of the upgrade tracker that moves this stage; None for the protected one."""
    protected: bool = False

    def inputs(
        self, brief: Mapping[str, Any], preferences: Mapping[str, Any], outputs: Mapping[str, Mapping[str, Any]]
    ) -> Inputs:
        """The declared fields only. Raises KeyError for a path no earlier stage has (a fault in the declaration)."""
        return Inputs(
            brief={name: brief.get(name) for name in self.brief_reads},
            preferences={name: preferences.get(name) for name in self.preference_reads},
            earlier={key: excerpt(outputs[key], paths) for key, paths in self.reads.items()},
        )

    def prompt(self, inputs: Inputs) -> str:
        """The user message: the material first, the instruction last."""
        parts = ["# Business brief", render(inputs.brief)]
        if any(value not in (None, "", [], {}) for value in inputs.preferences.values()):
            parts += ["# Preferences for the offer", render(inputs.preferences)]
        for key, values in inputs.earlier.items():
            parts += [f"# Findings so far: {key.replace('_', ' ')}", render(values)]
        parts += [f"# Task: {self.name}", self.task]
        return "\n\n".join(parts)

    def correctable(self, output: Mapping[str, Any]) -> BaseModel:
        """What of a stored output is not computed: what a person may correct, and `finish` makes an output of again."""
        return (self.written or self.answer).model_validate(output, extra="ignore")

    def finish(self, answer: BaseModel, inputs: Inputs) -> O:
        """The output to store: the answer with what is computed from it."""
        if self.complete:
            return self.complete(answer, inputs)
        return self.output.model_validate(answer.model_dump())

    def score(self, problems: Sequence[Problem]) -> int:
        """0 to 100: a fixed number of points off for each error and each warning."""
        errors = sum(problem.severity == "error" for problem in problems)
        return max(0, 100 - self.error_points * errors - self.warning_points * (len(problems) - errors))
