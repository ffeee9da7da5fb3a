"""A generator run while it goes on: what is pinned, what is known, and how one question is asked and recorded."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import BaseModel
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from blocks.models.wire import Question
from flows.generator.checks import texts
from flows.generator.stage import Problem, Stage
from flows.progress import tell
from tasks.answering.ask import Asking, Model
from tasks.answering.call import Asked
from tasks.answering.faults import find_echoes, find_placeholders
from tasks.answering.guide import field_guide
from tasks.answering.limits import room
from tasks.records import runs
from tasks.records.database import unusable

SYSTEM = (
    "You are a market research analyst and offer strategist for small businesses. Work only from the material you are "
    "given and from what you know; mark estimates as estimates. Write plainly and concretely, for this one business."
)
"""The same for every stage, so that a local model's prefix cache serves them all."""


@dataclass
class GeneratorRun:
    """One run: pinned models, validated input, finished outputs."""

    start: runs.RunStart
    database: Engine
    asking: Asking
    models: Mapping[str, Model]
    """Role -> its pinned model."""
    brief: Mapping[str, Any]
    preferences: Mapping[str, Any]
    outputs: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """Stage key -> its output, as far as the run has come."""
    earlier: dict[str, tuple[runs.Step, Any]] = field(default_factory=dict)
    """Input key -> step and output of this run before a crash, or of the run this one goes on from."""
    fresh: bool = False
    """Never answer from a cache (trials)."""

    @property
    def report_words(self) -> int:
        return int(self.start.lineup["settings"]["report_words"])

    async def stage(self, stage: Stage[Any, Any], again: bool = False) -> Mapping[str, Any]:
        """The output of a stage: found if the same inputs were answered before, asked otherwise.

        `again` asks in any case. Raises CallError if there is no usable answer.
        """
        if stage.write:
            return await stage.write(self, again)
        inputs = stage.inputs(self.brief, self.preferences, self.outputs)
        question = self.question(stage, "", stage.prompt(inputs), stage.answer, stage.max_tokens)

        def judge(answer: BaseModel) -> tuple[BaseModel, Sequence[Problem]]:
            output = stage.finish(answer, inputs)
            return output, stage.check(output, inputs)

        output: Mapping[str, Any]
        output = await self.part(stage, "", question, inputs.canonical(), stage.answer, judge, again=again)
        self.outputs[stage.key] = output
        return output

    def question(
        self, stage: Stage[Any, Any], part: str, prompt: str, wanted: type[BaseModel] | None, tokens: int
    ) -> Question:
        """The question for one part of a stage's work; `wanted` None asks for prose."""
        block = self.models[stage.key].block
        schema = wanted.model_json_schema() if wanted else None
        if schema is not None and block.guide_in_prompt:
            prompt = f"{prompt}\n\n{field_guide(schema)}"
        return Question(
            SYSTEM, prompt, room(block, tokens), block.temperature, block.seed, schema,
            name=f"{stage.key}-{part}".strip("-").replace(" ", "-"), fresh=self.fresh,
        )  # fmt: skip

    async def part(
        self,
        stage: Stage[Any, Any],
        part: str,
        question: Question,
        material: str,
        wanted: type[BaseModel] | None,
        judge: Callable[[Any], tuple[Any, Sequence[Problem]]],
        again: bool = False,
        instructions: str = "",
    ) -> Any:
        """Asks one question of a stage, judges and records it; the stored output as plain JSON.

        `judge` turns the answer into the output and the rules it breaks. Raises CallError if there is no usable answer.
        """
        model = self.models[stage.key]
        key = input_key(stage, part, material, instructions)
        if not again and key in self.earlier:
            tell(f"{stage.number}. {stage.name}", "done", "answered before")
            return await self._found(stage, part, key)
        what = f"{stage.number}. {stage.name}" + (f": {part.replace('_', ' ')}" if part else "")
        tell(what, "started", model.name)
        asked: Asked[Any]
        asked = await (self.asking.typed(model, question, wanted) if wanted else self.asking.prose(model, question))
        output, problems = judge(asked.value) if asked.value is not None else (None, ())
        body = output.model_dump(mode="json") if isinstance(output, BaseModel) else output
        own_words = f"{stage.task}\n{instructions}\n{field_guide(question.schema) if question.schema else ''}"
        record = runs.CallRecord(
            run=self.start, role=stage.key, part=part, arm="incumbent", model_block=model.name,
            provider=model.block.provider, model=model.block.model, digest=model.digest,
            prompt_sha256=hashlib.sha256((question.system + question.user).encode()).hexdigest(), asked=asked,
            cost=asked.cost(model.block.input_price, model.block.output_price),
            placeholders=sum(bool(find_placeholders(text)) for _, text in texts(body)),
            echoes=sum(len(find_echoes(text, own_words)) for _, text in texts(body)),
            score=stage.score(problems) if body is not None else None,
            problems=[asdict(problem) for problem in problems], output=body, input_key=key,
        )  # fmt: skip
        await self.store(runs.save_call, record)
        tell(what, "failed" if asked.error else "done", f"{asked.total_seconds:.1f} s")
        if asked.error:
            raise asked.error
        return body

    async def finish_parts(self, stage: Stage[Any, Any], body: Mapping[str, Any], problems: Sequence[Problem]) -> None:
        """The output of a stage that was asked in parts, put together by code, with the score of the whole."""
        address = runs.sha256(body)
        step = runs.Step(stage.key, "", address, address, "asked", None, stage.score(problems))
        await self.store(self._keep_step, step, dict(body))
        self.outputs[stage.key] = body

    async def _found(self, stage: Stage[Any, Any], part: str, key: str) -> Any:
        step, body = self.earlier[key]
        reused = runs.Step(stage.key, part, key, step.output_sha256, "reused", step.call_id, step.score)
        await self.store(self._keep_step, reused, body)
        return body

    def _keep_step(self, database: Engine, step: runs.Step, body: Any) -> None:
        now = datetime.now(UTC)
        with database.begin() as connection:
            runs.put_output(connection, body, now)
            runs.put_step(connection, self.start.id, step, now)

    async def take_over(self, outputs: Mapping[str, tuple[runs.Step, Any]]) -> None:
        """Makes the outputs of an earlier run those of this one."""
        for key, (step, body) in outputs.items():
            reused = runs.Step(key, "", step.input_key, step.output_sha256, "reused", step.call_id, step.score)
            await self.store(self._keep_step, reused, body)
            self.outputs[key] = body

    async def override(self, stage: Stage[Any, Any], body: Mapping[str, Any]) -> None:
        """Uses `body` as the stage's output; later stages see it as if a model had written it."""
        address = runs.sha256(body)
        step = runs.Step(stage.key, "", address, address, "overridden")
        await self.store(self._keep_step, step, dict(body))
        self.outputs[stage.key] = body

    async def store(self, write: Callable[..., Any], *what: Any) -> None:
        """Writes to the database beside the event loop. Raises StorageError."""
        try:
            await asyncio.to_thread(write, self.database, *what)
        except (SQLAlchemyError, OSError) as error:
            raise unusable(error, str(self.database.url)) from error


def input_key(stage: Stage[Any, Any], part: str, material: str, instructions: str = "") -> str:
    """What an output depends on: the instruction, the form of the answer and the material.

    Not the model: a run taken up again with another model for the stage that failed keeps the stages that did not.
    """
    return runs.sha256([stage.key, part, stage.task, instructions, stage.answer.model_json_schema(), material])


R = TypeVar("R")


async def finish_all(work: Iterable[Awaitable[R]]) -> list[R]:
    """The results in order. If one fails the others are still finished and recorded; then the first error is raised."""
    results = await asyncio.gather(*work, return_exceptions=True)
    failed = [result for result in results if isinstance(result, BaseException)]
    if failed:
        raise failed[0]
    return [result for result in results if not isinstance(result, BaseException)]
