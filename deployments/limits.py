"""The global concurrency limits of models on the Prefect server: made where they are missing, never changed."""

from collections.abc import Mapping

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate
from prefect.exceptions import ObjectAlreadyExists

from blocks.errors import ConfigurationError
from blocks.limits import limits_of
from blocks.loading import load_document, model_documents
from blocks.models import LanguageModel

PAGE = 200


async def create_limits(client: PrefectClient) -> list[str]:
    """A limit for every model block, as high as the block's `concurrency`; the names of those that were missing."""
    present = await limits_there(client)
    created = []
    for name, most in (await wanted_limits(client)).items():
        if name not in present and await _create(client, name, most):
            created.append(name)
    return created


async def limits_there(client: PrefectClient) -> dict[str, int]:
    """Name -> slots of every global concurrency limit of the server."""
    found: dict[str, int] = {}
    while page := await client.read_global_concurrency_limits(limit=PAGE, offset=len(found)):
        before = len(found)
        found |= {one.name: one.limit for one in page}
        if len(found) == before or len(page) < PAGE:
            break
    return found


async def wanted_limits(client: PrefectClient) -> Mapping[str, int]:
    """The limits the model blocks of this server ask for. A block that cannot be read is the doctor's business."""
    models = []
    for documents in (await model_documents(client)).values():
        for document in documents:
            try:
                model = load_document(document)
            except ConfigurationError:
                continue
            assert isinstance(model, LanguageModel)
            models.append(model)
    return limits_of(models)


async def _create(client: PrefectClient, name: str, most: int) -> bool:
    try:
        await client.create_global_concurrency_limit(GlobalConcurrencyLimitCreate(name=name, limit=most, active=True))
    except ObjectAlreadyExists:  # another bootstrap was faster
        return False
    return True
