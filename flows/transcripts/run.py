"""A run of the transcript pipeline: its models answer the agents' questions, every answer recorded and remembered."""

from dataclasses import dataclass, replace
from typing import Any

from blocks.models import EmbeddedModel, LanguageModel
from blocks.models.wire import Question
from flows.asking import PipelineRun, Work
from flows.transcripts.agent import SYSTEM, score
from flows.transcripts.agents import AGENTS
from flows.transcripts.understanding import Plan, Query, windows_fit
from tasks.answering.ask import Model
from tasks.answering.guide import field_guide
from tasks.answering.limits import SPARE_TOKENS, fits, room
from tasks.answering.tokens import estimate_tokens
from tasks.records import runs
from tasks.transcripts.transcript import Transcript
from tasks.transcripts.windows import windows

INSTRUCTION_TOKENS = 1500
"""Kept free beside the window for instruction, candidates and the form of the answer."""
SMALLEST_WINDOW = 200


@dataclass(kw_only=True)
class TranscriptRun(PipelineRun):
    """One run about one call."""

    filename: str

    def plan(self, transcript: Transcript) -> Plan:
        """Windows that every agent's model can hold, the same for all of them.

        What code has found in a window stands in its questions too: where that is much, the windows are made smaller.
        """
        asked = [agent for agent in AGENTS if agent.window]
        budget = min(self._room(self.models[agent.key].block, agent.window.max_tokens) for agent in asked if agent.window)  # fmt: skip
        budget = max(SMALLEST_WINDOW, min(budget, int(self.start.lineup["settings"]["window_tokens"])))
        slots = min(self.models[agent.key].block.concurrency for agent in asked)
        picks = frozenset(key for key, model in self.models.items() if isinstance(model.block, EmbeddedModel))
        plan = Plan(windows(transcript.turns, budget), picks, max(1, slots // len(asked)), fits=self.fits)
        while budget > SMALLEST_WINDOW and not windows_fit(transcript, plan):
            budget = max(SMALLEST_WINDOW, budget * 3 // 4)
            plan = replace(plan, windows=windows(transcript.turns, budget))
        return plan

    def _room(self, block: LanguageModel, answer: int) -> int:
        # A model that is not told the form of its answer in words needs no room for it either.
        instruction = INSTRUCTION_TOKENS if block.guide_in_prompt else INSTRUCTION_TOKENS // 2
        return block.context_window - room(block, answer) - SPARE_TOKENS - estimate_tokens(SYSTEM) - instruction

    def fits(self, query: Query) -> bool:
        """Whether the agent's model can hold the question, its own words and the room for the answer."""
        block = self.models[query.agent.key].block
        return fits(block, self._question(query, block))

    def _question(self, query: Query, block: LanguageModel) -> Question:
        name = f"{query.agent.key}-{query.part}"
        return self.question_for(block, name, SYSTEM, query.prompt, query.answer, query.max_tokens)

    async def answer(self, query: Query) -> Any:
        """The answer of the agent's model, of the query's type.

        Raises CallError if there is none that can be used, also where the model cannot hold the question.
        """
        agent = query.agent

        def put(model: Model) -> Work:
            question = self._question(query, model.block)
            return Work(
                role=agent.key, part=query.part, shown=f"{self.filename}: {agent.name}, {query.part}",
                question=question, key=self._key(query, question, model), answer=query.answer,
                judge=lambda answer: (answer, query.check(answer)), score=score,
                own_words=query.prompt.rpartition("# Task: ")[2] + field_guide(question.schema or {}),
            )  # fmt: skip

        # Known answers are validated again: an older version of phasegate may have judged them.
        return query.answer.model_validate(await self.ask(agent.key, put))

    def _key(self, query: Query, question: Question, model: Model) -> str:
        """What an answer depends on: the prompt, its form, and the model with its options; another model is asked anew.

        Nobody knows whether weights that could not be identified are those of another run: only this run, taken up again,
        finds what they have answered.
        """
        block, weights = model.block, self.asking.digest(model)
        if weights is None and model.unidentified:
            weights = self.start.id
        asked_of = [block.provider, block.model, weights, block.temperature, block.seed, block.context_window]
        form, limit = question.schema or {}, room(block, query.max_tokens)
        return runs.sha256([query.agent.key, query.part, SYSTEM, question.user, form, limit, asked_of])
