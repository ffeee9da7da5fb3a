"""A generator run while it goes on: what is pinned, what is known, and how one question is asked and recorded."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import BaseModel

from blocks.models.wire import Question
from flows.asking import PipelineRun, Work, schema_of
from flows.asking import finish_all as finish_all
from flows.generator.stage import Inputs, Problem, Stage
from tasks.answering.guide import field_guide
from tasks.records import runs

SYSTEM = (
    "You are a market research analyst and offer strategist for small businesses. Work only from the material you are "
    "given and from what you know; mark estimates as estimates. Write plainly and concretely, for this one business."
)
"""The same for every stage, so that a local model's prefix cache serves them all."""
AWAITED = "awaited"
"""Input key of a correction whose turn has not come: what its stage reads may still change."""


@dataclass(kw_only=True)
class GeneratorRun(PipelineRun):
    """One run: pinned models, validated input, finished outputs."""

    brief: Mapping[str, Any]
    preferences: Mapping[str, Any]
    outputs: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """Stage key -> its output, as far as the run has come."""
    corrections: dict[str, BaseModel] = field(default_factory=dict)
    """Stage key -> what a person made of its answer, which is not asked for then."""

    @property
    def report_words(self) -> int:
        return int(self.start.lineup["settings"]["report_words"])

    async def stage(self, stage: Stage[Any, Any], again: bool = False) -> Mapping[str, Any]:
        """The output of a stage: found if the same inputs were answered before, asked otherwise.

        `again` asks in any case. Raises CallError if there is no usable answer.
        """
        inputs = stage.inputs(self.brief, self.preferences, self.outputs)
        if stage.key in self.corrections:
            return await self._correct(stage, inputs, input_key(stage, "", inputs.canonical()))
        if stage.write:
            return await self._corrected(stage, inputs, again) or await stage.write(self, again)
        question = self.question(stage, "", stage.prompt(inputs), stage.answer, stage.max_tokens)

        def judge(answer: BaseModel) -> tuple[BaseModel, Sequence[Problem]]:
            output = stage.finish(answer, inputs)
            return output, stage.check(output, inputs)

        output: Mapping[str, Any]
        output = await self.part(stage, "", question, inputs.canonical(), stage.answer, judge, again=again)
        self.outputs[stage.key] = output
        return output

    async def _corrected(self, stage: Stage[Any, Any], inputs: Inputs, again: bool) -> Mapping[str, Any] | None:
        """What a person made of a stage that is asked in parts; the parts would put it together as it was before."""
        step, body = self.earlier.get(input_key(stage, "", inputs.canonical()), (None, None))
        if again or step is None or step.source != "overridden":
            return None
        await self.take_over({(stage.key, ""): (step, body)})
        return self.outputs[stage.key]

    def question(
        self, stage: Stage[Any, Any], part: str, prompt: str, wanted: type[BaseModel] | None, tokens: int
    ) -> Question:
        """The question for one part of a stage's work; `wanted` None asks for prose."""
        return self.question_for(stage.key, part, SYSTEM, prompt, wanted, tokens)

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
        work = Work(
            role=stage.key, part=part, question=question, answer=wanted, judge=judge, score=stage.score,
            shown=f"{stage.number}. {stage.name}" + (f": {part.replace('_', ' ')}" if part else ""),
            key=input_key(stage, part, material, instructions),
            own_words=f"{stage.task}\n{instructions}\n{field_guide(question.schema) if question.schema else ''}",
        )  # fmt: skip
        return await self.ask(work, again)

    async def finish_parts(self, stage: Stage[Any, Any], body: Mapping[str, Any], problems: Sequence[Problem]) -> None:
        """The output of a stage that was asked in parts, put together by code, with the score of the whole."""
        address = runs.sha256(body)
        step = runs.Step(stage.key, "", address, address, "asked", None, stage.score(problems))
        await self.store(self.keep_step, step, dict(body))
        self.outputs[stage.key] = body

    async def take_over(self, known: Mapping[tuple[str, str], tuple[runs.Step, Any]]) -> None:
        """Makes steps of an earlier run, by role and part, those of this one. A correction stays one."""
        for (key, part), (step, body) in known.items():
            source: runs.Source = "overridden" if step.source == "overridden" else "reused"
            await self.store(self.keep_step, replace(step, source=source), body)
            if not part:
                self.outputs[key] = body

    async def await_corrections(
        self, stages: Sequence[Stage[Any, Any]], outputs: Mapping[str, Mapping[str, Any]]
    ) -> None:
        """Keeps the corrections before anything is asked: a run that ends before their turn hands them on.

        `outputs` is what the earlier run found; what is computed in the corrected outputs rests on it for now.
        """
        known = dict(outputs)
        for stage in stages:
            if stage.key in self.corrections:
                inputs = stage.inputs(self.brief, self.preferences, known)
                known[stage.key] = await self._correct(stage, inputs, AWAITED)

    async def _correct(self, stage: Stage[Any, Any], inputs: Inputs, key: str) -> Mapping[str, Any]:
        """Uses a correction as the stage's answer; later stages see it as if a model had written it.

        Kept under what the stage's own answer would depend on, a run continued from this one keeps it.
        """
        body: Mapping[str, Any] = stage.finish(self.corrections[stage.key], inputs).model_dump(mode="json")
        await self.store(self.keep_step, runs.Step(stage.key, "", key, runs.sha256(body), "overridden"), body)
        if key != AWAITED:
            self.outputs[stage.key] = body
        return body


def input_key(stage: Stage[Any, Any], part: str, material: str, instructions: str = "") -> str:
    """What an output depends on: the instruction, the form of the answer and the material.

    Not the model: a run taken up again with another model for the stage that failed keeps the stages that did not.
    """
    answer: type[BaseModel] = stage.answer
    return runs.sha256([stage.key, part, stage.task, instructions, schema_of(answer), material])
