"""A generator run while it goes on: what is pinned, what is known, and how one question is asked and recorded."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from pydantic import BaseModel

from blocks.models import LanguageModel
from flows.asking import PipelineRun, Work, schema_of
from flows.asking import finish_all as finish_all
from flows.generator.stage import Inputs, Problem, Stage
from tasks.answering.ask import Model
from tasks.answering.guide import field_guide
from tasks.records import runs

SYSTEM = (
    "You are a market research analyst and offer strategist for small businesses. Work only from the material you are "
    "given and from what you know; mark estimates as estimates. Write plainly and concretely, for this one business."
)
"""The same for every stage, so that a local model's prefix cache serves them all."""
AWAITED = "awaited"
"""Input key of a correction whose turn has not come: what its stage reads may still change."""


class Prompt(NamedTuple):
    """What one model is asked to work on."""

    text: str
    material: str
    """What of it the answer depends on, besides the stage's own words."""


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

    async def stage(self, stage: Stage[Any, Any]) -> Mapping[str, Any]:
        """The output of a stage: found if the same inputs were answered before, asked otherwise.

        Raises CallError if there is no usable answer.
        """
        inputs = stage.inputs(self.brief, self.preferences, self.outputs)
        if stage.key in self.corrections:
            return await self._correct(stage, inputs, input_key(stage, "", inputs.canonical()))
        if stage.write:
            return await self._corrected(stage, inputs) or await stage.write(self)
        prompt = Prompt(stage.prompt(inputs), inputs.canonical())

        def judge(answer: BaseModel) -> tuple[BaseModel, Sequence[Problem]]:
            output = stage.finish(answer, inputs)
            return output, stage.check(output, inputs)

        output: Mapping[str, Any]
        output = await self.part(stage, "", lambda _: prompt, stage.answer, stage.max_tokens, judge)
        self.outputs[stage.key] = output
        return output

    async def _corrected(self, stage: Stage[Any, Any], inputs: Inputs) -> Mapping[str, Any] | None:
        """What a person made of a stage that is asked in parts; the parts would put it together as it was before."""
        step, body = self.earlier.get(input_key(stage, "", inputs.canonical()), (None, None))
        if step is None or step.source != "overridden":
            return None
        await self.take_over({(stage.key, ""): (step, body)})
        return self.outputs[stage.key]

    async def part(
        self,
        stage: Stage[Any, Any],
        part: str,
        prompt_for: Callable[[LanguageModel], Prompt],
        wanted: type[BaseModel] | None,
        tokens: int,
        judge: Callable[[Any], tuple[Any, Sequence[Problem]]],
        instructions: str = "",
    ) -> Any:
        """Asks one question of a stage, judges and records it; the stored output as plain JSON.

        `wanted` None asks for prose. `judge` turns the answer into the output and the rules it breaks. Raises CallError if there is no usable answer.
        """

        def put(model: Model) -> Work:
            text, material = prompt_for(model.block)
            question = self.question_for(model.block, f"{stage.key}-{part}", SYSTEM, text, wanted, tokens)
            return Work(
                role=stage.key, part=part, question=question, answer=wanted, judge=judge, score=stage.score,
                shown=f"{stage.number}. {stage.name}" + (f": {part.replace('_', ' ')}" if part else ""),
                key=input_key(stage, part, material, instructions),
                own_words=f"{stage.task}\n{instructions}\n{field_guide(question.schema) if question.schema else ''}",
            )  # fmt: skip

        return await self.ask(stage.key, put)

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
