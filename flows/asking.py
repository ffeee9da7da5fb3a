"""A pipeline's run while it goes on: what is pinned, and how one question is asked, judged, recorded and remembered."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any, TypeVar

from pydantic import BaseModel
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from blocks.errors import CallError, PromptTooLongError
from blocks.loading import load_model
from blocks.models import LanguageModel
from blocks.models.wire import Question
from flows.answers import Problem, error, texts
from flows.progress import tell
from tasks.answering.ask import Asking, Due, Model
from tasks.answering.call import Asked, Attempt
from tasks.answering.faults import find_echoes, find_placeholders
from tasks.answering.guide import field_guide
from tasks.answering.limits import room
from tasks.answering.pinning import pin
from tasks.records import runs
from tasks.records.database import unusable
from tasks.records.ledger_serving import Arm, taken_back


@dataclass(frozen=True)
class Work:
    """One question of a role, and how its answer is judged."""

    role: str
    part: str
    """Empty, or which part of the role's work: a section, a window."""
    shown: str
    """What people see while it goes on."""
    question: Question
    key: str
    """What the output depends on; an output known under it is not asked for again."""
    answer: type[BaseModel] | None
    """None asks for prose."""
    judge: Callable[[Any], tuple[Any, Sequence[Problem]]]
    """Turns the answer into the output to keep and the rules it breaks."""
    score: Callable[[Sequence[Problem]], int]
    own_words: str
    """The part of the prompt that is the same for every input: given back word for word, it is an echo."""


class TakenBackError(Exception):
    """The model a question was made for serves its role no longer; nothing was sent."""


