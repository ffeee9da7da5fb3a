"""What people see and type: the approval form of a suspended gate, and the page of a gate."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from prefect.exceptions import PrefectHTTPStatusError
from prefect.input import RunInput
from prefect.input.actions import acreate_flow_run_input
from prefect.input.run_input import Keyset
from pydantic import Field

from flows.transitions.gate_view import gate_view
from flows.transitions.story import Gate
from flows.transitions.world import World
from tasks.reports.as_markdown import as_markdown
from tasks.reports.gate import gate_summary


class Form(RunInput):
    """A form that may be kept on the server twice: before its run is suspended, and once more by Prefect after it.

    Prefect keeps it only after. A run whose process dies between the two could be resumed by nobody ever again.
    """

    @classmethod
    async def asave(cls, keyset: Keyset, flow_run_id: UUID | None = None) -> None:
        with _kept_already():
            await super().asave(keyset, flow_run_id)
        if isinstance(cls._description, str):  # a process may have died between the two of them as well
            with _kept_already():
                await acreate_flow_run_input(key=keyset["description"], value=cls._description, flow_run_id=flow_run_id)


@contextmanager
def _kept_already() -> Iterator[None]:
    try:
        yield
    except PrefectHTTPStatusError as error:
        if error.response.status_code != 409:
            raise


class Signal(Form):
    """Wakes a gate that waits for time or calls to pass. It decides nothing: the gate looks for itself."""

    note: str = Field(default="", max_length=500, description="Who or what woke the gate.")


class Approval(Form):
    """A person's decision. Only rules of a JSON schema stand here: the server checks no others before it resumes."""

    decision: str = Field(pattern="^(approve|reject)$", description="Type approve or reject.")
    approver: str = Field(
        min_length=2, max_length=100, title="Your name", description="As your Approver block is called."
    )
    code: str = Field(pattern="^[0-9 ]{6,8}$", title="One-time code", description="Six digits from your authenticator.")
    reason: str = Field(
        default="", max_length=2000, description="Needed to reject, and to approve what is not proven. Kept for ever."
    )
    confirmed: str = Field(
        default="", pattern="^(all|[0-9, ]*)$", title="Confirmed checklist items",
        description="Numbers of the items above that you have checked, for example 1, 2; or all.",
    )  # fmt: skip


def page(world: World, gate: Gate) -> str:
    """The gate in short, in Markdown: verdict, what it changes, every proof sentence, what is asked of people."""
    return as_markdown(gate_summary(gate_view(world, gate)))
