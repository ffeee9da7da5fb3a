"""What people see and type: the approval form of a suspended gate, and the page of a gate."""

from prefect.input import RunInput
from pydantic import Field

from flows.transitions.gate_view import gate_view
from flows.transitions.story import Gate
from flows.transitions.world import World
from tasks.reports.as_markdown import as_markdown
from tasks.reports.gate import gate_summary


class Signal(RunInput):
    """Wakes a gate that waits for time or calls to pass. It decides nothing: the gate looks for itself."""

    note: str = Field(default="", max_length=500, description="Who or what woke the gate.")


class Approval(RunInput):
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
