"""A lineup and its models, read from the Prefect server once and pinned."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from prefect.blocks.core import Block
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.objects import BlockDocument
from pydantic import ValidationError

from blocks.errors import ConfigurationError, UnknownModelError
from blocks.lineups import Lineup
from blocks.models import PROVIDERS, LanguageModel

PAGE = 200
"""Documents in a request; Prefect's servers give no more at once."""
BOOTSTRAP = "run `phasegate bootstrap` to create the block types and the default blocks"


Documents = Mapping[type[Block], Sequence[BlockDocument]]
"""Block type -> its documents on the server."""


@dataclass(frozen=True)
class LoadedLineup:
    """A lineup as it stood when it was read, with every model block it names."""

    name: str
    """Name of the lineup document: `production`, `preview` ..."""
    roles: Mapping[str, str]
    """Role -> name of its model block."""
    settings: Mapping[str, Any]
    """The lineup's other fields, for example the length of the report."""
    models: Mapping[str, LanguageModel]
    """Name -> model block, the distinct ones only."""
    candidates: Mapping[str, str] = field(default_factory=dict)
    """Role -> model block that the canary's share of runs asks instead."""

    def withdrawn(self) -> list[str]:
        """A sentence for each named model that its host has withdrawn, with the roles that depend on it."""
        return [
            f"Model block {name!r} ({block.model}) was withdrawn by its host on {block.withdrawn_on}; it serves "
            f"{', '.join(role for role, named in self.roles.items() if named == name)}. Name another block for these "
            f"roles in the lineup {self.name!r}."
            for name, block in self.models.items()
            if block.withdrawn_on
        ]


async def load_lineup(kind: type[Lineup], name: str) -> LoadedLineup:
    """The lineup document `name` and the models it names.

    Raises ConfigurationError if there is no such lineup or a block cannot be read, UnknownModelError if a name in it
    matches no model block, or two.
    """
    async with get_client() as client:
        lineup = await _lineup(client, kind, name)
        documents = await model_documents(client)
    roles = lineup.named()
    asked = lineup.asked()
    models = {block: _model(name, asked, block, documents) for block in sorted(set(asked.values()))}
    settings = {
        field: getattr(lineup, field) for field in kind.model_fields if field not in {*roles, "block_type_slug"}
    }
    return LoadedLineup(name, roles, settings, models, lineup.candidates())


async def load_model(name: str) -> LanguageModel:
    """The model block `name`. Raises UnknownModelError if there is none, or two."""
    async with get_client() as client:
        return _model("the ledger", {"this run": name}, name, await model_documents(client))


async def model_documents(client: PrefectClient) -> dict[str, list[BlockDocument]]:
    """Name -> the model block documents of that name, over all providers."""
    return models_in(await documents_by_kind(client, PROVIDERS))


def models_in(documents: Documents) -> dict[str, list[BlockDocument]]:
    """Name -> the model block documents of that name among those that were read."""
    found: dict[str, list[BlockDocument]] = {}
    for provider in PROVIDERS:
        for document in documents[provider]:
            found.setdefault(document.name or "", []).append(document)
    return found


async def documents_of(client: PrefectClient, kind: type[Block]) -> Sequence[BlockDocument]:
    """All documents of a block type, secrets included; none if the type is not registered."""
    return (await documents_by_kind(client, [kind]))[kind]


async def documents_by_kind(client: PrefectClient, kinds: Sequence[type[Block]]) -> Documents:
    """All documents of these block types, secrets included; none of a type that is not registered.

    One request for all of them, which Prefect's client has no method for: one a type is what made commands wait.
    """
    by_slug = {kind.get_block_type_slug(): kind for kind in kinds}
    found: dict[type[Block], list[BlockDocument]] = {kind: [] for kind in kinds}
    wanted = {"block_types": {"slug": {"any_": list(by_slug)}}, "block_documents": {"is_anonymous": {"eq_": False}}}
    for offset in itertools.count(step=PAGE):
        asked = {**wanted, "include_secrets": True, "limit": PAGE, "offset": offset}
        answer = await client.request("POST", "/block_documents/filter", json=asked)
        page = [BlockDocument.model_validate(one) for one in answer.json()]
        for document in page:
            if document.block_type:
                found[by_slug[document.block_type.slug]].append(document)
        if len(page) < PAGE:
            break
    return found


async def _lineup(client: PrefectClient, kind: type[Lineup], name: str) -> Lineup:
    documents = {document.name: document for document in await documents_of(client, kind)}
    if name not in documents:
        raise ConfigurationError(
            f"There is no {kind.get_block_type_name()} block named {name!r}.",
            means="which model serves which role is not known; nothing was asked.",
            do=f"name one there is ({_names(documents)}), or create {name!r} in the Prefect UI under Blocks."
            if documents
            else f"{BOOTSTRAP}.",
        )
    loaded = load_document(documents[name])
    assert isinstance(loaded, Lineup)
    return loaded


def _model(
    lineup: str, roles: Mapping[str, str], name: str, documents: Mapping[str, Sequence[BlockDocument]]
) -> LanguageModel:
    found = documents.get(name, ())
    if len(found) == 1:
        loaded = load_document(found[0])
        assert isinstance(loaded, LanguageModel)
        return loaded
    using = ", ".join(role for role, named in roles.items() if named == name)
    if found:
        kinds = " and ".join(document.block_type_name or "?" for document in found)
        happened = (
            f"The lineup {lineup!r} names the model block {name!r} for {using}, and there are {len(found)}: {kinds}."
        )
        do = "rename one of them in the Prefect UI, then name the one you mean."
    else:
        happened = f"The lineup {lineup!r} names the model block {name!r} for {using}, and there is none. There are: {_names(documents)}."
        do = f"correct the name in the lineup block, or create the model block; {BOOTSTRAP}."
    raise UnknownModelError(happened, means="the run was not started; nothing was asked.", do=do)


def load_document(document: BlockDocument) -> Block:
    """The block in a document. Raises ConfigurationError, without the values, if they do not fit."""
    try:
        return Block._from_block_document(document)
    except ValidationError as error:
        fields = "; ".join(
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors(include_input=False)
        )
        raise ConfigurationError(
            f"The block {document.block_type_name} / {document.name} holds values that do not fit: {fields}",
            means="it was edited outside its form; nothing that names it can run.",
            do="open it in the Prefect UI under Blocks and correct those fields.",
        ) from None


def _names(documents: Mapping[Any, Any]) -> str:
    return ", ".join(sorted(filter(None, documents))) or "none"
