"""Lineups, models and approvers as they lie on the Prefect server.

Documents are read and written raw: a block that a person has edited into something invalid has to be readable, or it
could never be put right.
"""

import contextlib
from collections.abc import Mapping, Sequence
from time import perf_counter
from uuid import UUID

from prefect.blocks.core import Block
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import BlockDocumentUpdate
from prefect.client.schemas.objects import BlockDocument
from prefect.exceptions import ObjectNotFound
from pydantic import SecretStr, ValidationError

from blocks.approvers import Approver
from blocks.errors import ConfigurationError, PhasegateError
from blocks.lineups import lineup_kind
from blocks.loading import documents_of, model_documents
from blocks.models import PROVIDERS, LanguageModel
from blocks.models.base import UNRECORDED
from blocks.models.wire import Question
from flows.transitions.world import ApproverFacts, Content, Probe, RunState
from tasks.answering.ask import Asking, Model
from tasks.answering.transport import new_client

PROBE = Question("You are being checked.", "Answer with one word: ready", 16, 0.1, 7, name="probe", fresh=True)


class PrefectBlocks:
    """The one implementation of `Blocks` outside the tests."""

    async def lineup(self, pipeline: str, name: str) -> Content | None:
        async with get_client() as client:
            document = await _document(client, lineup_kind(pipeline), name)
        if document is None:
            return None
        fields = lineup_kind(pipeline).model_fields
        # A field the document does not have yet is served by its default; without it every release would drift.
        return {field: document.data.get(field, info.default) for field, info in fields.items() if field != SLUG}

    async def write_lineup(self, pipeline: str, name: str, content: Content) -> None:
        kind = lineup_kind(pipeline)
        async with get_client() as client:
            document = await _document(client, kind, name)
            if document is not None:
                await client.update_block_document(
                    document.id, BlockDocumentUpdate(data=dict(content), merge_existing_data=False)
                )
        if document is None:
            await kind.model_validate(dict(content)).asave(name)

    async def models(self) -> Mapping[str, Content]:
        async with get_client() as client:
            documents = await model_documents(client)
        return {name: facts for name, found in documents.items() for facts in [_facts(found[0])]}

    async def write_model(self, name: str, content: Content) -> None:
        async with get_client() as client:
            found = (await model_documents(client)).get(name)
            if not found:
                raise ConfigurationError(
                    f"The model block {name!r} was deleted.",
                    means="its credentials are gone too; nothing can bring them back.",
                    do="create it again in the Prefect UI, then adopt it.",
                )
            data = {key: value for key, value in content.items() if key != "provider"}
            await client.update_block_document(found[0].id, BlockDocumentUpdate(data=data, merge_existing_data=True))

    async def probe(self, model: str) -> Probe:
        started = perf_counter()
        try:
            async with get_client() as client:
                found = (await model_documents(client)).get(model, [])
            if len(found) != 1:
                return Probe(False, 0, f"there are {len(found)} model blocks of this name")
            reason = await _ask(model, Block._from_block_document(found[0]))
        except PhasegateError as error:
            return Probe(False, perf_counter() - started, error.happened, error.do)
        except ValidationError as error:
            reason = str(error).splitlines()[0]
        return Probe(not reason, perf_counter() - started, reason)

    async def approvers(self) -> Sequence[ApproverFacts]:
        async with get_client() as client:
            documents = await documents_of(client, Approver)
        return [
            ApproverFacts(document.name or "", str(document.data["totp"]), document.data.get("active") is True)
            for document in documents
            if document.data.get("totp")
        ]

    async def write_approver(self, approver: ApproverFacts) -> None:
        block = Approver(totp=SecretStr(approver.totp), active=approver.active)
        await block.asave(approver.name, overwrite=True)

    async def delete_approver(self, name: str) -> None:
        async with get_client() as client:
            found = await _document(client, Approver, name)
            with contextlib.suppress(ObjectNotFound):
                if found is not None:
                    await client.delete_block_document(found.id)

    async def run_state(self, run_id: str) -> RunState | None:
        try:
            async with get_client() as client:
                run = await client.read_flow_run(UUID(run_id))
        except (ObjectNotFound, ValueError):
            return None
        return RunState(run.state.name or run.state.type.value, run.state.timestamp) if run.state else None


SLUG = "block_type_slug"


async def _document(client: PrefectClient, kind: type[Block], name: str) -> BlockDocument | None:
    return next((document for document in await documents_of(client, kind) if document.name == name), None)


def _facts(document: BlockDocument) -> Content:
    """Every field but the secrets and the unrecorded, valid or not."""
    secret = set(document.block_schema.fields.get("secret_fields", [])) if document.block_schema else set()
    provider = next((kind.provider for kind in PROVIDERS if kind.get_block_type_name() == document.block_type_name), "")
    return {
        "provider": provider,
        **{key: value for key, value in document.data.items() if key not in secret | UNRECORDED},
    }


async def _ask(name: str, block: Block) -> str:
    """Why the model gives no answer, or nothing."""
    assert isinstance(block, LanguageModel)
    if block.withdrawn_on:
        return f"its host withdrew it on {block.withdrawn_on}"
    with block.reach() as endpoint:
        async with new_client() as client:
            asked = await Asking(client).prose(Model(name, block.model_copy(update={"attempts": 1}), endpoint), PROBE)
    return asked.error.happened if asked.error else ""