@dataclass(kw_only=True)
class PipelineRun:
    """One run of a pipeline: pinned models, where it is recorded, what is known already."""

    start: runs.RunStart
    database: Engine
    asking: Asking
    models: Mapping[str, Model]
    """Role -> its pinned model."""
    earlier: dict[str, tuple[runs.Step, Any]] = field(default_factory=dict)
    """Input key -> step and output of this run before a crash, or of the run this one goes on from."""
    fresh: bool = False
    """Never answer from a cache (trials)."""
    arm: Arm = "incumbent"
    pair: str | None = None
    """The same for both arms' runs on the same input: a trial's name for it, or the id of the user's run that is mirrored.
    Parts and repeats of a role's work within it are not independent, and count as one pair."""
    read_at: int = 0
    """Newest entry of the ledger before the lineup was read: what was taken back since reaches this run too."""
    reached: ExitStack = field(default_factory=ExitStack)
    """Models that are reached during the run, until it ends."""

    def question_for(
        self, block: LanguageModel, name: str, system: str, prompt: str, wanted: type[BaseModel] | None, tokens: int
    ) -> Question:
        """The question as this model is asked it; `wanted` None asks for prose."""
        schema = schema_of(wanted) if wanted else None
        if schema is not None and block.guide_in_prompt:
            prompt = f"{prompt}\n\n{field_guide(schema)}"
        return Question(
            system, prompt, room(block, tokens), block.temperature, block.seed, schema,
            name=name.strip("-").replace(" ", "-"), fresh=self.fresh,
        )  # fmt: skip

    async def serving(self, role: str) -> Model:
        """The role's pinned model; after a rollback the incumbent again, from the next call on."""
        start = self.start
        back = await self.store(taken_back, start.pipeline, start.environment, role, self.read_at)
        if back is not None and back != self.models[role].name:
            model = await pin(back, await load_model(back), self.reached, self.asking.client)
            self.models, self.arm = {**self.models, role: model}, "incumbent"
        return self.models[role]

    async def ask(self, role: str, put: Callable[[Model], Work]) -> Any:
        """Asks, judges and records one question of a role; the stored output as plain JSON.

        `put` makes the question for a model, and makes it anew for the incumbent if the model is taken back before the
        question's turn: prompt, limits and options are those of who is asked. An answer that is known already is not
        asked for. Raises CallError if there is no usable answer.
        """
        while True:
            model = self.models[role]
            work = put(model)
            if work.key in self.earlier:
                tell(work.shown, "done", "answered before")
                return await self._found(work)
            try:
                return await self._asked(work, model)
            except TakenBackError:
                continue

    async def _asked(self, work: Work, model: Model) -> Any:
        """The answer of this model. Raises TakenBackError, also while the question waits for others to be answered."""
        due = partial(self._still_serving, work.role, model)
        await due()
        arm = self.arm
        tell(work.shown, "started", model.name)
        asked = await self._put(work, model, due)
        output, problems = work.judge(asked.value) if asked.value is not None else (None, ())
        if output is not None and asked.attempts[-1].truncated:
            problems = [*problems, error("", "was cut at the output limit")]
        await self.store(runs.save_call, self._record(work, model, arm, asked, output, problems))
        tell(work.shown, "failed" if asked.error else "done", f"{asked.total_seconds:.1f} s")
        if asked.error:
            raise asked.error.within(f"{work.shown}, asked of the model block {model.name!r}")
        return _plain(output)

    async def _put(self, work: Work, model: Model, due: Due) -> Asked[Any]:
        """A prompt the model cannot hold is its failure too: a candidate with a small window must not go uncounted."""
        try:
            if work.answer:
                return await self.asking.typed(model, work.question, work.answer, due)
            return await self.asking.prose(model, work.question, due)
        except PromptTooLongError as error:
            unsent = Attempt("first", datetime.now(UTC), 0.0, None, "context_exceeded", error.happened)
            failure = CallError(error.happened, means=error.means, do=error.do, error_class="context_exceeded")
            return Asked("failed", (unsent,), error=failure)

    async def _still_serving(self, role: str, model: Model) -> None:
        if (await self.serving(role)).name != model.name:
            raise TakenBackError

    def _record(
        self, work: Work, model: Model, arm: Arm, asked: Asked[Any], output: Any, problems: Sequence[Problem]
    ) -> runs.CallRecord:
        body, question = _plain(output), work.question
        return runs.CallRecord(
            run=self.start, role=work.role, part=work.part, arm=arm, model_block=model.name,
            provider=model.block.provider, model=model.block.model, digest=self.asking.digest(model),
            prompt_sha256=hashlib.sha256((question.system + question.user).encode()).hexdigest(), asked=asked,
            cost=asked.cost(model.block.input_price, model.block.output_price),
            placeholders=sum(bool(find_placeholders(text)) for _, text in texts(body)),
            echoes=sum(len(find_echoes(text, work.own_words)) for _, text in texts(body)),
            score=work.score(problems) if body is not None else None,
            problems=[asdict(problem) for problem in problems], output=body, input_key=work.key,
            pair_id=self.pair,
        )  # fmt: skip

    async def _found(self, work: Work) -> Any:
        step, body = self.earlier[work.key]
        source: runs.Source = "overridden" if step.source == "overridden" else "reused"
        reused = runs.Step(work.role, work.part, work.key, step.output_sha256, source, step.call_id, step.score)
        await self.store(self.keep_step, reused, body)
        return body

    def keep_step(self, database: Engine, step: runs.Step, body: Any) -> None:
        """Stores an output that no call of this run gave."""
        now = datetime.now(UTC)
        with database.begin() as connection:
            runs.put_output(connection, body, now)
            runs.put_step(connection, self.start.id, step, now)

    async def store(self, write: Callable[..., Any], *what: Any) -> Any:
        """Writes to the database beside the event loop. Raises StorageError."""
        try:
            return await asyncio.to_thread(write, self.database, *what)
        except (SQLAlchemyError, OSError) as error:
            raise unusable(error, str(self.database.url)) from error


@lru_cache(maxsize=256)
def schema_of(wanted: type[BaseModel]) -> Mapping[str, Any]:
    """The form of an answer, kept: pydantic would make it anew for every question."""
    return wanted.model_json_schema()


def _plain(output: Any) -> Any:
    return output.model_dump(mode="json") if isinstance(output, BaseModel) else output


R = TypeVar("R")


async def finish_all(work: Iterable[Awaitable[R]]) -> list[R]:
    """The results in order. If one fails the others are still finished and recorded; then the first error is raised."""
    results = await asyncio.gather(*work, return_exceptions=True)
    failed = [result for result in results if isinstance(result, BaseException)]
    if failed:
        raise failed[0]
    return [result for result in results if not isinstance(result, BaseException)]
